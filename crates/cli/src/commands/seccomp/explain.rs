//! `seawall seccomp explain`: what a profile lets through.

use std::io::{self, Write};

use clap::Args;
use seawall_podsecurity::seccomp::{
    Explained, RUNTIME_DEFAULT_SOURCE, Target, explain, runtime_default,
};
use serde_json::json;

use super::diff;
use super::profile::{self, Output, Resolved, TargetOptions};
use crate::Outcome;
use crate::output::to_stdout;

/// Show what a profile lets through, by group; dangerous calls left open; the difference from
/// RuntimeDefault
#[derive(Args)]
#[command(after_help = "Examples:
  seawall seccomp explain profiles/web.json
  seawall seccomp explain runtime-default --cap-add SYS_ADMIN
  seawall seccomp explain profiles/web.json --runtime cri-o --arch arm64 -o json

Exit codes: 0 explained; 2 usage or input error.")]
pub(super) struct Explain {
    /// The profile: a file, -, or runtime-default
    profile: String,
    /// Name every call, also where a group is allowed or denied as a whole
    #[arg(long)]
    all: bool,
    /// How the result is written
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    target: TargetOptions,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let target = self.target.target();
        let resolved = profile::resolve(&self.profile, &target)?;
        let default = runtime_default(target.arch, target.kernel, &target.capabilities);
        let explained = explain(&resolved.filter, &default, target.arch);
        to_stdout(|out| match self.output {
            Output::Text => text(&resolved, &explained, &target, self.all, out),
            Output::Json => {
                serde_json::to_writer_pretty(&mut *out, &as_json(&resolved, &explained, &target))?;
                writeln!(out)
            }
        })?;
        Ok(Outcome::Clean)
    }
}

fn text(
    resolved: &Resolved,
    explained: &Explained,
    target: &Target,
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let filter = &resolved.filter;
    let arches: Vec<&str> = filter.arches.iter().map(|arch| arch.short()).collect();
    writeln!(out, "{} for {} on {}", resolved.name, target.runtime, target.arch)?;
    if filter.off {
        writeln!(out, "There is no filter: the profile has neither a defaultAction nor rules.")?;
    }
    writeln!(
        out,
        "A call that no rule names {}. Architectures: {}; calls of others kill the thread.",
        filter.default.to_string().replace("allowed", "is allowed"),
        arches.join(", ")
    )?;
    if let Some(rules) = resolved.profile.as_ref().map(|profile| &profile.rules) {
        let ignored = rules.iter().filter(|rule| !target.takes(rule)).count();
        if ignored > 0 {
            writeln!(
                out,
                "{ignored} of {} rules do not count for this node and container.",
                rules.len()
            )?;
        }
    }
    writeln!(out)?;
    for state in &explained.groups {
        let total = state.allowed.len() + state.depends.len() + state.denied.len();
        writeln!(out, "{}: {} of {total} allowed", state.group.title, state.allowed.len())?;
        let list = |out: &mut dyn Write, label: &str, names: &[&str]| {
            if names.is_empty() { Ok(()) } else { writeln!(out, "  {label}: {}", names.join(" ")) }
        };
        let mixed = !state.allowed.is_empty() && !state.denied.is_empty();
        if all || (mixed && state.allowed.len() <= state.denied.len()) {
            list(out, "allowed", &state.allowed)?;
        }
        if all || (mixed && state.allowed.len() > state.denied.len()) {
            list(out, "denied", &state.denied)?;
        }
        for (call, outlook) in &state.depends {
            writeln!(out, "  {call}: {}", diff::outlook(outlook))?;
        }
    }
    writeln!(out)?;
    if explained.open.is_empty() {
        writeln!(out, "No dangerous call is open.")?;
    } else {
        writeln!(out, "Dangerous calls that are open:")?;
        for open in &explained.open {
            let danger = open.danger;
            let mut words = vec![danger.why.to_owned()];
            if let Some(outlook) = &open.outlook {
                words.push(diff::outlook(outlook));
            }
            if !danger.capability.is_empty() {
                let has = target.capabilities.iter().any(|cap| cap == danger.capability);
                let held =
                    if has { "which the container has" } else { "which the container lacks" };
                words.push(format!("needs {}, {held}", danger.capability));
            }
            if open.by_default {
                words.push("open in RuntimeDefault, too".to_owned());
            }
            writeln!(out, "  {}: {}", danger.call, words.join("; "))?;
        }
    }
    writeln!(out)?;
    if explained.from_default.is_empty() {
        writeln!(out, "It does what RuntimeDefault does ({RUNTIME_DEFAULT_SOURCE}).")?;
    } else {
        writeln!(out, "From RuntimeDefault ({RUNTIME_DEFAULT_SOURCE}):")?;
        for difference in &explained.from_default {
            writeln!(out, "  {}", diff::line(difference))?;
        }
    }
    Ok(())
}

fn as_json(resolved: &Resolved, explained: &Explained, target: &Target) -> serde_json::Value {
    let groups: Vec<_> = explained
        .groups
        .iter()
        .map(|state| {
            let depends: Vec<_> = state
                .depends
                .iter()
                .map(|(call, outlook)| json!({ "call": call, "outcome": diff::outlook(outlook) }))
                .collect();
            json!({
                "group": state.group.id,
                "title": state.group.title,
                "allowed": state.allowed,
                "depends": depends,
                "denied": state.denied,
            })
        })
        .collect();
    let open: Vec<_> = explained
        .open
        .iter()
        .map(|open| {
            json!({
                "call": open.danger.call,
                "why": open.danger.why,
                "capability": open.danger.capability,
                "outcome": open.outlook.as_ref().map(diff::outlook),
                "openInRuntimeDefault": open.by_default,
            })
        })
        .collect();
    let from_default: Vec<_> = explained.from_default.iter().map(diff::as_json).collect();
    json!({
        "profile": resolved.name,
        "runtime": target.runtime.to_string(),
        "architecture": target.arch.scmp(),
        "confined": !resolved.filter.off,
        "default": profile::short(resolved.filter.default),
        "architectures": resolved.filter.arches.iter().map(|arch| arch.scmp()).collect::<Vec<_>>(),
        "groups": groups,
        "dangerous": open,
        "fromRuntimeDefault": from_default,
        "runtimeDefault": RUNTIME_DEFAULT_SOURCE,
    })
}
