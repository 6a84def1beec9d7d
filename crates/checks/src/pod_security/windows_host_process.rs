//! A container that is a process of the Windows node.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Level, Mapping, Outcome, Safety, Scope, Severity, Value};
use seawall_podsecurity::standards::windows_host_process;

use crate::fix;

use super::by_standard;

/// An effective `windowsOptions.hostProcess` of true.
pub const CHECK: Check = Check {
    id: "windows-host-process",
    title: "Container runs as a process of the Windows node",
    severity: Severity::High,
    rationale: "A HostProcess container is none: it runs in the network and the file system of the \
                Windows node, as a user of the node, which may be SYSTEM. It is for agents that \
                manage the node; in a workload it is what a privileged container is on Linux.",
    remedy: "Remove `hostProcess: true`. Keep agents that need it in a namespace of their own, \
             which only those may use who manage nodes.",
    mapping: Mapping {
        nsa: &[],
        cis: &["5.2.10"],
        pss: Some(Level::Baseline),
        mitre: &["T1610", "T1611"],
    },
    covers: &["kubescape:C-0202", "kubescape:C-0211", "trivy:KSV-0103", "polaris:hostProcess"],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What administers the node from the container no longer does."),
        edits: |flaw| fix::here(flaw, Value::Bool(false)),
    }),
    cases: include_str!("windows_host_process.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let host_process = container.host_process()?;
    by_standard(&windows_host_process::CHECK, cx, |found| {
        windows_host_process::value(host_process, || container.noun(), found);
        Ok(())
    })
}
