//! Each rule of the lint, on what it must find and on what it must let be.

mod support;

use seawall_network::Network;
use seawall_network::lint::{RULES, lint};

const POD: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.0.0.1}
---
";

fn found(text: &str, rule: &str) -> Vec<String> {
    assert!(
        RULES.iter().any(|known| known.id == rule) || rule == "rule-shadowed",
        "{rule} is no rule"
    );
    let inventory = support::inventory(&format!("{POD}{text}"));
    let found = lint(&Network::of(&inventory));
    found.into_iter().filter(|one| one.rule == rule).map(|one| one.message).collect()
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

#[test]
fn policies_that_select_nothing() {
    let rule = "network-policy-selects-nothing";
    assert_eq!(found(&policy("p", "{podSelector: {matchLabels: {app: wep}}}"), rule).len(), 1);
    assert!(found(&policy("p", "{podSelector: {matchLabels: {app: web}}}"), rule).is_empty());
}

#[test]
fn rules_that_match_nothing() {
    let rule = "rule-matches-nothing";
    let from = |labels: &str| {
        policy(
            "p",
            &format!(
                "{{podSelector: {{}}, ingress: [{{from: [{{podSelector: {{matchLabels: {labels}}}}}]}}]}}"
            ),
        )
    };
    assert_eq!(found(&from("{app: wep}"), rule), ["ingress[0] matches nobody who was read"]);
    assert!(found(&from("{app: web}"), rule).is_empty());
    let other = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}";
    assert!(found(&policy("p", other), rule).is_empty(), "nothing of that namespace was read");
}

#[test]
fn redundant_and_shadowed_rules() {
    let twice =
        "{podSelector: {}, ingress: [{ports: [{port: 80}]}, {ports: [{port: 70, endPort: 90}]}]}";
    let messages = found(&policy("p", twice), "rule-redundant");
    assert_eq!(messages.len(), 1);
    assert!(messages[0].starts_with("ingress[0] changes nothing: ingress[1]"), "{messages:?}");
    let apart = "{podSelector: {}, ingress: [{ports: [{port: 80}]}, {ports: [{port: 81}]}]}";
    assert!(found(&policy("p", apart), "rule-redundant").is_empty());
    let admin = "
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: a}
spec:
  priority: 1
  subject: {namespaces: {}}
  ingress:
  - {action: Allow, from: [{namespaces: {}}]}
  - {action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}]}
";
    assert_eq!(found(admin, "rule-shadowed").len(), 1);
}

#[test]
fn named_ports_that_nobody_has() {
    let rule = "named-port-unknown";
    let port =
        |port: &str| policy("p", &format!("{{podSelector: {{}}, ingress: [{{ports: [{port}]}}]}}"));
    assert_eq!(found(&port("{port: htp}"), rule).len(), 1);
    assert_eq!(found(&port("{port: http, protocol: UDP}"), rule).len(), 1);
    assert!(found(&port("{port: http}"), rule).is_empty());
}

#[test]
fn blocks_over_pods() {
    let rule = "ip-block-over-pods";
    let block = |cidr: &str| {
        policy(
            "p",
            &format!("{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: {cidr}}}}}]}}]}}"),
        )
    };
    assert_eq!(found(&block("10.0.0.0/8"), rule).len(), 1);
    assert!(found(&block("192.168.0.0/16"), rule).is_empty());
    assert!(found(&block("0.0.0.0/0"), rule).is_empty());
    let node = "
apiVersion: v1
kind: Node
metadata: {name: n}
spec: {podCIDR: 172.16.0.0/24, podCIDRs: [172.16.0.0/24]}
---
";
    assert_eq!(found(&format!("{node}{}", block("172.16.0.0/12")), rule).len(), 1);
}

#[test]
fn namespaces_without_default_deny() {
    let rule = "namespace-without-default-deny";
    assert_eq!(
        found("", rule),
        ["namespace shop: no policy denies ingress and egress of all its pods by default"]
    );
    let half = policy("p", "{podSelector: {}}");
    assert_eq!(
        found(&half, rule),
        ["namespace shop: no policy denies egress of all its pods by default"]
    );
    assert!(
        found(&policy("p", "{podSelector: {}, policyTypes: [Ingress, Egress]}"), rule).is_empty()
    );
    let open = policy("p", "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}]}");
    assert_eq!(found(&open, rule).len(), 1, "what permits everything denies nothing");
}

#[test]
fn kinds_that_the_plugin_does_not_enforce() {
    let rule = "policy-not-enforced";
    let plugin = |name: &str, container: &str| {
        format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}, namespace: kube-system}}\n\
             spec: {{template: {{metadata: {{labels: {{app: agent}}}}, spec: {{containers: [{{name: {container}, image: i}}]}}}}}}\n---\n"
        )
    };
    let own = policy("p", "{podSelector: {}}");
    let admin = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\nspec: {priority: 1, subject: {namespaces: {}}}\n---\n";
    assert!(found(&own, rule).is_empty(), "no plugin was read");
    assert_eq!(found(&format!("{}{own}", plugin("kube-flannel-ds", "c")), rule).len(), 1);
    assert!(found(&format!("{}{own}", plugin("calico-node", "c")), rule).is_empty());
    assert_eq!(found(&format!("{}{admin}", plugin("cilium", "c")), rule).len(), 1);
    assert!(found(&format!("{}{admin}", plugin("ovnkube-node", "c")), rule).is_empty());
    assert_eq!(found(&format!("{}{own}", plugin("aws-node", "aws-node")), rule).len(), 1);
    assert!(found(&format!("{}{own}", plugin("aws-node", "aws-eks-nodeagent")), rule).is_empty());
    let both = format!("{}{}{own}", plugin("kube-flannel", "c"), plugin("canal", "c"));
    assert!(found(&both, rule).is_empty());
}

#[test]
fn fields_at_the_wrong_place() {
    let rule = "policy-field-misplaced";
    for (spec, field) in [
        ("{podSelector: {matchLabels: {a: b}, policyTypes: [Egress]}}", "policyTypes"),
        ("{podSelector: {}, spec: {podSelector: {}}}", "spec"),
        ("{podSelector: {}, ingress: [{namespaceSelector: {}}]}", "namespaceSelector"),
        ("{podSelector: {}, ingress: [{from: [{podSelector: {}, ports: []}]}]}", "ports"),
        ("{podSelector: {}, egress: [{from: [{podSelector: {}}]}]}", "from"),
    ] {
        let messages = found(&policy("p", spec), rule);
        assert_eq!(messages.len(), 1, "{spec}: {messages:?}");
        assert!(messages[0].starts_with(&format!("{field} means nothing in")), "{messages:?}");
    }
    let outside = policy("p", "{podSelector: {}}\npolicyTypes: [Ingress]");
    assert_eq!(found(&outside, rule).len(), 1);
    let right = "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 1.1.1.1/32}}], ports: [{port: 1}]}]}";
    assert!(found(&policy("p", right), rule).is_empty());
}

#[test]
fn equal_priorities() {
    let admin = |name: &str, priority: u32| {
        format!(
            "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: {name}}}\n\
             spec: {{priority: {priority}, subject: {{namespaces: {{}}}}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]}}\n---\n"
        )
    };
    let rule = "equal-priority";
    assert_eq!(found(&format!("{}{}", admin("a", 1), admin("b", 1)), rule).len(), 1);
    assert!(found(&format!("{}{}", admin("a", 1), admin("b", 2)), rule).is_empty());
}
