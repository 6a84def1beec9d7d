//! A port that is refused keeps the Service from being made.

use std::collections::HashSet;

use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

use crate::fix;

use super::invalid_container_port::is_port_name;
use super::ports::{Target, of_service};

/// A port or target outside 1 to 65535, a target that is no port name, a port and protocol twice,
/// or several ports without names. See `ValidateService` in `pkg/apis/core/validation`.
pub const CHECK: Check = Check {
    id: "invalid-service-port",
    title: "Service port is invalid or given twice",
    severity: Severity::Low,
    rationale: "The API server refuses the Service, and what depends on it can't be reached. A \
                target in quotes, as in `\"8080\"`, is taken for the name of a port that can't \
                exist.",
    remedy: "Give each port once, with numbers from 1 to 65535, and name the ports where there \
             are several.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:invalid-target-ports"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports"],
    scope: Scope::Object(&[ObjectKind::Service], run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The API server refuses the object as it stands; only names that are missing are \
             given, which nothing can refer to yet, and the quotes of a number taken away.",
        ),
        edits,
    }),
    cases: include_str!("invalid_service_port.yaml"),
};

fn run<'a>(service: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let ports = of_service(service)?;
    let mut seen = HashSet::new();
    for port in &ports {
        if let Some(number) = port.number {
            if !(1..=65535).contains(&number.value) {
                cx.fail(number.node, format!("port {} is not from 1 to 65535", number.value));
            } else if !seen.insert((number.value, port.protocol)) {
                let message = format!(
                    "port {} over {} is given twice; remove one",
                    number.value, port.protocol
                );
                cx.fail(number.node, message);
            }
        }
        if ports.len() > 1 && port.name.is_none_or(str::is_empty) {
            cx.fail_missing(port.node, "name", "of several ports each needs a name; add it");
        }
        let Some(node) = port.node.get("targetPort") else { continue };
        match port.target {
            Some(Target::Number(number)) if !(1..=65535).contains(&number) => {
                cx.fail(node, format!("targetPort {number} is not from 1 to 65535"));
            }
            Some(Target::Name(name)) if !is_port_name(name) => {
                let message =
                    format!("\"{name}\" is no port name; write a number without quotes or a name");
                cx.fail(node, message);
            }
            _ => {}
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    const NOT_KNOWN: &str = "which port or name is meant is not known";
    // A number in quotes; no name is made of digits alone.
    if let Some(number) = flaw.node.as_str().and_then(|text| text.parse::<u16>().ok()) {
        return match number {
            0 => Err(NOT_KNOWN.into()),
            number => fix::here(flaw, Value::Int(number.into())),
        };
    }
    let ports = of_service(flaw.object).map_err(|why| why.why)?;
    let own = ports.iter().find(|port| port.node == flaw.node).ok_or(NOT_KNOWN)?;
    let name = own.number.map(|number| format!("port-{}", number.value)).ok_or(NOT_KNOWN)?;
    let taken = ports.iter().any(|port| {
        let alike = port.node != own.node
            && port.number.map(|at| at.value) == own.number.map(|at| at.value);
        alike || port.name == Some(&name)
    });
    if taken {
        return Err(NOT_KNOWN.into());
    }
    Ok(vec![Edit::set(flaw.node, &["name"], Value::str(name))])
}
