//! A version with a known flaw is an invitation.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

use super::version::{Flaw, Version, v};

/// An image whose name and tag are those of a release of Argo CD, Grafana, Kyverno or the API
/// server with a well-known flaw. Other images, and tags that are no version, say nothing; the
/// image itself is not looked into.
pub const CHECK: Check = Check {
    id: "vulnerable-component",
    title: "Component has a well-known flaw",
    severity: Severity::High,
    rationale: "These components read all manifests, all metrics, all admissions or all requests \
                of the cluster. Their flaws are published with the way to use them.",
    remedy: "Update to the release that the message names, or to any later one.",
    mapping: Mapping { mitre: &["T1068"], ..Mapping::NONE },
    covers: &["kubescape:C-0081", "kubescape:C-0089", "kubescape:C-0090", "kubescape:C-0091"],
    links: &["https://kubernetes.io/docs/reference/issues-security/official-cve-feed/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Outside),
    cases: include_str!("vulnerable_component.yaml"),
};

/// Names of images and the flaws of their releases, from the projects' own advisories.
const FLAWS: &[(&[&str], Flaw)] = &[
    (
        &["argocd", "argo-cd"],
        Flaw {
            id: "CVE-2022-24348",
            what: "charts read files of other applications",
            affected: &[(v(0, 0, 0), v(2, 1, 9)), (v(2, 2, 0), v(2, 2, 4))],
        },
    ),
    (
        &["grafana", "grafana-oss", "grafana-enterprise"],
        Flaw {
            id: "CVE-2022-39328",
            what: "requests skip authentication",
            affected: &[(v(9, 2, 0), v(9, 2, 4))],
        },
    ),
    (
        &["kyverno"],
        Flaw {
            id: "CVE-2022-47633",
            what: "images pass signature checks that they fail",
            affected: &[(v(1, 8, 3), v(1, 8, 5))],
        },
    ),
    (
        &["kube-apiserver"],
        Flaw {
            id: "CVE-2022-3172",
            what: "aggregated API servers redirect clients with their credentials",
            affected: &[
                (v(0, 0, 0), v(1, 22, 14)),
                (v(1, 23, 0), v(1, 23, 11)),
                (v(1, 24, 0), v(1, 24, 5)),
                (v(1, 25, 0), v(1, 25, 1)),
            ],
        },
    ),
];

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(image) = container.image()? else { return Ok(()) };
    let last = image.value.rsplit('/').next().unwrap_or(image.value);
    let (name, rest) = last.split_once([':', '@']).unwrap_or((last, ""));
    let Some((_, flaw)) = FLAWS.iter().find(|(names, _)| names.contains(&name)) else {
        return Ok(());
    };
    // A digest alone tells no version.
    let Some(version) = Version::parse(rest) else { return Ok(()) };
    if let Some(mended) = flaw.mended_after(version) {
        cx.fail(
            image.node,
            format!(
                "{} runs {name} {version} with {} ({}); update to {mended} or later",
                container.noun(),
                flaw.id,
                flaw.what
            ),
        );
    }
    Ok(())
}
