//! `hostProbesAndHostLifecycle`: probes and lifecycle hooks must not name a host, for the kubelet
//! would call it from the node.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Level, Outcome};

use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "hostProbesAndHostLifecycle",
    level: Level::Baseline,
    revisions: &[Revision {
        since: Version::v1(34),
        overrides: None,
        run: |pod, found| {
            found.in_containers(pod, container);
            Ok(())
        },
    }],
};

/// Forbids a `host` in the probes and lifecycle hooks of a container.
pub fn container<'a>(container: &Container<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    let hook = |key| container.lifecycle.map_or(Ok(None), |lifecycle| lifecycle.field(key));
    for handler in [
        Ok(container.liveness_probe),
        Ok(container.readiness_probe),
        Ok(container.startup_probe),
        hook("postStart"),
        hook("preStop"),
    ] {
        let looked = handler.and_then(|handler| match handler {
            Some(handler) => self::handler(container, handler, found),
            None => Ok(()),
        });
        if let Err(why) = looked {
            found.undecided.push(why);
        }
    }
    Ok(())
}

fn handler<'a>(container: &Container<'a>, handler: Node<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    for action in ["httpGet", "tcpSocket"] {
        let Some(action) = handler.field(action)? else { continue };
        let Some(host) = action.field("host")? else { continue };
        let host = host.string()?;
        if !host.value.is_empty() {
            let reason = format!(
                "{}: the kubelet sends {} to the host {:?} from the node's network; remove `host`, \
                 so that it goes to the pod",
                container.noun(),
                handler.key().map_or("a request", Node::text),
                host.value
            );
            found.forbid(host.node, reason);
        }
    }
    Ok(())
}
