//! Whether an engine answers on the network.

use super::{CRI, Engine, Running, docker, each, item_in, text};
use crate::context::Cx;
use crate::evidence::arguments::boolean;
use crate::evidence::host::{Host, Unread};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::is_localhost;

/// The engine answers on no port of the network.
pub fn no_network(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let open = match one.engine {
            Engine::Containerd => of_containerd(host, one)?,
            Engine::Crio => of_crio(host, one)?,
            Engine::Docker => of_docker(host, one)?,
        };
        let evidence = Evidence::new(
            format!("{} (pid {})", one.engine.program(), one.process.pid),
            if open.is_empty() { "local sockets".to_owned() } else { open.join("; ") },
            OriginKind::File,
            one.configuration(),
        );
        Ok(if open.is_empty() {
            Outcome::pass("it answers on local sockets alone")
        } else {
            Outcome::fail(open.join("; "))
        }
        .with([evidence]))
    })
}

/// Whether an address is one of the network: neither a path nor of this machine.
fn is_open(address: &str) -> bool {
    !address.is_empty() && !address.starts_with('/') && !is_localhost(address)
}

fn of_containerd(host: &Host, one: &Running) -> Result<Vec<String>, Unread> {
    let layers = one.layers(host)?;
    // Who asks clients for certificates knows them.
    let asks = text(&layers, &["grpc", "tcp_tls_ca"])?.is_some_and(|ca| !ca.is_empty());
    let mut open = Vec::new();
    for (path, is_safe) in [
        (&["grpc", "tcp_address"], asks),
        (&["debug", "address"], false),
        (&["metrics", "address"], false),
    ] {
        if let Some(value) = text(&layers, path)?.filter(|value| is_open(value) && !is_safe) {
            open.push(format!("{} is {value}", path.join(".")));
        }
    }
    // Without an address streams are served on all.
    let streams = item_in(&layers, CRI, &["stream_server_address"])?;
    let address = streams.and_then(|(_, item)| item.as_str()).unwrap_or("127.0.0.1");
    let tls = item_in(&layers, CRI, &["enable_tls_streaming"])?;
    if !is_localhost(address) && tls.and_then(|(_, item)| item.as_bool()) != Some(true) {
        open.push(format!("stream_server_address is {address:?}, without TLS"));
    }
    Ok(open)
}

fn of_crio(host: &Host, one: &Running) -> Result<Vec<String>, Unread> {
    let layers = one.layers(host)?;
    let told = |path: &[&str], flag: &str| -> Result<Option<&str>, Unread> {
        Ok(one.arguments.last(flag).or(text(&layers, path)?))
    };
    let mut open = Vec::new();
    let address = told(&["crio", "api", "stream_address"], "stream-address")?;
    if let Some(address) = address.filter(|address| is_open(address)) {
        open.push(format!("stream_address is {address}"));
    }
    let metrics = layers.get(&["crio", "metrics", "enable_metrics"])?;
    let metered = one.arguments.last("enable-metrics") == Some("true")
        || metrics.and_then(|(_, item)| item.as_bool()) == Some(true);
    let address = told(&["crio", "metrics", "metrics_host"], "metrics-host")?;
    if let Some(address) = address.filter(|address| metered && !is_localhost(address)) {
        open.push(format!("metrics_host is {address:?}"));
    }
    Ok(open)
}

fn of_docker(host: &Host, one: &Running) -> Result<Vec<String>, Unread> {
    let verified = docker::value(host, one, "tlsverify")?;
    let verified = verified.as_deref().and_then(boolean) == Some(true);
    let hosts = docker::values(host, one, "hosts", "host")?;
    let plain = hosts.into_iter().filter(|address| {
        // `fd://` and `unix://` are local; an address without a scheme is of TCP.
        !verified && !["fd://", "unix://", "npipe://"].iter().any(|s| address.starts_with(s))
    });
    Ok(plain.map(|address| format!("{address} without tlsverify")).collect())
}
