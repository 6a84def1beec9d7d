//! What do SELinux options of pods ask for, and do tenants stay apart?
//!
//! A label is `user:role:type:level`. The type decides what a process may do at all; the level's
//! categories (Multi-Category Security) keep containers of one type apart: a process reaches what
//! carries no more categories than its own. A runtime gives each pod two random categories. Who
//! sets a level by hand takes that in hand himself, and two tenants with one level can read each
//! other's volumes.

use std::collections::BTreeSet;

use seawall_model::document::Node;
use seawall_model::workload::{Container, PodHead};
use seawall_model::{Read, Undecided};

use crate::{Remark, Weight};

/// SELinux options as they are written; empty is absent.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each is the field of that name")]
pub struct Options<'a> {
    pub node: Node<'a>,
    pub user: &'a str,
    pub role: &'a str,
    pub type_: &'a str,
    pub level: &'a str,
}

impl<'a> Options<'a> {
    fn read(node: Node<'a>) -> Result<Self, Undecided<'a>> {
        let text = |key: &str| match node.field(key)? {
            Some(value) => Ok(value.string()?.value),
            None => Ok(""),
        };
        Ok(Options {
            node,
            user: text("user")?,
            role: text("role")?,
            type_: text("type")?,
            level: text("level")?,
        })
    }

    /// The options of a pod.
    ///
    /// # Errors
    ///
    /// Where a field is of the wrong type.
    pub fn of_pod(pod: &PodHead<'a>) -> Result<Option<Self>, Undecided<'a>> {
        pod.security.readable()?;
        pod.security.se_linux_options.map(Self::read).transpose()
    }

    /// The options of a container: its own, else the pod's.
    ///
    /// # Errors
    ///
    /// Where a field is of the wrong type.
    pub fn of(container: &Container<'a>) -> Result<Option<Self>, Undecided<'a>> {
        container.se_linux_options()?.map(Self::read).transpose()
    }

    fn field(&self, key: &str) -> Node<'a> {
        self.node.get(key).unwrap_or(self.node)
    }
}

/// A level: what `s0:c1,c2` or `s0-s15:c0.c1023` covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The lowest and the highest sensitivity.
    pub sensitivity: (u16, u16),
    /// Categories of the highest part.
    pub categories: BTreeSet<u16>,
}

/// Most categories that a policy has.
const CATEGORIES: u16 = 1024;

impl Level {
    /// Reads a level; `None` where it is none.
    pub fn parse(text: &str) -> Option<Level> {
        let (low, high) = match text.split_once('-') {
            Some((low, high)) => (low, high),
            None => (text, text),
        };
        let (low_sensitivity, _) = Self::part(low)?;
        let (high_sensitivity, categories) = Self::part(high)?;
        (low_sensitivity <= high_sensitivity)
            .then_some(Level { sensitivity: (low_sensitivity, high_sensitivity), categories })
    }

    fn part(text: &str) -> Option<(u16, BTreeSet<u16>)> {
        let (sensitivity, categories) = match text.split_once(':') {
            Some((sensitivity, categories)) => (sensitivity, Some(categories)),
            None => (text, None),
        };
        let number = |text: &str, letter: char| text.strip_prefix(letter)?.parse::<u16>().ok();
        let sensitivity = number(sensitivity, 's').filter(|it| *it < 16)?;
        let mut all = BTreeSet::new();
        for part in categories.into_iter().flat_map(|list| list.split(',')) {
            let (from, to) = part.split_once('.').unwrap_or((part, part));
            let (from, to) = (number(from, 'c')?, number(to, 'c')?);
            if from > to || to >= CATEGORIES {
                return None;
            }
            all.extend(from..=to);
        }
        Some((sensitivity, all))
    }

    /// Whether a process of this level reaches what carries the other.
    pub fn dominates(&self, other: &Level) -> bool {
        self.sensitivity.1 >= other.sensitivity.0 && self.categories.is_superset(&other.categories)
    }
}

/// Types of the container policy, and what processes of them may do.
const TYPES: &[(&str, &str)] = &[
    ("container_t", "the ordinary confinement of containers"),
    ("svirt_lxc_net_t", "the older name of container_t"),
    ("container_init_t", "as container_t, and able to run systemd"),
    ("container_kvm_t", "for runtimes that start virtual machines, such as Kata Containers"),
    ("container_engine_t", "for container engines within containers; its confinement is looser"),
    ("container_userns_t", "for containers with a user namespace of their own"),
    ("container_logreader_t", "as container_t, and reads the host's logs"),
    ("container_logwriter_t", "as container_t, and writes the host's logs"),
    ("container_device_t", "as container_t, and uses all devices that it is given"),
    ("container_device_plugin_t", "for device plugins: it reaches the kubelet's sockets"),
    ("container_device_plugin_init_t", "for device plugins, and able to run systemd"),
    ("spc_t", "super privileged: SELinux does not confine it"),
    ("unconfined_t", "SELinux does not confine it"),
    ("container_runtime_t", "the container runtime itself, which may do nearly all"),
];

/// What processes of a type may do, where it is one of the container policy.
pub fn explain_type(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// What each option of a label asks for.
pub fn explain(options: &Options<'_>) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if !options.user.is_empty() {
        lines.push((
            "user",
            format!(
                "{}: the SELinux user, which decides which roles are open; runtimes give system_u",
                options.user
            ),
        ));
    }
    if !options.role.is_empty() {
        lines.push((
            "role",
            format!(
                "{}: the role, which decides which types are open; runtimes give system_r",
                options.role
            ),
        ));
    }
    if !options.type_.is_empty() {
        let what = explain_type(options.type_)
            .unwrap_or("a type that the container policy does not have: each node must load it");
        lines.push(("type", format!("{}: {what}", options.type_)));
    }
    if !options.level.is_empty() {
        let what = match Level::parse(options.level) {
            None => "no level; the container does not start".to_owned(),
            Some(level) if level.categories.is_empty() => {
                "no categories: it reaches only what has none, and everybody reaches what it writes"
                    .to_owned()
            }
            Some(level) if level.categories.len() == usize::from(CATEGORIES) => {
                "all categories: it reaches what every container writes".to_owned()
            }
            Some(level) => format!(
                "{} categories in place of the two that the runtime would choose for each pod",
                level.categories.len()
            ),
        };
        lines.push(("level", format!("{}: {what}", options.level)));
    }
    lines
}

/// What is wrong with the options themselves; levels are held against others by [`shared`].
pub fn lint<'a>(options: &Options<'a>) -> Vec<Remark<'a>> {
    let mut remarks = Vec::new();
    let mut add = |id, weight, key: &str, message: String| {
        remarks.push(Remark { id, weight, node: options.field(key), message });
    };
    match (options.type_, explain_type(options.type_)) {
        ("", _) => {}
        ("spc_t" | "unconfined_t" | "container_runtime_t", Some(what)) => {
            add("unconfined-type", Weight::Error, "type", format!("{}: {what}", options.type_));
        }
        (
            "container_t" | "svirt_lxc_net_t" | "container_init_t" | "container_userns_t",
            Some(_),
        ) => {}
        (name, Some(what)) => {
            add("loose-type", Weight::Note, "type", format!("{name}: {what}"));
        }
        (name, None) => add(
            "custom-type",
            Weight::Warning,
            "type",
            format!(
                "{name} is not of the container policy: each node must have it loaded, and what it \
                 allows can't be seen here; baseline forbids it"
            ),
        ),
    }
    for (key, value) in [("user", options.user), ("role", options.role)] {
        if !value.is_empty() {
            let message = format!(
                "{key} {value}: containers need no other than the runtime's; baseline forbids it"
            );
            add("custom-user-or-role", Weight::Warning, key, message);
        }
    }
    if !options.level.is_empty() {
        match Level::parse(options.level) {
            None => add(
                "invalid-level",
                Weight::Error,
                "level",
                format!(
                    "{:?} is no level such as s0:c123,c456; the container does not start",
                    options.level
                ),
            ),
            Some(level) if level.categories.is_empty() => add(
                "level-without-categories",
                Weight::Warning,
                "level",
                format!(
                    "{} has no categories: every container reaches what this one writes",
                    options.level
                ),
            ),
            Some(_) => {}
        }
    }
    remarks
}

/// A level that somebody set, and whose it is.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The tenant: the namespace.
    pub namespace: &'a str,
    /// The level as it is written.
    pub text: &'a str,
    /// Where.
    pub node: Node<'a>,
}

/// The level that OpenShift gives the pods of a namespace.
pub const OPENSHIFT: &str = "openshift.io/sa.scc.mcs";

/// The level of a namespace's own, where OpenShift gave it one.
///
/// # Errors
///
/// Where the annotation is no string.
pub fn of_namespace<'a>(namespace: seawall_model::Object<'a>) -> Read<'a, &'a str> {
    namespace.annotation(OPENSHIFT).map(Node::string).transpose()
}

/// Levels that let one tenant reach what another writes: the same in two namespaces, or one that
/// covers another's.
pub fn shared<'a>(held: &[Held<'a>]) -> Vec<Remark<'a>> {
    let levels: Vec<(&Held<'a>, Level)> = held
        .iter()
        .filter_map(|it| Some((it, Level::parse(it.text)?)))
        .filter(|(_, level)| !level.categories.is_empty())
        .collect();
    let mut remarks = Vec::new();
    for (it, level) in &levels {
        let mut same: BTreeSet<&str> = BTreeSet::new();
        let mut covered: BTreeSet<&str> = BTreeSet::new();
        for (other, theirs) in &levels {
            if other.namespace == it.namespace {
                continue;
            }
            if level.categories == theirs.categories {
                same.insert(other.namespace);
            } else if level.dominates(theirs) {
                covered.insert(other.namespace);
            }
        }
        let mut add = |id, whom: BTreeSet<&str>, what: &str| {
            if !whom.is_empty() {
                let whom: Vec<&str> = whom.into_iter().collect();
                remarks.push(Remark {
                    id,
                    weight: Weight::Error,
                    node: it.node,
                    message: format!("{} {what} {}", it.text, whom.join(", ")),
                });
            }
        };
        add("shared-level", same, "keeps nothing apart from pods of the same level in");
        add("covering-level", covered, "reaches what pods write in");
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_the_kernel_reads_them() {
        let categories = |text| Level::parse(text).map(|level: Level| level.categories.len());
        assert_eq!(categories("s0"), Some(0));
        assert_eq!(categories("s0:c1,c2"), Some(2));
        assert_eq!(categories("s0:c2,c1,c2"), Some(2));
        assert_eq!(categories("s0-s0:c0.c1023"), Some(1024));
        for bad in ["", "c1", "s0:", "s0:c1024", "s0:c5.c2", "s16", "s1-s0", "s0:c1,,c2", "S0:c1"] {
            assert_eq!(Level::parse(bad), None, "{bad}");
        }
        let level = |text| Level::parse(text).expect("it is one");
        assert!(level("s0:c1,c2").dominates(&level("s0:c2")));
        assert!(!level("s0:c1,c2").dominates(&level("s0:c3")));
        assert!(level("s0:c0.c1023").dominates(&level("s0:c7,c8")));
    }
}
