//! Registries close, and their images stay as old as they are.

use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

use super::reference::image_of;

/// An image from a registry or repository of [`RETIRED`].
pub const CHECK: Check = Check {
    id: "retired-registry",
    title: "Image is from a registry that is no longer kept",
    severity: Severity::Medium,
    rationale: "A registry that was closed or frozen gets no further releases and so no security \
                fixes, and one day the node that needs the image can't pull it. A name that is \
                given up may also be taken over by someone else.",
    remedy: "Use the image's new home, such as `registry.k8s.io` for `k8s.gcr.io`, in a release \
             that is still supported.",
    mapping: Mapping { mitre: &["T1525"], ..Mapping::NONE },
    covers: &["kubescape:C-0253"],
    links: &[
        "https://kubernetes.io/blog/2023/03/10/image-registry-redirect/",
        "https://github.com/bitnami/containers/issues/83267",
        "https://book.kubebuilder.io/reference/metrics.html",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "k8s.gcr.io itself sends its callers on to registry.k8s.io, which has the same images \
             under the same names; only its images are moved.",
        ),
        edits,
    }),
    cases: include_str!("retired_registry.yaml"),
};

/// Registries and repositories, what became of them, and what to use instead.
const RETIRED: &[(&str, &str, &str)] = &[
    ("k8s.gcr.io", "was frozen in April 2023", "registry.k8s.io"),
    ("gcr.io/google-containers", "was frozen even before k8s.gcr.io", "registry.k8s.io"),
    ("gcr.io/google_containers", "was frozen even before k8s.gcr.io", "registry.k8s.io"),
    ("gcr.io/kubernetes-helm", "was closed with Helm 2", "Helm 3, which has no server"),
    ("gcr.io/kubebuilder", "was closed in March 2025", "the images of the project itself"),
    (
        "docker.io/bitnamilegacy",
        "is an archive without updates since August 2025",
        "the images of the project itself",
    ),
    (
        "docker.io/bitnami",
        "has no releases since September 2025",
        "the images of the project itself",
    ),
];

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = image_of(container)? else {
        cx.not_applicable();
        return Ok(());
    };
    if let Some((registry, fate, instead)) =
        RETIRED.iter().find(|(registry, _, _)| image.value.is_under(registry))
    {
        cx.fail(
            image.node,
            format!(
                "{} runs {} from {registry}, which {fate}; use {instead}",
                container.noun(),
                image.node.text()
            ),
        );
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    match flaw.node.text().strip_prefix("k8s.gcr.io/") {
        Some(rest) => fix::here(flaw, Value::str(format!("registry.k8s.io/{rest}"))),
        None => Err("no registry has the same images under the same names".into()),
    }
}
