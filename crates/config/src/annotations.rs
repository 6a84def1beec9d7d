//! Exceptions in annotations: `seawall.dev/ignore.<check-id>: reason`, for what lives in a cluster.
//!
//! On the object or on its pod template. `seawall.dev/ignore.<check-id>.<container>` holds for one
//! container.

use std::sync::Arc;

use seawall_model::Origin;

use crate::comments::Invalid;
use crate::decision::{Decision, Scope};
use crate::file::unknown_check;
use crate::keys::Entry;

const PREFIX: &str = "seawall.dev/ignore.";

/// Reads an entry, if it is one.
pub(crate) fn read(
    entry: &Entry<'_>,
    decisions: &mut Vec<Decision>,
    invalid: &mut Vec<Invalid>,
) -> bool {
    let Some(name) = entry.after(PREFIX).filter(|_| !entry.is_label) else { return false };
    let (id, container) = match name.split_once('.') {
        Some((id, container)) => (id, Some(Box::from(container))),
        None => (name, None),
    };
    let location = entry.key.location();
    let reason = entry.value.text().trim();
    match seawall_checks::find(id) {
        None => invalid.push((location, unknown_check(id))),
        Some(_) if reason.is_empty() => {
            let why = format!("`{}` gives no reason; make it the value", entry.key.text());
            invalid.push((location, why));
        }
        Some(check) => decisions.push(Decision {
            origin: Origin::Annotation,
            checks: vec![check],
            scope: Scope::Object(Arc::clone(entry.object.id()), container),
            bounds: Vec::new(),
            reason: reason.to_owned(),
            owner: None,
            expires: None,
            location,
            what: format!("the annotation for {id}"),
        }),
    }
    true
}
