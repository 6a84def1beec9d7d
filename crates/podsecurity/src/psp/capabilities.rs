//! Capabilities: added by default, dropped by force, and what may be added.
//!
//! Names are compared as they are written: `all` is not `ALL`, and `CAP_CHOWN` is not `CHOWN`.

use std::collections::BTreeSet;

use super::container::{Capabilities, Container};
use super::place::Rejection;
use super::policy::Policy;

/// Allows every capability.
const ANY: &str = "*";

fn set(names: &[String]) -> BTreeSet<&str> {
    names.iter().map(String::as_str).collect()
}

/// Adds and drops what the policy does; a container that drops a capability does not get it.
pub(super) fn default_container(policy: &Policy, container: &mut Container) {
    let own = container.own(|own| own.capabilities.as_ref());
    let (added, dropped) = own.map(|c| (set(&c.add), set(&c.drop))).unwrap_or_default();
    let mut add = set(&policy.default_add_capabilities);
    add.retain(|name| !dropped.contains(name));
    add.extend(&added);
    let mut drop = set(&policy.required_drop_capabilities);
    drop.extend(&dropped);
    if add.len() == added.len() && drop.len() == dropped.len() {
        return;
    }
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    let capabilities = Capabilities { add: owned(add), drop: owned(drop) };
    container.context().capabilities = Some(capabilities);
}

pub(super) fn check(policy: &Policy, container: &Container, found: &mut Vec<Rejection>) {
    let Some(own) = container.own(|own| own.capabilities.as_ref()) else {
        if !policy.default_add_capabilities.is_empty()
            || !policy.required_drop_capabilities.is_empty()
        {
            let place = container.place(&["securityContext", "capabilities"]);
            found.push(Rejection::new(place, "the capabilities that the policy sets are missing"));
        }
        return;
    };
    if policy.allowed_capabilities.iter().any(|name| name == ANY) {
        return;
    }
    for name in &own.add {
        if !policy.default_add_capabilities.contains(name)
            && !policy.allowed_capabilities.contains(name)
        {
            let place = container.place(&["securityContext", "capabilities", "add"]);
            found.push(Rejection::new(place, format!("the capability {name} may not be added")));
        }
    }
    for name in &policy.required_drop_capabilities {
        if !own.drop.contains(name) {
            let place = container.place(&["securityContext", "capabilities", "drop"]);
            found.push(Rejection::new(place, format!("the capability {name} must be dropped")));
        }
    }
}
