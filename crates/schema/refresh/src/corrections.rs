//! What the published sources do not say, or say differently from what the API
//! server does; each entry names its proof.

use crate::digest::{Digest, Lifecycle};

/// Fields that the OpenAPI document calls required and the server does not ask
/// for: it has a default, or the zero value of the Go type is valid. Seen by
/// leaving each out of an accepted object on kube-apiserver 1.24, 1.30 and 1.36
/// (`tests/oracle`). The entry holds for every version of the group.
const NOT_ENFORCED: &[(&str, &str, &str)] = &[
    ("apiextensions", "CustomResourceDefinitionVersion", "served"),
    ("apps", "ControllerRevision", "revision"),
    ("apps", "StatefulSetSpec", "serviceName"),
    ("batch", "PodFailurePolicy", "rules"),
    ("batch", "PodFailurePolicyOnPodConditionsPattern", "status"),
    ("core", "Event", "involvedObject"),
    ("core", "HTTPHeader", "value"),
    ("core", "ISCSIPersistentVolumeSource", "lun"),
    ("core", "ISCSIVolumeSource", "lun"),
    ("core", "LimitRangeSpec", "limits"),
    ("core", "PreferredSchedulingTerm", "preference"),
    ("core", "ScaleIOVolumeSource", "secretRef"),
    ("core", "SleepAction", "seconds"),
    ("core", "Sysctl", "value"),
    ("discovery", "EndpointSlice", "endpoints"),
    ("discovery", "ForZone", "name"),
    ("networking", "NetworkPolicySpec", "podSelector"),
    ("rbac", "RoleRef", "apiGroup"),
    ("scheduling", "PriorityClass", "value"),
    ("storage", "CSIDriver", "spec"),
    ("storage", "CSINode", "spec"),
    ("storage", "CSINodeSpec", "drivers"),
    ("storage", "TokenRequest", "audience"),
];

/// An API whose deprecation is not declared in code.
struct Undeclared {
    api: &'static str,
    kind: &'static str,
    deprecated: u8,
    removed: Option<u8>,
    replacement: Option<&'static str>,
}

const UNDECLARED: &[Undeclared] = &[
    // CHANGELOG-1.19: "The componentstatus API is deprecated."
    Undeclared {
        api: "v1",
        kind: "ComponentStatus",
        deprecated: 19,
        removed: None,
        replacement: None,
    },
    // KEP-4974.
    Undeclared {
        api: "v1",
        kind: "Endpoints",
        deprecated: 33,
        removed: None,
        replacement: Some("discovery.k8s.io/v1/EndpointSlice"),
    },
    // CHANGELOG-1.19: dynamic audit configuration removed.
    Undeclared {
        api: "auditregistration.k8s.io/v1alpha1",
        kind: "AuditSink",
        deprecated: 19,
        removed: Some(19),
        replacement: None,
    },
    // CHANGELOG-1.20: PodPreset removed.
    Undeclared {
        api: "settings.k8s.io/v1alpha1",
        kind: "PodPreset",
        deprecated: 20,
        removed: Some(20),
        replacement: None,
    },
];

/// Applies every correction.
pub fn apply(digest: &mut Digest) {
    for (group, name, field) in NOT_ENFORCED {
        digest.make_optional(group, name, field);
    }
    for api in UNDECLARED {
        digest.lifecycles.insert(
            (api.api.to_owned(), api.kind.to_owned()),
            Lifecycle {
                deprecated: Some(api.deprecated),
                removed: api.removed,
                replacement: api.replacement.map(str::to_owned),
            },
        );
    }
    // networking.k8s.io/v1beta1 IngressClass names its own list.
    for ((_, kind), lifecycle) in &mut digest.lifecycles {
        if let Some(replacement) = &mut lifecycle.replacement
            && !kind.ends_with("List")
            && replacement.ends_with("List")
        {
            replacement.truncate(replacement.len() - "List".len());
        }
    }
    digest.infer_replacements();
}
