//! The limits and requests of containers and pods, as they are written.

use seawall_model::document::Node;
use seawall_model::workload::{Container, PodHead};
use seawall_model::{At, Quantity, Undecided};

/// Which of the two lists of a `resources` block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// `limits`.
    Limits,
    /// `requests`.
    Requests,
}

impl List {
    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            List::Limits => "limits",
            List::Requests => "requests",
        }
    }

    /// Both.
    pub const BOTH: [List; 2] = [List::Limits, List::Requests];
}

/// The amount of a resource in a `resources` block.
pub(super) fn amount<'a>(
    resources: Option<Node<'a>>,
    list: List,
    resource: &str,
) -> Result<Option<At<'a, Quantity>>, Undecided<'a>> {
    let Some(resources) = resources else { return Ok(None) };
    resources.map()?;
    let Some(list) = resources.get(list.name()) else { return Ok(None) };
    list.map()?;
    list.get(resource).map(Node::quantity).transpose()
}

/// The block that holds for the pod as a whole (`spec.resources`, Kubernetes 1.34 and later), which
/// bounds all its containers together.
pub(super) fn of_pod<'a>(pod: &PodHead<'a>) -> Option<Node<'a>> {
    pod.field("resources")
}

/// The limit that holds for a container: its own, else its pod's.
pub(super) fn limit<'a>(
    container: &Container<'a>,
    resource: &str,
) -> Result<Option<At<'a, Quantity>>, Undecided<'a>> {
    match amount(container.resources, List::Limits, resource)? {
        Some(own) => Ok(Some(own)),
        None => amount(of_pod(&container.pod), List::Limits, resource),
    }
}

/// The request that holds for a container. What has a limit and no request requests its limit
/// (`SetDefaults_Pod` in `pkg/apis/core/v1/defaults.go`).
pub(super) fn request<'a>(
    container: &Container<'a>,
    resource: &str,
) -> Result<Option<At<'a, Quantity>>, Undecided<'a>> {
    for resources in [container.resources, of_pod(&container.pod)] {
        for list in [List::Requests, List::Limits] {
            if let Some(found) = amount(resources, list, resource)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}
