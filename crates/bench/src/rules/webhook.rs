//! How the API server reaches a webhook that it asks for names or rights: the file is a kubeconfig
//! whose clusters are the webhook and whose users are the API server.

use seawall_model::document::Node;

use crate::component::Instance;
use crate::context::Cx;
use crate::evidence::document::{place, text};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// The webhook is reached by TLS, and its certificate is checked: who answers in its place lets in
/// whom they like.
pub fn is_checked(cx: &Cx<'_>, instance: &Instance, name: &str, path: &str) -> Outcome {
    let document = match cx.configuration(instance, path) {
        Ok(document) => document,
        Err(why) => return unread(&why),
    };
    let clusters = document.root().get("clusters").into_iter().flat_map(Node::items);
    let each = clusters.filter_map(|cluster| cluster.get("cluster")).map(|cluster| {
        let server = cluster.get("server").map(text).unwrap_or_default();
        let unchecked = cluster.get("insecure-skip-tls-verify").and_then(Node::as_bool);
        let evidence = Evidence::new(
            format!("{name} is at"),
            server.clone(),
            OriginKind::File,
            place(cluster),
        );
        if !server.starts_with("https://") {
            Outcome::fail(format!("{name} at {server} is not reached by TLS"))
        } else if unchecked == Some(true) {
            Outcome::fail(format!("the certificate of {name} at {server} is not checked"))
        } else {
            Outcome::pass(format!("{name} is reached by TLS"))
        }
        .with([evidence])
    });
    let each: Vec<Outcome> = each.collect();
    if each.is_empty() {
        return Outcome::unknown(format!("{path} does not say where {name} is"));
    }
    Outcome::worst(each, "")
}
