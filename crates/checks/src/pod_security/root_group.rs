//! Root's group reads what root's group may read, whoever the user is.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// Group 0 in `runAsGroup`, `fsGroup` or `supplementalGroups`.
pub const CHECK: Check = Check {
    id: "root-group",
    title: "Container runs in the root group",
    severity: Severity::Low,
    rationale: "Many files of a node and of images belong to group 0 and are open to it. A process \
                of another user in that group reads and sometimes writes them, inside the \
                container, on shared volumes and, after an escape, on the node.",
    remedy: "Set `runAsGroup`, `fsGroup` and `supplementalGroups` to IDs of the application's own, \
             above 10000.",
    mapping: Mapping { nsa: &["C-0013"], cis: &[], pss: None, mitre: &[] },
    covers: &[
        "kubescape:C-0013",
        "kubescape:C-0211",
        "trivy:KSV-0116",
        "kube-linter:run-as-non-root",
    ],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "What root's group alone may read or write is closed to the container.",
        ),
        edits,
    }),
    cases: include_str!("root_group.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    // Windows has no numeric groups; in a user namespace 0 is not the node's 0.
    if pod.is_windows() || pod.has_user_namespace()? {
        cx.not_applicable();
        return Ok(());
    }
    let security = pod.security;
    security.readable()?;
    // What each container overrides runs nowhere.
    let inherited = pod.containers().iter().any(|c| c.security.run_as_group.is_none());
    if let Some(group) = security.run_as_group.filter(|_| inherited) {
        look(group, "containers run in the root group", cx);
    }
    if let Some(group) = security.fs_group {
        look(group, "volumes belong to the root group, and so do the containers", cx);
    }
    if let Some(groups) = security.supplemental_groups {
        for group in groups.list()? {
            look(group, "containers are in the root group besides their own", cx);
        }
    }
    for container in pod.containers() {
        if let Some(group) = container.security.run_as_group {
            cx.in_container(container.name);
            look(group, "process runs in the root group", cx);
        }
    }
    Ok(())
}

fn look<'a>(group: Node<'a>, what: &str, cx: &mut Cx<'a>) {
    match group.integer() {
        Ok(id) if id.value == 0 => cx.fail(group, format!("the {what} (0); use an ID above 10000")),
        Ok(_) => {}
        Err(why) => cx.undecided(why),
    }
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    // Of `supplementalGroups` it is an item, which has no key.
    match flaw.node.key() {
        Some(_) => fix::here(flaw, Value::Int(fix::ID)),
        None => fix::remove(flaw),
    }
}
