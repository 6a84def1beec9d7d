//! Some images must be the one that the team has chosen.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity, Undecided};

use super::reference::{Reference, image_of};

/// An image of a repository in `required-images` that is none of those listed.
pub const CHECK: Check = Check {
    id: "image-not-required",
    title: "Image is not the required one of its repository",
    severity: Severity::High,
    rationale: "The team has named the exact image that everyone is to use of this repository, \
                because it is the one that was patched and reviewed. Another one brings back \
                what was mended there.",
    remedy: "Use the image that `required-images` in `seawall.yaml` names, or bring the list up to \
             date.",
    mapping: Mapping { mitre: &["T1525"], ..Mapping::NONE },
    covers: &["kubeaudit:ImageTagIncorrect", "kubeaudit:ImageCorrect"],
    links: &[],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("image_not_required.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if cx.settings().required_images.is_empty() {
        cx.not_applicable();
        return Ok(());
    }
    let Some(image) = image_of(container)? else {
        cx.not_applicable();
        return Ok(());
    };
    let mut wanted = None;
    for text in &cx.settings().required_images {
        let Some(required) = Reference::parse(text) else {
            let why = format!("the required image \"{text}\" is no image reference");
            return Err(Undecided { node: image.node, why: why.into() });
        };
        if required.same_repository(&image.value) {
            if satisfies(&image.value, &required) {
                return Ok(());
            }
            wanted.get_or_insert(text);
        }
    }
    match wanted {
        Some(wanted) => {
            let noun = container.noun();
            cx.fail(image.node, format!("{noun} runs {}; {wanted} is required", image.node.text()));
        }
        None => cx.not_applicable(),
    }
    Ok(())
}

/// Where a digest is required it decides alone; else the tag does, and a digest beside it does no
/// harm.
fn satisfies(image: &Reference<'_>, required: &Reference<'_>) -> bool {
    match required.digest {
        Some(digest) => image.digest == Some(digest),
        None if image.tag.is_none() && image.digest.is_some() => false,
        None => image.tag.unwrap_or("latest") == required.tag.unwrap_or("latest"),
    }
}
