//! Runs checks over an inventory.

use std::collections::HashMap;

use rayon::prelude::*;
use seawall_model::workload::pods_of;
use seawall_model::{
    Check, Cx, Finding, Fingerprint, Inventory, Object, ObjectKind, Rule, Scope, Settings,
    Severity, Sites, Unknown, Verdict,
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
    let shares: Vec<Share> = (0..count.div_ceil(OBJECTS_PER_TASK))
        .into_par_iter()
        .map(|task| {
            let first = task * OBJECTS_PER_TASK;
            let mut share = Share::new(selection.checks.len());
            let mut cx = Cx::new(inventory, settings);
            for index in first..(first + OBJECTS_PER_TASK).min(count) {
                plan.look_at(inventory.object(index), &mut cx, &mut share);
            }
            share.sorted()
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

/// Puts together the sorted shares of runs of objects and those of checks over all of them.
fn gather(shares: Vec<Share>, over_all: Vec<Share>, selection: &Selection) -> Results {
    let mut tallies = vec![Tally::default(); selection.checks.len()];
    for share in shares.iter().chain(&over_all) {
        for (total, tally) in tallies.iter_mut().zip(&share.tallies) {
            total.add(*tally);
        }
    }
    let (findings, unknown) = shares
        .into_iter()
        .map(|share| (share.findings, share.unknown))
        .collect::<(Vec<_>, Vec<_>)>();
    let (more_findings, more_unknown) = over_all
        .into_iter()
        .map(|share| (share.findings, share.unknown))
        .collect::<(Vec<_>, Vec<_>)>();
    let mut findings = merge(findings, more_findings);
    number(&mut findings);
    Results {
        findings,
        unknown: merge(unknown, more_unknown),
        tallies: selection.checks().zip(tallies).collect(),
    }
}

/// Something with what it is sorted by.
struct Kept<T> {
    object: u32,
    start: u32,
    check: &'static str,
    what: T,
}

impl<T> Kept<T> {
    fn key(&self) -> (u32, u32, &'static str) {
        (self.object, self.start, self.check)
    }
}

/// Runs that follow one another, each of them sorted, with those that may belong anywhere.
fn merge<T>(runs: Vec<Vec<Kept<T>>>, anywhere: Vec<Vec<Kept<T>>>) -> Vec<T> {
    let mut anywhere: Vec<Kept<T>> = anywhere.into_iter().flatten().collect();
    // Stable, so that failures of one check at one place keep the check's order.
    anywhere.sort_by_key(Kept::key);
    let count = anywhere.len() + runs.iter().map(Vec::len).sum::<usize>();
    let mut all = Vec::with_capacity(count);
    let mut anywhere = anywhere.into_iter().peekable();
    for kept in runs.into_iter().flatten() {
        while let Some(earlier) = anywhere.next_if(|other| other.key() < kept.key()) {
            all.push(earlier.what);
        }
        all.push(kept.what);
    }
    all.extend(anywhere.map(|kept| kept.what));
    all
}

/// Tells findings apart that are otherwise the same.
fn number(findings: &mut [Finding]) {
    let mut seen: HashMap<Fingerprint, u32, foldhash::fast::RandomState> =
        HashMap::with_capacity_and_hasher(findings.len(), Default::default());
    for finding in findings {
        let count = seen.entry(finding.fingerprint).or_insert(0);
        *count += 1;
        finding.fingerprint = finding.fingerprint.nth(*count);
    }
}

/// What one task found.
struct Share<'a> {
    findings: Vec<Kept<Finding>>,
    unknown: Vec<Kept<Unknown>>,
    tallies: Vec<Tally>,
    sites: Sites<'a>,
}

impl<'a> Share<'a> {
    fn new(checks: usize) -> Self {
        Share {
            findings: Vec::new(),
            unknown: Vec::new(),
            tallies: vec![Tally::default(); checks],
            sites: Sites::default(),
        }
    }

    fn sorted(mut self) -> Self {
        // Stable, so that failures of one check at one place keep the check's order.
        self.findings.sort_by_key(Kept::key);
        self.unknown.sort_by_key(Kept::key);
        self
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
            let what = Finding::new(check, severity, evidence, &mut self.sites);
            let start = what.site.location.span.start;
            self.findings.push(Kept { object, start, check: check.id, what });
        }
        for at in cx.take_undecided() {
            let Some(object) = at.object.map(Object::index) else { continue };
            if let Some(what) = Unknown::new(check, at) {
                let start = what.location.span.start;
                self.unknown.push(Kept { object, start, check: check.id, what });
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
