//! Kubescape: files of exceptions (`PostureExceptionPolicy` in armosec/armoapi-go, `exceptions/` in
//! kubescape/opa-utils) and the inputs of controls.
//!
//! An exception holds for resources that any of its designators matches, and for the controls of any
//! of its policies. Names, kinds and namespaces are regular expressions over the whole text.

use regex::Regex;
use seawall_model::document::{Kind, Node};
use seawall_model::{Peer, Quantity};

use super::covered_rules;
use super::file::{Draft, Rule, Setting};
use crate::decision::Pattern;
use crate::exception::Field;
use crate::file::parse_date;

const PEER: Peer = Peer::Kubescape;

/// Attributes that name where something was found, which manifests do not tell.
const ELSEWHERE: [&str; 4] = ["resourceID", "workloadHash", "sensor", "containerScanId"];

pub(super) fn is_exceptions(root: Node<'_>) -> bool {
    root.items().any(|item| {
        item.get("posturePolicies").is_some()
            || item.get("policyType").is_some_and(|kind| kind.text() == "postureExceptionPolicy")
    })
}

pub(super) fn exceptions(root: Node<'_>, draft: &mut Draft) {
    for item in root.items() {
        let name = item.get("name").map_or("", Node::text);
        if item.get("policyType").is_some_and(|kind| kind.text() != "postureExceptionPolicy") {
            draft.leave(item, &format!("{name:?} is not about configuration"));
            continue;
        }
        let Some(ids) = controls(item, name, draft) else { continue };
        let expires = match item.get("expirationDate").map(Node::text) {
            None | Some("") => None,
            Some(text) => match text.get(..10).and_then(parse_date) {
                Some(date) => Some(date),
                None => {
                    draft.refuse(item, &format!("{name:?}: {text:?} is no date"));
                    continue;
                }
            },
        };
        let reason = item.get("reason").map_or("", Node::text);
        for designator in item.get("resources").into_iter().flat_map(Node::items) {
            match resources(designator) {
                Ok((bounds, labels)) => draft.rules.push(Rule {
                    ids: ids.clone(),
                    bounds,
                    labels,
                    reason: reason.to_owned(),
                    expires,
                    location: designator.location(),
                    what: format!("the exception {name:?} of kubescape"),
                }),
                Err(why) => draft.refuse(designator, &format!("{name:?}: {why}")),
            }
        }
    }
}

/// The controls of an exception; `Some(None)` are all, `None` none that can be told.
fn controls(item: Node<'_>, name: &str, draft: &mut Draft) -> Option<Option<Vec<String>>> {
    let policies: Vec<Node<'_>> =
        item.get("posturePolicies").into_iter().flat_map(Node::items).collect();
    if policies.is_empty() {
        return Some(None);
    }
    let mut ids = Vec::new();
    for policy in policies {
        let text = |key: &str| policy.get(key).map_or("", Node::text);
        let (framework, control) = (text("frameworkName"), text("controlID"));
        let (title, rule) = (text("controlName"), text("ruleName"));
        if !rule.is_empty() {
            draft.refuse(policy, &format!("{name:?}: the rule {rule} is less than a control"));
        } else if !control.is_empty() {
            match controls_like(control) {
                Err(why) => draft.refuse(policy, &format!("{name:?}: {why}")),
                Ok(like) => ids.extend(like),
            }
        } else if !title.is_empty() {
            let why = "control names change; name the control by its controlID";
            draft.refuse(policy, &format!("{name:?}: {title:?}: {why}"));
        } else if framework.is_empty() || framework.eq_ignore_ascii_case("AllControls") {
            return Some(None);
        } else if framework.eq_ignore_ascii_case("NSA") {
            let nsa: Vec<&str> =
                seawall_checks::all().flat_map(|c| c.mapping.nsa).copied().collect();
            ids.extend(matching(|id| nsa.contains(&id)));
        } else {
            draft.refuse(
                policy,
                &format!("{name:?}: the controls of {framework} are not known; name them"),
            );
        }
    }
    (!ids.is_empty()).then_some(Some(ids))
}

/// The controls whose ids a pattern matches.
pub(super) fn controls_like(control: &str) -> Result<Vec<String>, String> {
    let regex = whole(control, true)?;
    // An id that nothing covers is told of where it is looked up.
    if is_plain(control) {
        return Ok(vec![control.to_owned()]);
    }
    Ok(matching(|id| regex.is_match(id)).collect())
}

fn matching(of: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
    covered_rules(PEER).into_iter().filter(move |id| of(id)).map(str::to_owned)
}

type Chosen = (Vec<(Field, Pattern)>, Vec<(String, Regex)>);

fn resources(designator: Node<'_>) -> Result<Chosen, String> {
    let kind = designator.get("designatorType").map_or("", Node::text);
    if !kind.is_empty() && !["Attributes", "Attribute"].contains(&kind) {
        return Err(format!("resources named by {kind} are not known from manifests"));
    }
    let (mut bounds, mut labels) = (Vec::new(), Vec::new());
    let mut any = false;
    for (key, value) in designator.get("attributes").into_iter().flat_map(Node::entries) {
        let pattern = value.text();
        if pattern.is_empty() {
            continue;
        }
        any = true;
        let field = match key.text() {
            "namespace" => Field::Namespace,
            "kind" => Field::Kind,
            "name" => Field::Name,
            "containerName" => Field::Container,
            "path" | "filePath" => Field::File,
            "cluster" if pattern == ".*" => continue,
            "cluster" => return Err(format!("it is for the cluster {pattern} only")),
            other if ELSEWHERE.contains(&other) => {
                return Err(format!("{other} is not known from manifests"));
            }
            label => {
                labels.push((label.to_owned(), whole(pattern, false)?));
                continue;
            }
        };
        if pattern != ".*" {
            bounds.push((field, Pattern::Regex(whole(pattern, false)?)));
        }
    }
    if any { Ok((bounds, labels)) } else { Err("it names no resources".to_owned()) }
}

/// The expression as Kubescape builds it: an alternative without brackets binds less than the ends.
pub(super) fn whole(pattern: &str, any_case: bool) -> Result<Regex, String> {
    let case = if any_case { "(?i)" } else { "" };
    Regex::new(&format!("{case}^{pattern}$")).map_err(|_| format!("{pattern:?} is no pattern"))
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The inputs that Seawall has settings for, and others that Kubescape has.
const INPUTS: [&str; 17] = [
    "imageRepositoryAllowList",
    "publicRegistries",
    "untrustedRegistries",
    "cpu_limit_max",
    "cpu_limit_min",
    "cpu_request_max",
    "cpu_request_min",
    "memory_limit_max",
    "memory_limit_min",
    "memory_request_max",
    "memory_request_min",
    "insecureCapabilities",
    "listOfDangerousArtifacts",
    "sensitiveKeyNames",
    "sensitiveValues",
    "recommendedLabels",
    "k8sRecommendedLabels",
];

pub(super) fn is_inputs(root: Node<'_>) -> bool {
    root.kind() == Kind::Map
        && root.get("apiVersion").is_none()
        && root
            .entries()
            .any(|(key, value)| INPUTS.contains(&key.text()) && value.kind() == Kind::Seq)
}

pub(super) fn inputs(root: Node<'_>, draft: &mut Draft) {
    for (key, value) in root.entries() {
        let items: Vec<Node<'_>> = value.items().collect();
        if items.is_empty() {
            continue;
        }
        match key.text() {
            "imageRepositoryAllowList" => {
                for item in items {
                    draft.set(item, Setting::AllowedRegistry(item.text().to_owned()));
                }
            }
            "publicRegistries" | "untrustedRegistries" => {
                for item in items {
                    draft.set(item, Setting::ForbiddenRegistry(item.text().to_owned()));
                }
            }
            name @ ("cpu_limit_max" | "memory_limit_max") => {
                let quantity = items[0].text();
                match Quantity::parse(quantity) {
                    None => draft.leave(key, &format!("{name}: {quantity:?} is no quantity")),
                    Some(_) if name == "cpu_limit_max" => {
                        draft.set(items[0], Setting::MaxCpu(quantity.to_owned()));
                    }
                    Some(_) => draft.set(items[0], Setting::MaxMemory(quantity.to_owned())),
                }
            }
            other => draft.leave(key, &format!("{other} has no counterpart")),
        }
    }
}
