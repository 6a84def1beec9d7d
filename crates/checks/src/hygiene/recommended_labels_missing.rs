//! Whose is it, and what does it belong to?

use seawall_model::{
    Check, Cx, Labels, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity,
};

/// A workload or Service without the labels `app.kubernetes.io/name` and
/// `app.kubernetes.io/instance`.
pub const CHECK: Check = Check {
    id: "recommended-labels-missing",
    title: "Object lacks the recommended labels",
    severity: Severity::Info,
    rationale: "At night somebody asks what an object is and whom to call. Policies, dashboards \
                and bills part the cluster by labels, and what has none is in none of the parts.",
    remedy: "Add `app.kubernetes.io/name` and `app.kubernetes.io/instance`, and a label for the \
             team that owns it. Labels that your organisation requires can be made a check of your \
             own.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0076", "kubescape:C-0077"],
    links: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"],
    scope: Scope::Object(
        &[
            ObjectKind::Pod,
            ObjectKind::Deployment,
            ObjectKind::StatefulSet,
            ObjectKind::DaemonSet,
            ObjectKind::Job,
            ObjectKind::CronJob,
            ObjectKind::Service,
        ],
        run,
    ),
    fix: Err(NoFix::Decision),
    cases: include_str!("recommended_labels_missing.yaml"),
};

const RECOMMENDED: &[&str] = &["app.kubernetes.io/name", "app.kubernetes.io/instance"];

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(metadata) = object.root().field("metadata")? else { return Ok(()) };
    if metadata.field("ownerReferences")?.is_some() {
        cx.not_applicable();
        return Ok(());
    }
    let labels = Labels::of_metadata(Some(metadata))?;
    let missing: Vec<&str> =
        RECOMMENDED.iter().copied().filter(|label| labels.get(label).is_none()).collect();
    if !missing.is_empty() {
        cx.fail_missing(
            metadata,
            "labels",
            format!(
                "{} {} has no label {}",
                object.id().kind,
                object.name(),
                missing.join(" and no ")
            ),
        );
    }
    Ok(())
}
