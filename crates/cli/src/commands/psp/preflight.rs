//! `seawall psp preflight`: whose pods would stop being made once the plugin is on?

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use clap::Args;
use seawall_model::{Object, ObjectKind};
use seawall_podsecurity::psp::Verdict;
use seawall_rbac::{Reach, Request, Scope, Subject};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use super::world::{Makers, Workload, World};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// Tell whose pods PodSecurityPolicy would reject, before it is switched on
#[derive(Args)]
#[command(after_help = "Examples:
  seawall psp preflight --cluster
  seawall psp preflight bundle.tar.zst -o json
  seawall psp preflight policies/ rbac/ deploy/

Pods of a Deployment are made by its controller, not by whoever wrote it: what counts is whether the
pod's service account or the controller's may use a policy that fits. Then come those who may make
pods by hand and may use no policy themselves, so that all depends on the pod's service account.

Exit codes: 0 all pods would be admitted, 1 some would not, 2 usage or input error; also 2 with
--strict when something could not be read.")]
pub(super) struct Preflight {
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    makers: Makers,
    #[command(flatten)]
    sources: NamedSources,
}

/// Workloads of a namespace whose pods are made by the same accounts.
#[derive(Serialize)]
struct Accounts {
    namespace: String,
    service_account: String,
    /// The controller's or user's name; empty where it is not known.
    made_by: String,
    /// Policies that either may use.
    usable: Vec<String>,
    admitted: Vec<String>,
    rejected: Vec<String>,
}

/// Somebody who may make pods and may use no policy.
#[derive(Serialize)]
struct Bare {
    subject: Subject,
    namespaces: Vec<String>,
}

#[derive(Serialize)]
struct Report<'r> {
    accounts: &'r [Accounts],
    subjects: &'r [Bare],
    unread: &'r [String],
}

const ACCOUNTS: &[Column<Accounts>] = &[
    Column::new("NAMESPACE", |row| row.namespace.clone()),
    Column::new("SERVICE ACCOUNT", |row| row.service_account.clone()),
    Column::new("MADE BY", |row| row.made_by.clone()),
    Column::new("USABLE POLICIES", |row| {
        if row.usable.is_empty() { "none".to_owned() } else { row.usable.join(",") }
    }),
    Column::new("ADMITTED", |row| row.admitted.len().to_string()),
    Column::new("REJECTED", |row| row.rejected.join(",")),
];

const SUBJECTS: &[Column<Bare>] = &[
    Column::new("MAY MAKE PODS, USE NO POLICY", |row| row.subject.to_string()),
    Column::new("NAMESPACES", |row| row.namespaces.join(",")),
];

impl Preflight {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let world = World::new(&read.inventory, &self.makers);
        let accounts = accounts(&world);
        let mut namespaces: BTreeSet<&str> =
            read.inventory.of_kind(ObjectKind::Namespace).map(Object::name).collect();
        namespaces.extend(world.workloads.iter().map(|workload| workload.namespace));
        let subjects = subjects(&world, &namespaces);
        let gaps = world.unread();
        let has_gaps = !gaps.is_empty();
        let unread = read.with_gaps(gaps);
        to_stdout(|out| match self.output {
            ListFormat::Json | ListFormat::Yaml => {
                let report = Report { accounts: &accounts, subjects: &subjects, unread: &unread };
                list::record(self.output, &report, out)
            }
            format => {
                list::render(format, ACCOUNTS, &accounts, &[], out)?;
                if !format.is_table() {
                    return Ok(());
                }
                self.rest(&world, &accounts, &subjects, out)?;
                list::remainder(&unread, out)
            }
        })?;
        let rejects = accounts.iter().any(|row| !row.rejected.is_empty());
        let findings = rejects || !world.undecided.is_empty();
        let outcome = if findings { Outcome::Findings } else { Outcome::Clean };
        Ok(read.outcome_with(outcome, has_gaps))
    }

    fn rest(
        &self,
        world: &World<'_>,
        accounts: &[Accounts],
        subjects: &[Bare],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !subjects.is_empty() {
            writeln!(out)?;
            list::render(self.output, SUBJECTS, subjects, &[], out)?;
        }
        let rejected: usize = accounts.iter().map(|row| row.rejected.len()).sum();
        let admitted: usize = accounts.iter().map(|row| row.admitted.len()).sum();
        writeln!(out)?;
        match (world.policies.len(), rejected) {
            (0, _) => writeln!(out, "There is no policy: the plugin would reject every pod.")?,
            (_, 0) => writeln!(out, "The pods of all {admitted} workloads would be admitted.")?,
            (_, _) => writeln!(
                out,
                "The pods of {rejected} of {} workloads would no longer be made.",
                rejected + admitted
            )?,
        }
        Ok(())
    }
}

fn accounts(world: &World<'_>) -> Vec<Accounts> {
    let mut rows: BTreeMap<(&str, String, &str), Accounts> = BTreeMap::new();
    for workload in &world.workloads {
        let Workload { view, namespace, maker, .. } = workload;
        let key = (*namespace, workload.account(), workload.maker_name());
        let row = rows.entry(key).or_insert_with(|| {
            let account = workload.account_caller();
            let mut usable: BTreeSet<&str> = BTreeSet::new();
            for caller in std::iter::once(&account).chain(maker) {
                usable.extend(world.usable(caller, namespace));
            }
            Accounts {
                namespace: (*namespace).to_owned(),
                service_account: workload.account(),
                made_by: workload.maker_name().to_owned(),
                usable: usable.into_iter().map(str::to_owned).collect(),
                admitted: Vec::new(),
                rejected: Vec::new(),
            }
        });
        let id = view.object.id();
        let name = format!("{}/{}", id.kind, id.name);
        match world.decide(workload).verdict {
            Verdict::Admitted { .. } => row.admitted.push(name),
            _ => row.rejected.push(name),
        }
    }
    rows.into_values().collect()
}

/// Who may make pods somewhere without a policy of their own.
fn subjects(world: &World<'_>, namespaces: &BTreeSet<&str>) -> Vec<Bare> {
    let request = Request::resource("create", "", "pods", "", world.default_namespace);
    let mut places: BTreeMap<Subject, BTreeSet<&str>> = BTreeMap::new();
    for grant in world.rbac.who(&request, Reach::Anywhere).grants {
        let places = places.entry(world.rbac.subject(grant.subject)).or_default();
        match world.rbac.binding(grant.binding).scope() {
            Scope::Cluster => places.extend(namespaces),
            Scope::Namespace(name) => {
                places.insert(name);
            }
        }
    }
    let bare = |(subject, places): (Subject, BTreeSet<&str>)| {
        let caller = subject.caller();
        let without = places.into_iter().filter(|name| world.usable(&caller, name).is_empty());
        let namespaces: Vec<String> = without.map(str::to_owned).collect();
        (!namespaces.is_empty()).then_some(Bare { subject, namespaces })
    };
    places.into_iter().filter_map(bare).collect()
}
