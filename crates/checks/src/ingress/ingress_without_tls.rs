//! Without TLS everybody on the way reads along.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use crate::network::policy::items;

/// A host of the rules that no entry of `spec.tls` holds. An entry without hosts holds all; one of
/// `*.example.com` holds one label more.
///
/// An OpenShift router and some clouds end TLS by annotations of their own, which are not known
/// here.
pub const CHECK: Check = Check {
    id: "ingress-without-tls",
    title: "Ingress serves without TLS",
    severity: Severity::High,
    rationale: "Passwords, session cookies and tokens pass in clear text, and everybody on the \
                way may read and change them. A single request without TLS is enough to take a \
                session over.",
    remedy: "Add the host to `spec.tls` with the Secret of its certificate; cert-manager can make \
             and renew it.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &["kubescape:C-0263", "polaris:tlsSettingsMissing"],
    links: &["https://kubernetes.io/docs/concepts/services-networking/ingress/#tls"],
    scope: Scope::Object(&[ObjectKind::Ingress], run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("ingress_without_tls.yaml"),
};

fn run<'a>(ingress: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(spec) = ingress.root().field("spec")? else { return Ok(()) };
    let (mut held, mut all) = (Vec::new(), false);
    for entry in items(spec, "tls")? {
        let hosts = items(entry, "hosts")?;
        all |= hosts.is_empty();
        for host in hosts {
            held.push(host.string()?.value);
        }
    }
    if all {
        return Ok(());
    }
    let name = ingress.name();
    if held.is_empty() {
        let message = format!("Ingress {name} serves without TLS; add spec.tls");
        cx.fail_missing(spec, "tls", message);
        return Ok(());
    }
    for rule in items(spec, "rules")? {
        let host = rule.field("host")?.map(Node::string).transpose()?;
        let Some(host) = host.filter(|host| !host.value.is_empty()) else { continue };
        if !held.iter().any(|held| holds(held, host.value)) {
            let message = format!(
                "Ingress {name} serves {} without TLS; add the host to spec.tls",
                host.value
            );
            cx.fail(host.node, message);
        }
    }
    Ok(())
}

/// Whether a certificate's host holds another: itself, or one label more below `*.`.
fn holds(held: &str, host: &str) -> bool {
    held.eq_ignore_ascii_case(host)
        || held.strip_prefix("*.").is_some_and(|domain| {
            host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain))
        })
}
