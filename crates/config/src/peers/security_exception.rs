//! Kubescape's `SecurityException` and `ClusterSecurityException`: exceptions that live beside what
//! they are about (`convertCRDObjectToPosturePolicies` in
//! `core/cautils/getter/crdexceptionsgetter.go` of kubescape/kubescape).
//!
//! A namespaced one holds in its namespace, a cluster's wherever its `namespaceSelector` says; the
//! resources that it names, of which any will do, and its `objectSelector` narrow it. What it says
//! of vulnerabilities is not about configuration.

use std::collections::{BTreeSet, HashSet};

use regex::Regex;
use seawall_model::document::Node;
use seawall_model::{Inventory, Labels, Object, ObjectKind, Origin, Peer, Selector, Undecided};
use time::Date;

use super::kubescape::{controls_like, whole};
use super::{Found, Reading};
use crate::decision::{Scope, address};
use crate::file::parse_date;

const PEER: Peer = Peer::Kubescape;
const NAMESPACED: &str = "SecurityException";
const CLUSTER: &str = "ClusterSecurityException";

/// The label that the API server gives every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Reads all that are among the objects.
pub(super) fn read(inventory: &Inventory, reading: &mut Reading) {
    for object in inventory.of_kind(ObjectKind::Custom) {
        let is_one = [NAMESPACED, CLUSTER].contains(&object.id().kind.as_str());
        if is_one && object.group() == "kubescape.io" {
            exception(object, inventory, reading);
        }
    }
}

fn exception(object: Object<'_>, inventory: &Inventory, reading: &mut Reading) {
    let (kind, name) = (&object.id().kind, object.name());
    let Some(spec) = object.spec() else { return };
    let mut items = spec.get("posture").into_iter().flat_map(Node::items).peekable();
    if items.peek().is_none() {
        return;
    }
    let parts = expiry(spec).and_then(|expires| Ok((expires, chosen(object, spec, inventory)?)));
    let (expires, chosen) = match parts {
        Ok(parts) => parts,
        Err(why) => {
            let message = format!("the {kind} {name:?} of kubescape does not hold: {why}");
            return reading.tell(object.head().location(), message);
        }
    };
    for item in items {
        let text = |key| item.get(key).map_or("", Node::text);
        let ids = match text("action") {
            "" | "alert_only" | "ignore" if !text("controlID").is_empty() => {
                controls_like(text("controlID"))
            }
            "" | "alert_only" | "ignore" => Err("it names no controlID".to_owned()),
            other => Err(format!("{other:?} is no action")),
        };
        let location = item.location();
        match ids {
            Ok(ids) => {
                let of = |id: &String| reading.checks(PEER, id, &location);
                let checks = ids.iter().flat_map(of).collect();
                let found = Found {
                    origin: Origin::Peer(PEER),
                    scope: Scope::Objects(chosen.clone()),
                    bounds: Vec::new(),
                    reason: spec.get("reason").map_or("", Node::text).to_owned(),
                    expires,
                    location,
                    what: format!("the {kind} {name:?} of kubescape"),
                };
                reading.add(checks, found);
            }
            Err(why) => reading.tell(location, format!("the {kind} {name:?} of kubescape: {why}")),
        }
    }
}

/// The last whole day before `expiresAt`, a time as RFC 3339 has it.
fn expiry(spec: Node<'_>) -> Result<Option<Date>, String> {
    let Some(at) = spec.get("expiresAt").map(Node::text).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let date = at.get(..10).and_then(parse_date);
    let date = date.filter(|_| at.get(10..11).is_some_and(|t| t.eq_ignore_ascii_case("t")));
    let date = date.ok_or_else(|| format!("{at:?} is no time"))?;
    let midnight = at.get(11..19) == Some("00:00:00");
    Ok(Some(if midnight { date.previous_day().unwrap_or(date) } else { date }))
}

/// What one entry of `spec.match.resources` asks for.
struct Resource {
    kind: Option<Regex>,
    name: Option<Regex>,
    group: Option<Regex>,
}

impl Resource {
    fn of(node: Node<'_>) -> Result<Resource, String> {
        let pattern = |key| {
            let text = node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
            text.map(|text| whole(text, false)).transpose()
        };
        Ok(Resource { kind: pattern("kind")?, name: pattern("name")?, group: pattern("apiGroup")? })
    }

    /// An entry that asks for nothing is none.
    fn asks(&self) -> bool {
        self.kind.is_some() || self.name.is_some() || self.group.is_some()
    }

    fn is(&self, object: Object<'_>) -> bool {
        let holds = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        holds(&self.kind, &object.id().kind)
            && holds(&self.name, object.name())
            && holds(&self.group, object.group())
    }
}

/// The objects that an exception is about.
fn chosen(
    exception: Object<'_>,
    spec: Node<'_>,
    inventory: &Inventory,
) -> Result<HashSet<usize>, String> {
    let why = |undecided: Undecided<'_>| undecided.why.into_owned();
    let selector = |key| {
        let node = spec.at_path(&["match", key]);
        node.map(Selector::of).transpose().map_err(why)
    };
    let namespaces: Option<BTreeSet<&str>> = if exception.id().kind == NAMESPACED {
        Some(BTreeSet::from([exception.namespace().unwrap_or("default")]))
    } else {
        selector("namespaceSelector")?.map(|selector| selected_namespaces(&selector, inventory))
    };
    let entries = spec.at_path(&["match", "resources"]).into_iter().flat_map(Node::items);
    let resources = entries.map(Resource::of).collect::<Result<Vec<_>, _>>()?;
    let resources: Vec<Resource> = resources.into_iter().filter(Resource::asks).collect();
    let labels = selector("objectSelector")?;
    let is_chosen = |object: &Object<'_>| {
        namespaces.as_ref().is_none_or(|names| names.contains(namespace_of(*object)))
            && (resources.is_empty() || resources.iter().any(|resource| resource.is(*object)))
            && labels.as_ref().is_none_or(|selector| {
                Labels::of_metadata(object.metadata()).is_ok_and(|own| selector.matches(own))
            })
    };
    let objects = inventory.objects().filter(is_chosen);
    Ok(objects.map(|object| address(object.id())).collect())
}

/// The namespace of an object; empty where its kind has none.
fn namespace_of(object: Object<'_>) -> &str {
    match object.kind().namespaced() {
        Some(false) => "",
        _ => object.namespace().unwrap_or("default"),
    }
}

/// The namespaces that a selector selects. Of those whose manifest was not read nothing is known but
/// the name.
fn selected_namespaces<'i>(selector: &Selector<'_>, inventory: &'i Inventory) -> BTreeSet<&'i str> {
    let mut known = BTreeSet::new();
    let mut selected = BTreeSet::new();
    for namespace in inventory.of_kind(ObjectKind::Namespace) {
        let name = namespace.name();
        known.insert(name);
        let Ok(labels) = Labels::of_metadata(namespace.metadata()) else { continue };
        let holds = selector.requirements().iter().all(|requirement| {
            let own = if requirement.key == NAME_LABEL { Some(name) } else { None };
            requirement.test.holds_for(own.or_else(|| labels.get(requirement.key)))
        });
        if holds {
            selected.insert(name);
        }
    }
    let by_name_alone = selector.requirements().iter().all(|one| one.key == NAME_LABEL);
    if by_name_alone {
        let others = inventory.objects().map(namespace_of);
        let others = others.filter(|name| !name.is_empty() && !known.contains(name));
        let named =
            |name: &&str| selector.requirements().iter().all(|one| one.test.holds_for(Some(name)));
        selected.extend(others.filter(named));
    }
    selected
}
