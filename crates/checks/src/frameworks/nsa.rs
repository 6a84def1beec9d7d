//! NSA/CISA Kubernetes Hardening Guidance.
//!
//! The guidance numbers nothing; the controls and ids are those that kubescape made of it, which
//! is how most people know them.

use super::{Framework, by_checks, elsewhere};

/// The framework.
pub(super) const NSA_CISA: Framework = Framework {
    id: "nsa-cisa",
    title: "NSA/CISA Kubernetes Hardening Guidance 1.2, as kubescape numbers it",
    controls: &[
        by_checks("C-0002", "No rights to run commands in containers"),
        elsewhere(
            "C-0005",
            "API server without an insecure port",
            "the arguments of the API server on each control plane node",
        ),
        by_checks("C-0012", "No credentials in manifests and ConfigMaps"),
        by_checks("C-0013", "Containers run as another user than root"),
        by_checks("C-0016", "No privilege escalation in containers"),
        by_checks("C-0017", "Root file systems can't be written to"),
        by_checks("C-0030", "Traffic into and out of pods is limited"),
        by_checks("C-0034", "Service account tokens only where they are used"),
        by_checks("C-0035", "Few subjects with administrative roles"),
        by_checks("C-0038", "No sharing of the node's process and IPC namespaces"),
        by_checks("C-0041", "No sharing of the node's network"),
        by_checks("C-0044", "No ports of the node"),
        by_checks("C-0046", "No dangerous capabilities"),
        by_checks("C-0054", "Namespaces are closed to each other"),
        by_checks("C-0055", "Linux hardening: seccomp, AppArmor, SELinux, capabilities"),
        by_checks("C-0057", "No privileged containers"),
        by_checks("C-0058", "Kubelets without the symlink flaw CVE-2021-25741"),
        by_checks("C-0059", "ingress-nginx without the snippet flaw CVE-2021-25742"),
        elsewhere(
            "C-0066",
            "Secrets are encrypted in etcd",
            "the encryption configuration of the API server on each control plane node",
        ),
        elsewhere(
            "C-0067",
            "Audit logs are written",
            "the audit arguments and policy of the API server on each control plane node",
        ),
        by_checks("C-0068", "PodSecurityPolicy is replaced"),
        elsewhere(
            "C-0069",
            "Kubelets refuse anonymous requests",
            "the kubelet's arguments and configuration on each node",
        ),
        elsewhere(
            "C-0070",
            "Kubelets check client certificates",
            "the kubelet's arguments and configuration on each node",
        ),
        by_checks("C-0270", "CPU limits are set"),
        by_checks("C-0271", "Memory limits are set"),
        by_checks("C-0292", "No ingress-nginx past its end of life"),
    ],
};
