//! A policy for everybody who is not authenticated is a policy for everybody.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity,
    Value,
};

use crate::fix;

/// `config.linkerd.io/default-inbound-policy` of a Namespace or pod template, `accessPolicy` of a
/// Server, or `client.unauthenticated` of a ServerAuthorization, that admits callers without a
/// certificate of the mesh. Within the cluster's own network (`cluster-unauthenticated`) it is
/// lesser.
pub const CHECK: Check = Check {
    id: "mesh-admits-unauthenticated",
    title: "Linkerd admits callers that prove nothing",
    severity: Severity::Medium,
    rationale: "Every pod, also one outside of the mesh, may call the workload, and no policy can \
                tell who it is. It is what Linkerd starts with, for the time of moving in.",
    remedy: "Write `all-authenticated`, or `deny` with an AuthorizationPolicy for each caller.",
    mapping: Mapping { mitre: &["T1046"], ..Mapping::NONE },
    covers: &[],
    links: &["https://linkerd.io/2/reference/authorization-policy/"],
    scope: Scope::Object(
        &[
            ObjectKind::Namespace,
            ObjectKind::Pod,
            ObjectKind::Deployment,
            ObjectKind::ReplicaSet,
            ObjectKind::StatefulSet,
            ObjectKind::DaemonSet,
            ObjectKind::Job,
            ObjectKind::CronJob,
            ObjectKind::Server,
            ObjectKind::ServerAuthorization,
        ],
        run,
    ),
    fix: Ok(Fix {
        safety: Safety::Unsafe("Callers without a certificate of the mesh are turned away."),
        edits,
    }),
    cases: include_str!("mesh_admits_unauthenticated.yaml"),
};

/// Where annotations stand: the object's own, and those of its pods.
const ANNOTATIONS: &[&[&str]] = &[
    &["metadata", "annotations"],
    &["spec", "template", "metadata", "annotations"],
    &["spec", "jobTemplate", "spec", "template", "metadata", "annotations"],
];

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let root = object.root();
    match object.kind() {
        ObjectKind::Server => {
            if let Some(policy) = root.at_path(&["spec", "accessPolicy"]) {
                judge(policy, cx);
            }
        }
        ObjectKind::ServerAuthorization => {
            let flag = root.at_path(&["spec", "client", "unauthenticated"]);
            let flag = flag.map(Node::boolean).transpose()?;
            if let Some(flag) = flag.filter(|flag| flag.value) {
                let message = "unauthenticated: true admits everybody; name the identities";
                cx.fail(flag.node, message);
            }
        }
        _ => {
            for path in ANNOTATIONS {
                let annotations = root.at_path(path);
                let policy =
                    annotations.and_then(|all| all.get("config.linkerd.io/default-inbound-policy"));
                if let Some(policy) = policy {
                    judge(policy, cx);
                }
            }
        }
    }
    Ok(())
}

fn judge<'a>(policy: Node<'a>, cx: &mut Cx<'a>) {
    match policy.text() {
        "all-unauthenticated" => {
            cx.fail(
                policy,
                "all-unauthenticated admits everybody; write all-authenticated or deny",
            );
        }
        "cluster-unauthenticated" => {
            let message = "cluster-unauthenticated admits every pod of the cluster's network; \
                           write cluster-authenticated or deny";
            cx.fail_lesser(policy, "", message);
        }
        _ => {}
    }
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    match flaw.node.text().strip_suffix("-unauthenticated") {
        Some(whence) => fix::here(flaw, Value::str(format!("{whence}-authenticated"))),
        None => Err("whose identities are needed is not known".into()),
    }
}
