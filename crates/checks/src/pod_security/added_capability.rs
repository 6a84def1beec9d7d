//! A capability that containers do not have by default.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::capabilities::{Class, each_added};

/// Adds a capability outside the default set, short of the dangerous ones.
pub const CHECK: Check = Check {
    id: "added-capability",
    title: "Container adds a capability outside the default set",
    severity: Severity::Medium,
    rationale: "Runtimes leave these capabilities out because they reach beyond the container: \
                they set the clock of the node, lift limits that protect neighbours, read the \
                kernel log or bypass checks on files. Namespaces at the `baseline` level of Pod \
                Security reject them.",
    remedy: "Remove it from `capabilities.add`. Where the program needs it, say why in an \
             exception.",
    mapping: Mapping {
        nsa: &["C-0046"],
        cis: &["5.2.9"],
        pss: Some(Level::Baseline),
        mitre: &["T1611"],
    },
    covers: &[
        "kubeaudit:CapabilityAdded",
        "kubescape:C-0046",
        "kubescape:C-0200",
        "kubescape:C-0219",
        "trivy:KSV-0022",
        "checkov:CKV_K8S_25",
        "checkov:CKV_K8S_24",
        "polaris:dangerousCapabilities",
        "kubescape:C-0199",
        "trivy:KSV-0119",
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
    cases: include_str!("added_capability.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each_added(container, cx, Class::Outside, "which is not of the default set; remove it")
}
