//! Cilium's policies, by the plainest means.
//!
//! From the policy language's documentation and `pkg/policy`: a rule permits or denies, denials go
//! before everything, and a pod is isolated in a direction where some policy that selects it has
//! rules in it, unless all of these say otherwise by `enableDefaultDeny`. NetworkPolicies of
//! Kubernetes are rules beside the others. Blocks of addresses never mean pods.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::manifests::selector_text;
use super::{
    BLOCKS, Block, Choices, Cluster, End, KEYS, NAMES, PORTS, Selector, VALUES, in_block, selector,
    selects,
};

/// Pods, as a peer.
struct Endpoints {
    labels: Selector,
    spaces: Spaces,
}

/// In which namespaces.
enum Spaces {
    /// That of the policy, or all of a clusterwide one.
    Own,
    Named(usize),
    Labelled(&'static str, &'static str),
}

enum Peers {
    Everyone,
    Endpoints(Vec<Endpoints>),
    Entities(Vec<&'static str>),
    Blocks(Vec<(Ipv4Addr, u8)>),
    BlockSets(Vec<Block>),
}

enum Port {
    One(&'static str, u16),
    Range(&'static str, u16, u16),
    Named(&'static str, &'static str),
}

struct Rule {
    peers: Peers,
    /// Lists of ports; a rule without peers and ports means nobody.
    ports: Vec<Vec<Port>>,
}

#[derive(Default)]
struct Rules {
    allow: Vec<Rule>,
    deny: Vec<Rule>,
    /// `enableDefaultDeny`.
    isolates: Option<bool>,
}

struct Policy {
    /// `None` of a clusterwide one.
    namespace: Option<usize>,
    subject: Selector,
    ingress: Rules,
    egress: Rules,
}

/// What Cilium is told.
pub(super) struct Cilium {
    policies: Vec<Policy>,
}

impl Cilium {
    pub(super) fn of(c: &mut Choices<'_>, namespaces: usize) -> Self {
        let policies = c.list(4, |c| Policy {
            namespace: c.maybe(|c| c.below(namespaces)),
            subject: selector(c),
            ingress: rules(c, namespaces),
            egress: rules(c, namespaces),
        });
        Cilium { policies }
    }

    /// Whether the policies on a pod permit a connection with the other end.
    pub(super) fn permits(
        &self,
        cluster: &Cluster,
        pod: usize,
        other: End,
        ingress: bool,
        protocol: &str,
        port: u16,
    ) -> bool {
        let own = &cluster.pods[pod];
        let to = if ingress { End::Pod(pod) } else { other };
        let (mut isolated, mut permitted) =
            cluster.network_policies_say(pod, other, ingress, protocol, port);
        for policy in &self.policies {
            if policy.namespace.is_some_and(|namespace| namespace != own.namespace)
                || !selects(&policy.subject, &own.labels)
            {
                continue;
            }
            let rules = if ingress { &policy.ingress } else { &policy.egress };
            let matches = |rule: &Rule| {
                rule.matches(cluster, policy.namespace, other)
                    && rule.ports_match(cluster, to, protocol, port)
            };
            if rules.deny.iter().any(matches) {
                return false;
            }
            let has_rules = !rules.allow.is_empty() || !rules.deny.is_empty();
            isolated |= has_rules && rules.isolates != Some(false);
            permitted |= rules.allow.iter().any(matches);
        }
        !isolated || permitted
    }
}

fn rules(c: &mut Choices<'_>, namespaces: usize) -> Rules {
    Rules {
        allow: c.list(2, |c| rule(c, namespaces)),
        deny: if c.below(3) == 2 { c.list(2, |c| rule(c, namespaces)) } else { Vec::new() },
        isolates: (c.below(3) == 2).then(|| c.below(2) == 1),
    }
}

fn rule(c: &mut Choices<'_>, namespaces: usize) -> Rule {
    let peers = match c.below(6) {
        0 | 1 => Peers::Endpoints(c.list(2, |c| Endpoints {
            labels: selector(c),
            spaces: match c.below(4) {
                0 => Spaces::Named(c.below(namespaces)),
                1 => Spaces::Labelled(c.of(&KEYS), c.of(&VALUES)),
                _ => Spaces::Own,
            },
        })),
        2 => Peers::Entities(c.list(2, |c| c.of(&["all", "world", "world-ipv4", "cluster"]))),
        3 => Peers::Blocks(c.list(2, |c| c.of(&BLOCKS))),
        4 => Peers::BlockSets(
            c.list(2, |c| Block { cidr: c.of(&BLOCKS), except: c.list(2, |c| c.of(&BLOCKS)) }),
        ),
        _ => Peers::Everyone,
    };
    let ports = c.list(2, |c| {
        c.list(2, |c| {
            let protocol = c.of(&["TCP", "UDP", "SCTP", "ANY"]);
            match c.below(3) {
                0 => Port::One(protocol, c.of(&PORTS)),
                1 => {
                    let first = c.of(&PORTS);
                    Port::Range(protocol, first, first + 10)
                }
                _ => Port::Named(protocol, c.of(&NAMES)),
            }
        })
    });
    Rule { peers, ports }
}

impl Rule {
    fn matches(&self, cluster: &Cluster, own: Option<usize>, other: End) -> bool {
        match (&self.peers, other) {
            // A rule that is empty isolates, and means nobody.
            (Peers::Everyone, _) => !self.ports.is_empty(),
            (Peers::Endpoints(list), End::Pod(pod)) => {
                let pod = &cluster.pods[pod];
                list.iter().any(|it| {
                    let here = match it.spaces {
                        Spaces::Own => own.is_none_or(|own| own == pod.namespace),
                        Spaces::Named(namespace) => namespace == pod.namespace,
                        Spaces::Labelled(key, value) => {
                            cluster.namespaces[pod.namespace].contains(&(key, value))
                        }
                    };
                    here && selects(&it.labels, &pod.labels)
                })
            }
            (Peers::Entities(list), End::Pod(_)) => {
                list.iter().any(|it| matches!(*it, "all" | "cluster"))
            }
            (Peers::Entities(list), End::Outside(_)) => list.iter().any(|it| *it != "cluster"),
            (Peers::Blocks(list), End::Outside(address)) => {
                list.iter().any(|block| in_block(*block, address))
            }
            (Peers::BlockSets(list), End::Outside(address)) => list.iter().any(|set| {
                in_block(set.cidr, address)
                    && !set.except.iter().any(|except| in_block(*except, address))
            }),
            _ => false,
        }
    }

    fn ports_match(&self, cluster: &Cluster, to: End, protocol: &str, port: u16) -> bool {
        let of = |wanted: &str| wanted == "ANY" || wanted == protocol;
        let is = |wanted: &Port| match (wanted, to) {
            (Port::One(wanted, number), _) => of(wanted) && *number == port,
            (Port::Range(wanted, first, last), _) => of(wanted) && *first <= port && port <= *last,
            (Port::Named(wanted, name), End::Pod(pod)) => {
                let own = &cluster.pods[pod].ports;
                own.iter().any(|(known, kind, number)| {
                    known == name && *kind == protocol && of(wanted) && *number == port
                })
            }
            (Port::Named(..), End::Outside(_)) => false,
        };
        // An entry without ports means them all.
        self.ports.is_empty()
            || self.ports.iter().any(|list| list.is_empty() || list.iter().any(is))
    }

    fn text(&self, ingress: bool) -> String {
        let word = if ingress { "from" } else { "to" };
        let block = |(base, length): &(Ipv4Addr, u8)| format!("{base}/{length}");
        let blocks =
            |list: &[(Ipv4Addr, u8)]| list.iter().map(block).collect::<Vec<_>>().join(", ");
        let mut fields = Vec::new();
        match &self.peers {
            Peers::Everyone => {}
            Peers::Endpoints(list) => {
                let list: Vec<String> = list.iter().map(Endpoints::text).collect();
                fields.push(format!("{word}Endpoints: [{}]", list.join(", ")));
            }
            Peers::Entities(list) => fields.push(format!("{word}Entities: [{}]", list.join(", "))),
            Peers::Blocks(list) => fields.push(format!("{word}CIDR: [{}]", blocks(list))),
            Peers::BlockSets(list) => {
                let list: Vec<String> = list
                    .iter()
                    .map(|set| {
                        format!("{{cidr: {}, except: [{}]}}", block(&set.cidr), blocks(&set.except))
                    })
                    .collect();
                fields.push(format!("{word}CIDRSet: [{}]", list.join(", ")));
            }
        }
        if !self.ports.is_empty() {
            let entries: Vec<String> = self
                .ports
                .iter()
                .map(|list| {
                    let ports: Vec<String> = list
                        .iter()
                        .map(|port| match port {
                            Port::One(protocol, number) => {
                                format!("{{port: '{number}', protocol: {protocol}}}")
                            }
                            Port::Range(protocol, first, last) => format!(
                                "{{port: '{first}', endPort: {last}, protocol: {protocol}}}"
                            ),
                            Port::Named(protocol, name) => {
                                format!("{{port: {name}, protocol: {protocol}}}")
                            }
                        })
                        .collect();
                    format!("{{ports: [{}]}}", ports.join(", "))
                })
                .collect();
            fields.push(format!("toPorts: [{}]", entries.join(", ")));
        }
        format!("{{{}}}", fields.join(", "))
    }
}

impl Endpoints {
    fn text(&self) -> String {
        let text = selector_text(&self.labels);
        let more = match &self.spaces {
            Spaces::Own => return text,
            Spaces::Named(namespace) => {
                format!("'k8s:io.kubernetes.pod.namespace': n{namespace}")
            }
            Spaces::Labelled(key, value) => {
                format!("'k8s:io.cilium.k8s.namespace.labels.{key}': {value}")
            }
        };
        let separator = if text.contains("matchLabels: {}") { "" } else { ", " };
        text.replacen("matchLabels: {", &format!("matchLabels: {{{more}{separator}"), 1)
    }
}

impl Cilium {
    pub(super) fn manifests(&self) -> String {
        let mut text = String::new();
        for (number, policy) in self.policies.iter().enumerate() {
            let (kind, place) = match policy.namespace {
                Some(namespace) => ("CiliumNetworkPolicy", format!(", namespace: n{namespace}")),
                None => ("CiliumClusterwideNetworkPolicy", String::new()),
            };
            writeln!(
                text,
                "apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: c{number}{place}}}\nspec:\n  \
                 endpointSelector: {}",
                selector_text(&policy.subject)
            )
            .expect("a string can be written to");
            let sides = [("ingress", &policy.ingress), ("egress", &policy.egress)];
            for (name, side) in sides {
                for (field, rules) in [("", &side.allow), ("Deny", &side.deny)] {
                    let rules: Vec<String> =
                        rules.iter().map(|rule| rule.text(name == "ingress")).collect();
                    if !rules.is_empty() {
                        writeln!(text, "  {name}{field}: [{}]", rules.join(", "))
                            .expect("a string can be written to");
                    }
                }
            }
            let flags: Vec<String> = sides
                .iter()
                .filter_map(|(name, side)| Some(format!("{name}: {}", side.isolates?)))
                .collect();
            if !flags.is_empty() {
                writeln!(text, "  enableDefaultDeny: {{{}}}", flags.join(", "))
                    .expect("a string can be written to");
            }
            text.push_str("---\n");
        }
        text
    }
}
