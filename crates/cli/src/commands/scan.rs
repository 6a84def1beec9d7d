//! `seawall scan`: from targets to a report.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use seawall_checks::{FRAMEWORKS, Framework, Selection};
use seawall_collect::Collected;
use seawall_config::{Baseline, Config, Decisions};
use seawall_model::document::Limits;
use seawall_model::{Check, Finding, Notice, NoticeKind, Severity};
use seawall_report::Report;
use seawall_schema::Version;

use crate::Outcome;
#[cfg(feature = "cluster")]
use crate::cluster::LiveCluster;
use crate::configuration::Configuration;
use crate::global::Global;
use crate::output::Output;
use crate::peers::PeerOptions;
use crate::progress::Progress;
use crate::rendering::Rendering;
use crate::targets::Targets;

/// Scan manifests for security problems
#[derive(Args)]
#[command(after_help = "Examples:
  seawall scan                                   # the current directory
  seawall scan deploy/ 'overlays/*/*.yaml'
  seawall scan chart/ --values production.yaml --set image.tag=1.2
  seawall scan --cluster                         # what the kubeconfig points at
  seawall scan bundle.tar.zst                    # what `seawall collect` read
  seawall scan deploy/ --framework pss-restricted
  seawall scan deploy/ -o text -o sarif=seawall.sarif
  seawall scan deploy/ --baseline seawall-baseline.json --write-baseline

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or input error; also 2 with
--strict when something could not be read or decided, and when a chart or kustomization that is
named as a target can't be rendered, or a bundle not be read to its end.")]
pub(crate) struct Scan {
    #[command(flatten)]
    targets: Targets,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    live: LiveCluster,
    /// Run the checks of one framework and summarise its controls
    #[arg(long, value_name = "NAME", value_parser = parse_framework)]
    framework: Option<&'static Framework>,
    /// Run only these checks
    #[arg(long = "check", value_name = "ID")]
    only: Vec<String>,
    /// Write a report in a format, to a file or to standard output: text, json, sarif, junit,
    /// github, gitlab, csv, markdown, html [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    outputs: Vec<Output>,
    /// Fail at findings of this severity or above: critical, high, medium, low, info
    /// [default: high]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    #[command(flatten)]
    configuration: Configuration,
    /// Fail only for findings that this file does not hold
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of this scan into the baseline file
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    #[command(flatten)]
    peers: PeerOptions,
    /// Exit with 2 when something could not be read or decided
    #[arg(long)]
    strict: bool,
    /// The Kubernetes version whose API the objects are for, such as 1.30 [default: that of the
    /// cluster or bundle, or else the newest known]
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Option<Version>,
    /// Read files that .gitignore or .seawallignore leave out
    #[arg(long)]
    no_ignore: bool,
    /// Read files up to this many MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=4095))]
    max_file_size: u64,
    #[command(flatten)]
    rendering: Rendering,
}

/// The framework of a name, for clap.
pub(crate) fn parse_framework(name: &str) -> Result<&'static Framework, String> {
    Framework::find(name).ok_or_else(|| {
        let names: Vec<&str> = FRAMEWORKS.iter().map(|framework| framework.id).collect();
        format!("there are {}", names.join(", "))
    })
}

/// The check of an id, for clap.
fn parse_check(id: &str) -> Result<&'static Check, String> {
    seawall_checks::find(id).ok_or_else(|| match seawall_checks::nearest(id) {
        Some(near) => format!("there is no such check; did you mean {near:?}?"),
        None => "there is no such check; `seawall checks` lists them".to_owned(),
    })
}

/// The checks of ids that `--check` was given; of custom ones once the configuration is read.
pub(crate) fn named_checks(ids: &[String]) -> anyhow::Result<Vec<&'static Check>> {
    let named = |id: &String| parse_check(id).map_err(|why| anyhow!("--check {id}: {why}"));
    ids.iter().map(named).collect()
}

impl Scan {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let began = SystemTime::now();
        let outputs =
            if self.outputs.is_empty() { vec![Output::text()] } else { self.outputs.clone() };
        if outputs.iter().filter(|output| output.is_stdout()).count() > 1 {
            bail!("only one report can go to standard output; give the others a file: FORMAT=FILE");
        }
        global.start_threads()?;
        let targets = self.targets.or_here();
        let mut config = self.configuration.read(&targets)?;
        if let Some(version) = self.kubernetes_version {
            config.settings.kubernetes_minor = Some(version.minor());
        }
        let baseline = self.baseline()?;
        let peers = self.peers.files(&config, &targets)?;
        let selection = self.selection(&config)?;
        let rendering = self.rendering.options(self.kubernetes_version)?;
        let live = self.live()?;
        let Collected { inventory, target_failed, server_versions, .. } = if let Some(live) = live {
            live
        } else {
            let progress = Progress::new(global.is_quiet());
            let options = seawall_collect::Options {
                limits: Limits { file_bytes: self.max_file_size << 20, ..Limits::default() },
                respect_ignore_files: !self.no_ignore,
                rendering: rendering.as_ref(),
                progress: &|step| progress.step(step),
            };
            let collected = seawall_collect::collect(&targets, &options)?;
            self.targets.refuse_values(&collected.inventory)?;
            collected
        };
        if config.settings.kubernetes_minor.is_none() {
            config.settings.kubernetes_minor = minor_of(&server_versions);
        }
        let mut results = seawall_checks::run(&inventory, &selection, &config.settings);
        let findings = &mut results.findings;
        seawall_checks::mark_confidential(findings, &inventory, &selection, &config.settings);
        let ran: Vec<&'static Check> = selection.checks().collect();
        let decisions = Decisions {
            exceptions: &config.exceptions,
            peers: peers.as_deref(),
            baseline: baseline.as_ref().filter(|_| !self.write_baseline),
            today: today(),
            ran: &ran,
        };
        let notices = decisions.apply(&inventory, &mut results.findings);
        let fail_on = self.fail_on.or(config.fail_on).unwrap_or(Severity::High);
        let report = Report {
            version: env!("CARGO_PKG_VERSION"),
            findings: &results.findings,
            unknown: &results.unknown,
            coverage: inventory.coverage(),
            tallies: &results.tallies,
            notices: &notices,
            framework: self.framework,
            fail_on,
        };
        for output in &outputs {
            output.write(&report, global, began)?;
        }
        if self.write_baseline
            && let Some(path) = &self.baseline
        {
            std::fs::write(path, Baseline::write(&results.findings))
                .with_context(|| format!("can't write {}", path.display()))?;
            return Ok(Outcome::Clean);
        }
        let outcome = if target_failed {
            Outcome::InputError
        } else {
            self.judge(&report, &results.findings, &notices, fail_on)
        };
        // The process ends here; giving back millions of small pieces first would only take time.
        std::mem::forget((inventory, results));
        Ok(outcome)
    }

    /// The objects of a live cluster, where one is asked for.
    fn live(&self) -> anyhow::Result<Option<Collected>> {
        #[cfg(feature = "cluster")]
        if self.live.cluster {
            let namespaces = self.rendering.namespace.iter().cloned().collect();
            return Ok(Some(self.live.access.collect(namespaces, &[], Limits::default())?));
        }
        Ok(None)
    }

    fn judge(
        &self,
        report: &Report<'_>,
        findings: &[Finding],
        notices: &[Notice],
        fail_on: Severity,
    ) -> Outcome {
        let invalid = notices.iter().any(|notice| notice.kind == NoticeKind::InvalidException);
        let unread = report.coverage.unread().next().is_some() || !report.unknown.is_empty();
        if invalid || (self.strict && unread) {
            Outcome::InputError
        } else if findings.iter().any(|f| f.suppressed.is_none() && f.severity >= fail_on) {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }

    fn baseline(&self) -> anyhow::Result<Option<Baseline>> {
        let Some(path) = self.baseline.as_ref().filter(|_| !self.write_baseline) else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("can't read the baseline {}; --write-baseline makes it", path.display())
        })?;
        Ok(Some(Baseline::parse(&path.to_string_lossy(), text)?))
    }

    /// The checks that run; custom ones are known only now that the configuration is.
    fn selection(&self, config: &Config) -> anyhow::Result<Selection> {
        let only = named_checks(&self.only)?;
        Ok(Selection::new(
            seawall_checks::all()
                .filter(|check| self.framework.is_none_or(|framework| framework.selects(check)))
                .filter(|check| only.is_empty() || only.contains(check))
                .filter_map(|check| Some((check, config.severity(check)?))),
        ))
    }
}

/// The version of Kubernetes that the servers run, where they are of one that is known.
fn minor_of(servers: &BTreeSet<String>) -> Option<u8> {
    let mut minors = BTreeSet::new();
    for server in servers {
        match server.parse::<Version>() {
            Ok(version) => minors.insert(version.minor()),
            Err(why) => {
                tracing::warn!("the server's version is left aside: {why}");
                false
            }
        };
    }
    if minors.len() > 1 {
        let all: Vec<&str> = servers.iter().map(String::as_str).collect();
        tracing::warn!(
            "the clusters run {}; --kubernetes-version says which one counts [default: the newest \
             known]",
            all.join(" and ")
        );
        return None;
    }
    minors.first().copied()
}

/// Today in UTC.
pub(crate) fn today() -> time::Date {
    time::OffsetDateTime::now_utc().date()
}
