//! The control plane in the Kubernetes Hardening Guidance of NSA and CISA (version 1.2, 2022),
//! which numbers nothing: the names are Seawall's.

use super::cis;
use crate::component::Component::ApiServer;
use crate::context::Role;
use crate::control::{Control, Decide, Group, automated, manual};
use crate::rules::{apiserver, authentication, authorization, certificates, etcd, kubelet};

use Decide::With;

/// A control of CIS Kubernetes under a name.
fn like(id: &'static str, of: &str) -> Control {
    let control = cis::control(of).expect("a control of CIS Kubernetes");
    Control { id, ..control }
}

pub(super) fn groups() -> Vec<Group> {
    let control_plane = Some(Role::ControlPlane);
    vec![
        Group {
            title: "API server",
            role: control_plane,
            controls: vec![
                like("api-server-anonymous", "1.2.1"),
                automated(
                    "api-server-insecure-port",
                    "The API server has no insecure port",
                    With(apiserver::insecure_port),
                    "Remove --insecure-port and --insecure-bind-address.",
                ),
                automated(
                    "api-server-tls-version",
                    "The API server speaks no TLS older than 1.2",
                    With(apiserver::tls_version),
                    "Remove --tls-min-version, or set it to VersionTLS12 or VersionTLS13.",
                ),
                like("api-server-cipher-suites", "1.2.29"),
                like("api-server-tls", "1.2.24"),
                automated(
                    "api-server-listens",
                    "A firewall stands before the API server",
                    With(crate::rules::firewall::api_server),
                    "Let the API server's port be reached from your networks alone.",
                ),
            ],
        },
        Group {
            title: "Authentication",
            role: control_plane,
            controls: vec![
                automated(
                    "authentication-methods",
                    "No weak way to log in is in use",
                    With(authentication::methods),
                    "Remove static token and password files, set a client CA for proxy headers, and \
                     require verified claims of OIDC.",
                ),
                automated(
                    "legacy-service-account-tokens",
                    "No service account has a token that never ends",
                    With(authentication::legacy_tokens),
                    "Delete Secrets of the type kubernetes.io/service-account-token; ask for tokens \
                     through the TokenRequest API.",
                ),
                automated(
                    "client-certificates",
                    "Client certificates are renewed, and hold for a year at most",
                    With(authentication::client_certificates),
                    "Set rotateCertificates of the kubelet to true, and --cluster-signing-duration of the \
                     controller manager to a year or less.",
                ),
                like("service-account-lookup", "1.2.21"),
                like("bootstrap-tokens", "3.1.3"),
            ],
        },
        Group {
            title: "Authorization",
            role: control_plane,
            controls: vec![automated(
                "authorization-chain",
                "The chain of authorizers has Node and RBAC, and no link lets all pass",
                With(authorization::chain),
                "Use Node and RBAC; let a webhook deny when it can't be asked, and reach it by TLS.",
            )],
        },
        Group {
            title: "Admission",
            role: control_plane,
            controls: vec![
                automated(
                    "admission-plugins",
                    "The recommended admission plugins are on",
                    With(apiserver::recommended_plugins),
                    "Remove --disable-admission-plugins and the old --admission-control, and add \
                     NodeRestriction to --enable-admission-plugins.",
                ),
                like("admission-always-admit", "1.2.10"),
            ],
        },
        Group {
            title: "etcd",
            role: Some(Role::Etcd),
            controls: vec![
                like("etcd-tls", "2.1"),
                like("etcd-client-authentication", "2.2"),
                like("etcd-peer-tls", "2.4"),
                like("etcd-peer-authentication", "2.5"),
                like("etcd-own-authority", "2.7"),
                automated(
                    "etcd-tls-version",
                    "etcd speaks no TLS older than 1.2",
                    With(etcd::tls_version),
                    "Remove --tls-min-version, or set it to TLS1.2 or TLS1.3.",
                ),
                automated(
                    "etcd-cipher-suites",
                    "etcd's TLS cipher suites are strong",
                    With(etcd::ciphers),
                    "Set --cipher-suites to suites with GCM or ChaCha20, or --tls-min-version=TLS1.3.",
                ),
                automated(
                    "etcd-listens",
                    "A firewall stands before etcd",
                    With(crate::rules::firewall::etcd),
                    "Let etcd listen on this machine alone, or let its ports be reached by the \
                     control plane alone.",
                ),
                manual(
                    "etcd-disk-encrypted",
                    "etcd's disk is encrypted",
                    With(crate::rules::disk::etcd),
                    "Put etcd's data on an encrypted volume.",
                ),
            ],
        },
        Group {
            title: "Secrets and logs",
            role: control_plane,
            controls: vec![
                like("secrets-encrypted", "1.2.28"),
                like("audit-log", "1.2.16"),
                like("audit-policy", "3.2.1"),
                like("audit-coverage", "3.2.2"),
                automated(
                    "certificates",
                    "The control plane's certificates hold for 30 days and have strong keys",
                    With(certificates::of_control_plane),
                    "Renew the certificates, with RSA keys of 2048 bits or more, or elliptic curves.",
                ),
                automated(
                    "kubeconfig-certificates",
                    "The client certificates of kubeconfigs hold for 30 days and have strong keys",
                    With(certificates::of_kubeconfigs),
                    "Renew the kubeconfigs: kubeadm certs renew.",
                ),
                Control {
                    decide: Decide::AllSet(ApiServer, &["kubelet-certificate-authority"]),
                    ..like("kubelets-are-verified", "1.2.5")
                },
            ],
        },
        Group {
            title: "Kubelet",
            role: Some(Role::Worker),
            controls: vec![
                like("kubelet-anonymous", "4.2.1"),
                like("kubelet-authorization", "4.2.2"),
                like("kubelet-read-only-port", "4.2.4"),
                like("kubelet-client-rotation", "4.2.10"),
                like("kubelet-server-rotation", "4.2.11"),
                like("kubelet-cipher-suites", "4.2.12"),
                automated(
                    "kubelet-tls-version",
                    "The kubelet speaks no TLS older than 1.2",
                    With(kubelet::tls_version),
                    "Remove tlsMinVersion, or set it to VersionTLS12 or VersionTLS13.",
                ),
                automated(
                    "kubelet-certificates",
                    "The kubelet's certificates hold for 30 days and have strong keys",
                    With(kubelet::certificates),
                    "Renew the certificates.",
                ),
                automated(
                    "kubelet-unsafe-sysctls",
                    "The kubelet allows no unsafe sysctls",
                    With(kubelet::unsafe_sysctls),
                    "Empty allowedUnsafeSysctls.",
                ),
            ],
        },
    ]
}
