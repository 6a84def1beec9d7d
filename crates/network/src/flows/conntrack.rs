//! The kernel's connection table: `conntrack -L` or `/proc/net/nf_conntrack`.
//!
//! Each line has the connection as it was opened and as its replies come back. Behind a Service's
//! address the replies come from the pod that took it, so that is the destination.

use std::net::IpAddr;

use super::{Flow, FlowEnd, port, protocol};

pub(super) fn flow(line: &str, number: usize) -> Result<Option<Flow>, String> {
    if line.starts_with("conntrack v") {
        return Ok(None);
    }
    let Some(protocol) = line
        .split_whitespace()
        .take(4)
        .find_map(|word| word.chars().all(char::is_alphabetic).then(|| protocol(word)).flatten())
    else {
        return Ok(None);
    };
    let values = |key: &str| -> Vec<&str> {
        line.split_whitespace()
            .filter_map(|word| word.strip_prefix(key)?.strip_prefix('='))
            .collect()
    };
    let (sources, destinations) = (values("src"), values("dst"));
    let (source_ports, ports) = (values("sport"), values("dport"));
    let (Some(source), Some(destination), Some(destination_port)) =
        (sources.first(), destinations.first(), ports.first())
    else {
        return Err("the line has no src=, dst= and dport=".to_owned());
    };
    // Of the reply the source is who answered.
    let taker = sources.get(1).unwrap_or(destination);
    let taker_port = source_ports.get(1).unwrap_or(destination_port);
    let end = |text: &str| -> Result<FlowEnd, String> {
        let address: IpAddr = text.parse().map_err(|_| format!("{text:?} is no address"))?;
        Ok(FlowEnd { address: Some(address), ..FlowEnd::default() })
    };
    let parsed = taker_port.parse().map_err(|_| format!("{taker_port:?} is no port"))?;
    let (from, to) = (end(source)?, end(taker)?);
    Ok(Some(Flow { from, to, protocol, port: port(parsed)?, line: number }))
}
