//! `runAsGroup`, `fsGroup` and `supplementalGroups`: three fields of one rule.

use super::container::Container;
use super::place::{Place, Rejection};
use super::pod::Pod;
use super::read::Range;

/// What a policy says of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes rule of that name")]
pub enum GroupRule {
    RunAsAny,
    /// At least one range.
    MustRunAs(Vec<Range>),
    /// At least one range.
    MayRunAs(Vec<Range>),
}

impl GroupRule {
    /// The group that is set where there is none.
    pub fn default(&self) -> Option<i64> {
        match self {
            GroupRule::MustRunAs(ranges) => ranges.first().map(|range| range.min),
            GroupRule::RunAsAny | GroupRule::MayRunAs(_) => None,
        }
    }

    pub(super) fn default_container(&self, pod: &Pod, container: &mut Container) {
        if let Some(group) = self.default()
            && group_of(pod, container).is_none()
        {
            container.context().run_as_group = Some(group);
        }
    }

    pub(super) fn check_container(
        &self,
        pod: &Pod,
        container: &Container,
        found: &mut Vec<Rejection>,
    ) {
        let place = || container.place(&["securityContext", "runAsGroup"]);
        self.check(group_of(pod, container).as_slice(), place, found);
    }

    pub(super) fn check(
        &self,
        groups: &[i64],
        place: impl Fn() -> Place,
        found: &mut Vec<Rejection>,
    ) {
        let ranges = match self {
            GroupRule::RunAsAny => return,
            GroupRule::MustRunAs(ranges) => {
                if groups.is_empty() {
                    let reason = format!("the policy requires a group of {}", Range::list(ranges));
                    found.push(Rejection::new(place(), reason));
                }
                ranges
            }
            GroupRule::MayRunAs(ranges) => ranges,
        };
        for group in groups.iter().filter(|group| !Range::any_holds(ranges, **group)) {
            let reason = format!("it has group {group}; allowed are {}", Range::list(ranges));
            found.push(Rejection::new(place(), reason));
        }
    }
}

fn group_of(pod: &Pod, container: &Container) -> Option<i64> {
    container.own(|own| own.run_as_group).or(pod.security.run_as_group)
}
