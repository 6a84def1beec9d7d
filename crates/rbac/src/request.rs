//! What is asked of the API server.

use std::fmt;

/// A request as the authorizer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The verb: `get`, `list`, `escalate`; of a URL the HTTP method in lower case.
    pub verb: &'a str,
    /// Of what.
    pub target: Target<'a>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A resource.
    Resource {
        /// API group; empty for the core group.
        group: &'a str,
        /// Plural name, such as `pods`.
        resource: &'a str,
        /// Empty where the object itself is meant.
        subresource: &'a str,
        /// The object's name; empty where the request has none. To create and to delete a whole
        /// collection have none; `list` and `watch` have one only with
        /// `fieldSelector=metadata.name=…`; to create a subresource names its object.
        name: &'a str,
        /// The namespace; empty for the whole cluster.
        namespace: &'a str,
    },
    /// A path that is no resource, such as `/metrics`.
    Url(&'a str),
}

impl<'a> Request<'a> {
    /// A request on objects of a resource, which may be written with its subresource.
    ///
    /// `pkg/endpoints/request/requestinfo.go` of the API server: a request on one namespace, on
    /// its status or its finalizers, is made in that namespace, so that a RoleBinding there grants
    /// it.
    pub fn resource(
        verb: &'a str,
        group: &'a str,
        resource: &'a str,
        name: &'a str,
        namespace: &'a str,
    ) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let itself = group.is_empty() && resource == "namespaces";
        let namespace = if itself { name } else { namespace };
        Request { verb, target: Target::Resource { group, resource, subresource, name, namespace } }
    }

    /// A request on a path.
    pub fn url(verb: &'a str, path: &'a str) -> Self {
        Request { verb, target: Target::Url(path) }
    }

    /// The namespace in which RoleBindings are asked; empty where none are.
    pub fn namespace(&self) -> &'a str {
        match self.target {
            Target::Resource { namespace, .. } => namespace,
            Target::Url(_) => "",
        }
    }
}

impl fmt::Display for Request<'_> {
    /// `get pods/exec.apps named web in namespace shop`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target {
            Target::Url(path) => write!(f, "{} {path}", self.verb),
            Target::Resource { group, resource, subresource, name, namespace } => {
                write!(f, "{} {resource}", self.verb)?;
                if !group.is_empty() {
                    write!(f, ".{group}")?;
                }
                if !subresource.is_empty() {
                    write!(f, "/{subresource}")?;
                }
                if !name.is_empty() {
                    write!(f, " named {name}")?;
                }
                if namespace.is_empty() {
                    f.write_str(" in the whole cluster")
                } else {
                    write!(f, " in namespace {namespace}")
                }
            }
        }
    }
}
