//! A port that is refused keeps the workload from being made.

use std::collections::HashSet;

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

use super::ports::{ContainerPort, of_container};

/// Numbers outside 1 to 65535, names that are none (`IsValidPortName`), a name twice, and a number
/// and protocol twice. See `validateContainerPorts` in `pkg/apis/core/validation`.
pub const CHECK: Check = Check {
    id: "invalid-container-port",
    title: "Container port is invalid or given twice",
    severity: Severity::Low,
    rationale: "The API server refuses a pod whose ports are out of range or whose port names are \
                malformed or given twice, so a Deployment makes no pods. A number twice is taken, \
                and one of the two entries does nothing.",
    remedy: "Give each port once, with a number from 1 to 65535 and a name of at most 15 \
             lower-case letters, digits and hyphens.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:invalid-target-ports", "kube-score:container-ports-check"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Safe("Only a port without a name that stands there twice goes once."),
        edits,
    }),
    cases: include_str!("invalid_container_port.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    for port in of_container(container)? {
        if let Some(name) = port.name {
            let node = port.node.get("name").unwrap_or(port.node);
            if !is_port_name(name) {
                let message = format!(
                    "\"{name}\" is no port name; use at most 15 lower-case letters, digits and \
                     hyphens, with a letter among them"
                );
                cx.fail(node, message);
            } else if !names.insert(name) {
                cx.fail(node, format!("the port name {name} is given twice; rename one"));
            }
        }
        match port.number {
            None => {
                cx.fail_missing(
                    port.node,
                    "containerPort",
                    "the port has no containerPort; add it",
                );
            }
            Some(number) if !(1..=65535).contains(&number.value) => {
                let message =
                    format!("containerPort {} is not from 1 to 65535; mend it", number.value);
                cx.fail(number.node, message);
            }
            Some(number) => {
                if !numbers.insert((number.value, port.protocol)) {
                    let message = format!(
                        "port {} over {} is given twice; remove one",
                        number.value, port.protocol
                    );
                    cx.fail(number.node, message);
                }
            }
        }
    }
    Ok(())
}

/// `IsValidPortName` of `k8s.io/apimachinery/pkg/util/validation`.
pub(super) fn is_port_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 15
        && name.chars().all(letters)
        && name.contains(|c: char| c.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    let ports = of_container(&container).map_err(|why| why.why)?;
    let is_own = |port: &ContainerPort<'_>| port.number.is_some_and(|at| at.node == flaw.node);
    let own = ports.iter().find(|port| is_own(port) && port.name.is_none());
    let twin = |own: &ContainerPort<'_>| {
        let same = |port: &&ContainerPort<'_>| {
            port.protocol == own.protocol
                && port.number.map(|at| at.value) == own.number.map(|at| at.value)
        };
        ports.iter().filter(same).count() > 1
    };
    let other = ["hostPort", "hostIP"];
    match own {
        Some(own) if twin(own) && other.iter().all(|field| own.node.get(field).is_none()) => {
            fix::remove_item(flaw, container.ports)
        }
        _ => Err("which port or name is meant is not known".into()),
    }
}
