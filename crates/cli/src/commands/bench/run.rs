//! `seawall bench run`: from a node or its files to reports.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use seawall_bench::kubebench::Stamp;
use seawall_bench::{
    BENCHMARKS, Benchmark, Changes, Cx, Filter, Header, Host, Input, Platform, Report, Role,
    Verdict, benchmark_of, changes, run, text,
};
use seawall_model::document::Document;
use seawall_schema::Version;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::deliver::Deliver;
use super::kubebench::{Given, KubeBench};
use super::shown::{Results, Shown};
use crate::Outcome;
use crate::fixing::diff;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::{Read, Sources};

pub(super) const EXAMPLES: &str = "Examples:
  seawall bench                                    # this node, the benchmark of its platform
  seawall bench --root /host                       # a node whose file system is mounted there
  seawall bench --benchmark all -o json
  seawall bench -f /etc/kubernetes/manifests       # static-pod manifests, without a node
  seawall bench -f cluster.tar.zst                 # a bundle: control plane and policies
  seawall bench --cluster --control 5              # the policies of the live cluster
  seawall bench --control 1.2 --diff               # what would put the API server right
  seawall bench -o text -o sarif=bench.sarif -o kube-bench-json=bench.json
  seawall bench --config-dir cfg/ --targets node   # a configuration of kube-bench

Exit codes: 0 nothing failed, 1 something failed, 2 usage or input error; also 2 with --strict
when something could not be told, and 0 instead of 1 with --exit-zero.";

/// Which benchmarks, of what, and how they are shown.
#[derive(Args)]
pub(crate) struct Run {
    /// The directory that is the node's root [default: / unless objects are named]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The benchmark, several with commas, or all: cis-1.12, cis-2.0, eks, aks, gke, nsa-cisa, node,
    /// container-host [default: that of the platform and version]
    #[arg(long = "benchmark", value_name = "NAME", value_delimiter = ',')]
    benchmarks: Vec<String>,
    /// Run the controls for this part of a node alone, and expect it to run here
    #[arg(long = "node-role", value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<NodeRole>,
    /// Run these controls or groups alone, such as 4.2 or 1.2.1
    #[arg(long = "control", value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave these controls or groups out
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    skip: Vec<String>,
    /// The distribution instead of the one that is seen: kubeadm, k3s, rke2, microk8s, eks, aks,
    /// gke, other
    #[arg(long, value_name = "NAME")]
    platform: Option<Platform>,
    /// The version of Kubernetes instead of the one that is seen, such as 1.34; --version as
    /// kube-bench has it
    #[arg(long, alias = "version", value_name = "VERSION")]
    kubernetes_version: Option<Version>,
    /// The node's name in the report [default: what the node calls itself]
    #[arg(long, value_name = "NAME")]
    node_name: Option<String>,
    #[command(flatten)]
    shown: Shown,
    /// Show what would put failures right as a patch, instead of the results; nothing is changed
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    kube_bench: KubeBench,
    #[command(flatten)]
    deliver: Deliver,
}

/// A benchmark, or all.
#[derive(Clone, Copy, Debug)]
enum Chosen {
    One(&'static Benchmark),
    All,
}

fn parse_benchmark(name: &str) -> anyhow::Result<Chosen> {
    if name == "all" {
        return Ok(Chosen::All);
    }
    Benchmark::find(name).map(Chosen::One).ok_or_else(|| {
        let names: Vec<&str> = BENCHMARKS.iter().map(|benchmark| benchmark.id).collect();
        anyhow!("--benchmark {name}: there are {} and all", names.join(", "))
    })
}

/// The part that a node plays.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum NodeRole {
    /// It runs the API server, the controller manager and the scheduler
    ControlPlane,
    /// It runs etcd
    Etcd,
    /// It runs pods
    Worker,
}

impl Run {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        self.deliver.around(|| match self.kube_bench.directory() {
            Some(directory) => self.kube_bench(directory, global),
            None => self.once(global),
        })
    }

    /// Runs a configuration of kube-bench.
    fn kube_bench(
        &self,
        directory: &Path,
        global: &Global,
    ) -> anyhow::Result<(Vec<Report>, Outcome)> {
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let node = match self.node() {
            Some(node) => Some(node),
            None => Host::new(root)?.read("/proc/sys/kernel/hostname")?,
        };
        let benchmark = match &self.benchmarks[..] {
            [] => None,
            [name] => Some(name.as_str()),
            _ => bail!("with --config-dir there is one --benchmark"),
        };
        let given = Given {
            root,
            benchmark,
            version: self.kubernetes_version.map(|version| format!("1.{}", version.minor())),
            skip: &self.skip,
            stamp: Stamp {
                node: node.map(|node| node.trim().to_owned()),
                time: Some(now()?.format(&Rfc3339)?),
            },
            shown: &self.shown,
        };
        self.kube_bench.run(directory, &given, global)
    }

    /// The node's name: as given, or as the pod that this runs in was told.
    fn node(&self) -> Option<String> {
        self.node_name.clone().or_else(|| std::env::var("NODE_NAME").ok())
    }

    fn once(&self, global: &Global) -> anyhow::Result<(Vec<Report>, Outcome)> {
        let began = SystemTime::now();
        let read = if self.sources.are_named() { Some(self.sources.read(global)?) } else { None };
        let host = self.host(read.is_some())?;
        let now = now()?;
        let roles: Vec<Role> = self.roles.iter().map(|role| role.model()).collect();
        let cx = Cx::new(Input {
            host: host.as_ref(),
            inventory: read.as_ref().map(|read| &read.inventory),
            node: None,
            platform: self.platform,
            minor: self.kubernetes_version.map(|version| version.minor().into()),
            roles: roles.clone(),
            now: now.unix_timestamp(),
        });
        let filter = Filter { roles, only: self.only.clone(), skip: self.skip.clone() };
        let header = Header {
            seawall: env!("CARGO_PKG_VERSION").to_owned(),
            node: self.node(),
            time: now.format(&Rfc3339)?,
        };
        let chosen = self.chosen(&cx)?;
        if let Some(named) = filter.unknown(&chosen) {
            let names: Vec<&str> = chosen.iter().map(|benchmark| benchmark.id).collect();
            bail!("no control or group {named} is in {}", names.join(", "));
        }
        let reports: Vec<Report> =
            chosen.into_iter().map(|benchmark| run(&cx, benchmark, &filter, &header)).collect();
        if reports.iter().all(|report| report.results.is_empty()) {
            bail!("no control of the benchmark is selected");
        }
        if self.diff {
            self.show_changes(&reports, host.as_ref(), read.as_ref())?;
        } else {
            self.show(&reports, global, began)?;
        }
        let outcome = judge(&reports, read.as_ref(), self.sources.is_strict());
        Ok((reports, outcome))
    }

    /// The node: none where objects are named and no root is.
    fn host(&self, has_objects: bool) -> anyhow::Result<Option<Host>> {
        match &self.root {
            Some(root) => Ok(Some(Host::new(root)?)),
            None if has_objects => Ok(None),
            None => Ok(Some(Host::new("/")?)),
        }
    }

    fn chosen(&self, cx: &Cx<'_>) -> anyhow::Result<Vec<&'static Benchmark>> {
        if self.benchmarks.is_empty() {
            return Ok(vec![benchmark_of(cx.platform, cx.minor())]);
        }
        let mut chosen: Vec<&'static Benchmark> = Vec::new();
        for name in &self.benchmarks {
            let more = match parse_benchmark(name)? {
                Chosen::One(benchmark) => vec![benchmark],
                Chosen::All => seawall_bench::benchmarks_for(cx.platform, cx.minor()),
            };
            for benchmark in more {
                if !chosen.iter().any(|known| known.id == benchmark.id) {
                    chosen.push(benchmark);
                }
            }
        }
        Ok(chosen)
    }

    fn show(&self, reports: &[Report], global: &Global, began: SystemTime) -> anyhow::Result<()> {
        let text = |colour: bool, out: &mut dyn Write| {
            let options = text::Options { colour, verbose: global.is_verbose() };
            for (index, report) in reports.iter().enumerate() {
                if index > 0 {
                    out.write_all(b"\n")?;
                }
                text::render(report, options, out)?;
            }
            Ok(())
        };
        let results = Results { reports, run: None, totals: true, text: &text, began };
        self.shown.write(&results, None, global)
    }

    fn show_changes(
        &self,
        reports: &[Report],
        host: Option<&Host>,
        read: Option<&Read>,
    ) -> anyhow::Result<()> {
        let failed = reports.iter().flat_map(|report| &report.results);
        let patches = failed.flat_map(|result| &result.patches);
        let Changes { texts, others, refused } = changes(patches, |path| {
            let documents = read.into_iter().flat_map(|read| read.inventory.documents());
            let mut sources = documents.map(Document::source);
            if let Some(source) = sources.find(|source| **source.name() == *path) {
                return Ok(Some(source.text().to_owned()));
            }
            match host {
                Some(host) => host.read(path),
                None => Ok(None),
            }
        });
        to_stdout(|out| {
            for change in &texts {
                diff::write(out, &change.path, &change.before, &change.after)?;
            }
            others.iter().try_for_each(|one| text::patch(one, out))
        })
        .context("can't show the changes")?;
        for why in refused {
            tracing::warn!("no patch: {why}");
        }
        Ok(())
    }
}

/// Now, to the second.
fn now() -> anyhow::Result<OffsetDateTime> {
    Ok(OffsetDateTime::now_utc().replace_nanosecond(0)?)
}

fn judge(reports: &[Report], read: Option<&Read>, strict: bool) -> Outcome {
    let any = |verdict| {
        let mut results = reports.iter().flat_map(|report| &report.results);
        results.any(|result| result.verdict == verdict)
    };
    let outcome = if strict && any(Verdict::Unknown) {
        Outcome::InputError
    } else if any(Verdict::Fail) {
        Outcome::Findings
    } else {
        Outcome::Clean
    };
    match read {
        Some(read) => read.outcome(outcome),
        None => outcome,
    }
}

impl NodeRole {
    fn model(self) -> Role {
        match self {
            NodeRole::ControlPlane => Role::ControlPlane,
            NodeRole::Etcd => Role::Etcd,
            NodeRole::Worker => Role::Worker,
        }
    }
}
