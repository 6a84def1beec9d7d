//! The nodes of Kubernetes as a service: CIS EKS 1.8, AKS 1.8 and GKE 1.9, whose section 3 asks of
//! nodes what CIS Kubernetes asks in its section 4, under other numbers and with other modes. GKE's
//! part 3.2 is that of its edition 1.6: later ones leave the kubelet to Google.

use super::cis;
use crate::context::Role;
use crate::control::{Control, Decide, Group};
use crate::distribution::File;
use crate::report::Assessment;

/// A control of CIS Kubernetes under another number; here a program assesses all of them.
fn like(id: &'static str, of: &str) -> Control {
    let control = cis::control(of).expect("a control of CIS Kubernetes");
    Control { id, assessment: Assessment::Automated, ..control }
}

fn mode_644(id: &'static str, title: &'static str, file: File) -> Control {
    Control { title, decide: Decide::Mode(file, 0o644), ..like(id, "4.1.7") }
}

fn kubelet() -> Group {
    let controls = [
        ("3.2.1", "4.2.1"),
        ("3.2.2", "4.2.2"),
        ("3.2.3", "4.2.3"),
        ("3.2.4", "4.2.4"),
        ("3.2.5", "4.2.5"),
        ("3.2.6", "4.2.6"),
        ("3.2.7", "4.2.8"),
        ("3.2.8", "4.2.10"),
        ("3.2.9", "4.2.11"),
    ];
    let controls = controls.into_iter().map(|(id, of)| like(id, of)).collect();
    Group { title: "3.2 Kubelet", role: Some(Role::Worker), controls }
}

fn nodes(files: Vec<Control>) -> Vec<Group> {
    vec![Group { title: "3.1 Worker files", role: Some(Role::Worker), controls: files }, kubelet()]
}

pub(super) fn eks() -> Vec<Group> {
    nodes(vec![
        mode_644("3.1.1", "Mode of the kubelet's kubeconfig: 644", File::KubeletConf),
        like("3.1.2", "4.1.6"),
        mode_644("3.1.3", "Mode of the kubelet's configuration: 644", File::KubeletConfig),
        like("3.1.4", "4.1.10"),
    ])
}

pub(super) fn aks() -> Vec<Group> {
    nodes(vec![
        mode_644("3.1.1", "Mode of the kubelet's kubeconfig: 644", File::KubeletConf),
        like("3.1.2", "4.1.6"),
        mode_644("3.1.3", "Mode of azure.json: 644", File::AzureJson),
        Control {
            title: "Owner of azure.json: root",
            decide: Decide::Owner(File::AzureJson, "root", "root"),
            ..like("3.1.4", "4.1.10")
        },
    ])
}

pub(super) fn gke() -> Vec<Group> {
    nodes(vec![
        mode_644("3.1.1", "Mode of the proxy's kubeconfig: 644", File::ProxyConf),
        like("3.1.2", "4.1.4"),
        mode_644("3.1.3", "Mode of the kubelet's configuration: 644", File::KubeletConfig),
        like("3.1.4", "4.1.10"),
    ])
}
