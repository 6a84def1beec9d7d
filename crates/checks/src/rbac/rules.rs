//! What a rule of a role grants, exactly as the API server reads it.
//!
//! `VerbMatches`, `ResourceMatches` and `ResourceNameMatches` in `pkg/apis/rbac/v1` decide:
//! a resource is `*`, the exact `resource/subresource`, or `*/subresource`. So `pods/*` grants
//! nothing, and `pods` does not grant `pods/exec`. A request to create has no name yet, nor has
//! one to delete a whole collection, and so neither is granted where `resourceNames` are given;
//! creating a subresource names the object that it belongs to. A Role grants nothing on what
//! lives in no namespace.

use seawall_model::document::{Items, Node};
use seawall_model::{Cx, Object, ObjectKind, Outcome, Undecided};
use seawall_rbac::{RoleKind, defaults, resource_matches};

/// The kinds that hold rules.
pub(super) const ROLES: &[ObjectKind] = &[ObjectKind::Role, ObjectKind::ClusterRole];

/// Requests that a check asks about.
pub(super) struct Grant {
    groups: &'static [&'static str],
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    in_namespaces: bool,
}

impl Grant {
    /// Requests on resources that live in namespaces.
    pub(super) const fn namespaced(
        groups: &'static [&'static str],
        resources: &'static [&'static str],
        verbs: &'static [&'static str],
    ) -> Self {
        Grant { groups, resources, verbs, in_namespaces: true }
    }

    /// Requests on resources that live in no namespace.
    pub(super) const fn cluster(
        groups: &'static [&'static str],
        resources: &'static [&'static str],
        verbs: &'static [&'static str],
    ) -> Self {
        Grant { groups, resources, verbs, in_namespaces: false }
    }
}

/// A rule of a role.
#[derive(Clone, Copy)]
pub(super) struct Rule<'a> {
    pub(super) node: Node<'a>,
}

impl<'a> Rule<'a> {
    /// The items of one of the rule's lists.
    pub(super) fn list(self, name: &str) -> Result<Option<Items<'a>>, Undecided<'a>> {
        self.node.field(name)?.map(Node::list).transpose()
    }

    /// The strings of one of the rule's lists.
    pub(super) fn strings(self, name: &str) -> Result<Vec<&'a str>, Undecided<'a>> {
        let items = self.list(name)?.into_iter().flatten();
        items.map(|item| Ok(item.string()?.value)).collect()
    }

    /// The item of one of the rule's lists that is `value`.
    pub(super) fn item(self, name: &str, value: &str) -> Result<Option<Node<'a>>, Undecided<'a>> {
        for item in self.list(name)?.into_iter().flatten() {
            if item.string()?.value == value {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Whether it grants every verb on every resource: `wildcard-role` says all there is to say.
    fn grants_everything(self) -> Result<bool, Undecided<'a>> {
        Ok(self.item("verbs", "*")?.is_some() && self.item("resources", "*")?.is_some())
    }

    /// What it grants of what is asked about, one answer for each of its resources.
    fn granted(self, grant: &'static Grant) -> Result<Vec<Granted<'a>>, Undecided<'a>> {
        let groups = self.strings("apiGroups")?;
        if !groups.iter().any(|group| *group == "*" || grant.groups.contains(group)) {
            return Ok(Vec::new());
        }
        let (verbs, names) = (self.strings("verbs")?, self.strings("resourceNames")?);
        let mut granted = Vec::new();
        for item in self.list("resources")?.into_iter().flatten() {
            let written = item.string()?.value;
            let resources: Vec<_> =
                grant.resources.iter().copied().filter(|asked| means(written, asked)).collect();
            let Some(first) = resources.first() else { continue };
            let nameless = !names.is_empty() && !first.contains('/');
            let verbs: Vec<_> = verbs
                .iter()
                .copied()
                .filter(|verb| *verb == "*" || grant.verbs.contains(verb))
                .filter(|verb| !(nameless && matches!(*verb, "create" | "deletecollection")))
                .collect();
            if !verbs.is_empty() {
                granted.push(Granted { item, written, resources, verbs, names: names.clone() });
            }
        }
        Ok(granted)
    }
}

/// Whether a rule's resource matches what is asked about, of which a slash at the end stands for all
/// subresources.
fn means(written: &str, asked: &str) -> bool {
    resource_matches(written, asked)
        || (asked.ends_with('/') && written.starts_with(asked) && !written.ends_with('*'))
}

/// What one resource of a rule grants.
pub(super) struct Granted<'a> {
    /// The resource as it stands in the rule.
    pub(super) item: Node<'a>,
    written: &'a str,
    resources: Vec<&'static str>,
    verbs: Vec<&'a str>,
    /// The only names for which it is granted; all where there are none.
    pub(super) names: Vec<&'a str>,
}

impl Granted<'_> {
    /// "get and list secrets, only those named a and b".
    pub(super) fn what(&self) -> String {
        let resources = match self.resources.as_slice() {
            [one] if *one == self.written => (*one).to_owned(),
            many => format!("{} (by `{}`)", joined(many), self.written),
        };
        let verbs = if self.verbs.contains(&"*") {
            "do anything (`*`) with".to_owned()
        } else {
            joined(&self.verbs)
        };
        match self.names.as_slice() {
            [] => format!("{verbs} {resources}"),
            names => format!("{verbs} {resources}, only of the name {}", joined(names)),
        }
    }
}

/// `a, b and c`; of many the first few.
pub(super) fn joined(words: &[&str]) -> String {
    const MOST: usize = 6;
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if words.len() <= MOST => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", words[..MOST].join(", "), words.len() - MOST),
    }
}

/// Whether a role is one that Kubernetes makes. What somebody added to it is the affair of
/// `default-role-edited`; a label that says so is no proof.
pub(super) fn is_default(role: Object<'_>) -> bool {
    match role.kind() {
        ObjectKind::Role => {
            defaults::is_role(RoleKind::Role, role.namespace().unwrap_or_default(), role.name())
        }
        _ => defaults::is_role(RoleKind::ClusterRole, "", role.name()),
    }
}

/// Looks at each rule of a role that did not come with Kubernetes; one that can't be understood is
/// undecided.
pub(super) fn each<'a>(
    role: Object<'a>,
    cx: &mut Cx<'a>,
    mut look: impl FnMut(Rule<'a>, &mut Cx<'a>) -> Outcome<'a>,
) -> Outcome<'a> {
    if is_default(role) {
        cx.not_applicable();
        return Ok(());
    }
    let Some(rules) = role.root().field("rules")? else { return Ok(()) };
    for node in rules.list()? {
        let outcome = node.map().and_then(|_| look(Rule { node }, cx));
        if let Err(why) = outcome {
            cx.undecided(why);
        }
    }
    Ok(())
}

/// Looks at each grant of what is asked about.
pub(super) fn each_grant<'a>(
    role: Object<'a>,
    cx: &mut Cx<'a>,
    grants: &'static [Grant],
    mut look: impl FnMut(&Granted<'a>, &mut Cx<'a>),
) -> Outcome<'a> {
    each(role, cx, |rule, cx| {
        if rule.grants_everything()? {
            return Ok(());
        }
        let mut seen = Vec::new();
        for grant in grants {
            if role.kind() == ObjectKind::Role && !grant.in_namespaces {
                continue;
            }
            for granted in rule.granted(grant)? {
                if !seen.contains(&granted.item) {
                    seen.push(granted.item);
                    look(&granted, cx);
                }
            }
        }
        Ok(())
    })
}

/// Fails each grant of what is asked about; one that is bounded by names is lesser.
pub(super) fn report<'a>(
    role: Object<'a>,
    cx: &mut Cx<'a>,
    grants: &'static [Grant],
    remedy: &str,
) -> Outcome<'a> {
    each_grant(role, cx, grants, |granted, cx| fail(role, granted, remedy, cx))
}

/// Fails one grant.
pub(super) fn fail<'a>(role: Object<'a>, granted: &Granted<'a>, remedy: &str, cx: &mut Cx<'a>) {
    let message = format!(
        "{} {} lets its subjects {}; {remedy}",
        role.id().kind,
        role.name(),
        granted.what()
    );
    if granted.names.is_empty() {
        cx.fail(granted.item, message);
    } else {
        cx.fail_lesser(granted.item, "", message);
    }
}
