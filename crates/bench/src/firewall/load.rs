//! What expressions load into registers, of the packet that is asked about.

use super::branch::Branch;
use super::packet::{NAME, Question, Version};
use super::register::{Byte, From};
use super::ruleset::{Header, Hook};

/// `NF_IP_PRI_CONNTRACK`: before it no connection is known.
const CONNTRACK: i32 = -200;
/// TCP.
const TCP: u8 = 6;
/// The flag that opens a connection.
const SYN: u8 = 0x02;
/// Flags that the first packet may have or not: CWR, ECE, URG and PSH. With FIN, RST or ACK it opens
/// nothing.
const FREE_FLAGS: u8 = 0xe8;
/// `RTN_UNICAST`
const UNICAST: u32 = 1;
/// `RTN_LOCAL`
pub const LOCAL: u32 = 2;

/// Bits of the state of connections, as nf_tables has them.
mod state {
    pub const INVALID: u32 = 1;
    pub const NEW: u32 = 8;
    pub const UNTRACKED: u32 = 64;
}

/// Where in the kernel a rule stands.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// The hook.
    pub hook: Hook,
    /// The priority of the base chain.
    pub priority: i32,
}

/// What is known of a connection at a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// It is new.
    New,
    /// It is not looked at yet.
    NotYet,
    /// That, or it is new: what comes first at the same priority is not known.
    Either,
    /// It is not tracked.
    Untracked,
}

impl Stage {
    /// What is known of the connection.
    pub fn tracking(self, branch: &Branch) -> Tracking {
        if branch.untracked {
            return Tracking::Untracked;
        }
        match self.hook {
            Hook::Prerouting if self.priority < CONNTRACK => Tracking::NotYet,
            Hook::Prerouting if self.priority == CONNTRACK => Tracking::Either,
            Hook::Prerouting | Hook::Input => Tracking::New,
        }
    }
}

/// `IPS_*` that the connection may have, and those that nobody knows: `(set, unknown)`.
pub fn status(question: &Question<'_>) -> (u32, u32) {
    const DESTINATION: u32 = 1 << 5;
    // Expected, answered, assured and confirmed are connections that are not new.
    (if question.rewritten { DESTINATION } else { 0 }, !0x2f)
}

fn native(value: u32) -> [Byte; 4] {
    value.to_ne_bytes().map(Byte::known)
}

fn address(version: Version, from: fn(u8) -> From) -> Vec<Byte> {
    (0..version.bytes() as u8).map(|at| Byte::free(from(at))).collect()
}

/// Bytes of a header.
pub fn payload(question: &Question<'_>, header: Header, offset: u32, length: usize) -> Vec<Byte> {
    let port = question.port.to_be_bytes();
    let anything = Byte::free(From::Anything);
    (u64::from(offset)..)
        .take(length)
        .map(|at| match (header, question.version, at) {
            (Header::Transport, _, 0..2) => Byte::free(From::SourcePort(at as u8)),
            (Header::Transport, _, 2..4) => Byte::known(port[at as usize - 2]),
            (Header::Transport, _, 13) => Byte { mask: FREE_FLAGS, value: SYN, ..anything },
            // Without options.
            (Header::Network, Version::V4, 0) => Byte::likely(0x45),
            // The first fragment, or no fragment at all.
            (Header::Network, Version::V4, 6) => Byte { mask: 0xe0, value: 0, ..anything },
            (Header::Network, Version::V4, 7) => Byte::known(0),
            (Header::Network, Version::V4, 9) => Byte::known(TCP),
            (Header::Network, Version::V4, 12..16) => Byte::free(From::Source(at as u8 - 12)),
            (Header::Network, Version::V4, 16..20) => Byte::free(From::Destination(at as u8 - 16)),
            // Other headers may come before that of TCP.
            (Header::Network, Version::V6, 6) => Byte::likely(TCP),
            (Header::Network, Version::V6, 8..24) => Byte::free(From::Source(at as u8 - 8)),
            (Header::Network, Version::V6, 24..40) => Byte::free(From::Destination(at as u8 - 24)),
            _ => anything,
        })
        .collect()
}

/// `NFT_META_*`
pub fn meta(question: &Question<'_>, branch: &Branch, key: u32) -> Vec<Byte> {
    let (protocol, family): ([u8; 2], u8) = match question.version {
        Version::V4 => ([0x08, 0x00], 2),
        Version::V6 => ([0x86, 0xdd], 10),
    };
    match key {
        1 => protocol.map(Byte::known).to_vec(),
        3 => branch.marks.packet.to_vec(),
        4 => (0..4).map(|at| Byte::free(From::InterfaceNumber(at))).collect(),
        6 => (0..NAME as u8).map(|at| Byte::free(From::InterfaceName(at))).collect(),
        // What comes in does not go out; kernels differ in whether that is a zero.
        5 => vec![Byte::likely(0); 4],
        7 => vec![Byte::likely(0); NAME],
        15 => vec![Byte::known(family)],
        16 => vec![Byte::known(TCP)],
        // `PACKET_HOST`: TCP takes nothing else.
        19 => vec![Byte::known(0)],
        // Whether it came through IPsec.
        25 => vec![Byte::likely(0)],
        _ => vec![Byte::free(From::Anything); NAME],
    }
}

/// `NFT_CT_*`
pub fn conntrack(
    question: &Question<'_>,
    branch: &Branch,
    stage: Stage,
    key: u32,
    reply: bool,
) -> Vec<Byte> {
    let anything = vec![Byte::free(From::Anything); 16];
    let tracking = stage.tracking(branch);
    if key == 0 {
        return match tracking {
            Tracking::New => native(state::NEW).to_vec(),
            Tracking::NotYet => native(state::INVALID).to_vec(),
            Tracking::Untracked => native(state::UNTRACKED).to_vec(),
            Tracking::Either => anything,
        };
    }
    // Of a connection that is not known the rule ends.
    if tracking != Tracking::New {
        return anything;
    }
    let port = question.port.to_be_bytes();
    match (key, question.version) {
        (1, _) => vec![Byte::known(0)],
        (2, _) => {
            let (set, unknown) = status(question);
            let bytes = set.to_ne_bytes().into_iter().zip(unknown.to_ne_bytes());
            bytes
                .map(|(value, mask)| Byte { from: From::Anything, mask, value: value & !mask })
                .collect()
        }
        (3, _) => branch.marks.connection.to_vec(),
        (7, Version::V4) => vec![Byte::known(2)],
        (7, Version::V6) => vec![Byte::known(10)],
        (10, _) => vec![Byte::known(TCP)],
        (8, version) | (19, version @ Version::V4) | (21, version @ Version::V6) if !reply => {
            address(version, From::Source)
        }
        (9, version) | (20, version @ Version::V4) | (22, version @ Version::V6)
            if !reply && !question.rewritten =>
        {
            address(version, From::Destination)
        }
        (11, _) if !reply => (0..2).map(|at| Byte::free(From::SourcePort(at))).collect(),
        (12, _) if !reply && !question.rewritten => port.map(Byte::known).to_vec(),
        // Labels and zone.
        (13, _) => vec![Byte::likely(0); 16],
        (17, _) => vec![Byte::likely(0); 2],
        _ => anything,
    }
}

/// What a look at the routes comes to.
pub fn route(result: u32, flags: u32) -> Vec<Byte> {
    const SOURCE: u32 = 1;
    const DESTINATION: u32 = 2;
    const INTERFACES: u32 = 8 | 16;
    const PRESENT: u32 = 32;
    match result {
        3 if flags & DESTINATION != 0 && flags & INTERFACES == 0 => native(LOCAL).to_vec(),
        3 if flags & SOURCE != 0 => UNICAST.to_ne_bytes().map(Byte::likely).to_vec(),
        // Routes lead back to whoever is asked about.
        1 if flags & SOURCE != 0 && flags & PRESENT != 0 => vec![Byte::likely(1)],
        1 if flags & SOURCE != 0 => vec![Byte::likely(0xff); 4],
        2 if flags & SOURCE != 0 => vec![Byte::likely(0xff); NAME],
        _ => vec![Byte::free(From::Anything); NAME],
    }
}
