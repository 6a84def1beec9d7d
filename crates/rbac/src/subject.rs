//! Who asks, and who is bound.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// The user of requests without credentials.
pub(crate) const ANONYMOUS: &str = "system:anonymous";
/// The group that passes before any role is asked.
pub(crate) const MASTERS: &str = "system:masters";
pub(crate) const AUTHENTICATED: &str = "system:authenticated";
pub(crate) const UNAUTHENTICATED: &str = "system:unauthenticated";
pub(crate) const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";

/// A subject of a binding.
///
/// A service account is a user of the name `system:serviceaccount:NAMESPACE:NAME`, and is the same
/// subject by either name; here it is always [`Subject::ServiceAccount`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A user by name.
    User(String),
    /// A group by name.
    Group(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    /// The user of a name, which may be that of a service account.
    pub fn user(name: &str) -> Self {
        match service_account(name) {
            Some((namespace, name)) => Self::service_account(namespace, name),
            None => Subject::User(name.to_owned()),
        }
    }

    /// A service account.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Subject::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// `User`, `Group` or `ServiceAccount`.
    pub fn kind(&self) -> &'static str {
        match self {
            Subject::User(_) => "User",
            Subject::Group(_) => "Group",
            Subject::ServiceAccount { .. } => "ServiceAccount",
        }
    }

    /// The name without a namespace.
    pub fn name(&self) -> &str {
        match self {
            Subject::User(name) | Subject::Group(name) | Subject::ServiceAccount { name, .. } => {
                name
            }
        }
    }

    /// A service account's namespace.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Subject::ServiceAccount { namespace, .. } => Some(namespace),
            _ => None,
        }
    }

    /// The name under which it asks, if it is no group.
    pub fn user_name(&self) -> Option<String> {
        match self {
            Subject::User(name) => Some(name.clone()),
            Subject::Group(_) => None,
            Subject::ServiceAccount { namespace, name } => {
                Some(format!("{SERVICE_ACCOUNT}{namespace}:{name}"))
            }
        }
    }

    /// It with the groups that it is in without anybody saying so.
    pub fn caller(&self) -> Caller {
        match self {
            Subject::Group(name) => Caller { user: String::new(), groups: vec![name.clone()] },
            _ => Caller::new(&self.user_name().unwrap_or_default(), Vec::new()),
        }
    }
}

/// Namespace and name of the service account that a user name stands for.
pub(crate) fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    // `apiserver/pkg/authentication/serviceaccount`: two parts, and no empty one.
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

impl fmt::Display for Subject {
    /// `User alice`, `ServiceAccount shop/web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::ServiceAccount { namespace, name } => {
                write!(f, "ServiceAccount {namespace}/{name}")
            }
            _ => write!(f, "{} {}", self.kind(), self.name()),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut out = serializer.serialize_struct("Subject", 3)?;
        out.serialize_field("kind", self.kind())?;
        match self.namespace() {
            Some(namespace) => out.serialize_field("namespace", namespace)?,
            None => out.skip_field("namespace")?,
        }
        out.serialize_field("name", self.name())?;
        out.end()
    }
}

/// A subject is written as `user/NAME`, `group/NAME` or `sa/NAMESPACE/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write user/NAME, group/NAME or serviceaccount/NAMESPACE/NAME")]
pub struct SubjectParseError;

impl FromStr for Subject {
    type Err = SubjectParseError;

    /// Reads `user/NAME`, `group/NAME`, `serviceaccount/NAMESPACE/NAME` (or `sa/…`), the same with
    /// colons, and the user name of a service account.
    fn from_str(text: &str) -> Result<Self, SubjectParseError> {
        if let Some((namespace, name)) = service_account(text) {
            return Ok(Self::service_account(namespace, name));
        }
        let (kind, rest) = text.split_once(['/', ':']).ok_or(SubjectParseError)?;
        if rest.is_empty() {
            return Err(SubjectParseError);
        }
        match kind.to_ascii_lowercase().as_str() {
            "user" | "u" => Ok(Self::user(rest)),
            "group" | "g" => Ok(Subject::Group(rest.to_owned())),
            "serviceaccount" | "sa" => match rest.split_once(['/', ':']) {
                Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                    Ok(Self::service_account(namespace, name))
                }
                _ => Err(SubjectParseError),
            },
            _ => Err(SubjectParseError),
        }
    }
}

/// Who asks: a user and the groups that the user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user: String,
    /// All groups.
    pub groups: Vec<String>,
}

impl Caller {
    /// A user with groups, and those that Kubernetes adds: what impersonation with `--as` and
    /// `--as-group` comes to (`apiserver/pkg/endpoints/filters/impersonation`).
    ///
    /// A service account is in its two groups where no groups are given; everybody is in
    /// `system:authenticated` but `system:anonymous`, who is in `system:unauthenticated`.
    pub fn new(user: &str, mut groups: Vec<String>) -> Self {
        if groups.is_empty()
            && let Some((namespace, _)) = service_account(user)
        {
            groups.push(SERVICE_ACCOUNTS.to_owned());
            groups.push(format!("{SERVICE_ACCOUNTS}:{namespace}"));
        }
        let holds = |name: &str| groups.iter().any(|group| group == name);
        if user == ANONYMOUS {
            if !holds(UNAUTHENTICATED) {
                groups.push(UNAUTHENTICATED.to_owned());
            }
        } else if !holds(AUTHENTICATED) && !holds(UNAUTHENTICATED) {
            groups.push(AUTHENTICATED.to_owned());
        }
        Caller { user: user.to_owned(), groups }
    }

    /// A user in exactly these groups, as a SubjectAccessReview has it.
    pub fn exactly(user: &str, groups: Vec<String>) -> Self {
        Caller { user: user.to_owned(), groups }
    }

    /// Whether it passes before any role is asked.
    pub fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_the_same_by_either_name() {
        let account = Subject::service_account("shop", "web");
        for text in [
            "sa/shop/web",
            "serviceaccount/shop/web",
            "ServiceAccount:shop:web",
            "system:serviceaccount:shop:web",
            "user/system:serviceaccount:shop:web",
        ] {
            assert_eq!(text.parse(), Ok(account.clone()), "{text}");
        }
        assert_eq!("user/alice".parse(), Ok(Subject::User("alice".to_owned())));
        assert_eq!("group/system:masters".parse(), Ok(Subject::Group(MASTERS.to_owned())));
        for wrong in ["alice", "sa/web", "user/", "sa//web", "robot/x", ""] {
            assert_eq!(wrong.parse::<Subject>(), Err(SubjectParseError), "{wrong}");
        }
    }

    #[test]
    fn groups_that_nobody_has_to_say() {
        let groups = |user: &str, given: &[&str]| {
            Caller::new(user, given.iter().map(|group| (*group).to_owned()).collect()).groups
        };
        assert_eq!(groups("alice", &[]), [AUTHENTICATED]);
        assert_eq!(groups("alice", &["dev"]), ["dev", AUTHENTICATED]);
        assert_eq!(groups(ANONYMOUS, &[]), [UNAUTHENTICATED]);
        assert_eq!(
            groups("system:serviceaccount:shop:web", &[]),
            [SERVICE_ACCOUNTS, "system:serviceaccounts:shop", AUTHENTICATED]
        );
        assert_eq!(groups("system:serviceaccount:shop:web", &["x"]), ["x", AUTHENTICATED]);
    }
}
