//! Which ways there are to log in and to be allowed, and which of them are weak.

use seawall_model::ObjectKind;
use seawall_model::document::Node;

use crate::apiserver::{Anonymous, anonymous, authorizers};
use crate::component::{Component, Instance};
use crate::context::{Cx, either};
use crate::evidence::document::{place, text};
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// A way to log in: its flag, its name, and why it is weak by itself.
const METHODS: &[(&str, &str, Option<&str>)] = &[
    ("client-ca-file", "client certificates", None),
    ("token-auth-file", "static tokens", Some("they stand in a file and never end")),
    ("basic-auth-file", "static passwords", Some("they stand in a file and never end")),
    ("oidc-issuer-url", "OIDC", None),
    ("authentication-config", "an AuthenticationConfiguration", None),
    ("authentication-token-webhook-config-file", "a token webhook", None),
    ("requestheader-client-ca-file", "proxy headers", None),
    ("service-account-key-file", "service account tokens", None),
];

/// All ways to log in, with what is weak about them.
pub fn methods(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let mut evidence = Vec::new();
        let mut names = Vec::new();
        let mut weak = Vec::new();
        for (flag, name, why) in METHODS {
            let Some(value) = instance.arguments.last(flag).filter(|v| !v.is_empty()) else {
                continue;
            };
            names.push(*name);
            evidence.push(of_flag(instance, flag, value));
            weak.extend(why.map(|why| format!("{name}: {why}")));
        }
        weak.extend(weak_headers(instance));
        weak.extend(weak_oidc(instance));
        if let Some(path) = instance.arguments.last("authentication-config") {
            match weak_issuers(cx, instance, path, &mut evidence) {
                Ok(more) => weak.extend(more),
                Err(outcome) => return outcome.with(evidence),
            }
        }
        match anonymous(cx, instance) {
            Ok((Anonymous::On, setting)) => {
                names.push("no name at all");
                evidence.push(setting.evidence());
                weak.push("anonymous requests are let in".to_owned());
            }
            Ok(_) => {}
            Err(why) => return unread(&why).with(evidence),
        }
        if let Some(why) = &instance.incomplete
            && weak.is_empty()
        {
            return Outcome::unknown(why.clone()).with(evidence);
        }
        if weak.is_empty() {
            Outcome::pass(format!("clients log in with {}", names.join(", ")))
        } else {
            Outcome::fail(weak.join("; "))
        }
        .with(evidence)
    })
}

fn of_flag(instance: &Instance, flag: &str, value: &str) -> Evidence {
    let item = format!("{} --{flag}", instance.name());
    Evidence::new(item, value.to_owned(), instance.kind, instance.place.clone())
}

/// Headers name anybody, so whoever has a certificate of the authority may be anybody, unless the
/// names are limited.
fn weak_headers(instance: &Instance) -> Option<String> {
    let arguments = &instance.arguments;
    arguments.last("requestheader-username-headers")?;
    if arguments.last("requestheader-client-ca-file").is_none_or(str::is_empty) {
        return Some("proxy headers are taken from anybody: no client CA is set".to_owned());
    }
    let authority = arguments.last("requestheader-client-ca-file");
    let names = arguments.list("requestheader-allowed-names").unwrap_or_default();
    (names.is_empty() && authority == arguments.last("client-ca-file")).then(|| {
        "proxy headers are taken from every client: the CA is that of clients and no name is asked \
         for"
        .to_owned()
    })
}

fn weak_oidc(instance: &Instance) -> Vec<String> {
    let arguments = &instance.arguments;
    let Some(issuer) = arguments.last("oidc-issuer-url") else { return Vec::new() };
    let mut weak = Vec::new();
    if !issuer.starts_with("https://") {
        weak.push(format!("OIDC: the issuer {issuer} is not reached by TLS"));
    }
    if arguments.last("oidc-client-id").is_none_or(str::is_empty) {
        weak.push("OIDC: tokens for any client are taken".to_owned());
    }
    if arguments.last("oidc-username-prefix") == Some("-") {
        weak.push(
            "OIDC: names have no prefix, so a user may be named like a system user".to_owned(),
        );
    }
    if arguments.last("oidc-groups-claim").is_some()
        && arguments.last("oidc-groups-prefix").is_none_or(str::is_empty)
    {
        weak.push("OIDC: groups have no prefix, so a token may name system:masters".to_owned());
    }
    weak
}

fn weak_issuers(
    cx: &Cx<'_>,
    instance: &Instance,
    path: &str,
    evidence: &mut Vec<Evidence>,
) -> Result<Vec<String>, Outcome> {
    let document = cx.configuration(instance, path).map_err(|why| unread(&why))?;
    let mut weak = Vec::new();
    for issuer in document.root().get("jwt").into_iter().flat_map(Node::items) {
        let url = issuer.at_path(&["issuer", "url"]).map(text).unwrap_or_default();
        evidence.push(Evidence::new("issuer", url.clone(), OriginKind::File, place(issuer)));
        let prefix = |claim: &str| {
            let claim = issuer.at_path(&["claimMappings", claim])?;
            // An expression may add a prefix itself.
            claim.get("claim")?;
            Some(claim.get("prefix").map(text).unwrap_or_default())
        };
        if prefix("groups").is_some_and(|prefix| prefix.is_empty()) {
            weak.push(format!("issuer {url}: groups have no prefix"));
        }
        if prefix("username").is_some_and(|prefix| prefix.is_empty()) {
            weak.push(format!("issuer {url}: names have no prefix"));
        }
    }
    Ok(weak)
}

/// No Secret holds a token of a service account.
pub fn legacy_tokens(cx: &Cx<'_>) -> Outcome {
    either(cx.objects().map(|(inventory, _)| {
        let tokens: Vec<Evidence> = inventory
            .of_kind(ObjectKind::Secret)
            .filter(|secret| {
                secret.root().get("type").map(Node::text)
                    == Some("kubernetes.io/service-account-token")
            })
            .map(|secret| {
                Evidence::new(
                    "Secret",
                    secret.name().to_owned(),
                    OriginKind::Object,
                    secret.id().to_string(),
                )
            })
            .collect();
        if !tokens.is_empty() {
            let count = tokens.len();
            let noun = if count == 1 { "Secret holds a token" } else { "Secrets hold tokens" };
            return Outcome::fail(format!("{count} {noun} of a service account")).with(tokens);
        }
        match inventory.of_kind(ObjectKind::Secret).count() {
            0 => Outcome::unknown("no Secret was read"),
            many => {
                Outcome::pass(format!("none of {many} Secrets holds a token of a service account"))
            }
        }
    }))
}

/// Node and RBAC are in the chain, nothing in it lets all pass, and webhooks deny when in doubt.
pub fn authorization_chain(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let (chain, evidence) = match authorizers(cx, instance) {
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
        for webhook in chain.iter().filter(|one| one.kind == "Webhook") {
            if webhook.failure_policy.as_deref() == Some("NoOpinion") {
                let name = &webhook.name;
                wrong.push(format!("the webhook {name} is left out when it can't be asked"));
            }
        }
        if wrong.is_empty() {
            Outcome::pass(format!("authorizers are {}", names.join(", ")))
        } else {
            Outcome::fail(format!("authorizers are {}; {}", names.join(", "), wrong.join("; ")))
        }
        .with(evidence)
    })
}
