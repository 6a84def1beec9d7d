//! What may be deleted may be held to ransom.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `delete` or `deletecollection` on workloads, Services, Secrets, ConfigMaps, claims and
/// namespaces.
pub const CHECK: Check = Check {
    id: "role-deletes-workloads",
    title: "Role deletes workloads and data",
    severity: Severity::Medium,
    rationale: "Whoever may delete workloads, their data and their configuration can stop the \
                service and destroy what it keeps: to extort, to do harm, or by a mistake in a \
                script. Deleting a namespace deletes all that it holds.",
    remedy: "Grant deletion where a controller or the delivery pipeline needs it, by \
             `resourceNames` or in one namespace.",
    mapping: Mapping { mitre: &["T1485"], ..Mapping::NONE },
    covers: &["kubescape:C-0007"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_deletes_workloads.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(
        &[""],
        &[
            "pods",
            "services",
            "secrets",
            "configmaps",
            "persistentvolumeclaims",
            "replicationcontrollers",
        ],
        &["delete", "deletecollection"],
    ),
    Grant::cluster(&[""], &["namespaces", "persistentvolumes"], &["delete", "deletecollection"]),
    Grant::namespaced(
        &["apps", "extensions"],
        &["deployments", "daemonsets", "statefulsets", "replicasets"],
        &["delete", "deletecollection"],
    ),
    Grant::namespaced(&["batch"], &["jobs", "cronjobs"], &["delete", "deletecollection"]),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "grant deletion only where it is needed, by resourceNames")
}
