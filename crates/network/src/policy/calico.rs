//! Calico's NetworkPolicy and GlobalNetworkPolicy, with tiers and network sets.
//!
//! Semantics: Calico's reference of these resources. Policies that act before connection tracking
//! or on forwarded traffic of hosts (`doNotTrack`, `preDNAT`) say nothing of pods. HTTP matches,
//! source ports and a restriction of the policy's own end make a rule conditional.

use seawall_model::document::{Kind, Node};
use seawall_model::{Inventory, Labels, Object, ObjectKind, Undecided};

use super::{
    Action, Declared, DeclaredRule, DeclaredSide, Direction, Nodes, Peers, Ports, Tier, block,
    calico_selector, is_set, items, port_number, wrong,
};
use crate::address::AddressSet;
use crate::connections::Connections;
use crate::expression::{Expression, Scope};
use crate::pods::DEFAULT_NAMESPACE;
use crate::ports::{PortSet, Protocol};
use crate::problem::Problem;

/// Calico's tiers, network sets and service accounts.
pub(super) struct Tiers<'a> {
    tiers: Vec<(&'a str, Tier)>,
    sets: Vec<NetworkSet<'a>>,
    accounts: Vec<(&'a str, &'a str, Labels<'a>)>,
}

struct NetworkSet<'a> {
    owner: Owner<'a>,
    addresses: AddressSet,
}

/// What has labels and is no pod: a network set or a service account.
#[derive(Clone, Copy)]
struct Owner<'a> {
    labels: Labels<'a>,
    /// Its namespace with that one's labels, if it was read; `None` of a global network set.
    namespace: Option<(&'a str, Option<Labels<'a>>)>,
}

fn is_calico(object: Object<'_>) -> bool {
    matches!(object.group(), "projectcalico.org" | "crd.projectcalico.org")
}

impl<'a> Tiers<'a> {
    pub(super) fn of(inventory: &'a Inventory, problems: &mut Vec<Problem<'a>>) -> Self {
        let mut tiers = Tiers { tiers: Vec::new(), sets: Vec::new(), accounts: Vec::new() };
        for object in inventory.of_kind(ObjectKind::Custom).filter(|object| is_calico(*object)) {
            let read = match object.id().kind.as_str() {
                "Tier" => tier(object).map(|tier| tiers.tiers.push((object.name(), tier))),
                "GlobalNetworkSet" | "NetworkSet" => {
                    network_set(object, inventory).map(|set| tiers.sets.push(set))
                }
                _ => continue,
            };
            if let Err(undecided) = read {
                problems.push(Problem::of(object, &undecided));
            }
        }
        for object in inventory.of_kind(ObjectKind::ServiceAccount) {
            let namespace = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
            match Labels::of_metadata(object.metadata()) {
                Ok(labels) => tiers.accounts.push((namespace, object.name(), labels)),
                Err(undecided) => problems.push(Problem::of(object, &undecided)),
            }
        }
        tiers
    }

    fn tier(&self, name: &str) -> Tier {
        match name {
            "default" => Tier::default_tier(),
            _ => self.tiers.iter().find(|(known, _)| *known == name).map_or_else(
                // Without an order a tier comes last.
                || Tier { name: name.to_owned(), order: f64::INFINITY, passes: false },
                |(_, tier)| tier.clone(),
            ),
        }
    }

    /// The pods whose service accounts a selector means.
    fn accounts(&self, selector: &Expression<'_>) -> Expression<'a> {
        self.accounts
            .iter()
            .filter(|(_, _, labels)| holds(selector, Owner { labels: *labels, namespace: None }))
            .map(|(namespace, name, _)| {
                let account = Expression::Account(vec![(*name).into()]);
                Expression::in_namespace(namespace).and(account)
            })
            .fold(Expression::Nothing, Expression::or)
    }

    /// The addresses of the network sets that a condition holds for.
    fn addresses(&self, means: impl Fn(Owner<'a>) -> bool) -> AddressSet {
        let mut addresses = AddressSet::NONE;
        for set in self.sets.iter().filter(|set| means(set.owner)) {
            addresses.extend(&set.addresses);
        }
        addresses
    }
}

fn tier(object: Object<'_>) -> Result<Tier, Undecided<'_>> {
    let spec = object.root().field("spec")?;
    let field = |name| spec.map_or(Ok(None), |spec: Node<'_>| spec.field(name));
    let order = order(field("order")?)?;
    let passes = match field("defaultAction")?.map(Node::string).transpose()? {
        None => false,
        Some(action) => match action.value {
            "Deny" => false,
            "Pass" => true,
            other => return Err(wrong(action.node, format!("{other} is no default action"))),
        },
    };
    Ok(Tier { name: object.name().to_owned(), order, passes })
}

fn order(node: Option<Node<'_>>) -> Result<f64, Undecided<'_>> {
    match node {
        None => Ok(f64::INFINITY),
        Some(node) => node.as_f64().ok_or_else(|| wrong(node, "order is no number")),
    }
}

fn network_set<'a>(
    object: Object<'a>,
    inventory: &'a Inventory,
) -> Result<NetworkSet<'a>, Undecided<'a>> {
    let mut addresses = AddressSet::NONE;
    for net in items(object.root().field("spec")?, "nets")? {
        addresses.add(block(net)?);
    }
    let namespace = match object.id().kind.as_str() {
        "NetworkSet" => {
            let name = object.namespace().unwrap_or(DEFAULT_NAMESPACE);
            let space = inventory.named(ObjectKind::Namespace, None, name).next();
            let labels = space.map(|space| Labels::of_metadata(space.metadata())).transpose()?;
            Some((name, labels))
        }
        _ => None,
    };
    let labels = Labels::of_metadata(object.metadata())?;
    Ok(NetworkSet { owner: Owner { labels, namespace }, addresses })
}

/// Whether a condition on labels holds for a network set or a service account. A network set has
/// the labels of its namespace as a pod has.
fn holds(expression: &Expression<'_>, owner: Owner<'_>) -> bool {
    match expression {
        Expression::All => true,
        Expression::Label(Scope::Pod, key, value) => {
            owner.labels.get(key).is_some_and(|have| value.holds(have))
        }
        Expression::Label(Scope::Namespace, key, value) => owner
            .namespace
            .and_then(|(_, labels)| labels?.get(key))
            .is_some_and(|have| value.holds(have)),
        Expression::InNamespace(names) => {
            owner.namespace.is_some_and(|(own, _)| names.iter().any(|name| name == own))
        }
        Expression::And(parts) => parts.iter().all(|part| holds(part, owner)),
        Expression::Or(parts) => parts.iter().any(|part| holds(part, owner)),
        Expression::Not(part) => !holds(part, owner),
        _ => false,
    }
}

fn selector<'a>(
    node: Option<Node<'a>>,
    scope: Scope,
) -> Result<Option<Expression<'a>>, Undecided<'a>> {
    let Some(node) = node else { return Ok(None) };
    let text = node.string()?.value;
    if text.trim().is_empty() {
        return Ok(None);
    }
    calico_selector::parse(text, scope).map(Some).map_err(|why| wrong(node, why))
}

pub(super) fn read<'a>(
    object: Object<'a>,
    tiers: &Tiers<'a>,
) -> Result<Vec<Declared<'a>>, Undecided<'a>> {
    let Some(spec) = object.root().field("spec")? else {
        return Err(wrong(object.head(), "the policy has no spec"));
    };
    for flag in ["doNotTrack", "preDNAT"] {
        if spec.field(flag)?.is_some_and(|flag| flag.as_bool() == Some(true)) {
            return Ok(Vec::new());
        }
    }
    let namespace = (object.kind() == ObjectKind::CalicoNetworkPolicy)
        .then(|| object.namespace().unwrap_or(DEFAULT_NAMESPACE));
    let mut subject = Expression::HostNetwork.negated();
    if let Some(namespace) = namespace {
        subject = Expression::in_namespace(namespace).and(subject);
    }
    let parts = [
        selector(spec.field("selector")?, Scope::Pod)?,
        selector(spec.field("namespaceSelector")?, Scope::Namespace)?,
        selector(spec.field("serviceAccountSelector")?, Scope::Pod)?.map(|s| tiers.accounts(&s)),
    ];
    for part in parts.into_iter().flatten() {
        subject = subject.and(part);
    }
    let tier = spec.field("tier")?.map(Node::string).transpose()?;
    let tier = tiers.tier(tier.map_or("default", |tier| tier.value));
    let mut sides = [None, None];
    let types = directions(spec)?;
    for direction in Direction::ALL {
        if !types.contains(&direction) {
            continue;
        }
        let mut side = DeclaredSide { isolates: true, rules: Vec::new() };
        for (index, node) in items(Some(spec), direction.field())?.into_iter().enumerate() {
            if let Some(rule) = rule(node, index, direction, namespace, tiers)? {
                side.rules.push(rule);
            }
        }
        sides[direction as usize] = Some(side);
    }
    let order = order(spec.field("order")?)?;
    Ok(vec![Declared { object, tier, order, subject, sides }])
}

fn directions(spec: Node<'_>) -> Result<Vec<Direction>, Undecided<'_>> {
    let types = items(Some(spec), "types")?;
    if types.is_empty() {
        let ingress = is_set(spec.field("ingress")?);
        let egress = is_set(spec.field("egress")?);
        return Ok(Direction::ALL
            .into_iter()
            .filter(|direction| match direction {
                Direction::Ingress => ingress || !egress,
                Direction::Egress => egress,
            })
            .collect());
    }
    types
        .into_iter()
        .map(|node| {
            let name = node.string()?.value;
            Direction::ALL
                .into_iter()
                .find(|direction| direction.name() == name)
                .ok_or_else(|| wrong(node, format!("{name} is no policy type")))
        })
        .collect()
}

fn rule<'a>(
    node: Node<'a>,
    index: usize,
    direction: Direction,
    namespace: Option<&'a str>,
    tiers: &Tiers<'a>,
) -> Result<Option<DeclaredRule<'a>>, Undecided<'a>> {
    let Some(action) = node.field("action")? else {
        return Err(wrong(node, "the rule has no action"));
    };
    let action = match action.string()?.value {
        "Allow" => Action::Allow,
        "Deny" => Action::Deny,
        "Pass" => Action::Pass,
        "Log" => return Ok(None),
        other => return Err(wrong(action, format!("{other} is no action of Calico"))),
    };
    let (source, destination) = (node.field("source")?, node.field("destination")?);
    let (own, other) = match direction {
        Direction::Ingress => (destination, source),
        Direction::Egress => (source, destination),
    };
    let peers = peers(other, namespace, tiers)?;
    let ports = ports(node, destination)?;
    let mut condition = None;
    let mut depends = |on: bool, why: &str| {
        if on {
            condition.get_or_insert_with(|| why.to_owned());
        }
    };
    depends(is_set(node.field("http")?), "on HTTP matches");
    depends(node.field("ipVersion")?.is_some(), "on the address family");
    if let Some(own) = own {
        for field in
            ["selector", "notSelector", "namespaceSelector", "nets", "notNets", "serviceAccounts"]
        {
            depends(is_set(own.field(field)?), "on which of the policy's pods it is");
        }
    }
    if let Some(source) = source {
        for field in ["ports", "notPorts"] {
            depends(is_set(source.field(field)?), "on the source port");
        }
    }
    for end in [source, destination].into_iter().flatten() {
        depends(is_set(end.field("services")?), "on the endpoints of a Service");
        depends(is_set(end.field("domains")?), "on domain names");
    }
    Ok(Some(DeclaredRule { action, peers, ports, node, index, name: None, condition }))
}

fn peers<'a>(
    end: Option<Node<'a>>,
    namespace: Option<&'a str>,
    tiers: &Tiers<'a>,
) -> Result<Peers<'a>, Undecided<'a>> {
    let Some(end) = end else { return Ok(Peers::everyone()) };
    let wanted = selector(end.field("selector")?, Scope::Pod)?;
    let unwanted = selector(end.field("notSelector")?, Scope::Pod)?;
    let global = end
        .field("namespaceSelector")?
        .and_then(Node::as_str)
        .is_some_and(|text| text.trim() == "global()");
    let spaces = selector(end.field("namespaceSelector")?, Scope::Namespace)?;
    let accounts = match end.field("serviceAccounts")? {
        None => None,
        Some(accounts) => {
            let names = items(Some(accounts), "names")?;
            let mut pods = Expression::All;
            if !names.is_empty() {
                pods =
                    Expression::Account(names.into_iter().map(|name| name.text().into()).collect());
            }
            match selector(accounts.field("selector")?, Scope::Pod)? {
                Some(selector) => Some(pods.and(tiers.accounts(&selector))),
                None => Some(pods),
            }
        }
    };
    // The selectors make one set of addresses, of endpoints and network sets, in the policy's own
    // namespace unless others are named; a pod on the network of its node is no endpoint.
    // `GetEntityRuleSelector` of `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go`.
    let of_endpoints = |pods: Expression<'a>, addresses: &AddressSet| {
        let endpoints = Expression::HostNetwork.negated().and(pods);
        if addresses.is_empty() {
            endpoints
        } else {
            endpoints.or(Expression::Address(addresses.clone()))
        }
    };
    let asks = wanted.is_some() || spaces.is_some() || accounts.is_some();
    let by_label = asks || (namespace.is_some() && unwanted.is_some());
    let mut addresses = AddressSet::all();
    let mut pods = Expression::All;
    if by_label {
        addresses = tiers.addresses(|set| {
            let here = match (&spaces, namespace) {
                _ if global => set.namespace.is_none(),
                (Some(Expression::All), _) => set.namespace.is_some(),
                (Some(spaces), _) => holds(spaces, set),
                (None, Some(own)) => set.namespace.is_some_and(|(name, _)| name == own),
                (None, None) => true,
            };
            let meant = wanted.as_ref().is_none_or(|wanted| holds(wanted, set));
            here && meant && accounts.is_none()
        });
        let mut endpoints = match (spaces, namespace) {
            (Some(spaces), _) => spaces,
            (None, Some(own)) => Expression::in_namespace(own),
            (None, None) => Expression::All,
        };
        for part in [wanted, accounts].into_iter().flatten() {
            endpoints = endpoints.and(part);
        }
        pods = of_endpoints(endpoints, &addresses);
    }
    let mut narrowed = by_label;
    if let Some(unwanted) = unwanted {
        let gone = tiers.addresses(|set| holds(&unwanted, set));
        for range in gone.ranges() {
            addresses.remove(*range);
        }
        narrowed |= !gone.is_empty();
        pods = pods.and(of_endpoints(unwanted, &gone).negated());
    }
    let nets = items(Some(end), "nets")?;
    if !nets.is_empty() {
        narrowed = true;
        let mut set = AddressSet::NONE;
        for net in nets {
            set.add(block(net)?);
        }
        addresses = intersection(&addresses, &set);
        pods = pods.and(Expression::Address(set));
    }
    for net in items(Some(end), "notNets")? {
        narrowed = true;
        let range = block(net)?;
        addresses.remove(range);
        pods = pods.and(Expression::Address([range].into_iter().collect()).negated());
    }
    let nodes = match (by_label, narrowed) {
        (true, _) if addresses.is_empty() => Nodes::None,
        (_, true) => Nodes::Some,
        (_, false) => Nodes::All,
    };
    Ok(Peers { pods, blocks: vec![addresses], nodes, any_address: None })
}

fn intersection(a: &AddressSet, b: &AddressSet) -> AddressSet {
    let mut outside = AddressSet::all();
    for range in b.ranges() {
        outside.remove(*range);
    }
    let mut both = a.clone();
    for range in outside.ranges() {
        both.remove(*range);
    }
    both
}

/// The protocols that a value names among those that Kubernetes knows: one, or none where it is
/// another, such as ICMP.
fn protocols(node: Node<'_>) -> Result<Vec<Protocol>, Undecided<'_>> {
    if node.kind() == Kind::Int {
        return Ok(match node.integer()?.value {
            6 => vec![Protocol::Tcp],
            17 => vec![Protocol::Udp],
            132 => vec![Protocol::Sctp],
            _ => Vec::new(),
        });
    }
    Ok(Protocol::of(node.string()?.value).into_iter().collect())
}

fn ports<'a>(rule: Node<'a>, destination: Option<Node<'a>>) -> Result<Ports<'a>, Undecided<'a>> {
    let mut wanted = match rule.field("protocol")? {
        Some(node) => protocols(node)?,
        None => Protocol::ALL.to_vec(),
    };
    if let Some(node) = rule.field("notProtocol")? {
        let unwanted = protocols(node)?;
        wanted.retain(|protocol| !unwanted.contains(protocol));
    }
    let listed = items(destination, "ports")?;
    let mut ports = Ports::none();
    for &protocol in &wanted {
        if listed.is_empty() {
            ports.add(protocol, PortSet::all());
        }
        for &node in &listed {
            match port_range(node)? {
                Some(set) => ports.add(protocol, set),
                None => ports.named.push((Some(protocol), node.text())),
            }
        }
    }
    for node in items(destination, "notPorts")? {
        let Some(set) = port_range(node)? else {
            return Err(wrong(node, "a named port under notPorts is not supported"));
        };
        for protocol in Protocol::ALL {
            let gone = Connections::of(protocol, set.clone());
            ports.numbered = ports.numbered.difference(&gone);
            ports.except = ports.except.union(&gone);
        }
    }
    Ok(ports)
}

/// A number or a range such as `8080:8090`; `None` of a name.
fn port_range(node: Node<'_>) -> Result<Option<PortSet>, Undecided<'_>> {
    if node.kind() != Kind::Str {
        let port = port_number(node)?;
        return Ok(Some(PortSet::range(port, port)));
    }
    let Some((first, last)) = node.text().split_once(':') else {
        return Ok(match node.text().parse::<u16>() {
            Ok(port) => Some(PortSet::range(port, port)),
            // What is no number is a name.
            Err(_) => None,
        });
    };
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => Ok(Some(PortSet::range(first, last))),
        _ => Err(wrong(node, format!("{:?} is no range of ports", node.text()))),
    }
}
