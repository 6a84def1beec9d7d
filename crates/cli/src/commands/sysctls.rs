//! `seawall sysctls`: what the sysctls of pods do, and what nodes must allow.

use clap::Args;
use seawall_model::workload::pods_of;
use seawall_podsecurity::standards::Version;
use seawall_podsecurity::sysctls::{Class, Sysctl, known, of, sysctl};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::remarks::Record;
use crate::sources::NamedSources;

/// Tell what the sysctls of pods do, which are safe, and what a kubelet must be told to allow
#[derive(Args)]
#[command(after_help = "Examples:
  seawall sysctls deploy/
  seawall sysctls --cluster --kubernetes-version v1.30
  seawall sysctls --explain net.ipv4.ip_forward --explain kernel.core_pattern
  seawall sysctls --list -o wide

safe: every kubelet allows it. unsafe: a kubelet allows it only with the flag shown, and baseline
forbids it. forbidden: it is the whole node's, and no kubelet allows it. The alpha annotations of
Kubernetes 1.4 to 1.10 are read, too.

Exit codes: 0 all sysctls are safe; 1 some are not; 2 usage or input error; also 2 with --strict
when something could not be read.")]
pub(crate) struct Sysctls {
    /// The version of Kubernetes: latest, or such as v1.30
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    kubernetes_version: Version,
    /// Explain a sysctl by name, whoever sets it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["named", "targets", "list"])]
    explain: Vec<String>,
    /// List all sysctls that are known
    #[arg(long, conflicts_with_all = ["named", "targets"])]
    list: bool,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: NamedSources,
}

/// A sysctl, and who sets it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    sysctl: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    class: String,
    namespace: String,
    meaning: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kubelet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel: Option<&'static str>,
    /// Whether an alpha annotation sets it, which no kubelet has read since 1.11.
    annotation: bool,
    /// Whether the API server refuses the pod, since it shares the namespace with the host.
    on_host: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

const SETTER: &[Column<Row>] = &[
    Column::new("OBJECT", |it| it.object.clone().unwrap_or_default()),
    Column::new("SYSCTL", |it| match &it.value {
        Some(value) => format!("{}={value}", it.sysctl),
        None => it.sysctl.clone(),
    }),
    Column::new("CLASS", |it| match (it.annotation, it.on_host) {
        (true, _) => format!("{}, in an annotation that nothing reads since 1.11", it.class),
        (_, true) => format!("refused: the pod has the host's {} namespace", it.namespace),
        _ => it.class.clone(),
    }),
    Column::new("NAMESPACE", |it| it.namespace.clone()),
    Column::new("DOES", |it| it.meaning.clone()),
    Column::wide("KUBELET", |it| it.kubelet.clone().unwrap_or_default()),
    Column::wide("KERNEL", |it| it.kernel.unwrap_or_default().to_owned()),
    Column::wide("PLACE", |it| it.place.clone().unwrap_or_default()),
];

const KNOWN: &[Column<Row>] = &[
    Column::new("SYSCTL", |it| it.sysctl.clone()),
    Column::new("CLASS", |it| it.class.clone()),
    Column::new("NAMESPACE", |it| it.namespace.clone()),
    Column::new("DOES", |it| it.meaning.clone()),
    Column::wide("KUBELET", |it| it.kubelet.clone().unwrap_or_default()),
    Column::wide("KERNEL", |it| it.kernel.unwrap_or_default().to_owned()),
];

fn row(it: Sysctl) -> Row {
    Row {
        object: None,
        class: match it.class {
            Class::Safe => "safe".to_owned(),
            Class::SafeSince(version) => format!("unsafe, safe from {version}"),
            Class::Unsafe => "unsafe".to_owned(),
            Class::Forbidden => "forbidden".to_owned(),
        },
        namespace: it.namespace.map_or_else(|| "none".to_owned(), |it| it.to_string()),
        meaning: it.meaning.unwrap_or("not known here").to_owned(),
        kubelet: it.kubelet,
        kernel: it.kernel,
        sysctl: it.name,
        value: None,
        annotation: false,
        on_host: false,
        place: None,
    }
}

impl Sysctls {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let version = self.kubernetes_version;
        if self.list || !self.explain.is_empty() {
            let rows: Vec<Row> = match self.list {
                true => known().map(|name| row(sysctl(name, version))).collect(),
                false => self.explain.iter().map(|name| row(sysctl(name, version))).collect(),
            };
            to_stdout(|out| list::render(self.output, KNOWN, &rows, &[], out))?;
            return Ok(Outcome::Clean);
        }
        let read = self.sources.read(global)?;
        let mut rows = Vec::new();
        let mut failed = false;
        let mut gaps = Vec::new();
        for pod in read.inventory.objects().filter(|it| !it.is_built_in()).flat_map(pods_of) {
            let set = match of(&pod) {
                Ok(set) => set,
                Err(why) => {
                    let it = Record::undecided(pod.object, None, &why);
                    let Record { file, line, column, object, message, .. } = it;
                    gaps.push(format!("{file}:{line}:{column}: {object}: {message}"));
                    failed = true;
                    continue;
                }
            };
            for it in set {
                let known = sysctl(it.name, version);
                failed |= known.class != Class::Safe || it.annotation || it.on_host;
                let at = it.node.location().start();
                rows.push(Row {
                    object: Some(pod.object.id().to_string()),
                    value: Some(it.value.to_owned()),
                    annotation: it.annotation,
                    on_host: it.on_host,
                    place: Some(format!(
                        "{}:{}:{}",
                        it.node.document().source().name(),
                        at.line,
                        at.column
                    )),
                    ..row(known)
                });
            }
        }
        let unread = read.with_gaps(gaps);
        let nothing = "No pod sets a sysctl.";
        to_stdout(|out| list::answer(self.output, SETTER, &rows, nothing, &unread, out))?;
        Ok(read.outcome(if failed { Outcome::Findings } else { Outcome::Clean }))
    }
}
