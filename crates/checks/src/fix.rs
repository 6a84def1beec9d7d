//! Edits that the fixes of several checks make.
//!
//! A fix touches only what its finding is about: a container's field is set on the container even
//! where one on the pod would do for all, for the others may be excepted.

use seawall_model::workload::Container;
use seawall_model::{Edit, Edits, Flaw, Value};

/// Sets a field of the container at fault.
pub(crate) fn in_container<'a>(flaw: &Flaw<'a>, path: &[&'static str], value: Value) -> Edits<'a> {
    Ok(vec![Edit::set(flaw.container()?.node, path, value)])
}

/// Sets a field of the spec of the pod at fault.
pub(crate) fn in_pod<'a>(flaw: &Flaw<'a>, path: &[&'static str], value: Value) -> Edits<'a> {
    Ok(vec![Edit::set(flaw.pod()?.spec, path, value)])
}

/// Gives the field at fault, which is there, another value.
pub(crate) fn here<'a>(flaw: &Flaw<'a>, value: Value) -> Edits<'a> {
    Ok(vec![Edit::set(flaw.node, &[], value)])
}

/// Removes the field at fault.
pub(crate) fn remove<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    Ok(vec![Edit::remove(flaw.node)])
}

/// Drops all capabilities of a container.
pub(crate) fn drop_all<'a>(container: &Container<'a>) -> Edits<'a> {
    let all = Value::str("ALL");
    let dropped = container.security.capabilities.and_then(|capabilities| capabilities.get("drop"));
    Ok(vec![match dropped {
        Some(list) => Edit::append(list, all),
        None => Edit::set(
            container.node,
            &["securityContext", "capabilities", "drop"],
            Value::List(vec![all]),
        ),
    }])
}

/// Makes the seccomp or AppArmor profile at whose type, or at whose annotation, the finding stands
/// that of the container runtime.
pub(crate) fn runtime_profile<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let pod = flaw.pod()?;
    let securities =
        std::iter::once(&pod.security).chain(pod.containers().iter().map(|c| &c.security));
    let profile = securities
        .flat_map(|security| [security.seccomp_profile, security.app_armor_profile])
        .flatten()
        .find(|profile| profile.contains(flaw.node));
    let Some(profile) = profile else { return here(flaw, Value::str("runtime/default")) };
    let mut edits = vec![Edit::set(profile, &["type"], Value::str("RuntimeDefault"))];
    // The API server refuses a path beside any other type.
    edits.extend(profile.get("localhostProfile").map(Edit::remove));
    Ok(edits)
}
