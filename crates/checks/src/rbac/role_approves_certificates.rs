//! A client certificate is an identity that nobody can take back.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::rules::{Grant, ROLES, report};

/// `update` or `patch` on `certificatesigningrequests/approval`, or `approve` on signers.
pub const CHECK: Check = Check {
    id: "role-approves-certificates",
    title: "Role approves certificate requests",
    severity: Severity::Medium,
    rationale: "The API server believes a client certificate whatever name and groups it bears, \
                for as long as it lasts; there is no revocation. Whoever approves requests, and \
                may approve for the signer `kubernetes.io/kube-apiserver-client`, becomes any \
                user.",
    remedy: "Leave approval to the controllers that do it for kubelets; name the signers that a \
             custom approver serves in `resourceNames`.",
    mapping: Mapping { cis: &["5.1.11"], ..Mapping::NONE },
    covers: &["kubescape:C-0280", "checkov:CKV_K8S_156"],
    links: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
    ],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("role_approves_certificates.yaml"),
};

const GRANTS: &[Grant] = &[
    Grant::cluster(
        &["certificates.k8s.io"],
        &["certificatesigningrequests/approval"],
        &["update", "patch"],
    ),
    Grant::cluster(&["certificates.k8s.io"], &["signers"], &["approve"]),
];

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    report(
        role,
        cx,
        GRANTS,
        "leave approval to a few administrators, and name the signers in \
                              resourceNames",
    )
}
