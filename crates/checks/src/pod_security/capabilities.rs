//! Which of the checks of added capabilities a capability belongs to: each to one, so that none is
//! reported twice.

use seawall_model::workload::{Container, capability};
use seawall_model::{Cx, Outcome};
use seawall_podsecurity::standards::{capabilities_baseline, capabilities_restricted};

/// What adding a capability means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Control of the kernel or the node.
    Dangerous,
    /// Any other that is not of the default set; also names that Linux does not know.
    Outside,
    /// One of the default set.
    Default,
    /// `NET_BIND_SERVICE`, the only one that restricted pods may add.
    Allowed,
}

/// Ways out of a container: those that kubescape's C-0046 calls insecure, but for two that
/// runtimes give by default, and `DAC_READ_SEARCH`, with which `open_by_handle_at` opens any file
/// of the node.
const DANGEROUS: &[&str] = &[
    "ALL",
    "BPF",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
];

/// The class of a capability, as runtimes take names: with and without `CAP_`, in any case.
fn class(name: &str) -> Class {
    let name = capability(name);
    let one_of = |list: &[&str]| list.iter().any(|listed| name.eq_ignore_ascii_case(listed));
    if one_of(DANGEROUS) {
        Class::Dangerous
    } else if name.eq_ignore_ascii_case(capabilities_restricted::ALLOWED) {
        Class::Allowed
    } else if one_of(capabilities_baseline::ALLOWED) {
        Class::Default
    } else {
        Class::Outside
    }
}

/// Reports each capability of a class that a container adds; `so_what` ends the message.
pub(super) fn each_added<'a>(
    container: &Container<'a>,
    cx: &mut Cx<'a>,
    reported: Class,
    so_what: &str,
) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    for name in container.capabilities_added()? {
        match name {
            Ok(name) if class(name.value) == reported => cx.fail(
                name.node,
                format!("{} adds the capability {}, {so_what}", container.noun(), name.value),
            ),
            Ok(_) => {}
            Err(why) => cx.undecided(why),
        }
    }
    Ok(())
}
