//! `seawall bench run --config-dir`: kube-bench's own configurations, with its flags.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use clap::{ArgAction, Args};
use seawall_bench::kubebench::{
    self, Bounds, Choice, Filter, Options, Shell, Stamp, Summary, Targets, TextOptions, to_native,
};
use seawall_bench::{Host, Report};

use super::shown::{Format, Results, Shown, kube_bench_text};
use crate::Outcome;
use crate::global::Global;
use crate::output::Output;

/// What kube-bench's own command line has.
#[derive(Args)]
#[command(next_help_heading = "With a configuration of kube-bench")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of kube-bench")]
pub(super) struct KubeBench {
    /// Run kube-bench's configuration in this directory; its audits are run in a shell
    #[arg(short = 'D', long, value_name = "DIR")]
    config_dir: Option<PathBuf>,
    /// Another config.yaml than that of the directory
    #[arg(long, value_name = "FILE", requires = "config_dir")]
    config: Option<PathBuf>,
    /// Run these controls: master, node, etcd, controlplane, policies, managedservices, or all
    /// [default: those for what runs here]
    #[arg(
        short = 's',
        long = "targets",
        value_name = "NAME",
        value_delimiter = ',',
        requires = "config_dir"
    )]
    controls: Vec<String>,
    /// Run these checks
    #[arg(
        short = 'c',
        long = "check",
        value_name = "ID",
        value_delimiter = ',',
        requires = "config_dir"
    )]
    checks: Vec<String>,
    /// Run these groups
    #[arg(
        short = 'g',
        long = "group",
        value_name = "ID",
        value_delimiter = ',',
        requires = "config_dir",
        conflicts_with = "checks"
    )]
    groups: Vec<String>,
    /// Whether to run scored checks
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, requires = "config_dir")]
    scored: bool,
    /// Whether to run unscored checks
    #[arg(long, value_name = "BOOL", default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, requires = "config_dir")]
    unscored: bool,
    /// Leave the verdicts out of the text
    #[arg(long, requires = "config_dir")]
    noresults: bool,
    /// Leave the counts of each controls file out of the text
    #[arg(long, requires = "config_dir")]
    nosummary: bool,
    /// Leave what to do out of the text
    #[arg(long, requires = "config_dir")]
    noremediations: bool,
    /// Leave the counts over all out of text and JSON
    #[arg(long, requires = "config_dir")]
    nototals: bool,
    /// Show in the text what failing tests looked at
    #[arg(long, requires = "config_dir")]
    include_test_output: bool,
    /// The same as -o kube-bench-json
    #[arg(long, requires = "config_dir", conflicts_with_all = ["outputs", "junit", "asff"])]
    json: bool,
    /// The same as -o kube-bench-junit
    #[arg(long, requires = "config_dir", conflicts_with_all = ["outputs", "asff"])]
    junit: bool,
    /// The same as -o asff, which is written and not sent
    #[arg(long, requires = "config_dir", conflicts_with = "outputs")]
    asff: bool,
    /// Where --json, --junit and --asff write to
    #[arg(long, value_name = "FILE", requires = "config_dir")]
    outputfile: Option<PathBuf>,
    /// The exit code where checks fail [default: 1]
    #[arg(long, value_name = "CODE", requires = "config_dir")]
    exit_code: Option<u8>,
    /// Longest run of one audit, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400), requires = "config_dir")]
    audit_timeout: u64,
    /// Most that one audit may print, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024), requires = "config_dir")]
    audit_output: u16,
}

/// What options of `bench run` mean for a configuration of kube-bench.
pub(super) struct Given<'a> {
    pub(super) root: &'a Path,
    pub(super) benchmark: Option<&'a str>,
    pub(super) version: Option<String>,
    pub(super) skip: &'a [String],
    pub(super) stamp: Stamp,
    pub(super) shown: &'a Shown,
}

impl KubeBench {
    /// The directory of a configuration, where one is to be run.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.config_dir.as_deref()
    }

    /// Runs it, shows the results, and gives them.
    pub(super) fn run(
        &self,
        directory: &Path,
        given: &Given<'_>,
        global: &Global,
    ) -> anyhow::Result<(Vec<Report>, Outcome)> {
        let began = SystemTime::now();
        if !directory.is_dir() {
            bail!("there is no directory {}", directory.display());
        }
        let bounds = Bounds {
            time: Duration::from_secs(self.audit_timeout),
            output: usize::from(self.audit_output) << 20,
        };
        let mut shell = Shell::new(given.root, bounds);
        let options = Options {
            directory: directory.to_owned(),
            config: self.config.clone(),
            choice: choice(given, &mut shell)?,
            targets: match &self.controls[..] {
                [] => Targets::Present,
                [all] if all == "all" => Targets::All,
                names => Targets::Named(names.to_vec()),
            },
            filter: Filter {
                checks: self.checks.clone(),
                groups: self.groups.clone(),
                skip: given.skip.to_vec(),
                scored: self.scored,
                unscored: self.unscored,
            },
        };
        let host = Host::new(given.root)?;
        let run = kubebench::run(&options, &host, &mut shell)
            .with_context(|| format!("can't run the configuration {}", directory.display()))?;
        if run.results().next().is_none() {
            bail!("no check of the configuration is selected");
        }
        let reports = vec![to_native(&run, &given.stamp, env!("CARGO_PKG_VERSION"))];
        let text = kube_bench_text(
            &run,
            TextOptions {
                results: !self.noresults,
                remediations: !self.noremediations,
                summary: !self.nosummary,
                totals: !self.nototals,
                output: self.include_test_output,
                colour: false,
            },
        );
        let results = Results {
            reports: &reports,
            run: Some((&run, &given.stamp)),
            totals: !self.nototals,
            text: &text,
            began,
        };
        given.shown.write(&results, self.output(), global)?;
        let failed = Summary::of(run.results()).fail > 0;
        let outcome = match (failed, self.exit_code) {
            (false, _) => Outcome::Clean,
            (true, None) => Outcome::Findings,
            (true, Some(code)) => Outcome::Chosen(code),
        };
        Ok((reports, outcome))
    }

    /// The output that a flag of kube-bench asks for.
    fn output(&self) -> Option<Output<Format>> {
        let format = match (self.json, self.junit, self.asff) {
            (true, ..) => Format::KubeBenchJson,
            (_, true, _) => Format::KubeBenchJunit,
            (.., true) => Format::Asff,
            _ => return None,
        };
        Some(Output { format, file: self.outputfile.clone() })
    }
}

fn choice(given: &Given<'_>, shell: &mut Shell) -> anyhow::Result<Choice> {
    match (given.benchmark, &given.version) {
        (Some(_), Some(_)) => bail!("--benchmark and --kubernetes-version don't go together"),
        (Some(benchmark), None) => Ok(Choice::Benchmark(benchmark.to_owned())),
        (None, Some(version)) => Ok(Choice::Version(version.clone())),
        (None, None) => match kubebench::detect(shell) {
            Some(version) => Ok(Choice::Detected(version)),
            None => bail!(
                "neither kubectl nor the kubelet says which version of Kubernetes runs here; \
                 give --benchmark or --kubernetes-version"
            ),
        },
    }
}
