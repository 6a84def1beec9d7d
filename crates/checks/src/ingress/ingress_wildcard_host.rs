//! Who claims every name claims those of others.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use crate::network::policy::items;

/// A rule without a host, or with a wildcard.
pub const CHECK: Check = Check {
    id: "ingress-wildcard-host",
    title: "Ingress serves every host name",
    severity: Severity::Low,
    rationale: "A rule without a host takes what no other rule claims: requests by address, by \
                foreign names that point here, and those of a neighbour whose own Ingress is \
                gone. A wildcard does so for a domain, and lets a forgotten DNS entry be used for \
                phishing.",
    remedy: "Name the hosts that the service has.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards"],
    scope: Scope::Object(&[ObjectKind::Ingress], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("ingress_wildcard_host.yaml"),
};

fn run<'a>(ingress: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = ingress.root().field("spec")? else { return Ok(()) };
    for rule in items(spec, "rules")? {
        let host = rule.field("host")?.map(Node::string).transpose()?;
        match host.filter(|host| !host.value.is_empty()) {
            None => cx.fail_missing(rule, "host", "the rule holds for every host; name the hosts"),
            Some(host) if host.value.starts_with('*') => {
                let message =
                    format!("the rule holds for every host of {}; name the hosts", host.value);
                cx.fail(host.node, message);
            }
            Some(_) => {}
        }
    }
    Ok(())
}
