//! Whether images come over TLS that is checked, whatever file an engine is told otherwise in.

use toml_edit::{Item, TableLike};

use super::engine::{Engine, docker_list, each, layers, setting};
use crate::context::Cx;
use crate::evidence::host::Host;
use crate::evidence::toml::Layers;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

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
            Engine::Containerd => containerd(host, &layers(host, one)?)?,
            Engine::Crio => crio(host, &layers(host, one)?)?,
            Engine::Docker => docker_list(host, one, "insecure-registries", "insecure-registry")?
                .into_iter()
                .map(|name| Weak::new(format!("{name}: insecure"), Engine::Docker.configuration()))
                .collect(),
        };
        Ok(if weak.is_empty() {
            Outcome::pass("no registry is set up without TLS")
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

/// Both parts of containerd's configuration that may speak of registries, of version 2 and 3.
const IMAGES: &[&[&str]] = &[
    &["plugins", "io.containerd.grpc.v1.cri", "registry"],
    &["plugins", "io.containerd.cri.v1.images", "registry"],
];

fn containerd(host: &Host, layers: &Layers) -> Result<Vec<Weak>, Outcome> {
    let mut weak = Vec::new();
    let mut folders = vec![HOSTS.to_owned()];
    for base in IMAGES {
        let at = |key| setting(layers, &[*base, &[key]].concat());
        if let Some((_, item)) = at("config_path")? {
            folders.extend(
                item.as_str().into_iter().flat_map(|all| all.split(':')).map(str::to_owned),
            );
        }
        if let Some((file, item)) = at("configs")? {
            for (name, item) in tables(item) {
                let skips = item.get("tls").and_then(|tls| tls.get("insecure_skip_verify"));
                if skips.and_then(Item::as_bool) == Some(true) {
                    weak.push(Weak::new(format!("{name}: insecure_skip_verify = true"), file));
                }
            }
        }
        if let Some((file, item)) = at("mirrors")? {
            for (name, item) in tables(item) {
                let endpoints = item.get("endpoint").and_then(Item::as_array);
                for url in endpoints.into_iter().flatten().filter_map(|url| url.as_str()) {
                    if url.starts_with("http://") {
                        weak.push(Weak::new(format!("{name}: {url}"), file));
                    }
                }
            }
        }
    }
    folders.retain(|folder| !folder.is_empty());
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        for name in host.list(&folder).map_err(|why| unread(&why))?.unwrap_or_default() {
            weak.extend(hosts(host, &name, &format!("{folder}/{name}/hosts.toml"))?);
        }
    }
    Ok(weak)
}

/// A `hosts.toml`: the registry itself at the top, and its mirrors in `host`
/// (`docs/hosts.md` of containerd).
fn hosts(host: &Host, name: &str, path: &str) -> Result<Vec<Weak>, Outcome> {
    let layers = Layers::file(host, path).map_err(|why| unread(&why))?;
    let mut weak = Vec::new();
    let is_true = |item: Option<&Item>| item.and_then(Item::as_bool) == Some(true);
    if let Some((file, item)) = setting(&layers, &["server"])?
        && let Some(url) = item.as_str().filter(|url| url.starts_with("http://"))
    {
        weak.push(Weak::new(format!("{name}: {url}"), file));
    }
    if let Some((file, item)) = setting(&layers, &["skip_verify"])?
        && is_true(Some(item))
    {
        weak.push(Weak::new(format!("{name}: skip_verify = true"), file));
    }
    if let Some((file, item)) = setting(&layers, &["host"])? {
        for (url, item) in tables(item) {
            if url.starts_with("http://") {
                weak.push(Weak::new(format!("{name}: {url}"), file));
            }
            if is_true(item.get("skip_verify")) {
                weak.push(Weak::new(format!("{name}: skip_verify = true for {url}"), file));
            }
        }
    }
    Ok(weak)
}

/// CRI-O's own list, and `registries.conf` with its drop-ins, which it shares with Podman
/// (containers-registries.conf(5)).
fn crio(host: &Host, own: &Layers) -> Result<Vec<Weak>, Outcome> {
    let mut weak = Vec::new();
    if let Some((file, item)) = setting(own, &["crio", "image", "insecure_registries"])? {
        for name in item.as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
            weak.push(Weak::new(format!("{name}: insecure"), file));
        }
    }
    let mut files = vec!["/etc/containers/registries.conf".to_owned()];
    let folder = "/etc/containers/registries.conf.d";
    let names = host.list(folder).map_err(|why| unread(&why))?.unwrap_or_default();
    let names = names.iter().filter(|name| name.ends_with(".conf"));
    files.extend(names.map(|name| format!("{folder}/{name}")));
    for path in files {
        let layers = Layers::file(host, &path).map_err(|why| unread(&why))?;
        let insecure =
            |item: &dyn TableLike| item.get("insecure").and_then(Item::as_bool) == Some(true);
        let text = |item: &dyn TableLike, key: &str| {
            item.get(key).and_then(Item::as_str).unwrap_or("?").to_owned()
        };
        if let Some((file, item)) = setting(&layers, &["registry"])? {
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
        if let Some((file, item)) = setting(&layers, &["registries", "insecure", "registries"])? {
            for name in item.as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
                weak.push(Weak::new(format!("{name}: insecure"), file));
            }
        }
    }
    Ok(weak)
}

fn tables(item: &Item) -> impl Iterator<Item = (&str, &Item)> {
    item.as_table_like().into_iter().flat_map(TableLike::iter)
}
