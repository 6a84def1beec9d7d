//! Whoever decides where pods run takes them to a node that it has.

use seawall_model::{Check, Cx, Mapping, NoFix, Scope, Severity};
use seawall_rbac::risks;

use super::rights::report_class;

/// A subject that may evict or delete pods and may write nodes or their status, by whichever
/// bindings, both in the same place. Rights over nodes come from ClusterRoleBindings alone.
pub const CHECK: Check = Check {
    id: "subject-steals-pods",
    title: "Subject may draw pods to a node of its choice",
    severity: Severity::High,
    rationale: "Who may evict pods and make nodes unschedulable, or more attractive, moves any \
                workload to a node that it holds already, and has its service account's token and \
                its Secrets there. Each of the two rights looks harmless alone.",
    remedy: "Take one of the two away. Agents on nodes need neither; the admission plugin \
             NodeRestriction holds the kubelets themselves to their own node.",
    mapping: Mapping { mitre: &["T1610", "T1528"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Inventory(run),
    fix: Err(NoFix::Rights),
    cases: include_str!("subject_steals_pods.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let class = risks::class("pod-theft").expect("it is one of the classes");
    report_class(class, "take the right over pods or the one over nodes away", cx);
}
