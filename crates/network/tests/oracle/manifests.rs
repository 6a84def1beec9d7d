//! The text of the manifests of a cluster.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::calico::Calico;
use super::cilium::Cilium;
use super::{Api, Cluster, Labels, Peer, Port, Requirement, Rule, Selector};

pub(super) fn map(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

pub(super) fn selector_text(selector: &Selector) -> String {
    let mut equal: Vec<String> = Vec::new();
    let mut expressions: Vec<String> = Vec::new();
    let mut express = |key: &str, operator: &str, values: &[&str]| {
        let values = if values.is_empty() {
            String::new()
        } else {
            format!(", values: [{}]", values.join(", "))
        };
        expressions.push(format!("{{key: {key}, operator: {operator}{values}}}"));
    };
    for requirement in selector {
        match requirement {
            // A map cannot ask twice for one label.
            Requirement::Is(key, value)
                if !equal.iter().any(|e| e.starts_with(&format!("{key}:"))) =>
            {
                equal.push(format!("{key}: {value}"));
            }
            Requirement::Is(key, value) => express(key, "In", &[value]),
            Requirement::In(key, values) => express(key, "In", values),
            Requirement::NotIn(key, values) => express(key, "NotIn", values),
            Requirement::Exists(key) => express(key, "Exists", &[]),
            Requirement::DoesNotExist(key) => express(key, "DoesNotExist", &[]),
        }
    }
    format!(
        "{{matchLabels: {{{}}}, matchExpressions: [{}]}}",
        equal.join(", "),
        expressions.join(", ")
    )
}

fn peer_text(peer: &Peer) -> String {
    let cidr = |(base, length): &(Ipv4Addr, u8)| format!("{base}/{length}");
    match peer {
        Peer::Selected { namespaces, pods } => {
            let mut fields = Vec::new();
            fields.extend(
                namespaces.as_ref().map(|s| format!("namespaceSelector: {}", selector_text(s))),
            );
            fields.extend(pods.as_ref().map(|s| format!("podSelector: {}", selector_text(s))));
            format!("{{{}}}", fields.join(", "))
        }
        Peer::Block(block) => {
            let except: Vec<String> = block.except.iter().map(cidr).collect();
            format!("{{ipBlock: {{cidr: {}, except: [{}]}}}}", cidr(&block.cidr), except.join(", "))
        }
        Peer::Namespaces(selector) => format!("{{namespaces: {}}}", selector_text(selector)),
        Peer::Pods(namespaces, pods) => format!(
            "{{pods: {{namespaceSelector: {}, podSelector: {}}}}}",
            selector_text(namespaces),
            selector_text(pods)
        ),
        Peer::Networks(networks) => {
            let networks: Vec<String> = networks.iter().map(cidr).collect();
            format!("{{networks: [{}]}}", networks.join(", "))
        }
        Peer::Unknown => "{planets: {}}".to_owned(),
    }
}

fn port_text(port: &Port, api: Option<Api>) -> String {
    match (api, port) {
        (None, Port::All(protocol)) => format!("{{protocol: {protocol}}}"),
        (None, Port::One(protocol, port)) => format!("{{protocol: {protocol}, port: {port}}}"),
        (None, Port::Range(protocol, first, last)) => {
            format!("{{protocol: {protocol}, port: {first}, endPort: {last}}}")
        }
        (None, Port::Named(protocol, name)) => {
            format!("{{protocol: {}, port: {name}}}", protocol.unwrap_or("TCP"))
        }
        (Some(Api::Admin | Api::Baseline), Port::One(protocol, port)) => {
            format!("{{portNumber: {{protocol: {protocol}, port: {port}}}}}")
        }
        (Some(Api::Admin | Api::Baseline), Port::Range(protocol, first, last)) => {
            format!("{{portRange: {{protocol: {protocol}, start: {first}, end: {last}}}}}")
        }
        (Some(Api::Admin | Api::Baseline), Port::Named(_, name)) => {
            format!("{{namedPort: {name}}}")
        }
        (Some(_), Port::One(protocol, port)) => {
            format!("{{{}: {{destinationPort: {{number: {port}}}}}}}", protocol.to_lowercase())
        }
        (Some(_), Port::Range(protocol, first, last)) => format!(
            "{{{}: {{destinationPort: {{range: {{start: {first}, end: {last}}}}}}}}}",
            protocol.to_lowercase()
        ),
        (Some(_), Port::Named(_, name)) => format!("{{destinationNamedPort: {name}}}"),
        (Some(_), Port::All(protocol)) => format!("{{{}: {{}}}}", protocol.to_lowercase()),
    }
}

fn rules_text(text: &mut String, field: &str, rules: &[Rule], api: Option<Api>) {
    let peers_field = if field == "ingress" { "from" } else { "to" };
    let ports_field = match api {
        Some(Api::ClusterAdmin | Api::ClusterBaseline) => "protocols",
        _ => "ports",
    };
    text.push_str(&format!("  {field}:{}\n", if rules.is_empty() { " []" } else { "" }));
    for rule in rules {
        let peers: Vec<String> = rule.peers.iter().map(peer_text).collect();
        let mut fields = Vec::new();
        if api.is_some() {
            fields.push(format!("action: {}", rule.action));
        }
        if !peers.is_empty() || api.is_some() {
            fields.push(format!("{peers_field}: [{}]", peers.join(", ")));
        }
        if let Some(ports) = &rule.ports {
            let ports: Vec<String> = ports.iter().map(|port| port_text(port, api)).collect();
            fields.push(format!("{ports_field}: [{}]", ports.join(", ")));
        }
        text.push_str(&format!("  - {{{}}}\n", fields.join(", ")));
    }
}

impl Cluster {
    /// The cluster as manifests.
    pub fn manifests(&self) -> String {
        let mut text = String::new();
        for (number, labels) in self.namespaces.iter().enumerate() {
            let labels = map(labels);
            writeln!(
                text,
                "apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{number}, labels: {labels}}}\n---"
            )
            .expect("a string can be written to");
        }
        for pod in &self.pods {
            let ports: Vec<String> = pod
                .ports
                .iter()
                .map(|(name, protocol, port)| {
                    format!("{{name: {name}, protocol: {protocol}, containerPort: {port}}}")
                })
                .collect();
            writeln!(
                text,
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: n{}, labels: {}}}\n\
                 spec: {{hostNetwork: {}, containers: [{{name: c, image: i, ports: [{}]}}]}}\n\
                 status: {{podIP: {}}}\n---",
                pod.name,
                pod.namespace,
                map(&pod.labels),
                pod.host_network,
                ports.join(", "),
                pod.address,
            )
            .expect("a string can be written to");
        }
        for (number, policy) in self.network_policies.iter().enumerate() {
            writeln!(
                text,
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                 metadata: {{name: np{number}, namespace: n{}}}\nspec:\n  podSelector: {}",
                policy.namespace,
                selector_text(&policy.pods)
            )
            .expect("a string can be written to");
            if let Some(types) = &policy.types {
                text.push_str(&format!("  policyTypes: [{}]\n", types.join(", ")));
            }
            rules_text(&mut text, "ingress", &policy.ingress, None);
            rules_text(&mut text, "egress", &policy.egress, None);
            text.push_str("---\n");
        }
        for (number, policy) in self.admin_policies.iter().enumerate() {
            let (version, kind, tier) = match policy.api {
                Api::Admin => ("v1alpha1", "AdminNetworkPolicy", ""),
                Api::Baseline => ("v1alpha1", "BaselineAdminNetworkPolicy", ""),
                Api::ClusterAdmin => ("v1alpha2", "ClusterNetworkPolicy", "  tier: Admin\n"),
                Api::ClusterBaseline => ("v1alpha2", "ClusterNetworkPolicy", "  tier: Baseline\n"),
            };
            let name = if policy.api == Api::Baseline {
                "default".to_owned()
            } else {
                format!("ap{number}")
            };
            let priority = if policy.api == Api::Baseline {
                String::new()
            } else {
                format!("  priority: {}\n", policy.priority)
            };
            text.push_str(&format!(
                "apiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\n\
                 metadata: {{name: {name}}}\nspec:\n{tier}{priority}  subject: {}\n",
                peer_text(&policy.subject)
            ));
            rules_text(&mut text, "ingress", &policy.ingress, Some(policy.api));
            rules_text(&mut text, "egress", &policy.egress, Some(policy.api));
            text.push_str("---\n");
        }
        text.push_str(&self.calico.as_ref().map(Calico::manifests).unwrap_or_default());
        text.push_str(&self.cilium.as_ref().map(Cilium::manifests).unwrap_or_default());
        text
    }
}
