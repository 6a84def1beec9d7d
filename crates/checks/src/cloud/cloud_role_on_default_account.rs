//! A cloud role for whoever comes by.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// A ServiceAccount `default` with the annotation that gives it a role in AWS, Google Cloud or
/// Azure.
pub const CHECK: Check = Check {
    id: "cloud-role-on-default-account",
    title: "Default service account has a cloud role",
    severity: Severity::High,
    rationale: "Every pod of the namespace that names no account gets the role: the debug pod, the \
                job of somebody else, and what an attacker starts there. Rights in the cloud reach \
                further than the cluster.",
    remedy: "Annotate an account that only the workload that needs the role uses.",
    mapping: Mapping { mitre: &["T1078.001", "T1528"], ..Mapping::NONE },
    covers: &[],
    links: &[
        "https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html",
    ],
    scope: Scope::Object(&[ObjectKind::ServiceAccount], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("cloud_role_on_default_account.yaml"),
};

/// Annotations that give a service account a role.
const ANNOTATIONS: &[&str] = &[
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
];

fn run<'a>(account: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let annotations = match account.root().field("metadata")? {
        Some(metadata) => metadata.field("annotations")?,
        None => None,
    };
    let Some(annotations) = annotations else { return Ok(()) };
    annotations.map()?;
    if account.name() != "default" {
        return Ok(());
    }
    for annotation in ANNOTATIONS {
        if let Some(role) = annotations.get(annotation) {
            cx.fail(
                role,
                format!(
                    "every pod of namespace {} that names no account gets {}; annotate an account \
                     of the workload's own",
                    account.namespace().unwrap_or("(none)"),
                    role.text()
                ),
            );
        }
    }
    Ok(())
}
