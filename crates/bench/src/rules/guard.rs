//! Who reaches a socket past the firewall rules that are loaded in the kernel.

use std::net::IpAddr;

use super::firewall::Listener;
use crate::context::Cx;
use crate::evidence::netfilter::{self, Loaded};
use crate::firewall::packet::{Question, Version};
use crate::firewall::ranges::Ranges;
use crate::firewall::ruleset::Family;
use crate::firewall::{Reach, judge};
use crate::outcome::{Evidence, OriginKind, Outcome};

/// Most sources that evidence shows.
const SHOWN: usize = 20;
/// A port that nobody opens: what is refused here is refused because nobody allowed it.
const UNUSED: u16 = 1;

/// Why the rules in the kernel were not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotLoaded {
    /// The root is that of no machine that runs here: a copy, a disk, files of a test.
    Elsewhere,
    /// They are hidden.
    Hidden(String),
}

/// The rules that are loaded in the node's kernel.
///
/// # Errors
///
/// Where they can't be read.
pub fn loaded(cx: &Cx<'_>) -> Result<Loaded, NotLoaded> {
    let Some(host) = cx.input.host else { return Err(NotLoaded::Elsewhere) };
    let hidden = |why: String| NotLoaded::Hidden(why);
    match host.is_network_of_node() {
        Ok(Some(true)) => {}
        Ok(Some(false)) => {
            return Err(hidden(
                "the firewall rules in the kernel are those of another network: read them with \
                 the node's (hostNetwork: true)"
                    .to_owned(),
            ));
        }
        Ok(None) => return Err(NotLoaded::Elsewhere),
        Err(why) => {
            return Err(hidden(format!("whose firewall rules are loaded is hidden: {why}")));
        }
    }
    let mut loaded = netfilter::read(host).map_err(|why| hidden(why.to_string()))?;
    if uses_cilium(cx) {
        loaded.ruleset.aside.push((Family::Inet, "Cilium's programs".to_owned()));
    }
    Ok(loaded)
}

/// Cilium may be a firewall of the host as well, in programs that are not seen.
fn uses_cilium(cx: &Cx<'_>) -> bool {
    let runs = cx.processes.as_ref().is_ok_and(|all| all.agents("cilium-agent").next().is_some());
    // A directory that can't be listed is told of by the controls on its files.
    let plugins = cx.input.host.and_then(|host| host.list("/etc/cni/net.d").unwrap_or_default());
    runs || plugins.iter().flatten().any(|name| name.contains("cilium"))
}

/// What stands before a socket that listens for others.
pub fn before(loaded: &Loaded, listener: Listener) -> Outcome {
    let outcomes = versions(listener.address).iter().filter_map(|version| {
        let addresses = match listener.address {
            address if address.is_unspecified() => local(loaded, *version),
            address => Ranges::of([number(address)]),
        };
        Some(describe(*version, listener.port, &ask(loaded, *version, listener.port, addresses)?))
    });
    Outcome::worst(outcomes, "the node has no address that others reach")
}

/// What becomes of connections that nobody thought of.
pub fn by_default(loaded: &Loaded) -> Outcome {
    let outcomes = [Version::V4, Version::V6].iter().filter_map(|version| {
        let reach = ask(loaded, *version, UNUSED, local(loaded, *version))?;
        let by = |by: &[String]| named(by);
        let item = format!("new connections over {version}");
        let kernel = |value: String| Evidence::new(&item, value, OriginKind::Kernel, "nf_tables");
        Some(match reach {
            Reach::Nobody { by: rules } | Reach::Some { by: rules, .. } => {
                Outcome::pass("what nobody allowed is refused").with([kernel(by(&rules))])
            }
            Reach::Everybody { by: rules } => {
                Outcome::fail(format!("over {version} everybody is let through: {}", by(&rules)))
            }
            Reach::On { interfaces, by: rules } => Outcome::manual(format!(
                "Over {version} everybody is let through on {}: do only those come in there who \
                 may?",
                interfaces.join(", ")
            ))
            .with([kernel(by(&rules))]),
            Reach::Unknown { why } => Outcome::unknown(why),
        })
    });
    Outcome::worst(outcomes, "the node has no address that others reach")
}

/// Who reaches a port on some addresses; none where there is no address.
fn ask(loaded: &Loaded, version: Version, port: u16, addresses: Ranges) -> Option<Reach> {
    if addresses.is_empty() {
        return None;
    }
    let interfaces = &loaded.interfaces;
    let question = Question { version, port, addresses, interfaces, rewritten: false };
    Some(judge(&loaded.ruleset, &question))
}

fn describe(version: Version, port: u16, reach: &Reach) -> Outcome {
    let item = format!("port {port} over {version}");
    let evidence = |value: String| [Evidence::new(&item, value, OriginKind::Kernel, "nf_tables")];
    match reach {
        Reach::Nobody { by } => Outcome::pass("the firewall refuses others")
            .with(evidence(format!("refused for all: {}", named(by)))),
        Reach::Some { sources, by } => {
            let sources = version.show(sources, SHOWN);
            Outcome::pass("the firewall refuses all but named sources")
                .with(evidence(format!("open to {sources}: {}", named(by))))
        }
        Reach::Everybody { by } => {
            Outcome::fail(format!("others reach port {port} over {version}: {}", named(by)))
                .with(evidence(format!("open to all: {}", named(by))))
        }
        Reach::On { interfaces, by } => Outcome::manual(format!(
            "Over {version} everybody reaches port {port} on {}: does the control plane alone stand \
             behind it?",
            interfaces.join(", ")
        ))
        .with(evidence(format!("open on {}: {}", interfaces.join(", "), named(by)))),
        Reach::Unknown { why } => {
            Outcome::unknown(format!("whether others reach port {port} over {version}: {why}"))
        }
    }
}

fn named(by: &[String]) -> String {
    if by.is_empty() { "no rule stands before it".to_owned() } else { by.join(", ") }
}

/// The versions of IP that a socket is reached over: one on all addresses of IPv6 takes IPv4 as
/// well, unless it was told not to, which nothing shows.
fn versions(address: IpAddr) -> &'static [Version] {
    match address {
        IpAddr::V4(_) => &[Version::V4],
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => &[Version::V4],
        IpAddr::V6(address) if address.is_unspecified() => &[Version::V4, Version::V6],
        IpAddr::V6(_) => &[Version::V6],
    }
}

fn number(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The node's addresses that others may send to.
fn local(loaded: &Loaded, version: Version) -> Ranges {
    let own = loaded
        .addresses
        .iter()
        .filter(|address| address.is_ipv4() == (version == Version::V4) && !address.is_loopback());
    Ranges::of(own.map(|address| number(*address)))
}
