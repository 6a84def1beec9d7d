//! A label that the API server refuses.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

/// A label of an object or of a pod template whose value is longer than 63 characters or has other
/// characters than letters, digits, `-`, `_` and `.`, or whose name is no name (`IsValidLabelValue`
/// and `IsQualifiedName` of apimachinery).
pub const CHECK: Check = Check {
    id: "invalid-label",
    title: "Label is not valid",
    severity: Severity::Low,
    rationale: "The API server refuses the object, so that the version before it, with what was \
                wrong in it, keeps running.",
    remedy: "Shorten the value, or keep it in an annotation, which may be any text.",
    mapping: Mapping::NONE,
    covers: &["kube-score:label-values"],
    links: &[
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
    ],
    scope: Scope::AnyObject(run),
    fix: Err(NoFix::Intent),
    cases: include_str!("invalid_label.yaml"),
};

const LONGEST: usize = 63;
const LONGEST_PREFIX: usize = 253;

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let template = object.root().at_path(&["spec", "template", "metadata"]);
    for metadata in [object.metadata(), template].into_iter().flatten() {
        // Wrong types are another check's.
        for (key, value) in metadata.get("labels").into_iter().flat_map(Node::entries) {
            if !is_qualified_name(key.text()) {
                cx.fail(value, format!("{} is no name for a label", key.text()));
            } else if value.as_str().is_some_and(|value| !value.is_empty() && !is_name(value)) {
                cx.fail(
                    value,
                    format!(
                        "the label {} can't have the value {}: at most 63 letters, digits, -, _ \
                         and ., the first and the last a letter or digit",
                        key.text(),
                        value.text()
                    ),
                );
            }
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    text.len() <= LONGEST
        && ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A name, or a DNS subdomain, a slash and a name.
fn is_qualified_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        bytes.first().is_some_and(plain)
            && bytes.last().is_some_and(plain)
            && bytes.iter().all(|b| plain(b) || *b == b'-')
    };
    match text.split_once('/') {
        Some((prefix, name)) => {
            prefix.len() <= LONGEST_PREFIX && prefix.split('.').all(is_label) && is_name(name)
        }
        None => is_name(text),
    }
}
