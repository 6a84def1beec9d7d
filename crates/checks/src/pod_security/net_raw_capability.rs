//! A container that can forge packets.

use seawall_model::workload::{Container, capability};
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Level, Mapping, Outcome, Safety, Scope, Severity,
};

use crate::fix;
use seawall_podsecurity::standards::capabilities_restricted::{drop_list, drops};

/// `NET_RAW` added, or neither it nor `ALL` dropped.
pub const CHECK: Check = Check {
    id: "net-raw-capability",
    title: "Container may forge packets (NET_RAW)",
    severity: Severity::Medium,
    rationale: "Runtimes give `NET_RAW` by default. With it a process opens raw sockets: it \
                answers for other addresses on the pod network, poisons the ARP tables of \
                neighbours, spoofs DNS and so reads or changes traffic of other pods. Hardly any \
                program needs it.",
    remedy: "Write `capabilities: {drop: [ALL]}` in the `securityContext` of each container, or \
             drop `NET_RAW` where others are needed. For `ping`, the safe sysctl \
             `net.ipv4.ping_group_range` does.",
    mapping: Mapping {
        nsa: &["C-0046"],
        cis: &["5.2.8"],
        pss: Some(Level::Restricted),
        mitre: &[],
    },
    covers: &[
        "kubescape:C-0046",
        "kubescape:C-0199",
        "kubescape:C-0211",
        "trivy:KSV-0119",
        "checkov:CKV_K8S_28",
        "checkov:CKV_K8S_7",
        "kube-linter:drop-net-raw-capability",
        "polaris:insecureCapabilities",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What sends raw packets, such as some `ping`, stops working; and \
             where none were dropped, what needs another capability of root.",
        ),
        edits,
    }),
    cases: include_str!("net_raw_capability.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    for name in container.capabilities_added()? {
        let name = name?;
        if is_net_raw(name.value) {
            cx.fail(
                name.node,
                format!(
                    "{} adds NET_RAW, which lets it forge packets; remove it",
                    container.noun()
                ),
            );
            return Ok(());
        }
    }
    if !drops(container, drops_net_raw)? {
        let (node, missing) = drop_list(container);
        cx.fail_missing(
            node,
            missing,
            format!(
                "{} keeps NET_RAW, which lets it forge packets; write \
                 `capabilities: {{drop: [ALL]}}` in its securityContext",
                container.noun()
            ),
        );
    }
    Ok(())
}

fn is_net_raw(name: &str) -> bool {
    capability(name).eq_ignore_ascii_case("NET_RAW")
}

fn drops_net_raw(name: &str) -> bool {
    name.eq_ignore_ascii_case("ALL") || is_net_raw(name)
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    let added = container.security.capabilities.and_then(|capabilities| capabilities.get("add"));
    let mut edits = Vec::new();
    if added.is_some_and(|add| add.contains(flaw.node)) {
        edits.push(Edit::remove(flaw.node));
    }
    if !matches!(drops(&container, drops_net_raw), Ok(true)) {
        edits.extend(fix::drop_all(&container)?);
    }
    Ok(edits)
}
