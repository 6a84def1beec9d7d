//! Whether a version serves a kind in a group version, and what to write where it does not.
//!
//! Source: the kinds of each release's OpenAPI document, and the lifecycles declared in
//! `zz_generated.prerelease-lifecycle.go`, which Kubernetes' deprecation guide is written from.

use std::fmt;

use crate::Schema;
use crate::table::{KindRow, Table};
use crate::version::Version;

/// A kind in a group version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api {
    /// Group and version as in `apiVersion`.
    pub api_version: &'static str,
    /// Kind.
    pub kind: &'static str,
}

impl fmt::Display for Api {
    /// `apps/v1 Deployment`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version, self.kind)
    }
}

/// How an API version stands in a Kubernetes version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiStatus {
    /// Served. Alpha and beta APIs may have to be switched on.
    Current,
    /// Served, and the server answers with a warning.
    Deprecated {
        /// Since when.
        since: Version,
        /// From when on it is no longer served, where that is declared.
        removed: Option<Version>,
        /// What to write instead, if the version serves it.
        replacement: Option<Api>,
    },
    /// No longer served.
    Removed {
        /// Since when.
        since: Version,
        /// What to write instead, if the version serves it.
        replacement: Option<Api>,
    },
    /// Served only by later versions.
    NotYet {
        /// From when on.
        since: Version,
    },
    /// In a group of Kubernetes' own but unknown there, or a kind of Kubernetes' own in a group
    /// that does not exist.
    Unknown {
        /// What may be meant.
        suggestion: Option<Api>,
    },
    /// In a group that is not Kubernetes' own: a custom resource or an extension API server's.
    Custom,
}

/// Kinds written with `apiVersion: v1` that are not for a Kubernetes API server: kubeconfig files,
/// and OpenShift's kinds from before it had groups.
const NOT_THE_SERVERS: &[&str] = &[
    "Build",
    "BuildConfig",
    "Config",
    "DeploymentConfig",
    "ImageStream",
    "ImageStreamTag",
    "OAuthClient",
    "Project",
    "Route",
    "SecurityContextConstraints",
    "Template",
];

impl Schema {
    /// How a kind in a group version stands in this version.
    pub fn api_status(self, api_version: &str, kind: &str) -> ApiStatus {
        let rows = self.table.kind(api_version, kind);
        if let Some(row) = rows.iter().find(|row| row.range.contains(self.version)) {
            return match row.deprecated.filter(|since| *since <= self.version.minor()) {
                Some(since) if row.definition.is_some() => ApiStatus::Deprecated {
                    since: Version::at(since),
                    removed: removed(row),
                    replacement: self.replacement(row),
                },
                _ => ApiStatus::Current,
            };
        }
        if let Some(row) = rows.iter().find(|row| row.range.since > self.version.minor()) {
            return ApiStatus::NotYet { since: Version::at(row.range.since) };
        }
        if let Some(row) = rows.last() {
            return ApiStatus::Removed {
                since: Version::at(row.range.until),
                replacement: self.replacement(row),
            };
        }
        self.unregistered(api_version, kind)
    }

    /// The first API in the chain of replacements that this version serves.
    fn replacement(self, row: &KindRow) -> Option<Api> {
        let mut next = row.replacement;
        // The longest chain (extensions, policy, nothing) has two links.
        for _ in 0..4 {
            let (api_version, kind) = next?;
            let rows = self.table.kind(api_version, kind);
            if rows.iter().any(|row| self.serves(row)) {
                return Some(Api { api_version, kind });
            }
            next = rows.last()?.replacement;
        }
        None
    }

    fn serves(self, row: &KindRow) -> bool {
        row.definition.is_some() && row.range.contains(self.version)
    }

    /// A kind that no covered version registers under its group version.
    fn unregistered(self, api_version: &str, kind: &str) -> ApiStatus {
        // The reader takes lists apart; what is left of one is an empty list.
        if let Some(item) = kind.strip_suffix("List")
            && (api_version == "v1" && item.is_empty()
                || !self.table.kind(api_version, item).is_empty())
        {
            return ApiStatus::Current;
        }
        if api_version == "v1" && NOT_THE_SERVERS.contains(&kind) {
            return ApiStatus::Custom;
        }
        let group = group_of(api_version);
        let own = api_version == "v1"
            || !group.is_empty()
                && self.table.kinds.iter().any(|row| group_of(row.api_version) == group);
        // A kind of Kubernetes' own in a group that is almost one of its own (`networking.k8.io`),
        // or that no custom resource can have, for want of a dot (apiextensions'
        // ValidateCustomResourceDefinition), is a slip and not a custom resource.
        let slip = || {
            self.table.kinds.iter().any(|row| {
                row.kind == kind
                    && self.serves(row)
                    && (!group.contains('.')
                        || strsim::osa_distance(group_of(row.api_version), group) <= 2)
            })
        };
        if own || slip() {
            return ApiStatus::Unknown { suggestion: self.suggest(api_version, kind) };
        }
        ApiStatus::Custom
    }

    /// The served API that is written most like the one given.
    fn suggest(self, api_version: &str, kind: &str) -> Option<Api> {
        let served = self.table.kinds.iter().filter(|row| self.serves(row));
        let distance = |row: &&KindRow| {
            let kinds = if row.kind.eq_ignore_ascii_case(kind) {
                0
            } else {
                strsim::osa_distance(row.kind, kind)
            };
            // A stable version before others of the kind.
            let unstable = row.api_version.contains("alpha") || row.api_version.contains("beta");
            (kinds, unstable, strsim::osa_distance(row.api_version, api_version))
        };
        served
            .min_by_key(distance)
            .filter(|row| distance(row).0 <= 2)
            .map(|row| Api { api_version: row.api_version, kind: row.kind })
    }

    /// Rows of the kind that this version serves, for the validator.
    pub(crate) fn served(self, api_version: &str, kind: &str) -> Option<&'static KindRow> {
        let table: &'static Table = self.table;
        table.kind(api_version, kind).iter().find(|row| self.serves(row))
    }
}

/// When a served API goes: declared, or seen in a later release.
fn removed(row: &KindRow) -> Option<Version> {
    let seen = Some(row.range.until).filter(|until| *until <= Version::LATEST.minor());
    seen.or(row.removed).map(Version::at)
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(version: &str, api_version: &str, kind: &str) -> ApiStatus {
        Schema::of(version.parse().expect(version)).api_status(api_version, kind)
    }

    fn api(api_version: &'static str, kind: &'static str) -> Option<Api> {
        Some(Api { api_version, kind })
    }

    /// Rows of <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.
    #[test]
    fn the_deprecation_guide_holds() {
        for (version, from, kind, to) in [
            (
                32,
                "flowcontrol.apiserver.k8s.io/v1beta3",
                "FlowSchema",
                Some("flowcontrol.apiserver.k8s.io/v1"),
            ),
            (
                29,
                "flowcontrol.apiserver.k8s.io/v1beta2",
                "FlowSchema",
                Some("flowcontrol.apiserver.k8s.io/v1"),
            ),
            (26, "autoscaling/v2beta2", "HorizontalPodAutoscaler", Some("autoscaling/v2")),
            (25, "batch/v1beta1", "CronJob", Some("batch/v1")),
            (25, "discovery.k8s.io/v1beta1", "EndpointSlice", Some("discovery.k8s.io/v1")),
            (25, "events.k8s.io/v1beta1", "Event", Some("events.k8s.io/v1")),
            (25, "policy/v1beta1", "PodDisruptionBudget", Some("policy/v1")),
            (25, "policy/v1beta1", "PodSecurityPolicy", None),
            (25, "node.k8s.io/v1beta1", "RuntimeClass", Some("node.k8s.io/v1")),
            (
                22,
                "admissionregistration.k8s.io/v1beta1",
                "ValidatingWebhookConfiguration",
                Some("admissionregistration.k8s.io/v1"),
            ),
            (
                22,
                "apiextensions.k8s.io/v1beta1",
                "CustomResourceDefinition",
                Some("apiextensions.k8s.io/v1"),
            ),
            (22, "apiregistration.k8s.io/v1beta1", "APIService", Some("apiregistration.k8s.io/v1")),
            (
                22,
                "certificates.k8s.io/v1beta1",
                "CertificateSigningRequest",
                Some("certificates.k8s.io/v1"),
            ),
            (22, "coordination.k8s.io/v1beta1", "Lease", Some("coordination.k8s.io/v1")),
            (22, "extensions/v1beta1", "Ingress", Some("networking.k8s.io/v1")),
            (22, "networking.k8s.io/v1beta1", "Ingress", Some("networking.k8s.io/v1")),
            (22, "networking.k8s.io/v1beta1", "IngressClass", Some("networking.k8s.io/v1")),
            (
                22,
                "rbac.authorization.k8s.io/v1beta1",
                "ClusterRole",
                Some("rbac.authorization.k8s.io/v1"),
            ),
            (22, "scheduling.k8s.io/v1beta1", "PriorityClass", Some("scheduling.k8s.io/v1")),
            (22, "storage.k8s.io/v1beta1", "StorageClass", Some("storage.k8s.io/v1")),
        ] {
            let removed = ApiStatus::Removed {
                since: Version::at(version),
                replacement: to.map(|api_version| Api { api_version, kind }),
            };
            assert_eq!(status("latest", from, kind), removed, "{from} {kind}");
            let before = Schema::of(Version::at(version - 1)).api_status(from, kind);
            assert!(
                matches!(before, ApiStatus::Deprecated { removed: Some(at), .. } if at == Version::at(version)),
                "{from} {kind} before: {before:?}"
            );
        }
        for (from, kind, to) in [
            ("extensions/v1beta1", "Deployment", "apps/v1"),
            ("extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"),
            ("apps/v1beta1", "StatefulSet", "apps/v1"),
            ("apps/v1beta2", "DaemonSet", "apps/v1"),
        ] {
            let removed = ApiStatus::Removed {
                since: Version::at(16),
                replacement: Some(Api { api_version: to, kind }),
            };
            assert_eq!(status("1.20", from, kind), removed, "{from} {kind}");
        }
    }

    #[test]
    fn replacements_are_ones_that_the_version_serves() {
        assert_eq!(
            status("1.24", "extensions/v1beta1", "PodSecurityPolicy"),
            ApiStatus::Removed {
                since: Version::at(16),
                replacement: api("policy/v1beta1", "PodSecurityPolicy")
            }
        );
        assert_eq!(
            status("1.25", "extensions/v1beta1", "PodSecurityPolicy"),
            ApiStatus::Removed { since: Version::at(16), replacement: None }
        );
        assert_eq!(
            status("1.26", "flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema"),
            ApiStatus::Removed {
                since: Version::at(26),
                replacement: api("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema")
            }
        );
        for version in Version::all() {
            let schema = Schema::of(version);
            for row in &schema.table.kinds {
                match schema.api_status(row.api_version, row.kind) {
                    ApiStatus::Deprecated { replacement: Some(api), .. }
                    | ApiStatus::Removed { replacement: Some(api), .. } => {
                        let there = schema.served(api.api_version, api.kind);
                        assert!(there.is_some(), "{version}: {row:?} to {api}");
                    }
                    ApiStatus::Unknown { .. } | ApiStatus::Custom => panic!("{row:?} is known"),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn what_is_served_is_told_from_what_never_was() {
        assert_eq!(status("1.30", "apps/v1", "Deployment"), ApiStatus::Current);
        assert_eq!(status("1.30", "apps/v1", "DeploymentList"), ApiStatus::Current);
        assert_eq!(status("1.30", "v1", "List"), ApiStatus::Current);
        assert_eq!(
            status("1.22", "autoscaling/v2", "HorizontalPodAutoscaler"),
            ApiStatus::NotYet { since: Version::at(23) }
        );
        assert_eq!(status("1.30", "cert-manager.io/v1", "Certificate"), ApiStatus::Custom);
        assert_eq!(status("1.30", "crd.projectcalico.org/v1", "NetworkPolicy"), ApiStatus::Custom);
        assert_eq!(status("1.30", "gateway.networking.k8s.io/v1", "Gateway"), ApiStatus::Custom);
        assert_eq!(status("1.30", "v1", "Config"), ApiStatus::Custom);
        assert_eq!(status("1.30", "skaffold/v4beta6", "Config"), ApiStatus::Custom);
        assert_eq!(status("1.30", "audit.k8s.io/v1", "Policy"), ApiStatus::Custom);
        for (written, kind, meant) in [
            ("apps/v1", "Deploymnt", api("apps/v1", "Deployment")),
            ("v1", "Deployment", api("apps/v1", "Deployment")),
            ("v1", "pod", api("v1", "Pod")),
            ("app/v1", "Deployment", api("apps/v1", "Deployment")),
            ("apps", "Deployment", api("apps/v1", "Deployment")),
            ("networking/v1", "NetworkPolicy", api("networking.k8s.io/v1", "NetworkPolicy")),
            ("networking.k8.io/v1", "NetworkPolicy", api("networking.k8s.io/v1", "NetworkPolicy")),
            ("rbac.authorization.k8s.io/v2", "Role", api("rbac.authorization.k8s.io/v1", "Role")),
            ("apps/v1", "Gizmo", None),
        ] {
            let unknown = ApiStatus::Unknown { suggestion: meant };
            assert_eq!(status("1.30", written, kind), unknown, "{written} {kind}");
        }
    }
}
