//! Which ways there are to log in, and which of them are weak.

use seawall_model::ObjectKind;
use seawall_model::document::Node;

use crate::apiserver::{Anonymous, anonymous};
use crate::component::{Component, Instance};
use crate::context::{Cx, either};
use crate::evidence::arguments::duration;
use crate::evidence::document::{place, text};
use crate::outcome::{Evidence, OriginKind, Outcome, Verdict};
use crate::rules::{kubelet, webhook};
use crate::setting::{Setting, unread};

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
        let given = |flag: &str| instance.arguments.last(flag).filter(|value| !value.is_empty());
        let mut evidence = Vec::new();
        let mut names = Vec::new();
        let mut weak = Vec::new();
        // What can't be read may be weak as well.
        let mut outcomes = Vec::new();
        for (flag, name, why) in METHODS {
            let Some(value) = given(flag) else { continue };
            names.push(*name);
            evidence.push(of_flag(instance, flag, value));
            weak.extend(why.map(|why| format!("{name}: {why}")));
        }
        weak.extend(weak_headers(instance));
        weak.extend(weak_oidc(instance));
        if let Some(path) = given("authentication-config") {
            match weak_issuers(cx, instance, path, &mut evidence) {
                Ok(more) => weak.extend(more),
                Err(outcome) => outcomes.push(outcome),
            }
        }
        if let Some(path) = given("authentication-token-webhook-config-file") {
            outcomes.push(webhook::is_checked(cx, instance, "the token webhook", path));
        }
        match anonymous(cx, instance) {
            Ok((Anonymous::On, setting)) => {
                names.push("no name at all");
                evidence.push(setting.evidence());
                weak.push("anonymous requests are let in".to_owned());
            }
            Ok(_) => {}
            Err(why) => outcomes.push(unread(&why)),
        }
        outcomes.extend(instance.incomplete.clone().map(Outcome::unknown));
        let own = if weak.is_empty() {
            Outcome::pass(format!("clients log in with {}", names.join(", ")))
        } else {
            Outcome::fail(weak.join("; "))
        };
        Outcome::worst([own.with(evidence)].into_iter().chain(outcomes), "")
    })
}

/// Most days that client certificates should hold: nothing takes one back before its end.
const DAYS: f64 = 366.0;

/// Client certificates are renewed by whom they were given to, and are signed for a year at most.
pub fn client_certificates(cx: &Cx<'_>) -> Outcome {
    let signed = cx.each(Component::ControllerManager, |instance| {
        let flags = ["cluster-signing-duration", "experimental-cluster-signing-duration"];
        let flag = flags.into_iter().find(|flag| instance.arguments.last(flag).is_some());
        let setting = Setting::flag(instance, flag.unwrap_or(flags[0]), Some("8760h0m0s"));
        let value = match &setting.value {
            Ok(value) => value.as_deref().unwrap_or_default(),
            Err(why) => return Outcome::unknown(why.clone()).with([setting.evidence()]),
        };
        let item = &setting.item;
        match duration(value).map(|seconds| seconds / 86_400.0) {
            None => Outcome::unknown(format!("{item}: {value:?} is no duration")),
            Some(days) if days > DAYS => Outcome::fail(format!(
                "{item} is {value}: client certificates that can't be taken back hold for {days:.0} \
                 days"
            )),
            Some(days) => Outcome::pass(format!("client certificates are signed for {days:.0} days")),
        }
        .with([setting.evidence()])
    });
    let none = |outcome: &Outcome| outcome.verdict == Verdict::NotApplicable;
    let each: Vec<Outcome> = [signed, kubelet::client_rotation(cx)].into();
    if each.iter().all(none) {
        return Outcome::worst(each, "");
    }
    // What runs elsewhere says nothing here.
    Outcome::worst(each.into_iter().filter(|outcome| !none(outcome)), "")
}

fn of_flag(instance: &Instance, flag: &str, value: &str) -> Evidence {
    let item = format!("{} --{flag}", instance.name());
    Evidence::new(item, value.to_owned(), instance.kind, instance.place.clone())
}

/// Headers name anybody, so whoever has a certificate of the authority may be anybody, unless the
/// names are limited. Without an authority no headers are taken (apiserver
/// `pkg/server/options/authentication.go`).
fn weak_headers(instance: &Instance) -> Option<String> {
    let arguments = &instance.arguments;
    let authority =
        arguments.last("requestheader-client-ca-file").filter(|path| !path.is_empty())?;
    let names = arguments.list("requestheader-allowed-names").unwrap_or_default();
    (names.is_empty() && arguments.last("client-ca-file") == Some(authority)).then(|| {
        "proxy headers are taken from every client: the CA is that of clients and no name is asked \
         for"
        .to_owned()
    })
}

fn weak_oidc(instance: &Instance) -> Vec<String> {
    let arguments = &instance.arguments;
    let issuer = arguments.last("oidc-issuer-url").filter(|issuer| !issuer.is_empty());
    let Some(issuer) = issuer else { return Vec::new() };
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
        let unread = inventory.coverage().unread().next();
        match inventory.of_kind(ObjectKind::Secret).count() {
            _ if unread.is_some() => Outcome::unknown(unread.map_or_else(String::new, |part| {
                format!(
                    "no such Secret was read, but not everything was: {}: {}",
                    part.file, part.outcome
                )
            })),
            0 => Outcome::unknown("no Secret was read"),
            many => {
                Outcome::pass(format!("none of {many} Secrets holds a token of a service account"))
            }
        }
    }))
}
