//! `latest` is whatever was pushed last.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::reference::image_of;

/// No tag, or `latest`, and no digest.
pub const CHECK: Check = Check {
    id: "latest-image-tag",
    title: "Image has no tag or the tag latest",
    severity: Severity::Medium,
    rationale: "`latest`, which is also what no tag means, is whatever was pushed last. Two nodes \
                run different code under one name, a restart deploys a release nobody chose, a \
                rollback rolls nothing back, and whoever can push to the repository is in the \
                cluster with the next pod that starts.",
    remedy: "Name the release, as in `nginx:1.29.1`, or better its digest, as in \
             `nginx:1.29.1@sha256:…`.",
    mapping: Mapping { mitre: &["T1525"], ..Mapping::NONE },
    covers: &[
        "kubeaudit:ImageTagMissing",
        "kubescape:C-0075",
        "trivy:KSV-0013",
        "checkov:CKV_K8S_14",
        "kube-linter:latest-tag",
        "polaris:tagNotSpecified",
        "kube-score:container-image-tag",
    ],
    links: &["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Outside),
    cases: include_str!("latest_image_tag.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = image_of(container)? else {
        cx.not_applicable();
        return Ok(());
    };
    if image.value.is_latest() {
        let what = match image.value.tag {
            Some(_) => "with the tag latest",
            None => "without a tag, which means latest",
        };
        cx.fail(
            image.node,
            format!(
                "{} runs {} {what}; name a release or a digest",
                container.noun(),
                image.node.text()
            ),
        );
    }
    Ok(())
}
