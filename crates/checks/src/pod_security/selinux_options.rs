//! SELinux labels that are not those of containers.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity};
use seawall_podsecurity::standards::{Version, se_linux_options};

use crate::fix;

use super::by_standard;

/// An effective SELinux type that is no container type, or any user or role.
pub const CHECK: Check = Check {
    id: "selinux-options",
    title: "Container chooses its own SELinux label",
    severity: Severity::Medium,
    rationale: "SELinux keeps containers apart from the node by their type. A type such as \
                `spc_t`, or a user or role of the node's own, puts the container outside that \
                fence: it may read and write what belongs to the node and to other containers.",
    remedy: "Remove `type`, `user` and `role` from `seLinuxOptions` and leave the runtime's \
             choice, or write one of the container types. `level` may be set, and keeps pods apart \
             from each other.",
    mapping: Mapping { nsa: &[], cis: &["5.6.3"], pss: Some(Level::Baseline), mitre: &["T1611"] },
    covers: &["kubescape:C-0211", "trivy:KSV-0025"],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "The container gets the label of the runtime, and no longer reaches what other labels \
             may.",
        ),
        edits: fix::remove,
    }),
    cases: include_str!("selinux_options.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    let Some(options) = container.se_linux_options()? else { return Ok(()) };
    by_standard(&se_linux_options::CHECK, cx, |found| {
        se_linux_options::options(options, || container.noun(), Version::LATEST, found)
    })
}
