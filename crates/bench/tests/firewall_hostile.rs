//! Answers of a kernel that is not the one that this was written for, or of none at all: nothing
//! panics, and what can be read can be judged.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use seawall_bench::firewall::judge;
use seawall_bench::firewall::packet::{Interface, Question, Version};
use seawall_bench::firewall::ranges::Ranges;
use seawall_bench::firewall::ruleset::{Base, Chain, Family, Hook, Ruleset, Set, Table};
use seawall_bench::netfilter::attribute::messages;
use seawall_bench::netfilter::{link, listing};

/// Looks at bytes as every kind of answer, and judges the rules that are among them.
fn look(bytes: &[u8]) {
    for message in messages(bytes).flatten() {
        let payload = message.payload;
        // Each is an answer or an error.
        drop((listing::generation(payload), listing::dormant(payload), listing::hooked(payload)));
        drop((link::link(payload), link::address(payload), link::queue(payload)));
        let mut elements = Vec::new();
        let read = listing::elements(payload, &mut elements);
        let set = listing::set(payload);
        let Ok(Some(rule)) = listing::rule(payload, "t", "c") else { continue };
        let base = Base { hook: Hook::Input, priority: 0, accepts: read.is_ok() };
        let (fields, intervals) = set.map(|set| (set.fields, set.intervals)).unwrap_or_default();
        let set = Set::new(fields, intervals, false, elements);
        let chain = Chain { base: Some(base), rules: vec![rule.clone(), rule] };
        let ruleset = Ruleset {
            tables: vec![Table {
                family: Family::Inet,
                name: "t".to_owned(),
                chains: HashMap::from([("c".to_owned(), chain)]),
                sets: HashMap::from([("s".to_owned(), set)]),
            }],
            ..Ruleset::default()
        };
        let interfaces = [Interface { name: "eth0".to_owned(), index: 2, uplink: [true; 2] }];
        for version in [Version::V4, Version::V6] {
            let question = Question {
                version,
                port: 2379,
                addresses: Ranges::of([1]),
                interfaces: &interfaces,
                rewritten: false,
            };
            assert_eq!(judge(&ruleset, &question), judge(&ruleset, &question));
        }
    }
}

/// An attribute: kind, bytes, and zeros up to the next four.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut out = (value.len() as u16 + 4).to_ne_bytes().to_vec();
    out.extend(kind.to_ne_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn message(payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32 + 16).to_ne_bytes().to_vec();
    out.extend([0; 12]);
    out.extend(payload);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

const NAMES: &[&str] = &[
    "payload",
    "meta",
    "ct",
    "fib",
    "exthdr",
    "immediate",
    "bitwise",
    "byteorder",
    "cmp",
    "range",
    "lookup",
    "dynset",
    "limit",
    "connlimit",
    "notrack",
    "reject",
    "queue",
    "objref",
    "match",
    "target",
    "socket",
    "nobody knows",
];
const MATCHES: &[&str] = &[
    "tcp",
    "multiport",
    "conntrack",
    "state",
    "addrtype",
    "mark",
    "iprange",
    "pkttype",
    "rpfilter",
    "hashlimit",
    "comment",
    "MARK",
    "CONNMARK",
    "CT",
    "REJECT",
    "s",
];

/// A value as expressions have them: small numbers in the network's order, data, verdicts, names.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0..24_u32).prop_map(|number| number.to_be_bytes().to_vec()),
        2 => vec(any::<u8>(), 0..70).prop_map(|bytes| attribute(1, &bytes)),
        2 => (-6..4_i32).prop_map(|code| {
            let mut verdict = attribute(1, &code.to_be_bytes());
            verdict.extend(attribute(2, b"c\0"));
            attribute(2, &verdict)
        }),
        2 => proptest::sample::select(MATCHES).prop_map(|name| format!("{name}\0").into_bytes()),
        1 => vec(any::<u8>(), 0..300),
    ]
}

fn expression() -> impl Strategy<Value = Vec<u8>> {
    (proptest::sample::select(NAMES), vec((1..12_u16, value()), 0..9)).prop_map(|(name, data)| {
        let data: Vec<u8> =
            data.into_iter().flat_map(|(kind, value)| attribute(kind, &value)).collect();
        let mut all = attribute(1, format!("{name}\0").as_bytes());
        all.extend(attribute(2, &data));
        attribute(1, &all)
    })
}

fn rule() -> impl Strategy<Value = Vec<u8>> {
    vec(expression(), 0..6).prop_map(|expressions| {
        let mut payload = vec![1, 0, 0, 0];
        payload.extend(attribute(1, b"t\0"));
        payload.extend(attribute(2, b"c\0"));
        payload.extend(attribute(3, &7_u64.to_be_bytes()));
        payload.extend(attribute(4, &expressions.concat()));
        message(&payload)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        look(&bytes);
        look(&message(&bytes));
    }

    #[test]
    fn rules_of_any_expressions(rules in vec(rule(), 1..4), cut in any::<prop::sample::Index>(), change in any::<u8>()) {
        let mut bytes = rules.concat();
        look(&bytes);
        let at = cut.index(bytes.len());
        bytes[at] = change;
        look(&bytes);
        bytes.truncate(at);
        look(&bytes);
    }
}
