//! A policy that allows everything is a permission, not a guard.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Undecided, Value,
};

use crate::fix;

/// A PodSecurityPolicy that lets pods reach the node.
pub const CHECK: Check = Check {
    id: "permissive-pod-security-policy",
    title: "PodSecurityPolicy lets pods take over the node",
    severity: Severity::Medium,
    rationale: "On clusters before 1.25 whoever may use such a policy may start privileged pods, \
                share the node's namespaces, mount its files or run as root, and so own every node \
                that the pod can be scheduled to.",
    remedy: "Forbid in the policy what applications don't need: `privileged`, the host namespaces \
             and `allowPrivilegeEscalation` false, `runAsUser` with `MustRunAsNonRoot`, and a list \
             of volume types without `hostPath`. Bind permissive policies to the service accounts \
             of node agents alone.",
    mapping: Mapping {
        nsa: &[],
        cis: &["5.2.2", "5.2.3", "5.2.4", "5.2.5", "5.2.6", "5.2.7"],
        pss: None,
        mitre: &["T1611"],
    },
    covers: &[
        "checkov:CKV_K8S_1",
        "checkov:CKV_K8S_2",
        "checkov:CKV_K8S_3",
        "checkov:CKV_K8S_4",
        "checkov:CKV_K8S_5",
        "checkov:CKV_K8S_6",
        "checkov:CKV_K8S_24",
    ],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/"],
    scope: Scope::Object(&[ObjectKind::PodSecurityPolicy], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Pods that use what the policy allows are no longer admitted by it.",
        ),
        edits,
    }),
    cases: include_str!("permissive_pod_security_policy.yaml"),
};

/// What a policy allows by a flag.
const FLAGS: [(&str, &str); 4] = [
    ("privileged", "privileged containers"),
    ("hostPID", "the node's process IDs"),
    ("hostIPC", "the node's shared memory"),
    ("hostNetwork", "the node's network"),
];

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = policy.root().field("spec")? else { return Ok(()) };
    let name = policy.name();
    for (field, what) in FLAGS {
        match flag(spec, field) {
            Ok(Some((true, node))) => {
                cx.fail(node, format!("policy {name} allows {what}; set `{field}: false`"));
            }
            Ok(_) => {}
            Err(why) => cx.undecided(why),
        }
    }
    match flag(spec, "allowPrivilegeEscalation") {
        Ok(Some((false, _))) => {}
        Ok(escalation) => {
            let message = format!(
                "policy {name} allows privilege escalation; set `allowPrivilegeEscalation: false`"
            );
            // Absent, it is allowed (`PodSecurityPolicySpec`).
            match escalation {
                Some((_, node)) => cx.fail(node, message),
                None => cx.fail_missing(spec, "allowPrivilegeEscalation", message),
            }
        }
        Err(why) => cx.undecided(why),
    }
    if let Err(why) = lists(spec, name, cx) {
        cx.undecided(why);
    }
    Ok(())
}

fn flag<'a>(spec: Node<'a>, field: &str) -> Result<Option<(bool, Node<'a>)>, Undecided<'a>> {
    let value = spec.field(field)?.map(Node::boolean).transpose()?;
    Ok(value.map(|at| (at.value, at.node)))
}

fn lists<'a>(spec: Node<'a>, name: &str, cx: &mut Cx<'a>) -> Result<(), Undecided<'a>> {
    if let Some(capabilities) = spec.field("allowedCapabilities")? {
        for capability in capabilities.list()? {
            if matches!(capability.string()?.value, "*" | "ALL") {
                let message =
                    format!("policy {name} allows every capability; list those that are needed");
                cx.fail(capability, message);
            }
        }
    }
    let bounded = match spec.field("allowedHostPaths")? {
        Some(paths) => paths.list()?.next().is_some(),
        None => false,
    };
    if let Some(volumes) = spec.field("volumes")?
        && !bounded
    {
        for volume in volumes.list()? {
            if matches!(volume.string()?.value, "*" | "hostPath") {
                let message = format!(
                    "policy {name} allows any path of the node as a volume; \
                     list volume types without hostPath, or set `allowedHostPaths`"
                );
                cx.fail(volume, message);
            }
        }
    }
    if let Some(user) = spec.field("runAsUser")?
        && let Some(rule) = user.field("rule")?
        && rule.string()?.value == "RunAsAny"
    {
        cx.fail(rule, format!("policy {name} allows root; use the rule `MustRunAsNonRoot`"));
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let spec = flaw.object.root().get("spec");
    let value = match flaw.node.key().map(Node::text) {
        Some("rule") => Value::str("MustRunAsNonRoot"),
        Some("spec") => {
            return Ok(vec![Edit::set(
                flaw.node,
                &["allowPrivilegeEscalation"],
                Value::Bool(false),
            )]);
        }
        Some(_) => Value::Bool(false),
        None if flaw.node.text() == "*"
            && spec.and_then(|spec| spec.get("volumes")).is_some_and(|v| v.contains(flaw.node)) =>
        {
            return Err("which types of volumes are needed is not known".into());
        }
        None => return fix::remove(flaw),
    };
    fix::here(flaw, value)
}
