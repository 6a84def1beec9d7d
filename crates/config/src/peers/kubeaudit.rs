//! kubeaudit: the labels `container.kubeaudit.io/<container>.<id>: reason` and `kubeaudit.io/<id>:
//! reason`, and the older `container.audit.kubernetes.io/<container>.<id>` and
//! `audit.kubernetes.io/pod.<id>` (`pkg/override/override.go` of Shopify/kubeaudit), which it reads
//! from pods, or from objects that have none (`GetLabels` in `pkg/k8s/helpers.go`); the auditors and
//! settings of its configuration (`config/config.go`).

use std::sync::Arc;

use globset::GlobBuilder;
use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Peer, Quantity};

use super::file::{Draft, Rule, Setting};
use super::{Found, Reading};
use crate::decision::{Pattern, Scope};
use crate::exception::Field;
use crate::glob;
use crate::keys::{Entry, Of};

const PEER: Peer = Peer::Kubeaudit;

/// The overrides of the auditors, and the results that they allow.
const OVERRIDES: [(&str, &[&str]); 12] = [
    ("allow-privileged", &["PrivilegedTrue", "PrivilegedNil"]),
    (
        "allow-privilege-escalation",
        &["AllowPrivilegeEscalationNil", "AllowPrivilegeEscalationTrue"],
    ),
    (
        "allow-run-as-root",
        &[
            "RunAsUserCSCRoot",
            "RunAsUserPSCRoot",
            "RunAsNonRootCSCFalse",
            "RunAsNonRootPSCNilCSCNil",
            "RunAsNonRootPSCFalseCSCNil",
        ],
    ),
    (
        "allow-read-only-root-filesystem-false",
        &["ReadOnlyRootFilesystemFalse", "ReadOnlyRootFilesystemNil"],
    ),
    ("allow-disabled-apparmor", &["AppArmorDisabled"]),
    (
        "allow-automount-service-account-token",
        &["AutomountServiceAccountTokenDeprecated", "AutomountServiceAccountTokenTrueAndDefaultSA"],
    ),
    ("allow-namespace-host-network", &["NamespaceHostNetworkTrue"]),
    ("allow-namespace-host-IPC", &["NamespaceHostIPCTrue"]),
    ("allow-namespace-host-PID", &["NamespaceHostPIDTrue"]),
    (
        "allow-non-default-deny-ingress-network-policy",
        &["MissingDefaultDenyIngressNetworkPolicy", "AllowAllIngressNetworkPolicyExists"],
    ),
    (
        "allow-non-default-deny-egress-network-policy",
        &["MissingDefaultDenyEgressNetworkPolicy", "AllowAllEgressNetworkPolicyExists"],
    ),
    ("allow-not-overridden-non-root-user", &["RunAsUserCSCRoot", "RunAsUserPSCRoot"]),
];

/// The results of the auditors, by the auditor's name in the configuration.
const AUDITORS: [(&str, &[&str]); 14] = [
    (
        "apparmor",
        &[
            "AppArmorAnnotationMissing",
            "AppArmorDisabled",
            "AppArmorBadValue",
            "AppArmorInvalidAnnotation",
        ],
    ),
    ("asat", OVERRIDES[5].1),
    (
        "capabilities",
        &["CapabilityAdded", "CapabilityShouldDropAll", "CapabilityOrSecurityContextMissing"],
    ),
    ("deprecatedapis", &["DeprecatedAPIUsed"]),
    ("hostns", &["NamespaceHostNetworkTrue", "NamespaceHostIPCTrue", "NamespaceHostPIDTrue"]),
    ("image", &["ImageTagMissing", "ImageTagIncorrect", "ImageCorrect"]),
    (
        "limits",
        &[
            "LimitsNotSet",
            "LimitsCPUNotSet",
            "LimitsMemoryNotSet",
            "LimitsCPUExceeded",
            "LimitsMemoryExceeded",
        ],
    ),
    ("mounts", &["SensitivePathsMounted"]),
    (
        "netpols",
        &[
            "MissingDefaultDenyIngressAndEgressNetworkPolicy",
            "MissingDefaultDenyIngressNetworkPolicy",
            "MissingDefaultDenyEgressNetworkPolicy",
            "AllowAllIngressNetworkPolicyExists",
            "AllowAllEgressNetworkPolicyExists",
        ],
    ),
    ("nonroot", OVERRIDES[2].1),
    ("privesc", OVERRIDES[1].1),
    ("privileged", OVERRIDES[0].1),
    ("rootfs", OVERRIDES[3].1),
    (
        "seccomp",
        &[
            "SeccompProfileMissing",
            "SeccompDisabledPod",
            "SeccompDisabledContainer",
            "SeccompDeprecatedAnnotations",
        ],
    ),
];

/// Overrides that end with the capability, in lower case and with dashes.
const CAPABILITY: &str = "allow-capability-";
/// Overrides that end with the name of the volume.
const MOUNT: &str = "allow-host-path-mount-";

pub(super) fn entry(entry: &Entry<'_>, reading: &mut Reading) {
    let key = entry.key.text();
    let Some((container, id)) = parse(key).filter(|_| entry.is_label) else { return };
    let location = entry.key.location();
    if entry.of == Of::Object {
        let why = format!(
            "kubeaudit reads `{key}` from the labels of the pods, not from those of the object; it \
             does not hold here"
        );
        return reading.tell(location, why);
    }
    let mut found = Found::of_entry(PEER, entry, reason(entry.value.text()));
    let checks = if let Some(capability) = id.strip_prefix(CAPABILITY) {
        let upper = capability.to_uppercase().replace('-', "_");
        match Pattern::any_of(&[&upper, &upper.to_lowercase()], false) {
            Ok(pattern) => found.bounds.push((Field::Value, pattern)),
            Err(error) => return reading.tell(location, format!("`{key}`: {error}")),
        }
        reading.checks_of_rules(PEER, "allow-capability", &["CapabilityAdded"], &location)
    } else if let Some(volume) = id.strip_prefix(MOUNT) {
        match volume_path(volume) {
            Ok(pattern) => found.bounds.push((Field::Path, pattern)),
            Err(error) => return reading.tell(location, format!("`{key}`: {error}")),
        }
        reading.checks_of_rules(
            PEER,
            "allow-host-path-mount",
            &["SensitivePathsMounted"],
            &location,
        )
    } else {
        match OVERRIDES.iter().find(|(known, _)| *known == id) {
            Some((known, rules)) => reading.checks_of_rules(PEER, known, rules, &location),
            None => reading.checks(PEER, id, &location),
        }
    };
    if let Some(container) = container {
        let mut names = entry.pods.iter().flat_map(Pod::containers).map(|c| c.name);
        // Of a pod with one container, what is said of that is said of the pod.
        let only = names.next() == Some(container) && names.next().is_none();
        let container = (!only).then(|| Box::from(container));
        found.scope = Scope::Object(Arc::clone(entry.object.id()), container);
    }
    reading.add(checks, found);
}

/// The container and the override of a label.
fn parse(key: &str) -> Option<(Option<&str>, &str)> {
    // Before 0.8 a slash stood where now a dot stands.
    let split = |rest: &'_ str| rest.find(['.', '/']);
    for prefix in ["container.kubeaudit.io/", "container.audit.kubernetes.io/"] {
        if let Some(rest) = key.strip_prefix(prefix) {
            let at = split(rest)?;
            return Some((Some(&rest[..at]), &rest[at + 1..]));
        }
    }
    if let Some(id) = key.strip_prefix("kubeaudit.io/") {
        return Some((None, id));
    }
    let rest = key.strip_prefix("audit.kubernetes.io/")?;
    Some((None, &rest[split(rest)? + 1..])).filter(|(_, id)| id.starts_with("allow-"))
}

/// A value of `true` says that there is no reason.
fn reason(value: &str) -> &str {
    if value.eq_ignore_ascii_case("true") { "" } else { value }
}

/// Whatever is wrong with a volume.
fn volume_path(volume: &str) -> Result<Pattern, globset::Error> {
    let glob = format!("*volumes{}*", glob::escaped(&format!("[{volume}]")));
    Ok(Pattern::Glob(GlobBuilder::new(&glob).build()?.compile_matcher()))
}

pub(super) fn is_config(root: Node<'_>) -> bool {
    root.get("enabledAuditors").is_some()
        || root.get("auditors").is_some_and(|auditors| {
            auditors.entries().any(|(key, _)| AUDITORS.iter().any(|(name, _)| *name == key.text()))
        })
}

pub(super) fn config(root: Node<'_>, draft: &mut Draft) {
    for (key, value) in root.entries() {
        match key.text() {
            "enabledAuditors" => {
                for (key, value) in value.entries() {
                    match AUDITORS.iter().find(|(name, _)| *name == key.text()) {
                        Some((_, rules)) if value.as_bool() == Some(false) => {
                            draft.off_each(rules.iter().map(|rule| (key, *rule)));
                        }
                        Some(_) => {}
                        None => {
                            draft.leave(key, &format!("there is no auditor {:?}", key.text()));
                        }
                    }
                }
            }
            "auditors" => value.entries().for_each(|(key, value)| auditor(key, value, draft)),
            other => draft.leave(key, &format!("{other} has no counterpart")),
        }
    }
}

fn auditor(auditor: Node<'_>, node: Node<'_>, draft: &mut Draft) {
    for (key, value) in node.entries() {
        match (auditor.text(), key.text()) {
            // The sample of 0.22 says `add`, the code reads `allowAddList`.
            ("capabilities", "allowAddList" | "add") => {
                for item in value.items() {
                    allowed_capability(item, draft);
                }
            }
            ("image", "image") => {
                draft.set(value, Setting::RequiredImage(value.text().to_owned()));
            }
            ("limits", "cpu" | "memory") => match Quantity::parse(value.text()) {
                Some(_) if key.text() == "cpu" => {
                    draft.set(value, Setting::MaxCpu(value.text().to_owned()));
                }
                Some(_) => draft.set(value, Setting::MaxMemory(value.text().to_owned())),
                None => draft.leave(key, &format!("{:?} is no quantity", value.text())),
            },
            ("deprecatedapis", "targetedVersion") => {
                draft.set(value, Setting::KubernetesVersion(value.text().to_owned()));
            }
            (auditor, key_text) => {
                draft.leave(key, &format!("auditors.{auditor}.{key_text} has no counterpart"));
            }
        }
    }
}

fn allowed_capability(item: Node<'_>, draft: &mut Draft) {
    match Pattern::any_of(&[item.text()], false) {
        Ok(pattern) => draft.rules.push(Rule {
            ids: Some(vec!["CapabilityAdded".to_owned()]),
            bounds: vec![(Field::Value, pattern)],
            labels: Vec::new(),
            reason: String::new(),
            expires: None,
            location: item.location(),
            what: format!("allowAddList {} of kubeaudit", item.text()),
        }),
        Err(error) => draft.refuse(item, &error.to_string()),
    }
}
