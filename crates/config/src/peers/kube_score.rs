//! kube-score: `kube-score/ignore: a,b` in the annotations of an object or of its pods
//! (`scorecard/enabled.go` of zegl/kube-score). It has no file to configure it.

use seawall_model::Peer;

use super::{Found, Reading};
use crate::keys::Entry;

const PEER: Peer = Peer::KubeScore;

/// Checks that go with another (`impliedIgnoreAnnotations` in `scorecard/scorecard.go`).
const IMPLIED: [(&str, &str); 1] =
    [("container-resources", "container-ephemeral-storage-request-and-limit")];

pub(super) fn entry(entry: &Entry<'_>, reading: &mut Reading) {
    if entry.is_label || entry.key.text() != "kube-score/ignore" {
        return;
    }
    let ids = entry.value.text().split(',').map(str::trim).filter(|id| !id.is_empty());
    for id in ids {
        let location = entry.key.location();
        let implied = IMPLIED.iter().find(|(first, _)| *first == id).map(|(_, other)| *other);
        let rules: Vec<&str> = std::iter::once(id).chain(implied).collect();
        let checks = reading.checks_of_rules(PEER, id, &rules, &location);
        let mut found = Found::of_entry(PEER, entry, "");
        found.what = format!("{id} in `{}` of {}", entry.key.text(), PEER.name());
        reading.add(checks, found);
    }
}
