//! What an audit log shows was done.
//!
//! Events are those of `audit.k8s.io/v1`, one in a line, as the API server's log backend writes
//! them, or several in an `EventList`. Of each the request is taken as the authorizer saw it.

use std::borrow::Cow;

use serde::Deserialize;

use crate::request::{Request, Target};
use crate::subject::service_account;

/// A request that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Who asked.
    pub user: String,
    /// The groups that they were in.
    pub groups: Vec<String>,
    /// The verb.
    pub verb: String,
    /// API group; empty for the core group.
    pub group: String,
    /// Plural name and, where one was asked for, subresource: `pods/exec`; empty for a URL.
    pub resource: String,
    /// The object's name, where the authorizer saw one.
    pub name: String,
    /// The namespace; empty for the whole cluster.
    pub namespace: String,
    /// The path of a request that is about no resource; otherwise empty.
    pub url: String,
    /// Whether it was allowed.
    pub allowed: bool,
}

impl Used {
    /// The request.
    pub fn request(&self) -> Request<'_> {
        if self.resource.is_empty() {
            return Request::url(&self.verb, &self.url);
        }
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        Request {
            verb: &self.verb,
            target: Target::Resource {
                group: &self.group,
                resource,
                subresource,
                name: &self.name,
                namespace: &self.namespace,
            },
        }
    }
}

/// A line that is no audit event.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is not JSON, or not of the shape of an event.
    #[error("no audit event: {0}")]
    Shape(#[from] serde_json::Error),
    /// It is an object of another kind.
    #[error("no audit event but {0:?}; a line of an audit log has the kind Event or EventList")]
    Kind(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    items: Vec<Event<'a>>,
    #[serde(borrow, flatten)]
    event: Event<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, default)]
    stage: Cow<'a, str>,
    #[serde(borrow, default, rename = "requestURI")]
    request_uri: Cow<'a, str>,
    #[serde(borrow, default)]
    verb: Cow<'a, str>,
    #[serde(borrow, default)]
    user: User<'a>,
    #[serde(borrow)]
    impersonated_user: Option<User<'a>>,
    #[serde(borrow)]
    object_ref: Option<ObjectRef<'a>>,
    #[serde(borrow)]
    annotations: Option<Annotations<'a>>,
    response_status: Option<Status>,
}

#[derive(Clone, Default, Deserialize)]
struct User<'a> {
    #[serde(borrow, default)]
    username: Cow<'a, str>,
    #[serde(borrow, default)]
    groups: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRef<'a> {
    #[serde(borrow, default)]
    resource: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    api_group: Cow<'a, str>,
    #[serde(borrow, default)]
    subresource: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Annotations<'a> {
    #[serde(borrow, default, rename = "authorization.k8s.io/decision")]
    decision: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: u16,
}

/// The requests of a line; none where it tells of a request that has not been decided yet.
///
/// # Errors
///
/// Where the line is no audit event.
pub fn uses(line: &[u8]) -> Result<Vec<Used>, LineError> {
    let line: Line<'_> = serde_json::from_slice(line)?;
    let mut all = Vec::new();
    match &*line.kind {
        "Event" => of_event(&line.event, &mut all),
        "EventList" => line.items.iter().for_each(|event| of_event(event, &mut all)),
        other => return Err(LineError::Kind(other.to_owned())),
    }
    Ok(all)
}

fn of_event(event: &Event<'_>, all: &mut Vec<Used>) {
    // The same request is told of again once it is decided.
    if event.stage == "RequestReceived" || event.verb.is_empty() {
        return;
    }
    let code = event.response_status.as_ref().map_or(0, |status| status.code);
    // Who could not log in has asked the authorizer nothing.
    if code == 401 {
        return;
    }
    let decision = event.annotations.as_ref().map_or("", |annotations| &*annotations.decision);
    let allowed = if decision.is_empty() { code != 403 } else { decision == "allow" };
    let caller = event.impersonated_user.as_ref().unwrap_or(&event.user);
    if let Some(as_whom) = &event.impersonated_user {
        impersonation(&event.user, as_whom, allowed, all);
    }
    let mut used = Used { verb: event.verb.clone().into_owned(), ..blank(caller, allowed) };
    match &event.object_ref {
        Some(object) if !object.resource.is_empty() => {
            used.group = object.api_group.clone().into_owned();
            used.namespace = object.namespace.clone().into_owned();
            used.resource = if object.subresource.is_empty() {
                object.resource.clone().into_owned()
            } else {
                format!("{}/{}", object.resource, object.subresource)
            };
            // The log fills in the name of what was created; the authorizer saw none.
            let nameless = object.subresource.is_empty()
                && matches!(&*event.verb, "create" | "deletecollection");
            if !nameless {
                used.name = object.name.clone().into_owned();
            }
        }
        _ => used.url = event.request_uri.split('?').next().unwrap_or_default().to_owned(),
    }
    all.push(used);
}

fn blank(user: &User<'_>, allowed: bool) -> Used {
    Used {
        user: user.username.clone().into_owned(),
        groups: user.groups.iter().map(|group| group.clone().into_owned()).collect(),
        verb: String::new(),
        group: String::new(),
        resource: String::new(),
        name: String::new(),
        namespace: String::new(),
        url: String::new(),
        allowed,
    }
}

/// The rights that it takes to ask as somebody else. Which groups were asked for, and which the
/// server added, the log does not say: those that the server adds by itself are left out.
fn impersonation(user: &User<'_>, as_whom: &User<'_>, allowed: bool, all: &mut Vec<Used>) {
    let base = Used { verb: "impersonate".to_owned(), ..blank(user, allowed) };
    let own = service_account(&as_whom.username);
    all.push(match own {
        Some((namespace, name)) => Used {
            resource: "serviceaccounts".to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..base.clone()
        },
        None => Used {
            resource: "users".to_owned(),
            name: as_whom.username.clone().into_owned(),
            ..base.clone()
        },
    });
    for group in &as_whom.groups {
        let added = matches!(&**group, "system:authenticated" | "system:unauthenticated")
            || (own.is_some() && group.starts_with("system:serviceaccounts"));
        if !added {
            let (resource, name) = ("groups".to_owned(), group.clone().into_owned());
            all.push(Used { resource, name, ..base.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Vec<Used> {
        uses(line.as_bytes()).expect("it is an event")
    }

    #[test]
    fn a_request_as_the_authorizer_saw_it() {
        let used = one(
            r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"ResponseComplete",
            "requestURI":"/api/v1/namespaces/shop/pods/web/log?follow=1","verb":"get",
            "user":{"username":"system:serviceaccount:shop:ci","groups":["system:authenticated"]},
            "objectRef":{"resource":"pods","namespace":"shop","name":"web","apiVersion":"v1","subresource":"log"},
            "responseStatus":{"metadata":{},"code":200},
            "annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}"#,
        );
        assert_eq!(used[0].resource, "pods/log");
        assert_eq!(used[0].request().to_string(), "get pods/log named web in namespace shop");
        assert!(used[0].allowed);
    }

    #[test]
    fn what_is_created_has_no_name_yet() {
        let used = one(
            r#"{"kind":"Event","stage":"ResponseComplete","verb":"create","user":{"username":"a"},
            "objectRef":{"resource":"pods","namespace":"shop","name":"web"}}"#,
        );
        assert_eq!(used[0].name, "");
    }

    #[test]
    fn refusals_paths_and_other_names() {
        let used = one(
            r#"{"kind":"Event","stage":"ResponseComplete","verb":"get","requestURI":"/metrics?x=1",
            "user":{"username":"admin"},"impersonatedUser":{"username":"bob","groups":["dev","system:authenticated"]},
            "responseStatus":{"code":403}}"#,
        );
        let shown: Vec<String> =
            used.iter().map(|used| format!("{} {}", used.user, used.request())).collect();
        assert_eq!(
            shown,
            [
                "admin impersonate users named bob in the whole cluster",
                "admin impersonate groups named dev in the whole cluster",
                "bob get /metrics",
            ]
        );
        assert!(used.iter().all(|used| !used.allowed));
        assert!(one(r#"{"kind":"Event","stage":"RequestReceived","verb":"get"}"#).is_empty());
    }

    #[test]
    fn other_lines_are_refused() {
        assert!(matches!(uses(b"{\"kind\":\"Pod\"}"), Err(LineError::Kind(_))));
        assert!(matches!(uses(b"not json"), Err(LineError::Shape(_))));
        assert!(matches!(uses(b"{\"kind\":\"Event\",\"verb\":7}"), Err(LineError::Shape(_))));
    }
}
