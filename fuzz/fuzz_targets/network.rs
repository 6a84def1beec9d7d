//! The bitset engine against a naive pod-by-pod evaluator, on clusters made of the bytes.
#![no_main]

#[path = "../../crates/network/tests/oracle/mod.rs"]
mod oracle;
#[path = "../../crates/network/tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use oracle::{Choices, Cluster, compare};

fuzz_target!(|data: &[u8]| {
    let (plugin, data) = data.split_first().unwrap_or((&0, data));
    let choices = &mut Choices::new(data);
    let cluster = match plugin % 3 {
        1 => Cluster::with_calico(choices),
        2 => Cluster::with_cilium(choices),
        _ => Cluster::of(choices),
    };
    compare(&cluster, &support::inventory(&cluster.manifests()));
});
