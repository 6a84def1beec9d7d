//! The cloud's credentials lie on nodes, in files that everybody knows.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Level, Mapping, NoFix, Outcome, Scope, Severity};

use super::host_path::{each, mounted_by};
use super::places::cloud_credentials;

/// A `hostPath` where a cloud provider's credentials stand.
pub const CHECK: Check = Check {
    id: "cloud-credentials-host-path",
    title: "Pod mounts cloud credentials from the node",
    severity: Severity::Medium,
    rationale: "The files that a cloud's tools keep on a node are the credentials of the node or \
                of its administrators. Whoever breaks into the pod reads them and leaves the \
                cluster for the cloud account, where there is more to take.",
    remedy: "Remove the volume and give the pod an identity of its own: IAM roles for service \
             accounts, EKS Pod Identity, GKE Workload Identity or Microsoft Entra Workload ID.",
    mapping: Mapping {
        nsa: &[],
        cis: &[],
        pss: Some(Level::Baseline),
        mitre: &["T1552", "T1552.001"],
    },
    covers: &["kubescape:C-0020"],
    links: &["https://attack.mitre.org/techniques/T1552/001/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("cloud_credentials_host_path.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(pod, cx, |host_path, cx| {
        if let Some(provider) = cloud_credentials(&host_path.path) {
            cx.fail(
                host_path.written.node,
                format!(
                    "volume {} gives {} {} of the node, where credentials of {provider} stand; \
                     remove it and bind a cloud identity to the service account",
                    host_path.name,
                    mounted_by(pod, host_path.name),
                    host_path.written.value
                ),
            );
        }
    })
}
