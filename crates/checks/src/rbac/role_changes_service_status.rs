//! The status of a Service says which addresses it takes traffic for.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `update` or `patch` on `services/status` (CVE-2020-8554).
pub const CHECK: Check = Check {
    id: "role-changes-service-status",
    title: "Role changes the addresses of Services",
    severity: Severity::Medium,
    rationale: "With `services/status` the address of a load balancer can be set to any address. \
                The nodes then take the traffic to that address from all pods and send it to the \
                pods of that Service: CVE-2020-8554, which has no fix.",
    remedy: "Leave the status to the controller that makes load balancers.",
    mapping: Mapping::NONE,
    covers: &["checkov:CKV2_K8S_4"],
    links: &["https://nvd.nist.gov/vuln/detail/CVE-2020-8554"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_service_status.yaml"),
};

const GRANTS: &[Grant] = &[Grant::namespaced(&[""], &["services/status"], &["update", "patch"])];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "leave the status to the controller of load balancers")
}
