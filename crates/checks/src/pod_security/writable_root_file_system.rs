//! What can't be written can't be replaced.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

use super::missing::fail_missing;

/// `readOnlyRootFilesystem` is not true.
pub const CHECK: Check = Check {
    id: "writable-root-file-system",
    title: "Container may write to its root file system",
    severity: Severity::Medium,
    rationale: "Whoever gets to run a command in the container can put tools into it, replace the \
                application's programs or configuration, and hide what was done. On a read-only \
                root file system only what is mounted for writing can change, and most attack \
                tools have nowhere to go.",
    remedy: "Set `readOnlyRootFilesystem: true` in the container's security context and mount an \
             `emptyDir` where the application must write, such as `/tmp`.",
    mapping: Mapping { nsa: &["C-0017"], cis: &["5.6.3"], pss: None, mitre: &[] },
    covers: &[
        "kubeaudit:ReadOnlyRootFilesystemFalse",
        "kubeaudit:ReadOnlyRootFilesystemNil",
        "kubescape:C-0017",
        "trivy:KSV-0014",
        "checkov:CKV_K8S_22",
        "kube-linter:no-read-only-root-fs",
        "polaris:notReadOnlyRootFilesystem",
        "kube-score:container-security-context-readonlyrootfilesystem",
    ],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A program that writes outside its volumes fails."),
        edits: |flaw| {
            let path = &["securityContext", "readOnlyRootFilesystem"];
            fix::in_container(flaw, path, Value::Bool(true))
        },
    }),
    cases: include_str!("writable_root_file_system.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    let read_only = container.read_only_root_filesystem()?;
    if read_only.is_some_and(|flag| flag.value) {
        return Ok(());
    }
    let message = format!(
        "{} may write to its root file system; set `readOnlyRootFilesystem: true`",
        container.noun()
    );
    match read_only {
        Some(flag) => cx.fail(flag.node, message),
        None => fail_missing(container, "readOnlyRootFilesystem", message, cx),
    }
    Ok(())
}
