//! Root's privileges that the container does not need and keeps.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};
use seawall_podsecurity::standards::capabilities_restricted;

use crate::fix;

use super::by_standard;

/// `capabilities.drop` without `ALL`.
pub const CHECK: Check = Check {
    id: "capabilities-not-dropped",
    title: "Container keeps the default capabilities",
    severity: Severity::Medium,
    rationale: "Container runtimes give a process some fourteen capabilities of root, among them \
                to change the owner of files, to switch users and to forge packets. Few programs \
                need any. Each that stays is one more thing that an intruder may do to the \
                container, its volumes and its neighbours.",
    remedy: "Write `capabilities: {drop: [ALL]}` in the `securityContext` of each container, and \
             add back the single one that it needs, which for a port below 1024 is \
             `NET_BIND_SERVICE`.",
    mapping: Mapping { nsa: &[], cis: &["5.2.9"], pss: Some(Level::Restricted), mitre: &["T1611"] },
    covers: &[
        "kubeaudit:CapabilityShouldDropAll",
        "kubeaudit:CapabilityOrSecurityContextMissing",
        "kubescape:C-0201",
        "kubescape:C-0220",
        "trivy:KSV-0003",
        "trivy:KSV-0004",
        "checkov:CKV_K8S_37",
        "checkov:CKV_K8S_36",
        "polaris:insecureCapabilities",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "A program that changes owners or users, or that listens on a low \
             port as root, needs some of them.",
        ),
        edits: |flaw| fix::drop_all(&flaw.container()?),
    }),
    cases: include_str!("capabilities_not_dropped.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    by_standard(&capabilities_restricted::CHECK, cx, |found| {
        // Runtimes take the name in any case.
        capabilities_restricted::dropped(container, found, |name| name.eq_ignore_ascii_case("ALL"))
    })
}
