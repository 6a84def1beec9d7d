//! What becomes of each namespace, policy and workload.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use seawall_model::workload::{Pod as View, SECCOMP_CONTAINER, SECCOMP_POD, pods_of};
use seawall_model::{Inventory, Object, ObjectKind};
use seawall_podsecurity::admission::{LevelVersion, PodLevel, standing};
use seawall_podsecurity::psp::admit::ANNOTATION;
use seawall_podsecurity::psp::{Changed, Policy, Step, Verdict, changes};
use seawall_podsecurity::standards::Version;
use seawall_rbac::Caller;
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use super::super::attempt::sentence;
use super::super::diff;
use super::super::world::{Workload, World, place};
use super::manifests;

/// What is to be done.
pub(super) struct Plan {
    pub(super) report: Report,
    /// What each workload says itself from now on, in the order of the world's.
    pub(super) explicit: Vec<Vec<Changed>>,
    pub(super) policies: Vec<manifests::AdmissionPolicy>,
}

/// The report.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) namespaces: Vec<Namespace>,
    pub(super) workloads: Vec<WorkloadReport>,
    pub(super) admission_policies: Vec<PolicyReport>,
    unread: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Namespace {
    pub(super) namespace: String,
    pub(super) workloads: usize,
    #[serde(skip)]
    pub(super) level: LevelVersion,
    enforce: String,
    /// The policies that its workloads get today.
    policies: Vec<String>,
    /// Policies that could be used there, and no workload gets.
    unused: Vec<String>,
    /// What those policies permitted and the level forbids, by policy.
    newly_forbidden: BTreeMap<String, Vec<&'static str>>,
    why: String,
}

#[derive(Serialize)]
pub(super) struct WorkloadReport {
    object: String,
    place: String,
    policy: Option<String>,
    /// What it must say itself.
    sets: Vec<SetField>,
    meets: &'static str,
    /// What can't be done without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by_hand: Option<String>,
}

#[derive(Serialize)]
struct SetField {
    field: String,
    value: serde_json::Value,
}

#[derive(Serialize)]
pub(super) struct PolicyReport {
    name: String,
    policies: Vec<String>,
    namespaces: Vec<String>,
    fields: Vec<&'static str>,
}

const NAMESPACES: &[Column<Namespace>] = &[
    Column::new("NAMESPACE", |row| row.namespace.clone()),
    Column::new("WORKLOADS", |row| row.workloads.to_string()),
    Column::new("ENFORCE", |row| row.enforce.clone()),
    Column::new("POLICIES TODAY", |row| row.policies.join(",")),
    Column::new("UNUSED", |row| row.unused.join(",")),
    Column::new("WHY", |row| row.why.clone()),
];

const WORKLOADS: &[Column<WorkloadReport>] = &[
    Column::new("WORKLOAD", |row| row.object.clone()),
    Column::new("POLICY TODAY", |row| row.policy.clone().unwrap_or_default()),
    Column::new("MEETS", |row| row.meets.to_owned()),
    Column::new("SETS ITSELF", |row| format!("{} fields", row.sets.len())),
    Column::new("BY HAND", |row| row.by_hand.clone().unwrap_or_default()),
];

const POLICIES: &[Column<PolicyReport>] = &[
    Column::new("VALIDATINGADMISSIONPOLICY", |row| row.name.clone()),
    Column::new("TAKES THE PLACE OF", |row| row.policies.join(",")),
    Column::new("NAMESPACES", |row| row.namespaces.join(",")),
    Column::new("FIELDS", |row| row.fields.join(",")),
];

impl WorkloadReport {
    fn policy_name(&self) -> &str {
        self.policy.as_deref().unwrap_or_default()
    }
}

/// A workload as it will be.
struct Migrated {
    policy: Option<String>,
    explicit: Vec<Changed>,
    /// It alone, with all that it says itself.
    inventory: Inventory,
    refused: Option<String>,
}

impl Migrated {
    fn new(world: &World<'_>, workload: &Workload<'_>) -> Self {
        let decision = world.decide(workload);
        let usable = decision.attempts.iter().any(|attempt| attempt.authorised.is_some());
        let (policy, explicit, refused) = match &decision.verdict {
            Verdict::Admitted { policy, pod } => {
                let mut explicit = changes(&workload.declared, pod);
                explicit.retain(is_kept);
                (Some(policy.clone()), explicit, None)
            }
            verdict => (None, Vec::new(), Some(sentence(workload, verdict, usable))),
        };
        let inventory = manifests::explicit(&workload.view, &explicit);
        Migrated { policy, explicit, inventory, refused }
    }

    /// The pod of a view's position among those of its object.
    fn views(&self) -> Vec<View<'_>> {
        self.inventory.objects().flat_map(pods_of).collect()
    }
}

/// Annotations on seccomp say nothing to new versions, and the fields beside them say the same.
fn is_kept(change: &Changed) -> bool {
    let annotation = match change.place.steps() {
        [Step::Key(metadata), _, Step::Key(key)] if metadata == "metadata" => key,
        _ => return true,
    };
    annotation != ANNOTATION
        && annotation != SECCOMP_POD
        && !annotation.starts_with(SECCOMP_CONTAINER)
}

impl Plan {
    pub(super) fn new(
        world: &World<'_>,
        inventory: &Inventory,
        version: Version,
        unread: Vec<String>,
    ) -> Self {
        let migrated: Vec<Migrated> =
            world.workloads.iter().map(|workload| Migrated::new(world, workload)).collect();
        let mut names: BTreeSet<&str> =
            inventory.of_kind(ObjectKind::Namespace).map(Object::name).collect();
        names.extend(world.workloads.iter().map(|workload| workload.namespace));
        let namespaces: Vec<Namespace> = names
            .into_iter()
            .map(|name| namespace(world, inventory, &migrated, name, version))
            .collect();
        let workloads = world
            .workloads
            .iter()
            .zip(&migrated)
            .map(|(workload, migrated)| report(workload, migrated, version))
            .collect();
        let policies = admission_policies(world, &namespaces);
        let admission_policies = policies
            .iter()
            .map(|policy| PolicyReport {
                name: policy.name.clone(),
                policies: policy.policies.clone(),
                namespaces: policy.namespaces.clone(),
                fields: policy.fields(),
            })
            .collect();
        let explicit = migrated.into_iter().map(|migrated| migrated.explicit).collect();
        let report = Report { namespaces, workloads, admission_policies, unread };
        Plan { report, explicit, policies }
    }

    pub(super) fn write(&self, format: ListFormat, out: &mut dyn Write) -> io::Result<()> {
        let Report { namespaces, workloads, admission_policies, unread } = &self.report;
        if !format.is_table() {
            return list::render(format, WORKLOADS, workloads, unread, out);
        }
        list::render(format, NAMESPACES, namespaces, &[], out)?;
        writeln!(out)?;
        list::render(format, WORKLOADS, workloads, &[], out)?;
        if !admission_policies.is_empty() {
            writeln!(out)?;
            list::render(format, POLICIES, admission_policies, &[], out)?;
        }
        for row in workloads.iter().filter(|row| !row.sets.is_empty()) {
            writeln!(out, "\n{} must say itself what {} set:", row.object, row.policy_name())?;
            for SetField { field, value } in &row.sets {
                writeln!(out, "  {field}: {value}")?;
            }
        }
        for row in namespaces {
            for (policy, fields) in &row.newly_forbidden {
                let fields = fields.join(", ");
                writeln!(
                    out,
                    "\n{}: {} forbids what {policy} permitted: {fields}",
                    row.namespace, row.enforce
                )?;
            }
        }
        list::remainder(unread, out)
    }
}

fn namespace(
    world: &World<'_>,
    inventory: &Inventory,
    migrated: &[Migrated],
    name: &str,
    version: Version,
) -> Namespace {
    let here: Vec<&Migrated> = world
        .workloads
        .iter()
        .zip(migrated)
        .filter(|(workload, _)| workload.namespace == name)
        .map(|(_, migrated)| migrated)
        .collect();
    let policies: BTreeSet<&str> = here.iter().filter_map(|m| m.policy.as_deref()).collect();
    let usable = usable(world, inventory, name);
    let by_name = |wanted: &str| world.policies.iter().find(|policy| policy.name == wanted);
    let (level, why) = if here.is_empty() {
        of_policies(&usable.iter().filter_map(|name| by_name(name)).collect::<Vec<_>>())
    } else {
        let views: Vec<View<'_>> = here.iter().flat_map(|m| m.views()).collect();
        let level = standing(&views, version).meets;
        let why = match level.next() {
            Some(next) => format!("its workloads do not meet {next}"),
            None => "its workloads meet it".to_owned(),
        };
        (level, why)
    };
    let newly_forbidden = policies
        .iter()
        .filter_map(|name| {
            let beyond = by_name(name)?.permits_beyond(level);
            (!beyond.is_empty()).then(|| ((*name).to_owned(), beyond))
        })
        .collect();
    let unused = usable.iter().filter(|name| !policies.contains(**name));
    let level = LevelVersion { level, version };
    Namespace {
        namespace: name.to_owned(),
        workloads: here.len(),
        level,
        enforce: level.to_string(),
        unused: unused.map(|name| (*name).to_owned()).collect(),
        policies: policies.into_iter().map(str::to_owned).collect(),
        newly_forbidden,
        why,
    }
}

/// The policies that the service accounts of a namespace may use.
fn usable<'w>(world: &'w World<'_>, inventory: &Inventory, name: &str) -> BTreeSet<&'w str> {
    let accounts = inventory.in_namespace(ObjectKind::ServiceAccount, Some(name));
    let accounts = accounts.map(Object::name).chain(["default"]);
    accounts
        .flat_map(|account| {
            let user = format!("system:serviceaccount:{name}:{account}");
            world.usable(&Caller::new(&user, Vec::new()), name)
        })
        .collect()
}

/// The level of a namespace without workloads: what all policies that can be used there guarantee.
fn of_policies(policies: &[&Policy]) -> (PodLevel, String) {
    if policies.is_empty() {
        return (PodLevel::Restricted, "no policy could be used there".to_owned());
    }
    let guarantees =
        |level: &PodLevel| policies.iter().all(|policy| policy.permits_beyond(*level).is_empty());
    let level = PodLevel::ALL.into_iter().rev().find(guarantees).unwrap_or_default();
    (level, "it has no workload; its policies guarantee no more".to_owned())
}

fn report(workload: &Workload<'_>, migrated: &Migrated, version: Version) -> WorkloadReport {
    let view = &workload.view;
    let custom = view.object.kind() == ObjectKind::Custom;
    let by_hand = match &migrated.refused {
        Some(why) => Some(format!("{why}: it has no policy to migrate from")),
        None if custom && !migrated.explicit.is_empty() => Some(
            "a custom resource: set the fields where its controller takes them from".to_owned(),
        ),
        None if view.object.kind() == ObjectKind::Pod && !migrated.explicit.is_empty() => {
            Some("a pod that exists can't be changed so: make it again".to_owned())
        }
        None => None,
    };
    WorkloadReport {
        object: view.object.id().to_string(),
        place: place(view.object.root()),
        policy: migrated.policy.clone(),
        sets: migrated
            .explicit
            .iter()
            .map(|change| SetField {
                field: change.place.to_string(),
                value: diff::json(&change.value),
            })
            .collect(),
        meets: standing(&migrated.views(), version).meets.name(),
        by_hand,
    }
}

/// One policy for each set of policies and each level that namespaces have.
fn admission_policies(
    world: &World<'_>,
    namespaces: &[Namespace],
) -> Vec<manifests::AdmissionPolicy> {
    let mut groups: BTreeMap<(Vec<&str>, PodLevel), Vec<String>> = BTreeMap::new();
    for row in namespaces.iter().filter(|row| !row.policies.is_empty()) {
        let policies = row.policies.iter().map(String::as_str).collect();
        groups.entry((policies, row.level.level)).or_default().push(row.namespace.clone());
    }
    groups
        .into_iter()
        .filter_map(|((names, level), namespaces)| {
            let policies: Vec<&Policy> = world
                .policies
                .iter()
                .filter(|policy| names.contains(&policy.name.as_str()))
                .collect();
            manifests::AdmissionPolicy::new(&policies, level, namespaces)
        })
        .collect()
}
