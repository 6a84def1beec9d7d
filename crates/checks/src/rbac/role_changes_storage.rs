//! Claims and storage classes decide whose data a pod gets.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// Writing storage classes, attachments and drivers. PersistentVolumes have a check of their own,
/// and claims are what people are meant to write.
pub const CHECK: Check = Check {
    id: "role-changes-storage",
    title: "Role changes how storage is made and attached",
    severity: Severity::Low,
    rationale: "A storage class says where new volumes lie and whether they are kept and \
                encrypted; an attachment brings a volume to a node. Who writes them has data of \
                others put where they read it, or lost.",
    remedy: "Leave the API group storage.k8s.io to the drivers and to those who set the cluster up.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/storage/storage-classes/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_storage.yaml"),
};

const GRANTS: &[Grant] = &[Grant::cluster(
    &["storage.k8s.io"],
    &["storageclasses", "volumeattachments", "csidrivers", "csinodes", "volumeattributesclasses"],
    &["create", "update", "patch", "delete", "deletecollection"],
)];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "leave storage.k8s.io to the drivers")
}
