//! A role of the default account is a role of every pod that names no account.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity, Undecided,
};

use super::token::DEFAULT;

/// A binding whose subjects hold a `default` account, by kind or by its user name.
pub const CHECK: Check = Check {
    id: "default-service-account-bound",
    title: "Role is bound to a default service account",
    severity: Severity::Medium,
    rationale: "Every pod of the namespace that names no account acts as `default`. A role that \
                is bound to it is in the hands of all of them, and of every pod that somebody \
                starts there later without thinking of accounts.",
    remedy: "Bind the role to an account that only the workload that needs it uses.",
    mapping: Mapping { cis: &["5.1.5"], mitre: &["T1078.001"], ..Mapping::NONE },
    covers: &["checkov:CKV_K8S_42"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(&[ObjectKind::RoleBinding, ObjectKind::ClusterRoleBinding], run),
    fix: Err(NoFix::Rights),
    cases: include_str!("default_service_account_bound.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(subjects) = binding.root().get("subjects") else { return Ok(()) };
    for subject in subjects.list()? {
        match default_account(subject) {
            Ok(None) => {}
            Ok(Some(namespace)) => {
                let role = binding.root().at_path(&["roleRef", "name"]).map_or("", Node::text);
                let namespace = namespace.or(binding.namespace()).unwrap_or("(none)");
                cx.fail(
                    subject,
                    format!(
                        "role {role} is bound to the service account default of namespace \
                         {namespace}; bind it to an account of its own"
                    ),
                );
            }
            Err(why) => cx.undecided(why),
        }
    }
    Ok(())
}

/// The namespace of the default account that a subject is, as far as it names one; `None` where
/// it is none.
fn default_account(subject: Node<'_>) -> Result<Option<Option<&str>>, Undecided<'_>> {
    let field = |key| subject.get(key).map(Node::string).transpose();
    let (kind, name) = (field("kind")?, field("name")?);
    let (Some(kind), Some(name)) = (kind, name) else {
        return Err(Undecided { node: subject, why: "the subject has no kind or no name".into() });
    };
    Ok(match kind.value {
        "ServiceAccount" if name.value == DEFAULT => {
            Some(field("namespace")?.map(|namespace| namespace.value))
        }
        "User" => name
            .value
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'))
            .filter(|(_, account)| *account == DEFAULT)
            .map(|(namespace, _)| Some(namespace)),
        _ => None,
    })
}
