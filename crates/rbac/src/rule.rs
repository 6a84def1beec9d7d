//! A rule of a role, as words.

use std::fmt;

use serde::Serialize;

/// A `PolicyRule`: verbs on resources of groups, perhaps of some names alone, or on URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule<'a> {
    /// Groups; `""` is the core group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<&'a str>,
    /// Resources, with their subresource where one is meant: `pods/exec`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<&'a str>,
    /// The only names that it holds for; all where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<&'a str>,
    /// Paths of the API server that are no resources.
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<&'a str>,
    /// Verbs.
    pub verbs: Vec<&'a str>,
}

impl Rule<'_> {
    /// What it is about, as a person would say it: `pods,services of "" only named a`.
    pub fn objects(&self) -> String {
        let mut words = Vec::new();
        if !self.resources.is_empty() {
            words.extend(qualified(&self.resources, &self.api_groups));
        }
        words.extend(self.urls.iter().map(|url| (*url).to_owned()));
        let mut out = words.join(", ");
        if !self.resource_names.is_empty() {
            out += &format!(" named {}", self.resource_names.join(", "));
        }
        out
    }
}

/// `pods`, `deployments.apps`, `*.*`: each resource with each group.
fn qualified(resources: &[&str], groups: &[&str]) -> Vec<String> {
    let mut out = Vec::with_capacity(resources.len() * groups.len());
    for group in groups {
        for resource in resources {
            out.push(if group.is_empty() {
                (*resource).to_owned()
            } else {
                // The subresource stands behind the group, as kubectl writes it.
                match resource.split_once('/') {
                    Some((resource, sub)) => format!("{resource}.{group}/{sub}"),
                    None => format!("{resource}.{group}"),
                }
            });
        }
    }
    out
}

impl fmt::Display for Rule<'_> {
    /// `get,list pods, services`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verbs.join(","), self.objects())
    }
}
