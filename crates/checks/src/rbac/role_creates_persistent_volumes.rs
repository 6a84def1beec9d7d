//! A PersistentVolume can be any path of any node.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `create`, `update` or `patch` on PersistentVolumes. In a Role it grants nothing.
pub const CHECK: Check = Check {
    id: "role-creates-persistent-volumes",
    title: "Role creates PersistentVolumes",
    severity: Severity::Medium,
    rationale: "A PersistentVolume of type `hostPath` or `local` gives a pod that claims it a \
                path of the node, past the Pod Security levels that forbid hostPath volumes in \
                pods.",
    remedy: "Let people and workloads write PersistentVolumeClaims, and a storage provisioner \
             make the volumes.",
    mapping: Mapping { cis: &["5.1.9"], mitre: &["T1611"], ..Mapping::NONE },
    covers: &["kubescape:C-0278"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_creates_persistent_volumes.yaml"),
};

const GRANTS: &[Grant] =
    &[Grant::cluster(&[""], &["persistentvolumes"], &["create", "update", "patch"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "grant persistentvolumeclaims instead")
}
