//! `seawall bench gather`: results of many nodes as one.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context as _;
use clap::Args;
use seawall_bench::Verdict;
use seawall_bench::gather::{Gathered, text};

use super::shown::{Results, Shown};
use crate::Outcome;
use crate::global::Global;

/// Put the results of many nodes together
///
/// Reads reports of `bench run -o json` and of kube-bench, logs of pods that ran either, archives of
/// Sonobuoy, and directories of these. The newest report of each node and benchmark counts.
#[derive(Args)]
#[command(after_help = "Examples:
  kubectl logs -n seawall-bench -l app.kubernetes.io/name=seawall-bench --tail=-1 | seawall bench gather -
  seawall bench gather results/ --expect node-a,node-b
  seawall bench gather 202611211200_sonobuoy.tar.gz -o html=nodes.html
  seawall bench gather results/ -o json > today.json

Exit codes: 0 nothing failed, 1 something failed, 2 usage or input error, or a node that is
expected did not report.")]
pub(crate) struct Gather {
    /// Reports, logs, archives and directories, or - for standard input
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// Nodes that must have reported
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    expect: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

impl Gather {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let began = SystemTime::now();
        let mut gathered = Gathered::default();
        for path in &self.paths {
            if path.as_os_str() == "-" {
                let mut text = String::new();
                let mut input = std::io::stdin().lock();
                input.read_to_string(&mut text).context("can't read standard input")?;
                gathered.text("<stdin>", &text, None)?;
            } else {
                gathered.add(path)?;
            }
        }
        for (file, lines) in &gathered.strange {
            tracing::warn!("{file}: {lines} lines are no part of a report and were passed over");
        }
        if gathered.older > 0 {
            tracing::info!("{} older reports were left out", gathered.older);
        }
        let all = global.is_verbose();
        self.shown.write(
            &Results {
                reports: &gathered.reports,
                run: None,
                totals: true,
                text: &|_, out| text::render(&gathered, all, out),
                began,
            },
            None,
            global,
        )?;
        let missing: Vec<&String> = self
            .expect
            .iter()
            .filter(|node| !gathered.nodes().any(|known| known == *node))
            .collect();
        for node in &missing {
            tracing::error!("the node {node} did not report");
        }
        let mut results = gathered.reports.iter().flat_map(|report| &report.results);
        Ok(if !missing.is_empty() {
            Outcome::InputError
        } else if results.any(|result| result.verdict == Verdict::Fail) {
            Outcome::Findings
        } else {
            Outcome::Clean
        })
    }
}
