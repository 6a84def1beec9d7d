//! The PodSecurityPolicy plugin of a real API server and ours decide the same, and make the same
//! pods.
//!
//! Policies, grants and pods are generated from fixed seeds. Every pod is created in a dry run of
//! the real server; what it stores, or that it refuses, is what we said.

#[path = "../applied/mod.rs"]
mod applied;
mod generate;
#[path = "../reading/mod.rs"]
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use seawall_cluster_tests::{Cluster, Setup};
use seawall_model::workload::pods_of;
use seawall_podsecurity::psp::admit::{Asker, Question, bookkeeping, update};
use seawall_podsecurity::psp::{Changed, Decision, Pod, Policy, Token, Verdict, admit, changes};
use serde_json::{Value, json};

const POLICIES: usize = 80;
const NAMESPACES: usize = 40;
const PODS: usize = 30;

/// Who may use which policies in a namespace, and in which API group the role names them.
struct Grants {
    group: &'static str,
    default: BTreeSet<String>,
    app: BTreeSet<String>,
    user: BTreeSet<String>,
}

impl Grants {
    fn new(rng: &mut Rng, names: &[String]) -> Self {
        let group = if rng.bool() { "policy" } else { "extensions" };
        let mut some = |most| -> BTreeSet<String> {
            (0..rng.usize(0..=most)).filter_map(|_| rng.choice(names).cloned()).collect()
        };
        Grants { group, default: some(3), app: some(4), user: some(2) }
    }

    /// Roles and bindings for the account `default`, the account `app` and the user.
    fn manifest(&self, namespace: &str) -> String {
        let account =
            |name| json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
        let user = json!({"kind": "User", "name": "limited",
                          "apiGroup": "rbac.authorization.k8s.io"});
        let grants = [
            ("default", &self.default, account("default")),
            ("app", &self.app, account("app")),
            ("user", &self.user, user),
        ];
        let mut text = String::new();
        for (name, policies, subject) in grants {
            // A rule without names would allow all.
            if policies.is_empty() {
                continue;
            }
            let metadata = json!({"name": name, "namespace": namespace});
            text += &document(&json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
                "rules": [{"apiGroups": [self.group], "resources": ["podsecuritypolicies"],
                           "verbs": ["use"], "resourceNames": policies}],
            }));
            text += &document(&json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": metadata, "subjects": [subject],
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            }));
        }
        text
    }

    fn may_use(&self, account: &str, question: Question<'_>) -> bool {
        let policies = match question.asker {
            Asker::User => &self.user,
            Asker::ServiceAccount if account == "app" => &self.app,
            Asker::ServiceAccount => &self.default,
        };
        question.group == self.group && policies.contains(question.policy)
    }
}

fn document(object: &Value) -> String {
    format!("---\n{object}\n")
}

/// What the server said of pods by their names.
struct Answers {
    stored: BTreeMap<String, Value>,
    refused: BTreeMap<String, String>,
}

/// Sends pods as the limited user. A dry run of `replace` prints nothing of what it stores.
fn send(cluster: &Cluster, verb: &[&str], namespace: &str, pods: &[Value]) -> Answers {
    let text: String = pods.iter().map(document).collect();
    let mut arguments = verb.to_vec();
    arguments.extend(["--validate=false", "-o", "json", "-n", namespace, "-f", "-"]);
    let output = cluster.kubectl_as("limited", &arguments, &text);
    let printed = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let said = String::from_utf8_lossy(&output.stderr);
    let (mut stored, mut refused) = (BTreeMap::new(), BTreeMap::new());
    let mut keep = |pod: Value| {
        let name = pod["metadata"]["name"].as_str().expect("a pod has a name").to_owned();
        stored.insert(name, pod);
    };
    for printed in printed {
        let mut printed = printed.expect("kubectl prints JSON");
        match printed.get_mut("items").and_then(Value::as_array_mut) {
            Some(items) => items.drain(..).for_each(&mut keep),
            None => keep(printed),
        }
    }
    for line in said.lines().filter(|line| !line.starts_with("Warning: ")) {
        let name = line.split('"').find(|part| part.starts_with("pod-"));
        let name = name.unwrap_or_else(|| panic!("{line} names no pod"));
        refused.insert(name.to_owned(), line.to_owned());
    }
    assert_eq!(output.status.success(), refused.is_empty(), "{said}");
    Answers { stored, refused }
}

/// Starts a server with policies, grants, and all that pods need; `None` where there can be none.
fn start(policies: &str, grants: &BTreeMap<String, Grants>) -> Option<Cluster> {
    let setup = Setup::new()
        .kubernetes("1.24.17")
        .flag("--enable-admission-plugins=PodSecurityPolicy")
        .flag("--feature-gates=ProcMountType=true");
    let cluster = setup.start()?;
    let mut first = String::new();
    for class in ["gvisor", "kata"] {
        first += &document(&json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
                                   "metadata": {"name": class}, "handler": class}));
    }
    first += &document(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "pods"},
        "rules": [{"apiGroups": [""], "resources": ["pods"],
                   "verbs": ["create", "get", "update", "patch"]}],
    }));
    first += &document(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "pods"},
        "subjects": [{"kind": "User", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "pods"},
    }));
    for namespace in grants.keys() {
        first += &document(&json!({"apiVersion": "v1", "kind": "Namespace",
                                   "metadata": {"name": namespace}}));
        for account in ["default", "app"] {
            let metadata = json!({"name": account, "namespace": namespace});
            first += &document(&json!({"apiVersion": "v1", "kind": "ServiceAccount",
                                       "metadata": metadata}));
        }
    }
    create(&cluster, &first);
    create(&cluster, policies);
    for (namespace, grants) in grants {
        let manifest = grants.manifest(namespace);
        if !manifest.is_empty() {
            create(&cluster, &manifest);
        }
    }
    wait(&cluster);
    Some(cluster)
}

fn create(cluster: &Cluster, manifest: &str) {
    let output = cluster.kubectl(&["create", "--validate=false", "-f", "-"], manifest);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Waits until the server has seen the last policy and the last grant of a kind, and so all.
fn wait(cluster: &Cluster) {
    let name = format!("wait-{}", fastrand::u64(..));
    let any = json!({"rule": "RunAsAny"});
    let metadata = json!({"name": name, "namespace": "default"});
    let policy = json!({
        "apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {"name": name},
        "spec": {"volumes": ["*"], "seLinux": any, "runAsUser": any, "supplementalGroups": any,
                 "fsGroup": any},
    });
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
        "rules": [{"apiGroups": ["policy"], "resources": ["podsecuritypolicies"],
                   "verbs": ["use"], "resourceNames": [name]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
        "subjects": [{"kind": "User", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
    });
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
                         "metadata": {"name": "default", "namespace": "default"}});
    // It may be there.
    drop(cluster.kubectl(&["create", "-f", "-"], &document(&account)));
    create(cluster, &(document(&policy) + &document(&role) + &document(&binding)));
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod-wait"},
                     "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]}});
    let verb = ["create", "--dry-run=server"];
    for _ in 0..600 {
        let answers = send(cluster, &verb, "default", std::slice::from_ref(&pod));
        let stored = answers.stored.get("pod-wait");
        if stored.is_some_and(|pod| pod["metadata"]["annotations"]["kubernetes.io/psp"] == name) {
            let gone = cluster.kubectl(&["delete", "podsecuritypolicy", &name], "");
            assert!(gone.status.success(), "{}", String::from_utf8_lossy(&gone.stderr));
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the server does not see the policy {name}");
}

fn read_policies(text: &str) -> Vec<Policy> {
    let inventory = reading::inventory(text);
    inventory.objects().map(|object| Policy::read(object).expect("it is well-formed")).collect()
}

fn read_pod(pod: &Value) -> Pod {
    let inventory = reading::inventory(&pod.to_string());
    let pods = pods_of(inventory.object(0));
    let [pod] = pods.as_slice() else { panic!("not one pod in {pod}") };
    Pod::read(pod).expect("it is well-formed")
}

/// What we say of a pod that is created, and what admission changes of it.
fn decide(policies: &[Policy], grants: &Grants, pod: &Value) -> (Decision, Vec<Changed>) {
    let before = read_pod(pod);
    let mut pod = before.clone();
    Token::default().mount(&mut pod);
    let account = pod.service_account.clone();
    let decision = admit(policies, &pod, &|question| grants.may_use(&account, question));
    let changed = match &decision.verdict {
        Verdict::Admitted { pod: after, .. } => changes(&before, after),
        _ => Vec::new(),
    };
    (decision, changed)
}

/// All of a pod that a policy may change; what is empty is as good as absent, but for the security
/// contexts of containers, and annotations of others are none of ours.
fn comparable(pod: &Value) -> Value {
    let contexts = |list: &str| -> Value {
        let containers = pod["spec"][list].as_array();
        let contexts = containers.into_iter().flatten().map(|c| c["securityContext"].clone());
        contexts.map(pruned).collect()
    };
    json!({
        "annotations": pod["metadata"]["annotations"],
        "context": pruned(pod["spec"]["securityContext"].clone()),
        "class": pod["spec"]["runtimeClassName"],
        "init": contexts("initContainers"),
        "containers": contexts("containers"),
    })
}

/// Without empty lists, which the server does not print.
fn pruned(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let empty =
                |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            entries.into_iter().filter(|(_, v)| !empty(v)).map(|(k, v)| (k, pruned(v))).collect()
        }
        Value::Null => json!({}),
        other => other,
    }
}

struct Case {
    policies: Vec<Policy>,
    grants: BTreeMap<String, Grants>,
    cluster: Cluster,
}

fn case(rng: &mut Rng) -> Option<Case> {
    let names: Vec<String> = (0..POLICIES).map(|number| format!("policy-{number:02}")).collect();
    let text: String = names.iter().map(|name| document(&generate::policy(rng, name))).collect();
    let grants: BTreeMap<String, Grants> = (0..NAMESPACES)
        .map(|number| (format!("namespace-{number:02}"), Grants::new(rng, &names)))
        .collect();
    let cluster = start(&text, &grants)?;
    Some(Case { policies: read_policies(&text), grants, cluster })
}

#[test]
fn a_real_server_admits_changes_and_refuses_the_same_pods() {
    let mut rng = Rng::with_seed(24);
    let Some(Case { policies, grants, cluster }) = case(&mut rng) else { return };
    let (mut admitted, mut changed, mut refused, mut invalid) = (0, 0, 0, 0);
    for (namespace, grants) in &grants {
        let pods: Vec<Value> =
            (0..PODS).map(|number| generate::pod(&mut rng, &format!("pod-{number:02}"))).collect();
        let answers = send(&cluster, &["create", "--dry-run=server"], namespace, &pods);
        for pod in &pods {
            let name = pod["metadata"]["name"].as_str().expect("it has one");
            let (decision, edits) = decide(&policies, grants, pod);
            let context = || format!("{namespace}: {pod}\n{:#?}", decision.verdict);
            match (&decision.verdict, answers.stored.get(name), answers.refused.get(name)) {
                (Verdict::Admitted { policy, .. }, Some(stored), None) => {
                    let mut expected = pod.clone();
                    applied::apply(&mut expected, &edits);
                    assert_eq!(comparable(&expected), comparable(stored), "{}", context());
                    assert_eq!(stored["metadata"]["annotations"]["kubernetes.io/psp"], **policy);
                    admitted += 1;
                    changed += usize::from(edits.len() > 1);
                }
                (Verdict::Rejected, None, Some(why)) if why.contains("unable to admit pod") => {
                    refused += 1;
                }
                (Verdict::RejectedAfterDefaults { .. }, None, Some(why))
                    if why.contains("unable to validate pod") =>
                {
                    refused += 1;
                }
                // Refused for what has nothing to do with policies.
                (_, None, Some(why)) if why.contains("is invalid") => invalid += 1,
                (_, stored, refused) => panic!("{refused:?} {stored:?}\n{}", context()),
            }
        }
    }
    assert_eq!(admitted + refused + invalid, NAMESPACES * PODS);
    assert!(admitted >= 250 && changed >= 100 && refused >= 250, "{admitted} {changed} {refused}");
    assert!(invalid * 5 < NAMESPACES * PODS, "{invalid} pods are invalid");
}

#[test]
fn a_real_server_looks_at_changed_pods_the_same() {
    let mut rng = Rng::with_seed(42);
    let Some(Case { policies, grants, cluster }) = case(&mut rng) else { return };
    let (mut kept, mut refused) = (0, 0);
    for (namespace, first) in grants.iter().take(12) {
        let pods: Vec<Value> =
            (0..PODS).map(|number| generate::pod(&mut rng, &format!("pod-{number:02}"))).collect();
        let created = send(&cluster, &["create"], namespace, &pods);
        // From now on somebody else's policies hold.
        let second = Grants { group: first.group, ..Grants::new(&mut rng, &names(&policies)) };
        let old: Vec<&str> = vec!["delete", "roles,rolebindings", "--all", "-n", namespace];
        assert!(cluster.kubectl(&old, "").status.success());
        let manifest = second.manifest(namespace);
        if !manifest.is_empty() {
            create(&cluster, &manifest);
        }
        wait(&cluster);
        let mut labelled: Vec<Value> = created.stored.values().cloned().collect();
        let mut finalised = labelled.clone();
        for pod in &mut labelled {
            pod["metadata"]["labels"]["example.com/changed"] = json!("yes");
        }
        for pod in &mut finalised {
            pod["metadata"]["finalizers"] = json!(["example.com/hold"]);
        }
        let replace = ["replace", "--dry-run=server"];
        let of_labels = send(&cluster, &replace, namespace, &labelled);
        let of_finalizers = send(&cluster, &replace, namespace, &finalised);
        for (pod, finalised) in labelled.iter().zip(&finalised) {
            let name = pod["metadata"]["name"].as_str().expect("it has one");
            let old = reading::inventory(&created.stored[name].to_string());
            let new = reading::inventory(&finalised.to_string());
            assert!(bookkeeping(old.object(0).root(), new.object(0).root()), "{namespace} {name}");
            assert_eq!(of_finalizers.refused.get(name), None, "{namespace}");
            let new = reading::inventory(&pod.to_string());
            assert!(!bookkeeping(old.object(0).root(), new.object(0).root()));
            let pod = read_pod(pod);
            let account = pod.service_account.clone();
            let decision = update(&policies, &pod, &|question| second.may_use(&account, question));
            match (&decision.verdict, of_labels.refused.get(name)) {
                (Verdict::Admitted { .. }, None) => kept += 1,
                (Verdict::Rejected, Some(why)) if why.contains("unable to validate pod") => {
                    refused += 1;
                }
                (verdict, why) => panic!("{namespace} {name}: {verdict:?} {why:?}"),
            }
        }
    }
    assert!(kept >= 10 && refused >= 30, "{kept} {refused}");
}

#[test]
fn a_real_server_takes_the_same_policies() {
    // Without the gate the server forgets `allowedProcMountTypes` instead of looking at it.
    let setup = Setup::new().kubernetes("1.24.17").flag("--feature-gates=ProcMountType=true");
    let Some(cluster) = setup.start() else { return };
    let mut rng = Rng::with_seed(7);
    let all: Vec<Value> = (0..400)
        .map(|number| {
            let mut policy = generate::policy(&mut rng, &format!("pod-{number:03}"));
            for _ in 0..rng.usize(0..3) {
                generate::spoil(&mut rng, &mut policy);
            }
            policy
        })
        .collect();
    let text: String = all.iter().map(document).collect();
    let arguments = ["create", "--dry-run=server", "--validate=false", "-f", "-"];
    let output = cluster.kubectl(&arguments, &text);
    let said = String::from_utf8_lossy(&output.stderr);
    let (mut taken, mut refused) = (0, 0);
    for policy in &all {
        let name = policy["metadata"]["name"].as_str().expect("it has one");
        let quoted = format!("\"{name}\"");
        let why = said.lines().find(|line| line.contains(&quoted));
        let inventory = reading::inventory(&policy.to_string());
        match (Policy::read(inventory.object(0)), why) {
            (Ok(_), None) => taken += 1,
            (Err(_), Some(_)) => refused += 1,
            (ours, why) => panic!("{policy}\n{:?}\n{why:?}", ours.map_err(|wrong| wrong.why)),
        }
    }
    assert!(taken >= 100 && refused >= 100, "{taken} {refused}");
}

fn names(policies: &[Policy]) -> Vec<String> {
    policies.iter().map(|policy| policy.name.clone()).collect()
}
