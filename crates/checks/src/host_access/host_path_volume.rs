//! A hostPath volume is a hole in the wall between pod and node.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Level, Mapping, NoFix, Outcome, Scope, Severity};

/// Any `hostPath` volume.
pub const CHECK: Check = Check {
    id: "host-path-volume",
    title: "Pod mounts a path of the node",
    severity: Severity::Medium,
    rationale: "A `hostPath` volume is the node's own file system. What the pod reads there may \
                belong to the node or to other pods; what it writes stays after it is gone; and a \
                link planted in it can lead further than the path says. The Pod Security Standards \
                forbid it at every level but `privileged`.",
    remedy: "Use a PersistentVolumeClaim for data, `emptyDir` for scratch space, a ConfigMap or \
             Secret for configuration. Node agents that need it belong in a namespace of their \
             own, with the narrowest path and `readOnly: true`.",
    mapping: Mapping { nsa: &[], cis: &["5.2.11"], pss: Some(Level::Baseline), mitre: &["T1611"] },
    covers: &["kubescape:C-0048", "kubescape:C-0203", "trivy:KSV-0023", "polaris:hostPathSet"],
    links: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    ],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("host_path_volume.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(volumes) = pod.volumes else { return Ok(()) };
    for volume in volumes.list()? {
        if let Err(why) = volume.map() {
            cx.undecided(why);
        } else if let Some(source) = volume.get("hostPath") {
            let name = volume.get("name").map_or("(no name)", Node::text);
            let path = source.get("path").map_or("(no path)", Node::text);
            cx.fail(
                source,
                format!(
                    "volume {name} is {path} of the node; \
                     use a PersistentVolumeClaim, an emptyDir or a ConfigMap"
                ),
            );
        }
    }
    Ok(())
}
