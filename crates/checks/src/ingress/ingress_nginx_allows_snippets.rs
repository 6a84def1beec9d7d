//! The controller decides whether an Ingress may write its configuration.

use seawall_model::{
    Check, Cx, Fix, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

/// `allow-snippet-annotations: "true"` in a ConfigMap. Off is the default since ingress-nginx 1.9;
/// before, on was.
pub const CHECK: Check = Check {
    id: "ingress-nginx-allows-snippets",
    title: "Ingress controller takes snippets from Ingresses",
    severity: Severity::High,
    rationale: "With it whoever may write an Ingress in any namespace runs text of their own in \
                the controller, and reads the Secrets of all namespaces by its token: \
                CVE-2021-25742.",
    remedy: "Set `allow-snippet-annotations: \"false\"`, and replace snippets by the controller's \
             own annotations.",
    mapping: Mapping { nsa: &["C-0059"], mitre: &["T1552.007"], ..Mapping::NONE },
    covers: &["kubescape:C-0059"],
    links: &["https://nvd.nist.gov/vuln/detail/CVE-2021-25742"],
    scope: Scope::Object(&[ObjectKind::ConfigMap], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("An Ingress with a snippet is refused, or the snippet ignored."),
        edits: |flaw| fix::here(flaw, Value::str("false")),
    }),
    cases: include_str!("ingress_nginx_allows_snippets.yaml"),
};

fn run<'a>(config: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(data) = config.root().field("data")? else { return Ok(()) };
    let Some(allow) = data.get("allow-snippet-annotations") else {
        cx.not_applicable();
        return Ok(());
    };
    if allow.string()?.value.eq_ignore_ascii_case("true") {
        let message = format!(
            "ConfigMap {} lets Ingresses write into the configuration of ingress-nginx; write \
             \"false\"",
            config.name()
        );
        cx.fail(allow, message);
    }
    Ok(())
}
