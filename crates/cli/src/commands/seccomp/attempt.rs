//! `seawall seccomp try`: a command under a profile, for real.

use std::io::{self, Write};

use clap::Args;
use seawall_confine::{Attempt, Denied};
use seawall_podsecurity::seccomp::{Return, Runtime, Target};
use serde_json::json;

use super::profile::{self, CommandLine, Output, TargetOptions};
use crate::Outcome;
use crate::output::to_stdout;

/// Run a command under a profile, and report each call that it denies
#[derive(Args)]
#[command(after_help = "Examples:
  seawall seccomp try web.json -- ./web --selftest
  seawall seccomp try runtime-default -- ./build.sh
  seawall seccomp try web.json -o json -- ./web | jq -r '.denied[].call'

The kernel enforces the profile: calls fail, kill or signal as they would in a container. The
command runs as you, with no_new_privs; its output goes to standard error.

Exit codes: 0 nothing was denied; 1 something was; 2 the command could not be run.")]
pub(super) struct Try {
    /// The profile: a file, -, or runtime-default
    profile: String,
    /// How the report is written
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    command: CommandLine,
}

impl Try {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let target: Target = self.target.target();
        let resolved = profile::resolve(&self.profile, &target)?;
        let attempt = seawall_confine::attempt(&self.command.run()?, &resolved.filter)?;
        match self.output {
            Output::Text => to_stdout(|out| text(&attempt, &resolved.name, target.runtime, out))?,
            Output::Json => to_stdout(|out| {
                serde_json::to_writer_pretty(&mut *out, &as_json(&attempt))?;
                writeln!(out)
            })?,
        }
        let stopped = attempt.denied.iter().any(|denied| denied.ret != Return::Log);
        let all_well = attempt.started && !stopped;
        Ok(if all_well { Outcome::Clean } else { Outcome::Findings })
    }
}

fn call(denied: &Denied) -> String {
    match denied.name {
        Some(name) => name.to_owned(),
        None => format!("call {} of {}", denied.number, denied.arch),
    }
}

fn text(attempt: &Attempt, name: &str, runtime: Runtime, out: &mut dyn Write) -> io::Result<()> {
    for denied in &attempt.denied {
        let arguments: Vec<String> =
            denied.arguments.iter().map(|value| format!("{value:#x}")).collect();
        let path = denied.path.as_ref().map_or_else(String::new, |path| format!(" {path:?}"));
        let times =
            if denied.times > 1 { format!(", {} times", denied.times) } else { String::new() };
        let line = format!(
            "{}({}){path} {}: process {}, {}{times}",
            call(denied),
            arguments.join(", "),
            denied.ret,
            denied.pid,
            denied.program.display(),
        );
        let line: String =
            line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        writeln!(out, "{line}")?;
    }
    if attempt.left_out > 0 {
        writeln!(out, "and {} more that are not listed", attempt.left_out)?;
    }
    if !attempt.started {
        writeln!(out, "the command did not start: the profile stops what starts it")?;
    }
    let count = attempt.denied.iter().filter(|denied| denied.ret != Return::Log).count();
    writeln!(
        out,
        "{name} for {runtime}: {}; the command ended with {}",
        match count {
            0 => "nothing denied".to_owned(),
            1 => "1 call denied".to_owned(),
            more => format!("{more} different calls denied"),
        },
        attempt.ended
    )
}

fn as_json(attempt: &Attempt) -> serde_json::Value {
    let denied: Vec<_> = attempt
        .denied
        .iter()
        .map(|denied| {
            json!({
                "call": call(denied),
                "number": denied.number,
                "architecture": denied.arch.scmp(),
                "arguments": denied.arguments,
                "path": denied.path,
                "action": profile::short(denied.ret),
                "pid": denied.pid,
                "program": denied.program,
                "times": denied.times,
            })
        })
        .collect();
    json!({
        "denied": denied,
        "leftOut": attempt.left_out,
        "started": attempt.started,
        "ended": attempt.ended.to_string(),
    })
}
