//! The rules of a policy, as expressions of CEL, refuse on a real API server what the policy
//! refuses.
//!
//! Policies and pods are generated from a fixed seed. Each policy becomes a ValidatingAdmissionPolicy
//! of a namespace; pods, every other one with all that the policy would have set, are created there
//! in a dry run.

mod applied;
#[path = "differential/generate.rs"]
mod generate;
mod reading;

use fastrand::Rng;
use seawall_cluster_tests::Cluster;
use seawall_model::workload::pods_of;
use seawall_podsecurity::psp::{CONTAINERS, Pod, Policy, Rejection, Token, changes};
use serde_json::{Value, json};

const POLICIES: usize = 16;
const PODS: usize = 40;

fn document(object: &Value) -> String {
    format!("---\n{object}\n")
}

/// The rules as an admission policy of a namespace, and its binding.
fn admission_policy(policy: &Policy, namespace: &str) -> String {
    let (name, expression) = CONTAINERS;
    let validations: Vec<Value> = policy
        .rules()
        .iter()
        .map(|rule| json!({"expression": rule.expression, "message": format!("RULE {}", rule.field)}))
        .collect();
    let metadata = json!({"name": namespace});
    document(&json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata,
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
                "operations": ["CREATE"], "resources": ["pods"]}]},
            "variables": [{"name": name, "expression": expression}],
            "validations": validations,
        },
    })) + &document(&json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata,
        "spec": {
            "policyName": namespace, "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels":
                {"kubernetes.io/metadata.name": namespace}}},
        },
    }))
}

/// What differs between the plugin and today's fields, and is not compared: profiles as annotations.
fn plain(mut pod: Value) -> Value {
    let annotations = pod["metadata"]["annotations"].as_object_mut().expect("it has some");
    annotations.retain(|key, _| !key.contains("seccomp") && !key.contains("apparmor"));
    pod
}

/// Sets in a pod what a policy would have set.
fn complete(policy: &Policy, pod: &mut Value) {
    let inventory = reading::inventory(&pod.to_string());
    let views = pods_of(inventory.object(0));
    let before = Pod::read(&views[0]).expect("it is well-formed");
    let mut after = before.clone();
    policy.default_pod(&mut after);
    applied::apply(pod, &changes(&before, &after));
}

/// Whether a policy refuses a pod for something that is also a rule; of profiles the fields alone
/// are rules.
fn refuses(policy: &Policy, pod: &Value) -> (bool, Vec<Rejection>) {
    let inventory = reading::inventory(&pod.to_string());
    let views = pods_of(inventory.object(0));
    let mut pod = Pod::read(&views[0]).expect("it is well-formed");
    Token::default().mount(&mut pod);
    let found = policy.violations(&pod);
    let of_capabilities = |rejection: &&Rejection| {
        // Of a pod without capabilities the rule asks for what must be dropped and not for what
        // would have been added.
        rejection.reason.contains("the capabilities that the policy sets")
            && policy.required_drop_capabilities.is_empty()
    };
    let counted = found.iter().filter(|rejection| !of_capabilities(rejection)).count();
    (counted > 0, found)
}

#[test]
fn a_real_server_takes_the_rules_and_refuses_the_same_pods() {
    let Some(cluster) = Cluster::start() else { return };
    let mut rng = Rng::with_seed(30);
    let create = ["create", "--validate=false", "-f", "-"];
    let classes: String = ["gvisor", "kata"]
        .iter()
        .map(|name| {
            document(&json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
                             "metadata": {"name": name}, "handler": name}))
        })
        .collect();
    let output = cluster.kubectl(&create, &classes);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut allowed, mut refused, mut invalid) = (0, 0, 0);
    for number in 0..POLICIES {
        let namespace = format!("policy-{number:02}");
        let mut text = generate::policy(&mut rng, &namespace);
        text["metadata"]["annotations"] = json!({
            "seccomp.security.alpha.kubernetes.io/allowedProfileNames": "*"});
        let inventory = reading::inventory(&text.to_string());
        let policy = Policy::read(inventory.object(0)).expect("it is well-formed");
        let mut manifest = document(&json!({"apiVersion": "v1", "kind": "Namespace",
                                            "metadata": {"name": namespace}}));
        for account in ["default", "app"] {
            manifest += &document(&json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": account, "namespace": namespace}}));
        }
        manifest += &admission_policy(&policy, &namespace);
        let output = cluster.kubectl(&create, &manifest);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let pods: Vec<Value> = (0..PODS)
            .map(|number| {
                let mut pod = plain(generate::pod(&mut rng, &format!("pod-{number:02}")));
                if number % 2 == 0 {
                    complete(&policy, &mut pod);
                }
                pod
            })
            .collect();
        wait(&cluster, &namespace, &policy);
        let manifest: String = pods.iter().map(document).collect();
        let dry_run =
            ["create", "--dry-run=server", "--validate=false", "-n", &namespace, "-f", "-"];
        let output = cluster.kubectl(&dry_run, &manifest);
        let said = String::from_utf8_lossy(&output.stderr);
        for pod in &pods {
            let name = pod["metadata"]["name"].as_str().expect("it has one");
            let quoted = format!("\"{name}\"");
            let why = said.lines().find(|line| line.contains(&quoted) && !line.starts_with("Warn"));
            if why.is_some_and(|why| why.contains("is invalid")) {
                invalid += 1;
                continue;
            }
            let (refuses, found) = refuses(&policy, pod);
            let context = || format!("{namespace} {pod}\n{found:#?}\n{why:?}\n{text}");
            // Of what drops ALL the plugin knew nothing.
            let drops_all = pod.to_string().contains("\"ALL\"");
            let of_drops = |r: &Rejection| r.reason.contains("must be dropped");
            if drops_all && found.iter().all(of_drops) {
                continue;
            }
            match why {
                None => assert!(!refuses, "{}", context()),
                Some(why) => {
                    assert!(why.contains("RULE "), "{}", context());
                    assert!(refuses, "{}", context());
                }
            }
            if refuses { refused += 1 } else { allowed += 1 }
        }
    }
    assert!(allowed >= 60 && refused >= 100, "{allowed} {refused} {invalid}");
}

/// Waits until the server holds pods against the admission policy: one that it must refuse is.
fn wait(cluster: &Cluster, namespace: &str, policy: &Policy) {
    if policy.rules().is_empty() {
        return;
    }
    let mut rng = Rng::with_seed(1);
    let candidates: Vec<Value> =
        (0..200).map(|_| plain(generate::pod(&mut rng, "pod-wait"))).collect();
    for pod in candidates.iter().filter(|pod| refuses(policy, pod).0).take(40) {
        for _ in 0..20 {
            let arguments =
                ["create", "--dry-run=server", "--validate=false", "-n", namespace, "-f", "-"];
            let output = cluster.kubectl(&arguments, &document(pod));
            let said = String::from_utf8_lossy(&output.stderr);
            if said.contains("RULE ") {
                return;
            }
            if said.contains("is invalid") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
    panic!("the server does not hold pods against the rules of {namespace}");
}
