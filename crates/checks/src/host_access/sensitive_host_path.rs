//! Some paths of a node are the node: its credentials, its programs, its kernel.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Level, Mapping, NoFix, Outcome, Scope, Severity};

use super::host_path::{each, mounted_by};
use super::places::{Relation, cloud_credentials, is_socket, sensitive};

/// A `hostPath` that is, holds or lies in one of the sensitive places.
pub const CHECK: Check = Check {
    id: "sensitive-host-path",
    title: "Pod mounts a sensitive path of the node",
    severity: Severity::High,
    rationale: "From the kubelet's files come the tokens of every pod on the node; from \
                `/etc/kubernetes` the control plane's keys; a file in the static pods' folder or a \
                cron job runs as root; `/proc`, `/sys` and `/dev` reach the kernel and the disks. \
                Read access gives the credentials, write access the node. A mount of `/` or `/var` \
                gives all that lies below.",
    remedy: "Remove the volume. Where an agent needs one file or folder, mount that one alone, \
             with `readOnly: true`.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1611", "T1552"] },
    covers: &[
        "kubeaudit:SensitivePathsMounted",
        "kubescape:C-0048",
        "trivy:KSV-0121",
        "kube-linter:sensitive-host-mounts",
        "polaris:hostPathSet",
    ],
    links: &["https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("sensitive_host_path.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(pod, cx, |host_path, cx| {
        let path = host_path.path.as_ref();
        // Sharper checks say it of these.
        if is_socket(path).is_some() || cloud_credentials(path).is_some() {
            return;
        }
        let Some((place, relation)) = sensitive(path) else { return };
        let what = match relation {
            Relation::Itself => String::new(),
            Relation::Below => format!(", in {}", place.path),
            Relation::Holds => format!(", which holds {}", place.path),
        };
        cx.fail(
            host_path.written.node,
            format!(
                "volume {} gives {} {} of the node{what}: {}; \
                 remove it or mount only what is needed",
                host_path.name,
                mounted_by(pod, host_path.name),
                host_path.written.value,
                place.gives
            ),
        );
    })
}
