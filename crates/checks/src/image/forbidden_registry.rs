//! Some registries are not to be used.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::reference::for_each_image;

/// An image from one of `forbidden-registries`.
pub const CHECK: Check = Check {
    id: "forbidden-registry",
    title: "Image is from a forbidden registry",
    severity: Severity::High,
    rationale: "The team has ruled this registry or repository out: it is public and anyone \
                publishes there, it is known to hold planted images, or its contents are not \
                reviewed. Images are code that runs with the pod's rights.",
    remedy: "Use the image from a registry of the team's own, after the review that it asks for. \
             The list is `forbidden-registries` in `seawall.yaml`.",
    mapping: Mapping { mitre: &["T1525", "T1204.003"], ..Mapping::NONE },
    covers: &["kubescape:C-0001", "trivy:KSV-0034"],
    links: &["https://kubernetes.io/docs/concepts/containers/images/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("forbidden_registry.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let forbidden = &cx.settings().forbidden_registries;
    if forbidden.is_empty() {
        cx.not_applicable();
        return Ok(());
    }
    for_each_image(pod, cx, |whose, image, cx| {
        if let Some(prefix) = forbidden.iter().find(|prefix| image.value.is_under(prefix)) {
            cx.fail(
                image.node,
                format!(
                    "{whose} takes {} from {prefix}, which is forbidden; take it from a registry \
                     of your own",
                    image.node.text()
                ),
            );
        }
    })
}
