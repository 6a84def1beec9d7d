//! `seawall bench manifests`: the benchmark as a Job, CronJob, DaemonSet or plugin of Sonobuoy.

use clap::{Args, ValueEnum};
use seawall_bench::manifests::{DIRECTORIES, Kind, Options, manifests};

use crate::Outcome;
use crate::output::to_stdout;

/// Print manifests that run the benchmark in a cluster
///
/// The pods have directories of the node read-only, no namespace of the node, none of root's
/// capabilities and no token, unless options give them more. With --cluster they may also list
/// objects, but no secrets.
#[derive(Args)]
#[command(after_help = "Examples:
  seawall bench manifests --image registry.example/seawall:1.0 --kind daemonset | kubectl apply -f -
  seawall bench manifests --image registry.example/seawall:1.0 --kind cronjob --schedule '0 3 * * *' --cluster
  seawall bench manifests --image registry.example/seawall:1.0 --kind job --node control-plane-1
  seawall bench manifests --image registry.example/seawall:1.0 --kind sonobuoy > seawall-bench.yaml
  sonobuoy run --plugin seawall-bench.yaml

Exit codes: 0 printed, 2 usage error.")]
pub(crate) struct Manifests {
    /// What runs it: once or by the clock on one node, or on every node
    #[arg(long, value_name = "KIND", default_value = "daemonset")]
    kind: Workload,
    /// The image whose program is seawall
    #[arg(long, value_name = "IMAGE")]
    image: String,
    /// The namespace, which is made too
    #[arg(short, long, value_name = "NAME", default_value = "seawall-bench", value_parser = namespace)]
    namespace: String,
    /// The node of a job or cronjob, by its label kubernetes.io/hostname [default: any]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// When a cronjob runs, as cron has it
    #[arg(long, value_name = "CRON", default_value = "0 3 * * *")]
    schedule: String,
    /// Read the cluster's objects too, which takes a role
    #[arg(long)]
    cluster: bool,
    /// Mount these directories of the node, each of which must be there on every node: on GKE
    /// /home/kubernetes beside the default, on MicroK8s /var/snap
    #[arg(long = "host-path", value_name = "DIR", value_delimiter = ',', default_values = DIRECTORIES, value_parser = absolute)]
    directories: Vec<String>,
    /// Read files too that others own and root may not read, which takes the capability
    /// DAC_READ_SEARCH
    #[arg(long)]
    others: bool,
    /// Read the environment of processes too, which takes the capability SYS_PTRACE, as much as
    /// being root on the node: it is needed for an etcd that is configured by variables and started
    /// by neither a static pod nor a unit
    #[arg(long)]
    environment: bool,
    /// Give the pods the node's network, which reading its kernel settings (net.*) takes
    #[arg(long)]
    host_network: bool,
    /// Read the firewall's rules in the kernel, which takes the node's network and the capability
    /// NET_ADMIN, with which they could be changed too
    #[arg(long)]
    firewall: bool,
    /// Further arguments of bench run
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Workload {
    /// Once, on one node
    Job,
    /// By the clock, on one node
    #[value(name = "cronjob")]
    CronJob,
    /// On every node
    #[value(name = "daemonset")]
    DaemonSet,
    /// On every node, as a plugin of Sonobuoy
    Sonobuoy,
}

/// A name that the API server takes for a namespace.
fn namespace(name: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let fits = name.len() <= 63 && name.chars().all(inner);
    if fits && edge(name.chars().next()) && edge(name.chars().last()) {
        Ok(name.to_owned())
    } else {
        Err("a namespace has up to 63 lower-case letters, digits and - between them".to_owned())
    }
}

/// A path on the node.
fn absolute(path: &str) -> Result<String, String> {
    let clean = path.starts_with('/') && !path.split('/').any(|part| part == "..");
    if clean && !path.contains(':') {
        Ok(path.to_owned())
    } else {
        Err("a path from / on, without .. and :, is expected".to_owned())
    }
}

impl Manifests {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let kind = match self.kind {
            Workload::Job => Kind::Job,
            Workload::CronJob => Kind::CronJob,
            Workload::DaemonSet => Kind::DaemonSet,
            Workload::Sonobuoy => Kind::Sonobuoy,
        };
        let text = manifests(&Options {
            kind,
            image: self.image,
            namespace: self.namespace,
            node: self.node,
            schedule: self.schedule,
            arguments: self.arguments,
            cluster: self.cluster,
            directories: self.directories,
            others: self.others,
            environment: self.environment,
            host_network: self.host_network,
            firewall: self.firewall,
        });
        to_stdout(|out| out.write_all(text.as_bytes()))?;
        Ok(Outcome::Clean)
    }
}
