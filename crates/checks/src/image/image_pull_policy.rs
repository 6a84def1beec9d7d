//! An image that is already on the node is run without asking the registry.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity, Undecided, Value};

use crate::fix;

use super::reference::image_of;

/// Effective `imagePullPolicy` other than `Always`, without a digest.
///
/// The API server sets the policy where none is written: `Always` for the tag `latest` and for no
/// tag, else `IfNotPresent` (`SetDefaults_Container` in `pkg/apis/core/v1/defaults.go`).
pub const CHECK: Check = Check {
    id: "image-pull-policy",
    title: "Image may run as it lies on the node",
    severity: Severity::Low,
    rationale: "Unless the pull policy is `Always`, a node that holds an image of that name runs \
                it unasked. A tag that was moved then means one thing on one node and another on \
                the next, a poisoned copy stays in use, and a pod without credentials runs a \
                private image that another tenant's pod has pulled. With a digest the content \
                can't differ.",
    remedy: "Pin the image by its digest, or set `imagePullPolicy: Always`; layers that the node \
             has are not fetched again. The admission plugin `AlwaysPullImages` does it for all.",
    mapping: Mapping { mitre: &["T1525"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0075",
        "checkov:CKV_K8S_15",
        "polaris:pullPolicyNotAlways",
        "kube-score:container-image-pull-policy",
    ],
    links: &["https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "An image that lies on the node alone, or whose registry can't be \
             reached, no longer starts.",
        ),
        edits: |flaw| fix::in_container(flaw, &["imagePullPolicy"], Value::str("Always")),
    }),
    cases: include_str!("image_pull_policy.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = image_of(container)? else {
        cx.not_applicable();
        return Ok(());
    };
    if image.value.digest.is_some() {
        return Ok(());
    }
    let written = match container.image_pull_policy {
        Some(node) => Some(node.string()?).filter(|policy| !policy.value.is_empty()),
        None => None,
    };
    match written {
        Some(policy) => match policy.value {
            "Always" => {}
            "IfNotPresent" | "Never" => cx.fail(
                policy.node,
                format!(
                    "{} runs {} with imagePullPolicy: {}; write Always, or pin the image by its \
                     digest",
                    container.noun(),
                    image.node.text(),
                    policy.value
                ),
            ),
            other => {
                let why = format!("imagePullPolicy \"{other}\" is none that Kubernetes knows");
                return Err(Undecided { node: policy.node, why: why.into() });
            }
        },
        None if image.value.is_latest() => {}
        None => cx.fail_missing(
            container.node,
            "imagePullPolicy",
            format!(
                "{} runs {} with the default imagePullPolicy, which is IfNotPresent; write \
                 Always, or pin the image by its digest",
                container.noun(),
                image.node.text()
            ),
        ),
    }
    Ok(())
}
