//! What the checks of missing limits and requests share.

use seawall_model::document::Node;
use seawall_model::workload::{Container, ContainerType};
use seawall_model::{Change, Cx, Edit, Edits, Flaw, Object, ObjectKind, Outcome};

use crate::fix;
use crate::namespaces::SYSTEM_NAMESPACES;

use super::amounts::{List, amount, limit, request};

/// Fails where a container has no limit or request of a resource, or the amount 0, which is none. A
/// request may come from a limit.
pub(super) fn amount_missing<'a>(
    container: &Container<'a>,
    cx: &mut Cx<'a>,
    list: List,
    resource: &str,
    example: &str,
) -> Outcome<'a> {
    // The API server forbids ephemeral containers to have resources.
    if container.container_type == ContainerType::Ephemeral {
        cx.not_applicable();
        return Ok(());
    }
    let found = match list {
        List::Limits => limit(container, resource)?,
        List::Requests => request(container, resource)?,
    };
    let noun = container.noun();
    match found {
        Some(found) if !found.value.is_zero() => {}
        Some(none) => {
            let what = match list {
                List::Limits => format!("has a limit of 0 for {resource}, which is none"),
                List::Requests => format!("requests 0 {resource}, for which nothing is set aside"),
            };
            let message = format!("{noun} {what}; write an amount such as {example}");
            cx.fail(none.node, message);
        }
        None if namespace_gives(container, cx, resource, list) => {}
        None => report(container, cx, list, resource, example),
    }
    Ok(())
}

/// Fails where a namespace has no object of a kind that bounds something, by a `field` of its spec,
/// among what was read. Those of Kubernetes itself are not asked.
pub(super) fn bound_missing<'a>(
    namespace: Object<'a>,
    cx: &mut Cx<'a>,
    kind: ObjectKind,
    field: &str,
) -> Outcome<'a> {
    let name = namespace.name();
    if SYSTEM_NAMESPACES.contains(&name) {
        cx.not_applicable();
        return Ok(());
    }
    let bounds = |object: Object<'_>| {
        let bounds = object.root().at_path(&["spec", field]);
        bounds.is_some_and(|node| node.items().next().is_some() || node.entries().next().is_some())
    };
    if !cx.inventory().in_namespace(kind, Some(name)).any(bounds) {
        let kind = kind.name();
        let message = format!(
            "namespace {name} has no {kind} among what was read; add one with spec.{field}"
        );
        cx.fail_missing(namespace.root(), kind, message);
    }
    Ok(())
}

/// Makes the limit of the container at fault what it requests.
pub(super) fn limit_as_requested<'a>(flaw: &Flaw<'a>, resource: &'static str) -> Edits<'a> {
    let container = flaw.container()?;
    match amount(container.resources, List::Requests, resource) {
        Ok(Some(request)) if !request.value.is_zero() => {
            let path = ["resources", List::Limits.name(), resource].map(Into::into).into();
            let value = fix::copied(request.node)?;
            Ok(vec![Edit { at: container.node, change: Change::Set { path, value } }])
        }
        _ => Err("it requests none either, and what it needs is not known".into()),
    }
}

/// Fails at the nearest parent of the missing amount.
fn report<'a>(
    container: &Container<'a>,
    cx: &mut Cx<'a>,
    list: List,
    resource: &str,
    example: &str,
) {
    let list_name = list.name();
    let noun = list_name.trim_end_matches('s');
    let message = format!(
        "{} has no {resource} {noun}; write resources.{list_name}.{resource}, such as {example}",
        container.noun()
    );
    let block = container.resources.and_then(|resources| resources.get(list_name));
    match (block, container.resources) {
        (Some(block), _) => cx.fail_missing(block, resource.to_owned(), message),
        (None, Some(resources)) => {
            cx.fail_missing(resources, format!("{list_name}.{resource}"), message);
        }
        (None, None) => {
            cx.fail_missing(container.node, format!("resources.{list_name}.{resource}"), message);
        }
    }
}

/// Whether a LimitRange among what was read gives containers of the namespace a default.
///
/// `default` is the limit, and `max` where there is none; `defaultRequest` is the request, and the
/// limit or `min` where there is none (`SetDefaults_LimitRangeItem` in
/// `pkg/apis/core/v1/defaults.go`).
fn namespace_gives(container: &Container<'_>, cx: &Cx<'_>, resource: &str, list: List) -> bool {
    let fields: &[&str] = match list {
        List::Limits => &["default", "max"],
        List::Requests => &["defaultRequest", "default", "max", "min"],
    };
    let gives = |item: Node<'_>| {
        item.get("type").and_then(Node::as_str) == Some("Container")
            && fields
                .iter()
                .find_map(|field| item.get(field)?.get(resource))
                .is_some_and(|amount| amount.quantity().is_ok_and(|amount| !amount.value.is_zero()))
    };
    cx.inventory()
        .in_namespace(ObjectKind::LimitRange, container.pod.object.namespace())
        .filter_map(|range| range.root().at_path(&["spec", "limits"]))
        .flat_map(Node::items)
        .any(gives)
}
