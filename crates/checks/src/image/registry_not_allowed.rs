//! Images may come from the registries that the team has chosen.

use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::reference::for_each_image;

/// An image from outside of `allowed-registries`.
pub const CHECK: Check = Check {
    id: "registry-not-allowed",
    title: "Image is from a registry that is not allowed",
    severity: Severity::Medium,
    rationale: "Images are code that runs with the pod's rights. Where only the team's own \
                registries may be used, every image has gone through its build, scan and review; \
                one from elsewhere has not, and names that resemble a known one are how planted \
                images come in.",
    remedy: "Mirror the image into a registry that `allowed-registries` in `seawall.yaml` names \
             and use it from there, or add its registry or repository to the list.",
    mapping: Mapping { mitre: &["T1525", "T1204.003"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0078",
        "kubescape:C-0304",
        "trivy:KSV-0125",
        "trivy:KSV-0032",
        "trivy:KSV-0033",
        "trivy:KSV-0035",
    ],
    links: &["https://kubernetes.io/docs/concepts/containers/images/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("registry_not_allowed.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let allowed = &cx.settings().allowed_registries;
    if allowed.is_empty() {
        cx.not_applicable();
        return Ok(());
    }
    for_each_image(pod, cx, |whose, image, cx| {
        if !allowed.iter().any(|prefix| image.value.is_under(prefix)) {
            cx.fail(
                image.node,
                format!(
                    "{whose} takes {} from {}, which is not allowed; allowed is {}",
                    image.node.text(),
                    image.value.registry,
                    allowed.join(", ")
                ),
            );
        }
    })
}
