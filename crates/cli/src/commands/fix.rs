//! `seawall fix`: findings go, and nothing else changes.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::bail;
use clap::Args;
use seawall_checks::Selection;
use seawall_config::{Config, Decisions};
use seawall_model::document::Limits;
use seawall_model::{Check, Finding, Inventory, NoticeKind};

use super::scan::{named_checks, today};
use crate::Outcome;
use crate::configuration::Configuration;
use crate::fixing::file::{File, framed};
use crate::fixing::{Mended, Mender, diff};
use crate::global::Global;
use crate::output::to_stdout;
use crate::peers::PeerOptions;
use crate::progress::Progress;
use crate::targets::Targets;

/// Fix findings in the files, without touching anything else in them
#[derive(Args)]
#[command(after_help = "Examples:
  seawall fix deploy/ --diff                 # show what would change
  seawall fix deploy/                        # safe fixes, in place
  seawall fix deploy/ --unsafe --check allow-privilege-escalation
  seawall fix deploy/ --unsafe --diff | git apply
  cat web.yaml | seawall fix - > fixed.yaml

Safe fixes are those that an ordinary workload does not notice; `seawall explain CHECK` says of each
whether it is safe, and why. What an exception accepts is left alone. Files are taken as they stand:
of charts and kustomizations nothing is rendered, and bundles are left. Standard input is fixed to
standard output, and stands alone.

Exit codes: 0 all that was to be fixed is, or there was nothing to fix; 1 something that can be
fixed is not yet: it is in the --diff, or it could not be edited; 2 usage or input error.")]
pub(crate) struct Fix {
    #[command(flatten)]
    targets: Targets,
    /// Write nothing; print the changes as a patch for `git apply` or `patch -p1`
    #[arg(long)]
    diff: bool,
    /// Apply fixes that may change what a workload can do, too
    #[arg(long = "unsafe")]
    with_unsafe: bool,
    /// Fix only what these checks find
    #[arg(long = "check", value_name = "ID")]
    only: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    #[command(flatten)]
    peers: PeerOptions,
    /// Fix files that .gitignore or .seawallignore leave out
    #[arg(long)]
    no_ignore: bool,
}

const STDIN: &str = "-";

impl Fix {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let targets = self.targets.or_here();
        let from_stdin = targets.iter().any(|target| target == STDIN);
        if from_stdin && targets.len() > 1 {
            bail!("standard input is fixed to standard output; give it alone");
        }
        global.start_threads()?;
        let config = self.configuration.read(&targets)?;
        let only = named_checks(&self.only)?;
        for check in &only {
            if let Err(none) = check.fix {
                tracing::warn!("{} has no automatic fix. {}", check.id, none.why());
            }
        }
        let inventory = self.collect(&targets, global)?;
        // Of standard input all is given back, whatever becomes of it.
        let whole = inventory.documents().first().map(|document| document.source().clone());
        if from_stdin && whole.is_none() {
            bail!("standard input holds nothing that can be read");
        }
        let mended = self.mend(&config, &only, inventory, from_stdin)?;
        let mut failed = false;
        if self.diff {
            to_stdout(|out| print_diff(&mended, from_stdin, out))?;
        } else if let Some(whole) = whole.filter(|_| from_stdin) {
            let text = mended.texts.first().map_or(whole.text(), |(_, text)| text);
            to_stdout(|out| out.write_all(framed(whole.is_marked(), text).as_bytes()))?;
        } else {
            for (source, text) in &mended.texts {
                let written = File::of(source).and_then(|file| file.replace(text));
                if let Err(error) = written {
                    tracing::error!("{}: {error:#}", source.name());
                    failed = true;
                }
            }
        }
        if !global.is_quiet() {
            if self.diff || from_stdin {
                self.report(&mended, &mut io::stderr().lock())?;
            } else {
                to_stdout(|out| self.report(&mended, out))?;
            }
        }
        Ok(if failed {
            Outcome::InputError
        } else if (self.diff && !mended.texts.is_empty()) || !mended.refused.is_empty() {
            Outcome::Findings
        } else {
            Outcome::Clean
        })
    }

    fn collect(&self, targets: &[String], global: &Global) -> anyhow::Result<Inventory> {
        let progress = Progress::new(global.is_quiet());
        let options = seawall_collect::Options {
            limits: Limits::default(),
            respect_ignore_files: !self.no_ignore,
            progress: &|step| progress.step(step),
            // What is rendered can't be fixed: the files are read as they stand.
            ..seawall_collect::Options::default()
        };
        let inventory = seawall_collect::collect(targets, &options)?.inventory;
        for part in inventory.coverage().unread() {
            tracing::error!(
                "{}:{}: not read, and so not fixed: {}",
                part.file,
                part.line,
                part.outcome
            );
        }
        Ok(inventory)
    }

    fn mend(
        &self,
        config: &Config,
        only: &[&'static Check],
        inventory: Inventory,
        from_stdin: bool,
    ) -> anyhow::Result<Mended> {
        let selection = Selection::new(
            seawall_checks::all()
                .filter(|check| only.is_empty() || only.contains(check))
                .filter_map(|check| Some((check, config.severity(check)?))),
        );
        let ran: Vec<&'static Check> = selection.checks().collect();
        let today = today();
        let peers = self.peers.files(config, &self.targets.or_here())?;
        let invalid = RefCell::new(BTreeSet::new());
        let decide = |inventory: &Inventory, findings: &mut [Finding]| {
            let decisions = Decisions {
                exceptions: &config.exceptions,
                peers: peers.as_deref(),
                baseline: None,
                today,
                ran: &ran,
            };
            for notice in decisions.apply(inventory, findings) {
                if notice.kind == NoticeKind::InvalidException {
                    let (file, at) = (notice.location.source.name(), notice.location.start());
                    invalid.borrow_mut().insert(format!("{file}:{}: {}", at.line, notice.message));
                }
            }
        };
        let closed = |source: &seawall_model::Source| match File::of(source) {
            Err(error) if !from_stdin => Some(format!("{error:#}")),
            _ => None,
        };
        let mender = Mender {
            selection: &selection,
            settings: &config.settings,
            decide: &decide,
            closed: &closed,
            with_unsafe: self.with_unsafe,
        };
        let mended = mender.mend(inventory);
        // What somebody meant to except must not be changed.
        if let Some(first) = invalid.into_inner().first() {
            bail!("nothing is fixed while an exception does not hold: {first}");
        }
        Ok(mended)
    }

    fn report(&self, mended: &Mended, out: &mut dyn Write) -> io::Result<()> {
        let done = if self.diff { "would be fixed" } else { "fixed" };
        for finding in &mended.fixed {
            line(out, finding, done, "")?;
        }
        for (finding, why) in &mended.refused {
            line(out, finding, "not fixed", why)?;
        }
        for (finding, why) in &mended.open {
            line(out, finding, "no fix here", why)?;
        }
        let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let mut words = format!(
            "{} {done} in {}",
            count(mended.fixed.len(), "finding"),
            count(mended.texts.len(), "file")
        );
        let mut also = |n: usize, what: &str| {
            if n > 0 {
                words.push_str(&format!("; {n} {what}"));
            }
        };
        also(mended.refused.len(), "could not be");
        also(mended.withheld.len(), "more with --unsafe");
        also(mended.open.len() + mended.without, "without a fix");
        writeln!(out, "{words}")
    }
}

/// `web.yaml:3:5: fixed host-pid: Pod shop/web, spec.hostPID`
fn line(out: &mut dyn Write, finding: &Finding, what: &str, why: &str) -> io::Result<()> {
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let text = format!(
        "{}:{}:{}: {what} {}: {}, {}{why}",
        finding.site.location.source.name(),
        finding.site.start.line,
        finding.site.start.column,
        finding.check.id,
        finding.site.subject.object,
        finding.path(),
    );
    // Names come from files, and control characters would reach the terminal.
    let text: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    writeln!(out, "{text}")
}

fn print_diff(mended: &Mended, from_stdin: bool, out: &mut dyn Write) -> io::Result<()> {
    for (source, text) in &mended.texts {
        let framed = |text| framed(source.is_marked(), text);
        let name = if from_stdin { "stdin" } else { &**source.name() };
        diff::write(out, name, &framed(source.text()), &framed(text))?;
    }
    Ok(())
}
