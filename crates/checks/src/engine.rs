//! Runs checks over an inventory.

use std::collections::HashMap;

use rayon::prelude::*;
use seawall_model::workload::pods_of;
use seawall_model::{
    Check, Cx, Finding, Fingerprint, Inventory, Object, ObjectKind, Rule, Scope, Settings,
    Severity, Unknown, Verdict,
};

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
    let mut shares: Vec<Share> = (0..count.div_ceil(OBJECTS_PER_TASK))
        .into_par_iter()
        .map(|task| {
            let first = task * OBJECTS_PER_TASK;
            let mut share = Share::new(selection.checks.len());
            let mut cx = Cx::new(inventory, settings);
            for index in first..(first + OBJECTS_PER_TASK).min(count) {
                plan.look_at(inventory.object(index), &mut cx, &mut share);
            }
            share
        })
        .collect();
    shares.extend(
        plan.inventory
            .par_iter()
            .map(|&(slot, check, severity, run)| {
                let mut share = Share::new(selection.checks.len());
                let mut cx = Cx::new(inventory, settings);
                let verdict = cx.run_inventory(run);
                share.keep(slot, check, severity, &verdict, &mut cx);
                share
            })
            .collect::<Vec<_>>(),
    );
    gather(shares, selection)
}

fn gather(shares: Vec<Share>, selection: &Selection) -> Results {
    let mut tallies = vec![Tally::default(); selection.checks.len()];
    let mut findings = Vec::with_capacity(shares.iter().map(|share| share.findings.len()).sum());
    let mut unknown = Vec::new();
    for share in shares {
        for (total, tally) in tallies.iter_mut().zip(share.tallies) {
            total.add(tally);
        }
        findings.extend(share.findings);
        unknown.extend(share.unknown);
    }
    // Stable, so that failures of one check at one place keep the check's order.
    findings
        .sort_by_key(|(object, finding)| (*object, finding.location.span.start, finding.check.id));
    unknown
        .sort_by_key(|(object, unknown)| (*object, unknown.location.span.start, unknown.check.id));
    let mut findings: Vec<Finding> = findings.into_iter().map(|(_, finding)| finding).collect();
    let mut seen: HashMap<Fingerprint, u32> = HashMap::with_capacity(findings.len());
    for finding in &mut findings {
        let count = seen.entry(finding.fingerprint).or_insert(0);
        *count += 1;
        finding.fingerprint = finding.fingerprint.nth(*count);
    }
    Results {
        findings,
        unknown: unknown.into_iter().map(|(_, unknown)| unknown).collect(),
        tallies: selection.checks().zip(tallies).collect(),
    }
}

/// What one task found; findings with the number of their object.
struct Share {
    findings: Vec<(u32, Finding)>,
    unknown: Vec<(u32, Unknown)>,
    tallies: Vec<Tally>,
}

impl Share {
    fn new(checks: usize) -> Self {
        Share { findings: Vec::new(), unknown: Vec::new(), tallies: vec![Tally::default(); checks] }
    }

    fn keep(
        &mut self,
        slot: usize,
        check: &'static Check,
        severity: Severity,
        verdict: &Verdict,
        cx: &mut Cx<'_>,
    ) {
        self.tallies[slot].count(verdict);
        if matches!(verdict, Verdict::Pass | Verdict::NotApplicable) {
            return;
        }
        let (evidence, undecided) = cx.take();
        self.findings.extend(
            evidence
                .into_iter()
                .map(|evidence| (evidence.object.index(), Finding::new(check, severity, evidence))),
        );
        self.unknown.extend(
            undecided
                .into_iter()
                .filter_map(|at| Some((at.object?.index(), Unknown::new(check, at)?))),
        );
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

    fn look_at<'a>(&self, object: Object<'a>, cx: &mut Cx<'a>, share: &mut Share) {
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
