//! Which resource somebody means: plural, singular, kind or short name, with or without its group.

use std::collections::HashMap;
use std::sync::OnceLock;

use seawall_model::document::Node;
use seawall_model::{Inventory, ObjectKind};

/// A resource of the Kubernetes API or of a CustomResourceDefinition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Plural name, as rules say it.
    pub name: String,
    /// API group; empty for the core group.
    pub group: String,
    /// Kind of its objects.
    pub kind: String,
    /// Singular name.
    pub singular: String,
    /// Short names, such as `po`.
    pub short_names: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Verbs that the API server serves.
    pub verbs: Vec<String>,
    /// Subresources with their verbs.
    pub subresources: Vec<(String, Vec<String>)>,
}

impl Resource {
    /// `deployments.apps`, `pods`.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.name, self.group)
        }
    }
}

/// Why a name is no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Nothing is called so.
    #[error("there is no resource {name:?}{}", near.as_ref().map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    Unknown {
        /// As it was written.
        name: String,
        /// What is called nearly so.
        near: Option<String>,
    },
}

/// What can only be asked of the authorizer: no API serves it, but rules name it. Resource, group,
/// whether it is namespaced, verbs.
///
/// Impersonation: `apiserver/pkg/endpoints/filters/impersonation`; signers:
/// `pkg/controller/certificates/authority` and `plugin/pkg/admission/certificates`; the kubelet's:
/// `pkg/kubelet/server/auth.go`.
const VIRTUAL: &[(&str, &str, bool, &[&str])] = &[
    ("users", "", false, &["impersonate"]),
    ("groups", "", false, &["impersonate"]),
    ("uids", "authentication.k8s.io", false, &["impersonate"]),
    ("userextras", "authentication.k8s.io", false, &["impersonate"]),
    ("signers", "certificates.k8s.io", false, &["approve", "attest", "sign"]),
    ("nodes/metrics", "", false, &["get"]),
    ("nodes/stats", "", false, &["get"]),
    ("nodes/log", "", false, &["get"]),
    ("nodes/spec", "", false, &["get"]),
    ("nodes/checkpoint", "", false, &["create"]),
    ("nodes/pods", "", false, &["get"]),
    ("nodes/healthz", "", false, &["get"]),
    ("nodes/configz", "", false, &["get"]),
];

/// Verbs that no discovery lists, because they are asked of the authorizer alone.
const EXTRA_VERBS: &[(&str, &str, &[&str])] = &[
    ("", "serviceaccounts", &["impersonate"]),
    ("rbac.authorization.k8s.io", "roles", &["bind", "escalate"]),
    ("rbac.authorization.k8s.io", "clusterroles", &["bind", "escalate"]),
    ("policy", "podsecuritypolicies", &["use"]),
    ("security.openshift.io", "securitycontextconstraints", &["use"]),
];

fn built_in() -> &'static [Resource] {
    static RESOURCES: OnceLock<Vec<Resource>> = OnceLock::new();
    RESOURCES.get_or_init(|| parse(include_str!("../data/resources.txt")))
}

/// The file is part of the program, and a test reads it all.
fn parse(text: &str) -> Vec<Resource> {
    let mut all: Vec<Resource> = Vec::new();
    let words = |list: &str| -> Vec<String> {
        list.split(',').filter(|word| *word != "-").map(str::to_owned).collect()
    };
    let blank = |word: &str| if word == "-" { String::new() } else { word.to_owned() };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [name, group, kind, singular, scope, verbs, shorts, _] = fields.as_slice() else {
            panic!("no line of resources: {line}");
        };
        match name.split_once('/') {
            None => all.push(Resource {
                name: (*name).to_owned(),
                group: blank(group),
                kind: (*kind).to_owned(),
                singular: blank(singular),
                short_names: words(shorts),
                namespaced: *scope == "namespaced",
                verbs: words(verbs),
                subresources: Vec::new(),
            }),
            Some((_, sub)) => {
                let owner = all.last_mut().expect("a resource stands before its parts");
                owner.subresources.push((sub.to_owned(), words(verbs)));
            }
        }
    }
    for &(name, group, namespaced, verbs) in VIRTUAL {
        let verbs: Vec<String> = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        match name.split_once('/') {
            Some((owner, sub)) => {
                let owner = all.iter_mut().find(|r| r.name == owner && r.group == group);
                owner.expect("nodes are a resource").subresources.push((sub.to_owned(), verbs));
            }
            None => all.push(Resource {
                name: name.to_owned(),
                group: group.to_owned(),
                kind: String::new(),
                singular: String::new(),
                short_names: Vec::new(),
                namespaced,
                verbs,
                subresources: Vec::new(),
            }),
        }
    }
    for (group, name, verbs) in EXTRA_VERBS {
        if let Some(resource) = all.iter_mut().find(|r| r.name == *name && r.group == *group) {
            resource.verbs.extend(verbs.iter().map(|verb| (*verb).to_owned()));
        }
    }
    all
}

/// The resources of the Kubernetes API, and those that CustomResourceDefinitions of an inventory
/// define.
#[derive(Clone, Debug)]
pub struct Resources {
    all: Vec<Resource>,
    /// By plural, singular, short name and kind, in lower case; several groups may share one.
    by_name: HashMap<String, Vec<usize>>,
    by_rule: HashMap<(String, String), usize>,
}

impl Resources {
    /// Those of Kubernetes and of the inventory's CustomResourceDefinitions.
    pub fn of(inventory: &Inventory) -> Self {
        let mut resources =
            Resources { all: Vec::new(), by_name: HashMap::new(), by_rule: HashMap::new() };
        for resource in built_in() {
            resources.add(resource.clone());
        }
        for object in inventory.of_kind(ObjectKind::CustomResourceDefinition) {
            // A definition without these names is refused by the API server.
            if let Some(resource) = object.spec().and_then(defined) {
                resources.add(resource);
            }
        }
        resources
    }

    fn add(&mut self, resource: Resource) {
        let key = (resource.group.clone(), resource.name.clone());
        if self.by_rule.contains_key(&key) {
            return;
        }
        let index = self.all.len();
        let names = [&resource.name, &resource.singular, &resource.kind];
        for name in names.into_iter().chain(&resource.short_names).filter(|name| !name.is_empty()) {
            let known = self.by_name.entry(name.to_lowercase()).or_default();
            if !known.contains(&index) {
                known.push(index);
            }
        }
        self.by_rule.insert(key, index);
        self.all.push(resource);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.all.iter()
    }

    /// The resource of a group and plural name.
    pub fn find(&self, group: &str, name: &str) -> Option<&Resource> {
        self.by_rule.get(&(group.to_owned(), name.to_owned())).map(|index| &self.all[*index])
    }

    /// All resources of a group.
    pub fn of_group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.all.iter().filter(move |resource| resource.group == group)
    }

    /// All resources of a plural name, whatever their group.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.all.iter().filter(move |resource| resource.name == name)
    }

    /// The resource that somebody means by `deploy`, `Deployment`, `deployments.apps` or
    /// `deployments.v1.apps`. Of groups that share a name the core group comes first, then those
    /// that Kubernetes itself serves, as `kubectl` has it.
    ///
    /// A name with a group that nobody knows is taken as it is.
    ///
    /// # Errors
    ///
    /// Where a name without a group is unknown.
    pub fn resolve(&self, written: &str) -> Result<Resource, ResolveError> {
        let lower = written.to_lowercase();
        if let Some(found) = self.by_name.get(&lower).and_then(|found| found.first()) {
            return Ok(self.all[*found].clone());
        }
        if let Some((name, rest)) = lower.split_once('.') {
            let groups = [Some(rest), version_dropped(rest)];
            for group in groups.into_iter().flatten() {
                let found = self.by_name.get(name).into_iter().flatten();
                if let Some(found) = found.map(|index| &self.all[*index]).find(|r| r.group == group)
                {
                    return Ok(found.clone());
                }
            }
            if !name.is_empty() && !rest.is_empty() {
                let namespaced = true;
                return Ok(Resource {
                    name: name.to_owned(),
                    group: version_dropped(rest).unwrap_or(rest).to_owned(),
                    kind: String::new(),
                    singular: String::new(),
                    short_names: Vec::new(),
                    namespaced,
                    verbs: Vec::new(),
                    subresources: Vec::new(),
                });
            }
        }
        let near = self
            .by_name
            .keys()
            .map(|name| (strsim::osa_distance(&lower, name), name))
            .min()
            .filter(|(distance, name)| *distance <= name.len() / 3)
            .map(|(_, name)| name.clone());
        Err(ResolveError::Unknown { name: written.to_owned(), near })
    }
}

/// The group behind a version: `v1.apps`, `v1beta1.example.com`.
fn version_dropped(rest: &str) -> Option<&str> {
    let (version, group) = rest.split_once('.')?;
    let digits = version.strip_prefix('v')?;
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some(group)
}

fn defined(spec: Node<'_>) -> Option<Resource> {
    let text = |path: &[&str]| spec.at_path(path).and_then(Node::as_str).map(str::to_owned);
    let list = spec.at_path(&["names", "shortNames"]);
    let has = |sub: &str| {
        let versions = spec.get("versions").into_iter().flat_map(Node::items);
        versions
            .chain(std::iter::once(spec))
            .any(|version| version.at_path(&["subresources", sub]).is_some())
    };
    let verbs = |words: &[&str]| words.iter().map(|verb| (*verb).to_owned()).collect::<Vec<_>>();
    let subresources = ["status", "scale"]
        .into_iter()
        .filter(|sub| has(sub))
        .map(|sub| (sub.to_owned(), verbs(&["get", "patch", "update"])))
        .collect();
    let kind = text(&["names", "kind"])?;
    Some(Resource {
        name: text(&["names", "plural"])?,
        group: text(&["group"])?,
        singular: text(&["names", "singular"]).unwrap_or_else(|| kind.to_lowercase()),
        kind,
        short_names: list
            .into_iter()
            .flat_map(Node::items)
            .filter_map(Node::as_str)
            .map(str::to_owned)
            .collect(),
        namespaced: text(&["scope"]).as_deref() != Some("Cluster"),
        verbs: verbs(&[
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
        ]),
        subresources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_write_them() {
        let resources = Resources::of(&Inventory::new());
        for (written, expected) in [
            ("po", "pods"),
            ("Pod", "pods"),
            ("deploy", "deployments.apps"),
            ("deployments.v1.apps", "deployments.apps"),
            ("deployments.apps", "deployments.apps"),
            ("netpol", "networkpolicies.networking.k8s.io"),
            ("events", "events"),
            ("events.events.k8s.io", "events.events.k8s.io"),
            ("signers", "signers.certificates.k8s.io"),
            ("widgets.example.com", "widgets.example.com"),
        ] {
            let found = resources.resolve(written).map(|found| found.qualified());
            assert_eq!(found.as_deref(), Ok(expected), "{written}");
        }
        let wrong = resources.resolve("podz").expect_err("there is none");
        assert!(wrong.to_string().contains("did you mean \"pod"), "{wrong}");
        assert!(resources.resolve("").is_err());
    }

    #[test]
    fn scopes_and_verbs_are_known() {
        let resources = Resources::of(&Inventory::new());
        let nodes = resources.find("", "nodes").expect("there are nodes");
        assert!(!nodes.namespaced && nodes.verbs.iter().any(|verb| verb == "watch"));
        assert!(nodes.subresources.iter().any(|(sub, _)| sub == "proxy"));
        assert!(nodes.subresources.iter().any(|(sub, _)| sub == "configz"));
    }
}
