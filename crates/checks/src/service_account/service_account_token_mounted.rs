//! A token that nobody needs is a token to steal.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

use super::token::{Automount, account_of, automount};

/// The effective `automountServiceAccountToken` of a pod. A token that a `projected` volume asks
/// for is wanted and so is none of this.
pub const CHECK: Check = Check {
    id: "service-account-token-mounted",
    title: "Pod gets a service account token without asking",
    severity: Severity::Medium,
    rationale: "Unless the pod or its service account says otherwise, every container gets a \
                token for the API server at a well-known path. Whoever reads a file in one of \
                them speaks to the API server as the pod, with every right that the account has \
                now or is given later. Most programs never use it.",
    remedy: "Set `automountServiceAccountToken: false` in the pod's spec. Where one container \
             talks to the API server, mount a token into that container alone, with a `projected` \
             volume and `serviceAccountToken`.",
    mapping: Mapping {
        nsa: &["C-0034"],
        cis: &["5.1.6"],
        pss: None,
        mitre: &["T1528", "T1552.007"],
    },
    covers: &[
        "kubeaudit:AutomountServiceAccountTokenTrueAndDefaultSA",
        "kubescape:C-0034",
        "kubescape:C-0190",
        "kubescape:C-0261",
        "trivy:KSV-0036",
        "checkov:CKV_K8S_38",
        "polaris:automountServiceAccountToken",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A container that talks to the API server loses its token."),
        edits: |flaw| fix::in_pod(flaw, &["automountServiceAccountToken"], Value::Bool(false)),
    }),
    cases: include_str!("service_account_token_mounted.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let why = match automount(pod, cx)? {
        Automount::Off => return Ok(()),
        Automount::ByPod(node) => {
            let account = account_of(pod)?;
            cx.fail(
                node,
                format!(
                    "automountServiceAccountToken: true gives every container the token of \
                     service account {account}; write false"
                ),
            );
            return Ok(());
        }
        Automount::ByAccount => "the account says automountServiceAccountToken: true",
        Automount::ByDefault { account_known: true } => "neither the pod nor the account says no",
        Automount::ByDefault { account_known: false } => {
            "the pod does not say no, and the account is not among what was read"
        }
    };
    let account = account_of(pod)?;
    cx.fail_missing(
        pod.spec,
        "automountServiceAccountToken",
        format!(
            "every container gets the token of service account {account}: {why}; write \
             automountServiceAccountToken: false in the pod's spec"
        ),
    );
    Ok(())
}
