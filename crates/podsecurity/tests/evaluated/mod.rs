//! Evaluates the pods of a text.

use seawall_model::Level;
use seawall_model::workload::pods_of;
use seawall_podsecurity::standards::{Standard, Version};

use crate::reading::inventory;

/// What a standard says of a pod: the checks that forbid something, each once, and whether
/// anything is undecided.
#[derive(Debug, PartialEq, Eq)]
pub struct Evaluated {
    pub forbidden_by: Vec<&'static str>,
    /// Each violation's place and wording.
    pub violations: Vec<String>,
    pub undecided: Vec<String>,
}

impl Evaluated {
    pub fn is_allowed(&self) -> bool {
        self.forbidden_by.is_empty() && self.undecided.is_empty()
    }
}

/// The evaluation of a text's one pod.
pub fn evaluated(manifest: &str, level: Level, version: Version) -> Evaluated {
    let inventory = inventory(manifest);
    let object = inventory.object(0);
    let pods = pods_of(object);
    let [pod] = pods.as_slice() else { panic!("{} pods in {manifest}", pods.len()) };
    let evaluation = Standard::new(level, version).evaluate(pod);
    let mut forbidden_by: Vec<_> = evaluation.violations.iter().map(|v| v.check.id).collect();
    forbidden_by.dedup();
    let violations = evaluation
        .violations
        .iter()
        .map(|v| {
            let path = v.node.path_from(object.root());
            let dot = if v.missing.is_empty() { "" } else { "." };
            format!("{path}{dot}{}: {}", v.missing, v.reason)
        })
        .collect();
    let undecided = evaluation.undecided.iter().map(|u| u.why.to_string()).collect();
    let evaluated = Evaluated { forbidden_by, violations, undecided };
    assert_eq!(evaluated.is_allowed(), evaluation.is_allowed());
    evaluated
}
