//! Who may start a pod has whatever a pod there may have.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `create`, `update` or `patch` on pods and on what makes pods.
pub const CHECK: Check = Check {
    id: "role-creates-pods",
    title: "Role creates or changes pods",
    severity: Severity::Medium,
    rationale: "Whoever may create or change pods in a namespace may use all its service \
                accounts, Secrets and volumes, and, where Pod Security lets a pod be privileged, \
                the nodes. Delivery pipelines need the right; workloads and people mostly don't.",
    remedy: "Leave changes to the delivery pipeline, in the namespaces that it delivers to. \
             Enforce a Pod Security level there, so that the right is not one to the node.",
    mapping: Mapping { cis: &["5.1.4"], mitre: &["T1610"], ..Mapping::NONE },
    covers: &["kubescape:C-0188", "trivy:KSV-0048", "kube-linter:access-to-create-pods"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_creates_pods.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(&[""], &["pods", "replicationcontrollers"], &["create", "update", "patch"]),
    Grant::namespaced(
        &["apps", "extensions"],
        &["deployments", "daemonsets", "statefulsets", "replicasets"],
        &["create", "update", "patch"],
    ),
    Grant::namespaced(&["batch"], &["jobs", "cronjobs"], &["create", "update", "patch"]),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(
        role,
        cx,
        GRANTS,
        "leave changes to the delivery pipeline, in the namespaces that it \
                              delivers to",
    )
}
