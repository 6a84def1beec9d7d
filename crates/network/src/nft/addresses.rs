//! Which pod has which addresses on which node, as a list.
//!
//! Manifests do not say it, and on a node without the API server somebody else must: a CNI plugin's
//! state, a script, a hand. JSON is a list of objects with `namespace`, `pod`, `workload`,
//! `addresses` and `node`; CSV has a heading with `namespace`, `pod`, `workload`, `address` and
//! `node` in any order, and a line for each address. A pod that a template makes is known by its
//! `workload`, `NAME` or `KIND/NAME`.

use std::net::IpAddr;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::flows::cells;
use crate::pods::DEFAULT_NAMESPACE;

/// Most entries of a list.
const MOST: usize = 1_000_000;

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodAddress {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: Option<String>,
    /// The workload that made it: `NAME` or `KIND/NAME`.
    pub workload: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The node that it runs on.
    pub node: Option<String>,
    /// Where the entry stands: the file, and the line or the number of the object.
    pub place: String,
}

/// A list can't be read.
#[derive(Debug, Error)]
#[error("{place}: {why}")]
pub struct AddressListError {
    place: String,
    why: String,
}

/// Reads a list of either notation; `name` is that of the file.
///
/// # Errors
///
/// Where the text is no such list: with the line or the number of the object, and the cause.
pub fn read_addresses(name: &str, text: &str) -> Result<Vec<PodAddress>, AddressListError> {
    let text = text.trim_start_matches('\u{feff}');
    let list = if text.trim_start().starts_with(['[', '{']) {
        json(name, text)?
    } else {
        csv(name, text)?
    };
    if list.len() > MOST {
        let why = format!("more than {MOST} entries");
        return Err(AddressListError { place: name.to_owned(), why });
    }
    Ok(list)
}

fn json(name: &str, text: &str) -> Result<Vec<PodAddress>, AddressListError> {
    let value: Value = serde_json::from_str(text).map_err(|error| AddressListError {
        place: format!("{name}:{}:{}", error.line(), error.column()),
        why: error.to_string(),
    })?;
    let Value::Array(items) = value else {
        let why = "the addresses of pods are a JSON list of objects".to_owned();
        return Err(AddressListError { place: name.to_owned(), why });
    };
    let mut list = Vec::with_capacity(items.len());
    for (number, item) in items.iter().enumerate() {
        let place = format!("{name}: entry {}", number + 1);
        match object(item, &place) {
            Ok(entry) => list.push(entry),
            Err(why) => return Err(AddressListError { place, why }),
        }
    }
    Ok(list)
}

fn object(item: &Value, place: &str) -> Result<PodAddress, String> {
    let Value::Object(fields) = item else { return Err(format!("is no object: {item}")) };
    if let Some(unknown) = fields.keys().find(|key| {
        !matches!(key.as_str(), "namespace" | "pod" | "workload" | "addresses" | "node")
    }) {
        return Err(format!("{unknown:?} is none of namespace, pod, workload, addresses and node"));
    }
    let listed = match fields.get("addresses") {
        Some(Value::Array(items)) if !items.is_empty() => items,
        Some(Value::Array(_)) | None => return Err("there are no addresses".to_owned()),
        Some(other) => return Err(format!("addresses is no list: {other}")),
    };
    let mut addresses = Vec::with_capacity(listed.len());
    for item in listed {
        let text = item.as_str().ok_or_else(|| format!("{item} is no address"))?;
        addresses.push(address(text)?);
    }
    entry(
        text(fields, "namespace")?,
        text(fields, "pod")?,
        text(fields, "workload")?,
        addresses,
        text(fields, "node")?,
        place,
    )
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("{key} is no string: {other}")),
    }
}

fn csv(name: &str, text: &str) -> Result<Vec<PodAddress>, AddressListError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let failed = |number: usize, why: String| AddressListError {
        place: format!("{name}:{}", number + 1),
        why,
    };
    let Some((first, heading)) = lines.next() else {
        return Err(failed(0, "the list is empty: a CSV heading or a JSON list is missing".into()));
    };
    let heading: Vec<String> =
        cells(heading).iter().map(|cell| cell.to_ascii_lowercase()).collect();
    let column = |wanted: &str| heading.iter().position(|cell| cell == wanted);
    let Some(address_column) = column("address") else {
        return Err(failed(first, format!("the heading has no column address: {heading:?}")));
    };
    let mut list = Vec::new();
    for (number, line) in lines {
        let cells = cells(line);
        let cell = |column: Option<usize>| {
            column.and_then(|column| cells.get(column)).filter(|cell| !cell.is_empty()).cloned()
        };
        let place = format!("{name}:{}", number + 1);
        let read = match cell(Some(address_column)) {
            None => Err("there is no address".to_owned()),
            Some(text) => address(&text).and_then(|address| {
                entry(
                    cell(column("namespace")),
                    cell(column("pod")),
                    cell(column("workload")),
                    vec![address],
                    cell(column("node")),
                    &place,
                )
            }),
        };
        list.push(read.map_err(|why| failed(number, why))?);
    }
    Ok(list)
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is no address"))
}

fn entry(
    namespace: Option<String>,
    pod: Option<String>,
    workload: Option<String>,
    addresses: Vec<IpAddr>,
    node: Option<String>,
    place: &str,
) -> Result<PodAddress, String> {
    if pod.is_none() && workload.is_none() {
        return Err("neither a pod nor a workload is named".to_owned());
    }
    Ok(PodAddress {
        namespace: namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()),
        pod,
        workload,
        addresses,
        node,
        place: place.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_say_the_same() {
        let json = r#"[{"namespace": "shop", "pod": "web-1", "workload": "Deployment/web",
            "addresses": ["10.0.0.1", "fd00::1"], "node": "a"}]"#;
        let csv = "node,namespace,pod,workload,address\n# by hand\n\na,shop,web-1,Deployment/web,\
                   10.0.0.1\n\"a\",shop,web-1,Deployment/web,fd00::1\n";
        let json = read_addresses("l", json).expect("it is a list");
        let csv = read_addresses("l", csv).expect("it is a list");
        assert_eq!(json[0].addresses, [csv[0].addresses[0], csv[1].addresses[0]]);
        assert_eq!(json[0].workload, csv[1].workload);
        assert_eq!(csv[1].place, "l:5");
        assert_eq!(csv[1].node.as_deref(), Some("a"));
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_place() {
        for (text, wanted) in [
            ("", "l:1: the list is empty"),
            ("{}", "l: the addresses of pods are a JSON list"),
            ("[1]", "l: entry 1: is no object"),
            ("[{\"pod\": \"a\"}]", "l: entry 1: there are no addresses"),
            ("[{\"pod\": \"a\", \"addresses\": [\"x\"]}]", "l: entry 1: \"x\" is no address"),
            ("[{\"pod\": \"a\", \"address\": \"x\"}]", "\"address\" is none of"),
            ("[{\"addresses\": [\"::1\"]}]", "l: entry 1: neither a pod nor a workload"),
            ("[\n{", "l:2:"),
            ("pod,ip\na,b\n", "l:1: the heading has no column address"),
            ("pod,address\na,10.0.0\n", "l:2: \"10.0.0\" is no address"),
            ("pod,address\na\n", "l:2: there is no address"),
        ] {
            let error = read_addresses("l", text).expect_err(text).to_string();
            assert!(error.contains(wanted), "{text:?}: {error}");
        }
    }
}
