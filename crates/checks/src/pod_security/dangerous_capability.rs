//! A capability that is as good as root on the node.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::capabilities::{Class, each_added};

/// Adds one of the capabilities that give control of the kernel or the node.
pub const CHECK: Check = Check {
    id: "dangerous-capability",
    title: "Container adds a capability that controls the node",
    severity: Severity::High,
    rationale: "With one of these capabilities a process leaves the container: `SYS_ADMIN` mounts \
                the node's disk, `SYS_MODULE` loads code into the kernel, `SYS_PTRACE` takes over \
                processes, `DAC_READ_SEARCH` opens any file of the node by its number, `BPF` and \
                `PERFMON` read kernel memory, `NET_ADMIN` rewrites routes and firewall rules. \
                `ALL` is all of them.",
    remedy: "Remove it. Where a program needs it, look for the narrower way: a device plugin for \
             devices, a CSI driver for mounts, a node agent apart from the workload for kernel \
             settings.",
    mapping: Mapping {
        nsa: &["C-0046"],
        cis: &["5.2.9"],
        pss: Some(Level::Baseline),
        mitre: &["T1068", "T1611"],
    },
    covers: &[
        "kubeaudit:CapabilityAdded",
        "kubescape:C-0046",
        "trivy:KSV-0005",
        "trivy:KSV-0120",
        "checkov:CKV_K8S_39",
        "polaris:dangerousCapabilities",
    ],
    links: &[
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What needs the capability stops working."),
        edits: fix::remove,
    }),
    cases: include_str!("dangerous_capability.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each_added(container, cx, Class::Dangerous, "which gives control of the node; remove it")
}
