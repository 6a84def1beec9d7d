//! A controller without fixes faces the internet.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use crate::image::image_of;

/// A container whose image is the Kubernetes project's ingress-nginx controller. F5's
/// `nginx/nginx-ingress` is another program.
pub const CHECK: Check = Check {
    id: "ingress-nginx-retired",
    title: "Ingress controller ingress-nginx is past its end of life",
    severity: Severity::Medium,
    rationale: "The Kubernetes project retired ingress-nginx in March 2026: no releases, no \
                fixes. It stands at the edge of the cluster and may read Secrets; its flaws of \
                2025 (CVE-2025-1974) gave unauthenticated attackers the cluster.",
    remedy: "Move to a Gateway API implementation or to another maintained ingress controller.",
    mapping: Mapping { nsa: &["C-0292"], mitre: &["T1068"], ..Mapping::NONE },
    covers: &["kubescape:C-0292"],
    links: &["https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("ingress_nginx_retired.yaml"),
};

/// Repositories, by their last parts, that hold the controller.
const REPOSITORIES: &[&str] = &[
    "ingress-nginx/controller",
    "ingress-nginx/controller-chroot",
    "nginx-ingress-controller",
    "nginx-ingress-controller-amd64",
    "ingress-nginx-controller",
];

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = image_of(container)? else { return Ok(()) };
    let path = image.value.path;
    let is_controller = REPOSITORIES.iter().any(|known| {
        path.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    });
    if is_controller {
        let message = format!(
            "{} runs ingress-nginx ({}), retired in March 2026; move to a maintained controller",
            container.noun(),
            image.node.text()
        );
        cx.fail(image.node, message);
    }
    Ok(())
}
