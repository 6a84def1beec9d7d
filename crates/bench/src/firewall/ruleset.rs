//! The rules of nf_tables as the kernel has them, as far as they concern what comes in.
//!
//! Expressions are the kernel's own (`include/uapi/linux/netfilter/nf_tables.h`): loads into
//! registers, comparisons that end a rule, and verdicts. Those that decide nothing (counters, logs)
//! are left out. A register is its first byte of 64, whichever way the kernel numbers it.

use std::collections::HashMap;
use std::fmt;

use super::packet::Version;

/// Where a table's chains are hooked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Both, `inet`.
    Inet,
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
}

impl Family {
    /// Whether packets of a version of IP pass what is of this family.
    pub fn concerns(self, version: Version) -> bool {
        match self {
            Family::Inet => true,
            Family::Ip => version == Version::V4,
            Family::Ip6 => version == Version::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::Inet => "inet",
            Family::Ip => "ip",
            Family::Ip6 => "ip6",
        })
    }
}

/// What a packet passes on its way in, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// All that come in.
    Prerouting,
    /// Those for this machine.
    Input,
}

/// All that is loaded and concerns what comes in.
#[derive(Clone, Debug, Default)]
pub struct Ruleset {
    /// Tables with the chains that can be reached.
    pub tables: Vec<Table>,
    /// Chains that rewrite addresses before a packet is routed, with their family; they are not read.
    pub rewriting: Vec<(Family, String)>,
    /// What else may refuse packets and can't be read, with its family: it lets nothing through that
    /// the rules refuse.
    pub aside: Vec<(Family, String)>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
    /// Its chains by name.
    pub chains: HashMap<String, Chain>,
    /// Its sets and maps by name.
    pub sets: HashMap<String, Set>,
}

/// A chain of rules.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Where it is hooked in; none where others jump to it.
    pub base: Option<Base>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// How a chain is hooked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Where.
    pub hook: Hook,
    /// The lower first.
    pub priority: i32,
    /// Whether what no rule decided is let through.
    pub accepts: bool,
}

/// A rule: expressions, each of which may end it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The kernel's number for it, as `nft -a list ruleset` shows it.
    pub handle: u64,
    /// What it does.
    pub expressions: Vec<Expression>,
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It passes this base chain.
    Accept,
    /// It is gone.
    Drop,
    /// The next rule.
    Continue,
    /// Back to where the chain was jumped to from.
    Return,
    /// To another chain, and back after it.
    Jump(String),
    /// To another chain, and from there to where this one was jumped to from.
    Goto(String),
    /// A program decides.
    Queue,
}

/// The header that a payload is loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// That of the link.
    Link,
    /// That of IP.
    Network,
    /// That of TCP.
    Transport,
    /// What TCP carries, or another tunnel.
    Inner,
}

/// How two values are compared, as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the comparison of that name")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A part of a rule. Registers are byte offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the kernel's expressions")]
pub enum Expression {
    /// Bytes of a header.
    Payload { header: Header, offset: u32, length: usize, to: usize },
    /// `NFT_META_*` by number.
    Meta { key: u32, to: usize },
    /// `NFT_CT_*` by number.
    Conntrack { key: u32, reply: bool, to: usize },
    /// A look at the routes: `NFT_FIB_RESULT_*` and `NFTA_FIB_F_*`.
    Route { result: u32, flags: u32, to: usize },
    /// An option of IPv4 or a header of IPv6, which ordinary packets don't have; whether it is there,
    /// or what it holds.
    Option { presence: bool, length: usize, to: usize },
    /// A value.
    Immediate { data: Vec<u8>, to: usize },
    /// `(from & mask) ^ xor`.
    Bitwise { from: usize, mask: Vec<u8>, xor: Vec<u8>, to: usize },
    /// Units of `size` bytes turned round.
    Byteorder { from: usize, length: usize, size: usize, to: usize },
    /// Ends the rule unless the comparison holds.
    Compare { from: usize, how: Comparison, data: Vec<u8> },
    /// Ends the rule unless the value is in (or, inverted, out of) a range.
    Between { from: usize, inverted: bool, low: Vec<u8>, high: Vec<u8> },
    /// Ends the rule unless the set holds the value (or, inverted, doesn't); of a map what it holds
    /// is the verdict, or goes to a register.
    Lookup { from: usize, set: String, inverted: bool, to: Option<usize> },
    /// Ends the rule unless the rate, the quota or the number of connections is kept (or, `over`,
    /// unless it is not).
    Limit { over: bool },
    /// Sets the mark of the packet.
    SetMark { from: usize },
    /// Sets the mark of the connection.
    SetConnectionMark { from: usize },
    /// The connection is not tracked.
    Untracked,
    /// A verdict.
    Verdict(Verdict),
    /// A match of iptables.
    Match(Match),
    /// iptables' MARK: `(mark & !mask) ^ value`.
    Mark { value: u32, mask: u32 },
    /// The mark of the packet, or of the connection, becomes what is not followed: a
    /// zero, in all likelihood.
    ForgetMark { connection: bool },
    /// It ends the rule or not, and loads anything into registers: nobody can tell.
    Undecidable(String),
    /// It lets through, refuses, rewrites or does nothing: nobody can tell.
    Steers(String),
}

impl Expression {
    /// Whether it does more than to end its rule.
    fn acts(&self) -> bool {
        matches!(
            self,
            Expression::SetMark { .. }
                | Expression::SetConnectionMark { .. }
                | Expression::Untracked
                | Expression::Verdict(_)
                | Expression::Mark { .. }
                | Expression::ForgetMark { .. }
                | Expression::Steers(_)
                | Expression::Lookup { .. }
        )
    }
}

impl Rule {
    /// Whether it can decide anything: a rule that only counts or logs can't.
    pub fn acts(&self) -> bool {
        self.expressions.iter().any(Expression::acts)
    }
}

/// A match of iptables that came through nf_tables
/// (`include/uapi/linux/netfilter/xt_*.h`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the kernel's structures")]
pub enum Match {
    /// It always or never holds, for the packets that are looked at.
    Constant(bool),
    /// Source ports.
    SourcePorts { ranges: Vec<(u16, u16)>, inverted: bool },
    /// Destination ports.
    DestinationPorts { ranges: Vec<(u16, u16)>, inverted: bool },
    /// Source or destination ports.
    EitherPorts { ranges: Vec<(u16, u16)>, inverted: bool },
    /// Flags of TCP.
    Flags { mask: u8, value: u8, inverted: bool },
    /// States of the connection, as bits of `XT_CONNTRACK_STATE_*`.
    State { mask: u32, inverted: bool },
    /// Bits of the connection's status, `IPS_*`.
    Status { mask: u32, inverted: bool },
    /// Types of an address, as bits `1 << RTN_*`.
    AddressType { source: bool, mask: u32, inverted: bool },
    /// The packet's mark, or the connection's.
    Mark { connection: bool, value: u32, mask: u32, inverted: bool },
    /// A range of addresses: four or sixteen bytes.
    Addresses { source: bool, low: Vec<u8>, high: Vec<u8>, inverted: bool },
    /// The way back to the source leads out of the same interface.
    ReversePath { inverted: bool },
}

/// A set, or a map.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Lengths of the parts of a concatenated key, each padded to four bytes; empty where it is one.
    pub fields: Vec<usize>,
    /// Whether packets put elements into it.
    pub dynamic: bool,
    /// What it holds.
    pub entries: Vec<Entry>,
}

/// A key or a range of keys of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// First and last key; none of what catches all others.
    pub keys: Option<(Vec<u8>, Vec<u8>)>,
    /// What a map holds for them.
    pub data: Data,
}

/// What a map holds for a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Data {
    /// Nothing: it is a set, or the object does not matter.
    None,
    /// A verdict.
    Verdict(Verdict),
    /// A value.
    Value(Vec<u8>),
}

/// An element as the kernel lists it.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its key; none of the one that catches all others.
    pub key: Option<Vec<u8>>,
    /// The last of a range of concatenated keys.
    pub last: Option<Vec<u8>>,
    /// Whether a range ends before it.
    pub ends: bool,
    /// What a map holds for it.
    pub data: Data,
}

impl Set {
    /// A set of the kernel's elements. Where they begin and end `intervals`, the last element that
    /// is not greater than a key counts for it, and none does where a range ends with that one; of
    /// two with the same key the one that begins.
    pub fn new(fields: Vec<usize>, intervals: bool, dynamic: bool, elements: Vec<Element>) -> Self {
        let paired = intervals && !elements.iter().any(|one| one.last.is_some());
        let (others, mut elements): (Vec<Element>, Vec<Element>) =
            elements.into_iter().partition(|one| one.key.is_none());
        if paired {
            elements.sort_by(|a, b| (&a.key, !a.ends).cmp(&(&b.key, !b.ends)));
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(elements.len());
        let mut next: Option<Vec<u8>> = None;
        let mut keys: Vec<Option<(Vec<u8>, Vec<u8>)>> = Vec::with_capacity(elements.len());
        for element in elements.iter().rev() {
            let Some(key) = &element.key else { continue };
            let end = match (&element.last, &next) {
                (Some(last), _) => last.clone(),
                (None, _) if !paired => key.clone(),
                (None, Some(next)) if next > key => before(next),
                (None, Some(_)) => key.clone(),
                (None, None) => vec![0xff; key.len()],
            };
            if paired {
                next = Some(key.clone());
            }
            keys.push((!element.ends).then(|| (key.clone(), end)));
        }
        for (element, keys) in elements.into_iter().zip(keys.into_iter().rev()) {
            if keys.is_some() {
                entries.push(Entry { keys, data: element.data });
            }
        }
        entries.extend(others.into_iter().map(|one| Entry { keys: None, data: one.data }));
        Set { fields, dynamic, entries }
    }
}

/// The key before another.
fn before(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    for byte in key.iter_mut().rev() {
        let (less, borrow) = byte.overflowing_sub(1);
        *byte = less;
        if !borrow {
            break;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(key: u8, ends: bool) -> Element {
        Element { key: Some(vec![0, key]), last: None, ends, data: Data::None }
    }

    #[test]
    fn ranges_end_before_the_next_element() {
        let elements = vec![
            element(9, true),
            element(5, false),
            element(0, true),
            element(9, false),
            element(12, false),
            element(14, true),
            element(20, false),
        ];
        let set = Set::new(Vec::new(), true, false, elements);
        let keys: Vec<(Vec<u8>, Vec<u8>)> =
            set.entries.into_iter().filter_map(|entry| entry.keys).collect();
        let pair = |low: [u8; 2], high: [u8; 2]| (low.to_vec(), high.to_vec());
        assert_eq!(
            keys,
            [
                pair([0, 5], [0, 8]),
                pair([0, 9], [0, 11]),
                pair([0, 12], [0, 13]),
                pair([0, 20], [0xff, 0xff]),
            ]
        );
    }
}
