//! The bitset engine against a naive pod-by-pod evaluator, on clusters made of the bytes.
#![no_main]

#[path = "../../crates/network/tests/oracle/mod.rs"]
mod oracle;
#[path = "../../crates/network/tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use oracle::{Choices, Cluster, compare};

fuzz_target!(|data: &[u8]| {
    let cluster = Cluster::of(&mut Choices::new(data));
    compare(&cluster, &support::inventory(&cluster.manifests()));
});
