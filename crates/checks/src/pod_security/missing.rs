//! Where a field of a security context is missing: in the context, or with it in the container.

use seawall_model::Cx;
use seawall_model::workload::Container;
use seawall_podsecurity::standards::absent;

/// `field` of the container's security context is missing; the place is the nearest parent.
pub(super) fn fail_missing<'a>(
    container: &Container<'a>,
    field: &'static str,
    message: String,
    cx: &mut Cx<'a>,
) {
    let (node, missing) = absent(container, field);
    cx.fail_missing(node, missing, message);
}
