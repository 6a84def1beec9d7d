//! Which network plugin runs, and whether it enforces NetworkPolicies.

use seawall_model::ObjectKind;

use crate::context::Cx;
use crate::distribution::{self, File};
use crate::evidence::document;
use crate::evidence::host::Host;
use crate::outcome::{Evidence, OriginKind, Outcome, Verdict};
use crate::setting::unread;

/// Network plugins by a word in their configuration's name and types, and whether they enforce
/// NetworkPolicies. The first that is found counts: Calico and the like stand before what they
/// build upon.
const PLUGINS: &[(&str, bool)] = &[
    ("calico", true),
    ("canal", true),
    ("cilium", true),
    ("antrea", true),
    ("ovn-k8s", true),
    ("kube-router", true),
    ("weave", true),
    ("romana", true),
    ("kindnet", true),
    ("flannel", false),
    ("bridge", false),
    ("ptp", false),
    ("macvlan", false),
    ("ipvlan", false),
];

/// The DaemonSets that enforce NetworkPolicies, by name: others that bear a plugin's name watch or
/// measure it.
const AGENTS: &[&str] = &[
    "anetd",
    "antrea-agent",
    "azure-npm",
    "calico-node",
    "canal",
    "cilium",
    "kindnet",
    "kube-router",
    "ovnkube-node",
    "rke2-canal",
    "weave-net",
];

/// The network plugin enforces NetworkPolicies.
pub fn enforces(cx: &Cx<'_>) -> Outcome {
    let sets = cx.input.inventory.into_iter().flat_map(|i| i.of_kind(ObjectKind::DaemonSet));
    if let Some(set) = sets.into_iter().find(|set| AGENTS.contains(&set.name())) {
        let name = set.name().to_owned();
        let place = set.id().to_string();
        return Outcome::pass(format!("{name} enforces NetworkPolicies")).with([Evidence::new(
            "DaemonSet",
            name,
            OriginKind::Object,
            place,
        )]);
    }
    let found = match cx.input.host.map(|host| configured(cx, host)) {
        Some(Err(outcome)) => return outcome,
        Some(Ok(found)) => found,
        None => None,
    };
    let Some((path, words)) = found else {
        if cx.input.inventory.is_none() {
            return Outcome::unknown("no network plugin was found");
        }
        return Outcome::manual("Which network plugin runs, and does it enforce NetworkPolicies?");
    };
    let evidence = Evidence::new("network plugin", words.join(","), OriginKind::File, path);
    let known = PLUGINS.iter().find(|(plugin, _)| words.iter().any(|word| word.contains(plugin)));
    match known {
        None => Outcome::manual("Which network plugin runs, and does it enforce NetworkPolicies?"),
        Some((plugin, true)) => Outcome::pass(format!("{plugin} enforces NetworkPolicies")),
        Some((plugin, false)) => {
            let host = cx
                .input
                .host
                .map(|host| distribution::enforces_policies(host, &cx.processes, cx.platform));
            match host {
                Some(Err(why)) => unread(&why),
                Some(Ok(None)) => Outcome::manual(
                    "k3s enforces NetworkPolicies itself: is it started without \
                     --disable-network-policy?",
                ),
                Some(Ok(Some(true))) => {
                    Outcome::pass(format!("{} enforces NetworkPolicies itself", cx.platform))
                }
                Some(Ok(Some(false))) | None => {
                    Outcome::fail(format!("{plugin} does not enforce NetworkPolicies"))
                }
            }
        }
    }
    .with([evidence])
}

/// The configuration of CNI that counts, with its names and types: the first in the order of names
/// (go-cni `opts.go`, `loadFromConfDir`).
fn configured(cx: &Cx<'_>, host: &Host) -> Result<Option<(String, Vec<String>)>, Outcome> {
    let directories = match cx.files(File::Cni) {
        Ok(directories) => directories,
        Err(outcome) if outcome.verdict == Verdict::NotApplicable => return Ok(None),
        Err(outcome) => return Err(outcome),
    };
    for directory in directories {
        for name in host.list(&directory).map_err(|why| unread(&why))?.unwrap_or_default() {
            if ![".conf", ".conflist", ".json"].iter().any(|end| name.ends_with(end)) {
                continue;
            }
            let path = format!("{directory}/{name}");
            let mut words = vec![name];
            if let Some(document) = document::of_file(host, &path).map_err(|why| unread(&why))? {
                let named = document.root().descendants().filter(|node| {
                    node.key().is_some_and(|key| matches!(key.text(), "type" | "name"))
                });
                words.extend(named.map(|node| node.text().to_owned()));
            }
            return Ok(Some((path, words)));
        }
    }
    Ok(None)
}
