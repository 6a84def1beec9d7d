//! Without events nobody sees what happened.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `delete` or `deletecollection` on events, or on `pods/log`.
pub const CHECK: Check = Check {
    id: "role-deletes-events",
    title: "Role deletes events and logs",
    severity: Severity::Medium,
    rationale: "Events tell which pods were started, failed and killed. An attacker who may \
                delete them wipes the traces before anybody looks.",
    remedy: "Take deletion away: events are removed by themselves after an hour. Send them and \
             the logs to a store outside the cluster.",
    mapping: Mapping { mitre: &["T1070"], ..Mapping::NONE },
    covers: &["kubescape:C-0031", "trivy:KSV-0042"],
    links: &[],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_deletes_events.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(&["", "events.k8s.io"], &["events"], &["delete", "deletecollection"]),
    Grant::namespaced(&[""], &["pods/log"], &["delete", "deletecollection"]),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "take deletion away; events expire by themselves")
}
