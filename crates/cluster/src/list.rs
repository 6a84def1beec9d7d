//! Reads lists, page by page, and makes members of their items.

use std::sync::Arc;

use seawall_collect::bundle::{Member, Resource, Unread, object_path};
use seawall_model::Source;
use seawall_model::Span;
use seawall_model::document::{Chunk, Document, Kind, Limits, Node, read};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Options;
use crate::api::{Api, Failure, PAGE_BYTES};
use crate::discovery::Listable;
use crate::facts::{FailingContainer, failing_containers};
use crate::print::{self, Redaction};

/// Items of a page, as client-go's pager asks for.
const PAGE: u32 = 500;

/// Items of a page of objects that may have a mebibyte each, all of them.
const SMALL_PAGE: u32 = 100;

/// Most objects of a list.
const OBJECTS: u64 = 5_000_000;

/// Most pages in a row without an object. The server fills pages as far as it can.
const EMPTY_PAGES: u32 = 10;

/// What reading needs.
pub(crate) struct Lists {
    pub(crate) api: Arc<Api>,
    pub(crate) options: Arc<Options>,
    pub(crate) sink: mpsc::Sender<Vec<Member>>,
}

/// What came of it, beside the members.
#[derive(Default)]
pub(crate) struct ListsRead {
    pub(crate) resources: Vec<Resource>,
    pub(crate) unread: Vec<Unread>,
    /// Names of nodes.
    pub(crate) nodes: Vec<String>,
    /// Containers whose logs tell why they fail.
    pub(crate) failing: Vec<FailingContainer>,
}

impl ListsRead {
    fn objects(&self) -> u64 {
        self.resources.iter().map(|resource| resource.objects).sum()
    }

    fn merge(&mut self, other: ListsRead) {
        for resource in other.resources {
            let same = |known: &&mut Resource| {
                (&known.group, &known.version, &known.resource)
                    == (&resource.group, &resource.version, &resource.resource)
            };
            match self.resources.iter_mut().find(same) {
                Some(known) => known.objects += resource.objects,
                None => self.resources.push(resource),
            }
        }
        self.unread.extend(other.unread);
        self.nodes.extend(other.nodes);
        self.failing.extend(other.failing);
    }
}

impl Lists {
    /// Reads all lists, as many at once as the gate of [`Api`] lets through.
    pub(crate) async fn run(self, resources: Vec<Listable>) -> ListsRead {
        let shared = Arc::new(self);
        let mut tasks = JoinSet::new();
        let namespaces = shared.options.namespaces.clone();
        for resource in resources {
            if namespaces.is_empty() {
                tasks.spawn(Arc::clone(&shared).list(resource, None));
            } else if resource.namespaced {
                for namespace in &namespaces {
                    tasks
                        .spawn(Arc::clone(&shared).list(resource.clone(), Some(namespace.clone())));
                }
            } else if resource.group.is_empty() && resource.name == "namespaces" {
                for namespace in &namespaces {
                    tasks.spawn(Arc::clone(&shared).one(resource.clone(), namespace.clone()));
                }
            }
        }
        let mut all = ListsRead::default();
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok(read) => all.merge(read),
                Err(error) => all.unread.push(Unread {
                    what: "objects".to_owned(),
                    cause: format!("a list was given up: {error}"),
                }),
            }
        }
        all
    }

    /// Reads one list to its end.
    async fn list(self: Arc<Self>, resource: Listable, namespace: Option<String>) -> ListsRead {
        let mut read = self.begun(&resource);
        let mut token = String::new();
        let mut empty = 0;
        loop {
            let before = read.objects();
            let limit = if may_be_large(&resource) { SMALL_PAGE } else { PAGE };
            let path = format!(
                "{}?limit={limit}&continue={}",
                resource.path(namespace.as_deref()),
                escape(&token)
            );
            let page = match self.api.get(&path, PAGE_BYTES).await {
                Ok(page) => page,
                // The snapshot expired. The server's token goes on behind the last page, from the
                // present: a cluster is never read at one instant anyway.
                Err(Failure { resume: Some(resume), .. }) if resume != token => {
                    token = resume;
                    continue;
                }
                Err(failure) => {
                    read.unread.push(gap(&resource, namespace.as_deref(), &failure));
                    return read;
                }
            };
            let next = self.page(page, &resource, &mut read).await;
            empty = if read.objects() > before { 0 } else { empty + 1 };
            let cause = match next {
                Ok(None) => return read,
                Err(cause) => cause,
                Ok(Some(next)) if next == token => {
                    "the server gives the same page again and again".to_owned()
                }
                Ok(Some(_)) if empty >= EMPTY_PAGES => {
                    format!("the server gives {empty} empty pages in a row")
                }
                Ok(Some(_)) if read.objects() >= OBJECTS => {
                    format!("there are more than {OBJECTS}; name namespaces to read")
                }
                Ok(Some(next)) => {
                    token = next;
                    continue;
                }
            };
            read.unread.push(Unread { what: place(&resource, namespace.as_deref()), cause });
            return read;
        }
    }

    /// Reads one object of the cluster.
    async fn one(self: Arc<Self>, resource: Listable, name: String) -> ListsRead {
        let mut read = self.begun(&resource);
        let path = format!("{}/{name}", resource.path(None));
        match self.api.get(&path, PAGE_BYTES).await {
            Ok(text) => match parse(text) {
                Ok(document) => {
                    let members =
                        self.member(document.root(), &resource, &mut read).into_iter().collect();
                    if self.sink.send(members).await.is_err() {
                        read.unread.push(gone(&resource));
                    }
                }
                Err(cause) => read.unread.push(Unread { what: resource.label(), cause }),
            },
            Err(failure) => read.unread.push(gap(&resource, Some(&name), &failure)),
        }
        read
    }

    fn begun(&self, resource: &Listable) -> ListsRead {
        ListsRead {
            resources: vec![Resource {
                group: resource.group.clone(),
                version: resource.version.clone(),
                resource: resource.name.clone(),
                objects: 0,
            }],
            ..ListsRead::default()
        }
    }

    /// Hands on the items of a page; gives the token of the next one.
    async fn page(
        &self,
        page: String,
        resource: &Listable,
        read: &mut ListsRead,
    ) -> Result<Option<String>, String> {
        let (members, next) = {
            // The values of Secrets live in this document, and end with it.
            let document = parse(page)?;
            let root = document.root();
            let items = items_of(root)?;
            let members: Vec<Member> =
                items.filter_map(|item| self.member(item, resource, read)).collect();
            let next = root.at_path(&["metadata", "continue"]).and_then(Node::as_str);
            (members, next.filter(|token| !token.is_empty()).map(str::to_owned))
        };
        match self.sink.send(members).await {
            Ok(()) => Ok(next),
            Err(_) => Err(gone(resource).cause),
        }
    }

    fn member(&self, item: Node<'_>, resource: &Listable, read: &mut ListsRead) -> Option<Member> {
        let text = |key| item.at_path(&["metadata", key]).and_then(Node::as_str).unwrap_or("");
        let (namespace, name) = (text("namespace"), text("name"));
        if name.is_empty() {
            read.unread.push(Unread {
                what: resource.label(),
                cause: "the server lists an object without a name".to_owned(),
            });
            return None;
        }
        if resource.group.is_empty() && resource.name == "nodes" {
            read.nodes.push(name.to_owned());
        }
        if self.options.logs && resource.group.is_empty() && resource.name == "pods" {
            read.failing.extend(failing_containers(item));
        }
        for counted in &mut read.resources {
            counted.objects += 1;
        }
        let redaction = match (resource.group.as_str(), resource.name.as_str()) {
            ("", "secrets") => Redaction::Secret,
            ("", "configmaps") if self.options.no_config_map_data => Redaction::ConfigMap,
            _ => Redaction::None,
        };
        Some(Member {
            path: object_path(&resource.group, &resource.version, &resource.name, namespace, name),
            text: print::object(item, &resource.api_version(), &resource.kind, redaction),
        })
    }
}

/// An answer as a document.
pub(crate) fn parse(text: String) -> Result<Document, String> {
    // A page is larger than a manifest may be; its size was bounded when it came.
    let limits = Limits { document_bytes: usize::MAX, ..Limits::default() };
    let source = Arc::new(Source::new("", text));
    let span = Span { start: 0, end: source.text().len() as u32 };
    let mut reading = read(&source, Chunk { span, ordinal: 1, json: true }, &limits);
    match (reading.documents.pop(), reading.error) {
        (Some(document), None) if reading.documents.is_empty() => Ok(document),
        (_, Some(error)) => Err(format!("the server's answer can't be read: {error}")),
        _ => Err("the server's answer is not one object".to_owned()),
    }
}

/// The items of a list; a server without any may write `null`.
pub(crate) fn items_of(root: Node<'_>) -> Result<impl Iterator<Item = Node<'_>>, String> {
    let items = root.entries().find(|(key, _)| key.text() == "items").map(|(_, items)| items);
    match items {
        Some(items) if matches!(items.kind(), Kind::Seq | Kind::Null) => Ok(items.items()),
        _ => Err("the server's answer is not a list".to_owned()),
    }
}

/// Helm keeps whole releases in Secrets and ConfigMaps.
fn may_be_large(resource: &Listable) -> bool {
    resource.group.is_empty() && ["secrets", "configmaps"].contains(&resource.name.as_str())
}

fn place(resource: &Listable, namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("{}/{namespace}", resource.label()),
        None => resource.label(),
    }
}

fn gone(resource: &Listable) -> Unread {
    Unread { what: resource.label(), cause: "the reading was ended before".to_owned() }
}

/// What was not read, and what would help.
fn gap(resource: &Listable, namespace: Option<&str>, failure: &Failure) -> Unread {
    let cause = if failure.is_forbidden() {
        let verb = if resource.namespaced || namespace.is_none() { "list" } else { "get" };
        let place = match namespace.filter(|_| resource.namespaced) {
            Some(namespace) => format!(" in namespace {namespace}"),
            None => " in the whole cluster".to_owned(),
        };
        format!("forbidden: grant {verb:?} on {:?}{place}", resource.in_rules())
    } else {
        failure.to_string()
    };
    Unread { what: place(resource, namespace), cause }
}

/// A continue token is base64url, but that is the server's affair.
pub(crate) fn escape(token: &str) -> String {
    let mut out = String::with_capacity(token.len());
    for byte in token.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_forbidden_says_what_to_grant() {
        let resource = Listable {
            group: "apps".to_owned(),
            version: "v1".to_owned(),
            name: "deployments".to_owned(),
            kind: "Deployment".to_owned(),
            namespaced: true,
        };
        let failure = Failure {
            status: Some(http::StatusCode::FORBIDDEN),
            message: String::new(),
            resume: None,
        };
        let everywhere = gap(&resource, None, &failure);
        assert_eq!(everywhere.what, "apps/v1/deployments");
        let cause = "forbidden: grant \"list\" on \"deployments.apps\" in the whole cluster";
        assert_eq!(everywhere.cause, cause);
        let cause = "forbidden: grant \"list\" on \"deployments.apps\" in namespace shop";
        assert_eq!(gap(&resource, Some("shop"), &failure).cause, cause);
    }

    #[test]
    fn tokens_survive_the_address() {
        assert_eq!(escape("aA0-_=+/&"), "aA0-_%3D%2B%2F%26");
    }
}
