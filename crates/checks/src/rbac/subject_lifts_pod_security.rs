//! Who changes the label of a namespace decides what its pods may do.

use seawall_model::{Check, Cx, Mapping, NoFix, Scope, Severity};
use seawall_rbac::risks;

use super::rights::report_class;

/// A subject that may change a namespace and create workloads in it, or create Secrets and list
/// them, by whichever bindings. A RoleBinding gives rights over its own namespace as an object.
pub const CHECK: Check = Check {
    id: "subject-lifts-pod-security",
    title: "Subject may lift the guard of a namespace and use what it guards",
    severity: Severity::High,
    rationale: "The Pod Security level is a label of the namespace: who may write the label and \
                create workloads runs privileged pods where none are allowed. Who may create \
                Secrets and list them has a token of any service account of the namespace minted, \
                and reads it.",
    remedy: "Leave namespaces to those who set them up, and not to those who work in them; give \
             `get` on Secrets by name instead of `list`.",
    mapping: Mapping { mitre: &["T1610"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Inventory(run),
    fix: Err(NoFix::Rights),
    cases: include_str!("subject_lifts_pod_security.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let class = risks::class("guard-bypass").expect("it is one of the classes");
    report_class(class, "leave the namespace, or what guards it, to others", cx);
}
