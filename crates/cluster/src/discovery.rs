//! What the server can list.

use std::collections::HashSet;

use seawall_collect::bundle::Unread;
use serde::Deserialize;

use crate::Resources;
use crate::api::{Api, Failure};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Most bytes of a discovery document.
const MOST: usize = 16 << 20;

/// A resource that can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listable {
    /// Empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
}

impl Listable {
    /// `apps/v1`, or `v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// What reports call it: `apps/v1/deployments`, `core/v1/pods`.
    pub(crate) fn label(&self) -> String {
        let group = if self.group.is_empty() { "core" } else { &self.group };
        format!("{group}/{}/{}", self.version, self.name)
    }

    /// As a rule of a role names it: `deployments.apps`, `pods`.
    pub(crate) fn in_rules(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{}{dot}{}", self.name, self.group)
    }

    /// The path of its list, in a namespace or everywhere.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let place = namespace.map(|name| format!("namespaces/{name}/")).unwrap_or_default();
        format!("{root}/{}/{place}{}", self.api_version(), self.name)
    }

    /// Whether anybody asks for it later. Events are read by themselves; revisions are former
    /// templates; the rest beats like a pulse.
    fn is_of_use(&self) -> bool {
        let skipped = match self.group.as_str() {
            "" => ["events", "componentstatuses"].contains(&self.name.as_str()),
            "apps" => self.name == "controllerrevisions",
            "coordination.k8s.io" | "events.k8s.io" => true,
            group => group.ends_with("metrics.k8s.io"),
        };
        !skipped
    }
}

/// The server's version, such as `v1.36.3`.
pub(crate) async fn version(api: &Api) -> Result<String, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
    }
    // The first request of all: where nobody answers, waiting is in vain.
    let text = match api.get_once("/version", MOST).await {
        Err(Failure { status: Some(_), .. }) => api.get("/version", MOST).await?,
        first => first?,
    };
    let version: Version = parse(&text)?;
    Ok(version.git_version)
}

/// Resources that every server has, in the version that it has had since 1.20.
pub(crate) fn known(resources: Resources) -> Vec<Listable> {
    let known: &[(&str, &str, &str, bool)] = match resources {
        Resources::Roles => &[
            (RBAC, "clusterroles", "ClusterRole", false),
            (RBAC, "clusterrolebindings", "ClusterRoleBinding", false),
            (RBAC, "roles", "Role", true),
            (RBAC, "rolebindings", "RoleBinding", true),
        ],
        Resources::ServiceAccounts => &[("", "serviceaccounts", "ServiceAccount", true)],
        Resources::Nodes => &[("", "nodes", "Node", false)],
        Resources::Definitions => &[(
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            "CustomResourceDefinition",
            false,
        )],
    };
    let listable = |&(group, name, kind, namespaced): &(&str, &str, &str, bool)| Listable {
        group: group.to_owned(),
        version: "v1".to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        namespaced,
    };
    known.iter().map(listable).collect()
}

/// Everything that can be listed, each resource in the version that the server prefers of those
/// that have it; and the groups that can't be asked.
pub(crate) async fn resources(api: &Api) -> Result<(Vec<Listable>, Vec<Unread>), Failure> {
    #[derive(Deserialize)]
    struct Groups {
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Group {
        name: String,
        versions: Vec<Version>,
        preferred_version: Option<Version>,
    }
    #[derive(Clone, Deserialize)]
    struct Version {
        version: String,
    }
    let mut found = of_version(api, "", "v1").await?;
    let mut unread = Vec::new();
    let groups: Groups = parse(&api.get("/apis", MOST).await?)?;
    for group in groups.groups {
        let mut versions: Vec<String> = group.versions.into_iter().map(|v| v.version).collect();
        if let Some(preferred) = group.preferred_version {
            versions.sort_by_key(|version| *version != preferred.version);
        }
        let mut seen = HashSet::new();
        for version in versions {
            match of_version(api, &group.name, &version).await {
                Ok(resources) => found.extend(
                    resources.into_iter().filter(|resource| seen.insert(resource.name.clone())),
                ),
                Err(failure) => unread.push(Unread {
                    what: format!("{}/{version}", group.name),
                    cause: format!("the server does not say what it holds: {failure}"),
                }),
            }
        }
    }
    found.retain(Listable::is_of_use);
    Ok((found, unread))
}

async fn of_version(api: &Api, group: &str, version: &str) -> Result<Vec<Listable>, Failure> {
    let path = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    listable(&api.get(&path, MOST).await?, group, version)
}

fn listable(text: &str, group: &str, version: &str) -> Result<Vec<Listable>, Failure> {
    #[derive(Deserialize)]
    struct Resources {
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        name: String,
        kind: String,
        namespaced: bool,
        #[serde(default)]
        verbs: Vec<String>,
    }
    let all: Resources = parse(text)?;
    Ok(all
        .resources
        .into_iter()
        // What holds a slash is a part of another resource.
        .filter(|r| !r.name.contains('/') && r.verbs.iter().any(|verb| verb == "list"))
        .map(|r| Listable {
            group: group.to_owned(),
            version: version.to_owned(),
            name: r.name,
            kind: r.kind,
            namespaced: r.namespaced,
        })
        .collect())
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure {
        status: None,
        message: format!("the answer is not what a Kubernetes API server gives: {error}"),
        resume: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_listed_is() {
        let text = r#"{"kind":"APIResourceList","resources":[
            {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","list"]},
            {"name":"pods/log","kind":"Pod","namespaced":true,"verbs":["get","list"]},
            {"name":"bindings","kind":"Binding","namespaced":true,"verbs":["create"]}]}"#;
        let found = listable(text, "", "v1").expect("it is well-formed");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].label(), "core/v1/pods");
        assert_eq!(found[0].path(Some("shop")), "/api/v1/namespaces/shop/pods");
        assert!(listable("<html>", "", "v1").is_err());
    }

    #[test]
    fn what_nobody_asks_for_is_left_out() {
        let resource = |group: &str, name: &str| Listable {
            group: group.to_owned(),
            version: "v1".to_owned(),
            name: name.to_owned(),
            kind: String::new(),
            namespaced: true,
        };
        assert!(!resource("coordination.k8s.io", "leases").is_of_use());
        assert!(!resource("metrics.k8s.io", "pods").is_of_use());
        assert!(!resource("", "events").is_of_use());
        assert!(resource("apps", "deployments").is_of_use());
        assert_eq!(resource("apps", "deployments").in_rules(), "deployments.apps");
    }
}
