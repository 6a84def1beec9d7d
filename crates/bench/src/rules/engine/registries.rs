//! Whether images come over TLS that is checked, whatever file an engine is told otherwise in.

use toml_edit::{Item, TableLike};

use super::{Engine, IMAGES, Running, docker, each, item_in, tables_in, text};
use crate::context::Cx;
use crate::evidence::host::{Host, Unread};
use crate::evidence::toml::Layers;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::is_localhost;

/// Where containerd looks for the files of registries unless it is told otherwise.
const HOSTS: &str = "/etc/containerd/certs.d";

/// A registry that is reached without TLS or without checking its certificate: what says so, and
/// in which file.
struct Weak {
    what: String,
    file: String,
}

impl Weak {
    fn new(what: impl Into<String>, file: impl Into<String>) -> Self {
        Weak { what: what.into(), file: file.into() }
    }
}

/// No registry is reached without TLS, or without checking its certificate.
pub fn checked(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let weak = match one.engine {
            Engine::Containerd => containerd(host, &one.layers(host)?)?,
            Engine::Crio => crio(host, one)?,
            Engine::Docker => {
                let names = docker::values(host, one, "insecure-registries", "insecure-registry")?;
                let weak = |name| Weak::new(format!("{name}: insecure"), one.configuration());
                names.into_iter().map(weak).collect()
            }
        };
        Ok(if weak.is_empty() {
            Outcome::pass("no registry is set up without TLS").with([Evidence::new(
                "registries without TLS",
                None,
                OriginKind::File,
                one.configuration(),
            )])
        } else {
            let all: Vec<&str> = weak.iter().map(|one| one.what.as_str()).collect();
            Outcome::fail(format!("registries without TLS or checking: {}", all.join("; ")))
        }
        .with(
            weak.into_iter()
                .map(|one| Evidence::new("registry", one.what, OriginKind::File, one.file)),
        ))
    })
}

/// Whether a URL is one without TLS, of another machine.
fn is_plain(url: &str) -> bool {
    let host = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    host.is_some_and(|host| !is_localhost(host))
}

fn containerd(host: &Host, layers: &Layers) -> Result<Vec<Weak>, Unread> {
    let mut weak = Vec::new();
    let mut folders = vec![HOSTS.to_owned()];
    if let Some((_, item)) = item_in(layers, IMAGES, &["registry", "config_path"])? {
        let told = item.as_str().into_iter().flat_map(|all| all.split(':'));
        folders.extend(told.filter(|folder| !folder.is_empty()).map(str::to_owned));
    }
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        for name in host.list(&folder)?.unwrap_or_default() {
            weak.extend(hosts(host, &name, &format!("{folder}/{name}/hosts.toml"))?);
        }
    }
    for name in tables_in(layers, IMAGES, &["registry", "configs"]) {
        let path = ["registry", "configs", name, "tls", "insecure_skip_verify"];
        if let Some((file, item)) = item_in(layers, IMAGES, &path)?
            && item.as_bool() == Some(true)
        {
            weak.push(Weak::new(format!("{name}: insecure_skip_verify = true"), file));
        }
    }
    for name in tables_in(layers, IMAGES, &["registry", "mirrors"]) {
        let path = ["registry", "mirrors", name, "endpoint"];
        let Some((file, item)) = item_in(layers, IMAGES, &path)? else { continue };
        let urls = item.as_array().into_iter().flatten().filter_map(|url| url.as_str());
        let plain = urls.filter(|url| is_plain(url));
        weak.extend(plain.map(|url| Weak::new(format!("{name}: {url}"), file)));
    }
    Ok(weak)
}

/// A `hosts.toml`: the registry itself at the top, and its mirrors in `host`
/// (`docs/hosts.md` of containerd).
fn hosts(host: &Host, name: &str, path: &str) -> Result<Vec<Weak>, Unread> {
    let layers = Layers::file(host, path)?;
    let mut weak = Vec::new();
    if let Some(url) = text(&layers, &["server"])?.filter(|url| is_plain(url)) {
        weak.push(Weak::new(format!("{name}: {url}"), path));
    }
    let skips = |at: &[&str]| -> Result<bool, Unread> {
        Ok(layers.get(at)?.and_then(|(_, item)| item.as_bool()) == Some(true))
    };
    if skips(&["skip_verify"])? {
        weak.push(Weak::new(format!("{name}: skip_verify = true"), path));
    }
    for url in layers.names(&["host"]) {
        if is_plain(url) {
            weak.push(Weak::new(format!("{name}: {url}"), path));
        }
        if skips(&["host", url, "skip_verify"])? {
            weak.push(Weak::new(format!("{name}: skip_verify = true for {url}"), path));
        }
    }
    Ok(weak)
}

/// CRI-O's own list, and `registries.conf` with its drop-ins, which it shares with Podman
/// (containers-registries.conf(5)).
fn crio(host: &Host, one: &Running) -> Result<Vec<Weak>, Unread> {
    let mut weak = Vec::new();
    for name in one.arguments.list("insecure-registry").unwrap_or_default() {
        weak.push(Weak::new(format!("{name}: insecure"), format!("pid {}", one.process.pid)));
    }
    if let Some((file, item)) = one.layers(host)?.get(&["crio", "image", "insecure_registries"])? {
        for name in item.as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
            weak.push(Weak::new(format!("{name}: insecure"), file));
        }
    }
    let mut files = vec!["/etc/containers/registries.conf".to_owned()];
    let folder = "/etc/containers/registries.conf.d";
    let names = host.list(folder)?.unwrap_or_default();
    let names = names.iter().filter(|name| name.ends_with(".conf"));
    files.extend(names.map(|name| format!("{folder}/{name}")));
    for path in files {
        let layers = Layers::file(host, &path)?;
        let insecure =
            |item: &dyn TableLike| item.get("insecure").and_then(Item::as_bool) == Some(true);
        let text = |item: &dyn TableLike, key: &str| {
            item.get(key).and_then(Item::as_str).unwrap_or("?").to_owned()
        };
        if let Some((file, item)) = layers.get(&["registry"])? {
            for registry in item.as_array_of_tables().into_iter().flatten() {
                let name = match registry.get("prefix") {
                    Some(_) => text(registry, "prefix"),
                    None => text(registry, "location"),
                };
                if insecure(registry) {
                    weak.push(Weak::new(format!("{name}: insecure"), file));
                }
                let mirrors = registry.get("mirror").and_then(Item::as_array_of_tables);
                for mirror in mirrors.into_iter().flatten().filter(|mirror| insecure(*mirror)) {
                    let mirror = text(mirror, "location");
                    weak.push(Weak::new(format!("{name}: mirror {mirror} is insecure"), file));
                }
            }
        }
        // The first version of the file.
        if let Some((file, item)) = layers.get(&["registries", "insecure", "registries"])? {
            for name in item.as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
                weak.push(Weak::new(format!("{name}: insecure"), file));
            }
        }
    }
    Ok(weak)
}
