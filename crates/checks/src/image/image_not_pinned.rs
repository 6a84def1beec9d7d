//! A tag is a pointer that its owner may move.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::reference::image_of;

/// No digest.
pub const CHECK: Check = Check {
    id: "image-not-pinned",
    title: "Image is not pinned by a digest",
    severity: Severity::Low,
    rationale: "A tag, also that of a release, can be moved to other content at any time by \
                whoever can push to the repository, and so by whoever steals that right. What was \
                reviewed, scanned and signed is then no longer what runs. A digest names the \
                content itself.",
    remedy: "Add the digest that the registry gives for the tag, as in `app:1.4.2@sha256:…`, and \
             let a bot keep it up to date.",
    mapping: Mapping { mitre: &["T1525"], ..Mapping::NONE },
    covers: &["kubescape:C-0306", "checkov:CKV_K8S_43"],
    links: &["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Outside),
    cases: include_str!("image_not_pinned.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = image_of(container)? else {
        cx.not_applicable();
        return Ok(());
    };
    if image.value.digest.is_none() {
        cx.fail(
            image.node,
            format!(
                "{} runs {name} without a digest; write {name}@sha256:… with the digest of the \
                 reviewed image",
                container.noun(),
                name = image.node.text()
            ),
        );
    }
    Ok(())
}
