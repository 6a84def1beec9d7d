//! Without a security context nobody decided what the container may do.

use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// Neither the container nor its pod has a security context.
pub const CHECK: Check = Check {
    id: "security-context-missing",
    title: "Container and pod have no security context",
    severity: Severity::Medium,
    rationale: "Kubernetes' defaults are made for old images to keep running: the image's user, \
                often root, with privilege escalation, the default capabilities, a writable root \
                file system and no seccomp profile. Without a security context all of them hold.",
    remedy: "Give the pod a `securityContext` with `runAsNonRoot: true`, `runAsUser`, `runAsGroup` \
             and `seccompProfile: {type: RuntimeDefault}`, and each container one with \
             `allowPrivilegeEscalation: false`, `readOnlyRootFilesystem: true` and `capabilities: \
             {drop: [ALL]}`.",
    mapping: Mapping { nsa: &[], cis: &["5.6.3"], pss: None, mitre: &[] },
    covers: &[
        "kubeaudit:CapabilityOrSecurityContextMissing",
        "kubescape:C-0211",
        "trivy:KSV-0118",
        "checkov:CKV_K8S_29",
        "checkov:CKV_K8S_30",
    ],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "An image that runs as root no longer starts, and programs that need capabilities or \
             setuid fail.",
        ),
        edits,
    }),
    cases: include_str!("security_context_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for context in [container.security.node, container.pod.security.node].into_iter().flatten() {
        if context.map()?.next().is_some() {
            return Ok(());
        }
    }
    cx.fail_missing(
        container.node,
        "securityContext",
        format!(
            "{} has no security context, and its pod has none; \
             set `runAsNonRoot: true`, `allowPrivilegeEscalation: false` and drop all capabilities",
            container.noun()
        ),
    );
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    let set = |field, value| Edit::set(container.node, &["securityContext", field], value);
    let mut edits = vec![
        set("runAsNonRoot", Value::Bool(true)),
        set("allowPrivilegeEscalation", Value::Bool(false)),
    ];
    edits.extend(fix::drop_all(&container)?);
    Ok(edits)
}
