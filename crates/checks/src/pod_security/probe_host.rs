//! Probes and hooks that make the kubelet call somebody else.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};
use seawall_podsecurity::standards::host_probes;

use crate::fix;

use super::by_standard;

/// A `host` in a probe or lifecycle hook.
pub const CHECK: Check = Check {
    id: "probe-host",
    title: "Probe or lifecycle hook names a host",
    severity: Severity::Medium,
    rationale: "Probes and hooks are sent by the kubelet, from the node's network. With a `host` \
                of its own a pod makes the kubelet knock at addresses that the pod itself can't \
                reach: services bound to the node's loopback, metadata services of the cloud, \
                hosts behind network policies. Whether it answers shows in the pod's state.",
    remedy: "Remove `host`: the request then goes to the pod. To test a name-based server, set the \
             `Host` header in `httpHeaders`.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1046"] },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("The request goes to the pod, which may not answer it."),
        edits: fix::remove,
    }),
    cases: include_str!("probe_host.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    by_standard(&host_probes::CHECK, cx, |found| host_probes::container(container, found))
}
