//! Seawall's own JSON: an end is `NAMESPACE/NAME`, an address, or an object with `namespace`, `pod`,
//! `workload` and `address`.

use serde_json::Value;

use super::{Flow, FlowEnd, port, protocol};
use crate::ports::Protocol;

pub(super) fn flow(value: &Value, line: usize) -> Result<Option<Flow>, String> {
    let end = |field: &str| -> Result<FlowEnd, String> {
        match value.get(field) {
            None => Err(format!("there is no {field}")),
            Some(Value::String(text)) => FlowEnd::parse(text).ok_or_else(|| {
                format!("{field} {text:?} is neither NAMESPACE/NAME nor an address")
            }),
            Some(Value::Object(object)) => {
                let text = |key: &str| -> Result<Option<String>, String> {
                    match object.get(key) {
                        None | Some(Value::Null) => Ok(None),
                        Some(Value::String(text)) => Ok(Some(text.clone())),
                        Some(other) => Err(format!("{field}.{key} is no string: {other}")),
                    }
                };
                let address = match text("address")? {
                    None => None,
                    Some(text) => {
                        Some(text.parse().map_err(|_| format!("{text:?} is no address"))?)
                    }
                };
                let (namespace, pod, workload) =
                    (text("namespace")?, text("pod")?, text("workload")?);
                if pod.is_none() && workload.is_none() && address.is_none() {
                    return Err(format!("{field} names no pod, workload or address"));
                }
                Ok(FlowEnd { namespace, pod, workload, address })
            }
            Some(other) => Err(format!("{field} is neither a string nor an object: {other}")),
        }
    };
    let protocol = match value.get("protocol") {
        None | Some(Value::Null) => Protocol::Tcp,
        Some(name) => {
            let name = name.as_str().ok_or_else(|| format!("protocol is no string: {name}"))?;
            match protocol(name) {
                Some(protocol) => protocol,
                None if name.to_ascii_lowercase().starts_with("icmp") => return Ok(None),
                None => return Err(format!("{name:?} is no protocol: TCP, UDP or SCTP")),
            }
        }
    };
    let number = value.get("port").ok_or("there is no port")?;
    let number = number.as_u64().ok_or_else(|| format!("port is no number: {number}"))?;
    let (from, to) = (end("source")?, end("destination")?);
    Ok(Some(Flow { from, to, protocol, port: port(number)?, line }))
}
