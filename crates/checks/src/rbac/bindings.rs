//! Who gets a role.

use seawall_model::document::Node;
use seawall_model::{Cx, Object, ObjectKind, Outcome, Undecided};

/// The kinds that bind roles.
pub(super) const BINDINGS: &[ObjectKind] =
    &[ObjectKind::RoleBinding, ObjectKind::ClusterRoleBinding];

/// A subject of a binding.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) node: Node<'a>,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// A service account's namespace: its own or, in a RoleBinding, the binding's.
    pub(super) namespace: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// The namespace and name of the service account that it is, by kind or by user name.
    pub(super) fn service_account(&self) -> Option<(Option<&'a str>, &'a str)> {
        match self.kind {
            "ServiceAccount" => Some((self.namespace, self.name)),
            "User" => {
                let rest = self.name.strip_prefix("system:serviceaccount:")?;
                let (namespace, name) = rest.split_once(':')?;
                Some((Some(namespace), name))
            }
            _ => None,
        }
    }

    /// Whether it is a group of this name.
    pub(super) fn is_group(&self, name: &str) -> bool {
        self.kind == "Group" && self.name == name
    }

    /// "Group developers", "ServiceAccount shop/web".
    pub(super) fn shown(&self) -> String {
        match self.namespace {
            Some(namespace) if self.kind == "ServiceAccount" => {
                format!("{} {namespace}/{}", self.kind, self.name)
            }
            _ => format!("{} {}", self.kind, self.name),
        }
    }
}

/// The role that a binding gives.
#[derive(Clone, Copy)]
pub(super) struct RoleRef<'a> {
    pub(super) node: Node<'a>,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
}

/// The role that a binding gives.
pub(super) fn role_ref(binding: Object<'_>) -> Result<RoleRef<'_>, Undecided<'_>> {
    let root = binding.root();
    let Some(node) = root.field("roleRef")? else {
        return Err(Undecided { node: root, why: "the binding has no roleRef".into() });
    };
    let (Some(kind), Some(name)) = (node.field("kind")?, node.field("name")?) else {
        return Err(Undecided { node, why: "the roleRef has no kind or no name".into() });
    };
    Ok(RoleRef { node, kind: kind.string()?.value, name: name.string()?.value })
}

/// Looks at each subject of a binding; one that can't be understood is undecided.
pub(super) fn each_subject<'a>(
    binding: Object<'a>,
    cx: &mut Cx<'a>,
    mut look: impl FnMut(Subject<'a>, &mut Cx<'a>),
) -> Outcome<'a> {
    let Some(subjects) = binding.root().field("subjects")? else { return Ok(()) };
    for node in subjects.list()? {
        match subject(binding, node) {
            Ok(subject) => look(subject, cx),
            Err(why) => cx.undecided(why),
        }
    }
    Ok(())
}

fn subject<'a>(binding: Object<'a>, node: Node<'a>) -> Result<Subject<'a>, Undecided<'a>> {
    let (Some(kind), Some(name)) = (node.field("kind")?, node.field("name")?) else {
        return Err(Undecided { node, why: "the subject has no kind or no name".into() });
    };
    let namespace = match node.field("namespace")? {
        Some(namespace) => Some(namespace.string()?.value),
        None => binding.namespace(),
    };
    Ok(Subject { node, kind: kind.string()?.value, name: name.string()?.value, namespace })
}
