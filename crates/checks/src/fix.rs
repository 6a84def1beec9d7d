//! Edits that the fixes of several checks make.
//!
//! A fix touches only what its finding is about: a container's field is set on the container even
//! where one on the pod would do for all, for the others may be excepted.

use std::borrow::Cow;

use seawall_model::document::{Kind, Node};
use seawall_model::workload::Container;
use seawall_model::{Edit, Edits, Flaw, Value};

/// A user or group that is hardly one of a node, nor root of an image.
pub(crate) const ID: i64 = 10_001;

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

/// Has the container at fault run as [`ID`]: its user (`runAsUser`) or group (`runAsGroup`).
pub(crate) fn user<'a>(flaw: &Flaw<'a>, field: &'static str) -> Edits<'a> {
    in_container(flaw, &["securityContext", field], Value::Int(ID))
}

/// Removes the field at fault.
pub(crate) fn remove<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    Ok(vec![Edit::remove(flaw.node)])
}

/// Removes the item of a list that the field at fault stands in.
pub(crate) fn remove_item<'a>(flaw: &Flaw<'a>, list: Option<Node<'a>>) -> Edits<'a> {
    let mut items = list.into_iter().flat_map(Node::items);
    let item = items.find(|item| item.contains(flaw.node)).ok_or("it stands in no such list")?;
    Ok(vec![Edit::remove(item)])
}

/// Puts an item behind those of a list below a node, which is made where there is none.
pub(crate) fn appended<'a>(at: Node<'a>, path: &[&'static str], item: Value) -> Edit<'a> {
    match at.at_path(path) {
        Some(list) => Edit::append(list, item),
        None => Edit::set(at, path, Value::List(vec![item])),
    }
}

/// The value of an amount, to be written again elsewhere.
pub(crate) fn copied(amount: Node<'_>) -> Result<Value, Cow<'static, str>> {
    match (amount.kind(), amount.as_i64()) {
        (Kind::Str, _) => Ok(Value::str(amount.text().to_owned())),
        (_, Some(number)) => Ok(Value::Int(number)),
        _ => Err("the amount is neither a string nor a whole number".into()),
    }
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
