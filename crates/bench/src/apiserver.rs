//! What the API server's flags and files make of admission, authorization, authentication,
//! encryption and audit.
//!
//! Sources: kubernetes `pkg/kubeapiserver/options` (`plugins.go`, `authorization.go`,
//! `authentication.go`, `admission.go`), apiserver `pkg/audit/policy`, and the configuration APIs
//! `apiserver.config.k8s.io`, `audit.k8s.io`.

use seawall_model::document::{Document, Node};

use crate::component::Instance;
use crate::context::Cx;
use crate::evidence::document::{place, text};
use crate::evidence::host::Unread;
use crate::outcome::{Evidence, OriginKind};
use crate::setting::Setting;

/// The plugins that are on unless they are switched off, with the first minor version of each. Of
/// those that were on for one version alone none is missed.
const ON_BY_DEFAULT: &[(&str, u32)] = &[
    ("NamespaceLifecycle", 0),
    ("LimitRanger", 0),
    ("ServiceAccount", 0),
    ("DefaultStorageClass", 0),
    ("PersistentVolumeClaimResize", 0),
    ("DefaultTolerationSeconds", 0),
    ("MutatingAdmissionWebhook", 0),
    ("ValidatingAdmissionWebhook", 0),
    ("ResourceQuota", 0),
    ("StorageObjectInUseProtection", 0),
    ("Priority", 0),
    ("TaintNodesByCondition", 0),
    ("RuntimeClass", 16),
    ("CertificateApproval", 18),
    ("CertificateSigning", 18),
    ("CertificateSubjectRestriction", 18),
    ("DefaultIngressClass", 18),
    ("PodSecurity", 22),
    ("ValidatingAdmissionPolicy", 26),
    ("ClusterTrustBundleAttest", 27),
    ("PodTopologyLabels", 33),
    ("MutatingAdmissionPolicy", 32),
    ("NodeDeclaredFeatureValidator", 35),
    ("PodGroupProtection", 36),
    ("PodResizeValidator", 36),
];

/// Which admission plugins are on, and what says so.
#[derive(Debug)]
pub struct Admission {
    on: Vec<String>,
    /// The flags that were looked at.
    pub evidence: Vec<Evidence>,
    /// Why the list is not known for certain.
    pub incomplete: Option<String>,
}

impl Admission {
    /// The plugins of an API server.
    pub fn of(instance: &Instance) -> Self {
        let old = Setting::list(instance, "admission-control", None);
        let enabled = Setting::list(instance, "enable-admission-plugins", None);
        let disabled = Setting::list(instance, "disable-admission-plugins", None);
        let items = |setting: &Setting| -> Vec<String> {
            let value = setting.value.clone().ok().flatten().unwrap_or_default();
            value.split(',').map(|item| item.trim().to_owned()).filter(|i| !i.is_empty()).collect()
        };
        let mut evidence = vec![enabled.evidence(), disabled.evidence()];
        let listed = items(&old);
        let on = if listed.is_empty() {
            // Where the version isn't known, the newest counts.
            let minor = instance.minor.unwrap_or(u32::MAX);
            let off = items(&disabled);
            let default = ON_BY_DEFAULT.iter().filter(|(_, since)| minor >= *since);
            let mut on: Vec<String> = default.map(|(name, _)| (*name).to_owned()).collect();
            on.extend(items(&enabled));
            on.retain(|name| !off.contains(name));
            on
        } else {
            evidence = vec![old.evidence()];
            listed
        };
        let incomplete = [old, enabled, disabled].into_iter().find_map(|s| s.value.err());
        Admission { on, evidence, incomplete }
    }

    /// Whether a plugin is on.
    pub fn has(&self, plugin: &str) -> bool {
        self.on.iter().any(|known| known == plugin)
    }

    /// The plugins that are on by default in a version and off here.
    pub fn missing(&self, minor: u32) -> Vec<&'static str> {
        ON_BY_DEFAULT
            .iter()
            .filter(|(name, since)| minor >= *since && !self.has(name))
            .map(|(name, _)| *name)
            .collect()
    }
}

/// One authorizer of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// Its type: `Node`, `RBAC`, `Webhook`.
    pub kind: String,
    /// Its name, of a webhook.
    pub name: String,
    /// Of a webhook, what happens when it can't be asked: `Deny`, `NoOpinion`.
    pub failure_policy: Option<String>,
    /// Of a webhook, the file that says how it is reached; none where it is a service of the cluster.
    pub kubeconfig: Option<String>,
}

/// The mode where nobody sets one.
const NO_MODE: &str = "AlwaysAllow";

/// The authorization chain, and what says so.
///
/// # Errors
///
/// Where the file that holds it can't be read.
pub fn authorizers(
    cx: &Cx<'_>,
    instance: &Instance,
) -> Result<(Vec<Authorizer>, Vec<Evidence>), Unread> {
    let path = instance.arguments.last("authorization-config").filter(|path| !path.is_empty());
    if let Some(path) = path {
        let document = cx.configuration(instance, path)?;
        let list = document.root().get("authorizers");
        let authorizers: Vec<Authorizer> = list
            .into_iter()
            .flat_map(Node::items)
            .map(|item| {
                let field = |key| item.get(key).map(text).unwrap_or_default();
                let webhook = |path: &[&str]| item.get("webhook")?.at_path(path).map(text);
                Authorizer {
                    kind: field("type"),
                    name: field("name"),
                    failure_policy: webhook(&["failurePolicy"]),
                    kubeconfig: webhook(&["connectionInfo", "kubeConfigFile"]),
                }
            })
            .collect();
        if authorizers.is_empty() {
            return Err(Unread::new(path, "it lists no authorizers"));
        }
        let names: Vec<&str> = authorizers.iter().map(|one| one.kind.as_str()).collect();
        let at = list.map_or_else(|| path.to_owned(), place);
        let evidence = Evidence::new("authorizers", names.join(","), OriginKind::File, at);
        return Ok((authorizers, vec![evidence]));
    }
    let mut setting = Setting::list(instance, "authorization-mode", Some(NO_MODE));
    // An empty list is none, and then the default counts (`authorization.go`, `Complete`).
    if matches!(&setting.value, Ok(Some(modes)) if modes.is_empty()) {
        setting.value = Ok(Some(NO_MODE.to_owned()));
    }
    let evidence = setting.evidence();
    let modes = setting.value.map_err(|why| Unread::new("--authorization-mode", &why))?;
    let webhook = instance.arguments.last("authorization-webhook-config-file");
    let authorizers = modes
        .unwrap_or_default()
        .split(',')
        .map(|kind| Authorizer {
            kind: kind.trim().to_owned(),
            name: String::new(),
            failure_policy: None,
            kubeconfig: webhook.filter(|_| kind.trim() == "Webhook").map(str::to_owned),
        })
        .collect();
    Ok((authorizers, vec![evidence]))
}

/// Who may come without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// Nobody.
    Off,
    /// Whoever asks for one of these paths.
    Paths(Vec<String>),
    /// Anybody.
    On,
}

/// Whether anonymous requests are let in, and what says so.
///
/// # Errors
///
/// Where the file or the flag that says can't be read or understood.
pub fn anonymous(cx: &Cx<'_>, instance: &Instance) -> Result<(Anonymous, Setting), Unread> {
    let path = instance.arguments.last("authentication-config").filter(|path| !path.is_empty());
    if let Some(path) = path {
        let document = cx.configuration(instance, path)?;
        if let Some(node) = document.root().get("anonymous") {
            let enabled = node.get("enabled").and_then(Node::as_bool).unwrap_or(false);
            let paths: Vec<String> = node
                .get("conditions")
                .into_iter()
                .flat_map(Node::items)
                .filter_map(|condition| condition.get("path").map(text))
                .collect();
            let answer = match (enabled, paths.is_empty()) {
                (false, _) => Anonymous::Off,
                (true, false) => Anonymous::Paths(paths),
                (true, true) => Anonymous::On,
            };
            let setting = Setting {
                item: format!("{} anonymous.enabled", instance.name()),
                value: Ok(Some(enabled.to_string())),
                origin: crate::outcome::Origin { kind: OriginKind::File, place: place(node) },
                place: crate::setting::Place::Field {
                    file: document.source().name().to_string(),
                    field: "anonymous.enabled".to_owned(),
                },
            };
            return Ok((answer, setting));
        }
    }
    let setting = Setting::flag(instance, "anonymous-auth", Some("true"));
    let value = setting.value.clone().map_err(|why| Unread::new("--anonymous-auth", &why))?;
    let value = value.unwrap_or_default();
    match crate::evidence::arguments::boolean(&value) {
        Some(true) => Ok((Anonymous::On, setting)),
        Some(false) => Ok((Anonymous::Off, setting)),
        None => Err(Unread::new("--anonymous-auth", &format!("{value:?} is no boolean"))),
    }
}

/// How a resource is stored: the providers for it in their order, the first of which writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// The provider's names: `secretbox`, `identity`.
    pub providers: Vec<String>,
    /// Where they stand.
    pub place: String,
}

/// How Secrets are stored by an encryption configuration; none where it leaves them out.
///
/// Keys are read and never shown.
pub fn encryption_of_secrets(document: &Document) -> Option<Encryption> {
    let sets = |item: Node<'_>| {
        item.get("resources").into_iter().flat_map(Node::items).any(|resource| {
            // `*.` is every resource of the core group, `*.*` every resource.
            matches!(resource.text(), "secrets" | "secrets." | "*." | "*.*")
        })
    };
    // The first that names the resource counts.
    let set = document.root().get("resources")?.items().find(|item| sets(*item))?;
    let providers = set.get("providers")?;
    Some(Encryption {
        providers: providers
            .items()
            .filter_map(|provider| Some(provider.entries().next()?.0.text().to_owned()))
            .collect(),
        place: place(providers),
    })
}

/// How much of a request an audit policy writes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the level of that name")]
pub enum AuditLevel {
    None,
    Metadata,
    Request,
    RequestResponse,
}

/// A request that an audit policy is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The verb.
    pub verb: &'static str,
    /// The API group.
    pub group: &'static str,
    /// The resource with its subresource: `pods/exec`.
    pub resource: &'static str,
}

/// The groups that every user is in who has a name.
const EVERYBODY: &[&str] = &["system:authenticated"];
/// Without these stages nothing of an ordinary request is written down: of one that runs long, such
/// as exec, the answer's start is another.
const STAGES: &[&str] = &["RequestReceived", "ResponseComplete"];

/// The least and the most that a policy writes down of a request of an ordinary user, over all
/// namespaces; none where that can't be understood.
///
/// The first rule that matches counts; one for some namespaces counts for these, and what follows
/// for the others. Source: apiserver `pkg/audit/policy/checker.go`.
pub fn audit_levels(policy: &Document, request: Request) -> Option<(AuditLevel, AuditLevel)> {
    let (mut least, mut most) = (AuditLevel::RequestResponse, AuditLevel::None);
    for rule in policy.root().get("rules").into_iter().flat_map(Node::items) {
        let groups = list(rule, "userGroups");
        // Rules for particular people don't hold for all others.
        let everybody = groups.is_empty() || groups.iter().any(|g| EVERYBODY.contains(&&**g));
        if !list(rule, "users").is_empty() || !everybody {
            continue;
        }
        let verbs = list(rule, "verbs");
        if !verbs.is_empty() && !verbs.iter().any(|verb| verb == request.verb) {
            continue;
        }
        let namespaces = list(rule, "namespaces");
        let resources: Vec<Node<'_>> =
            rule.get("resources").into_iter().flat_map(Node::items).collect();
        let about_paths = !list(rule, "nonResourceURLs").is_empty();
        if resources.is_empty() && namespaces.is_empty() && about_paths {
            continue;
        }
        let matches = |item: &Node<'_>| {
            let group = item.get("group").map(text).unwrap_or_default();
            let names = list(*item, "resources");
            (group == request.group || group == "*")
                && (names.is_empty()
                    || list(*item, "resourceNames").is_empty()
                        && names.iter().any(|name| covers(name, request.resource)))
        };
        if !resources.is_empty() && !resources.iter().any(matches) {
            continue;
        }
        let level = level_of(policy, rule)?;
        (least, most) = (least.min(level), most.max(level));
        if namespaces.is_empty() {
            return Some((least, most));
        }
    }
    Some((AuditLevel::None, most))
}

/// Whether any rule of a policy that is ever reached writes something down.
pub fn audits_anything(policy: &Document) -> bool {
    let narrowing = ["users", "userGroups", "verbs", "namespaces", "resources", "nonResourceURLs"];
    for rule in policy.root().get("rules").into_iter().flat_map(Node::items) {
        if level_of(policy, rule).is_some_and(|level| level > AuditLevel::None) {
            return true;
        }
        // Whatever stands behind a rule for everything is never reached.
        if narrowing.iter().all(|key| list(rule, key).is_empty()) {
            return false;
        }
    }
    false
}

fn list(node: Node<'_>, key: &str) -> Vec<String> {
    node.get(key).into_iter().flat_map(Node::items).map(text).collect()
}

/// The level of a rule, which is none where all its stages are left out.
fn level_of(policy: &Document, rule: Node<'_>) -> Option<AuditLevel> {
    let omitted = [list(policy.root(), "omitStages"), list(rule, "omitStages")].concat();
    let silent = STAGES.iter().all(|stage| omitted.iter().any(|known| known == stage));
    match rule.get("level").map(text)?.as_str() {
        "None" => Some(AuditLevel::None),
        "Metadata" | "Request" | "RequestResponse" if silent => Some(AuditLevel::None),
        "Metadata" => Some(AuditLevel::Metadata),
        "Request" => Some(AuditLevel::Request),
        "RequestResponse" => Some(AuditLevel::RequestResponse),
        _ => None,
    }
}

/// Whether a policy's name of a resource covers one: `*`, `pods`, `*/exec`, and `pods/*`, which is
/// also `pods`.
fn covers(name: &str, resource: &str) -> bool {
    if name == "*" || name == resource {
        return true;
    }
    let (base, sub) = resource.split_once('/').unwrap_or((resource, ""));
    match name.split_once('/') {
        Some((known, "*")) => known == base,
        Some(("*", known)) => known == sub && !sub.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::document;

    fn read(text: &str) -> Document {
        let mut all = document::all("policy.yaml", text.to_owned()).expect("well-formed");
        all.remove(0)
    }

    #[test]
    fn the_first_rule_that_matches_counts() {
        let policy = read(
            "rules:\n- level: None\n  users: [system:kube-proxy]\n- level: Metadata\n  resources:\n  \
             - group: ''\n    resources: [secrets, pods/*]\n- level: None\n  resources:\n  - group: \
             ''\n- level: Request\n  verbs: [create]\n",
        );
        let level = |verb, group, resource| {
            Some(audit_levels(&policy, Request { verb, group, resource })?.0)
        };
        assert_eq!(level("get", "", "secrets"), Some(AuditLevel::Metadata));
        assert_eq!(level("create", "", "pods/exec"), Some(AuditLevel::Metadata));
        assert_eq!(level("create", "", "pods"), Some(AuditLevel::Metadata));
        assert_eq!(level("create", "", "services/proxy"), Some(AuditLevel::None));
        assert_eq!(level("create", "apps", "deployments"), Some(AuditLevel::Request));
        assert_eq!(level("get", "apps", "deployments"), Some(AuditLevel::None));
    }

    #[test]
    fn what_any_rule_hides_from_the_log_is_hidden() {
        let get = Request { verb: "get", group: "", resource: "secrets" };
        let of = |rules: &str| Some(audit_levels(&read(rules), get)?.0);
        let rest = "- level: Metadata\n";
        for hides in [
            "- level: None\n  userGroups: [system:authenticated]\n",
            "- level: None\n  resources: [{group: '*'}]\n",
            "- level: None\n  namespaces: [kube-system]\n",
            "- level: Metadata\n  omitStages: [RequestReceived, ResponseComplete]\n",
        ] {
            assert_eq!(of(&format!("rules:\n{hides}{rest}")), Some(AuditLevel::None), "{hides}");
        }
        for shows in [
            "- level: None\n  users: [system:kube-proxy]\n",
            "- level: None\n  userGroups: [system:nodes]\n",
            "- level: None\n  nonResourceURLs: ['/healthz*']\n",
            "- level: None\n  resources: [{group: '', resources: [secrets], resourceNames: [a]}]\n",
        ] {
            assert_eq!(
                of(&format!("rules:\n{shows}{rest}")),
                Some(AuditLevel::Metadata),
                "{shows}"
            );
        }
        let leaks = "rules:\n- {level: Request, namespaces: [a]}\n- level: Metadata\n";
        let both = (AuditLevel::Metadata, AuditLevel::Request);
        assert_eq!(audit_levels(&read(leaks), get), Some(both));
        assert!(!audits_anything(&read("rules:\n- level: None\n- level: Metadata\n")));
        assert!(audits_anything(&read(
            "rules:\n- {level: None, verbs: [get]}\n- level: Request\n"
        )));
        let late = "omitStages: [RequestReceived]\nrules:\n- level: Metadata\n";
        assert_eq!(of(late), Some(AuditLevel::Metadata));
    }

    #[test]
    fn the_provider_that_writes_secrets_is_the_first() {
        let of = |text: &str| encryption_of_secrets(&read(text)).map(|e| e.providers);
        let good = "resources:\n- resources: [configmaps]\n  providers: [{identity: {}}]\n- \
                    resources: [secrets]\n  providers:\n  - secretbox: {keys: []}\n  - identity: {}\n";
        assert_eq!(of(good), Some(vec!["secretbox".to_owned(), "identity".to_owned()]));
        assert_eq!(
            of("resources:\n- resources: [configmaps]\n  providers: [{aescbc: {}}]\n"),
            None
        );
        let all = "resources:\n- resources: ['*.*']\n  providers: [{kms: {}}]\n";
        assert_eq!(of(all), Some(vec!["kms".to_owned()]));
    }
}
