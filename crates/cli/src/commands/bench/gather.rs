//! `seawall bench gather`: results of many nodes as one.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use clap::Args;
use seawall_bench::Verdict;
use seawall_bench::gather::{Gathered, Reading, text};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::shown::{Results, Shown};
use crate::Outcome;
use crate::global::Global;
use crate::sources::{Read, Sources, Wanted};

/// Put the results of many nodes together
///
/// Reads reports of `bench run -o json` and of kube-bench, logs of pods that ran either, archives of
/// Sonobuoy, bundles of `seawall collect`, and directories of these. The newest report of each node
/// and benchmark counts. A bundle tells what nodes there are, and of those from which no result came
/// as much as their kubelets and pods do.
#[derive(Args)]
#[command(after_help = "Examples:
  kubectl logs -n seawall-bench -l app.kubernetes.io/name=seawall-bench --tail=-1 | seawall bench gather -
  seawall bench gather results/ --cluster          # and name the cluster's nodes that are missing
  seawall bench gather results/ --expect node-a,node-b
  seawall bench gather 202611211200_sonobuoy.tar.gz -o html=nodes.html
  seawall bench gather cluster.tar.zst             # of each node what a bundle holds
  seawall bench gather results/ -o json > today.json

Exit codes: 0 nothing failed, 1 something failed, 2 usage or input error, or a node that is known
or expected did not report.")]
pub(crate) struct Gather {
    /// Reports, logs, archives, bundles and directories, or - for standard input
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// Nodes that must have reported
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    expect: Vec<String>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    sources: Sources,
}

impl Gather {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let began = SystemTime::now();
        let (bundles, results): (Vec<&PathBuf>, Vec<&PathBuf>) =
            self.paths.iter().partition(|path| is_bundle(path));
        let mut gathered = Gathered::default();
        for path in results {
            if path.as_os_str() == "-" {
                let mut text = String::new();
                let mut input = std::io::stdin().lock();
                input.read_to_string(&mut text).context("can't read standard input")?;
                gathered.text("<stdin>", &text, None)?;
            } else {
                gathered.add(path)?;
            }
        }
        for node in &self.expect {
            gathered.expect(node.clone(), None);
        }
        let mut failed = false;
        if self.sources.are_named() {
            let read = self.sources.read_wanted(global, &[Wanted::Nodes])?;
            gathered.nodes_of(&read.inventory);
            failed |= matches!(read.outcome(Outcome::Clean), Outcome::InputError);
        }
        for path in bundles {
            let read = Sources::of(path.display().to_string()).read(global)?;
            let filled = gathered.fill_from(&read.inventory, &reading(&read)?);
            if !filled.is_empty() {
                let nodes = filled.join(", ");
                tracing::warn!("no result came of {nodes}: what {} tells is shown", path.display());
            }
            failed |= matches!(read.outcome(Outcome::Clean), Outcome::InputError);
        }
        for (file, lines) in &gathered.strange {
            tracing::warn!("{file}: {lines} lines are no part of a report and were passed over");
        }
        for why in &gathered.passed_over {
            tracing::warn!("passed over: {why}");
        }
        if gathered.older > 0 {
            tracing::info!("{} older reports were left out", gathered.older);
        }
        let all = global.is_verbose();
        let reports = gathered.all();
        self.shown.write(
            &Results {
                reports: &reports,
                run: None,
                totals: true,
                text: &|_, out| text::render(&gathered, all, out),
                began,
            },
            None,
            global,
        )?;
        for (node, why) in gathered.missing() {
            failed = true;
            tracing::error!("the node {node} did not report: {why}");
        }
        let mut results = gathered.reports.iter().flat_map(|report| &report.results);
        Ok(if failed {
            Outcome::InputError
        } else if results.any(|result| result.verdict == Verdict::Fail) {
            Outcome::Findings
        } else {
            Outcome::Clean
        })
    }
}

fn is_bundle(path: &Path) -> bool {
    seawall_collect::bundle::is_bundle(&path.to_string_lossy())
}

/// By what and when a bundle was read from its cluster, or now where it does not say.
fn reading(read: &Read) -> anyhow::Result<Reading> {
    let said = read.collected.iter().next_back();
    let time = match said {
        Some(said) => OffsetDateTime::parse(said, &Rfc3339)
            .with_context(|| format!("the bundle's time {said:?} is none"))?,
        None => OffsetDateTime::now_utc(),
    };
    let time = time.replace_nanosecond(0)?;
    Ok(Reading {
        seawall: env!("CARGO_PKG_VERSION").to_owned(),
        time: time.format(&Rfc3339)?,
        seconds: time.unix_timestamp(),
    })
}
