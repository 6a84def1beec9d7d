//! A snippet is code in a process that reads every Secret.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// Annotations of ingress-nginx that put text into `nginx.conf`.
pub const CHECK: Check = Check {
    id: "ingress-nginx-snippet",
    title: "Ingress writes into the configuration of ingress-nginx",
    severity: Severity::High,
    rationale: "ingress-nginx copies snippets into its configuration, where they may run Lua, \
                read files and print the token of the controller, which may read the Secrets of \
                all namespaces: CVE-2021-25742. Whoever may write an Ingress then has them.",
    remedy: "Remove the annotation, and set `allow-snippet-annotations: \"false\"` in the \
             controller's ConfigMap.",
    mapping: Mapping { nsa: &["C-0059"], mitre: &["T1552.007"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0059",
        "checkov:CKV_K8S_152",
        "checkov:CKV_K8S_153",
        "checkov:CKV_K8S_154",
    ],
    links: &[
        "https://github.com/kubernetes/kubernetes/issues/126811",
        "https://nvd.nist.gov/vuln/detail/CVE-2021-25742",
    ],
    scope: Scope::Object(&[ObjectKind::Ingress], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("ingress_nginx_snippet.yaml"),
};

const PREFIXES: &[&str] = &["nginx.ingress.kubernetes.io/", "ingress.kubernetes.io/"];

fn run<'a>(ingress: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let annotations = match ingress.metadata() {
        Some(metadata) => metadata.field("annotations")?,
        None => None,
    };
    let Some(annotations) = annotations else { return Ok(()) };
    for (key, value) in annotations.map()? {
        let name = PREFIXES.iter().find_map(|prefix| key.text().strip_prefix(prefix));
        if name.is_some_and(|name| name.ends_with("-snippet")) && !value.is_null() {
            let message = format!(
                "{} puts text into the configuration of ingress-nginx; remove it",
                key.text()
            );
            cx.fail(value, message);
        }
    }
    Ok(())
}
