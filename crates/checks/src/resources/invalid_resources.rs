//! Amounts that the API server refuses, or that mean something else than was meant.

use std::borrow::Cow;

use seawall_model::document::Node;
use seawall_model::workload::{Container, ContainerType, Pod};
use seawall_model::{
    Change, Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Outcome, Quantity, Safety, Scope, Severity,
};

use crate::fix;

use super::amounts::{List, of_pod};

/// Amounts that are no quantity, negative or fractions of a byte, requests above limits, and
/// resources that can't be overcommitted with requests other than their limits
/// (`ValidateContainerResourceRequirements` in `pkg/apis/core/validation/validation.go`).
pub const CHECK: Check = Check {
    id: "invalid-resources",
    title: "Limits or requests are not valid",
    severity: Severity::Medium,
    rationale: "The API server refuses the object, so that the limits which were written never \
                hold, and an older version without them keeps running. Fractions of a byte, such \
                as `memory: 512m`, are taken and leave the container without memory to start.",
    remedy: "Write amounts such as `500m` of CPU and `512Mi` of memory, and requests that are not \
             above the limits.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server refuses the object as it stands; only what is forbidden goes, and a \
             limit that must equal the request is written.",
        ),
        edits,
    }),
    cases: include_str!("invalid_resources.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let whole = of_pod(pod);
    if let Some(resources) = whole
        && let Err(why) = look_at(resources, None, cx)
    {
        cx.undecided(why);
    }
    for container in pod.containers() {
        let Some(resources) = container.resources else { continue };
        cx.in_container(container.name);
        let looked = match container.container_type {
            ContainerType::Ephemeral => {
                forbid(resources, container, cx);
                Ok(())
            }
            ContainerType::Init => look_at(resources, Some(container), cx),
            ContainerType::Regular => look_at(resources, Some(container), cx)
                .and_then(|()| within_pod(resources, whole, container, cx)),
        };
        if let Err(why) = looked {
            cx.undecided(why);
        }
    }
    Ok(())
}

/// Ephemeral containers can't have resources (`ValidateEphemeralContainers`).
fn forbid<'a>(resources: Node<'a>, container: &Container<'a>, cx: &mut Cx<'a>) {
    if resources.entries().next().is_some() {
        let noun = container.noun();
        cx.fail(resources, format!("{noun} has resources, which it can't have; remove them"));
    }
}

/// Looks at the amounts of one block; without a container it is the pod's.
fn look_at<'a>(
    resources: Node<'a>,
    container: Option<&Container<'a>>,
    cx: &mut Cx<'a>,
) -> Outcome<'a> {
    let whose = || container.map_or_else(|| "the pod".to_owned(), Container::noun);
    resources.map()?;
    for list in List::BOTH {
        let Some(amounts) = resources.get(list.name()) else { continue };
        for (resource, node) in amounts.map()?.filter(|(_, node)| !node.is_null()) {
            let wrong = match node.quantity() {
                Ok(amount) => wrong(resource.text(), amount.value),
                // The other checks can't tell from it; here it is the fault.
                Err(undecided) => Some(undecided.why),
            };
            if let Some(wrong) = wrong {
                let (resource, text, list) = (resource.text(), node.text(), list.name());
                let whose = whose();
                cx.fail(node, format!("{whose} has {resource}: {text} in its {list}; {wrong}"));
            }
        }
    }
    let Some(requests) = resources.get("requests") else { return Ok(()) };
    for (resource, node) in requests.map()?.filter(|(_, node)| !node.is_null()) {
        let resource = resource.text();
        let Ok(request) = node.quantity() else { continue };
        let limit = match resources.get("limits").and_then(|limits| limits.get(resource)) {
            Some(node) => match node.quantity() {
                Ok(limit) => Some(limit),
                Err(_) => continue,
            },
            None => None,
        };
        let message = match limit {
            Some(limit) if request.value > limit.value => format!(
                "{} requests {} {resource}, more than its limit of {}",
                whose(),
                node.text(),
                limit.node.text()
            ),
            Some(limit) if request.value != limit.value && !may_overcommit(resource) => format!(
                "{} requests {} {resource} with a limit of {}; of this resource both must be equal",
                whose(),
                node.text(),
                limit.node.text()
            ),
            None if !may_overcommit(resource) => format!(
                "{} requests {resource} without a limit; of this resource both must be equal",
                whose()
            ),
            _ => continue,
        };
        cx.fail(node, message);
    }
    Ok(())
}

/// A container's limit can't be above that of the pod as a whole (`validatePodResourceConsistency`).
fn within_pod<'a>(
    resources: Node<'a>,
    whole: Option<Node<'a>>,
    container: &Container<'a>,
    cx: &mut Cx<'a>,
) -> Outcome<'a> {
    let Some(most) = whole.and_then(|whole| whole.get("limits")) else { return Ok(()) };
    for (resource, most) in most.map()?.filter(|(_, node)| !node.is_null()) {
        let resource = resource.text();
        let own = resources.get("limits").and_then(|limits| limits.get(resource));
        let Some(own) = own.map(Node::quantity).transpose()? else { continue };
        if own.value > most.quantity()?.value {
            cx.fail(
                own.node,
                format!(
                    "{} has a {resource} limit of {}, more than the pod's limit of {}",
                    container.noun(),
                    own.node.text(),
                    most.text()
                ),
            );
        }
    }
    Ok(())
}

/// What is wrong with an amount by itself.
fn wrong(resource: &str, amount: Quantity) -> Option<Cow<'static, str>> {
    let bytes = matches!(resource, "memory" | "ephemeral-storage") || is_huge_pages(resource);
    if amount.is_negative() {
        Some("it must not be negative".into())
    } else if bytes && !amount.is_whole() {
        Some("there are no fractions of a byte; write Mi for mebibytes".into())
    } else if !is_native(resource) && !amount.is_whole() {
        Some("this resource is given out in whole units".into())
    } else {
        None
    }
}

/// `IsOvercommitAllowed` in `pkg/apis/core/helper/helpers.go`.
fn may_overcommit(resource: &str) -> bool {
    is_native(resource) && !is_huge_pages(resource)
}

fn is_native(resource: &str) -> bool {
    !resource.contains('/') || resource.contains("kubernetes.io/")
}

fn is_huge_pages(resource: &str) -> bool {
    resource.starts_with("hugepages-")
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    const NOT_KNOWN: &str = "which amount is meant is not known";
    let (node, key) = (flaw.node, flaw.node.key().map_or("", Node::text));
    if key == "resources" {
        return fix::remove(flaw);
    }
    let pod = flaw.pod()?;
    let blocks = pod.containers().iter().filter_map(|container| container.resources);
    let holds = |block: &Node<'a>| block.get("requests").is_some_and(|list| list.contains(node));
    let block = blocks.chain(of_pod(&pod)).find(holds).ok_or(NOT_KNOWN)?;
    let limit = block.get("limits").and_then(|limits| limits.get(key));
    let right = node.quantity().is_ok_and(|amount| wrong(key, amount.value).is_none());
    if limit.is_some() || !right || may_overcommit(key) {
        return Err(NOT_KNOWN.into());
    }
    let path = vec!["limits".into(), key.to_owned().into()];
    Ok(vec![Edit { at: block, change: Change::Set { path, value: fix::copied(node)? } }])
}
