//! A line in a ConfigMap that makes a cloud role the cluster's root.

use std::sync::Arc;

use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Source, Undecided,
};

/// An entry of `mapRoles` or `mapUsers` in the ConfigMap `aws-auth` of `kube-system` that gives
/// `system:masters`, or whose ARN has a wildcard; and `mapAccounts`, which lets in all users of an
/// account.
pub const CHECK: Check = Check {
    id: "aws-auth-maps-to-masters",
    title: "ConfigMap aws-auth gives a cloud identity the whole cluster",
    severity: Severity::High,
    rationale: "Whoever may take the role in AWS is above all of RBAC: `system:masters` can't be \
                taken away by deleting a binding. Who may take it is decided by policies that \
                nobody who looks at the cluster sees.",
    remedy: "Use access entries of EKS, or map the role to a group that a ClusterRoleBinding gives \
             what it needs. Name each ARN in full.",
    mapping: Mapping { mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &[],
    links: &["https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html"],
    scope: Scope::Object(&[ObjectKind::ConfigMap], run),
    fix: Err(NoFix::Rights),
    cases: include_str!("aws_auth_maps_to_masters.yaml"),
};

fn run<'a>(config_map: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if (config_map.namespace(), config_map.name()) != (Some("kube-system"), "aws-auth") {
        cx.not_applicable();
        return Ok(());
    }
    let Some(data) = config_map.root().field("data")? else { return Ok(()) };
    data.map()?;
    for (field, who) in [("mapRoles", "rolearn"), ("mapUsers", "userarn")] {
        if let Some(value) = data.get(field) {
            mappings(value, field, who, cx)?;
        }
    }
    if let Some(accounts) =
        data.get("mapAccounts").filter(|accounts| !accounts.text().trim().is_empty())
    {
        cx.fail(
            accounts,
            "mapAccounts lets in every user of an AWS account; map the users and roles that need it",
        );
    }
    Ok(())
}

/// The value is a text in YAML, as the authenticator reads it.
fn mappings<'a>(value: Node<'a>, field: &str, who: &str, cx: &mut Cx<'a>) -> Outcome<'a> {
    let unreadable =
        || Undecided { node: value, why: format!("{field} is no list in YAML").into() };
    let text = value.string()?.value;
    if text.trim().is_empty() {
        return Ok(());
    }
    let source = Arc::new(Source::new(field, text.to_owned()));
    let mut documents = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if reading.error.is_some() {
            return Err(unreadable());
        }
        documents.extend(reading.documents);
    }
    for document in &documents {
        for mapping in document.root().list().map_err(|_| unreadable())? {
            let arn = mapping.get(who).map_or("(none)", Node::text).to_owned();
            let groups = mapping.get("groups").into_iter().flat_map(Node::items);
            if groups.into_iter().any(|group| group.text() == "system:masters") {
                cx.fail_at(
                    value,
                    arn.clone(),
                    format!(
                        "{field} gives {arn} the group system:masters, which RBAC does not bound; \
                         map it to a group of your own"
                    ),
                );
            }
            if arn.contains('*') {
                let message = format!("{field} maps {arn}, which is many identities; name each");
                cx.fail_at(value, format!("{arn} wildcard"), message);
            }
        }
    }
    Ok(())
}
