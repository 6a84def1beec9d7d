//! The node's interfaces and addresses, over rtnetlink, and whether programs are attached to them.

use std::net::IpAddr;

use super::attribute::{Attributes, Malformed};
use super::socket::{Silence, Socket};

const GET_LINK: u16 = 18;
const GET_ADDRESS: u16 = 22;
const GET_QUEUE: u16 = 38;
/// `IFF_LOOPBACK`
const LOOPBACK: u32 = 8;

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// What may look at packets before the rules do: `XDP`, `tc`.
    pub program: Option<&'static str>,
}

/// The interfaces that lead to others, and the addresses of all.
///
/// # Errors
///
/// Where the kernel does not tell.
pub fn read() -> Result<(Vec<Link>, Vec<IpAddr>), Silence> {
    let mut socket = Socket::open(None)?;
    let mut links = Vec::new();
    socket.dump(GET_LINK, &[0; 16], |message| {
        links.extend(link(message)?);
        Ok(())
    })?;
    let mut addresses = Vec::new();
    socket.dump(GET_ADDRESS, &[0; 8], |message| {
        addresses.extend(address(message)?);
        Ok(())
    })?;
    let mut filtered = Vec::new();
    socket.dump(GET_QUEUE, &[0; 20], |message| {
        filtered.extend(queue(message)?);
        Ok(())
    })?;
    for link in &mut links {
        if link.program.is_none() && filtered.contains(&link.index) {
            link.program = Some("tc");
        }
    }
    links.sort_by_key(|link| link.index);
    Ok((links, addresses))
}

fn head<const N: usize>(message: &[u8]) -> Result<(&[u8; N], &[u8]), Malformed> {
    message.split_first_chunk().ok_or(Malformed("a message has no head"))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes)
}

/// An interface; none of the machine's own.
///
/// # Errors
///
/// Where it is malformed.
pub fn link(message: &[u8]) -> Result<Option<Link>, Malformed> {
    let (head, rest) = head::<16>(message)?;
    let link = Attributes::new(rest)?;
    if word(head, 8) & LOOPBACK != 0 {
        return Ok(None);
    }
    let name = link.text(3)?.ok_or(Malformed("an interface has no name"))?;
    let attached = match link.nested(43)? {
        Some(xdp) => xdp.number(2)?.unwrap_or(0) != 0,
        None => false,
    };
    Ok(Some(Link { index: word(head, 4), name, program: attached.then_some("XDP") }))
}

/// An address of the node.
///
/// # Errors
///
/// Where it is malformed.
pub fn address(message: &[u8]) -> Result<Option<IpAddr>, Malformed> {
    let (_, rest) = head::<8>(message)?;
    let address = Attributes::new(rest)?;
    // Of a line between two the second is the other end.
    let Some(own) = address.get(2).or(address.get(1)) else { return Ok(None) };
    let v4 = <[u8; 4]>::try_from(own).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(own).map(IpAddr::from);
    Ok(v4.or(v6).ok())
}

/// The interface of a queue that filters of `tc` can be attached to.
///
/// # Errors
///
/// Where it is malformed.
pub fn queue(message: &[u8]) -> Result<Option<u32>, Malformed> {
    let (head, rest) = head::<20>(message)?;
    let kind = Attributes::new(rest)?.text(1)?;
    Ok(matches!(kind.as_deref(), Some("clsact" | "ingress")).then(|| word(head, 4)))
}
