//! The container is told to run as root.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

/// An effective `runAsUser` of 0.
pub const CHECK: Check = Check {
    id: "runs-as-root",
    title: "Container runs as root",
    severity: Severity::Medium,
    rationale: "User 0 in a container is user 0 of the node, kept apart by namespaces and \
                capabilities alone. An intruder who is root can use every capability that the \
                container has, write its image's files and mounted volumes, and turn one flaw of \
                the kernel into control of the node.",
    remedy: "Remove `runAsUser: 0` or write a user other than 0. Where the image needs root to \
             start, rebuild it to listen on a port above 1023 and to own its files, or give the \
             pod a user namespace with `hostUsers: false`.",
    mapping: Mapping {
        nsa: &["C-0013"],
        cis: &["5.2.7"],
        pss: Some(Level::Restricted),
        mitre: &["T1611"],
    },
    covers: &[
        "kubeaudit:RunAsUserCSCRoot",
        "kubeaudit:RunAsUserPSCRoot",
        "kubescape:C-0013",
        "trivy:KSV-0105",
        "checkov:CKV_K8S_23",
        "kube-linter:run-as-non-root",
        "polaris:runAsRootAllowed",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What belongs to root in the image can't be written, and what root alone may read not \
             read.",
        ),
        edits: |flaw| fix::user(flaw, "runAsUser"),
    }),
    cases: include_str!("runs_as_root.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(user) = container.run_as_user()?.filter(|user| user.value == 0) else {
        return Ok(());
    };
    // Root of a user namespace is nobody on the node; the standards agree since 1.35.
    if container.pod.has_user_namespace()? {
        cx.not_applicable();
        return Ok(());
    }
    cx.fail(
        user.node,
        format!(
            "{} runs as root (`runAsUser: 0`); write a user other than 0, such as \
             `runAsUser: 10001`",
            container.noun()
        ),
    );
    Ok(())
}
