//! Who decides what the API server lets its users do.

use crate::apiserver::authorizers;
use crate::component::Component;
use crate::context::Cx;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::rules::webhook;
use crate::setting::unread;

/// Node and RBAC are in the chain, nothing in it lets all pass, and webhooks are reached safely and
/// deny when in doubt.
pub fn chain(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let (chain, mut evidence) = match authorizers(cx, instance) {
            Ok(found) => found,
            Err(why) => return unread(&why),
        };
        let names: Vec<&str> = chain.iter().map(|one| one.kind.as_str()).collect();
        let mut wrong = Vec::new();
        for kind in ["AlwaysAllow", "ABAC"] {
            if names.contains(&kind) {
                wrong.push(format!("{kind} is in the chain"));
            }
        }
        for kind in ["Node", "RBAC"] {
            if !names.contains(&kind) {
                wrong.push(format!("{kind} is not in the chain"));
            }
        }
        let mut outcomes = Vec::new();
        for one in chain.iter().filter(|one| one.kind == "Webhook") {
            let name = format!("the webhook {}", one.name).trim_end().to_owned();
            if one.failure_policy.as_deref() == Some("NoOpinion") {
                wrong.push(format!("{name} is left out when it can't be asked"));
            }
            if let Some(policy) = &one.failure_policy {
                let item = format!("failure policy of {name}");
                let place = evidence[0].origin.place.clone();
                evidence.push(Evidence::new(item, policy.clone(), OriginKind::File, place));
            }
            if let Some(path) = &one.kubeconfig {
                outcomes.push(webhook::is_checked(cx, instance, &name, path));
            }
        }
        let own = if wrong.is_empty() {
            Outcome::pass(format!("authorizers are {}", names.join(", ")))
        } else {
            Outcome::fail(format!("authorizers are {}; {}", names.join(", "), wrong.join("; ")))
        };
        Outcome::worst([own.with(evidence)].into_iter().chain(outcomes), "")
    })
}
