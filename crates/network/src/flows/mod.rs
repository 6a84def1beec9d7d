//! Observed connections, as several tools write them down.
//!
//! A reader makes of each line who talked to whom on which port; who that is in the cluster is
//! settled later ([`crate::generate`]). A line that can't be read is an error with its place; lines
//! that are no new connection (replies, drops, other protocols) are counted and left out.

mod calico;
mod conntrack;
mod csv;
mod hubble;
mod json;

use std::net::IpAddr;

pub(crate) use csv::cells;

use crate::ports::Protocol;

/// Most flows of one file.
const MOST: usize = 10_000_000;

/// A notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// A JSON list, or one JSON object a line: `source`, `destination`, `protocol`, `port`.
    Json,
    /// `source,destination,protocol,port` with that heading.
    Csv,
    /// Cilium's Hubble: `hubble observe -o json`, or an exported file.
    Hubble,
    /// Calico's flow log, one JSON object a line.
    Calico,
    /// `conntrack -L`, or `/proc/net/nf_conntrack`.
    Conntrack,
}

impl Notation {
    /// Guesses the notation from how a text begins.
    pub fn of(text: &str) -> Option<Notation> {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        if first.starts_with('[') {
            return Some(Notation::Json);
        }
        if first.starts_with('{') {
            let has = |key: &str| first.contains(&format!("\"{key}\""));
            return Some(
                if has("flow") || has("is_reply") || has("l4") || has("traffic_direction") {
                    Notation::Hubble
                } else if has("dest_port") || has("source_name_aggr") || has("dest_name_aggr") {
                    Notation::Calico
                } else {
                    Notation::Json
                },
            );
        }
        if first.contains("src=") && first.contains("dport=") || first.contains("src=") {
            return Some(Notation::Conntrack);
        }
        let heading = first.to_ascii_lowercase();
        (heading.contains("source") && heading.contains("destination")).then_some(Notation::Csv)
    }
}

/// One end of a flow, as far as the line tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowEnd {
    /// The namespace.
    pub namespace: Option<String>,
    /// The pod's name, or its beginning followed by `*`.
    pub pod: Option<String>,
    /// The workload's name.
    pub workload: Option<String>,
    /// The address.
    pub address: Option<IpAddr>,
}

impl std::fmt::Display for FlowEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.pod.as_ref().or(self.workload.as_ref()), &self.address) {
            (Some(name), _) => match &self.namespace {
                Some(namespace) => write!(f, "{namespace}/{name}"),
                None => f.write_str(name),
            },
            (None, Some(address)) => address.fmt(f),
            (None, None) => f.write_str("(nobody)"),
        }
    }
}

impl FlowEnd {
    /// `NAMESPACE/NAME`, or an address.
    fn parse(text: &str) -> Option<FlowEnd> {
        let text = text.trim();
        if let Ok(address) = text.parse() {
            return Some(FlowEnd { address: Some(address), ..FlowEnd::default() });
        }
        let (namespace, name) = text.split_once('/')?;
        let end = |name: &str| FlowEnd {
            namespace: Some(namespace.to_owned()),
            workload: Some(name.to_owned()),
            ..FlowEnd::default()
        };
        let valid = |part: &str| !part.is_empty() && !part.contains('/');
        (valid(namespace) && valid(name)).then(|| end(name))
    }
}

/// One observed connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Who opened it.
    pub from: FlowEnd,
    /// Who took it.
    pub to: FlowEnd,
    /// The protocol.
    pub protocol: Protocol,
    /// The port of who took it.
    pub port: u16,
    /// The line in the file, from 1; of a JSON list the number of the item.
    pub line: usize,
}

/// Why a file of flows could not be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}:{line}: {why}")]
pub struct FlowError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// What a file of flows holds.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    /// The connections, each once, in the order of the file.
    pub flows: Vec<Flow>,
    /// Lines that are no new connection that was permitted.
    pub left_out: usize,
}

/// Reads a file of flows.
pub fn read(file: &str, text: &str, notation: Option<Notation>) -> Result<Flows, FlowError> {
    let error = |line, why: String| FlowError { file: file.to_owned(), line, why };
    let notation = match notation.or_else(|| Notation::of(text)) {
        Some(notation) => notation,
        None if text.trim().is_empty() => return Ok(Flows::default()),
        None => {
            let why = "no notation of flows that is known: JSON, CSV with a heading, Hubble, \
                       Calico or conntrack";
            return Err(error(1, why.to_owned()));
        }
    };
    let mut flows = Flows::default();
    let mut seen = std::collections::HashSet::new();
    let mut keep = |line: Option<Flow>| match line {
        None => {
            flows.left_out += 1;
            Ok(())
        }
        Some(flow) => {
            if seen.insert((flow.from.clone(), flow.to.clone(), flow.protocol, flow.port)) {
                if flows.flows.len() == MOST {
                    return Err(format!("more than {MOST} different flows"));
                }
                flows.flows.push(flow);
            }
            Ok(())
        }
    };
    let whole = text.trim_start();
    if notation == Notation::Json && whole.starts_with('[') {
        let items: Vec<serde_json::Value> =
            serde_json::from_str(whole).map_err(|e| error(e.line(), e.to_string()))?;
        for (number, item) in items.iter().enumerate() {
            let line = json::flow(item, number + 1).and_then(&mut keep);
            line.map_err(|why| error(number + 1, format!("item {}: {why}", number + 1)))?;
        }
        return Ok(flows);
    }
    let mut heading = None;
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let value = || {
            serde_json::from_str::<serde_json::Value>(line)
                .map_err(|e| format!("column {}: {e}", e.column()))
        };
        let read = match notation {
            Notation::Json => value().and_then(|value| json::flow(&value, number)),
            Notation::Hubble => value().and_then(|value| hubble::flow(&value, number)),
            Notation::Calico => value().and_then(|value| calico::flow(&value, number)),
            Notation::Conntrack => conntrack::flow(line, number),
            Notation::Csv => match &heading {
                None => match csv::heading(line) {
                    Ok(found) => {
                        heading = Some(found);
                        continue;
                    }
                    Err(why) => Err(why),
                },
                Some(heading) => csv::flow(line, heading, number),
            },
        };
        read.and_then(&mut keep).map_err(|why| error(number, why))?;
    }
    Ok(flows)
}

/// A protocol by name or by number.
fn protocol(text: &str) -> Option<Protocol> {
    match text {
        "6" => Some(Protocol::Tcp),
        "17" => Some(Protocol::Udp),
        "132" => Some(Protocol::Sctp),
        name => Protocol::of(name),
    }
}

fn port(number: u64) -> Result<u16, String> {
    match u16::try_from(number) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("{number} is no port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Flow {
        let mut flows = read("flows", text, None).expect("the flows can be read").flows;
        assert_eq!(flows.len(), 1, "{flows:?}");
        flows.remove(0)
    }

    fn named(namespace: &str, name: &str) -> FlowEnd {
        FlowEnd::parse(&format!("{namespace}/{name}")).expect("a name")
    }

    #[test]
    fn reads_its_own_notations() {
        let wanted = Flow {
            from: named("shop", "web"),
            to: named("shop", "db"),
            protocol: Protocol::Tcp,
            port: 5432,
            line: 1,
        };
        let short = r#"{"source": "shop/web", "destination": "shop/db", "port": 5432}"#;
        assert_eq!(one(short), wanted);
        assert_eq!(one(&format!("[{short}]")), wanted);
        let csv = one("source,destination,protocol,port\nshop/web,shop/db,tcp,5432\n");
        assert_eq!(csv, Flow { line: 2, ..wanted.clone() });
        let long = r#"{"source": {"namespace": "shop", "workload": "web"},
            "destination": {"address": "8.8.8.8"}, "protocol": "UDP", "port": 53}"#
            .replace('\n', " ");
        let long = one(&long);
        assert_eq!(
            (long.to.to_string(), long.protocol, long.port),
            ("8.8.8.8".into(), Protocol::Udp, 53)
        );
    }

    #[test]
    fn reads_hubble() {
        let text = r#"{"flow":{"verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"TCP":{"source_port":41000,"destination_port":8080}},"source":{"namespace":"shop","pod_name":"web-1","workloads":[{"name":"web","kind":"Deployment"}]},"destination":{"namespace":"shop","pod_name":"api-1"},"is_reply":false}}
{"flow":{"verdict":"FORWARDED","l4":{"TCP":{"source_port":8080,"destination_port":41000}},"is_reply":true}}
{"flow":{"verdict":"DROPPED","l4":{"UDP":{"source_port":8080,"destination_port":53}},"is_reply":false}}
{"node_name":"kind"}"#;
        let flows = read("hubble", text, None).expect("the flows can be read");
        assert_eq!((flows.flows.len(), flows.left_out), (1, 3));
        assert_eq!(flows.flows[0].from.workload.as_deref(), Some("web"));
        assert_eq!(flows.flows[0].to.pod.as_deref(), Some("api-1"));
        assert_eq!(flows.flows[0].port, 8080);
    }

    #[test]
    fn reads_calico() {
        let text = r#"{"start_time":1,"source_ip":"10.0.0.1","source_name":"-","source_name_aggr":"web-7d4-*","source_namespace":"shop","source_type":"wep","dest_ip":"8.8.8.8","dest_name":"-","dest_name_aggr":"pub","dest_namespace":"-","dest_type":"net","dest_port":443,"proto":"tcp","action":"allow","reporter":"src"}"#;
        let flow = one(text);
        assert_eq!(flow.from.pod.as_deref(), Some("web-7d4-*"));
        assert_eq!((flow.to.pod.clone(), flow.to.to_string()), (None, "8.8.8.8".into()));
    }

    #[test]
    fn reads_conntrack_behind_address_translation() {
        let flow =
            one("tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.96.0.9 sport=43210 dport=80 \
             src=10.0.0.2 dst=10.0.0.1 sport=8080 dport=43210 [ASSURED] mark=0 use=1");
        assert_eq!((flow.to.to_string(), flow.port), ("10.0.0.2".into(), 8080));
        let flow = one(
            "ipv4     2 udp      17 29 src=10.0.0.1 dst=10.0.0.3 sport=5353 dport=53 [UNREPLIED] \
             src=10.0.0.3 dst=10.0.0.1 sport=53 dport=5353 mark=0 use=1",
        );
        assert_eq!((flow.protocol, flow.port), (Protocol::Udp, 53));
    }

    #[test]
    fn errors_name_the_line() {
        let wrong = |text: &str| read("f", text, None).expect_err("it is wrong").to_string();
        assert!(
            wrong("source,destination,protocol,port\nshop/a,shop/b,tcp,99999\n")
                .starts_with("f:2: ")
        );
        assert!(wrong("source,destination\n").contains("port"));
        assert!(wrong("{\"source\": \"shop/web\"}\n").starts_with("f:1: "));
        assert!(wrong("hello").contains("no notation"));
        assert!(wrong("{\"source\": \n").starts_with("f:1: "));
        assert!(read("f", "", None).expect("nothing is something").flows.is_empty());
    }
}
