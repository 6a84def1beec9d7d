//! What an agent reads it can send away.

use seawall_model::document::{Kind, Node};
use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Labels, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity,
};

use super::agents::is_sandbox;

/// A pod of a Sandbox or SandboxTemplate (`agents.x-k8s.io`) that no NetworkPolicy among what was
/// read isolates for egress. A template that leaves its policy to the controller is isolated,
/// unless its own rules let everything out.
pub const CHECK: Check = Check {
    id: "agent-sandbox-open-egress",
    title: "Agent's sandbox may send anywhere",
    severity: Severity::High,
    rationale: "Words in a web page or a ticket can make an agent send what it has seen, fetch \
                tools, or try the cluster's services and the cloud's metadata address. Without a \
                policy for egress nothing stops it.",
    remedy: "Add a NetworkPolicy with `policyTypes: [Egress]` that names what the agent needs, or \
             leave `networkPolicyManagement` to the controller.",
    mapping: Mapping { mitre: &["T1046"], ..Mapping::NONE },
    covers: &["kubescape:C-0301"],
    links: &["https://agent-sandbox.sigs.k8s.io/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("agent_sandbox_open_egress.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !is_sandbox(pod.object) {
        cx.not_applicable();
        return Ok(());
    }
    let (kind, name) = (&pod.object.id().kind, pod.object.name());
    if kind == "SandboxTemplate"
        && let Some(spec) = pod.object.spec()
        && spec.get("networkPolicyManagement").is_none_or(|by| by.text() == "Managed")
    {
        let rules = spec.at_path(&["networkPolicy", "egress"]);
        let open = rules.into_iter().flat_map(Node::items).find(|rule| is_open(*rule));
        if let Some(rule) = open {
            cx.fail(rule, format!("{kind} {name} lets everything out; name what the agent needs"));
        }
        return Ok(());
    }
    let labels = Labels::of_metadata(pod.metadata)?;
    let inventory = cx.inventory();
    for policy in inventory.selecting(ObjectKind::NetworkPolicy, pod.object.namespace(), labels) {
        if isolates_egress(policy?) {
            return Ok(());
        }
    }
    cx.fail_missing(
        pod.spec,
        "NetworkPolicy",
        format!(
            "no NetworkPolicy among what was read bounds where {kind} {name} may send; add one with \
             policyTypes: [Egress]"
        ),
    );
    Ok(())
}

/// A rule without peers and ports lets everything out.
fn is_open(rule: Node<'_>) -> bool {
    let empty = |field| rule.get(field).is_none_or(|list: Node<'_>| list.items().next().is_none());
    rule.kind() == Kind::Map && empty("to") && empty("ports")
}

/// Egress is among the types, or implied by rules, and no rule lets everything out.
fn isolates_egress(policy: Object<'_>) -> bool {
    let Some(spec) = policy.spec() else { return false };
    let rules = spec.get("egress");
    let typed = match spec.get("policyTypes") {
        Some(types) => types.items().any(|of| of.text() == "Egress"),
        None => rules.is_some_and(|rules| rules.items().next().is_some()),
    };
    typed && !rules.into_iter().flat_map(Node::items).any(is_open)
}
