//! SELinux options: set on the pod, and the same for all its containers.

use std::borrow::Cow;

use seawall_model::Undecided;
use seawall_model::document::Node;

use super::container::Container;
use super::place::{Place, Rejection};
use super::pod::Pod;
use super::read::text;

/// `seLinuxOptions`; what is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct SeLinux {
    pub user: String,
    pub role: String,
    pub r#type: String,
    pub level: String,
}

/// `seLinux` of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes rule of that name")]
pub enum SeLinuxRule {
    RunAsAny,
    MustRunAs(SeLinux),
}

impl SeLinux {
    /// `seLinuxOptions` below a node.
    pub(super) fn read(below: Node<'_>) -> Result<Option<Self>, Undecided<'_>> {
        let Some(node) = below.field("seLinuxOptions")? else { return Ok(None) };
        Ok(Some(SeLinux {
            user: text(node, "user")?,
            role: text(node, "role")?,
            r#type: text(node, "type")?,
            level: text(node, "level")?,
        }))
    }

    /// The options with their names, empty ones left out.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("level", &self.level), ("role", &self.role), ("type", &self.r#type), ("user", &self.user)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
    }
}

impl SeLinuxRule {
    pub(super) fn default_pod(&self, pod: &mut Pod) {
        if let SeLinuxRule::MustRunAs(options) = self
            && pod.security.se_linux.is_none()
        {
            pod.security.se_linux = Some(options.clone());
        }
    }

    pub(super) fn check_pod(&self, pod: &Pod, found: &mut Vec<Rejection>) {
        let place = Place::spec(&["securityContext", "seLinuxOptions"]);
        self.check(pod.security.se_linux.as_ref(), place, found);
    }

    pub(super) fn check_container(
        &self,
        pod: &Pod,
        container: &Container,
        found: &mut Vec<Rejection>,
    ) {
        let effective =
            container.own(|own| own.se_linux.as_ref()).or(pod.security.se_linux.as_ref());
        self.check(effective, container.place(&["securityContext", "seLinuxOptions"]), found);
    }

    fn check(&self, options: Option<&SeLinux>, place: Place, found: &mut Vec<Rejection>) {
        let SeLinuxRule::MustRunAs(must) = self else { return };
        let Some(options) = options else {
            found.push(Rejection::new(place, "the policy requires SELinux options"));
            return;
        };
        let fields = [
            ("level", &must.level, &options.level, same_level(&must.level, &options.level)),
            ("role", &must.role, &options.role, must.role == options.role),
            ("type", &must.r#type, &options.r#type, must.r#type == options.r#type),
            ("user", &must.user, &options.user, must.user == options.user),
        ];
        for (name, wanted, actual, same) in fields {
            if !same {
                let reason =
                    format!("the SELinux {name} is {actual:?}, the policy wants {wanted:?}");
                found.push(Rejection::new(place.clone().keys(&[name]), reason));
            }
        }
    }
}

/// Whether levels are the same; the order of categories does not matter (`equalLevels`).
fn same_level(a: &str, b: &str) -> bool {
    fn parts(level: &str) -> Option<(&str, Vec<Cow<'_, str>>)> {
        let (sensitivity, categories) = level.split_once(':')?;
        let mut categories: Vec<_> = categories.split(',').map(Cow::Borrowed).collect();
        categories.sort();
        Some((sensitivity, categories))
    }
    a == b || parts(a).zip(parts(b)).is_some_and(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::same_level;

    #[test]
    fn categories_have_no_order() {
        assert!(same_level("s0:c6,c0", "s0:c0,c6"));
        assert!(same_level("", ""));
        assert!(!same_level("s0:c6,c0", "s1:c0,c6"));
        assert!(!same_level("s0:c6", "s0:c6,c6"));
        assert!(!same_level("s0", "s0:"));
    }
}
