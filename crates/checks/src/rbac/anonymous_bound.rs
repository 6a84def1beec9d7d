//! What is bound to anonymous is bound to everybody who reaches the API server.

use seawall_model::{Check, Cx, Fix, Mapping, Object, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::bindings::{BINDINGS, each_subject, role_ref};

/// `system:anonymous` or `system:unauthenticated` as a subject. Kubernetes itself binds
/// `system:public-info-viewer` (versions and health) to them, and kubeadm the right to read
/// `cluster-info`, by which nodes join.
pub const CHECK: Check = Check {
    id: "anonymous-bound",
    title: "Role is bound to anonymous users",
    severity: Severity::Critical,
    rationale: "Who sends no credentials is `system:anonymous` in the group \
                `system:unauthenticated`. A role bound to either is open to every pod, and to the \
                internet where the API server is. Several clusters were taken over in just this \
                way.",
    remedy: "Remove the binding. Let the client log in, with a service account if it is a \
             program, and bind the role to that.",
    mapping: Mapping { nsa: &["C-0035"], mitre: &["T1078.001", "T1133"], ..Mapping::NONE },
    covers: &["kubescape:C-0262", "trivy:KSV-0122"],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests",
    ],
    scope: Scope::Object(BINDINGS, run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What asks without logging in, such as a health check from outside, is refused.",
        ),
        edits: fix::remove,
    }),
    cases: include_str!("anonymous_bound.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    if role.name == "system:public-info-viewer"
        || (binding.namespace(), role.name)
            == (Some("kube-public"), "kubeadm:bootstrap-signer-clusterinfo")
    {
        cx.not_applicable();
        return Ok(());
    }
    each_subject(binding, cx, |subject, cx| {
        let anonymous = (subject.kind == "User" && subject.name == "system:anonymous")
            || subject.is_group("system:unauthenticated");
        if anonymous {
            let message = format!(
                "{} {} is bound to {}: everybody who reaches the API server has it, without \
                 logging in; remove the binding",
                role.kind, role.name, subject.name
            );
            cx.fail(subject.node, message);
        }
    })
}
