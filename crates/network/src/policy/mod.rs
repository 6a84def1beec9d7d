//! Policies of every kind, read into one form.
//!
//! ```text
//! AdminNetworkPolicy, ClusterNetworkPolicy (Admin)   ┐
//! Calico tiers                                       │  tiers in order, each with
//! NetworkPolicy, Calico default tier, Cilium         │  policies in order, each with
//! BaselineAdminNetworkPolicy, … (Baseline)           ┘  rules in order
//! ```
//!
//! One evaluation serves them all: the first rule that matches decides, `Pass` goes to the next
//! tier, and at the end of a tier what is left is denied if a policy of the tier isolates the pod.
//! NetworkPolicies have only `Allow` rules and isolate, so their order means nothing, as it should.

mod admin;
mod calico;
mod calico_selector;
mod cilium;
mod network_policy;

use seawall_model::document::{Kind, Node};
use seawall_model::{Inventory, Object, ObjectKind, Undecided};

use crate::address::{AddressSet, Range};
use crate::connections::Connections;
use crate::expression::Expression;
use crate::ports::{PortSet, Protocol};
use crate::problem::Problem;

/// Which way connections go, seen from the pod that a policy selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the pod.
    Ingress,
    /// From the pod.
    Egress,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Ingress, Direction::Egress];

    /// The word in `policyTypes`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        }
    }

    /// The field of the rules.
    pub fn field(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }

    /// The field of a rule's peers.
    pub(crate) fn peers(self) -> &'static str {
        match self {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        }
    }
}

/// What a rule does with the connections that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Permits them.
    Allow,
    /// Refuses them.
    Deny,
    /// Leaves them to the next tier.
    Pass,
}

impl Action {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Action::Allow => "Allow",
            Action::Deny => "Deny",
            Action::Pass => "Pass",
        }
    }
}

/// A tier: policies of one rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// Its name, as people know it.
    pub name: String,
    /// Its place: lower comes first. The places are Calico's, which has room between Kubernetes'.
    pub(crate) order: f64,
    /// Whether what no rule of the tier matched passes on, even for pods that it isolates.
    pub(crate) passes: bool,
}

impl Tier {
    /// `AdminNetworkPolicy`, and `ClusterNetworkPolicy` of tier Admin.
    pub(crate) fn admin() -> Self {
        Tier { name: "Admin".to_owned(), order: 1_000.0, passes: false }
    }

    /// `NetworkPolicy`; Calico's tier `default`; Cilium's policies.
    pub(crate) fn default_tier() -> Self {
        Tier { name: "NetworkPolicy".to_owned(), order: 1_000_000.0, passes: false }
    }

    /// `BaselineAdminNetworkPolicy`, and `ClusterNetworkPolicy` of tier Baseline.
    pub(crate) fn baseline() -> Self {
        Tier { name: "Baseline".to_owned(), order: 10_000_000.0, passes: false }
    }
}

/// A policy before pods are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Declared<'a> {
    pub(crate) object: Object<'a>,
    pub(crate) tier: Tier,
    /// Its place in the tier; lower comes first.
    pub(crate) order: f64,
    pub(crate) subject: Expression<'a>,
    /// For ingress and egress.
    pub(crate) sides: [Option<DeclaredSide<'a>>; 2],
}

impl<'a> Declared<'a> {
    /// A policy of which only the pods that it may select are known: it may permit everything to
    /// them, or nothing.
    fn undecided(object: Object<'a>, tier: Tier, within: Expression<'a>, why: &str) -> Self {
        let rule = DeclaredRule {
            action: Action::Allow,
            peers: Peers::everyone(),
            ports: Ports::all(),
            node: object.head(),
            index: 0,
            name: None,
            condition: Some(why.to_owned()),
        };
        let side = || Some(DeclaredSide { isolates: true, rules: vec![rule.clone()] });
        Declared {
            object,
            tier,
            order: 0.0,
            subject: within.and(Expression::Unknown(why.to_owned())),
            sides: [side(), side()],
        }
    }
}

/// What a policy says of one direction.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeclaredSide<'a> {
    /// Whether what it does not permit is denied.
    pub(crate) isolates: bool,
    pub(crate) rules: Vec<DeclaredRule<'a>>,
}

/// A rule before pods are looked at.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredRule<'a> {
    pub(crate) action: Action,
    pub(crate) peers: Peers<'a>,
    pub(crate) ports: Ports<'a>,
    /// Where it stands.
    pub(crate) node: Node<'a>,
    /// Its number in its list, from 0.
    pub(crate) index: usize,
    /// Its name, if it has one.
    pub(crate) name: Option<&'a str>,
    /// Whether the rule's effect depends on what cannot be decided here, and on what.
    pub(crate) condition: Option<String>,
}

/// Who is at the other end of a rule's connections.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peers<'a> {
    pub(crate) pods: Expression<'a>,
    /// Each block as it is written, so that addresses are cut at the borders of all.
    pub(crate) blocks: Vec<AddressSet>,
    pub(crate) nodes: Nodes,
    /// Whether any address outside may be meant, and why that is not known.
    pub(crate) any_address: Option<String>,
}

/// Whether a rule means the nodes themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nodes {
    None,
    /// Some, or those that a selector means.
    Some,
    All,
}

impl<'a> Peers<'a> {
    pub(crate) fn none() -> Self {
        Peers {
            pods: Expression::Nothing,
            blocks: Vec::new(),
            nodes: Nodes::None,
            any_address: None,
        }
    }

    pub(crate) fn everyone() -> Self {
        Peers {
            pods: Expression::All,
            blocks: vec![AddressSet::all()],
            nodes: Nodes::All,
            any_address: None,
        }
    }

    pub(crate) fn pods(pods: Expression<'a>) -> Self {
        Peers { pods, ..Peers::none() }
    }

    pub(crate) fn addresses(block: AddressSet) -> Self {
        Peers { blocks: vec![block], ..Peers::none() }
    }

    pub(crate) fn add(&mut self, other: Peers<'a>) {
        let pods = std::mem::replace(&mut self.pods, Expression::Nothing);
        self.pods = pods.or(other.pods);
        self.blocks.extend(other.blocks);
        self.nodes = match (self.nodes, other.nodes) {
            (Nodes::All, _) | (_, Nodes::All) => Nodes::All,
            (Nodes::Some, _) | (_, Nodes::Some) => Nodes::Some,
            _ => Nodes::None,
        };
        if self.any_address.is_none() {
            self.any_address = other.any_address;
        }
    }
}

/// Protocols and ports of a rule; names become numbers at the pod that the connection goes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ports<'a> {
    /// By number.
    pub numbered: Connections,
    /// By name; without a protocol the pod's own counts.
    pub named: Vec<(Option<Protocol>, &'a str)>,
    /// By number, what a name does not stand for.
    pub except: Connections,
}

impl<'a> Ports<'a> {
    pub(crate) fn all() -> Self {
        Ports { numbered: Connections::all(), named: Vec::new(), except: Connections::NONE }
    }

    pub(crate) fn none() -> Self {
        Ports { numbered: Connections::NONE, named: Vec::new(), except: Connections::NONE }
    }

    pub(crate) fn add(&mut self, protocol: Protocol, ports: PortSet) {
        self.numbered = self.numbered.union(&Connections::of(protocol, ports));
    }
}

/// Items of a list that may be missing.
pub(crate) fn items<'a>(
    node: Option<Node<'a>>,
    field: &str,
) -> Result<Vec<Node<'a>>, Undecided<'a>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    Ok(node.field(field)?.map(Node::list).transpose()?.into_iter().flatten().collect())
}

/// A port number.
pub(crate) fn port_number(node: Node<'_>) -> Result<u16, Undecided<'_>> {
    let number = node.integer()?.value;
    match u16::try_from(number) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(wrong(node, format!("{number} is no port: they run from 1 to 65535"))),
    }
}

/// A protocol that defaults to TCP.
pub(crate) fn protocol(node: Option<Node<'_>>) -> Result<Protocol, Undecided<'_>> {
    let Some(node) = node else { return Ok(Protocol::Tcp) };
    let name = node.string()?.value;
    Protocol::of(name)
        .filter(|protocol| protocol.name() == name)
        .ok_or_else(|| wrong(node, format!("{name} is no protocol: they are TCP, UDP and SCTP")))
}

/// A CIDR block.
pub(crate) fn block(node: Node<'_>) -> Result<Range, Undecided<'_>> {
    let text = node.string()?.value;
    Range::parse(text).ok_or_else(|| wrong(node, format!("{text:?} is no CIDR block")))
}

/// What the API server refuses, or Seawall does not know.
pub(crate) fn wrong(node: Node<'_>, why: impl Into<String>) -> Undecided<'_> {
    Undecided { node, why: why.into().into() }
}

/// The only field that is set among those that exclude each other.
pub(crate) fn only_field(node: Node<'_>) -> Result<Option<(&str, Node<'_>)>, Undecided<'_>> {
    let mut fields = node.map()?.filter(|(_, value)| !value.is_null());
    let Some((key, value)) = fields.next() else { return Ok(None) };
    match fields.next() {
        None => Ok(Some((key.text(), value))),
        Some(_) => Err(wrong(node, "more than one of fields that exclude each other is set")),
    }
}

/// Reads all policies of an inventory, and what could not be read.
pub(crate) fn all<'a>(inventory: &'a Inventory) -> (Vec<Declared<'a>>, Vec<Problem<'a>>) {
    let mut policies = Vec::new();
    let mut problems = Vec::new();
    let tiers = calico::Tiers::of(inventory, &mut problems);
    for object in inventory.objects() {
        let read = match object.kind() {
            ObjectKind::NetworkPolicy => network_policy::read(object).map(|policy| vec![policy]),
            ObjectKind::AdminNetworkPolicy => admin::admin(object).map(|policy| vec![policy]),
            ObjectKind::BaselineAdminNetworkPolicy => {
                admin::baseline(object).map(|policy| vec![policy])
            }
            ObjectKind::ClusterNetworkPolicy => admin::cluster(object).map(|policy| vec![policy]),
            ObjectKind::CalicoNetworkPolicy | ObjectKind::GlobalNetworkPolicy => {
                calico::read(object, &tiers)
            }
            ObjectKind::CiliumNetworkPolicy | ObjectKind::CiliumClusterwideNetworkPolicy => {
                cilium::read(object)
            }
            _ => continue,
        };
        match read {
            Ok(read) => policies.extend(read),
            Err(undecided) => {
                let within = match object.kind().namespaced() {
                    Some(true) => Expression::in_namespace(
                        object.namespace().unwrap_or(crate::pods::DEFAULT_NAMESPACE),
                    ),
                    _ => Expression::All,
                };
                let tier = match object.kind() {
                    ObjectKind::AdminNetworkPolicy | ObjectKind::ClusterNetworkPolicy => {
                        Tier::admin()
                    }
                    ObjectKind::BaselineAdminNetworkPolicy => Tier::baseline(),
                    _ => Tier::default_tier(),
                };
                let why = format!("{} can't be understood: {}", object.id(), undecided.why);
                policies.push(Declared::undecided(object, tier, within, &why));
                problems.push(Problem::of(object, &undecided));
            }
        }
    }
    bound(&mut policies, &mut problems);
    policies.sort_by(|a, b| {
        (a.tier.order.total_cmp(&b.tier.order))
            .then_with(|| a.tier.name.cmp(&b.tier.name))
            .then_with(|| a.order.total_cmp(&b.order))
            .then_with(|| a.object.id().namespace.cmp(&b.object.id().namespace))
            .then_with(|| a.object.name().cmp(b.object.name()))
            .then_with(|| a.object.index().cmp(&b.object.index()))
    });
    (policies, problems)
}

/// Most rules that a policy may have in one direction.
const MOST_RULES: usize = 2_000;
/// Most rules times blocks of addresses, over all policies: what the bitsets of rules take.
const MOST_CELLS: usize = 4_000_000_000;

/// Leaves policies undecided that would take more time and memory than there is.
fn bound<'a>(policies: &mut [Declared<'a>], problems: &mut Vec<Problem<'a>>) {
    let sizes = |policy: &Declared<'_>| {
        let sides = policy.sides.iter().flatten();
        let longest = sides.clone().map(|side| side.rules.len()).max().unwrap_or(0);
        let blocks: usize =
            sides.flat_map(|side| &side.rules).map(|rule| rule.peers.blocks.len()).sum();
        (longest, blocks)
    };
    let mut order: Vec<usize> = (0..policies.len()).collect();
    order.sort_by_cached_key(|&number| sizes(&policies[number]));
    let (mut rules, mut blocks) = (0usize, 0usize);
    for number in order {
        let policy = &mut policies[number];
        let (longest, own) = sizes(policy);
        let cells = (rules + 2 * longest).saturating_mul(2 * (blocks + own));
        if longest <= MOST_RULES && cells <= MOST_CELLS {
            rules += 2 * longest;
            blocks += own;
            continue;
        }
        let why = format!("{longest} rules and {own} blocks of addresses are too many to evaluate");
        problems.push(Problem::of(policy.object, &wrong(policy.object.head(), why.clone())));
        let (object, tier) = (policy.object, policy.tier.clone());
        let within = std::mem::replace(&mut policy.subject, Expression::Nothing);
        *policy = Declared::undecided(object, tier, within, &why);
    }
}

/// Whether a value is written and is not an empty list or map.
pub(crate) fn is_set(node: Option<Node<'_>>) -> bool {
    node.is_some_and(|node| match node.kind() {
        Kind::Seq => node.items().next().is_some(),
        Kind::Map => node.entries().next().is_some(),
        Kind::Str => !node.text().is_empty(),
        _ => true,
    })
}
