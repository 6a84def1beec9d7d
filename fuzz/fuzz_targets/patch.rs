//! The patcher on any text with any edits: it does not panic, and what it gives out can be read.
//! The first 24 bytes choose the edits, the rest is the text.
#![no_main]

#[path = "../../crates/patch/tests/support/any.rs"]
mod any;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (choices, text) = data.split_at(data.len().min(24));
    let Ok(text) = std::str::from_utf8(text) else { return };
    any::check(text, choices);
});
