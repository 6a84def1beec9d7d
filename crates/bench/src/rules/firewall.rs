//! What listens on which address, and whether a firewall stands before it.
//!
//! The rules that are loaded in the kernel decide. Of a node that is not running here they can't be
//! read: then what starts with the machine is all that is known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::component::Component;
use crate::context::{Cx, either};
use crate::evidence::host::{Host, Unread};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::rules::guard::{self, NotLoaded};
use crate::setting::{Setting, unread};

/// A TCP socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
}

impl Listener {
    /// As evidence.
    pub fn evidence(self) -> Evidence {
        let address = std::net::SocketAddr::new(self.address, self.port).to_string();
        Evidence::new(format!("port {}", self.port), address, OriginKind::Kernel, "/proc/1/net/tcp")
    }

    /// Whether others than this machine reach it.
    pub fn is_open(self) -> bool {
        match self.address {
            IpAddr::V6(address) => {
                address.to_ipv4_mapped().map_or(!address.is_loopback(), |v4| !v4.is_loopback())
            }
            IpAddr::V4(address) => !address.is_loopback(),
        }
    }
}

/// The TCP sockets that listen on the node, sorted.
///
/// # Errors
///
/// Where the node's network can't be read.
pub fn listeners(host: &Host) -> Result<Vec<Listener>, Unread> {
    let mut all = Vec::new();
    let mut any = false;
    for name in ["tcp", "tcp6"] {
        // Process 1's, for /proc/net is that of who looks.
        let path = format!("/proc/1/net/{name}");
        let Some(text) = host.read(&path)? else { continue };
        any = true;
        all.extend(text.lines().skip(1).filter_map(listener));
    }
    if !any {
        return Err(Unread::new("/proc/1/net/tcp", "the node's sockets are not there"));
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// `  0: 0100007F:0CEA 00000000:0000 0A …`: the state 0A listens, words of 32 bits are in the
/// machine's order.
fn listener(line: &str) -> Option<Listener> {
    let mut fields = line.split_whitespace().skip(1);
    let local = fields.next()?;
    if fields.nth(1)? != "0A" {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok();
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?.to_ne_bytes())),
        32 => {
            let mut bytes = [0; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index * 8)?.to_ne_bytes());
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(Listener { address, port })
}

/// A firewall stands before etcd's ports, or nobody but this machine reaches them.
pub fn etcd(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Etcd, |instance| {
        let mut ports = Vec::new();
        for flag in ["listen-client-urls", "listen-peer-urls"] {
            match crate::etcd::setting(cx.input.host, instance, flag).value {
                Ok(urls) => ports.extend(urls.unwrap_or_default().split(',').filter_map(port_of)),
                Err(why) => return Outcome::unknown(why),
            }
        }
        before(cx, &ports)
    })
}

/// A firewall stands before the API server.
pub fn api_server(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        match Setting::flag(instance, "secure-port", Some("6443")).value {
            Ok(port) => {
                let ports: Vec<u16> = port.and_then(|port| port.parse().ok()).into_iter().collect();
                before(cx, &ports)
            }
            Err(why) => Outcome::unknown(why),
        }
    })
}

fn port_of(url: &str) -> Option<u16> {
    url.trim().rsplit_once(':')?.1.trim_end_matches('/').parse().ok()
}

fn before(cx: &Cx<'_>, ports: &[u16]) -> Outcome {
    let host = match cx.host() {
        Ok(host) => host,
        Err(outcome) => return outcome,
    };
    let all = match listeners(host) {
        Ok(all) => all,
        Err(why) => return unread(&why),
    };
    let mine: Vec<Listener> = all.into_iter().filter(|one| ports.contains(&one.port)).collect();
    let evidence: Vec<Evidence> = mine.iter().map(|one| one.evidence()).collect();
    if mine.is_empty() {
        return Outcome::unknown(format!(
            "nothing is seen to listen on {}: it may be in another network namespace",
            ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
        ));
    }
    let open: Vec<Listener> = mine.into_iter().filter(|one| one.is_open()).collect();
    if open.is_empty() {
        return Outcome::pass("it listens on this machine alone").with(evidence);
    }
    match cx.loaded() {
        Ok(loaded) => {
            Outcome::worst(open.iter().map(|one| guard::before(loaded, *one)), "").with(evidence)
        }
        Err(NotLoaded::Hidden(why)) => Outcome::unknown(why.clone()).with(evidence),
        Err(NotLoaded::Elsewhere) => at_rest(host).with(evidence),
    }
}

/// What the files say where the rules can't be read because nothing runs.
fn at_rest(host: &Host) -> Outcome {
    match firewall(host) {
        Err(why) => unread(&why),
        Ok(found) if found.is_empty() => Outcome::fail(
            "it listens for others, and no firewall starts with the machine (no running kernel's \
             rules were read)",
        ),
        Ok(found) => {
            let names: Vec<&str> = found.iter().map(|one| one.item.as_str()).collect();
            Outcome::manual(format!(
                "It listens for others behind {}: do its rules let the control plane alone reach \
                 the port?",
                names.join(", ")
            ))
            .with(found)
        }
    }
}

/// A firewall refuses what nobody allowed: by the rules that are loaded, or, where nothing runs, as
/// far as one starts with the machine.
pub fn refuses(cx: &Cx<'_>) -> Outcome {
    either(cx.host().map(|host| {
        let found = match firewall(host) {
            Ok(found) => found,
            Err(why) => return unread(&why),
        };
        match cx.loaded() {
            Ok(loaded) => guard::by_default(loaded).with(found),
            Err(NotLoaded::Hidden(why)) => Outcome::unknown(why.clone()).with(found),
            Err(NotLoaded::Elsewhere) if found.is_empty() => {
                Outcome::fail("no firewall starts with the machine")
            }
            Err(NotLoaded::Elsewhere) => {
                let names: Vec<&str> = found.iter().map(|one| one.item.as_str()).collect();
                Outcome::pass(format!("{} starts with the machine", names.join(", "))).with(found)
            }
        }
    }))
}

/// Files that start a firewall with the machine, with a text that must stand in them.
const SERVICES: &[(&str, &str, &str)] = &[
    ("ufw", "/etc/ufw/ufw.conf", "ENABLED=yes"),
    ("firewalld", "/etc/systemd/system/multi-user.target.wants/firewalld.service", ""),
    ("nftables", "/etc/systemd/system/sysinit.target.wants/nftables.service", ""),
    ("nftables", "/etc/systemd/system/multi-user.target.wants/nftables.service", ""),
    ("iptables", "/etc/iptables/rules.v4", "-A INPUT"),
    ("iptables", "/etc/sysconfig/iptables", "-A INPUT"),
];

/// The firewalls that are set up. kube-proxy's own rules are none: they let all pass.
pub fn firewall(host: &Host) -> Result<Vec<Evidence>, Unread> {
    if host.metadata("/etc/passwd")?.is_none() {
        return Err(Unread::new("/etc", "it holds no system that could start a firewall"));
    }
    let mut found = Vec::new();
    for (name, path, mark) in SERVICES {
        if host.metadata(path)?.is_none() {
            continue;
        }
        let on = mark.is_empty() || host.read(path)?.unwrap_or_default().contains(mark);
        if on {
            found.push(Evidence::new(*name, "on".to_owned(), OriginKind::File, *path));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_listen_are_read() {
        let line = "   0: 0100007F:094B 00000000:0000 0A 00000000:00000000 00:00000000";
        let local = listener(line).expect("a listener");
        assert_eq!(local.port, 2379);
        assert!(!local.is_open());
        let all = "   1: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A 0";
        assert!(listener(all).expect("a listener").is_open());
        assert_eq!(listener("   2: 0100007F:094B 0100007F:0001 01 0"), None);
    }
}
