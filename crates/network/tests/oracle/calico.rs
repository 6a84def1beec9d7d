//! Calico's policies, tiers and network sets, by the plainest means.
//!
//! From the reference of NetworkPolicy, GlobalNetworkPolicy and Tier, and from what Felix is given
//! (`libcalico-go/lib/backend/syncersv1/updateprocessors`): the selectors of a rule are one set of
//! addresses, of endpoints and network sets, and so is its notSelector. A selector in a policy of a
//! namespace means that namespace unless the rule has a namespaceSelector, and a pod on the network
//! of its node is no endpoint.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::{
    BLOCKS, Choices, Cluster, End, KEYS, Labels, NAMES, PORTS, PROTOCOLS, VALUES, in_block,
};

#[derive(Clone)]
enum Selector {
    All,
    Has(&'static str),
    Equal(&'static str, &'static str),
    Unequal(&'static str, &'static str),
    In(&'static str, Vec<&'static str>),
    NotIn(&'static str, Vec<&'static str>),
    Starts(&'static str, &'static str),
    Not(Box<Selector>),
    And(Box<[Selector; 2]>),
    Or(Box<[Selector; 2]>),
}

impl Selector {
    fn of(c: &mut Choices<'_>) -> Self {
        Self::within(c, 2)
    }

    fn within(c: &mut Choices<'_>, depth: usize) -> Self {
        let (key, value) = (c.of(&KEYS), c.of(&VALUES));
        let two = |c: &mut Choices<'_>| {
            Box::new([Self::within(c, depth - 1), Self::within(c, depth - 1)])
        };
        match c.below(if depth == 0 { 7 } else { 10 }) {
            0 => Selector::Equal(key, value),
            1 => Selector::Has(key),
            2 => Selector::Unequal(key, value),
            3 => Selector::In(key, vec![value, c.of(&VALUES)]),
            4 => Selector::NotIn(key, vec![value, c.of(&VALUES)]),
            5 => Selector::Starts(key, value),
            6 => Selector::All,
            7 => Selector::Not(Box::new(Self::within(c, depth - 1))),
            8 => Selector::And(two(c)),
            _ => Selector::Or(two(c)),
        }
    }

    fn selects(&self, labels: &Labels) -> bool {
        let value =
            |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        match self {
            Selector::All => true,
            Selector::Has(key) => value(key).is_some(),
            Selector::Equal(key, wanted) => value(key) == Some(wanted),
            Selector::Unequal(key, refused) => value(key) != Some(refused),
            Selector::In(key, wanted) => value(key).is_some_and(|it| wanted.contains(&it)),
            Selector::NotIn(key, refused) => value(key).is_none_or(|it| !refused.contains(&it)),
            Selector::Starts(key, start) => value(key).is_some_and(|it| it.starts_with(start)),
            Selector::Not(one) => !one.selects(labels),
            Selector::And(both) => both.iter().all(|one| one.selects(labels)),
            Selector::Or(either) => either.iter().any(|one| one.selects(labels)),
        }
    }

    fn text(&self) -> String {
        let set = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
            format!("{{{}}}", values.join(", "))
        };
        match self {
            Selector::All => "all()".to_owned(),
            Selector::Has(key) => format!("has({key})"),
            Selector::Equal(key, value) => format!("{key} == '{value}'"),
            Selector::Unequal(key, value) => format!("{key} != '{value}'"),
            Selector::In(key, values) => format!("{key} in {}", set(values)),
            Selector::NotIn(key, values) => format!("{key} not in {}", set(values)),
            Selector::Starts(key, value) => format!("{key} starts with '{value}'"),
            Selector::Not(one) => format!("!({})", one.text()),
            Selector::And(both) => format!("({}) && ({})", both[0].text(), both[1].text()),
            Selector::Or(either) => format!("({}) || ({})", either[0].text(), either[1].text()),
        }
    }
}

/// Which namespaces a rule means.
#[derive(Clone)]
enum Spaces {
    /// What is of a namespace.
    All,
    /// What is of none.
    Global,
    Labelled(&'static str, &'static str),
}

impl Spaces {
    fn of(c: &mut Choices<'_>) -> Self {
        match c.below(4) {
            0 => Spaces::All,
            1 => Spaces::Global,
            _ => Spaces::Labelled(c.of(&KEYS), c.of(&VALUES)),
        }
    }

    fn mean(&self, namespace: Option<&Labels>) -> bool {
        match (self, namespace) {
            (Spaces::All, namespace) => namespace.is_some(),
            (Spaces::Global, namespace) => namespace.is_none(),
            (Spaces::Labelled(key, value), Some(labels)) => labels.contains(&(key, value)),
            (Spaces::Labelled(..), None) => false,
        }
    }

    fn text(&self) -> String {
        match self {
            Spaces::All => "all()".to_owned(),
            Spaces::Global => "global()".to_owned(),
            Spaces::Labelled(key, value) => format!("{key} == '{value}'"),
        }
    }
}

#[derive(Clone, Default)]
struct Entity {
    selector: Option<Selector>,
    not_selector: Option<Selector>,
    spaces: Option<Spaces>,
    nets: Vec<(Ipv4Addr, u8)>,
    not_nets: Vec<(Ipv4Addr, u8)>,
}

#[derive(Clone)]
enum Port {
    One(u16),
    Range(u16, u16),
    Named(&'static str),
}

#[derive(Clone)]
struct Rule {
    action: &'static str,
    protocol: Option<&'static str>,
    not_protocol: Option<&'static str>,
    ports: Vec<Port>,
    not_ports: Vec<Port>,
    other: Entity,
}

struct Policy {
    /// `None` of a global one.
    namespace: Option<usize>,
    tier: Option<usize>,
    order: Option<usize>,
    selector: Option<Selector>,
    spaces: Option<Spaces>,
    types: Option<Vec<&'static str>>,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

struct Tier {
    order: Option<usize>,
    passes: bool,
}

struct NetworkSet {
    namespace: Option<usize>,
    labels: Labels,
    nets: Vec<(Ipv4Addr, u8)>,
}

/// What Calico is told.
pub(super) struct Calico {
    tiers: Vec<Tier>,
    policies: Vec<Policy>,
    sets: Vec<NetworkSet>,
}

/// Where the tier `default` stands.
const DEFAULT_TIER: f64 = 1_000_000.0;
/// Where Calico puts NetworkPolicies of Kubernetes in it.
const KUBERNETES_ORDER: f64 = 1_000.0;

impl Calico {
    pub(super) fn of(c: &mut Choices<'_>, namespaces: usize) -> Self {
        let mut last = 0;
        let tiers = c.list(3, |c| {
            // Some stand behind the tier default, and one perhaps last.
            last += 1 + c.below(2) * 1_000_000;
            Tier { order: (c.below(4) > 0).then_some(last), passes: c.below(2) == 1 }
        });
        // Two without an order would go by their names.
        let mut seen = false;
        let tiers: Vec<Tier> = tiers
            .into_iter()
            .filter(|tier| tier.order.is_some() || !std::mem::replace(&mut seen, true))
            .collect();
        let sets = c.list(3, |c| NetworkSet {
            namespace: c.maybe(|c| c.below(namespaces)),
            labels: super::labels(c),
            nets: c.list(2, |c| c.of(&BLOCKS)),
        });
        let mut order = 0;
        let mut unordered = false;
        let policies = c.list(5, |c| {
            order += 1 + 600 * c.below(3);
            order += usize::from(order == 1_000);
            let namespace = c.maybe(|c| c.below(namespaces));
            // Only one policy is without an order: several would go by their names.
            let last = !unordered && c.below(5) == 4;
            unordered |= last;
            Policy {
                namespace,
                tier: (!tiers.is_empty()).then(|| c.maybe(|c| c.below(tiers.len()))).flatten(),
                order: (!last).then_some(order),
                selector: c.maybe(Selector::of),
                spaces: namespace.is_none().then(|| c.maybe(Spaces::of)).flatten(),
                types: c.maybe(|c| match c.below(3) {
                    0 => vec!["Ingress"],
                    1 => vec!["Egress"],
                    _ => vec!["Ingress", "Egress"],
                }),
                ingress: c.list(3, rule),
                egress: c.list(3, rule),
            }
        });
        Calico { tiers, policies, sets }
    }

    /// Whether an address is of an endpoint or in a network set that a condition means; the
    /// condition gets labels and namespace.
    fn holds(
        &self,
        cluster: &Cluster,
        address: Ipv4Addr,
        means: impl Fn(&Labels, Option<usize>) -> bool,
    ) -> bool {
        let endpoint = cluster.pods.iter().any(|pod| {
            !pod.host_network && pod.address == address && means(&pod.labels, Some(pod.namespace))
        });
        endpoint
            || self.sets.iter().any(|set| {
                set.nets.iter().any(|net| in_block(*net, address))
                    && means(&set.labels, set.namespace)
            })
    }

    fn entity_matches(
        &self,
        cluster: &Cluster,
        entity: &Entity,
        own: Option<usize>,
        address: Ipv4Addr,
    ) -> bool {
        let Entity { selector, not_selector, spaces, nets, not_nets } = entity;
        let labels_of = |namespace: Option<usize>| namespace.map(|it| &cluster.namespaces[it]);
        let asks = selector.is_some() || spaces.is_some();
        if asks || (own.is_some() && not_selector.is_some()) {
            let means = |labels: &Labels, namespace: Option<usize>| {
                let here = match (spaces, own) {
                    (Some(spaces), _) => spaces.mean(labels_of(namespace)),
                    (None, Some(own)) => namespace == Some(own),
                    (None, None) => true,
                };
                here && selector.as_ref().is_none_or(|selector| selector.selects(labels))
            };
            if !self.holds(cluster, address, means) {
                return false;
            }
        }
        if let Some(unwanted) = not_selector
            && self.holds(cluster, address, |labels, _| unwanted.selects(labels))
        {
            return false;
        }
        (nets.is_empty() || nets.iter().any(|net| in_block(*net, address)))
            && !not_nets.iter().any(|net| in_block(*net, address))
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
        if own.host_network {
            return true;
        }
        let address = match other {
            End::Pod(other) => cluster.pods[other].address,
            End::Outside(address) => address,
        };
        let to = if ingress { End::Pod(pod) } else { other };
        let mut tiers: Vec<(f64, Option<usize>, bool)> = vec![(DEFAULT_TIER, None, false)];
        for (number, tier) in self.tiers.iter().enumerate() {
            let order = tier.order.map_or(f64::INFINITY, |order| order as f64);
            tiers.push((order, Some(number), tier.passes));
        }
        tiers.sort_by(|a, b| a.0.total_cmp(&b.0));
        'tiers: for (_, tier, passes) in tiers {
            let mut policies: Vec<(f64, Option<&Policy>)> = Vec::new();
            for policy in self.policies.iter().filter(|policy| policy.tier == tier) {
                if policy.selects(cluster, pod) && policy.has(ingress) {
                    let order = policy.order.map_or(f64::INFINITY, |order| order as f64);
                    policies.push((order, Some(policy)));
                }
            }
            let (isolated, permitted) =
                cluster.network_policies_say(pod, other, ingress, protocol, port);
            if tier.is_none() && isolated {
                policies.push((KUBERNETES_ORDER, None));
            }
            policies.sort_by(|a, b| a.0.total_cmp(&b.0));
            let selected = !policies.is_empty();
            for (_, policy) in policies {
                let Some(policy) = policy else {
                    if permitted {
                        return true;
                    }
                    continue;
                };
                for rule in if ingress { &policy.ingress } else { &policy.egress } {
                    if !rule.ports_match(cluster, to, protocol, port)
                        || !self.entity_matches(cluster, &rule.other, policy.namespace, address)
                    {
                        continue;
                    }
                    match rule.action {
                        "Allow" => return true,
                        "Deny" => return false,
                        "Pass" => continue 'tiers,
                        _ => {}
                    }
                }
            }
            if selected && !passes {
                return false;
            }
        }
        // The profile of a namespace of Kubernetes allows everything.
        true
    }
}

fn rule(c: &mut Choices<'_>) -> Rule {
    let protocol = c.maybe(|c| c.of(&PROTOCOLS));
    let port = |c: &mut Choices<'_>, names: bool| match c.below(if names { 3 } else { 2 }) {
        0 => Port::One(c.of(&PORTS)),
        1 => {
            let first = c.of(&PORTS);
            Port::Range(first, first + 10)
        }
        _ => Port::Named(c.of(&NAMES)),
    };
    let with_ports = protocol.is_some();
    Rule {
        action: c.of(&["Allow", "Allow", "Deny", "Pass", "Log"]),
        protocol,
        not_protocol: (!with_ports).then(|| c.maybe(|c| c.of(&PROTOCOLS))).flatten(),
        ports: if with_ports { c.list(2, |c| port(c, true)) } else { Vec::new() },
        not_ports: if with_ports { c.list(1, |c| port(c, false)) } else { Vec::new() },
        other: Entity {
            selector: c.maybe(Selector::of),
            not_selector: (c.below(4) == 3).then(|| Selector::of(c)),
            spaces: (c.below(3) == 2).then(|| Spaces::of(c)),
            nets: if c.below(3) == 2 { c.list(2, |c| c.of(&BLOCKS)) } else { Vec::new() },
            not_nets: if c.below(4) == 3 { c.list(1, |c| c.of(&BLOCKS)) } else { Vec::new() },
        },
    }
}

impl Policy {
    fn has(&self, ingress: bool) -> bool {
        match &self.types {
            Some(types) => types.contains(&if ingress { "Ingress" } else { "Egress" }),
            // Without types, those of its rules; and ingress where it has none.
            None if ingress => !self.ingress.is_empty() || self.egress.is_empty(),
            None => !self.egress.is_empty(),
        }
    }

    fn selects(&self, cluster: &Cluster, pod: usize) -> bool {
        let pod = &cluster.pods[pod];
        self.namespace.is_none_or(|namespace| namespace == pod.namespace)
            && self.selector.as_ref().is_none_or(|selector| selector.selects(&pod.labels))
            && self
                .spaces
                .as_ref()
                .is_none_or(|spaces| spaces.mean(Some(&cluster.namespaces[pod.namespace])))
    }
}

impl Rule {
    fn ports_match(&self, cluster: &Cluster, to: End, protocol: &str, port: u16) -> bool {
        if self.protocol.is_some_and(|wanted| wanted != protocol)
            || self.not_protocol == Some(protocol)
        {
            return false;
        }
        let is = |wanted: &Port| match (wanted, to) {
            (Port::One(number), _) => *number == port,
            (Port::Range(first, last), _) => *first <= port && port <= *last,
            (Port::Named(name), End::Pod(pod)) => {
                let own = &cluster.pods[pod].ports;
                own.iter()
                    .any(|(known, of, number)| known == name && *of == protocol && *number == port)
            }
            (Port::Named(_), End::Outside(_)) => false,
        };
        (self.ports.is_empty() || self.ports.iter().any(is)) && !self.not_ports.iter().any(is)
    }

    fn text(&self, ingress: bool) -> String {
        let mut fields = vec![format!("action: {}", self.action)];
        fields.extend(self.protocol.map(|protocol| format!("protocol: {protocol}")));
        fields.extend(self.not_protocol.map(|protocol| format!("notProtocol: {protocol}")));
        let blocks = |blocks: &[(Ipv4Addr, u8)]| {
            blocks.iter().map(|(base, length)| format!("{base}/{length}")).collect::<Vec<_>>()
        };
        let Entity { selector, not_selector, spaces, nets, not_nets } = &self.other;
        let mut other = Vec::new();
        other.extend(selector.as_ref().map(|it| format!("selector: \"{}\"", it.text())));
        other.extend(not_selector.as_ref().map(|it| format!("notSelector: \"{}\"", it.text())));
        other.extend(spaces.as_ref().map(|it| format!("namespaceSelector: \"{}\"", it.text())));
        for (field, list) in [("nets", nets), ("notNets", not_nets)] {
            if !list.is_empty() {
                other.push(format!("{field}: [{}]", blocks(list).join(", ")));
            }
        }
        let mut ports = Vec::new();
        for (field, list) in [("ports", &self.ports), ("notPorts", &self.not_ports)] {
            let list: Vec<String> = list
                .iter()
                .map(|port| match port {
                    Port::One(number) => number.to_string(),
                    Port::Range(first, last) => format!("'{first}:{last}'"),
                    Port::Named(name) => (*name).to_owned(),
                })
                .collect();
            if !list.is_empty() {
                ports.push(format!("{field}: [{}]", list.join(", ")));
            }
        }
        let (source, destination) =
            if ingress { (other, ports) } else { (Vec::new(), [other, ports].concat()) };
        for (field, parts) in [("source", source), ("destination", destination)] {
            if !parts.is_empty() {
                fields.push(format!("{field}: {{{}}}", parts.join(", ")));
            }
        }
        format!("{{{}}}", fields.join(", "))
    }
}

const API: &str = "apiVersion: projectcalico.org/v3";

impl Calico {
    pub(super) fn manifests(&self) -> String {
        let mut text = String::new();
        for (number, tier) in self.tiers.iter().enumerate() {
            let order = tier.order.map(|order| format!("order: {order}, ")).unwrap_or_default();
            let action = if tier.passes { "Pass" } else { "Deny" };
            writeln!(
                text,
                "{API}\nkind: Tier\nmetadata: {{name: t{number}}}\nspec: {{{order}defaultAction: \
                 {action}}}\n---"
            )
            .expect("a string can be written to");
        }
        for (number, set) in self.sets.iter().enumerate() {
            let (kind, place) = match set.namespace {
                Some(namespace) => ("NetworkSet", format!(", namespace: n{namespace}")),
                None => ("GlobalNetworkSet", String::new()),
            };
            let nets: Vec<String> =
                set.nets.iter().map(|(base, length)| format!("{base}/{length}")).collect();
            writeln!(
                text,
                "{API}\nkind: {kind}\nmetadata: {{name: s{number}{place}, labels: {}}}\nspec: {{nets: \
                 [{}]}}\n---",
                super::manifests::map(&set.labels),
                nets.join(", ")
            )
            .expect("a string can be written to");
        }
        for (number, policy) in self.policies.iter().enumerate() {
            let (kind, place) = match policy.namespace {
                Some(namespace) => ("NetworkPolicy", format!(", namespace: n{namespace}")),
                None => ("GlobalNetworkPolicy", String::new()),
            };
            let tier = policy.tier.map_or("default".to_owned(), |tier| format!("t{tier}"));
            writeln!(
                text,
                "{API}\nkind: {kind}\nmetadata: {{name: {tier}.c{number}{place}}}\nspec:\n  tier: {tier}"
            )
            .expect("a string can be written to");
            let mut field = |name: &str, value: Option<String>| {
                if let Some(value) = value {
                    writeln!(text, "  {name}: {value}").expect("a string can be written to");
                }
            };
            field("order", policy.order.map(|order| order.to_string()));
            let quoted = |text: String| format!("\"{text}\"");
            field("selector", policy.selector.as_ref().map(|it| quoted(it.text())));
            field("namespaceSelector", policy.spaces.as_ref().map(|it| quoted(it.text())));
            let list = |items: Vec<String>| format!("[{}]", items.join(", "));
            field("types", policy.types.as_ref().map(|types| format!("[{}]", types.join(", "))));
            for (name, rules) in [("ingress", &policy.ingress), ("egress", &policy.egress)] {
                let rules: Vec<String> =
                    rules.iter().map(|rule| rule.text(name == "ingress")).collect();
                field(name, (!rules.is_empty()).then(|| list(rules)));
            }
            text.push_str("---\n");
        }
        text
    }
}
