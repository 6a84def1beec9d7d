//! Which policies the API server takes (`pkg/apis/policy/validation`): one that it would refuse
//! decides nothing.

use seawall_model::Undecided;
use seawall_model::document::Node;

use super::policy::Policy;
use super::read::{Range, ranges};
use super::volumes;

/// Why the API server would refuse a policy, if it would.
pub(super) fn problem<'a>(
    spec: Node<'a>,
    policy: &Policy,
) -> Result<Option<String>, Undecided<'a>> {
    for key in ["runAsUser", "runAsGroup", "supplementalGroups", "fsGroup"] {
        let Some(rule) = spec.field(key)? else { continue };
        let ranges = ranges(rule, "ranges")?;
        if let Some(Range { min, max }) = ranges.iter().find(|r| r.min < 0 || r.min > r.max) {
            return Ok(Some(format!("{key} has the range {min} to {max}")));
        }
        if key == "runAsGroup"
            && !ranges.is_empty()
            && rule.get("rule").map(Node::text) == Some("RunAsAny")
        {
            return Ok(Some("runAsGroup has the rule RunAsAny and ranges".to_owned()));
        }
    }
    Ok(of_capabilities(policy)
        .or_else(|| of_volumes(policy))
        .or_else(|| of_containers(policy))
        .or_else(|| of_sysctls(policy))
        .or_else(|| of_runtime_classes(policy))
        .or_else(|| of_profiles(policy)))
}

fn of_capabilities(policy: &Policy) -> Option<String> {
    let drops = &policy.required_drop_capabilities;
    if !drops.is_empty() && policy.allowed_capabilities.iter().any(|name| name == "*") {
        return Some("all capabilities are allowed and some must be dropped".to_owned());
    }
    let adds = policy.default_add_capabilities.iter().chain(&policy.allowed_capabilities);
    let both = adds.into_iter().find(|name| drops.contains(name))?;
    Some(format!("the capability {both} is both allowed and dropped"))
}

fn of_volumes(policy: &Policy) -> Option<String> {
    let known = |name: &str| name == "*" || volumes::keys().any(|(_, known)| known == name);
    if let Some(name) = policy.volumes.iter().find(|name| !known(name)) {
        return Some(format!("{name:?} is no volume type"));
    }
    for path in &policy.allowed_host_paths {
        if path.path_prefix.is_empty() {
            return Some("an allowed host path has no pathPrefix".to_owned());
        }
        if path.path_prefix.split('/').any(|part| part == "..") {
            return Some(format!("the host path {} holds ..", path.path_prefix));
        }
    }
    if policy.allowed_flex_volumes.iter().any(String::is_empty) {
        return Some("an allowed FlexVolume names no driver".to_owned());
    }
    let drivers = &policy.allowed_csi_drivers;
    let fits = |name: &str| name.len() <= 63 && is_subdomain(&name.to_lowercase());
    let wrong = drivers.iter().find(|name| !fits(name))?;
    Some(format!("{wrong:?} is no name of a CSI driver"))
}

fn of_containers(policy: &Policy) -> Option<String> {
    if policy.default_allow_privilege_escalation == Some(true) && !policy.allow_privilege_escalation
    {
        return Some("privilege escalation is the default and not allowed".to_owned());
    }
    let types = &policy.allowed_proc_mount_types;
    let wrong = types.iter().find(|name| !matches!(name.as_str(), "Default" | "Unmasked"))?;
    Some(format!("{wrong:?} is no type of proc mount"))
}

fn of_sysctls(policy: &Policy) -> Option<String> {
    let (allowed, forbidden) = (&policy.allowed_unsafe_sysctls, &policy.forbidden_sysctls);
    for list in [allowed, forbidden] {
        if let Some(wrong) = list.iter().find(|pattern| !is_sysctl_pattern(pattern)) {
            return Some(format!("{wrong:?} is no sysctl and no pattern of sysctls"));
        }
        if list.len() > 1 && list.iter().any(|pattern| pattern.starts_with('*')) {
            return Some("a list of sysctls holds * and others".to_owned());
        }
    }
    let overlap = |a: &str, b: &str| match (a.strip_suffix('*'), b.strip_suffix('*')) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        (Some(prefix), None) => b.starts_with(prefix),
        (None, Some(prefix)) => a.starts_with(prefix),
        (None, None) => a == b,
    };
    let (a, b) = allowed
        .iter()
        .flat_map(|a| forbidden.iter().map(move |b| (a, b)))
        .find(|(a, b)| overlap(a, b))?;
    Some(format!("the sysctls {a} are allowed and {b} forbidden"))
}

fn of_runtime_classes(policy: &Policy) -> Option<String> {
    let classes = policy.runtime_class.as_ref()?;
    let allowed = &classes.allowed_runtime_class_names;
    let default = classes.default_runtime_class_name.as_ref();
    let any = allowed.iter().any(|name| name == "*");
    let named = allowed.iter().filter(|name| *name != "*").chain(default);
    if let Some(wrong) = named.into_iter().find(|name| !is_subdomain(name)) {
        return Some(format!("{wrong:?} is no name of a runtime class"));
    }
    let twice = |(number, name)| allowed[..number].contains(name);
    if allowed.iter().enumerate().any(twice) || (any && allowed.len() > 1) {
        return Some("a runtime class is allowed twice, or beside *".to_owned());
    }
    let default = default.filter(|name| !any && !allowed.contains(name))?;
    Some(format!("the default runtime class {default} is not allowed"))
}

fn of_profiles(policy: &Policy) -> Option<String> {
    let seccomp = |name: &str| match name {
        "runtime/default" | "docker/default" | "unconfined" => true,
        _ => name
            .strip_prefix("localhost/")
            .is_some_and(|path| !path.starts_with('/') && path.split('/').all(|part| part != "..")),
    };
    let app_armor = |name: &str| {
        matches!(name, "" | "runtime/default" | "unconfined") || name.starts_with("localhost/")
    };
    let rule = &policy.seccomp;
    // An empty annotation is none.
    let allowed = Some(&rule.allowed).filter(|names| names.as_slice() != [""]);
    let allowed = allowed.into_iter().flatten().filter(|name| *name != "*");
    let default = Some(&rule.default).filter(|name| !name.is_empty());
    if let Some(wrong) = allowed.chain(default).find(|name| !seccomp(name)) {
        return Some(format!("{wrong:?} is no seccomp profile"));
    }
    let rule = &policy.app_armor;
    let names = rule.allowed.iter().flatten().chain([&rule.default]);
    let wrong = names.into_iter().find(|name| !app_armor(name))?;
    Some(format!("{wrong:?} is no AppArmor profile"))
}

/// `IsDNS1123Subdomain`.
fn is_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !label.is_empty()
                && label.bytes().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// `IsValidSysctlPattern`: segments with dots between, of which the last may end in `*`.
fn is_sysctl_pattern(pattern: &str) -> bool {
    let outer = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let inner = |b: u8| outer(Some(b)) || b == b'-' || b == b'_';
    let segment = |text: &str| {
        text.bytes().all(inner) && outer(text.bytes().next()) && outer(text.bytes().last())
    };
    let (rest, last) = match pattern.rsplit_once('.') {
        Some((rest, last)) => (Some(rest), last),
        None => (None, pattern),
    };
    let star = last.strip_suffix('*');
    let last_fits = match star {
        Some("") => true,
        Some(prefix) => prefix.bytes().all(inner) && outer(prefix.bytes().next()),
        None => segment(last),
    };
    pattern.len() <= 253 && last_fits && rest.is_none_or(|rest| rest.split('.').all(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sysctls() {
        for pattern in ["*", "kernel.*", "kernel.msg*", "net.ipv4.tcp_x", "a", "a-b.c"] {
            assert!(is_sysctl_pattern(pattern), "{pattern}");
        }
        for pattern in ["", ".", "kernel.", "*.a", "Kernel.a", "a_", "_a", "a..b", "a*b", "-*"] {
            assert!(!is_sysctl_pattern(pattern), "{pattern}");
        }
    }
}
