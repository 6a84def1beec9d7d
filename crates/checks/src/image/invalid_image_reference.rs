//! What is no image reference never starts, and hides from every check of images.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity};

use super::reference::Reference;

/// An image that is missing, empty or malformed.
pub const CHECK: Check = Check {
    id: "invalid-image-reference",
    title: "Image is missing or no image reference",
    severity: Severity::Medium,
    rationale: "The API server refuses a container without an image, and the kubelet reports \
                `InvalidImageName` for one that it can't read, so the pod never starts. Mostly it \
                is a placeholder that was not filled in: then what will run in its place has been \
                seen by nobody, and no other check of the image can say anything.",
    remedy: "Write registry, repository, tag and digest, as in \
             `registry.example.com/team/app:1.4.2@sha256:…`; all in lower case but the tag.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Intent),
    cases: include_str!("invalid_image_reference.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = container.image()? else {
        // A custom resource's controller may fill in the image.
        if container.pod.object.kind() == ObjectKind::Custom {
            cx.not_applicable();
        } else {
            let message = format!("{} has no image; name one", container.noun());
            cx.fail_missing(container.node, "image", message);
        }
        return Ok(());
    };
    if Reference::parse(image.value).is_none() {
        let noun = container.noun();
        let message = if image.value.is_empty() {
            format!("{noun} has an empty image; name one")
        } else {
            format!(
                "{noun} has the image \"{}\", which is no image reference; write \
                 registry/repository:tag@digest",
                image.value
            )
        };
        cx.fail(image.node, message);
    }
    Ok(())
}
