//! A pod in the node's network passes for the node.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

/// `hostNetwork: true`.
pub const CHECK: Check = Check {
    id: "host-network",
    title: "Pod shares the node's network",
    severity: Severity::High,
    rationale: "The containers use the node's addresses and interfaces: they reach what listens on \
                the node's loopback, the cloud's metadata service with the node's identity, and \
                with `NET_RAW` see other pods' traffic. NetworkPolicies do not hold for them, and \
                a port they open is open on the node.",
    remedy: "Remove `hostNetwork: true` and expose the pod by a Service. Network plug-ins and the \
             like that need it belong in a namespace of their own.",
    mapping: Mapping {
        nsa: &["C-0041"],
        cis: &["5.2.5"],
        pss: Some(Level::Baseline),
        mitre: &["T1611", "T1046"],
    },
    covers: &[
        "kubeaudit:NamespaceHostNetworkTrue",
        "kubescape:C-0041",
        "kubescape:C-0196",
        "kubescape:C-0216",
        "trivy:KSV-0009",
        "checkov:CKV_K8S_19",
        "checkov:CKV_K8S_4",
        "kube-linter:host-network",
        "polaris:hostNetworkSet",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "The pod gets an address of its own: what reached it at the node's, \
             or what it reached on the node, no longer does.",
        ),
        edits: |flaw| fix::here(flaw, Value::Bool(false)),
    }),
    cases: include_str!("host_network.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(flag) = pod.flag("hostNetwork")?
        && flag.value
    {
        cx.fail(
            flag.node,
            "the pod uses the node's network, past all NetworkPolicies; remove `hostNetwork: \
             true` and use a Service",
        );
    }
    Ok(())
}
