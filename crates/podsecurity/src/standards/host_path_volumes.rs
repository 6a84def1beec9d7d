//! `hostPathVolumes`: pods must not mount paths of the node.

use seawall_model::document::Node;
use seawall_model::{Level, Outcome};

use super::restricted_volumes::in_volumes;
use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "hostPathVolumes",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: None,
        run: |pod, found| in_volumes(pod, found, volume),
    }],
};

/// Forbids a volume with a `hostPath`.
pub fn volume<'a>(volume: Node<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    if let Some(host_path) = volume.field("hostPath")? {
        let path = host_path.get("path").map_or("(no path)", Node::text);
        let name = volume.get("name").map_or("(no name)", Node::text);
        let reason = format!(
            "volume {name} is the node's path {path}; use a volume that is not the node's, such \
             as emptyDir, configMap or persistentVolumeClaim"
        );
        found.forbid(host_path, reason);
    }
    Ok(())
}
