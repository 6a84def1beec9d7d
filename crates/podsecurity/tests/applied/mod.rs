//! Writes what a policy changes into a pod's JSON.

use seawall_podsecurity::psp::{Changed, Place, Step};
use serde_json::{Value, json};

/// Writes changes into a pod.
pub fn apply(pod: &mut Value, changes: &[Changed]) {
    for change in changes {
        set(pod, &change.place, to_json(&change.value));
    }
}

/// Writes a change into a pod.
fn set(pod: &mut Value, place: &Place, value: Value) {
    let mut at = pod;
    for step in place.steps() {
        at = match step {
            Step::Key(key) => &mut at[key.as_ref()],
            Step::Item(index) => &mut at[*index],
        };
    }
    *at = value;
}

fn to_json(value: &seawall_model::Value) -> Value {
    use seawall_model::Value as V;
    match value {
        V::Bool(value) => json!(value),
        V::Int(value) => json!(value),
        V::Str(value) => json!(value),
        V::List(items) => items.iter().map(to_json).collect(),
        V::Map(entries) => entries.iter().map(|(k, v)| (k.to_string(), to_json(v))).collect(),
    }
}
