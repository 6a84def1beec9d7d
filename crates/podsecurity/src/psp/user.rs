//! `runAsUser`: which users containers may run as.

use super::container::Container;
use super::place::Rejection;
use super::pod::Pod;
use super::read::Range;

/// `runAsUser` of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes rule of that name")]
pub enum UserRule {
    RunAsAny,
    MustRunAsNonRoot,
    /// At least one range.
    MustRunAs(Vec<Range>),
}

impl UserRule {
    /// The user of a container that names none.
    pub(super) fn default_user(&self, pod: &Pod, container: &mut Container) {
        if let UserRule::MustRunAs(ranges) = self
            && let Some(first) = ranges.first()
            && user(pod, container).is_none()
        {
            container.context().run_as_user = Some(first.min);
        }
    }

    /// Marks a container that names neither user nor `runAsNonRoot`, so that the kubelet looks at
    /// its image's user.
    pub(super) fn default_non_root(&self, pod: &Pod, container: &mut Container) {
        if *self == UserRule::MustRunAsNonRoot
            && user(pod, container).is_none()
            && non_root(pod, container).is_none()
        {
            container.context().run_as_non_root = Some(true);
        }
    }

    pub(super) fn check(&self, pod: &Pod, container: &Container, found: &mut Vec<Rejection>) {
        let (user, non_root) = (user(pod, container), non_root(pod, container));
        let mut reject = |field, reason: String| {
            let place = container.place(&["securityContext", field]);
            found.push(Rejection::new(place, reason));
        };
        match (self, user, non_root) {
            (UserRule::MustRunAs(_), None, _) => {
                reject("runAsUser", "the policy requires a user".to_owned());
            }
            (UserRule::MustRunAs(ranges), Some(user), _) if !Range::any_holds(ranges, user) => {
                let allowed = Range::list(ranges);
                reject("runAsUser", format!("it runs as user {user}; allowed are {allowed}"));
            }
            (UserRule::MustRunAsNonRoot, None, None) => {
                reject("runAsNonRoot", "it must be true".to_owned());
            }
            (UserRule::MustRunAsNonRoot, _, Some(false)) => {
                reject("runAsNonRoot", "it is false and must be true".to_owned());
            }
            (UserRule::MustRunAsNonRoot, Some(0), _) => {
                reject("runAsUser", "it runs as root, which the policy forbids".to_owned());
            }
            _ => {}
        }
    }
}

fn user(pod: &Pod, container: &Container) -> Option<i64> {
    container.own(|own| own.run_as_user).or(pod.security.run_as_user)
}

fn non_root(pod: &Pod, container: &Container) -> Option<bool> {
    container.own(|own| own.run_as_non_root).or(pod.security.run_as_non_root)
}
