//! What was read from a cluster, in one file that can be carried away and scanned elsewhere.
//!
//! A bundle is a tar archive, compressed with Zstandard. Each object is a member of its own, so
//! that a place in a finding names something that `tar` shows, and what was unpacked is a folder of
//! manifests:
//!
//! ```text
//! objects/<group>/<version>/<resource>/<namespace>/<name>.json    namespaced; the core group is `core`
//! objects/<group>/<version>/<resource>/<name>.json                of the cluster
//! nodes/<name>/configz.json                                       the kubelet's configuration
//! events.jsonl                                                    one Event a line
//! logs/<namespace>/<pod>/<container>.log, ….previous.log          last lines of failing pods
//! bundle.json                                                     the [`Manifest`], last
//! ```

mod read;
mod write;

use serde::{Deserialize, Serialize};

pub(crate) use read::read;
pub use read::{BundleError, inventory, is_bundle};
pub use write::Writer;

/// The format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// The folder of the objects.
pub(crate) const OBJECTS: &str = "objects/";

/// The member that tells of the bundle.
pub(crate) const MANIFEST: &str = "bundle.json";

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path, parts divided by `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// The place of an object in a bundle; `group` is empty for the core group and `namespace` for what
/// belongs to the cluster.
pub fn object_path(
    group: &str,
    version: &str,
    resource: &str,
    namespace: &str,
    name: &str,
) -> String {
    let group = if group.is_empty() { "core" } else { group };
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("{OBJECTS}{group}/{version}/{resource}/{namespace}{slash}{name}.json")
}

/// What a bundle tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The format's number: [`FORMAT`].
    pub format: u32,
    /// The version of Seawall that read the cluster.
    pub seawall: String,
    /// When the reading began, as RFC 3339 in UTC.
    pub collected: String,
    /// The API server's version, such as `v1.36.3`; empty where it did not say.
    pub server_version: String,
    /// The kubeconfig's context; empty inside a cluster.
    pub context: String,
    /// The namespaces asked for; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// What was read, a resource each.
    pub resources: Vec<Resource>,
    /// What was not.
    #[serde(default)]
    pub unread: Vec<Unread>,
}

/// A resource that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version of the group.
    pub version: String,
    /// Plural name, such as `deployments`.
    pub resource: String,
    /// How many objects are in the bundle.
    pub objects: u64,
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// What it is, such as `apps/v1/deployments`.
    pub what: String,
    /// Why, and what would help.
    pub cause: String,
}

/// What stands in the place of an annotation of a Secret that was not kept; the Secret's own values
/// are empty.
pub const REDACTED: &str = "REDACTED";
