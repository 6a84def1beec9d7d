//! Where rules put what they find.

use std::borrow::Cow;

use seawall_model::Undecided;
use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod, PodHead, SecurityContext};

use super::StandardCheck;

/// One thing that a standard forbids.
#[derive(Clone, Debug)]
pub struct Violation<'a> {
    /// The check that forbids it.
    pub check: &'static StandardCheck,
    /// The name of the container at fault; `None` where the pod itself is.
    pub container: Option<&'a str>,
    /// The field at fault, or the nearest parent of one that is missing.
    pub node: Node<'a>,
    /// What is missing below `node`; empty where the field itself is at fault.
    pub missing: Cow<'static, str>,
    /// What is wrong, with the actual values, and what to write instead.
    pub reason: String,
}

/// What rules found in a pod.
#[derive(Debug)]
pub struct Found<'a> {
    check: &'static StandardCheck,
    container: Option<&'a str>,
    /// What is forbidden.
    pub violations: Vec<Violation<'a>>,
    /// What could not be understood, so that it is not known whether it is forbidden.
    pub undecided: Vec<Undecided<'a>>,
}

impl<'a> Found<'a> {
    /// Nothing as yet; what comes is of this check.
    pub fn new(check: &'static StandardCheck) -> Self {
        Found { check, container: None, violations: Vec::new(), undecided: Vec::new() }
    }

    /// What comes is of another check.
    pub(super) fn of(&mut self, check: &'static StandardCheck) -> &mut Self {
        self.check = check;
        self
    }

    /// Looks at each container of a pod; one that can't be decided does not hide the others.
    pub(super) fn in_containers(
        &mut self,
        pod: &Pod<'a>,
        rule: impl Fn(&Container<'a>, &mut Self) -> Result<(), Undecided<'a>>,
    ) {
        for container in pod.containers() {
            self.container = Some(container.name);
            if let Err(why) = rule(container, self) {
                self.undecided.push(why);
            }
        }
        self.container = None;
    }

    /// The field at `node` is forbidden.
    pub(super) fn forbid(&mut self, node: Node<'a>, reason: String) {
        self.forbid_at(node, "", reason);
    }

    /// Below `node`, `missing` must stand.
    pub(super) fn require(
        &mut self,
        node: Node<'a>,
        missing: impl Into<Cow<'static, str>>,
        reason: String,
    ) {
        self.forbid_at(node, missing, reason);
    }

    fn forbid_at(&mut self, node: Node<'a>, missing: impl Into<Cow<'static, str>>, reason: String) {
        let (check, container, missing) = (self.check, self.container, missing.into());
        self.violations.push(Violation { check, container, node, missing, reason });
    }
}

/// A pod or a container, as far as rules treat them alike.
#[derive(Clone, Copy, Debug)]
pub enum Setter<'c, 'a> {
    /// The pod.
    Pod(&'c PodHead<'a>),
    /// A container of it.
    Container(&'c Container<'a>),
}

impl<'a> Setter<'_, 'a> {
    /// Its own security context.
    pub fn security(&self) -> &SecurityContext<'a> {
        match self {
            Setter::Pod(pod) => &pod.security,
            Setter::Container(container) => &container.security,
        }
    }

    /// "the pod", or "container app".
    pub fn noun(&self) -> String {
        match self {
            Setter::Pod(_) => "the pod".to_owned(),
            Setter::Container(container) => container.noun(),
        }
    }
}

/// Looks at the pod's own settings and then at each container's.
pub(super) fn each_setter<'a>(
    pod: &Pod<'a>,
    found: &mut Found<'a>,
    rule: impl Fn(Setter<'_, 'a>, &mut Found<'a>) -> Result<(), Undecided<'a>>,
) {
    if let Err(why) = rule(Setter::Pod(&pod.head()), found) {
        found.undecided.push(why);
    }
    found.in_containers(pod, |container, found| rule(Setter::Container(container), found));
}

/// Where a field of a container's security context would stand: the nearest parent that is there,
/// and what is missing below it.
pub fn absent<'a>(container: &Container<'a>, field: &str) -> (Node<'a>, Cow<'static, str>) {
    match container.security.node {
        Some(security) => (security, field.to_owned().into()),
        None => (container.node, format!("securityContext.{field}").into()),
    }
}
