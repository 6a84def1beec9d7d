//! The manifest reader on any bytes: it does not panic, its work is bounded, every place lies in
//! the text, and what it read reads the same when it is written as JSON.
#![no_main]

#[path = "../../crates/model/tests/support/invariants.rs"]
mod invariants;
#[path = "../../crates/model/tests/support/json.rs"]
mod json;

use libfuzzer_sys::fuzz_target;
use seawall_model::document::Limits;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    invariants::check(text, &Limits::default());
    // Small texts cannot reach the real limits.
    let tight = Limits {
        document_bytes: 500,
        depth: 6,
        alias_nodes_per_byte: 1,
        alias_nodes: 100,
        ..Limits::default()
    };
    invariants::check(text, &tight);
});
