//! `seawall seccomp diff`: where two profiles differ.

use clap::Args;
use seawall_podsecurity::seccomp::{Difference, Outlook, diff};
use serde_json::json;

use super::profile::{self, Output, TargetOptions};
use crate::Outcome;
use crate::output::to_stdout;

/// Show what one profile lets through and another does not
#[derive(Args)]
#[command(after_help = "Examples:
  seawall seccomp diff runtime-default profiles/web.json
  seawall seccomp diff old.json new.json --runtime cri-o

+ the second lets calls through that the first does not, - the other way round, ~ both stop it, in
different ways, or look at different arguments.

Exit codes: 0 no difference; 1 some; 2 usage or input error.")]
pub(super) struct Diff {
    /// The profile before: a file, -, or runtime-default
    before: String,
    /// The profile after
    after: String,
    /// How the result is written
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    target: TargetOptions,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let target = self.target.target();
        let (before, after) =
            (profile::resolve(&self.before, &target)?, profile::resolve(&self.after, &target)?);
        let differences = diff(&before.filter, &after.filter, target.arch);
        to_stdout(|out| match self.output {
            Output::Text => {
                for difference in &differences {
                    writeln!(out, "{}", line(difference))?;
                }
                let count = |test: fn(&Difference) -> bool| {
                    differences.iter().filter(|it| test(it)).count()
                };
                writeln!(
                    out,
                    "{} to {}: {} opened, {} closed, {} changed otherwise",
                    before.name,
                    after.name,
                    count(Difference::opens),
                    count(Difference::closes),
                    count(|it| !it.opens() && !it.closes()),
                )
            }
            Output::Json => {
                let list: Vec<_> = differences.iter().map(as_json).collect();
                let value = json!({
                    "before": before.name,
                    "after": after.name,
                    "architecture": target.arch.scmp(),
                    "differences": list,
                });
                serde_json::to_writer_pretty(&mut *out, &value)?;
                writeln!(out)
            }
        })?;
        Ok(if differences.is_empty() { Outcome::Clean } else { Outcome::Findings })
    }
}

/// `+ mount: fails with EPERM, then allowed`
pub(super) fn line(it: &Difference) -> String {
    let sign = match (it.opens(), it.closes()) {
        (true, _) => '+',
        (_, true) => '-',
        _ => '~',
    };
    format!("{sign} {}: {}, then {}", it.call, outlook(&it.first), outlook(&it.second))
}

/// `allowed if arg0 != 40, otherwise fails with EPERM`
pub(super) fn outlook(outlook: &Outlook) -> String {
    if let Some(ret) = outlook.always() {
        return ret.to_string();
    }
    let mut words: Vec<String> = outlook
        .conditional
        .iter()
        .map(|rule| {
            let conditions: Vec<String> = rule.conditions.iter().map(ToString::to_string).collect();
            format!("{} if {}", rule.ret, conditions.join(" and "))
        })
        .collect();
    words.push(format!("otherwise {}", outlook.otherwise));
    words.join(", ")
}

pub(super) fn as_json(it: &Difference) -> serde_json::Value {
    json!({
        "call": it.call,
        "before": outlook(&it.first),
        "after": outlook(&it.second),
        "opens": it.opens(),
        "closes": it.closes(),
    })
}
