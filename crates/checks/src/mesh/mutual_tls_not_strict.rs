//! A mesh that takes plain text too proves nothing about the caller.

use seawall_model::document::{Kind, Node};
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Undecided, Value,
};

use crate::fix;

/// `mtls.mode` of an Istio PeerAuthentication, for all ports or for one, that is `PERMISSIVE` or
/// `DISABLE`. `UNSET` and silence inherit, which at the root is `PERMISSIVE`: reported in
/// `istio-system`, where the mesh's own policy stands.
pub const CHECK: Check = Check {
    id: "mutual-tls-not-strict",
    title: "Mesh takes connections without mutual TLS",
    severity: Severity::Medium,
    rationale: "With `PERMISSIVE` a workload takes plain text from whoever asks. An attacker in a \
                pod without a sidecar talks to it unproven, and every authorisation policy that \
                asks who the caller is can only refuse whoever has no name.",
    remedy: "Set `mtls.mode: STRICT`, after the workloads that still lack a sidecar have one.",
    mapping: Mapping { mitre: &["T1046"], ..Mapping::NONE },
    covers: &[],
    links: &["https://istio.io/latest/docs/reference/config/security/peer_authentication/"],
    scope: Scope::Object(&[ObjectKind::PeerAuthentication], run),
    fix: Ok(Fix { safety: Safety::Unsafe("Callers without a sidecar are turned away."), edits }),
    cases: include_str!("mutual_tls_not_strict.yaml"),
};

fn run<'a>(policy: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let root = policy.root();
    let spec = root.field("spec")?;
    let mode = match spec {
        Some(spec) => mode(spec.field("mtls")?)?,
        None => None,
    };
    match mode {
        Some(node) => judge(node, cx)?,
        None if policy.namespace() == Some("istio-system")
            && spec.is_none_or(|spec| spec.get("selector").is_none()) =>
        {
            let message = "the mesh's own policy sets no mode, which is PERMISSIVE; write STRICT";
            cx.fail_missing(spec.unwrap_or(root), "mtls.mode", message);
        }
        None => {}
    }
    let Some(ports) = spec.and_then(|spec| spec.get("portLevelMtls")) else { return Ok(()) };
    for (_, port) in ports.map()? {
        if let Some(node) = self::mode(Some(port))? {
            judge(node, cx)?;
        }
    }
    Ok(())
}

/// The mode that is set; `UNSET` is none.
fn mode<'a>(mtls: Option<Node<'a>>) -> Result<Option<Node<'a>>, Undecided<'a>> {
    let mode = match mtls {
        Some(mtls) => mtls.field("mode")?,
        None => None,
    };
    Ok(mode.filter(|mode| mode.text() != "UNSET"))
}

fn judge<'a>(node: Node<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    match node.string()?.value {
        "STRICT" => {}
        "PERMISSIVE" => cx.fail(node, "mode PERMISSIVE takes plain text too; write STRICT"),
        "DISABLE" => cx.fail(node, "mode DISABLE turns mutual TLS off; write STRICT"),
        other => {
            let why = format!("\"{other}\" is no mode of mutual TLS");
            return Err(Undecided { node, why: why.into() });
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let strict = Value::str("STRICT");
    if flaw.node.kind() != Kind::Map {
        return fix::here(flaw, strict);
    }
    Ok(vec![Edit::set(flaw.object.root(), &["spec", "mtls", "mode"], strict)])
}
