//! What is asked about container engines: containerd, CRI-O, and Docker where it runs.

mod audit;
mod docker;
mod network;
mod places;
mod registries;
mod runtime;

pub use audit::audited;
pub use docker::setting as docker;
pub use network::no_network;
pub use places::{configuration, own_partition, socket};
pub use registries::checked as registries;
pub use runtime::{confinement, default_capabilities, privileged_devices, rootless};

use std::collections::BTreeSet;

use toml_edit::Item;

use crate::context::{Cx, either};
use crate::evidence::arguments::Arguments;
use crate::evidence::host::{Host, Unread};
use crate::evidence::process::Process;
use crate::evidence::toml::Layers;
use crate::outcome::Outcome;
use crate::setting::unread;

/// A container engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    Containerd,
    Crio,
    Docker,
}

impl Engine {
    const ALL: [Engine; 3] = [Engine::Containerd, Engine::Crio, Engine::Docker];

    fn program(self) -> &'static str {
        match self {
            Engine::Containerd => "containerd",
            Engine::Crio => "crio",
            Engine::Docker => "dockerd",
        }
    }
}

/// An engine that runs on the node.
struct Running {
    engine: Engine,
    process: Process,
    arguments: Arguments,
}

impl Running {
    /// The file that configures it, as it is told or by default.
    fn configuration(&self) -> &str {
        let (flag, path) = match self.engine {
            Engine::Containerd => ("config", "/etc/containerd/config.toml"),
            Engine::Crio => ("config", "/etc/crio/crio.conf"),
            Engine::Docker => ("config-file", "/etc/docker/daemon.json"),
        };
        self.arguments.last(flag).filter(|told| !told.is_empty()).unwrap_or(path)
    }

    /// The configuration of containerd or CRI-O.
    fn layers(&self, host: &Host) -> Result<Layers, Unread> {
        match self.engine {
            Engine::Crio => {
                let told = self.arguments.last("config-dir");
                let usual = ["/usr/lib/crio/crio.conf.d", "/etc/crio/crio.conf.d"];
                let directories = told.as_slice();
                let directories = if told.is_some() { directories } else { &usual };
                Layers::crio(host, self.configuration(), directories)
            }
            Engine::Containerd | Engine::Docker => Layers::containerd(host, self.configuration()),
        }
    }
}

/// The engines that run.
fn running(cx: &Cx<'_>) -> Result<Vec<Running>, Outcome> {
    cx.host()?;
    let processes = cx.processes.as_ref().map_err(unread)?;
    let mut found = Vec::new();
    for engine in Engine::ALL {
        found.extend(processes.named(engine.program()).map(|process| Running {
            engine,
            process: process.clone(),
            arguments: Arguments::of_engine(process.words.iter().skip(1).map(String::as_str)),
        }));
    }
    if found.is_empty() && processes.contained() {
        return Err(Outcome::unknown(
            "no container engine is seen, but /proc shows only the processes of a container",
        ));
    }
    Ok(found)
}

/// What is found out of each engine that runs, as one outcome.
fn each(
    cx: &Cx<'_>,
    of: &[Engine],
    mut look: impl FnMut(&Host, &Running) -> Result<Outcome, Unread>,
) -> Outcome {
    either(running(cx).and_then(|all| {
        let host = cx.host()?;
        let mine = all.iter().filter(|one| of.contains(&one.engine));
        let outcomes = mine.map(|one| look(host, one).unwrap_or_else(|why| unread(&why)));
        let names: Vec<&str> = of.iter().map(|engine| engine.program()).collect();
        Ok(Outcome::worst(outcomes, &format!("{} does not run here", names.join(" or "))))
    }))
}

/// The sections of containerd's configuration that hold the settings of pods, of its versions 3, 2
/// and 1.
const CRI: &[&[&str]] = &[
    &["plugins", "io.containerd.cri.v1.runtime"],
    &["plugins", "io.containerd.grpc.v1.cri"],
    &["plugins", "cri"],
];
/// The same for images.
const IMAGES: &[&[&str]] = &[
    &["plugins", "io.containerd.cri.v1.images"],
    &["plugins", "io.containerd.grpc.v1.cri"],
    &["plugins", "cri"],
];

/// An item of the first of some sections that has it.
fn item_in<'l>(
    layers: &'l Layers,
    sections: &[&[&str]],
    path: &[&str],
) -> Result<Option<(&'l str, &'l Item)>, Unread> {
    for section in sections {
        if let Some(found) = layers.get(&[*section, path].concat())? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The names of the tables below a path of some sections, in all files, sorted.
fn tables_in<'l>(layers: &'l Layers, sections: &[&[&str]], path: &[&str]) -> BTreeSet<&'l str> {
    sections.iter().flat_map(|section| layers.names(&[*section, path].concat())).collect()
}

/// A text of containerd or CRI-O by its path.
fn text<'l>(layers: &'l Layers, path: &[&str]) -> Result<Option<&'l str>, Unread> {
    Ok(layers.get(path)?.and_then(|(_, item)| item.as_str()))
}
