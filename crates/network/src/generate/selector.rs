//! Readable selectors: the fewest labels that mean a workload's pods and no others.

use crate::network::Network;

/// Labels that controllers give, which say nothing about what a pod is.
const GIVEN: &[&str] = &[
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "controller-uid",
    "job-name",
    "helm.sh/chart",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
];

/// Labels that people know a workload by, the best first.
const PREFERRED: &[&str] = &[
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/component",
    "component",
    "app.kubernetes.io/instance",
    "tier",
    "role",
];

/// The labels that select a workload.
pub(super) struct Selected<'a> {
    pub(super) labels: Vec<(&'a str, &'a str)>,
    /// Other workloads that they select too, since nothing tells them apart.
    pub(super) shared: Vec<usize>,
}

/// The fewest labels, at most two, that mean a workload's pods alone in their namespace; all labels
/// where two do not do.
pub(super) fn select<'a>(network: &Network<'a>, workload: usize) -> Selected<'a> {
    let own = &network.workloads()[workload];
    let mut labels: Vec<(&'a str, &'a str)> = Vec::new();
    if let Some(&first) = own.pods.first() {
        labels.extend(
            network.pods()[first].labels.iter().filter(|(key, _)| !GIVEN.contains(key)).copied(),
        );
    }
    labels.retain(|label| own.pods.iter().all(|&pod| network.pods()[pod].labels.contains(label)));
    let rank = |key: &str| PREFERRED.iter().position(|known| *known == key).unwrap_or(usize::MAX);
    labels.sort_by_key(|(key, value)| (rank(key), *key, *value));
    let others = |wanted: &[(&str, &str)]| -> Vec<usize> {
        let selects = |number: &usize| {
            let other = &network.workloads()[*number];
            *number != workload
                && !other.controller
                && other.namespace == own.namespace
                && other.pods.iter().any(|&pod| {
                    wanted.iter().all(|label| network.pods()[pod].labels.contains(label))
                })
        };
        (0..network.workloads().len()).filter(selects).collect()
    };
    for label in &labels {
        if others(&[*label]).is_empty() {
            return Selected { labels: vec![*label], shared: Vec::new() };
        }
    }
    for (number, first) in labels.iter().enumerate() {
        for second in &labels[number + 1..] {
            if others(&[*first, *second]).is_empty() {
                return Selected { labels: vec![*first, *second], shared: Vec::new() };
            }
        }
    }
    let shared = others(&labels);
    Selected { labels, shared }
}
