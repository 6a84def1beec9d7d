//! Nothing keeps the container from running as root.

use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Level, Mapping, Outcome, Safety, Scope, Severity, Unfixed, Value,
};

use crate::fix;

use super::missing::fail_missing;

/// An effective `runAsNonRoot` that is not true.
pub const CHECK: Check = Check {
    id: "non-root-not-enforced",
    title: "Running as non-root is not enforced",
    severity: Severity::Medium,
    rationale: "Most images run as root unless told otherwise. Root in a container is root on the \
                node as soon as something else gives way: a kernel flaw, a mounted path, a leaked \
                file descriptor. With `runAsNonRoot: true` the kubelet refuses to start an image \
                that would run as root.",
    remedy: "Write `runAsNonRoot: true` in the `securityContext` of the pod or of each container, \
             and `runAsUser` with a number other than 0 where the image does not name a user by \
             number.",
    mapping: Mapping {
        nsa: &["C-0013"],
        cis: &["5.2.7"],
        pss: Some(Level::Restricted),
        mitre: &["T1611"],
    },
    covers: &[
        "kubeaudit:RunAsNonRootCSCFalse",
        "kubeaudit:RunAsNonRootPSCNilCSCNil",
        "kubeaudit:RunAsNonRootPSCFalseCSCNil",
        "kubescape:C-0013",
        "kubescape:C-0198",
        "kubescape:C-0218",
        "trivy:KSV-0012",
        "checkov:CKV_K8S_23",
        "checkov:CKV_K8S_6",
        "kube-linter:run-as-non-root",
        "polaris:runAsRootAllowed",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("An image whose user is root, or has no number, no longer starts."),
        edits,
    }),
    cases: include_str!("non_root_not_enforced.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let enforced = container.run_as_non_root()?;
    if enforced.is_some_and(|enforced| enforced.value) {
        return Ok(());
    }
    // Root of a user namespace is nobody on the node; the standards agree since 1.35.
    if container.pod.has_user_namespace()? {
        cx.not_applicable();
        return Ok(());
    }
    let noun = container.noun();
    match (enforced, container.run_as_user()?) {
        (Some(enforced), _) => cx.fail(
            enforced.node,
            format!("{noun} has `runAsNonRoot: false`; write `runAsNonRoot: true`"),
        ),
        (None, user) => {
            let what = match user {
                Some(user) if user.value != 0 => {
                    format!("{noun} runs as user {}, but nothing enforces that", user.value)
                }
                _ => format!("{noun} may run as root"),
            };
            let message =
                format!("{what}; write `runAsNonRoot: true` in its securityContext or the pod's");
            fail_missing(container, "runAsNonRoot", message, cx);
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    if container.run_as_user().is_ok_and(|user| user.is_some_and(|user| user.value == 0)) {
        return Err(Unfixed::Refused("it runs as user 0, and would not start".into()));
    }
    fix::in_container(flaw, &["securityContext", "runAsNonRoot"], Value::Bool(true))
}
