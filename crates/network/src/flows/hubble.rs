//! Cilium's Hubble, as `hubble observe -o json` and the exporter write it
//! (`api/v1/flow/flow.proto`). Replies and drops are no connections to permit.

use serde_json::Value;

use super::{Flow, FlowEnd, port};
use crate::ports::Protocol;

pub(super) fn flow(value: &Value, line: usize) -> Result<Option<Flow>, String> {
    let flow = value.get("flow").unwrap_or(value);
    let reply = flow.get("is_reply").and_then(Value::as_bool) == Some(true)
        || flow.get("reply").and_then(Value::as_bool) == Some(true);
    let verdict = flow.get("verdict").and_then(Value::as_str).unwrap_or("FORWARDED");
    if reply || !matches!(verdict, "FORWARDED" | "AUDIT" | "REDIRECTED" | "TRACED" | "TRANSLATED") {
        return Ok(None);
    }
    let Some(l4) = flow.get("l4") else { return Ok(None) };
    let found = Protocol::ALL.into_iter().find_map(|protocol| {
        Some((protocol, l4.get(protocol.name())?.get("destination_port")?.as_u64()?))
    });
    let Some((protocol, number)) = found else { return Ok(None) };
    let end = |field: &str| -> Result<FlowEnd, String> {
        let endpoint = flow.get(field);
        let text = |key: &str| {
            let text = endpoint.and_then(|end| end.get(key)).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let workload = endpoint
            .and_then(|end| end.get("workloads"))
            .and_then(|list| list.get(0))
            .and_then(|workload| workload.get("name"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let address = flow.get("IP").and_then(|ip| ip.get(field)).and_then(Value::as_str);
        let address = match address.filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| format!("{text:?} is no address"))?),
        };
        Ok(FlowEnd { namespace: text("namespace"), pod: text("pod_name"), workload, address })
    };
    let (from, to) = (end("source")?, end("destination")?);
    Ok(Some(Flow { from, to, protocol, port: port(number)?, line }))
}
