//! A Server without an authorization refuses every request.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Labels, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity,
};

/// A Server whose `accessPolicy` is `deny`, as it is when it says nothing, and that no
/// AuthorizationPolicy or ServerAuthorization of its namespace names. An AuthorizationPolicy may
/// also name the namespace or an HTTPRoute; one that names a route is taken for this server's.
pub const CHECK: Check = Check {
    id: "linkerd-server-without-authorization",
    title: "Linkerd Server admits nobody",
    severity: Severity::Low,
    rationale: "The proxy refuses every request to the port from the moment that the Server is \
                there. It is mostly half of a change whose other half was forgotten, and is then \
                mended in haste with a policy for everybody.",
    remedy: "Add an AuthorizationPolicy whose `targetRef` is the Server.",
    mapping: Mapping::NONE,
    covers: &[],
    links: &["https://linkerd.io/2/reference/authorization-policy/"],
    scope: Scope::Object(&[ObjectKind::Server], run),
    fix: Err(NoFix::NewObject),
    cases: include_str!("linkerd_server_without_authorization.yaml"),
};

fn run<'a>(server: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let policy = server.root().at_path(&["spec", "accessPolicy"]).map(Node::string).transpose()?;
    if policy.is_some_and(|policy| policy.value != "deny") {
        cx.not_applicable();
        return Ok(());
    }
    let (inventory, namespace) = (cx.inventory(), server.namespace());
    for policy in inventory.in_namespace(ObjectKind::AuthorizationPolicy, namespace) {
        let target = |key| policy.root().at_path(&["spec", "targetRef", key]).map(Node::text);
        if policy.group() != "policy.linkerd.io" {
            continue;
        }
        match target("kind") {
            Some("Server") if target("name") != Some(server.name()) => {}
            Some(_) => return Ok(()),
            None => {}
        }
    }
    for authorization in inventory.in_namespace(ObjectKind::ServerAuthorization, namespace) {
        let Some(named) = authorization.root().at_path(&["spec", "server"]) else { continue };
        if named.get("name").map(Node::text) == Some(server.name()) {
            return Ok(());
        }
        if let Some(selector) = named.get("selector") {
            let labels = Labels::of_metadata(server.metadata())?;
            if Selector::of(selector)?.matches(labels) {
                return Ok(());
            }
        }
    }
    let message = format!(
        "no AuthorizationPolicy that was read admits anybody to Server {}; add one",
        server.name()
    );
    cx.fail(server.root(), message);
    Ok(())
}
