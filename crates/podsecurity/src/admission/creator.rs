//! Who asks the API server to make the pods of a workload: not whoever wrote it, but its
//! controller.
//!
//! Exempting a user, or letting one use a policy, does nothing for the pods of that user's
//! Deployments.

use seawall_model::ObjectKind;
use seawall_model::document::Node;
use seawall_model::workload::Pod;

/// Who makes the pods of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Creator {
    /// A controller of Kubernetes: the name of its service account in `kube-system`, under which it
    /// asks where the controller manager runs with `--use-service-account-credentials`. Without
    /// that flag it is the user `system:kube-controller-manager`.
    Controller(&'static str),
    /// Somebody by hand, or a program.
    User,
    /// The controller of a custom resource, whose account nothing here tells.
    Unknown,
}

impl Creator {
    /// The name under which a controller asks.
    pub fn user(self) -> Option<String> {
        match self {
            Creator::Controller(name) => Some(format!("system:serviceaccount:kube-system:{name}")),
            Creator::User | Creator::Unknown => None,
        }
    }
}

/// Who makes the pods of a workload (`pkg/controller` and `cmd/kube-controller-manager` upstream).
pub fn creator(pod: &Pod<'_>) -> Creator {
    let object = pod.object;
    let kind = match object.kind() {
        ObjectKind::Pod => {
            let owners = object.metadata().and_then(|metadata| metadata.get("ownerReferences"));
            let mut owners = owners.into_iter().flat_map(Node::items);
            let controller =
                owners.find(|owner| owner.get("controller").and_then(Node::as_bool) == Some(true));
            let Some(owner) = controller else { return Creator::User };
            let text = |key| owner.get(key).map_or("", Node::text);
            let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
            ObjectKind::of(group, text("kind"))
        }
        kind => kind,
    };
    match kind {
        ObjectKind::Deployment | ObjectKind::ReplicaSet => {
            Creator::Controller("replicaset-controller")
        }
        ObjectKind::ReplicationController => Creator::Controller("replication-controller"),
        ObjectKind::StatefulSet => Creator::Controller("statefulset-controller"),
        ObjectKind::DaemonSet => Creator::Controller("daemon-set-controller"),
        ObjectKind::Job | ObjectKind::CronJob => Creator::Controller("job-controller"),
        ObjectKind::PodTemplate => Creator::User,
        _ => Creator::Unknown,
    }
}
