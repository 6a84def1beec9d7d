//! Helm 2 left a door open to the whole cluster.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// Tiller, the server of Helm 2: by the name or labels of a workload or Service, or by its image.
pub const CHECK: Check = Check {
    id: "tiller-present",
    title: "Tiller is deployed",
    severity: Severity::Critical,
    rationale: "Tiller does what it is asked without asking who asks, mostly as cluster \
                administrator, on a port that every pod reaches. Nobody has mended it since 2020.",
    remedy: "Move releases to Helm 3 with `helm 2to3`, and delete Tiller with its Service, service \
             account and bindings.",
    mapping: Mapping { mitre: &["T1610"], ..Mapping::NONE },
    covers: &["trivy:KSV-0102", "checkov:CKV_K8S_34", "checkov:CKV_K8S_44", "checkov:CKV_K8S_45"],
    links: &["https://helm.sh/docs/topics/v2_v3_migration/"],
    scope: Scope::Object(
        &[
            ObjectKind::Pod,
            ObjectKind::Deployment,
            ObjectKind::ReplicaSet,
            ObjectKind::StatefulSet,
            ObjectKind::DaemonSet,
            ObjectKind::Service,
        ],
        run,
    ),
    fix: Err(NoFix::Decision),
    cases: include_str!("tiller_present.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let labelled = |key| object.label(key).map(Node::text);
    let named = object.name() == "tiller-deploy"
        || (labelled("app"), labelled("name")) == (Some("helm"), Some("tiller"));
    if object.kind() == ObjectKind::Service {
        if named {
            let message = format!("Service {} serves Tiller; delete it", object.name());
            cx.fail(object.head(), message);
        }
        return Ok(());
    }
    let Some(spec) = object.root().field("spec")? else { return Ok(()) };
    let of_pod = if object.kind() == ObjectKind::Pod {
        Some(spec)
    } else {
        spec.at_path(&["template", "spec"])
    };
    let containers = of_pod.and_then(|spec| spec.get("containers"));
    let image = containers
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|container| container.get("image"))
        .find(|image| is_tiller(image.text()));
    if let Some(node) = image.or(named.then_some(object.head())) {
        let kind = &object.id().kind;
        cx.fail(node, format!("{kind} {} runs Tiller of Helm 2; delete it", object.name()));
    }
    Ok(())
}

fn is_tiller(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next() == Some("tiller")
}
