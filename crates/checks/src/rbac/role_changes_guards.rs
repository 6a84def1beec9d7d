//! A policy that its subjects may change holds nobody back.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

const WRITE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];

/// Writing resource definitions and the policies of Kyverno, Gatekeeper, Kubewarden, Cilium and
/// Calico. Kubernetes' own admission and network policies have checks of their own.
pub const CHECK: Check = Check {
    id: "role-changes-guards",
    title: "Role changes policies or resource definitions",
    severity: Severity::Medium,
    rationale: "The objects of a policy engine say what is refused; an exception or a deleted \
                policy switches the guard off, and nothing fails. To change a resource definition \
                changes, or with it deletes, all objects of the kind.",
    remedy: "Leave policies and definitions to the delivery pipeline of those who set the cluster \
             up.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_guards.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::cluster(&["apiextensions.k8s.io"], &["customresourcedefinitions"], WRITE),
    Grant::cluster(&["kyverno.io"], &["clusterpolicies"], WRITE),
    Grant::namespaced(&["kyverno.io"], &["policies", "policyexceptions"], WRITE),
    Grant::cluster(&["templates.gatekeeper.sh"], &["constrainttemplates"], WRITE),
    Grant::cluster(
        &["policies.kubewarden.io"],
        &["clusteradmissionpolicies", "policyservers"],
        WRITE,
    ),
    Grant::namespaced(&["cilium.io"], &["ciliumnetworkpolicies"], WRITE),
    Grant::cluster(&["cilium.io"], &["ciliumclusterwidenetworkpolicies"], WRITE),
    Grant::namespaced(&["crd.projectcalico.org", "projectcalico.org"], &["networkpolicies"], WRITE),
    Grant::cluster(
        &["crd.projectcalico.org", "projectcalico.org"],
        &["globalnetworkpolicies"],
        WRITE,
    ),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "leave policies and definitions to those who set the cluster up")
}
