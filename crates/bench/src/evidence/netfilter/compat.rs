//! Matches and targets of iptables inside rules of nf_tables: the structures of
//! `include/uapi/linux/netfilter/xt_*.h`, in the machine's order.
//!
//! iptables writes most of what it can say as expressions of nf_tables, older versions less of it
//! than newer ones.

use super::attribute::{Attributes, Malformed};
use super::expression::NEVER;
use crate::firewall::ruleset::{Expression, Match, Verdict};

/// The bytes of a structure, read one field after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn at(&self, from: usize) -> Result<Self, Malformed> {
        self.0.get(from..).map(Fields).ok_or(Malformed("a match of iptables is cut off"))
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let short = Malformed("a match of iptables is cut off");
        let (own, rest) = self.0.split_at_checked(length).ok_or(short)?;
        self.0 = rest;
        Ok(own)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.bytes(1)?[0])
    }

    fn short(&mut self) -> Result<u16, Malformed> {
        let bytes = self.bytes(2)?;
        Ok(u16::from_ne_bytes([bytes[0], bytes[1]]))
    }

    fn long(&mut self) -> Result<u32, Malformed> {
        let bytes = self.bytes(4)?;
        Ok(u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

/// A match: what it asks for, one after the other.
///
/// # Errors
///
/// Where its structure is cut off.
pub fn matches(data: &Attributes<'_>, out: &mut Vec<Expression>) -> Result<(), Malformed> {
    let name = data.text(1)?.ok_or(Malformed("a match of iptables has no name"))?;
    let revision = data.number(2)?.unwrap_or(0);
    let mut fields = Fields(data.get(3).unwrap_or_default());
    let mut push = |one: Match| out.push(Expression::Match(one));
    match (name.as_str(), revision) {
        ("comment", _) => {}
        ("tcp", 0) => {
            if !tcp(&mut fields, &mut push)? {
                out.push(Expression::Undecidable(name));
            }
        }
        ("udp" | "udplite" | "icmp" | "icmp6" | "sctp" | "dccp" | "esp" | "ah", _) => {
            out.push(NEVER);
        }
        ("multiport", 0 | 1) => multiport(revision, &mut fields, &mut push)?,
        ("conntrack", 1..=3) => {
            if !conntrack(revision, &fields, &mut push)? {
                out.push(Expression::Undecidable(name));
            }
        }
        ("state", 0) => {
            let mask = fields.long()?;
            // Not tracked is another bit there.
            let mask = (mask & 0x3f) | ((mask & 0x40) << 2);
            push(Match::State { mask, inverted: false });
        }
        ("addrtype", 0 | 1) => {
            let (source, destination) = (fields.short()?, fields.short()?);
            let (not_source, not_destination) = if revision == 0 {
                (fields.long()? != 0, fields.long()? != 0)
            } else {
                let flags = fields.long()?;
                if flags & 0xc != 0 {
                    out.push(Expression::Undecidable(name));
                    return Ok(());
                }
                (flags & 1 != 0, flags & 2 != 0)
            };
            for (source, mask, inverted) in
                [(true, source, not_source), (false, destination, not_destination)]
            {
                if mask != 0 {
                    push(Match::AddressType { source, mask: mask.into(), inverted });
                }
            }
        }
        ("mark" | "connmark", 1) => {
            let (value, mask) = (fields.long()?, fields.long()?);
            let inverted = fields.byte()? != 0;
            push(Match::Mark { connection: name == "connmark", value, mask, inverted });
        }
        ("iprange", 1) => {
            let ends = [fields.bytes(16)?, fields.bytes(16)?, fields.bytes(16)?, fields.bytes(16)?];
            let flags = fields.byte()?;
            for (source, low, high) in [(true, ends[0], ends[1]), (false, ends[2], ends[3])] {
                let (asked, inverted) = if source { (1, 16) } else { (2, 32) };
                if flags & asked != 0 {
                    let (low, high) = (low.to_vec(), high.to_vec());
                    push(Match::Addresses { source, low, high, inverted: flags & inverted != 0 });
                }
            }
        }
        ("pkttype", 0) => {
            let (kind, inverted) = (fields.long()?, fields.long()? != 0);
            // Packets to this machine are of kind 0.
            push(Match::Constant((kind == 0) != inverted));
        }
        ("rpfilter", 0) => push(Match::ReversePath { inverted: fields.byte()? & 8 != 0 }),
        ("limit", _) => out.push(Expression::Limit { over: false }),
        ("hashlimit", 1..=3) => {
            // After the name, and from revision 2 on after two numbers.
            let mode = fields.at(if revision == 1 { 16 } else { 272 })?.long()?;
            out.push(Expression::Limit { over: mode & 0x10 != 0 });
        }
        _ => out.push(Expression::Undecidable(name)),
    }
    Ok(())
}

/// Whether all that it asks for is understood.
fn tcp(fields: &mut Fields<'_>, push: &mut impl FnMut(Match)) -> Result<bool, Malformed> {
    let (source, destination) =
        ((fields.short()?, fields.short()?), (fields.short()?, fields.short()?));
    let (option, mask, value, inverted) =
        (fields.byte()?, fields.byte()?, fields.byte()?, fields.byte()?);
    push(Match::SourcePorts { ranges: vec![source], inverted: inverted & 1 != 0 });
    push(Match::DestinationPorts { ranges: vec![destination], inverted: inverted & 2 != 0 });
    push(Match::Flags { mask, value, inverted: inverted & 4 != 0 });
    // Nobody knows which options come.
    Ok(option == 0)
}

fn multiport(
    revision: u32,
    fields: &mut Fields<'_>,
    push: &mut impl FnMut(Match),
) -> Result<(), Malformed> {
    let which = fields.byte()?;
    let count = usize::from(fields.byte()?).min(15);
    let mut ports = [0; 15];
    for port in &mut ports {
        *port = fields.short()?;
    }
    let (begins, inverted) = match revision {
        0 => ([0; 15].as_slice(), false),
        _ => (fields.bytes(15)?, fields.byte()? != 0),
    };
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < count {
        // A flag says that a range begins.
        let wide = begins[at] != 0 && at + 1 < count;
        ranges.push((ports[at], ports[at + usize::from(wide)]));
        at += 1 + usize::from(wide);
    }
    push(match which {
        0 => Match::SourcePorts { ranges, inverted },
        1 => Match::DestinationPorts { ranges, inverted },
        _ => Match::EitherPorts { ranges, inverted },
    });
    Ok(())
}

/// Whether all that it asks for is understood.
fn conntrack(
    revision: u32,
    fields: &Fields<'_>,
    push: &mut impl FnMut(Match),
) -> Result<bool, Malformed> {
    const STATE: u16 = 1;
    const PROTOCOL: u16 = 1 << 1;
    const STATUS: u16 = 1 << 6;
    const ALIAS: u16 = 1 << 13;
    // After eight addresses and two times.
    let mut fields = fields.at(8 * 16 + 2 * 4)?;
    let protocol = fields.short()?;
    fields.bytes(4 * 2)?;
    let (asked, inverted) = (fields.short()?, fields.short()?);
    let (state, status) = match revision {
        1 => (u16::from(fields.byte()?), u16::from(fields.byte()?)),
        _ => (fields.short()?, fields.short()?),
    };
    if asked & STATE != 0 {
        push(Match::State { mask: state.into(), inverted: inverted & STATE != 0 });
    }
    if asked & PROTOCOL != 0 {
        push(Match::Constant((protocol == 6) != (inverted & PROTOCOL != 0)));
    }
    if asked & STATUS != 0 {
        push(Match::Status { mask: status.into(), inverted: inverted & STATUS != 0 });
    }
    Ok(asked & !(STATE | PROTOCOL | STATUS | ALIAS) == 0)
}

/// A target.
///
/// # Errors
///
/// Where its structure is cut off.
pub fn target(data: &Attributes<'_>, out: &mut Vec<Expression>) -> Result<(), Malformed> {
    let name = data.text(1)?.ok_or(Malformed("a target of iptables has no name"))?;
    let revision = data.number(2)?.unwrap_or(0);
    let mut fields = Fields(data.get(3).unwrap_or_default());
    out.push(match (name.as_str(), revision) {
        ("REJECT", _) => Expression::Verdict(Verdict::Drop),
        (
            "LOG" | "NFLOG" | "TRACE" | "AUDIT" | "TEE" | "SET" | "TCPMSS" | "TCPOPTSTRIP"
            | "CHECKSUM" | "CLASSIFY" | "DSCP" | "TOS" | "ECN" | "TTL" | "HL" | "SECMARK"
            | "CONNSECMARK" | "IDLETIMER" | "RATEEST" | "LED",
            _,
        ) => return Ok(()),
        ("MARK", 2) => Expression::Mark { value: fields.long()?, mask: fields.long()? },
        ("CONNMARK", 1 | 2) => {
            // After three masks: set, save and restore.
            let restores = fields.at(12)?.byte()? == 2;
            Expression::ForgetMark { connection: !restores }
        }
        ("NOTRACK", _) => Expression::Untracked,
        ("CT", _) if fields.short()? & 1 != 0 => Expression::Untracked,
        ("CT", _) => return Ok(()),
        ("NFQUEUE", _) => Expression::Verdict(Verdict::Queue),
        _ => Expression::Steers(name),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut out = (value.len() as u16 + 4).to_ne_bytes().to_vec();
        out.extend(kind.to_ne_bytes());
        out.extend(value);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    /// A match of a name and revision, as the kernel sends it.
    fn decoded(name: &str, revision: u32, structure: &[u8]) -> Vec<Expression> {
        let bytes = [
            attribute(1, format!("{name}\0").as_bytes()),
            attribute(2, &revision.to_be_bytes()),
            attribute(3, structure),
        ];
        let bytes = bytes.concat();
        let data = Attributes::new(&bytes).expect("attributes");
        let mut out = Vec::new();
        matches(&data, &mut out).expect("a match");
        out
    }

    fn shorts(numbers: &[u16]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    #[test]
    fn ports_and_flags_of_older_versions() {
        // struct xt_tcp: two ranges of ports, option, mask, flags, what is inverted.
        let mut tcp = shorts(&[0, 65535, 2379, 2380]);
        tcp.extend([0, 0x17, 0x02, 0x02]);
        assert_eq!(
            decoded("tcp", 0, &tcp),
            [
                Match::SourcePorts { ranges: vec![(0, 65535)], inverted: false },
                Match::DestinationPorts { ranges: vec![(2379, 2380)], inverted: true },
                Match::Flags { mask: 0x17, value: 0x02, inverted: false },
            ]
            .map(Expression::Match)
        );
        tcp[8] = 2;
        let last = decoded("tcp", 0, &tcp).pop();
        assert_eq!(last, Some(Expression::Undecidable("tcp".to_owned())));
        // struct xt_multiport of revision 0 has no ranges.
        let mut multiport = vec![1, 2];
        multiport.extend(shorts(&[2379, 6443]));
        multiport.resize(32, 0);
        let ranges = vec![(2379, 2379), (6443, 6443)];
        let one = Match::DestinationPorts { ranges, inverted: false };
        assert_eq!(decoded("multiport", 0, &multiport), [Expression::Match(one)]);
    }

    #[test]
    fn states_have_one_numbering() {
        let untracked = decoded("state", 0, &0x48_u32.to_ne_bytes());
        let one = Match::State { mask: 0x108, inverted: false };
        assert_eq!(untracked, [Expression::Match(one)]);
    }

    #[test]
    fn what_is_cut_off_or_unknown_is_no_match() {
        let cut = attribute(1, b"tcp\0");
        let data = Attributes::new(&cut).expect("attributes");
        assert!(matches(&data, &mut Vec::new()).is_err());
        let set = decoded("set", 4, &[0; 40]);
        assert_eq!(set, [Expression::Undecidable("set".to_owned())]);
        let never = decoded("udp", 0, &[0; 10]);
        assert_eq!(never, [NEVER]);
    }
}
