//! The formats of benchmark results: those of `scan`, this room's own JSON, and kube-bench's.

use std::io::{self, Write};
use std::str::FromStr;
use std::time::SystemTime;

use anyhow::{anyhow, bail};
use clap::Args;
use seawall_bench::kubebench::{self, Account, Aws, Run, Stamp, TextOptions};
use seawall_bench::{Findings, Report, findings};
use seawall_model::Severity;
use seawall_report::Format as ScanFormat;

use crate::global::Global;
use crate::output::Output;

/// A format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    Text,
    /// A list of reports with all evidence.
    Json,
    /// The JSON of kube-bench.
    KubeBenchJson,
    /// The JUnit XML of kube-bench.
    KubeBenchJunit,
    /// The AWS Security Finding Format.
    Asff,
    /// A format of `seawall scan`.
    Scan(ScanFormat),
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "text" => Format::Text,
            "json" => Format::Json,
            "kube-bench-json" => Format::KubeBenchJson,
            "kube-bench-junit" => Format::KubeBenchJunit,
            "asff" => Format::Asff,
            other => Format::Scan(other.parse().map_err(|_| {
                format!(
                    "{other:?} is no output format; use text, json, kube-bench-json, \
                     kube-bench-junit, asff, sarif, junit, github, gitlab, csv, markdown, html"
                )
            })?),
        })
    }
}

/// How results are shown.
#[derive(Args)]
pub(super) struct Shown {
    /// Write the results in a format, to a file or to standard output: text, json,
    /// kube-bench-json, kube-bench-junit, asff, sarif, junit, github, gitlab, csv, markdown, html
    /// [default: text]
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]")]
    pub(super) outputs: Vec<Output<Format>>,
    /// The account of findings in the AWS Security Finding Format [default: $AWS_ACCOUNT]
    #[arg(long, value_name = "ID")]
    aws_account: Option<String>,
    /// Their region [default: $AWS_REGION]
    #[arg(long, value_name = "NAME")]
    aws_region: Option<String>,
    /// The cluster that they are of [default: $CLUSTER_ARN]
    #[arg(long, value_name = "ARN")]
    cluster_arn: Option<String>,
}

/// Results, and how a format that is not the same for all of them shows them.
pub(super) struct Results<'a> {
    /// In this room's words.
    pub(super) reports: &'a [Report],
    /// In kube-bench's, where they are of its configuration.
    pub(super) run: Option<(&'a Run, &'a Stamp)>,
    /// Whether kube-bench's JSON has totals.
    pub(super) totals: bool,
    /// Writes the text for people; whether to colour it is its argument.
    pub(super) text: &'a dyn Fn(bool, &mut dyn Write) -> io::Result<()>,
    /// When the run began.
    pub(super) began: SystemTime,
}

impl Shown {
    /// Writes the results in all formats that are asked for, or else in another, which is text
    /// unless it is given.
    pub(super) fn write(
        &self,
        results: &Results<'_>,
        otherwise: Option<Output<Format>>,
        global: &Global,
    ) -> anyhow::Result<()> {
        let text = || Output { format: Format::Text, file: None };
        let otherwise = [otherwise.unwrap_or_else(text)];
        let outputs = if self.outputs.is_empty() { &otherwise[..] } else { &self.outputs };
        if outputs.iter().filter(|output| output.is_stdout()).count() > 1 {
            bail!("only one format can go to standard output; give the others a file: FORMAT=FILE");
        }
        let mut made: Option<Findings> = None;
        for output in outputs {
            let found = match output.format {
                Format::Scan(_) => Some(&*made.get_or_insert_with(|| findings(results.reports))),
                _ => None,
            };
            let mut bytes = Vec::new();
            let colour = output.is_stdout() && global.coloured(&io::stdout());
            self.format(output.format, results, found, colour, global, &mut bytes)?;
            output.to(|out| out.write_all(&bytes))?;
        }
        Ok(())
    }

    fn format(
        &self,
        format: Format,
        results: &Results<'_>,
        found: Option<&Findings>,
        colour: bool,
        global: &Global,
        out: &mut Vec<u8>,
    ) -> anyhow::Result<()> {
        match (format, found) {
            (Format::Text, _) => (results.text)(colour, out)?,
            (Format::Json, _) => {
                serde_json::to_writer_pretty(&mut *out, results.reports)?;
                out.push(b'\n');
            }
            (Format::Scan(format), Some(found)) => {
                let report = seawall_report::Report {
                    version: env!("CARGO_PKG_VERSION"),
                    findings: &found.findings,
                    unknown: &found.unknown,
                    coverage: &found.coverage,
                    tallies: &found.tallies,
                    notices: &[],
                    framework: None,
                    fail_on: Severity::Info,
                };
                let options = seawall_report::Options {
                    colour,
                    verbose: global.is_verbose(),
                    times: (results.began, SystemTime::now()),
                };
                format.render(&report, &options, out)?;
            }
            (Format::Scan(_), None) => {}
            (Format::KubeBenchJson, _) => {
                // One value a node, as so many runs of kube-bench print them.
                for (run, stamp) in runs(results) {
                    writeln!(out, "{}", kubebench::write_json(&run, &stamp, results.totals)?)?;
                }
            }
            (Format::KubeBenchJunit, _) => {
                let mut whole = Run::default();
                for (run, _) in runs(results) {
                    whole.controls.extend(run.controls);
                }
                kubebench::write_junit(&whole, out)?;
            }
            (Format::Asff, _) => {
                let mut all = Vec::new();
                for (run, stamp) in runs(results) {
                    let account = self.account(&run.aws, &stamp)?;
                    all.extend(kubebench::asff(&run, &account));
                }
                serde_json::to_writer_pretty(&mut *out, &all)?;
                out.push(b'\n');
            }
        }
        Ok(())
    }

    /// Whose findings they are: as the options say, the environment, or the configuration.
    fn account(&self, aws: &Aws, stamp: &Stamp) -> anyhow::Result<Account> {
        let given =
            |option: &Option<String>, name: &str, configured: &Option<String>, flag: &str| {
                let variable = |prefix: &str| std::env::var(format!("{prefix}{name}")).ok();
                option
                    .clone()
                    .or_else(|| variable("KUBE_BENCH_"))
                    .or_else(|| variable(""))
                    .or_else(|| configured.clone())
                    .filter(|value| !value.is_empty())
                    .ok_or_else(|| anyhow!("{name} is not set: give {flag}, which asff needs"))
            };
        Ok(Account {
            account: given(&self.aws_account, "AWS_ACCOUNT", &aws.account, "--aws-account")?,
            region: given(&self.aws_region, "AWS_REGION", &aws.region, "--aws-region")?,
            cluster: given(&self.cluster_arn, "CLUSTER_ARN", &aws.cluster, "--cluster-arn")?,
            node: stamp.node.clone(),
            time: stamp.time.clone().unwrap_or_default(),
        })
    }
}

/// The results in kube-bench's words.
fn runs(results: &Results<'_>) -> Vec<(Run, Stamp)> {
    match results.run {
        Some((run, stamp)) => vec![(run.clone(), stamp.clone())],
        None => results.reports.iter().map(kubebench::from_native).collect(),
    }
}

/// The text of kube-bench.
pub(super) fn kube_bench_text<'a>(
    run: &'a Run,
    options: TextOptions,
) -> impl Fn(bool, &mut dyn Write) -> io::Result<()> + 'a {
    move |colour, out| kubebench::write_text(run, &TextOptions { colour, ..options }, out)
}
