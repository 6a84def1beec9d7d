//! An old version gets no more mending.

use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::version::Version;

/// Minor versions that are mended at a time.
const SUPPORTED: u32 = 3;

/// A node whose kubelet is older than the three minor versions that the Kubernetes project mends,
/// counted from the newest that Seawall knows: what a cluster runs, or aims at, mends nothing.
pub const CHECK: Check = Check {
    id: "outdated-kubernetes",
    title: "Node runs a Kubernetes version that is no longer supported",
    severity: Severity::Low,
    rationale: "Flaws that are found now are mended in the newest three minor versions alone. In \
                an older one they stay, and each is published with the way to use it.",
    remedy: "Update the cluster, one minor version at a time.",
    mapping: Mapping { mitre: &["T1068"], ..Mapping::NONE },
    covers: &["kubescape:C-0273"],
    links: &["https://kubernetes.io/releases/patch-releases/"],
    scope: Scope::Object(&[ObjectKind::Node], run),
    fix: Err(NoFix::Outside),
    cases: include_str!("outdated_kubernetes.yaml"),
};

fn run<'a>(node: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(kubelet) = node.root().at_path(&["status", "nodeInfo", "kubeletVersion"]) else {
        cx.not_applicable();
        return Ok(());
    };
    let text = kubelet.string()?.value;
    let Some(version) = Version::parse(text) else {
        return Err(Undecided { node: kubelet, why: format!("{text} is no version").into() });
    };
    let newest = seawall_schema::Version::LATEST.minor();
    let oldest = (u32::from(newest) + 1).saturating_sub(SUPPORTED);
    if version.major == 1 && version.minor < oldest {
        cx.fail(
            kubelet,
            format!(
                "node {} runs Kubernetes {version}, and versions before 1.{oldest} are no longer \
                 mended; update it",
                node.name()
            ),
        );
    }
    Ok(())
}
