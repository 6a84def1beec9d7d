//! What is asked about kube-proxy.

use seawall_model::document::Document;
use seawall_model::{Inventory, ObjectKind};

use crate::component::{Component, Instance};
use crate::context::Cx;
use crate::evidence::document::{self, place, text};
use crate::evidence::host::Unread;
use crate::outcome::{Origin, OriginKind, Outcome};
use crate::setting::{Place, Setting, Want, default_origin, unread};

/// Metrics are served to this machine alone.
///
/// With `--config` the file counts, and flags for what it holds are ignored (`cmd/kube-proxy/app/
/// options.go`); without an address it is 127.0.0.1, or `::1` where `bindAddress` is of IPv6
/// (`pkg/proxy/apis/config/v1alpha1/defaults.go`).
pub fn metrics_address(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Proxy, |instance| {
        let Some(path) = instance.arguments.last("config").filter(|path| !path.is_empty()) else {
            return Setting::flag(instance, "metrics-bind-address", Some("127.0.0.1:10249"))
                .judge(Want::Localhost);
        };
        match configuration(cx, instance, path) {
            Ok(document) => of_file(instance, &document).judge(Want::Localhost),
            Err(why) => unread(&why),
        }
    })
}

fn of_file(instance: &Instance, document: &Document) -> Setting {
    let node = document.root().get("metricsBindAddress").filter(|node| !node.text().is_empty());
    Setting {
        item: format!("{} metricsBindAddress", instance.name()),
        value: Ok(Some(node.map_or_else(|| "127.0.0.1:10249".to_owned(), text))),
        origin: match node {
            Some(node) => Origin { kind: OriginKind::File, place: place(node) },
            None => default_origin(instance),
        },
        place: Place::Field {
            file: document.source().name().to_string(),
            field: "metricsBindAddress".to_owned(),
        },
    }
}

/// kube-proxy's file: as its process sees it, or in the ConfigMap that its pod mounts.
fn configuration(cx: &Cx<'_>, instance: &Instance, path: &str) -> Result<Document, Unread> {
    let why = match cx.configuration(instance, path) {
        Ok(document) => return Ok(document),
        Err(why) => why,
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    match cx.input.inventory.and_then(|inventory| in_config_map(inventory, name)) {
        Some(text) => document::all(&format!("ConfigMap kube-system/kube-proxy, {name}"), text)?
            .into_iter()
            .next()
            .ok_or(why),
        None => Err(why),
    }
}

fn in_config_map(inventory: &Inventory, key: &str) -> Option<String> {
    let mut maps = inventory.named(ObjectKind::ConfigMap, Some("kube-system"), "kube-proxy");
    Some(maps.next()?.root().at_path(&["data", key])?.text().to_owned())
}
