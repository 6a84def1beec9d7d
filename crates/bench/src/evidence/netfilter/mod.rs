//! The rules of nf_tables that are loaded in the kernel, read over netlink: no program, no shell.
//!
//! They are those of the network namespace that this process is in, which must be the node's.
//! `CAP_NET_ADMIN` is needed to read them. Only chains that packets for the node can reach are read:
//! kube-proxy's tens of thousands of rules that rewrite addresses stay where they are.
//!
//! Not seen: rules of the old iptables (that they are loaded is), and programs at XDP or tc (that
//! there may be some is, unless they are attached in the newest way).

pub mod attribute;
mod compat;
mod expression;
pub mod link;
pub mod listing;
mod socket;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use rustix::io::Errno;
use rustix::net::netlink::NETFILTER;

use self::socket::{Silence, Socket};
use super::host::{Host, Unread};
use crate::firewall::packet::Interface;
use crate::firewall::ruleset::{
    Base, Chain, Data, Expression, Family, Hook, Rule, Ruleset, Set, Table, Verdict,
};

/// Times that the rules are read anew because they changed meanwhile.
const TRIES: usize = 6;
/// Most rules.
const RULES: usize = 200_000;
/// What is read, in words, for where it can't be.
const WHAT: &str = "the firewall rules in the kernel";

/// Messages of nf_tables, `NFT_MSG_GET*`, in its subsystem.
mod ask {
    const SUBSYSTEM: u16 = 10 << 8;
    pub const TABLES: u16 = SUBSYSTEM | 1;
    pub const CHAINS: u16 = SUBSYSTEM | 4;
    pub const RULES: u16 = SUBSYSTEM | 7;
    pub const SETS: u16 = SUBSYSTEM | 10;
    pub const ELEMENTS: u16 = SUBSYSTEM | 13;
    pub const GENERATION: u16 = SUBSYSTEM | 16;
}

/// Families, `NFPROTO_*`.
mod family {
    pub const ANY: u8 = 0;
    pub const INET: u8 = 1;
    pub const IPV4: u8 = 2;
    pub const NETDEV: u8 = 5;
    pub const BRIDGE: u8 = 7;
    pub const IPV6: u8 = 10;
}

/// What stands between other machines and the node's sockets.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The rules.
    pub ruleset: Ruleset,
    /// The interfaces that others' packets come in on.
    pub interfaces: Vec<Interface>,
    /// The node's own addresses.
    pub addresses: Vec<IpAddr>,
}

/// Reads what is loaded in this process' network namespace, which is the node's.
///
/// # Errors
///
/// Where the kernel does not tell.
pub fn read(host: &Host) -> Result<Loaded, Unread> {
    let unread = |why: Silence| match why {
        Silence::Refused(Errno::PERM | Errno::ACCESS) => {
            Unread::new(WHAT, "the capability NET_ADMIN is missing")
        }
        why => Unread::new(WHAT, &why),
    };
    let mut ruleset = rules().map_err(unread)?;
    let (links, addresses) = link::read().map_err(unread)?;
    let uplinks = [uplinks(host, false)?, uplinks(host, true)?];
    let mut interfaces = Vec::with_capacity(links.len());
    for link in links {
        if let Some(program) = link.program {
            let name = format!("a program at {program} of {}", link.name);
            ruleset.aside.push((Family::Inet, name));
        }
        interfaces.push(Interface {
            uplink: [uplinks[0].contains(&link.name), uplinks[1].contains(&link.name)],
            name: link.name,
            index: link.index,
        });
    }
    legacy(host, &mut ruleset)?;
    Ok(Loaded { ruleset, interfaces, addresses })
}

/// Names of interfaces that the default route leads over.
fn uplinks(host: &Host, v6: bool) -> Result<BTreeSet<String>, Unread> {
    let path = if v6 { "/proc/1/net/ipv6_route" } else { "/proc/1/net/route" };
    let text = host.read(path)?.unwrap_or_default();
    Ok(text.lines().filter_map(|line| uplink(line, v6)).map(str::to_owned).collect())
}

/// `eth0 00000000 0101A8C0 0003 0 0 0 00000000 …`, in IPv6
/// `0…0 00 0…0 00 fe80…1 00000400 00000001 00000000 00000003 eth0`.
fn uplink(line: &str, v6: bool) -> Option<&str> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let zero = |at: usize| fields.get(at).is_some_and(|field| field.bytes().all(|b| b == b'0'));
    if v6 {
        let name = *fields.get(9)?;
        (zero(0) && zero(1) && name != "lo").then_some(name)
    } else {
        (zero(1) && zero(7)).then(|| fields[0])
    }
}

/// Tables of the old iptables: which are loaded is told, what they hold is not.
fn legacy(host: &Host, ruleset: &mut Ruleset) -> Result<(), Unread> {
    for (path, family, program) in [
        ("/proc/1/net/ip_tables_names", Family::Ip, "iptables"),
        ("/proc/1/net/ip6_tables_names", Family::Ip6, "ip6tables"),
    ] {
        for table in host.read(path)?.unwrap_or_default().lines() {
            let name = format!("the table {table} of the old {program}");
            let list = if table == "nat" { &mut ruleset.rewriting } else { &mut ruleset.aside };
            list.push((family, name));
        }
    }
    Ok(())
}

/// The rules, once they held still for long enough.
fn rules() -> Result<Ruleset, Silence> {
    let mut socket = match Socket::open(Some(NETFILTER)) {
        // A kernel without netfilter has no rules.
        Err(Silence::Refused(Errno::PROTONOSUPPORT)) => return Ok(Ruleset::default()),
        socket => socket?,
    };
    for _ in 0..TRIES {
        let before = match generation(&mut socket) {
            // A kernel with netfilter, but without nf_tables.
            Err(Silence::Refused(Errno::INVAL)) => return Ok(Ruleset::default()),
            before => before?,
        };
        match Reading::new(&mut socket).all() {
            Err(Silence::Changed) => {}
            Err(why) => return Err(why),
            Ok(ruleset) if generation(&mut socket)? == before => return Ok(ruleset),
            Ok(_) => {}
        }
    }
    Err(Silence::Changed)
}

fn generation(socket: &mut Socket) -> Result<Option<u32>, Silence> {
    let mut generation = None;
    socket.ask(ask::GENERATION, &request(family::ANY, &[]), |message| {
        generation = Some(listing::generation(message)?);
        Ok(())
    })?;
    Ok(generation)
}

/// A request: the family, and names by kind.
fn request(family: u8, names: &[(u16, &str)]) -> Vec<u8> {
    let mut bytes = vec![family, 0, 0, 0];
    for (kind, name) in names {
        // Names in the kernel are shorter than 256 bytes.
        bytes.extend_from_slice(&(name.len() as u16 + 5).to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// A table by family and name.
type Place = (Family, String);

struct Reading<'a> {
    socket: &'a mut Socket,
    tables: HashMap<Place, Table>,
    /// What sets say of themselves, of the tables that were asked for theirs.
    described: HashMap<Place, HashMap<String, listing::Described>>,
    waiting: Vec<(Place, String)>,
    rules: usize,
}

impl<'a> Reading<'a> {
    fn new(socket: &'a mut Socket) -> Self {
        Reading {
            socket,
            tables: HashMap::new(),
            described: HashMap::new(),
            waiting: Vec::new(),
            rules: 0,
        }
    }

    fn all(mut self) -> Result<Ruleset, Silence> {
        let any = request(family::ANY, &[]);
        let mut dormant = HashSet::new();
        self.socket.dump(ask::TABLES, &any, |message| {
            dormant.extend(listing::dormant(message)?);
            Ok(())
        })?;
        let mut hooked = Vec::new();
        self.socket.dump(ask::CHAINS, &any, |message| {
            hooked.extend(listing::hooked(message)?);
            Ok(())
        })?;
        hooked.retain(|chain| !dormant.contains(&(chain.family, chain.table.clone())));
        let mut ruleset = Ruleset::default();
        for chain in hooked {
            self.begin(chain, &mut ruleset);
        }
        while let Some((place, name)) = self.waiting.pop() {
            self.chain(&place, &name)?;
        }
        ruleset.tables = self.tables.into_values().collect();
        ruleset.tables.sort_by(|a, b| (a.family, &a.name).cmp(&(b.family, &b.name)));
        Ok(ruleset)
    }

    /// What becomes of a chain that is hooked in.
    fn begin(&mut self, chain: listing::Hooked, ruleset: &mut Ruleset) {
        let listing::Hooked { family, table, name, hook, priority, accepts, kind, used } = chain;
        let idle = accepts && !used;
        let (own, word) = match family {
            family::INET => (Family::Inet, "inet"),
            family::IPV4 => (Family::Ip, "ip"),
            family::IPV6 => (Family::Ip6, "ip6"),
            family::NETDEV => (Family::Inet, "netdev"),
            family::BRIDGE => (Family::Inet, "bridge"),
            _ => return,
        };
        let full = format!("{word} {table} {name}");
        let ip = matches!(family, family::INET | family::IPV4 | family::IPV6);
        match (ip, kind.as_str(), hook) {
            (true, "filter", 0 | 1) => {
                let hook = if hook == 0 { Hook::Prerouting } else { Hook::Input };
                let base = Base { hook, priority, accepts };
                let place = (own, table);
                let chain = Chain { base: Some(base), rules: Vec::new() };
                self.table(&place).chains.insert(name.clone(), chain);
                self.waiting.push((place, name));
            }
            (true, "nat", 0) if !idle => ruleset.rewriting.push((own, full)),
            // Where a packet leaves the stack of IP it is not asked about.
            (true, "nat", _) | (true, _, 2..=4) | (false, _, 2..) => {}
            // Before IP, at devices and bridges.
            _ if !idle => ruleset.aside.push((own, full)),
            _ => {}
        }
    }

    fn table(&mut self, place: &Place) -> &mut Table {
        self.tables.entry(place.clone()).or_insert_with(|| Table {
            family: place.0,
            name: place.1.clone(),
            chains: HashMap::new(),
            sets: HashMap::new(),
        })
    }

    fn chain(&mut self, place: &Place, name: &str) -> Result<(), Silence> {
        let number = number(place.0);
        let mut rules: Vec<Rule> = Vec::new();
        let names = [(1, place.1.as_str()), (2, name)];
        self.socket.dump(ask::RULES, &request(number, &names), |message| {
            rules.extend(listing::rule(message, &place.1, name)?);
            Ok(())
        })?;
        self.rules += rules.len();
        if self.rules > RULES {
            return Err(Silence::TooLarge);
        }
        for expression in rules.iter().flat_map(|rule| &rule.expressions) {
            match expression {
                Expression::Verdict(verdict) => self.follow(place, verdict),
                Expression::Lookup { set, .. } => self.set(place, set)?,
                _ => {}
            }
        }
        self.table(place).chains.entry(name.to_owned()).or_default().rules = rules;
        Ok(())
    }

    /// Puts the chain that a verdict leads to on the list, unless it was.
    fn follow(&mut self, place: &Place, verdict: &Verdict) {
        let (Verdict::Jump(target) | Verdict::Goto(target)) = verdict else { return };
        let table = self.table(place);
        if !table.chains.contains_key(target) {
            table.chains.insert(target.clone(), Chain::default());
            self.waiting.push((place.clone(), target.clone()));
        }
    }

    fn set(&mut self, place: &Place, name: &str) -> Result<(), Silence> {
        if self.table(place).sets.contains_key(name) {
            return Ok(());
        }
        let number = number(place.0);
        if !self.described.contains_key(place) {
            let mut all = HashMap::new();
            self.socket.dump(ask::SETS, &request(number, &[(1, &place.1)]), |message| {
                let set = listing::set(message)?;
                all.insert(set.name.clone(), set);
                Ok(())
            })?;
            self.described.insert(place.clone(), all);
        }
        let described = self.described.get(place).and_then(|all| all.get(name));
        let Some(described) = described.cloned() else { return Err(Silence::Changed) };
        let mut elements = Vec::new();
        let names = [(1, place.1.as_str()), (2, name)];
        self.socket.dump(ask::ELEMENTS, &request(number, &names), |message| {
            listing::elements(message, &mut elements)
        })?;
        for element in &elements {
            if let Data::Verdict(verdict) = &element.data {
                self.follow(place, verdict);
            }
        }
        let set = Set::new(described.fields, described.intervals, described.dynamic, elements);
        self.table(place).sets.insert(name.to_owned(), set);
        Ok(())
    }
}

fn number(family: Family) -> u8 {
    match family {
        Family::Inet => family::INET,
        Family::Ip => family::IPV4,
        Family::Ip6 => family::IPV6,
    }
}
