//! A page that shows and changes the cluster is a door to it.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use crate::image::image_of;

/// A container whose image is the Kubernetes Dashboard, by the names under which it was published.
pub const CHECK: Check = Check {
    id: "kubernetes-dashboard-deployed",
    title: "Kubernetes Dashboard is deployed",
    severity: Severity::Medium,
    rationale: "The Kubernetes Dashboard shows all that its users may see, Secrets included, and \
                opens shells. It was left open on the internet often enough to be looked for, and \
                its project has been archived: it gets no more fixes.",
    remedy: "Remove it. Use `kubectl`, or a maintained interface such as Headlamp, behind a \
             login.",
    mapping: Mapping { mitre: &["T1133", "T1613"], ..Mapping::NONE },
    covers: &["kubescape:C-0014", "checkov:CKV_K8S_33"],
    links: &["https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("kubernetes_dashboard_deployed.yaml"),
};

/// The last part of the repositories that hold the Dashboard; later releases are several images.
const NAMES: &[&str] = &[
    "dashboard-api",
    "dashboard-auth",
    "dashboard-web",
    "dashboard",
    "kubernetes-dashboard",
    "kubernetes-dashboard-amd64",
    "kubernetes-dashboard-arm64",
];

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = image_of(container)? else { return Ok(()) };
    let reference = image.value;
    let name = reference.base_name();
    let published_as = name.starts_with("kubernetes-dashboard")
        || reference.components().any(|part| part == "kubernetesui");
    if NAMES.contains(&name) && published_as {
        let message = format!(
            "{} runs the Kubernetes Dashboard ({}); remove it",
            container.noun(),
            image.node.text()
        );
        cx.fail(image.node, message);
    }
    Ok(())
}
