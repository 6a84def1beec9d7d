//! What lives in `default` lives with everybody who forgot to choose.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// An object that names the namespace `default`.
pub const CHECK: Check = Check {
    id: "default-namespace",
    title: "Object lives in the default namespace",
    severity: Severity::Low,
    rationale: "Namespaces are the border at which rights, quotas, network policies and Pod \
                Security levels are set. `default` exists in every cluster, belongs to nobody, and \
                gathers what forgot to choose: what is granted there is granted to all of it.",
    remedy: "Give the application a namespace of its own and name it in `metadata.namespace`.",
    mapping: Mapping { nsa: &[], cis: &["5.6.4"], pss: None, mitre: &[] },
    covers: &[
        "kubescape:C-0061",
        "kubescape:C-0212",
        "trivy:KSV-0110",
        "checkov:CKV_K8S_21",
        "kube-linter:use-namespace",
    ],
    links: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    scope: Scope::AnyObject(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("default_namespace.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let namespace = match object.metadata() {
        Some(metadata) if object.kind().namespaced() != Some(false) => metadata.get("namespace"),
        _ => None,
    };
    let Some(namespace) = namespace else {
        cx.not_applicable();
        return Ok(());
    };
    if namespace.string()?.value == "default" && !comes_with_cluster(object) {
        cx.fail(
            namespace,
            format!(
                "{} {} lives in the namespace `default`; give it a namespace of its own",
                object.id().kind,
                object.name()
            ),
        );
    }
    Ok(())
}

/// What Kubernetes itself puts into `default`.
fn comes_with_cluster(object: Object<'_>) -> bool {
    matches!(
        (object.kind(), object.name()),
        (ObjectKind::Service | ObjectKind::Endpoints | ObjectKind::EndpointSlice, "kubernetes")
            | (ObjectKind::ServiceAccount, "default")
            | (ObjectKind::ConfigMap, "kube-root-ca.crt")
    )
}
