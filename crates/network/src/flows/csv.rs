//! Seawall's own CSV: a heading with `source`, `destination`, `port` and perhaps `protocol`, in any
//! order; other columns are not looked at.

use super::{Flow, FlowEnd, port, protocol};
use crate::ports::Protocol;

/// Where the columns are.
pub(super) struct Heading {
    source: usize,
    destination: usize,
    protocol: Option<usize>,
    port: usize,
}

pub(super) fn heading(line: &str) -> Result<Heading, String> {
    let names: Vec<String> = cells(line).iter().map(|name| name.to_ascii_lowercase()).collect();
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    let need = |wanted: &str| {
        find(wanted).ok_or_else(|| format!("the heading has no column {wanted}: {line:?}"))
    };
    Ok(Heading {
        source: need("source")?,
        destination: need("destination")?,
        protocol: find("protocol"),
        port: need("port")?,
    })
}

pub(super) fn flow(line: &str, heading: &Heading, number: usize) -> Result<Option<Flow>, String> {
    let cells = cells(line);
    let cell = |index: usize, name: &str| {
        cells.get(index).map(String::as_str).ok_or_else(|| format!("the line has no {name}"))
    };
    let end = |index, name: &str| {
        let text = cell(index, name)?;
        FlowEnd::parse(text)
            .ok_or_else(|| format!("{name} {text:?} is neither NAMESPACE/NAME nor an address"))
    };
    let protocol = match heading.protocol {
        None => Protocol::Tcp,
        Some(index) => match cell(index, "protocol")? {
            "" => Protocol::Tcp,
            name => match protocol(name) {
                Some(protocol) => protocol,
                None if name.to_ascii_lowercase().starts_with("icmp") => return Ok(None),
                None => return Err(format!("{name:?} is no protocol: TCP, UDP or SCTP")),
            },
        },
    };
    let text = cell(heading.port, "port")?;
    let port = port(text.parse().map_err(|_| format!("{text:?} is no port"))?)?;
    let (from, to) = (end(heading.source, "source")?, end(heading.destination, "destination")?);
    Ok(Some(Flow { from, to, protocol, port, line: number }))
}

/// Cells without their quotes; names and addresses hold neither quotes nor commas.
pub(crate) fn cells(line: &str) -> Vec<String> {
    line.split(',').map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
}
