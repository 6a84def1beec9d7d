//! Calico's flow log: one JSON object a line, `-` where there is nothing, and names that end in `*`
//! where pods are added up.

use serde_json::Value;

use super::{Flow, FlowEnd, port, protocol};

pub(super) fn flow(value: &Value, line: usize) -> Result<Option<Flow>, String> {
    let text = |key: &str| {
        value.get(key).and_then(Value::as_str).filter(|text| !matches!(*text, "" | "-"))
    };
    if text("action").is_some_and(|action| action != "allow") {
        return Ok(None);
    }
    let Some(protocol) = text("proto").and_then(protocol) else { return Ok(None) };
    let number = match value.get("dest_port") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let Some(number) = number else { return Err("there is no dest_port".to_owned()) };
    let end = |side: &str| -> Result<FlowEnd, String> {
        let key = |field: &str| format!("{side}_{field}");
        // Only workload endpoints are pods; `net` and `ns` are addresses, `hep` is a host.
        let is_pod = text(&key("type")) == Some("wep");
        let name = text(&key("name")).or_else(|| text(&key("name_aggr")));
        let address = match text(&key("ip")) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| format!("{text:?} is no address"))?),
        };
        Ok(FlowEnd {
            namespace: text(&key("namespace")).filter(|_| is_pod).map(str::to_owned),
            pod: name.filter(|_| is_pod).map(str::to_owned),
            workload: None,
            address,
        })
    };
    let (from, to) = (end("source")?, end("dest")?);
    Ok(Some(Flow { from, to, protocol, port: port(number)?, line }))
}
