//! The network of a cluster: pods merged into classes, policies as bitsets over them.
//!
//! ```text
//! inventory ─► pods ─► shapes ─┐
//!          └─► policies ───────┴─► classes × policies ─► reach, eval, lint, …
//! ```
//!
//! Two pods are of one *class* when every policy treats them alike. Rules hold their peers as
//! bitsets over *columns*: one for each class, one for the nodes, and one for each part of the
//! addresses outside.

use std::collections::{HashMap, HashSet};

use fixedbitset::FixedBitSet;
use seawall_model::document::Node;
use seawall_model::{Inventory, Object};

use crate::address::{AddressSet, Partition, Range};
use crate::connections::Connections;
use crate::expression::{Index, Picked};
use crate::pods::{NamedPort, Namespace, Pod, Population, Workload};
use crate::policy::{self, Action, Declared, DeclaredRule, Direction, Nodes, Ports, Tier};
use crate::problem::Problem;
use crate::shape::{Asked, Shape};

/// Pods that no policy tells apart.
#[derive(Clone, Debug)]
pub struct Class<'a> {
    /// The numbers of its pods.
    pub pods: Vec<usize>,
    /// The named ports that policies ask for.
    pub(crate) ports: Vec<NamedPort<'a>>,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    /// The pods of a class.
    Class(usize),
    /// The cluster's nodes.
    Nodes,
    /// A part of the addresses outside: of [`Network::sources`] where it sends, of
    /// [`Network::destinations`] where it receives.
    Outside(usize),
}

/// A policy over classes.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its tier's number in [`Network::tiers`].
    pub tier: usize,
    /// The classes that it selects.
    pub subject: FixedBitSet,
    /// The classes that it may select, where that is not known for all.
    pub possible: Option<FixedBitSet>,
    /// Why it is not known.
    pub doubt: Option<String>,
    sides: [Option<Side<'a>>; 2],
}

impl<'a> Policy<'a> {
    /// What it says of a direction, if it says anything.
    pub fn side(&self, direction: Direction) -> Option<&Side<'a>> {
        self.sides[direction as usize].as_ref()
    }

    /// Whether it selects a class, surely or possibly.
    pub fn may_select(&self, class: usize) -> bool {
        self.possible.as_ref().unwrap_or(&self.subject).contains(class)
    }
}

/// What a policy says of one direction.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// Whether what it does not permit is denied at the end of its tier.
    pub isolates: bool,
    /// Its rules in order.
    pub rules: Vec<Rule<'a>>,
}

/// A rule over columns.
#[derive(Clone, Debug)]
pub struct Rule<'a> {
    /// What it does.
    pub action: Action,
    /// The columns that it surely matches.
    pub peers: FixedBitSet,
    /// The columns that it may match, where that is not known for all.
    pub possible: Option<FixedBitSet>,
    /// Why it is not known.
    pub doubt: Option<String>,
    /// Protocols and ports.
    pub ports: Ports<'a>,
    /// The addresses that it names.
    pub addresses: AddressSet,
    /// Where it stands.
    pub node: Node<'a>,
    /// Its number in its list, from 0.
    pub index: usize,
    /// Its name, if it has one.
    pub name: Option<&'a str>,
}

impl Rule<'_> {
    /// The columns that it matches, surely or possibly.
    pub fn may_match(&self) -> &FixedBitSet {
        self.possible.as_ref().unwrap_or(&self.peers)
    }
}

/// Who is there, which policies there are, and what they select.
#[derive(Debug)]
pub struct Network<'a> {
    inventory: &'a Inventory,
    population: Population<'a>,
    classes: Vec<Class<'a>>,
    class_of_pod: Vec<usize>,
    classes_of_workload: Vec<Vec<usize>>,
    tiers: Vec<Tier>,
    policies: Vec<Policy<'a>>,
    /// For each direction and class the policies that may select it, in order.
    applying: [Vec<Vec<u32>>; 2],
    sources: Partition,
    destinations: Partition,
    problems: Vec<Problem<'a>>,
}

impl<'a> Network<'a> {
    /// Reads the pods and policies of an inventory.
    pub fn of(inventory: &'a Inventory) -> Self {
        Self::cut(inventory, &Cuts::default())
    }

    /// Reads the pods and policies of an inventory, and cuts the addresses outside at further
    /// borders.
    pub fn cut(inventory: &'a Inventory, cuts: &Cuts) -> Self {
        Self::under(inventory, inventory, cuts)
    }

    /// Reads the pods of an inventory and puts them under the policies of another.
    pub fn under(inventory: &'a Inventory, policies: &'a Inventory, cuts: &Cuts) -> Self {
        let (declared, mut problems) = policy::all(policies);
        let mut population = Population::of(inventory);
        problems.append(&mut population.problems);
        population.add_controller();
        let mut asked = Asked::default();
        for policy in &declared {
            asked.note(&policy.subject);
            for rule in policy.sides.iter().flatten().flat_map(|side| &side.rules) {
                asked.note(&rule.peers.pods);
                for (_, name) in &rule.ports.named {
                    asked.note_port(name);
                }
            }
        }
        let (shapes, shape_of_pod) = asked.shapes(&population.pods);
        let index = Index::new(&shapes, &population.namespaces, &asked.addresses);
        let picked: Vec<(Picked, Vec<Picked>)> = declared
            .iter()
            .map(|policy| {
                let rules = policy.sides.iter().flatten().flat_map(|side| &side.rules);
                let peers = rules.map(|rule| index.answer(&rule.peers.pods)).collect();
                (index.answer(&policy.subject), peers)
            })
            .collect();
        let merging = Merging::of(
            &shapes,
            picked.iter().flat_map(|(subject, peers)| std::iter::once(subject).chain(peers)),
        );
        let partition = |direction: Direction| {
            let rules =
                declared.iter().filter_map(|policy| policy.sides[direction as usize].as_ref());
            let blocks = rules.flat_map(|side| &side.rules).flat_map(|rule| &rule.peers.blocks);
            Partition::of(blocks.chain(&cuts.sets[direction as usize]))
        };
        let sources = partition(Direction::Ingress);
        let destinations = partition(Direction::Egress);
        let mut network = Network {
            inventory,
            classes: merging.classes(&shapes),
            class_of_pod: shape_of_pod
                .iter()
                .map(|&shape| merging.of_shape[shape as usize])
                .collect(),
            classes_of_workload: Vec::new(),
            population,
            tiers: Vec::new(),
            policies: Vec::new(),
            applying: [Vec::new(), Vec::new()],
            sources,
            destinations,
            problems,
        };
        for (pod, &class) in network.class_of_pod.iter().enumerate() {
            network.classes[class].pods.push(pod);
        }
        network.classes_of_workload = network
            .population
            .workloads
            .iter()
            .map(|workload| {
                let mut classes: Vec<usize> =
                    workload.pods.iter().map(|&pod| network.class_of_pod[pod]).collect();
                classes.sort_unstable();
                classes.dedup();
                classes
            })
            .collect();
        for (policy, (subject, peers)) in declared.iter().zip(picked) {
            network.add(policy, &subject, peers, &merging);
        }
        network.apply();
        network
    }

    fn add(
        &mut self,
        declared: &Declared<'a>,
        subject: &Picked,
        peers: Vec<Picked>,
        merging: &Merging,
    ) {
        if self.tiers.last() != Some(&declared.tier) {
            self.tiers.push(declared.tier.clone());
        }
        let mut peers = peers.into_iter();
        let doubt = declared.subject.doubt().filter(|_| subject.most.is_some());
        let sides = [Direction::Ingress, Direction::Egress].map(|direction| {
            let side = declared.sides[direction as usize].as_ref()?;
            let rules = side
                .rules
                .iter()
                .zip(peers.by_ref())
                .map(|(rule, pods)| self.rule(rule, &pods, merging, direction))
                .collect();
            Some(Side { isolates: side.isolates, rules })
        });
        self.policies.push(Policy {
            object: declared.object,
            tier: self.tiers.len() - 1,
            subject: merging.over_classes(&subject.least),
            possible: subject.most.as_ref().map(|most| merging.over_classes(most)),
            doubt,
            sides,
        });
    }

    fn rule(
        &self,
        declared: &DeclaredRule<'a>,
        pods: &Picked,
        merging: &Merging,
        direction: Direction,
    ) -> Rule<'a> {
        let columns = self.columns(direction);
        let column = |set: &FixedBitSet| {
            let mut set = merging.over_classes(set);
            set.grow(columns);
            set
        };
        let nodes = self.classes.len();
        let mut peers = column(&pods.least);
        let mut most = pods.most.as_ref().map(column);
        let mut doubt = most.as_ref().and_then(|_| declared.peers.pods.doubt());
        for part in
            declared.peers.blocks.iter().flat_map(|set| self.outside(direction).members(set))
        {
            peers.insert(nodes + 1 + part);
            if let Some(most) = &mut most {
                most.insert(nodes + 1 + part);
            }
        }
        if declared.peers.nodes == Nodes::All {
            peers.insert(nodes);
        }
        let mut possible = most.unwrap_or_else(|| peers.clone());
        match declared.peers.nodes {
            Nodes::None => {}
            Nodes::All => possible.insert(nodes),
            Nodes::Some => {
                possible.insert(nodes);
                doubt.get_or_insert_with(|| "which nodes are meant".to_owned());
            }
        }
        if let Some(why) = &declared.peers.any_address {
            possible.insert_range(nodes..);
            doubt.get_or_insert_with(|| why.clone());
        }
        if let Some(condition) = &declared.condition {
            peers.clear();
            doubt = Some(condition.clone());
        }
        let sure = possible == peers;
        Rule {
            action: declared.action,
            peers,
            possible: (!sure).then_some(possible),
            doubt: doubt.filter(|_| !sure),
            ports: declared.ports.clone(),
            addresses: declared.peers.blocks.iter().flat_map(AddressSet::ranges).copied().collect(),
            node: declared.node,
            index: declared.index,
            name: declared.name,
        }
    }

    fn apply(&mut self) {
        for direction in Direction::ALL {
            let mut applying = vec![Vec::new(); self.classes.len()];
            for (number, policy) in self.policies.iter().enumerate() {
                if policy.side(direction).is_none() {
                    continue;
                }
                for class in policy.possible.as_ref().unwrap_or(&policy.subject).ones() {
                    applying[class].push(number as u32);
                }
            }
            self.applying[direction as usize] = applying;
        }
    }

    /// What was read.
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// All namespaces in the order of their names; that of unread ingress controllers comes last.
    pub fn namespaces(&self) -> &[Namespace<'a>] {
        &self.population.namespaces
    }

    /// All pods, ordered by workload.
    pub fn pods(&self) -> &[Pod<'a>] {
        &self.population.pods
    }

    /// All workloads, ordered by namespace, name and kind; the one that stands for ingress
    /// controllers that were not read comes last.
    pub fn workloads(&self) -> &[Workload<'a>] {
        &self.population.workloads
    }

    /// The classes.
    pub fn classes(&self) -> &[Class<'a>] {
        &self.classes
    }

    /// The class of a pod.
    pub fn class_of(&self, pod: usize) -> usize {
        self.class_of_pod[pod]
    }

    /// The classes of a workload's pods; usually one.
    pub fn classes_of(&self, workload: usize) -> &[usize] {
        &self.classes_of_workload[workload]
    }

    /// The tiers that policies are in, in order.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The policies in the order in which they are tried.
    pub fn policies(&self) -> &[Policy<'a>] {
        &self.policies
    }

    /// The policies that may select a class in a direction, in order.
    pub fn applying(
        &self,
        direction: Direction,
        class: usize,
    ) -> impl Iterator<Item = &Policy<'a>> + Clone {
        self.applying_numbers(direction, class)
            .iter()
            .map(|&number| &self.policies[number as usize])
    }

    pub(crate) fn applying_numbers(&self, direction: Direction, class: usize) -> &[u32] {
        &self.applying[direction as usize][class]
    }

    /// The addresses outside as sources of ingress, cut where policies cut them.
    pub fn sources(&self) -> &[Range] {
        self.sources.parts()
    }

    /// The addresses outside as destinations of egress, cut where policies cut them.
    pub fn destinations(&self) -> &[Range] {
        self.destinations.parts()
    }

    /// The partition of the addresses at the other end of a direction.
    pub(crate) fn outside(&self, direction: Direction) -> &Partition {
        match direction {
            Direction::Ingress => &self.sources,
            Direction::Egress => &self.destinations,
        }
    }

    /// What could not be understood.
    pub fn problems(&self) -> &[Problem<'a>] {
        &self.problems
    }

    /// How many columns the peers of a direction's rules have.
    pub fn columns(&self, direction: Direction) -> usize {
        self.classes.len() + 1 + self.outside(direction).parts().len()
    }

    /// The column of a peer.
    pub fn column(&self, peer: Peer) -> usize {
        match peer {
            Peer::Class(class) => class,
            Peer::Nodes => self.classes.len(),
            Peer::Outside(part) => self.classes.len() + 1 + part,
        }
    }

    /// The peer of a column.
    pub fn peer(&self, column: usize) -> Peer {
        match column.checked_sub(self.classes.len()) {
            None => Peer::Class(column),
            Some(0) => Peer::Nodes,
            Some(part) => Peer::Outside(part - 1),
        }
    }

    /// The connections of a rule's ports at a destination; names are resolved at its pods, and
    /// nowhere else.
    pub fn connections(&self, ports: &Ports<'_>, destination: Peer) -> Connections {
        let mut connections = ports.numbered.clone();
        if let Peer::Class(class) = destination {
            for (protocol, name) in &ports.named {
                for port in &self.classes[class].ports {
                    if port.name == *name && protocol.is_none_or(|wanted| wanted == port.protocol) {
                        let set = crate::ports::PortSet::range(port.port, port.port);
                        let named = Connections::of(port.protocol, set).difference(&ports.except);
                        connections = connections.union(&named);
                    }
                }
            }
        }
        connections
    }

    /// Whether something that could not be decided bears on the result.
    pub fn has_doubt(&self) -> bool {
        self.policies.iter().any(|policy| {
            policy.possible.is_some()
                || policy
                    .sides
                    .iter()
                    .flatten()
                    .flat_map(|side| &side.rules)
                    .any(|rule| rule.possible.is_some())
        })
    }
}

/// Borders at which the addresses outside are cut, beside those of policies.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// For ingress and egress.
    sets: [Vec<AddressSet>; 2],
}

impl Cuts {
    /// All borders of several networks.
    pub fn of(networks: &[&Network<'_>]) -> Self {
        let mut cuts = Cuts::default();
        for network in networks {
            for direction in Direction::ALL {
                let parts = network.outside(direction).parts();
                cuts.add(direction, parts.iter().map(|range| [*range].into_iter().collect()));
            }
        }
        cuts
    }

    /// Adds sets of sources (of ingress) or destinations (of egress).
    pub fn add(&mut self, direction: Direction, sets: impl Iterator<Item = AddressSet>) {
        self.sets[direction as usize].extend(sets);
    }
}

/// Shapes that all selectors treat alike are one class.
struct Merging {
    of_shape: Vec<usize>,
    /// A shape of each class.
    sample: Vec<usize>,
}

impl Merging {
    fn of<'s>(shapes: &[Shape<'_>], sets: impl Iterator<Item = &'s Picked>) -> Self {
        // Named ports and the unread controller are told apart from the start.
        let mut first: HashMap<(&[NamedPort<'_>], bool), usize> = HashMap::new();
        let mut of_shape: Vec<usize> = shapes
            .iter()
            .map(|shape| {
                let next = first.len();
                *first.entry((&shape.ports, shape.controller)).or_insert(next)
            })
            .collect();
        let mut count = first.len();
        let mut seen: HashSet<&FixedBitSet> = HashSet::new();
        let mut split: HashMap<usize, usize> = HashMap::new();
        for set in sets.flat_map(|picked| std::iter::once(&picked.least).chain(&picked.most)) {
            if !seen.insert(set) {
                continue;
            }
            split.clear();
            for shape in set.ones() {
                let new = *split.entry(of_shape[shape]).or_insert_with(|| {
                    count += 1;
                    count - 1
                });
                of_shape[shape] = new;
            }
        }
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let mut sample = Vec::new();
        for (shape, class) in of_shape.iter_mut().enumerate() {
            *class = *numbers.entry(*class).or_insert_with(|| {
                sample.push(shape);
                sample.len() - 1
            });
        }
        Merging { of_shape, sample }
    }

    fn classes<'a>(&self, shapes: &[Shape<'a>]) -> Vec<Class<'a>> {
        let class = |&shape: &usize| Class { pods: Vec::new(), ports: shapes[shape].ports.clone() };
        self.sample.iter().map(class).collect()
    }

    fn over_classes(&self, shapes: &FixedBitSet) -> FixedBitSet {
        let mut classes = FixedBitSet::with_capacity(self.sample.len());
        for (class, &shape) in self.sample.iter().enumerate() {
            classes.set(class, shapes.contains(shape));
        }
        classes
    }
}
