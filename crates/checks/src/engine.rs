//! Runs checks over an inventory.

use std::collections::HashMap;

use rayon::prelude::*;
use seawall_model::workload::pods_of;
use seawall_model::{
    Check, Cx, Finding, Inventory, Object, ObjectKind, Rule, Scope, Settings, Severity, Sites,
    Unknown, Verdict,
};

use crate::gather::{Merge, Run, number};

/// Which checks run, and how bad each one's findings are.
#[derive(Clone, Debug)]
pub struct Selection {
    checks: Vec<(&'static Check, Severity)>,
}

impl Selection {
    /// Checks with the severities that hold here.
    pub fn new(checks: impl IntoIterator<Item = (&'static Check, Severity)>) -> Self {
        Selection { checks: checks.into_iter().collect() }
    }

    /// All checks as they come.
    pub fn everything() -> Self {
        Self::new(crate::all().map(|check| (check, check.severity)))
    }

    /// The checks.
    pub fn checks(&self) -> impl Iterator<Item = &'static Check> + '_ {
        self.checks.iter().map(|(check, _)| *check)
    }
}

/// How often a check came to each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Things that pass.
    pub pass: u32,
    /// Things that fail.
    pub fail: u32,
    /// Things to which the check does not apply.
    pub not_applicable: u32,
    /// Things that could not be decided.
    pub unknown: u32,
}

impl Tally {
    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
            Verdict::Unknown(_) => self.unknown += 1,
        }
    }

    fn add(&mut self, other: Tally) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.not_applicable += other.not_applicable;
        self.unknown += other.unknown;
    }
}

/// What the checks said.
#[derive(Debug, Default)]
pub struct Results {
    /// What is wrong, in the order of the objects and of the fields in them.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub unknown: Vec<Unknown>,
    /// For each check that ran, in its order in the selection, how often it said what.
    pub tallies: Vec<(&'static Check, Tally)>,
}

/// Objects that one task takes: enough to keep the cost of a task unseen.
const OBJECTS_PER_TASK: usize = 64;

/// Runs the selected checks over an inventory, on all cores of the current thread pool.
///
/// The answer depends on the input alone: not on the number of threads.
pub fn run(inventory: &Inventory, selection: &Selection, settings: &Settings) -> Results {
    let plan = Plan::new(selection);
    let count = inventory.len();
    let shares: Vec<Share> = (0..count.div_ceil(OBJECTS_PER_TASK))
        .into_par_iter()
        .map(|task| {
            let first = task * OBJECTS_PER_TASK;
            let mut share = Share::new(selection.checks.len());
            let mut cx = Cx::new(inventory, settings);
            for index in first..(first + OBJECTS_PER_TASK).min(count) {
                let object = inventory.object(index);
                share.looked_at = Some(object.index());
                plan.look_at(object, &mut cx, &mut share);
                share.findings.end(object.index());
                share.unknown.end(object.index());
            }
            share.findings.finish();
            share
        })
        .collect();
    let over_all: Vec<Share> = plan
        .inventory
        .par_iter()
        .map(|&(slot, check, severity, run)| {
            let mut share = Share::new(selection.checks.len());
            let mut cx = Cx::new(inventory, settings);
            let verdict = cx.run_inventory(run);
            share.keep(slot, check, severity, &verdict, &mut cx);
            share
        })
        .collect();
    gather(shares, over_all, selection)
}

/// Puts together the shares of runs of objects and those of checks over all of them.
fn gather(shares: Vec<Share>, over_all: Vec<Share>, selection: &Selection) -> Results {
    let mut tallies = vec![Tally::default(); selection.checks.len()];
    for share in shares.iter().chain(&over_all) {
        for (total, tally) in tallies.iter_mut().zip(&share.tallies) {
            total.add(*tally);
        }
    }
    let (mut findings, mut unknown) = (Merge::default(), Merge::default());
    for share in over_all {
        findings.anywhere.extend(share.findings.anywhere);
        unknown.anywhere.extend(share.unknown.anywhere);
    }
    for share in shares {
        findings.add(share.findings);
        unknown.add(share.unknown);
    }
    let mut findings = findings.finish();
    number(&mut findings);
    Results {
        findings,
        unknown: unknown.finish(),
        tallies: selection.checks().zip(tallies).collect(),
    }
}

/// What one task found.
struct Share<'a> {
    findings: Run<Finding>,
    unknown: Run<Unknown>,
    tallies: Vec<Tally>,
    sites: Sites<'a>,
    /// The number of the object that is looked at.
    looked_at: Option<u32>,
}

impl<'a> Share<'a> {
    fn new(checks: usize) -> Self {
        Share {
            findings: Run::default(),
            unknown: Run::default(),
            tallies: vec![Tally::default(); checks],
            sites: Sites::default(),
            looked_at: None,
        }
    }

    fn keep(
        &mut self,
        slot: usize,
        check: &'static Check,
        severity: Severity,
        verdict: &Verdict,
        cx: &mut Cx<'a>,
    ) {
        self.tallies[slot].count(verdict);
        if matches!(verdict, Verdict::Pass | Verdict::NotApplicable) {
            return;
        }
        for evidence in cx.take_evidence() {
            let object = evidence.object.index();
            let finding = Finding::new(check, severity, evidence, &mut self.sites);
            self.findings.push(self.looked_at, object, finding);
        }
        for at in cx.take_undecided() {
            let Some(object) = at.object.map(Object::index) else { continue };
            if let Some(unknown) = Unknown::new(check, at) {
                self.unknown.push(self.looked_at, object, unknown);
            }
        }
    }
}

/// A check with its place in the selection, its severity and its function.
type Planned<F> = (usize, &'static Check, Severity, F);

/// The selected checks by what they look at.
struct Plan {
    container: Vec<Planned<ContainerFn>>,
    pod: Vec<Planned<PodFn>>,
    object: HashMap<ObjectKind, Vec<Planned<ObjectFn>>>,
    any: Vec<Planned<ObjectFn>>,
    rules: Vec<Planned<&'static dyn Rule>>,
    inventory: Vec<Planned<InventoryFn>>,
}

type ContainerFn =
    for<'a> fn(&seawall_model::workload::Container<'a>, &mut Cx<'a>) -> seawall_model::Outcome<'a>;
type PodFn =
    for<'a> fn(&seawall_model::workload::Pod<'a>, &mut Cx<'a>) -> seawall_model::Outcome<'a>;
type ObjectFn = for<'a> fn(Object<'a>, &mut Cx<'a>) -> seawall_model::Outcome<'a>;
type InventoryFn = for<'a> fn(&mut Cx<'a>);

impl Plan {
    fn new(selection: &Selection) -> Self {
        let mut plan = Plan {
            container: Vec::new(),
            pod: Vec::new(),
            object: HashMap::new(),
            any: Vec::new(),
            rules: Vec::new(),
            inventory: Vec::new(),
        };
        for (slot, &(check, severity)) in selection.checks.iter().enumerate() {
            match check.scope {
                Scope::Container(run) => plan.container.push((slot, check, severity, run)),
                Scope::Pod(run) => plan.pod.push((slot, check, severity, run)),
                Scope::Object(kinds, run) => {
                    for &kind in kinds {
                        plan.object.entry(kind).or_default().push((slot, check, severity, run));
                    }
                }
                Scope::AnyObject(run) => plan.any.push((slot, check, severity, run)),
                Scope::Rule(rule) => plan.rules.push((slot, check, severity, rule)),
                Scope::Inventory(run) => plan.inventory.push((slot, check, severity, run)),
            }
        }
        plan
    }

    fn look_at<'a>(&self, object: Object<'a>, cx: &mut Cx<'a>, share: &mut Share<'a>) {
        if object.is_built_in() {
            return;
        }
        let of_kind = self.object.get(&object.kind()).into_iter().flatten();
        for &(slot, check, severity, run) in self.any.iter().chain(of_kind) {
            let verdict = cx.run_object(object, run);
            share.keep(slot, check, severity, &verdict, cx);
        }
        for &(slot, check, severity, rule) in &self.rules {
            let verdict = cx.run_object(object, |object, cx| rule.look(object, cx));
            share.keep(slot, check, severity, &verdict, cx);
        }
        for pod in pods_of(object) {
            for &(slot, check, severity, run) in &self.pod {
                let verdict = cx.run_pod(&pod, run);
                share.keep(slot, check, severity, &verdict, cx);
            }
            for container in pod.containers() {
                for &(slot, check, severity, run) in &self.container {
                    let verdict = cx.run_container(container, run);
                    share.keep(slot, check, severity, &verdict, cx);
                }
            }
        }
    }
}
