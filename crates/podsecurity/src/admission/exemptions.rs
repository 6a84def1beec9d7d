//! Pods that the plugin does not look at: by who makes them, where, and with which runtime.

/// Who and what is exempt. Names are compared as they are; there are no patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemptions {
    /// Names of users, such as `system:serviceaccount:kube-system:replicaset-controller`.
    pub usernames: Vec<String>,
    /// Names of namespaces.
    pub namespaces: Vec<String>,
    /// Names of runtime classes.
    pub runtime_classes: Vec<String>,
}

/// Why a pod is exempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exemption {
    /// Its namespace is.
    Namespace,
    /// Whoever makes it is.
    User,
    /// Its runtime class is.
    RuntimeClass,
}

impl Exemption {
    /// The word for it.
    pub fn noun(self) -> &'static str {
        match self {
            Exemption::Namespace => "namespace",
            Exemption::User => "user",
            Exemption::RuntimeClass => "runtime class",
        }
    }
}

impl Exemptions {
    /// Why a pod is exempt, if it is; what is not known of it is `None` and exempts nothing.
    pub fn exempt(
        &self,
        namespace: &str,
        user: Option<&str>,
        runtime_class: Option<&str>,
    ) -> Option<Exemption> {
        let holds = |names: &[String], name: &str| names.iter().any(|exempt| exempt == name);
        if holds(&self.namespaces, namespace) {
            Some(Exemption::Namespace)
        } else if user.is_some_and(|user| holds(&self.usernames, user)) {
            Some(Exemption::User)
        } else if runtime_class.is_some_and(|class| holds(&self.runtime_classes, class)) {
            Some(Exemption::RuntimeClass)
        } else {
            None
        }
    }
}
