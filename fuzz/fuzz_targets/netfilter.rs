//! Any answers of the kernel about firewall rules: nothing panics, and what can be read is judged
//! within bounds.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use seawall_bench::firewall::judge;
use seawall_bench::firewall::packet::{Interface, Question, Version};
use seawall_bench::firewall::ranges::Ranges;
use seawall_bench::firewall::ruleset::{Base, Chain, Family, Hook, Rule, Ruleset, Set, Table};
use seawall_bench::netfilter::attribute::messages;
use seawall_bench::netfilter::{link, listing};

fuzz_target!(|data: &[u8]| {
    let mut rules: Vec<Rule> = Vec::new();
    let mut elements = Vec::new();
    let mut fields = Vec::new();
    for message in messages(data).flatten() {
        let payload = message.payload;
        drop((listing::generation(payload), listing::dormant(payload), listing::hooked(payload)));
        drop((link::link(payload), link::address(payload), link::queue(payload)));
        let _refused = listing::elements(payload, &mut elements);
        fields.extend(listing::set(payload).into_iter().flat_map(|set| set.fields));
        if let Ok(Some(rule)) = listing::rule(payload, "t", "c") {
            rules.push(rule);
        }
    }
    let base = Base { hook: Hook::Input, priority: 0, accepts: true };
    let set = Set::new(fields, data.len() % 2 == 0, false, elements);
    let ruleset = Ruleset {
        tables: vec![Table {
            family: Family::Inet,
            name: "t".to_owned(),
            chains: HashMap::from([("c".to_owned(), Chain { base: Some(base), rules })]),
            sets: HashMap::from([("s".to_owned(), set)]),
        }],
        ..Ruleset::default()
    };
    let interfaces = [Interface { name: "eth0".to_owned(), index: 2, uplink: [true; 2] }];
    for version in [Version::V4, Version::V6] {
        let addresses = Ranges::of([1]);
        let question =
            Question { version, port: 2379, addresses, interfaces: &interfaces, rewritten: false };
        assert_eq!(judge(&ruleset, &question), judge(&ruleset, &question));
    }
});
