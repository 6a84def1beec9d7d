//! `seawall apparmor explain`: what a profile allows.

use clap::Args;
use seawall_podsecurity::apparmor::explain;
use serde_json::json;

use crate::Outcome;
use crate::commands::seccomp::Output;
use crate::output::to_stdout;

/// Show what a profile allows and denies, by subject
#[derive(Args)]
#[command(after_help = "Examples:
  seawall apparmor explain profiles/web
  seawall apparmor explain profiles/web -o json

Includes are named and not followed; what they allow comes on top.

Exit codes: 0 explained; 2 usage or input error.")]
pub(super) struct Explain {
    /// The file, or - for standard input
    profile: String,
    /// How the result is written
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let policy = super::read(&self.profile)?;
        let explained = explain(&policy);
        to_stdout(|out| match self.output {
            Output::Text => {
                for (index, it) in explained.iter().enumerate() {
                    if index > 0 {
                        writeln!(out)?;
                    }
                    writeln!(out, "{}", it.name)?;
                    for line in &it.summary {
                        writeln!(out, "  {line}")?;
                    }
                    for (subject, lines) in &it.subjects {
                        writeln!(out, "\n  {subject}")?;
                        for line in lines {
                            writeln!(out, "    {line}")?;
                        }
                    }
                }
                Ok(())
            }
            Output::Json => {
                let list: Vec<_> = explained
                    .iter()
                    .map(|it| {
                        let subjects: serde_json::Map<String, serde_json::Value> = it
                            .subjects
                            .iter()
                            .map(|(subject, lines)| ((*subject).to_owned(), json!(lines)))
                            .collect();
                        json!({ "profile": it.name, "summary": it.summary, "subjects": subjects })
                    })
                    .collect();
                serde_json::to_writer_pretty(&mut *out, &json!({ "profiles": list }))?;
                writeln!(out)
            }
        })?;
        Ok(Outcome::Clean)
    }
}
