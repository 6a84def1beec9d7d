//! The roles and bindings that every cluster has.
//!
//! They are known so that nobody is told of them as if somebody had made them, so that manifests
//! that bind `cluster-admin` or `view` can be judged without a cluster, and so that a role of
//! Kubernetes that somebody has widened is noticed. `data/defaults.txt` holds them for all minor
//! versions since 1.20, in the words of Kubernetes' own tests. The API server adds to its roles
//! what is missing and takes nothing away, so an upgraded cluster has the rules of former versions
//! too.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::cover::covers;
use crate::policy::RoleKind;
use crate::rule::Rule;

/// The annotation and label that bootstrap roles carry begin so.
const LABELS: &str = "rbac.authorization.k8s.io/";

/// Minor versions, half open; what only a feature gate adds is not assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    since: u32,
    until: u32,
    gated: bool,
}

impl Range {
    fn holds(self, minor: u32) -> bool {
        !self.gated && (self.since..self.until).contains(&minor)
    }
}

#[derive(Debug, Default)]
struct DefaultRole {
    rules: Vec<(Range, Rule<'static>)>,
    /// The forms that its labels took: keys of labels and of those that it selects.
    forms: Vec<(Range, Vec<&'static str>, Vec<&'static str>)>,
}

#[derive(Debug)]
struct DefaultBinding {
    range: Range,
    role: (&'static str, &'static str),
    /// Kind, namespace and name.
    subjects: Vec<(Range, [&'static str; 3])>,
}

type Key = (&'static str, &'static str, &'static str);

#[derive(Debug, Default)]
struct Defaults {
    newest: u32,
    roles: HashMap<Key, DefaultRole>,
    bindings: HashMap<Key, DefaultBinding>,
    /// Heads in the order of the file.
    order: Vec<(bool, Key)>,
}

fn defaults() -> &'static Defaults {
    static DEFAULTS: OnceLock<Defaults> = OnceLock::new();
    DEFAULTS.get_or_init(|| parse(include_str!("../data/defaults.txt")))
}

/// The file is part of the program and a test reads it all: what is amiss in it is a defect here.
fn parse(text: &'static str) -> Defaults {
    let mut all = Defaults::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&'static str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["kubernetes", _, newest] => all.newest = newest.parse().expect("a minor version"),
            ["role", kind, namespace, name, range_text, keys @ ..] => {
                let key = (*kind, empty(namespace), *name);
                let role = all.roles.entry(key).or_default();
                if role.forms.is_empty() {
                    all.order.push((true, key));
                }
                let of = |prefix: &str| -> Vec<&'static str> {
                    keys.iter().filter_map(|key| key.strip_prefix(prefix)).collect()
                };
                role.forms.push((range(range_text), of("label="), of("selects=")));
            }
            ["binding", kind, namespace, name, range_text, role_kind, role_name] => {
                let key = (*kind, empty(namespace), *name);
                all.order.push((false, key));
                let binding = DefaultBinding {
                    range: range(range_text),
                    role: (role_kind, role_name),
                    subjects: Vec::new(),
                };
                all.bindings.insert(key, binding);
            }
            [range_text, rest @ ..] => {
                let (is_role, key) = *all.order.last().expect("a head stands before");
                let last = range(range_text);
                match rest {
                    [verbs, groups, resources, names, urls] if is_role => {
                        let rule = Rule {
                            verbs: list(verbs),
                            api_groups: list(groups),
                            resources: list(resources),
                            resource_names: list(names),
                            urls: list(urls),
                        };
                        let role = all.roles.get_mut(&key).expect("it is in the order");
                        role.rules.push((last, rule));
                    }
                    [kind, namespace, name] if !is_role => {
                        let binding = all.bindings.get_mut(&key).expect("it is in the order");
                        binding.subjects.push((last, [kind, empty(namespace), name]));
                    }
                    _ => panic!("no line of defaults: {line}"),
                }
            }
            [] => {}
        }
    }
    all
}

fn empty(word: &'static str) -> &'static str {
    if word == "-" { "" } else { word }
}

fn list(words: &'static str) -> Vec<&'static str> {
    match words {
        "-" => Vec::new(),
        words => words.split(',').map(|word| if word == "\"\"" { "" } else { word }).collect(),
    }
}

fn range(text: &str) -> Range {
    let (text, gated) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
    let (since, until) = text.split_once("..").expect("a range has two dots");
    let number = |text: &str, open: u32| {
        if text.is_empty() { open } else { text.parse().expect("a minor version") }
    };
    Range { since: number(since, 0), until: number(until, u32::MAX), gated }
}

/// The newest minor version of Kubernetes 1 whose defaults are known.
pub fn newest() -> u32 {
    defaults().newest
}

/// Whether Kubernetes makes a role of this name; `namespace` is empty of a ClusterRole.
pub fn is_role(kind: RoleKind, namespace: &str, name: &str) -> bool {
    find_role(kind, namespace, name).is_some()
}

fn find_role<'a>(kind: RoleKind, namespace: &'a str, name: &'a str) -> Option<&'a DefaultRole> {
    let roles: &HashMap<(&str, &str, &str), DefaultRole> = &defaults().roles;
    roles.get(&(kind.name(), namespace, name))
}

/// What a role of Kubernetes' name has that Kubernetes never gave it, each with one verb, resource
/// and name; `None` where Kubernetes makes no role of the name, or the rules are too many to tell.
///
/// A role that gathers others has what the controller put in it, and is not asked about.
pub fn added_to<'a>(
    kind: RoleKind,
    namespace: &str,
    name: &str,
    rules: &[Rule<'a>],
) -> Option<Vec<Rule<'a>>> {
    let role = find_role(kind, namespace, name)?;
    if role.forms.iter().any(|(_, _, selects)| !selects.is_empty()) {
        return Some(Vec::new());
    }
    let known: Vec<Rule<'_>> = role.rules.iter().map(|(_, rule)| rule.clone()).collect();
    covers(&known, rules).ok()
}

/// Whether a binding is one that Kubernetes makes, to the role and to no other subjects than it
/// names. Subjects are kind, namespace and name; `namespace` is empty of a ClusterRoleBinding.
pub fn is_binding<'a>(
    kind: &str,
    namespace: &str,
    name: &str,
    role: (&str, &str),
    mut subjects: impl Iterator<Item = [&'a str; 3]>,
) -> bool {
    let bindings: &HashMap<(&str, &str, &str), DefaultBinding> = &defaults().bindings;
    bindings.get(&(kind, namespace, name)).is_some_and(|binding| {
        binding.role == role
            && subjects.all(|subject| binding.subjects.iter().any(|(_, known)| *known == subject))
    })
}

/// The roles and bindings of a minor version of Kubernetes 1, as manifests.
pub fn manifests(minor: u32) -> String {
    let all = defaults();
    let mut out = String::new();
    for (is_role, key) in &all.order {
        let written = if *is_role {
            write_role(&mut out, *key, &all.roles[key], minor)
        } else {
            write_binding(&mut out, *key, &all.bindings[key], minor)
        };
        written.expect("a string takes all");
    }
    out
}

fn head(out: &mut String, (kind, namespace, name): Key) -> std::fmt::Result {
    write!(out, "---\napiVersion: {LABELS}v1\nkind: {kind}\nmetadata:\n  name: \"{name}\"\n")?;
    if !namespace.is_empty() {
        writeln!(out, "  namespace: {namespace}")?;
    }
    out.push_str("  labels:\n    kubernetes.io/bootstrapping: rbac-defaults\n");
    Ok(())
}

fn write_role(out: &mut String, key: Key, role: &DefaultRole, minor: u32) -> std::fmt::Result {
    let Some((_, labels, selects)) = role.forms.iter().find(|(range, ..)| range.holds(minor))
    else {
        return Ok(());
    };
    head(out, key)?;
    for label in labels {
        writeln!(out, "    {LABELS}{label}: \"true\"")?;
    }
    if !selects.is_empty() {
        out.push_str("aggregationRule:\n  clusterRoleSelectors:\n");
    }
    for key in selects {
        writeln!(out, "  - matchLabels: {{{LABELS}{key}: \"true\"}}")?;
    }
    let rules: Vec<_> = role.rules.iter().filter(|(range, _)| range.holds(minor)).collect();
    if !rules.is_empty() {
        out.push_str("rules:\n");
    }
    for (_, rule) in rules {
        writeln!(out, "- verbs: {:?}", rule.verbs)?;
        for (key, words) in [
            ("apiGroups", &rule.api_groups),
            ("resources", &rule.resources),
            ("resourceNames", &rule.resource_names),
            ("nonResourceURLs", &rule.urls),
        ] {
            if !words.is_empty() {
                writeln!(out, "  {key}: {words:?}")?;
            }
        }
    }
    Ok(())
}

fn write_binding(
    out: &mut String,
    key: Key,
    binding: &DefaultBinding,
    minor: u32,
) -> std::fmt::Result {
    if !binding.range.holds(minor) {
        return Ok(());
    }
    head(out, key)?;
    let (kind, name) = binding.role;
    writeln!(
        out,
        "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: \"{name}\"}}"
    )?;
    out.push_str("subjects:\n");
    for (_, [kind, namespace, name]) in
        binding.subjects.iter().filter(|(range, _)| range.holds(minor))
    {
        writeln!(out, "- {{kind: {kind}, namespace: \"{namespace}\", name: \"{name}\"}}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_understood() {
        let all = defaults();
        assert!(newest() >= 37);
        assert!(all.roles.len() > 60 && all.bindings.len() > 40);
        for key in [
            ("ClusterRole", "", "cluster-admin"),
            ("Role", "kube-system", "system::leader-locking-kube-scheduler"),
        ] {
            assert!(all.roles[&key].rules.iter().all(|(_, rule)| !rule.verbs.is_empty()));
        }
    }

    #[test]
    fn a_widened_role_is_noticed() {
        let own = Rule {
            verbs: vec!["create"],
            api_groups: vec!["authentication.k8s.io"],
            resources: vec!["tokenreviews"],
            ..Rule::default()
        };
        let more = Rule {
            verbs: vec!["get"],
            api_groups: vec![""],
            resources: vec!["secrets"],
            ..Rule::default()
        };
        let name = "system:auth-delegator";
        let added = |rules: &[Rule<'static>]| added_to(RoleKind::ClusterRole, "", name, rules);
        assert_eq!(added(std::slice::from_ref(&own)), Some(vec![]));
        assert_eq!(added(&[own, more.clone()]), Some(vec![more]));
        assert_eq!(added_to(RoleKind::ClusterRole, "", "system:evil", &[]), None);
    }

    #[test]
    fn a_binding_with_another_subject_is_not_kubernetes_own() {
        let masters = ["Group", "", "system:masters"];
        let is = |role, subjects: &[[&'static str; 3]]| {
            is_binding("ClusterRoleBinding", "", "cluster-admin", role, subjects.iter().copied())
        };
        assert!(is(("ClusterRole", "cluster-admin"), &[masters]));
        assert!(!is(("ClusterRole", "cluster-admin"), &[masters, ["User", "", "eve"]]));
        assert!(!is(("ClusterRole", "view"), &[masters]));
    }
}
