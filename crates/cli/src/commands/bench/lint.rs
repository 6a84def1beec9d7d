//! `seawall bench lint`: mistakes in kube-bench configurations.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use seawall_bench::kubebench::lint::lint;

use crate::Outcome;
use crate::output::to_stdout;

/// Find mistakes in a kube-bench configuration
///
/// kube-bench leaves out keys that it does not know and takes an unknown operator for one that
/// never holds; this finds keys that are unknown or stand at another level, operators and
/// variables that there are not, numbers that stand twice, tests that can't fail or can't hold, and
/// audits that can't show what is tested.
#[derive(Args)]
#[command(after_help = "Examples:
  seawall bench lint cfg/                    # all benchmarks and config.yaml
  seawall bench lint cfg/cis-1.12            # one benchmark
  seawall bench lint cfg/cis-1.12/node.yaml -o json

Exit codes: 0 nothing is wrong, 1 something is, 2 usage or input error.")]
pub(crate) struct Lint {
    /// The configuration's directory, that of one benchmark, or a controls file
    #[arg(value_name = "DIR|FILE", required = true)]
    paths: Vec<PathBuf>,
    /// How to show what is wrong
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A line each
    Text,
    /// A list of objects
    Json,
}

impl Lint {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let mut problems = Vec::new();
        let (mut files, mut checks) = (0, 0);
        for path in &self.paths {
            let linted = lint(path)?;
            files += linted.files;
            checks += linted.checks;
            problems.extend(linted.problems);
        }
        to_stdout(|out| match self.output {
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &problems)?;
                out.write_all(b"\n")
            }
            Format::Text => {
                for problem in &problems {
                    writeln!(
                        out,
                        "{}:{}:{}: {} [{}] {}",
                        problem.file,
                        problem.line,
                        problem.column,
                        problem.level.name(),
                        problem.rule,
                        problem.message
                    )?;
                }
                writeln!(out, "{} problems in {checks} checks of {files} files", problems.len())
            }
        })?;
        Ok(if problems.is_empty() { Outcome::Clean } else { Outcome::Findings })
    }
}
