//! `seawall psp admit`: which policy does a pod get, what becomes of it, and why not another?

use std::io::{self, Write};

use anyhow::bail;
use clap::Args;
use seawall_model::ObjectKind;
use seawall_model::document::Node;
use seawall_podsecurity::psp::admit::{Asker, bookkeeping, update};
use seawall_podsecurity::psp::legacy::{Note, notes};
use seawall_podsecurity::psp::{Changed, Decision, Verdict, changes};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use super::attempt::{AttemptRecord, sentence, word};
use super::diff;
use super::world::{Makers, Workload, World, place};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// Tell which PodSecurityPolicy pods get, and how it changes them
#[derive(Args)]
#[command(after_help = "Examples:
  seawall psp admit pod.yaml policies/ rbac/
  seawall psp admit --cluster -n shop
  seawall psp admit pod.yaml policies/ --as jane --as-group developers
  seawall psp admit new.yaml policies/ rbac/ --old old.yaml      # an update

Policies, roles, bindings, service accounts and workloads all come from the same targets. Decided as
by the plugin of Kubernetes 1.24, behind the ServiceAccount plugin: pods that no policy would change
are preferred, then policies by name.

Exit codes: 0 all pods are admitted, 1 some are not, 2 usage or input error; also 2 with --strict
when something could not be read.")]
pub(super) struct Admit {
    /// Only workloads of this namespace
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// The pod as it was before: the pod of that name among the targets is then an update of it
    #[arg(long, value_name = "FILE")]
    old: Option<String>,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    makers: Makers,
    #[command(flatten)]
    sources: NamedSources,
}

/// What is told of a workload.
#[derive(Serialize)]
struct Record {
    object: String,
    place: String,
    service_account: String,
    made_by: String,
    verdict: &'static str,
    policy: Option<String>,
    summary: String,
    changes: Vec<ChangeRecord>,
    policies: Vec<AttemptRecord>,
    /// Keys and values that do not do what they seem to.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ChangeRecord {
    field: String,
    value: serde_json::Value,
}

const COLUMNS: &[Column<Record>] = &[
    Column::new("OBJECT", |record| record.object.clone()),
    Column::new("VERDICT", |record| record.verdict.to_owned()),
    Column::new("POLICY", |record| record.policy.clone().unwrap_or_default()),
    Column::new("CHANGES", |record| record.changes.len().to_string()),
    Column::new("SERVICE ACCOUNT", |record| record.service_account.clone()),
    Column::new("MADE BY", |record| record.made_by.clone()),
    Column::new("SUMMARY", |record| record.summary.clone()),
];

impl Admit {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let sources = self.sources.all();
        let read = sources.read(global)?;
        let world = World::new(&read.inventory, &self.makers);
        read.refuse_strange(&self.namespace, world.default_namespace)?;
        let further = |file| sources.with_only(vec![file]).read_further(global);
        let old = self.old.map(further).transpose()?;
        let old = old.as_ref().map(|old| Old::new(&old.inventory)).transpose()?;
        let wanted = |workload: &&Workload<'_>| {
            self.namespace.as_ref().is_none_or(|name| workload.namespace == name)
                && old.as_ref().is_none_or(|old| old.is_of(workload))
        };
        let decided: Vec<(&Workload<'_>, Record, Vec<Changed>)> = world
            .workloads
            .iter()
            .filter(wanted)
            .map(|workload| {
                let (record, changes) = match &old {
                    Some(old) => old.update(&world, workload),
                    None => created(&world, workload),
                };
                (workload, record, changes)
            })
            .collect();
        if old.is_some() && decided.is_empty() {
            bail!("--old: there is no pod of that namespace and name among the targets");
        }
        let gaps = world.unread();
        let has_gaps = !gaps.is_empty();
        let unread = read.with_gaps(gaps);
        let rejected = decided.iter().any(|(_, record, _)| record.verdict != "admitted");
        let undecided = !world.undecided.is_empty();
        to_stdout(|out| {
            if !self.output.is_table() {
                let records: Vec<Record> = decided.into_iter().map(|(_, r, _)| r).collect();
                return list::render(self.output, COLUMNS, &records, &unread, out);
            }
            for (workload, record, changes) in &decided {
                record.write(workload, changes, out)?;
            }
            if decided.is_empty() {
                writeln!(out, "No workload to decide on.")?;
            }
            write_policy_notes(&read.inventory, out)?;
            list::remainder(&unread, out)
        })?;
        let outcome = if rejected || undecided { Outcome::Findings } else { Outcome::Clean };
        Ok(read.outcome_with(outcome, has_gaps))
    }
}

fn created(world: &World<'_>, workload: &Workload<'_>) -> (Record, Vec<Changed>) {
    let decision = world.decide(workload);
    let changed = match &decision.verdict {
        Verdict::Admitted { pod, .. } => changes(&workload.declared, pod),
        _ => Vec::new(),
    };
    (Record::new(workload, &decision, &changed), changed)
}

/// The pod before an update.
struct Old<'a> {
    root: Node<'a>,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> Old<'a> {
    fn new(inventory: &'a seawall_model::Inventory) -> anyhow::Result<Self> {
        let mut pods = inventory.of_kind(ObjectKind::Pod);
        match (pods.next(), pods.next()) {
            (Some(pod), None) => {
                Ok(Old { root: pod.root(), namespace: pod.namespace(), name: pod.name() })
            }
            _ => bail!("--old must hold one pod"),
        }
    }

    fn is_of(&self, workload: &Workload<'_>) -> bool {
        let object = workload.view.object;
        object.kind() == ObjectKind::Pod
            && object.name() == self.name
            && object.namespace() == self.namespace
    }

    fn update(&self, world: &World<'_>, workload: &Workload<'_>) -> (Record, Vec<Changed>) {
        let account = workload.account_caller();
        // What is stored has been through the ServiceAccount plugin, so the pod is taken as it is.
        let decision =
            update(&world.policies, &workload.declared, &|question| match question.asker {
                Asker::ServiceAccount => world.may_use(&account, workload.namespace, &question),
                Asker::User => workload
                    .maker
                    .as_ref()
                    .is_some_and(|maker| world.may_use(maker, workload.namespace, &question)),
            });
        let mut record = Record::new(workload, &decision, &[]);
        if bookkeeping(self.root, workload.view.object.root()) {
            record.verdict = "admitted";
            "not looked at: only owners or finalizers change".clone_into(&mut record.summary);
        }
        (record, Vec::new())
    }
}

impl Record {
    fn new(workload: &Workload<'_>, decision: &Decision, changed: &[Changed]) -> Self {
        let Decision { verdict, attempts } = decision;
        let view = &workload.view;
        let usable = attempts.iter().any(|attempt| attempt.authorised.is_some());
        let annotations = view.annotations().into_iter().flatten();
        let policy = match verdict {
            Verdict::Admitted { policy, .. } => Some(policy.clone()),
            _ => None,
        };
        Record {
            object: view.object.id().to_string(),
            place: place(view.object.root()),
            service_account: workload.account(),
            made_by: workload.maker_name().to_owned(),
            verdict: word(verdict),
            policy,
            summary: sentence(workload, verdict, usable),
            changes: changed
                .iter()
                .map(|change| ChangeRecord {
                    field: change.place.to_string(),
                    value: diff::json(&change.value),
                })
                .collect(),
            policies: attempts.iter().map(|attempt| AttemptRecord::of(view, attempt)).collect(),
            notes: notes(annotations).iter().map(told).collect(),
        }
    }

    fn write(
        &self,
        workload: &Workload<'_>,
        changed: &[Changed],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(out, "{}: {}", self.object, self.summary)?;
        if !changed.is_empty() {
            diff::write(&workload.view, changed, out)?;
        }
        if !self.policies.is_empty() {
            writeln!(out, "  policies:")?;
        }
        for attempt in &self.policies {
            attempt.write(self.policy.as_deref(), out)?;
        }
        for note in &self.notes {
            writeln!(out, "  note: {note}")?;
        }
        Ok(())
    }
}

fn told(note: &Note<'_>) -> String {
    format!("{}: {}: {}", place(note.node), note.key, note.what)
}

/// What is to be told of the policies' own annotations.
fn write_policy_notes(inventory: &seawall_model::Inventory, out: &mut dyn Write) -> io::Result<()> {
    for object in inventory.of_kind(ObjectKind::PodSecurityPolicy) {
        let annotations = object.metadata().and_then(|metadata| metadata.get("annotations"));
        for note in notes(annotations.into_iter().flat_map(Node::entries)) {
            writeln!(out, "\nnote: PodSecurityPolicy {}: {}", object.name(), told(&note))?;
        }
    }
    Ok(())
}
