//! An agent on the node hands out the node's own rights.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// What asks for cloud roles through kube2iam, kiam or AAD Pod Identity: the pod annotation
/// `iam.amazonaws.com/role`, the namespace annotation `iam.amazonaws.com/permitted`, the pod label
/// `aadpodidbinding` and the kinds of `aadpodidentity.k8s.io`.
pub const CHECK: Check = Check {
    id: "retired-pod-identity",
    title: "Cloud role comes from a retired agent",
    severity: Severity::Medium,
    rationale: "These agents stand between pods and the metadata address, and the node may take \
                every role that any pod may. A pod on the node's network, or one that starts \
                before the agent, takes them all. None of them is mended any more.",
    remedy: "Move to roles of service accounts (IRSA or EKS Pod Identity, Azure Workload \
             Identity), and take the roles from the nodes.",
    mapping: Mapping { mitre: &["T1528"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/service-accounts/"],
    scope: Scope::AnyObject(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("retired_pod_identity.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if object.kind() == ObjectKind::Custom && object.group() == "aadpodidentity.k8s.io" {
        let message = format!(
            "{} {} is of AAD Pod Identity, which is retired; use Azure Workload Identity",
            object.id().kind,
            object.name()
        );
        cx.fail(object.head(), message);
        return Ok(());
    }
    if object.kind() == ObjectKind::Namespace {
        if let Some(roles) = object.annotation("iam.amazonaws.com/permitted") {
            cx.fail(
                roles,
                format!(
                    "kiam lets pods of namespace {} take the roles {}; use roles of service accounts",
                    object.name(),
                    roles.text()
                ),
            );
        }
        return Ok(());
    }
    let Some(metadata) = pod_metadata(object) else { return Ok(()) };
    if let Some(annotations) = metadata.field("annotations")?
        && let Some(role) = annotations.field("iam.amazonaws.com/role")?
    {
        cx.fail(
            role,
            format!(
                "the pod asks kube2iam or kiam for the role {}; give the role to its service \
                 account",
                role.text()
            ),
        );
    }
    if let Some(labels) = metadata.field("labels")?
        && let Some(binding) = labels.field("aadpodidbinding")?
    {
        cx.fail(
            binding,
            format!(
                "the pod asks AAD Pod Identity for {}; use Azure Workload Identity",
                binding.text()
            ),
        );
    }
    Ok(())
}

/// The metadata of the pods that an object makes.
fn pod_metadata(object: Object<'_>) -> Option<Node<'_>> {
    let root = object.root();
    match object.kind() {
        ObjectKind::Pod => object.metadata(),
        ObjectKind::CronJob => {
            root.at_path(&["spec", "jobTemplate", "spec", "template", "metadata"])
        }
        _ => root.at_path(&["spec", "template", "metadata"]),
    }
}
