//! A key that never changes opens the cloud from anywhere.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

/// A variable by which the libraries of AWS, Google Cloud or Azure find a key that does not expire:
/// `AWS_SECRET_ACCESS_KEY`, `AZURE_CLIENT_SECRET`, or `GOOGLE_APPLICATION_CREDENTIALS` that names a
/// file of a mounted Secret.
pub const CHECK: Check = Check {
    id: "static-cloud-credentials",
    title: "Pod uses a cloud key that does not expire",
    severity: Severity::Medium,
    rationale: "Such a key works outside the cluster and until somebody revokes it, and nobody \
                knows how many copies there are. The clouds give a service account short-lived \
                credentials instead, which are of no use elsewhere.",
    remedy: "Give the role to the pod's service account (IRSA or EKS Pod Identity, Workload \
             Identity Federation), and delete the key.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("static_cloud_credentials.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(env) = container.env else { return Ok(()) };
    for variable in env.list()? {
        let Some(name) = variable.get("name") else { continue };
        let cloud = match name.text() {
            "AWS_SECRET_ACCESS_KEY" => "AWS",
            "AZURE_CLIENT_SECRET" => "Azure",
            "GOOGLE_APPLICATION_CREDENTIALS" if names_secret(container, variable) => "Google Cloud",
            _ => continue,
        };
        cx.fail(
            name,
            format!(
                "{} gets a key of {cloud} that does not expire by {}; give its service account \
                 the role",
                container.noun(),
                name.text()
            ),
        );
    }
    Ok(())
}

/// Whether the variable's file stands in a Secret. The file of a projected token is no key.
fn names_secret(container: &Container<'_>, variable: Node<'_>) -> bool {
    let Some(file) = variable.get("value").and_then(Node::as_str) else { return false };
    container.mounts().any(|(mount, volume)| {
        let path = mount.get("mountPath").map_or("", Node::text).trim_end_matches('/');
        volume.get("secret").is_some()
            && file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
