//! Who reaches a port past loaded rules, held against the kernel: rulesets of nft and iptables are
//! loaded, read back over netlink and judged, and real connections are tried from two sides.
//!
//! ```text
//!   peer 0 ─── eth0 ┐
//!                   node: the rules, the listeners and the judge
//!   peer 1 ─── eth1 ┘
//! ```
//!
//! Each is a network namespace of its own; nothing of the machine's network is touched. The test
//! runs itself again for each role.

mod judgements;
mod laboratory;
mod rules;
#[path = "../support/mod.rs"]
mod support;

use std::net::IpAddr;

use laboratory::{Laboratory, Probe};
use rules::{Choices, Tool};
use seawall_bench::Host;
use seawall_bench::firewall::packet::{Question, Version};
use seawall_bench::firewall::ranges::Ranges;
use seawall_bench::firewall::{TooMany, sources};
use seawall_bench::netfilter::{self, Loaded};

/// How many generated rulesets of each tool.
const RULESETS: u64 = 75;

#[test]
fn the_kernel_agrees() {
    match laboratory::role().as_deref() {
        Some("peer") => laboratory::peer(),
        Some("node") => node(),
        Some(role) => judgements::stranger(role.trim_start_matches("stranger ")),
        None => match laboratory::obstacle() {
            Some(why) => laboratory::skip(&why),
            None => laboratory::run_again(),
        },
    }
}

/// What is told of a probe.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Open,
    Refused,
    Undecided,
}

#[derive(Default)]
struct Tally {
    open: usize,
    refused: usize,
    undecided: usize,
}

fn node() {
    let mut laboratory = Laboratory::build();
    let host = Host::new("/").expect("a node");
    judgements::rules(&mut laboratory, &host);
    judgements::controls(&mut laboratory, &host);
    let all = laboratory.probes();
    let mut tally = Tally::default();
    for (text, tool) in rules::written() {
        round(&mut laboratory, &host, &all, tool, text, &mut tally);
    }
    let written = tally.undecided;
    assert_eq!(written, 0, "rules written down here are all decided");
    for seed in 0..RULESETS {
        for tool in [Tool::Nft, Tool::Iptables] {
            let text = rules::generate(tool, &mut Choices::new(seed));
            round(&mut laboratory, &host, &all, tool, &text, &mut tally);
        }
    }
    let Tally { open, refused, undecided } = tally;
    laboratory::said(&format!("{open} open, {refused} refused, {undecided} undecided"));
    assert!(open > 1000 && refused > 1000, "{open} open, {refused} refused");
    assert!(undecided * 20 < open + refused, "{undecided} undecided of {}", open + refused);
    judgements::old_tables(&mut laboratory, &host);
}

fn round(
    laboratory: &mut Laboratory,
    host: &Host,
    all: &[Probe],
    tool: Tool,
    text: &str,
    tally: &mut Tally,
) {
    laboratory.load(tool, text);
    let loaded = netfilter::read(host).expect("the rules can be read");
    let told = told(&loaded, all).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let expected: Vec<bool> = told.iter().map(|told| *told == Told::Open).collect();
    let came = laboratory.round(all, &expected);
    for ((probe, told), came) in all.iter().zip(&told).zip(came) {
        match told {
            Told::Open => tally.open += 1,
            Told::Refused => tally.refused += 1,
            Told::Undecided => tally.undecided += 1,
        }
        let right = match told {
            Told::Open => came,
            Told::Refused => !came,
            Told::Undecided => true,
        };
        let word = if came { "comes through" } else { "is refused" };
        assert!(right, "{probe} {word}\n{text}\n{:#?}", loaded.ruleset.tables);
    }
}

/// What is told of each probe: asked once for all from an interface to an address and port.
fn told(loaded: &Loaded, all: &[Probe]) -> Result<Vec<Told>, TooMany> {
    let mut out = Vec::with_capacity(all.len());
    let mut last = None;
    for probe in all {
        let to = (probe.peer, probe.to, probe.port);
        let known = match last.take() {
            Some((same, known)) if same == to => known,
            _ => {
                let name = format!("eth{}", probe.peer);
                let interfaces: Vec<_> =
                    loaded.interfaces.iter().filter(|one| one.name == name).cloned().collect();
                assert_eq!(interfaces.len(), 1, "{name} is there");
                let question = Question {
                    version: if probe.to.is_ipv4() { Version::V4 } else { Version::V6 },
                    port: probe.port,
                    addresses: Ranges::of([number(probe.to)]),
                    interfaces: &interfaces,
                    rewritten: false,
                };
                sources(&loaded.ruleset, &question)?
            }
        };
        let from = number(probe.from);
        out.push(match (known.surely.contains(from), known.perhaps.contains(from)) {
            (true, _) => Told::Open,
            (false, true) => Told::Undecided,
            (false, false) => Told::Refused,
        });
        last = Some((to, known));
    }
    Ok(out)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}
