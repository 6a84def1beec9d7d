//! What is asked about the API server.

use seawall_model::ObjectKind;
use seawall_model::document::Node;

use crate::apiserver::{
    Admission, Anonymous, AuditLevel, Request, anonymous as anonymous_of, audit_levels,
    audits_anything, authorizers, encryption_of_secrets,
};
use crate::component::{Component, Instance};
use crate::context::Cx;
use crate::outcome::{Evidence, OriginKind, Outcome, Patch, Verdict};
use crate::rules::{firewall, tls};
use crate::setting::{Place, Setting, Want, unread};

/// Paths that a load balancer asks for, which tell nothing.
const HEALTH: &[&str] = &["/livez", "/readyz", "/healthz"];

/// No anonymous requests, or those for the health endpoints alone.
pub fn anonymous(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| match anonymous_of(cx, instance) {
        Err(why) => unread(&why),
        Ok((Anonymous::Paths(paths), setting)) => {
            let evidence = [setting.evidence()];
            let others: Vec<&str> =
                paths.iter().map(String::as_str).filter(|path| !HEALTH.contains(path)).collect();
            if others.is_empty() {
                Outcome::pass(format!("anonymous requests may ask for {} alone", paths.join(", ")))
            } else {
                Outcome::fail(format!("anonymous requests may ask for {}", others.join(", ")))
            }
            .with(evidence)
        }
        Ok((_, setting)) => {
            let mut outcome = setting.judge(Want::Bool(false));
            let text = instance.source.as_ref().map_or("", |source| source.text());
            if outcome.verdict == Verdict::Fail && HEALTH.iter().any(|path| text.contains(path)) {
                // The kubelet would kill an API server that answers its probes with 401.
                outcome.patches.clear();
                outcome.reason.push_str(
                    "; its probes come without a name, so allow their paths in an \
                     AuthenticationConfiguration",
                );
            }
            outcome
        }
    })
}

/// An admission plugin is on.
pub fn plugin_on(cx: &Cx<'_>, plugin: &str) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let admission = Admission::of(instance);
        match &admission.incomplete {
            Some(why) => Outcome::unknown(why.clone()),
            None if admission.has(plugin) => Outcome::pass(format!("the plugin {plugin} is on")),
            None => Outcome::fail(format!("the plugin {plugin} is off"))
                .patched(plugin_patch(instance, plugin)),
        }
        .with(admission.evidence)
    })
}

/// An admission plugin is off.
pub fn plugin_off(cx: &Cx<'_>, plugin: &str) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let admission = Admission::of(instance);
        match &admission.incomplete {
            _ if admission.has(plugin) => Outcome::fail(format!("the plugin {plugin} is on")),
            Some(why) => Outcome::unknown(why.clone()),
            None => Outcome::pass(format!("the plugin {plugin} is off")),
        }
        .with(admission.evidence)
    })
}

fn plugin_patch(instance: &Instance, plugin: &str) -> Option<Patch> {
    // Without its limits in a file the API server does not start.
    if plugin == "EventRateLimit" {
        return None;
    }
    let disabled = Setting::list(instance, "disable-admission-plugins", None);
    let off = disabled.value.ok().flatten().unwrap_or_default();
    let (flag, from, to) = if off.split(',').any(|known| known == plugin) {
        let rest: Vec<&str> = off.split(',').filter(|known| *known != plugin).collect();
        let to = (!rest.is_empty()).then(|| rest.join(","));
        ("disable-admission-plugins", Some(off.clone()), to)
    } else {
        let from = instance.arguments.list("enable-admission-plugins").map(|on| on.join(","));
        let to = from.as_ref().map_or(plugin.to_owned(), |on| format!("{on},{plugin}"));
        ("enable-admission-plugins", from, Some(to))
    };
    match crate::setting::flag_place(instance, flag) {
        Place::Flag { component, flag, file } => {
            Some(Patch::Flag { component: component.to_owned(), file, flag, from, to })
        }
        Place::Field { .. } | Place::Nowhere => None,
    }
}

/// An authorizer is, or is not, in the chain.
pub fn authorizer(cx: &Cx<'_>, kind: &str, wanted: bool) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let (chain, evidence) = match authorizers(cx, instance) {
            Ok(found) => found,
            Err(why) => return unread(&why),
        };
        let names: Vec<&str> = chain.iter().map(|one| one.kind.as_str()).collect();
        let has = names.contains(&kind);
        let reason = format!("authorizers are {}", names.join(", "));
        if has == wanted {
            Outcome::pass(reason)
        } else {
            let not = if wanted { "" } else { "not " };
            let mut outcome = Outcome::fail(format!("{reason}; {kind} should {not}be one"));
            if instance.arguments.last("authorization-config").is_none() {
                let setting = Setting::list(instance, "authorization-mode", None);
                outcome.patches = setting.judge(wanted_mode(kind)).patches;
            }
            outcome
        }
        .with(evidence)
    })
}

fn wanted_mode(kind: &str) -> Want {
    match kind {
        "Node" => Want::Has("Node"),
        "AlwaysAllow" => Want::HasNot("AlwaysAllow"),
        _ => Want::Has("RBAC"),
    }
}

/// How long a request may take: a question with its answer.
pub fn request_timeout(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let setting = Setting::flag(instance, "request-timeout", Some("1m0s"));
        let evidence = setting.evidence();
        let shown = evidence.value.clone().unwrap_or_default();
        let question =
            format!("Requests may take {shown}: is that as short as your clients allow?");
        Outcome::manual(question).with([evidence])
    })
}

/// Flags towards etcd are all set, where there is an etcd that TLS leads to.
pub fn towards_etcd(cx: &Cx<'_>, flags: &[&str]) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let servers = Setting::list(instance, "etcd-servers", None);
        if let Ok(Some(urls)) = &servers.value
            && urls.split(',').all(|url| url.starts_with("unix:"))
        {
            return Outcome::not_applicable(
                "the API server stores in no etcd, but behind a socket",
            )
            .with([servers.evidence()]);
        }
        let each = flags.iter().map(|flag| Setting::flag(instance, flag, None).judge(Want::Set));
        Outcome::worst(each, "")
    })
}

/// Clients can be checked by a certificate authority.
pub fn client_ca(cx: &Cx<'_>) -> Outcome {
    cx.flag(Component::ApiServer, "client-ca-file", None, Want::Set)
}

/// Tokens of service accounts are checked by keys that are named, or by a program that signs them.
pub fn service_account_keys(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let keys = Setting::flag(instance, "service-account-key-file", None).judge(Want::Set);
        let signer = Setting::flag(instance, "service-account-signing-endpoint", None);
        match &signer.value {
            // The API server starts with one of the two.
            Ok(Some(path)) if keys.verdict == Verdict::Fail && !path.is_empty() => {
                Outcome::pass(format!("the program behind {path} has the keys"))
                    .with([signer.evidence()])
            }
            _ => keys,
        }
    })
}

/// Secrets are written by a strong provider.
pub fn encryption(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let setting = Setting::flag(instance, "encryption-provider-config", None);
        let path = match &setting.value {
            Ok(Some(path)) if !path.is_empty() => path,
            Ok(_) => return setting.judge(Want::Set),
            Err(why) => return Outcome::unknown(why.clone()),
        };
        let document = match cx.configuration(instance, path) {
            Ok(document) => document,
            Err(why) => return unread(&why).with([setting.evidence()]),
        };
        let Some(encryption) = encryption_of_secrets(&document) else {
            return Outcome::fail(format!("{path} has no providers for secrets"))
                .with([setting.evidence()]);
        };
        let evidence = Evidence::new(
            "providers of secrets",
            encryption.providers.join(","),
            OriginKind::File,
            encryption.place,
        );
        match encryption.providers.first().map(String::as_str) {
            Some(first @ ("kms" | "secretbox" | "aescbc")) => {
                Outcome::pass(format!("Secrets are written by {first}"))
            }
            Some("aesgcm") => Outcome::fail(
                "Secrets are written by aesgcm, whose keys must be rotated after 200,000 writes",
            ),
            Some(first) => Outcome::fail(format!("Secrets are written by {first}")),
            None => Outcome::fail("the list of providers for secrets is empty"),
        }
        .with([setting.evidence(), evidence])
    })
}

/// No weak cipher suite.
pub fn ciphers(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let list = Setting::list(instance, "tls-cipher-suites", None);
        let version = Setting::flag(instance, "tls-min-version", Some("VersionTLS12"));
        tls::suites(&list, &version)
    })
}

/// Whether users log in with client certificates: if they can, a person must say.
pub fn client_certificates_of_users(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let setting = Setting::flag(instance, "client-ca-file", None);
        let evidence = setting.evidence();
        match setting.value {
            Err(why) => Outcome::unknown(why),
            Ok(None) => Outcome::pass("the API server takes no client certificates"),
            Ok(Some(_)) => Outcome::manual(
                "The API server takes client certificates: does any person log in with one? Look \
                 at the kubeconfigs that are handed out",
            ),
        }
        .with([evidence])
    })
}

/// Whether bootstrap tokens are taken, and whether there are any.
pub fn bootstrap_tokens(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let setting = Setting::flag(instance, "enable-bootstrap-token-auth", Some("false"));
        let off = setting.judge(Want::Bool(false));
        if off.verdict != Verdict::Fail {
            return off;
        }
        let tokens: Vec<String> = cx
            .input
            .inventory
            .into_iter()
            .flat_map(|inventory| inventory.of_kind(ObjectKind::Secret))
            .filter(|secret| {
                let kind = secret.root().get("type").map(Node::text);
                kind == Some("bootstrap.kubernetes.io/token")
            })
            .map(|secret| secret.id().to_string())
            .collect();
        if tokens.is_empty() {
            Outcome::manual("Bootstrap tokens are taken: does anything but joining nodes use one?")
        } else {
            Outcome::fail(format!(
                "bootstrap tokens are taken, and there are {}",
                tokens.join(", ")
            ))
        }
        .with([setting.evidence()])
    })
}

fn policy(
    cx: &Cx<'_>,
    look: impl Fn(&seawall_model::document::Document, Evidence) -> Outcome,
) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let setting = Setting::flag(instance, "audit-policy-file", None);
        match &setting.value {
            Ok(Some(path)) if !path.is_empty() => match cx.configuration(instance, path) {
                Ok(document) => look(&document, setting.evidence()),
                Err(why) => unread(&why).with([setting.evidence()]),
            },
            Ok(_) => setting.judge(Want::Set),
            Err(why) => Outcome::unknown(why.clone()),
        }
    })
}

/// What holds of audit logs where nobody says: up to Kubernetes 1.35 nothing, since then this
/// (apiserver `pkg/server/options/audit.go`, `NewAuditOptions`).
const AUDIT_LOG: &[(&str, &str)] =
    &[("audit-log-maxage", "366"), ("audit-log-maxbackup", "100"), ("audit-log-maxsize", "100")];

/// Audit logs are kept as wanted. Of an unknown version the older default counts.
pub fn audit_log(cx: &Cx<'_>, flag: &str, want: Want) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let newer = instance.minor.or(cx.minor()).is_some_and(|minor| minor >= 36);
        let known = AUDIT_LOG.iter().find(|(known, _)| newer && *known == flag);
        let default = known.map_or("0", |(_, value)| value);
        Setting::flag(instance, flag, Some(default)).judge(want)
    })
}

/// There is an audit policy, and it writes something down.
pub fn audit_policy(cx: &Cx<'_>) -> Outcome {
    policy(cx, |document, evidence| {
        let rules = document.root().get("rules").into_iter().flat_map(Node::items).count();
        if audits_anything(document) {
            let noun = if rules == 1 { "rule" } else { "rules" };
            Outcome::pass(format!("the audit policy has {rules} {noun}"))
        } else {
            Outcome::fail("no rule of the audit policy that is ever reached writes anything down")
        }
        .with([evidence])
    })
}

/// What must be in an audit log: who touched secrets, who changed workloads, who went inside pods.
const CONCERNS: &[(Request, &str)] = &[
    (Request { verb: "get", group: "", resource: "secrets" }, "Secrets that are read"),
    (Request { verb: "update", group: "", resource: "secrets" }, "Secrets that are changed"),
    (Request { verb: "update", group: "", resource: "configmaps" }, "ConfigMaps that are changed"),
    (
        Request { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" },
        "TokenReviews",
    ),
    (Request { verb: "create", group: "", resource: "pods" }, "pods that are made"),
    (Request { verb: "patch", group: "", resource: "pods" }, "pods that are changed"),
    (
        Request { verb: "update", group: "apps", resource: "deployments" },
        "Deployments that are changed",
    ),
    (Request { verb: "create", group: "", resource: "pods/exec" }, "pods/exec"),
    (Request { verb: "create", group: "", resource: "pods/portforward" }, "pods/portforward"),
    (Request { verb: "create", group: "", resource: "pods/proxy" }, "pods/proxy"),
    (Request { verb: "create", group: "", resource: "services/proxy" }, "services/proxy"),
];

/// The audit policy writes down what matters, and no secret values.
pub fn audit_coverage(cx: &Cx<'_>) -> Outcome {
    policy(cx, |document, evidence| {
        let mut left_out = Vec::new();
        let mut bodies = Vec::new();
        for (request, noun) in CONCERNS {
            let Some((least, most)) = audit_levels(document, *request) else {
                return Outcome::unknown(format!("the policy's level for {noun} is not known"))
                    .with([evidence]);
            };
            if least == AuditLevel::None {
                left_out.push(*noun);
            }
            if most > AuditLevel::Metadata
                && matches!(request.resource, "secrets" | "configmaps" | "tokenreviews")
            {
                bodies.push(*noun);
            }
        }
        match (left_out.is_empty(), bodies.is_empty()) {
            (true, true) => Outcome::pass("the audit policy writes down all that matters"),
            (true, false) => Outcome::fail(format!(
                "the audit log holds the content of {}: log their metadata alone",
                bodies.join(", ")
            )),
            (false, _) => {
                Outcome::fail(format!("the audit policy leaves out {}", left_out.join(", ")))
            }
        }
        .with([evidence])
    })
}

/// The oldest version of TLS.
pub fn tls_version(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        tls::version(&Setting::flag(instance, "tls-min-version", Some("VersionTLS12")))
    })
}

/// No port without TLS: up to Kubernetes 1.19 it was open unless switched off; from 1.20 on it can't
/// be opened, and from 1.24 on the flags are gone.
pub fn insecure_port(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let address = Setting::flag(instance, "insecure-bind-address", None);
        let minor = instance.minor.or(cx.minor());
        let default = match minor {
            Some(minor) if minor < 20 => "8080",
            Some(_) | None => "0",
        };
        let port = Setting::flag(instance, "insecure-port", Some(default));
        let closed = port.judge(Want::Zero);
        // Of an unknown version the default is not known either.
        if minor.is_none() && port.origin.kind == OriginKind::Default {
            return match cx.host().map(firewall::listeners) {
                Ok(Ok(all)) if !all.iter().any(|one| one.port == 8080) => {
                    Outcome::pass("nothing listens on port 8080").with([port.evidence()])
                }
                _ => Outcome::unknown(
                    "--insecure-port is not set, and before Kubernetes 1.20 it was open then: give \
                     the version with --kubernetes-version",
                ),
            };
        }
        Outcome::worst([closed, address.judge(Want::Unset)], "")
    })
}

/// The plugins that are on by default in the version are on, and NodeRestriction with them.
pub fn recommended_plugins(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ApiServer, |instance| {
        let admission = Admission::of(instance);
        let mut missing = admission.missing(instance.minor.or(cx.minor()).unwrap_or(u32::MAX));
        if !admission.has("NodeRestriction") {
            missing.push("NodeRestriction");
        }
        let old = instance.arguments.last("admission-control").is_some();
        match &admission.incomplete {
            Some(why) => Outcome::unknown(why.clone()),
            None if missing.is_empty() => Outcome::pass("all recommended plugins are on"),
            None if old => Outcome::fail(format!(
                "the old --admission-control leaves out {}",
                missing.join(", ")
            )),
            None => Outcome::fail(format!("these plugins are off: {}", missing.join(", ")))
                .patched(missing.iter().filter_map(|plugin| plugin_patch(instance, plugin))),
        }
        .with(admission.evidence)
    })
}
