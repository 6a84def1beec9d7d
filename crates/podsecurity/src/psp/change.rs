//! What a policy changed in a pod, as fields with their new values.

use std::borrow::Cow;

use seawall_model::document::{Kind, Node};
use seawall_model::workload;
use seawall_model::{Change, Edit, Value};

use super::container::Container;
use super::place::{Place, Step};
use super::pod::Pod;
use super::se_linux::SeLinux;
use super::seccomp::Seccomp;

/// A field that got a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The field.
    pub place: Place,
    /// Its new value.
    pub value: Value,
}

/// What differs between a pod and what admission made of it.
pub fn changes(before: &Pod, after: &Pod) -> Vec<Changed> {
    let mut all = Vec::new();
    let mut set = |place, value| all.push(Changed { place, value });
    for (key, value) in &after.annotations {
        if before.annotations.get(key) != Some(value) {
            set(Place::annotation(key.clone()), text(value));
        }
    }
    if let Some(class) = differs(&before.runtime_class, &after.runtime_class) {
        set(Place::spec(&["runtimeClassName"]), text(class));
    }
    let (old, new) = (&before.security, &after.security);
    let field = |name| Place::spec(&["securityContext", name]);
    if let Some(groups) = differs(&old.supplemental_groups, &new.supplemental_groups) {
        let groups = groups.iter().map(|group| Value::Int(*group)).collect();
        set(field("supplementalGroups"), Value::List(groups));
    }
    if let Some(group) = differs(&old.fs_group, &new.fs_group) {
        set(field("fsGroup"), Value::Int(*group));
    }
    if let Some(options) = differs(&old.se_linux, &new.se_linux) {
        set(field("seLinuxOptions"), se_linux(options));
    }
    if let Some(profile) = differs(&old.seccomp, &new.seccomp) {
        set(field("seccompProfile"), seccomp(profile));
    }
    for (before, after) in before.containers.iter().zip(&after.containers) {
        container(before, after, &mut all);
    }
    all
}

fn container(before: &Container, after: &Container, all: &mut Vec<Changed>) {
    let Some(new) = &after.security else { return };
    let old = before.security.clone().unwrap_or_default();
    let mut set = |keys: &[&'static str], value| {
        let place = after.place(&["securityContext"]).keys(keys);
        all.push(Changed { place, value });
    };
    if let Some(capabilities) = differs(&old.capabilities, &new.capabilities) {
        let known = old.capabilities.clone().unwrap_or_default();
        for (key, old, new) in
            [("add", &known.add, &capabilities.add), ("drop", &known.drop, &capabilities.drop)]
        {
            if old != new {
                let names = new.iter().map(|name| text(name)).collect();
                set(&["capabilities", key], Value::List(names));
            }
        }
    }
    for (key, old, new) in [
        ("runAsNonRoot", old.run_as_non_root, new.run_as_non_root),
        ("readOnlyRootFilesystem", old.read_only_root_filesystem, new.read_only_root_filesystem),
        (
            "allowPrivilegeEscalation",
            old.allow_privilege_escalation,
            new.allow_privilege_escalation,
        ),
    ] {
        if let Some(value) = differs(&old, &new) {
            set(&[key], Value::Bool(*value));
        }
    }
    for (key, old, new) in [
        ("runAsUser", old.run_as_user, new.run_as_user),
        ("runAsGroup", old.run_as_group, new.run_as_group),
    ] {
        if let Some(value) = differs(&old, &new) {
            set(&[key], Value::Int(*value));
        }
    }
    if let Some(options) = differs(&old.se_linux, &new.se_linux) {
        set(&["seLinuxOptions"], se_linux(options));
    }
    if let Some(profile) = differs(&old.seccomp, &new.seccomp) {
        set(&["seccompProfile"], seccomp(profile));
    }
}

/// The new value where it is another.
fn differs<'v, T: PartialEq>(old: &Option<T>, new: &'v Option<T>) -> Option<&'v T> {
    if old == new { None } else { new.as_ref() }
}

fn text(text: &str) -> Value {
    Value::str(text.to_owned())
}

fn se_linux(options: &SeLinux) -> Value {
    Value::Map(options.entries().map(|(key, value)| (key.into(), text(value))).collect())
}

fn seccomp(profile: &Seccomp) -> Value {
    let mut entries = vec![("type".into(), text(&profile.profile_type))];
    if let Some(path) = &profile.localhost {
        entries.push(("localhostProfile".into(), text(path)));
    }
    Value::Map(entries)
}

impl Changed {
    /// The edit that writes the change into a workload; `None` where the workload has no place for
    /// it.
    pub fn edit<'a>(&self, pod: &workload::Pod<'a>) -> Option<Edit<'a>> {
        let (first, steps) = self.place.steps().split_first()?;
        let (mut at, mut rest) = match first {
            Step::Key(key) if key == "metadata" => match pod.metadata {
                Some(metadata) => (metadata, steps),
                None => (around(pod)?, self.place.steps()),
            },
            _ => (pod.spec, steps),
        };
        while let Some((step, further)) = rest.split_first() {
            let next = match step {
                Step::Key(key) => at.get(key),
                Step::Item(index) => at.items().nth(*index),
            };
            let Some(next) = next else { break };
            (at, rest) = (next, further);
        }
        let path: Option<Vec<Cow<'static, str>>> = rest
            .iter()
            .map(|step| match step {
                Step::Key(key) => Some(key.clone()),
                Step::Item(_) => None,
            })
            .collect();
        Some(Edit { at, change: Change::Set { path: path?, value: self.value.clone() } })
    }
}

/// The map that a pod's spec stands in.
fn around<'a>(pod: &workload::Pod<'a>) -> Option<Node<'a>> {
    pod.object
        .root()
        .descendants()
        .find(|node| node.kind() == Kind::Map && node.get("spec") == Some(pod.spec))
}
