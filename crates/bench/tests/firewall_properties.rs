//! The evaluator of firewall rules, which follows all packets at once, against one that follows one
//! packet at a time and knows nothing of sets of packets.
//!
//! What nobody knows (a register that was never loaded, a rate, a mark that something else set, what
//! an undecidable match says) is drawn for each packet. A packet that comes through must be among
//! those that perhaps do, whatever was drawn; where nothing unlikely was drawn, one that surely comes
//! through must.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use seawall_bench::firewall::packet::{Interface, Question, Version};
use seawall_bench::firewall::ranges::Ranges;
use seawall_bench::firewall::ruleset::{
    Base, Chain, Comparison, Data, Element, Expression, Family, Header, Hook, Match, Rule, Ruleset,
    Set, Table, Verdict,
};
use seawall_bench::firewall::sources;

const PORT: u16 = 2379;
/// Bytes of source ports, between and at what rules compare them with.
const PORT_BYTES: [u8; 12] = [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 254, 255];

#[derive(Clone, Copy, Debug)]
struct Packet {
    source: [u8; 4],
    destination: [u8; 4],
    source_port: u16,
    interface: usize,
    /// What was drawn.
    dice: u64,
}

/// What a packet meets, one rule after the other.
struct Naive<'a> {
    table: &'a Table,
    packet: Packet,
    mark: [u8; 4],
    dice: u64,
    unlikely: bool,
}

enum End {
    Accept,
    Drop,
    Return,
}

impl Naive<'_> {
    fn draw(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice
    }

    fn chain(&mut self, name: &str) -> Option<End> {
        let table = self.table;
        for rule in &table.chains[name].rules {
            match self.rule(rule) {
                None | Some(Verdict::Continue) => {}
                Some(Verdict::Accept) => return Some(End::Accept),
                Some(Verdict::Drop) => return Some(End::Drop),
                Some(Verdict::Queue) if self.draw().is_multiple_of(2) => return Some(End::Accept),
                Some(Verdict::Queue) => return Some(End::Drop),
                Some(Verdict::Return) => return Some(End::Return),
                Some(Verdict::Jump(target)) => match self.chain(&target) {
                    None | Some(End::Return) => {}
                    end => return end,
                },
                Some(Verdict::Goto(target)) => {
                    return Some(self.chain(&target).unwrap_or(End::Return));
                }
            }
        }
        None
    }

    fn rule(&mut self, rule: &Rule) -> Option<Verdict> {
        let mut registers = [0_u8; 64];
        for byte in &mut registers {
            *byte = self.draw() as u8;
        }
        for expression in &rule.expressions {
            let load = |registers: &mut [u8; 64], to: usize, bytes: &[u8]| {
                let filled = bytes.len().next_multiple_of(4);
                let bytes = bytes.iter().copied().chain([0; 4]).take(filled);
                registers.iter_mut().skip(to).zip(bytes).for_each(|(own, byte)| *own = byte);
            };
            match expression {
                Expression::Payload { header, offset, length, to } => {
                    let mut header = match header {
                        Header::Network => {
                            let mut ip = vec![0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0, 0];
                            ip.extend(self.packet.source);
                            ip.extend(self.packet.destination);
                            ip
                        }
                        _ => {
                            let mut tcp = self.packet.source_port.to_be_bytes().to_vec();
                            tcp.extend(PORT.to_be_bytes());
                            tcp
                        }
                    };
                    header.resize(*offset as usize + length, 0);
                    load(&mut registers, *to, &header[*offset as usize..]);
                }
                Expression::Meta { key: 3, to } => load(&mut registers, *to, &self.mark),
                Expression::Meta { key: 6, to } => {
                    let mut name = format!("eth{}", self.packet.interface).into_bytes();
                    name.resize(16, 0);
                    load(&mut registers, *to, &name);
                }
                Expression::Meta { to, .. } => load(&mut registers, *to, &[6]),
                Expression::Immediate { data, to } => load(&mut registers, *to, data),
                Expression::Bitwise { from, mask, xor, to } => {
                    let bytes: Vec<u8> = registers[*from..*from + mask.len()]
                        .iter()
                        .zip(mask.iter().zip(xor))
                        .map(|(byte, (mask, xor))| (byte & mask) ^ xor)
                        .collect();
                    load(&mut registers, *to, &bytes);
                }
                Expression::Compare { from, how, data } => {
                    let value = &registers[*from..*from + data.len()];
                    let order = value.cmp(data);
                    let holds = match how {
                        Comparison::Equal => order.is_eq(),
                        Comparison::NotEqual => order.is_ne(),
                        Comparison::Less => order.is_lt(),
                        Comparison::LessOrEqual => order.is_le(),
                        Comparison::Greater => order.is_gt(),
                        Comparison::GreaterOrEqual => order.is_ge(),
                    };
                    if !holds {
                        return None;
                    }
                }
                Expression::Between { from, inverted, low, high } => {
                    let value = &registers[*from..*from + low.len()];
                    if (low.as_slice() <= value && value <= high.as_slice()) == *inverted {
                        return None;
                    }
                }
                Expression::Lookup { from, set, inverted, .. } => {
                    let set = &self.table.sets[set];
                    let found = set.entries.iter().find(|entry| match &entry.keys {
                        None => true,
                        Some((low, high)) => {
                            let value = &registers[*from..*from + low.len()];
                            let whole = [low.len()];
                            let fields =
                                if set.fields.is_empty() { &whole[..] } else { &set.fields };
                            let mut at = 0;
                            fields.iter().all(|length| {
                                let span = at..at + length;
                                at += length.next_multiple_of(4);
                                (&low[span.clone()]..=&high[span.clone()]).contains(&&value[span])
                            })
                        }
                    });
                    match found.map(|entry| &entry.data) {
                        Some(Data::Verdict(verdict)) => return Some(verdict.clone()),
                        found if found.is_some() == *inverted => return None,
                        _ => {}
                    }
                }
                Expression::Limit { over } => {
                    let exceeded = self.draw().is_multiple_of(8);
                    self.unlikely |= exceeded;
                    if exceeded != *over {
                        return None;
                    }
                }
                Expression::SetMark { from } => {
                    self.mark.copy_from_slice(&registers[*from..*from + 4]);
                }
                Expression::Mark { value, mask } => {
                    let own = u32::from_ne_bytes(self.mark);
                    self.mark = ((own & !mask) ^ value).to_ne_bytes();
                }
                Expression::Verdict(verdict) => return Some(verdict.clone()),
                Expression::Match(Match::SourcePorts { ranges, inverted }) => {
                    let port = self.packet.source_port;
                    let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&port));
                    if inside == *inverted {
                        return None;
                    }
                }
                Expression::Undecidable(_) => {
                    for byte in &mut registers {
                        *byte = self.draw() as u8;
                    }
                    if self.draw().is_multiple_of(2) {
                        return None;
                    }
                }
                Expression::Steers(_) => match self.draw() % 3 {
                    0 => return Some(Verdict::Accept),
                    1 => return Some(Verdict::Drop),
                    _ => {}
                },
                other => panic!("none is generated: {other:?}"),
            }
        }
        None
    }
}

/// Whether a packet comes through, and whether something unlikely was drawn.
fn naive(ruleset: &Ruleset, packet: Packet) -> (bool, bool) {
    let mut mark = [0; 4];
    let mut unlikely = packet.dice.is_multiple_of(4);
    if unlikely {
        mark[0] = (packet.dice >> 8) as u8 & 3;
    }
    for table in &ruleset.tables {
        for name in ["low", "high"] {
            let Some(Chain { base: Some(base), .. }) = table.chains.get(name) else { continue };
            let dice = packet.dice | 1;
            let mut run = Naive { table, packet, mark, dice, unlikely };
            let end = run.chain(name);
            (mark, unlikely) = (run.mark, run.unlikely);
            let accepted = match end {
                Some(End::Accept) => true,
                Some(End::Drop) => false,
                Some(End::Return) | None => base.accepts,
            };
            if !accepted {
                return (false, unlikely);
            }
        }
    }
    (true, unlikely)
}

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 0..4_u8, 2 => Just(10), 1 => Just(255)]
}

fn bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(byte(), length)
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        1 => Just(Comparison::Equal),
        1 => Just(Comparison::NotEqual),
        1 => Just(Comparison::Less),
        1 => Just(Comparison::LessOrEqual),
        1 => Just(Comparison::Greater),
        1 => Just(Comparison::GreaterOrEqual),
    ]
}

fn register() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0_usize), 1 => Just(4), 1 => Just(16)]
}

/// What is loaded: addresses and parts of them, ports, marks, names.
fn load() -> impl Strategy<Value = Expression> {
    let address = (12..20_u32, 1..5_usize, register()).prop_map(|(offset, length, to)| {
        let length = length.min(20 - offset as usize);
        Expression::Payload { header: Header::Network, offset, length, to }
    });
    let ports = (0..2_u32, register()).prop_map(|(which, to)| Expression::Payload {
        header: Header::Transport,
        offset: which * 2,
        length: if which == 0 { 4 } else { 2 },
        to,
    });
    let meta = (prop_oneof![Just(3_u32), Just(6), Just(16)], register())
        .prop_map(|(key, to)| Expression::Meta { key, to });
    prop_oneof![4 => address, 2 => ports, 2 => meta]
}

/// What a rule asks for.
fn test() -> impl Strategy<Value = Vec<Expression>> {
    let compare = (
        load(),
        prop_oneof![2 => Just(1_usize), 1 => 2..5_usize],
        comparison(),
        register(),
        bytes(4),
    )
        .prop_map(|(load, length, how, from, data)| {
            vec![load, Expression::Compare { from, how, data: data[..length].to_vec() }]
        });
    // The first bytes of an address, held against some that packets have.
    let parts = (0..3_usize, 0..3_usize, 0..3_usize)
        .prop_map(|(a, b, c)| vec![[0, 1, 10][a], [0, 2, 3][b], [0, 1, 9][c], 1]);
    let field =
        (any::<bool>(), 1..5_usize, comparison(), parts).prop_map(|(source, length, how, data)| {
            let offset = if source { 12 } else { 16 };
            let header = Header::Network;
            vec![
                Expression::Payload { header, offset, length, to: 0 },
                Expression::Compare { from: 0, how, data: data[..length].to_vec() },
            ]
        });
    let masked = (load(), bytes(4), bytes(4), comparison(), bytes(4)).prop_map(
        |(load, mask, xor, how, data)| {
            let (from, to) = (0, 0);
            vec![
                load,
                Expression::Bitwise { from, mask, xor, to },
                Expression::Compare { from, how, data },
            ]
        },
    );
    let between =
        (load(), any::<bool>(), bytes(4), bytes(4)).prop_map(|(load, inverted, low, high)| {
            vec![load, Expression::Between { from: 0, inverted, low, high }]
        });
    let whole = |to: usize, offset: u32| Expression::Payload {
        header: Header::Network,
        offset,
        length: 4,
        to,
    };
    let set = any::<bool>().prop_map(move |inverted| {
        let set = "addresses".to_owned();
        vec![whole(0, 12), Expression::Lookup { from: 0, set, inverted, to: None }]
    });
    let pairs = any::<bool>().prop_map(move |inverted| {
        let set = "pairs".to_owned();
        vec![whole(0, 12), whole(4, 16), Expression::Lookup { from: 0, set, inverted, to: None }]
    });
    let rest = prop_oneof![
        any::<bool>().prop_map(|over| vec![Expression::Limit { over }]),
        Just(vec![Expression::Undecidable("x".to_owned())]),
        (0..4_u32).prop_map(|value| vec![Expression::Mark { value, mask: 3 }]),
        (any::<bool>()).prop_map(|inverted| vec![Expression::Match(Match::SourcePorts {
            ranges: vec![(0, 255), (1000, 4096)],
            inverted
        })]),
        bytes(4).prop_map(|data| vec![
            Expression::Immediate { data, to: 0 },
            Expression::SetMark { from: 0 }
        ]),
    ];
    prop_oneof![4 => compare, 8 => field, 2 => masked, 2 => between, 2 => set, 2 => pairs, 2 => rest]
}

/// Chains lead to those that come after them alone.
fn verdict(below: &'static [&'static str]) -> impl Strategy<Value = Verdict> {
    let target = proptest::sample::select(if below.is_empty() { &["leaf"][..] } else { below });
    let leads = !below.is_empty();
    prop_oneof![
        4 => Just(Verdict::Accept),
        4 => Just(Verdict::Drop),
        1 => Just(Verdict::Return),
        1 => Just(Verdict::Continue),
        2 => (any::<bool>(), target).prop_map(move |(jumps, target)| match (leads, jumps) {
            (true, true) => Verdict::Jump(target.to_owned()),
            (true, false) => Verdict::Goto(target.to_owned()),
            (false, _) => Verdict::Queue,
        }),
    ]
}

fn rules(below: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<Rule>> {
    let end = prop_oneof![
        8 => verdict(below).prop_map(Expression::Verdict),
        1 => Just(Expression::Steers("x".to_owned())),
        2 => Just(Expression::Lookup {
            from: 0,
            set: "verdicts".to_owned(),
            inverted: false,
            to: None
        }),
    ];
    let rule = (vec(test(), 0..3), end).prop_map(|(tests, end)| {
        let mut expressions: Vec<Expression> = tests.into_iter().flatten().collect();
        if matches!(end, Expression::Lookup { .. }) {
            expressions.push(Expression::Payload {
                header: Header::Network,
                offset: 12,
                length: 4,
                to: 0,
            });
        }
        expressions.push(end);
        Rule { handle: 1, expressions }
    });
    vec(rule, 0..most)
}

fn element(key: Vec<u8>, last: Option<Vec<u8>>, data: Data) -> Element {
    Element { key: Some(key), last, ends: false, data }
}

fn table() -> impl Strategy<Value = Table> {
    let sets = (
        vec((bytes(4), any::<bool>()), 0..5),
        vec((bytes(8), bytes(8)), 0..4),
        vec((bytes(4), verdict(&[])), 0..4),
    );
    let chains =
        (rules(&["mid", "leaf"], 5), rules(&["mid"], 4), rules(&["leaf"], 4), rules(&[], 3));
    (sets, chains, any::<(bool, bool)>()).prop_map(
        |((single, pairs, verdicts), chains, policies)| {
            let addresses = single
                .into_iter()
                .map(|(key, ends)| Element { key: Some(key), last: None, ends, data: Data::None })
                .collect();
            let pairs = pairs.into_iter().map(|(a, b)| element(a, Some(b), Data::None)).collect();
            let mut seen = Vec::new();
            let verdicts = verdicts
                .into_iter()
                .filter(|(key, _)| {
                    let new = !seen.contains(key);
                    seen.push(key.clone());
                    new
                })
                .map(|(key, verdict)| element(key, None, Data::Verdict(verdict)))
                .collect();
            let base = |hook, accepts| Some(Base { hook, priority: 0, accepts });
            Table {
                family: Family::Inet,
                name: "t".to_owned(),
                chains: HashMap::from([
                    (
                        "low".to_owned(),
                        Chain { base: base(Hook::Prerouting, policies.0), rules: chains.0 },
                    ),
                    (
                        "high".to_owned(),
                        Chain { base: base(Hook::Input, policies.1), rules: chains.1 },
                    ),
                    ("mid".to_owned(), Chain { base: None, rules: chains.2 }),
                    ("leaf".to_owned(), Chain { base: None, rules: chains.3 }),
                ]),
                sets: HashMap::from([
                    ("addresses".to_owned(), Set::new(Vec::new(), true, false, addresses)),
                    ("pairs".to_owned(), Set::new(vec![4, 4], true, false, pairs)),
                    ("verdicts".to_owned(), Set::new(Vec::new(), false, false, verdicts)),
                ]),
            }
        },
    )
}

fn packets() -> impl Strategy<Value = Vec<Packet>> {
    let address = || {
        [
            prop_oneof![Just(0_u8), Just(1), Just(10)],
            prop_oneof![Just(0_u8), Just(2), Just(3)],
            prop_oneof![Just(0_u8), Just(1), Just(9)],
            prop_oneof![Just(1_u8), Just(3), Just(200)],
        ]
    };
    let packet = (address(), address(), 0..2_usize, any::<u64>());
    let packet = packet.prop_map(|(source, destination, interface, dice)| Packet {
        source,
        destination,
        source_port: 0,
        interface,
        dice,
    });
    vec(packet, 8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn all_packets_at_once_are_what_each_is(table in table(), packets in packets()) {
        let ruleset = Ruleset { tables: vec![table], ..Ruleset::default() };
        for packet in packets {
            let interfaces = [Interface {
                name: format!("eth{}", packet.interface),
                index: 7,
                uplink: [true; 2],
            }];
            let question = Question {
                version: Version::V4,
                port: PORT,
                addresses: Ranges::of([u32::from_be_bytes(packet.destination).into()]),
                interfaces: &interfaces,
                rewritten: false,
            };
            let Ok(known) = sources(&ruleset, &question) else { continue };
            let source = u32::from_be_bytes(packet.source).into();
            let ends: Vec<(bool, bool)> = PORT_BYTES
                .iter()
                .flat_map(|high| PORT_BYTES.map(|low| u16::from_be_bytes([*high, low])))
                .filter(|port| *port > 0)
                .map(|source_port| naive(&ruleset, Packet { source_port, ..packet }))
                .collect();
            if ends.iter().any(|(came, _)| *came) {
                prop_assert!(known.perhaps.contains(source), "{packet:?} comes through");
            }
            if ends.iter().all(|(came, unlikely)| !came && !unlikely) {
                prop_assert!(!known.surely.contains(source), "{packet:?} is refused");
            }
        }
    }
}
