//! A capability of the default set that few programs need.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::capabilities::{Class, each_added};

/// Adds a capability of the default set other than `NET_BIND_SERVICE`.
pub const CHECK: Check = Check {
    id: "unneeded-capability",
    title: "Container adds a capability that it can likely do without",
    severity: Severity::Low,
    rationale: "These capabilities are among those that runtimes give by default, so `baseline` \
                allows them. Still they are parts of root: to change owners, to switch users, to \
                pass over permissions of files, to make device files. The `restricted` level \
                allows none but `NET_BIND_SERVICE`.",
    remedy: "Remove it from `capabilities.add`. An image whose files belong to the user that it \
             runs as, and that starts as this user, does without.",
    mapping: Mapping { nsa: &[], cis: &["5.2.9"], pss: Some(Level::Restricted), mitre: &["T1611"] },
    covers: &["kubeaudit:CapabilityAdded", "trivy:KSV-0106", "checkov:CKV_K8S_25"],
    links: &[
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What needs the capability stops working where the defaults are \
             dropped.",
        ),
        edits: fix::remove,
    }),
    cases: include_str!("unneeded_capability.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each_added(container, cx, Class::Default, "which restricted pods may not have; remove it")
}
