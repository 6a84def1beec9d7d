//! Whether a pod gets its service account's token without having asked for one.
//!
//! The admission plugin `ServiceAccount` (`plugin/pkg/admission/serviceaccount`) decides: the pod's
//! own `automountServiceAccountToken`, else the account's, else yes; and a container that mounts
//! something else in the token's place gets none.

use seawall_model::document::Node;
use seawall_model::workload::{ContainerType, Pod};
use seawall_model::{Cx, Undecided};

/// The account of pods that name none.
pub(super) const DEFAULT: &str = "default";

/// Where the token is mounted.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Why a pod's token is mounted or not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Automount<'a> {
    /// It is not.
    Off,
    /// The pod says so.
    ByPod(Node<'a>),
    /// The pod is silent and its account says so.
    ByAccount,
    /// Nobody that is known says anything; the account is among what was read, or is not.
    ByDefault { account_known: bool },
}

/// The name of a pod's service account.
pub(crate) fn account_of<'a>(pod: &Pod<'a>) -> Result<&'a str, Undecided<'a>> {
    Ok(pod.service_account()?.map_or(DEFAULT, |name| name.value))
}

/// Whether a pod's token is mounted, and by whose word.
pub(crate) fn automount<'a>(pod: &Pod<'a>, cx: &Cx<'a>) -> Result<Automount<'a>, Undecided<'a>> {
    let account = account_of(pod)?;
    let decided = match pod.flag("automountServiceAccountToken")? {
        Some(flag) if !flag.value => Automount::Off,
        Some(flag) => Automount::ByPod(flag.node),
        None => of_account(pod, account, cx)?,
    };
    Ok(match decided {
        Automount::Off => Automount::Off,
        _ if all_mount_something_else(pod) => Automount::Off,
        on => on,
    })
}

/// Several manifests may describe one account, such as a base and its patch; a word in one of them
/// holds against the silence of the others, and yes against no.
fn of_account<'a>(
    pod: &Pod<'a>,
    account: &str,
    cx: &Cx<'a>,
) -> Result<Automount<'a>, Undecided<'a>> {
    let mut decided = Automount::ByDefault { account_known: false };
    for object in cx.inventory().service_accounts(pod.object.namespace(), account) {
        let flag = object.root().get("automountServiceAccountToken").map(Node::boolean);
        match flag.transpose()?.map(|flag| flag.value) {
            Some(true) => return Ok(Automount::ByAccount),
            Some(false) => decided = Automount::Off,
            None if matches!(decided, Automount::Off) => {}
            None => decided = Automount::ByDefault { account_known: true },
        }
    }
    Ok(decided)
}

/// What was read from a cluster shows the plugin's own work, which must not count.
fn all_mount_something_else(pod: &Pod<'_>) -> bool {
    let mut containers = pod
        .containers()
        .iter()
        .filter(|container| container.container_type != ContainerType::Ephemeral)
        .peekable();
    containers.peek().is_some()
        && containers.all(|container| {
            container.volume_mounts.into_iter().flat_map(Node::items).any(|mount| {
                let field = |key| mount.get(key).and_then(Node::as_str);
                field("mountPath") == Some(MOUNT_PATH)
                    && !field("name").is_some_and(is_made_by_admission)
            })
        })
}

/// The plugin's volumes: `kube-api-access-x7k2p`, and `default-token-x7k2p` up to Kubernetes 1.20.
fn is_made_by_admission(volume: &str) -> bool {
    volume.starts_with("kube-api-access-") || volume.contains("-token-")
}
