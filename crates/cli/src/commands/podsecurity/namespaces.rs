//! `seawall podsecurity namespaces`: how far is each namespace?

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use seawall_model::document::Node;
use seawall_model::workload::{Pod, pods_of};
use seawall_model::{Inventory, ObjectKind};
use seawall_podsecurity::admission::{
    Exemption, InvalidLabel, LevelVersion, Modes, Obstacle, PodLevel, modes, standing,
};
use seawall_podsecurity::standards::{Standard, Version};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use super::exempt::{Admission, Plugin};
use super::violation::Record;
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// Tell for each namespace the strictest level that its workloads meet
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall podsecurity namespaces --cluster
  seawall podsecurity namespaces bundle.tar.zst -n shop
  seawall podsecurity namespaces deploy/ --version v1.30
  seawall podsecurity namespaces --cluster --enforce restricted   # what would that reject?

With --enforce, nothing is changed: it tells which workloads' pods the label would reject. Pods that
run already would go on running; they would not be made again.

Exit codes: 0; with --enforce 1 when the label would reject something; 2 usage or input error; also
2 with --strict when something could not be read."
)]
pub(super) struct Namespaces {
    /// Only this namespace; may be given several times
    #[arg(short, long = "namespace", value_name = "NAME")]
    namespaces: Vec<String>,
    /// The version of the standards: latest, or such as v1.30 [default: latest, and with --enforce
    /// what the namespace's enforce-version says]
    #[arg(long, value_name = "VERSION")]
    version: Option<Version>,
    /// Tell what the label enforce=LEVEL would reject: baseline or restricted
    #[arg(long, value_name = "LEVEL")]
    enforce: Option<PodLevel>,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    admission: Admission,
    #[command(flatten)]
    sources: NamedSources,
}

/// What is told of a namespace.
#[derive(Serialize)]
struct Row {
    namespace: String,
    /// Workloads that are looked at.
    workloads: usize,
    /// Workloads that are exempt.
    exempt: usize,
    /// Whether the namespace is exempt as a whole.
    exempt_namespace: bool,
    meets: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'static str>,
    /// What stands in the way of the next level.
    obstacles: Vec<Record>,
    enforce: String,
    audit: String,
    warn: String,
    /// Workloads whose pods are rejected as the labels are.
    rejected_now: usize,
    invalid_labels: Vec<String>,
    /// What the label that was asked about would reject.
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<DryRun>,
}

#[derive(Serialize)]
struct DryRun {
    enforce: String,
    /// How many workloads.
    rejected: usize,
    violations: Vec<Record>,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("NAMESPACE", |row| row.namespace.clone()),
    Column::new("WORKLOADS", |row| row.workloads.to_string()),
    Column::new("MEETS", |row| row.meets.to_owned()),
    Column::new("ENFORCE", |row| row.enforce.clone()),
    Column::new("AUDIT", |row| row.audit.clone()),
    Column::new("WARN", |row| row.warn.clone()),
    Column::new("REJECTED NOW", |row| row.rejected_now.to_string()),
    Column::new("EXEMPT", |row| match row.exempt_namespace {
        true => "namespace".to_owned(),
        false => row.exempt.to_string(),
    }),
];

impl Namespaces {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let plugin = self.admission.plugin()?;
        let read = self.sources.read(global)?;
        read.refuse_strange(&self.namespaces, &plugin.default_namespace)?;
        let wanted = |name: &str| {
            self.namespaces.is_empty() || self.namespaces.iter().any(|wanted| wanted == name)
        };
        let rows: Vec<Row> = by_namespace(&read.inventory, &plugin)
            .into_iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, group)| row(name, &group, &plugin, self.version, self.enforce))
            .collect();
        to_stdout(|out| {
            let unread = read.unread();
            if !self.output.is_table() {
                return list::render(self.output, COLUMNS, &rows, &unread, out);
            }
            list::render(self.output, COLUMNS, &rows, &[], out)?;
            rows.iter().try_for_each(|row| row.write(out))?;
            list::remainder(&unread, out)
        })?;
        let rejects = |row: &Row| row.dry_run.as_ref().is_some_and(|dry| dry.rejected > 0);
        let outcome = if rows.iter().any(rejects) { Outcome::Findings } else { Outcome::Clean };
        Ok(read.outcome(outcome))
    }
}

/// A namespace as it is declared, and its workloads.
#[derive(Default)]
struct Group<'a> {
    labels: Option<Node<'a>>,
    pods: Vec<Pod<'a>>,
}

fn by_namespace<'a>(inventory: &'a Inventory, plugin: &'a Plugin) -> BTreeMap<&'a str, Group<'a>> {
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for object in inventory.of_kind(ObjectKind::Namespace) {
        let labels = object.metadata().and_then(|metadata| metadata.get("labels"));
        // Of several texts on a namespace, one with labels.
        let group = groups.entry(object.name()).or_default();
        group.labels = group.labels.or(labels);
    }
    for pod in inventory.objects().flat_map(pods_of) {
        groups.entry(plugin.namespace(&pod)).or_default().pods.push(pod);
    }
    groups
}

fn row(
    name: &str,
    group: &Group<'_>,
    plugin: &Plugin,
    version: Option<Version>,
    dry_run: Option<PodLevel>,
) -> Row {
    let label = |key: &str| group.labels?.get(key).map(Node::text);
    let (Modes { enforce, audit, warn }, invalid) = modes(label, plugin.configuration.defaults);
    let exempt_namespace = plugin.configuration.exemptions.namespaces.iter().any(|n| n == name);
    let of_pod = |pod: &Pod<'_>| plugin.exempt(pod).is_some_and(|why| why != Exemption::Namespace);
    let (exempt, pods): (Vec<Pod<'_>>, Vec<Pod<'_>>) = group.pods.iter().cloned().partition(of_pod);
    let refused = |mode: LevelVersion| match mode.level.standard() {
        Some(level) if !exempt_namespace => {
            Obstacle::all(&pods, &Standard::new(level, mode.version))
        }
        _ => Vec::new(),
    };
    let records = |obstacles: &[Obstacle<'_>]| -> Vec<Record> {
        obstacles.iter().flat_map(|o| Record::all(&pods[o.pod], o)).collect()
    };
    let standing = standing(&pods, version.unwrap_or(Version::LATEST));
    let invalid_label = |InvalidLabel { key, value, instead }: InvalidLabel| {
        format!("{key}={value} can't be understood, so that {instead} holds")
    };
    Row {
        namespace: name.to_owned(),
        workloads: pods.len(),
        exempt: exempt.len(),
        exempt_namespace,
        meets: standing.meets.name(),
        next: standing.meets.next().map(PodLevel::name),
        obstacles: records(&standing.obstacles),
        enforce: enforce.to_string(),
        audit: audit.to_string(),
        warn: warn.to_string(),
        rejected_now: refused(enforce).len(),
        invalid_labels: invalid.into_iter().map(invalid_label).collect(),
        dry_run: dry_run.map(|level| {
            let mode = LevelVersion { level, version: version.unwrap_or(enforce.version) };
            let refused = refused(mode);
            let violations = records(&refused);
            DryRun { enforce: mode.to_string(), rejected: refused.len(), violations }
        }),
    }
}

impl Row {
    /// What stands in the way, or what a label would reject.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Row { namespace, workloads, .. } = self;
        for label in &self.invalid_labels {
            writeln!(out, "\n{namespace}: the label {label}.")?;
        }
        match (&self.dry_run, self.next) {
            (Some(DryRun { enforce, rejected: 0, .. }), _) => {
                let why = if self.exempt_namespace { ": it is exempt" } else { "" };
                writeln!(out, "\n{namespace}: enforcing {enforce} would reject nothing{why}.")
            }
            (Some(DryRun { enforce, rejected, violations }), _) => {
                writeln!(
                    out,
                    "\n{namespace}: enforcing {enforce} would reject the pods of {rejected} of \
                     {workloads} workloads"
                )?;
                Record::write_all(violations, out)
            }
            (None, Some(next)) if !self.obstacles.is_empty() => {
                writeln!(out, "\n{namespace}: in the way of {next}")?;
                Record::write_all(&self.obstacles, out)
            }
            (None, _) => Ok(()),
        }
    }
}
