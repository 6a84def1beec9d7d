//! The compiler to nftables on any manifests and any list of addresses: whatever names, labels and
//! addresses are made of, what is written is nft's words and nothing else.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};
use seawall_network::Network;
use seawall_network::nft::{Placement, compile, read_addresses};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (manifests, list) = text.split_once("\n===\n").unwrap_or((&text, ""));
    let source = Arc::new(Source::new("fuzz", manifests.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    let network = Network::of(&inventory);
    let placed = [
        Placement::of_status(&network, None).ok(),
        read_addresses("list", list)
            .ok()
            .and_then(|list| Placement::of_list(&network, &list, Some("a")).ok()),
    ];
    for placement in placed.into_iter().flatten() {
        let rules = compile(&network, &placement).text;
        let open = |bracket| rules.matches(bracket).count();
        assert_eq!(open('{'), open('}'), "{rules}");
        for line in rules.lines() {
            let code = line.split('#').next().unwrap_or_default();
            let known = |c: char| c.is_ascii_alphanumeric() || "\t {}@:;,.-_/=!+\"".contains(c);
            assert!(code.chars().all(known), "{line:?}\n{rules}");
            assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "{line:?}");
        }
    }
});
