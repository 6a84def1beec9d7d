//! `VERB RESOURCE[/NAME]` or `VERB /URL`, as people write it.

use anyhow::bail;
use clap::Args;
use seawall_model::Inventory;
use seawall_rbac::Request;
use seawall_rbac::resources::{Resource, Resources};

use crate::sources::Wanted;

/// What is asked about.
#[derive(Args)]
pub(super) struct Question {
    /// The verb: get, list, watch, create, update, patch, delete, deletecollection, or such as bind,
    /// escalate, impersonate; of a URL the HTTP method
    #[arg(value_name = "VERB")]
    verb: String,
    /// The resource, by any of its names and perhaps with its group (deploy, deployments.apps), and
    /// perhaps with a name (secrets/token); or a URL (/metrics)
    #[arg(value_name = "RESOURCE[/NAME] | /URL")]
    resource: String,
    /// The object's name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The subresource, such as exec, log, status, scale
    #[arg(long, value_name = "NAME")]
    subresource: Option<String>,
}

/// The question in the API's own words.
pub(super) struct Resolved {
    verb: String,
    what: What,
}

enum What {
    Url(String),
    Resource { group: String, resource: String, name: String, namespaced: bool },
}

impl Question {
    /// What has to be read of a live cluster: definitions only for what Kubernetes itself does not
    /// have.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let known = self.resolve(&Inventory::new(), false).is_ok();
        if known { vec![Wanted::Roles] } else { vec![Wanted::Roles, Wanted::Definitions] }
    }

    /// Finds out what is meant; says so where it may be another than was written.
    pub(super) fn resolve(&self, inventory: &Inventory, tell: bool) -> anyhow::Result<Resolved> {
        let verb = self.verb.to_lowercase();
        if self.verb.is_empty() || self.verb.contains(['/', ' ']) {
            bail!("{:?} is no verb; the verb comes first: get pods", self.verb);
        }
        if self.resource.starts_with('/') {
            if self.name.is_some() || self.subresource.is_some() {
                bail!("a URL has no name and no subresource");
            }
            return Ok(Resolved { verb, what: What::Url(self.resource.clone()) });
        }
        let resources = Resources::of(inventory);
        let mut parts = self.resource.splitn(3, '/');
        let written = parts.next().unwrap_or_default();
        let (second, third) = (parts.next(), parts.next());
        let resource = of_any(written).map_or_else(|| resources.resolve(written), Ok)?;
        let mut name = self.name.clone();
        let mut subresource = self.subresource.clone();
        for part in [second, third].into_iter().flatten() {
            let is_sub = resource.subresources.iter().any(|(sub, _)| sub == part)
                || (resource.name == "*" && part != "*");
            // `pods/exec` means the subresource far more often than a pod called exec.
            if subresource.is_none() && is_sub && self.name.is_none() {
                if tell && third.is_none() {
                    tracing::warn!(
                        "{} is read as the subresource {part}; for an object of that name write: {} \
                         {written} {part}",
                        self.resource,
                        self.verb
                    );
                }
                subresource = Some(part.to_owned());
            } else if name.is_none() && !part.is_empty() {
                name = Some(part.to_owned());
            } else {
                bail!("{:?} is neither RESOURCE/NAME nor RESOURCE/NAME/SUBRESOURCE", self.resource);
            }
        }
        if tell {
            self.doubt(&verb, &resource, subresource.as_deref());
        }
        let mut whole = resource.name.clone();
        if let Some(sub) = subresource.filter(|sub| !sub.is_empty()) {
            whole = format!("{whole}/{sub}");
        }
        let what = What::Resource {
            group: resource.group,
            resource: whole,
            name: name.unwrap_or_default(),
            namespaced: resource.namespaced,
        };
        Ok(Resolved { verb, what })
    }

    /// Says where nothing serves what is asked about: the answer stands, but may mislead.
    fn doubt(&self, verb: &str, resource: &Resource, subresource: Option<&str>) {
        if resource.verbs.is_empty() && resource.kind.is_empty() {
            if resource.name != "*" {
                tracing::warn!("{} is not known here and taken as it is", resource.qualified());
            }
            return;
        }
        let known = match subresource {
            None | Some("") => &resource.verbs,
            Some(sub) => match resource.subresources.iter().find(|(own, _)| own == sub) {
                Some((_, verbs)) => verbs,
                None => {
                    tracing::warn!(
                        "{} have no subresource {sub} that is known here",
                        resource.name
                    );
                    return;
                }
            },
        };
        if verb != "*" && !known.iter().any(|own| own == verb) {
            tracing::warn!(
                "no API serves the verb {:?} on {}; it serves {}",
                self.verb,
                self.resource,
                known.join(", ")
            );
        }
    }
}

/// `*`, or `*.GROUP`.
fn of_any(written: &str) -> Option<Resource> {
    let group = match written.strip_prefix('*')? {
        "" => "*",
        rest => rest.strip_prefix('.')?,
    };
    Some(Resource {
        name: "*".to_owned(),
        group: group.to_owned(),
        kind: String::new(),
        singular: String::new(),
        short_names: Vec::new(),
        namespaced: true,
        verbs: Vec::new(),
        subresources: Vec::new(),
    })
}

impl Resolved {
    /// The request, as it would be made in a namespace; an empty one is the whole cluster.
    pub(super) fn request<'a>(&'a self, namespace: &'a str) -> Request<'a> {
        match &self.what {
            What::Url(path) => Request::url(&self.verb, path),
            What::Resource { group, resource, name, namespaced } => {
                let namespace = if *namespaced { namespace } else { "" };
                Request::resource(&self.verb, group, resource, name, namespace)
            }
        }
    }

    /// Whether it is about something that lives in namespaces.
    pub(super) fn is_namespaced(&self) -> bool {
        matches!(self.what, What::Resource { namespaced: true, .. })
    }
}
