//! Five questions for every name.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// A pod of long-running containers without an `ndots` option in `dnsConfig`, unless it uses the
/// node's DNS.
pub const CHECK: Check = Check {
    id: "dns-options-missing",
    title: "Pod leaves the search list of names as it is",
    severity: Severity::Info,
    rationale: "With the default, `ndots: 5`, a name such as `api.example.com` is first asked for \
                below every search domain: more load on the cluster's DNS, and names that somebody \
                may answer who controls one of those domains.",
    remedy: "Write `dnsConfig.options` with `ndots: \"2\"`, or a final dot after names.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:dnsconfig-options"],
    links: &[
        "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "The resolver of Alpine (musl) asks for names of two dots and more, such as \
             `web.shop.svc`, only as they stand.",
        ),
        edits,
    }),
    cases: include_str!("dns_options_missing.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let policy = pod.field("dnsPolicy").map(Node::string).transpose()?;
    if policy.is_some_and(|policy| matches!(policy.value, "Default" | "None")) {
        cx.not_applicable();
        return Ok(());
    }
    let config = pod.field("dnsConfig");
    let options = match config {
        Some(config) => config.field("options")?,
        None => None,
    };
    let has_ndots = match options {
        Some(options) => {
            options.list()?.any(|option| option.get("name").and_then(Node::as_str) == Some("ndots"))
        }
        None => false,
    };
    if !has_ndots {
        cx.fail_missing(
            pod.spec,
            "dnsConfig.options",
            "names are asked for below every search domain first (ndots: 5); set ndots to 2 in \
             dnsConfig.options",
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let spec = flaw.pod()?.spec;
    let option =
        Value::Map(vec![("name".into(), Value::str("ndots")), ("value".into(), Value::str("2"))]);
    Ok(vec![fix::appended(spec, &["dnsConfig", "options"], option)])
}
