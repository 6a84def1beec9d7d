//! A pod that no policy selects talks to everybody.

use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Labels, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::policy::{Direction, isolates, other_kind};

/// A pod that no NetworkPolicy among what was read isolates for ingress, or for egress. Reported
/// for a lone manifest too: where the policies are elsewhere, scan both together.
///
/// Policies don't hold for pods on the node's network. Where a policy of another kind (Cilium,
/// Calico, AdminNetworkPolicy) may cover the pod, the answer is unknown.
pub const CHECK: Check = Check {
    id: "pod-without-network-policy",
    title: "Pod is not isolated by network policies",
    severity: Severity::Medium,
    rationale: "Without a policy that selects it a pod may be reached from every pod of the \
                cluster, and may reach every one, the instance metadata and the internet. Whoever \
                breaks into it looks around, takes what is open and sends it out.",
    remedy: "Deny all traffic in the namespace with a NetworkPolicy of an empty `podSelector` and \
             both `policyTypes`, and allow for each workload what it needs.",
    mapping: Mapping { nsa: &["C-0030"], cis: &["5.3.2"], mitre: &["T1046"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0260",
        "kubescape:C-0030",
        "checkov:CKV2_K8S_6",
        "kube-linter:non-isolated-pod",
        "polaris:missingNetworkPolicy",
        "kube-score:pod-networkpolicy",
    ],
    links: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("pod_without_network_policy.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if pod.flag("hostNetwork")?.is_some_and(|flag| flag.value) {
        cx.not_applicable();
        return Ok(());
    }
    let inventory = cx.inventory();
    let namespace = pod.object.namespace();
    let labels = Labels::of_metadata(pod.metadata)?;
    let mut open = Direction::BOTH.to_vec();
    let mut undecided = None;
    for policy in inventory.selecting(ObjectKind::NetworkPolicy, namespace, labels) {
        let closes = policy.and_then(|policy| {
            let mut closed = Vec::new();
            for &direction in &open {
                if isolates(policy, direction)? {
                    closed.push(direction);
                }
            }
            Ok(closed)
        });
        match closes {
            Ok(closed) => open.retain(|direction| !closed.contains(direction)),
            Err(why) => undecided = Some(why),
        }
        if open.is_empty() {
            return Ok(());
        }
    }
    if let Some(why) = undecided {
        return Err(why);
    }
    if let Some(policy) = other_kind(inventory, namespace) {
        let why =
            format!("{} may cover the pod; such policies are not evaluated here", policy.id());
        return Err(Undecided { node: pod.spec, why: why.into() });
    }
    let directions =
        open.iter().map(|direction| direction.field()).collect::<Vec<_>>().join(" and ");
    let message = format!(
        "no NetworkPolicy among what was read limits the pod's {directions}; deny all in the \
         namespace and allow what it needs"
    );
    cx.fail_missing(pod.spec, "NetworkPolicy", message);
    Ok(())
}
