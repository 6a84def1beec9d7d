//! `seawall net enforce`: keeps a node's rules as the policies are.
//!
//! It looks again at intervals rather than being told of changes: the same code then serves
//! directories, address lists and clusters, and a table that somebody else removed comes back.
//! Rules are loaded only when they differ. While something can't be read the rules that are there
//! stay, since rules without a policy that could not be read would let through what it denies.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use seawall_network::nft::{TABLE, removal};

use super::compile::NodePods;
use crate::Outcome;
use crate::global::Global;
use crate::sources::NamedSources;

/// How often the end is looked for while waiting.
const STEP: Duration = Duration::from_millis(100);

/// Enforce the policies on this node with nftables, and follow their changes
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net enforce /etc/seawall/policies --addresses /run/pods.csv --node worker-1
  seawall net enforce --cluster --node worker-1 --cleanup
  seawall net enforce deploy/ --addresses pods.json --once

Needs the right to administer the network (root, or CAP_NET_ADMIN) and nft 1.0 or newer. The rules
are a table of their own, inet seawall, checked by nft before they are loaded and replaced in one
transaction. Where something can't be read, or nothing is there, the rules that are loaded stay. Ends
on SIGINT and SIGTERM; the table stays unless --cleanup is given.

Exit codes: 0 ended as asked, 2 usage or input error, or with --once rules that could not be loaded.")]
pub(super) struct Enforce {
    #[command(flatten)]
    sources: NamedSources,
    #[command(flatten)]
    pods: NodePods,
    /// Load the rules once and end
    #[arg(long)]
    once: bool,
    /// Remove the table at the end
    #[arg(long, conflicts_with = "once")]
    cleanup: bool,
    /// Seconds between two looks at what is enforced
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: u64,
    /// The nft program
    #[arg(long, value_name = "PATH", default_value = "nft")]
    nft: String,
}

impl Enforce {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let ended = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&ended))
                .context("can't listen for signals")?;
        }
        global.start_threads()?;
        let mut loaded = None;
        let mut outcome = self.look(global, &mut loaded);
        if self.once {
            return outcome.map(|()| Outcome::Clean);
        }
        loop {
            if let Err(error) = &outcome {
                tracing::error!("the rules stay as they are: {error:#}");
            }
            let looked = Instant::now();
            while looked.elapsed() < Duration::from_secs(self.interval) {
                if ended.load(Ordering::Relaxed) {
                    return self.end();
                }
                std::thread::sleep(STEP);
            }
            outcome = self.look(global, &mut loaded);
        }
    }

    /// Reads everything, and loads the rules if they are not those that are there.
    fn look(&self, global: &Global, loaded: &mut Option<String>) -> anyhow::Result<()> {
        let read = self.sources.all().read_further(global)?;
        let unread = read.unread();
        if let Some(first) = unread.first() {
            bail!("not everything could be read ({} in all): {first}", unread.len());
        }
        if read.target_failed() {
            bail!("not every target could be used");
        }
        let rules = self.pods.rules(&read)?;
        if loaded.as_deref() == Some(rules.set.text.as_str()) && self.is_there()? {
            return Ok(());
        }
        for note in &rules.notes {
            tracing::warn!("{note}");
        }
        self.nft(&["--check", "--file", "-"], &rules.set.text)?;
        self.nft(&["--file", "-"], &rules.set.text)?;
        tracing::info!(
            "rules loaded: policies filter {} of {} addresses",
            rules.set.filtered,
            rules.local
        );
        *loaded = Some(rules.set.text);
        Ok(())
    }

    fn end(&self) -> anyhow::Result<Outcome> {
        if self.cleanup {
            self.nft(&["--file", "-"], &removal())?;
            tracing::info!("table inet {TABLE} removed");
        }
        Ok(Outcome::Clean)
    }

    /// Whether the table is there.
    fn is_there(&self) -> anyhow::Result<bool> {
        let tables = self.nft(&["list", "tables", "inet"], "")?;
        Ok(tables.lines().any(|line| line.trim() == format!("table inet {TABLE}")))
    }

    /// Runs nft with a text on its standard input, and gives what it writes.
    fn nft(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = Command::new(&self.nft)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't run {}: is nftables installed?", self.nft))?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // nft may speak before it has read everything.
            let writing = scope.spawn(move || match stdin {
                Some(mut stdin) => stdin.write_all(input.as_bytes()),
                None => Ok(()),
            });
            let output = child.wait_with_output();
            let written = writing.join().unwrap_or(Ok(()));
            output.map(|output| (output, written))
        });
        let (output, written) =
            output.with_context(|| format!("{} can't be waited for", self.nft))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!(
                "{} {} failed ({}): {}",
                self.nft,
                arguments.join(" "),
                output.status,
                said.trim()
            );
        }
        written.with_context(|| format!("{} did not read the rules", self.nft))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
