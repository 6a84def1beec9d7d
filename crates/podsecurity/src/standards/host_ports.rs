//! `hostPorts`: containers must not take ports of the node.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "hostPorts",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(0),
        overrides: None,
        run: |pod, found| {
            found.in_containers(pod, container);
            Ok(())
        },
    }],
};

/// Forbids each `hostPort` of a container but 0, which is none.
pub fn container<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    let Some(ports) = container.ports else { return Ok(()) };
    for port in ports.list()? {
        let host_port = port.field("hostPort").and_then(|port| port.map(Node::integer).transpose());
        match host_port {
            Ok(Some(port)) if port.value != 0 => {
                let reason = format!(
                    "{} takes port {} of the node; remove `hostPort` and use a Service",
                    container.noun(),
                    port.value
                );
                found.forbid(port.node, reason);
            }
            Ok(_) => {}
            Err(why) => found.undecided.push(why),
        }
    }
    Ok(())
}
