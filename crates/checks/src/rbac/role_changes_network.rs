//! Who writes routes and policies takes traffic, or lets it in.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// Writing or deleting Services, their endpoints, Ingresses, routes and network policies.
pub const CHECK: Check = Check {
    id: "role-changes-network",
    title: "Role changes who reaches whom",
    severity: Severity::High,
    rationale: "Whoever changes a Service's selector or its endpoints gets the traffic that \
                others send to it, with the credentials in it. Whoever writes Ingresses and \
                routes puts an inner service on the internet, and whoever deletes a NetworkPolicy \
                opens what it closed.",
    remedy: "Leave Services, routes and policies to the delivery pipeline, and grant network \
             policies apart from the rest.",
    mapping: Mapping::NONE,
    covers: &["trivy:KSV-0056"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_changes_network.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::namespaced(
        &[""],
        &["services", "endpoints"],
        &["create", "update", "patch", "delete", "deletecollection"],
    ),
    Grant::namespaced(
        &["discovery.k8s.io"],
        &["endpointslices"],
        &["create", "update", "patch", "delete", "deletecollection"],
    ),
    Grant::namespaced(
        &["networking.k8s.io", "extensions"],
        &["ingresses", "networkpolicies"],
        &["create", "update", "patch", "delete", "deletecollection"],
    ),
    Grant::namespaced(
        &["gateway.networking.k8s.io"],
        &[
            "gateways",
            "httproutes",
            "grpcroutes",
            "tcproutes",
            "tlsroutes",
            "udproutes",
            "referencegrants",
        ],
        &["create", "update", "patch", "delete", "deletecollection"],
    ),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(role, cx, GRANTS, "leave Services, routes and policies to the delivery pipeline")
}
