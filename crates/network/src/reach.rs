//! Which connections every pair of peers may have.
//!
//! What a class may receive depends only on the policies that select it, so classes that the same
//! policies select share one *row*: the set of columns for each set of connections. A row is made
//! of one group of all columns, which each rule in turn cuts in two; groups that came to the same
//! are put together again, so there are never more than distinct answers. A connection needs the
//! sender's egress row and the receiver's ingress row.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use crate::connections::{Connections, ConnectionsId, Table};
use crate::network::{Network, Peer, Policy, Rule};
use crate::policy::{Action, Direction, Ports};

/// Which answer is given where something could not be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// What is surely permitted.
    Least,
    /// What is surely or possibly permitted.
    Most,
}

/// What became of the connections with the columns of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    /// Not decided yet.
    open: ConnectionsId,
    /// Permitted.
    allowed: ConnectionsId,
    /// Left to the next tier.
    passed: ConnectionsId,
}

/// Columns by what they may have.
pub type Row = Vec<(ConnectionsId, FixedBitSet)>;

/// Full reachability.
#[derive(Debug)]
pub struct Reach<'n, 'a> {
    network: &'n Network<'a>,
    bound: Bound,
    table: Table,
    rows: [Vec<Row>; 2],
    row_of: [Vec<u32>; 2],
}

impl<'n, 'a> Reach<'n, 'a> {
    /// Computes all rows.
    pub fn of(network: &'n Network<'a>, bound: Bound) -> Self {
        let mut reach = Reach {
            network,
            bound,
            table: Table::default(),
            rows: [Vec::new(), Vec::new()],
            row_of: [Vec::new(), Vec::new()],
        };
        for direction in Direction::ALL {
            let mut known: HashMap<_, u32> = HashMap::new();
            for class in 0..network.classes().len() {
                let applying = network.applying_numbers(direction, class);
                let sure: Vec<bool> = applying
                    .iter()
                    .map(|&number| network.policies()[number as usize].subject.contains(class))
                    .collect();
                // Names of ports are resolved at the receiver, which in ingress is this class.
                let ports = match direction {
                    Direction::Ingress => network.classes()[class].ports.as_slice(),
                    Direction::Egress => &[],
                };
                let rows = &mut reach.rows[direction as usize];
                let number = match known.get(&(applying, sure.clone(), ports)) {
                    Some(&number) => number,
                    None => {
                        let row = row(network, &mut reach.table, direction, class, bound);
                        let number = rows.len() as u32;
                        rows.push(row);
                        known.insert((applying, sure, ports), number);
                        number
                    }
                };
                reach.row_of[direction as usize].push(number);
            }
        }
        reach
    }

    /// Which bound it is.
    pub fn bound(&self) -> Bound {
        self.bound
    }

    /// The set of a number.
    pub fn connections(&self, id: ConnectionsId) -> &Connections {
        self.table.get(id)
    }

    /// What is in either set.
    pub fn union(&mut self, a: ConnectionsId, b: ConnectionsId) -> ConnectionsId {
        self.table.union(a, b)
    }

    /// What is in the first set and not in the second.
    pub fn difference(&mut self, a: ConnectionsId, b: ConnectionsId) -> ConnectionsId {
        self.table.difference(a, b)
    }

    /// The number of a set.
    pub fn id(&mut self, set: &Connections) -> ConnectionsId {
        self.table.id(set)
    }

    /// The row of a class with its number, which classes share that the same policies select.
    pub(crate) fn row(&self, direction: Direction, class: usize) -> (usize, &Row) {
        let number = self.row_of[direction as usize][class] as usize;
        (number, &self.rows[direction as usize][number])
    }

    /// What the policies on one end permit with the column at the other.
    pub fn side(&self, direction: Direction, class: usize, column: usize) -> ConnectionsId {
        find(self.row(direction, class).1, column)
    }

    /// What the policies on one end permit with every class.
    pub(crate) fn with_all_classes(&mut self, direction: Direction, class: usize) -> ConnectionsId {
        let classes = self.network.classes().len();
        let number = self.row_of[direction as usize][class] as usize;
        let mut all = ConnectionsId::ALL;
        for (id, columns) in &self.rows[direction as usize][number] {
            if columns.ones().next().is_some_and(|column| column < classes) {
                all = self.table.intersection(all, *id);
            }
        }
        all
    }

    /// What one peer may have with another. Between peers outside the cluster everything.
    pub fn between(&mut self, from: Peer, to: Peer) -> ConnectionsId {
        let egress = match from {
            Peer::Class(class) => self.side(Direction::Egress, class, self.network.column(to)),
            _ => ConnectionsId::ALL,
        };
        let ingress = match to {
            Peer::Class(class) => self.side(Direction::Ingress, class, self.network.column(from)),
            _ => ConnectionsId::ALL,
        };
        self.table.intersection(egress, ingress)
    }

    /// What a peer may have with every class, by the class's number, in a buffer that is used
    /// again.
    pub fn to_classes(&mut self, from: Peer, found: &mut Vec<ConnectionsId>) {
        let classes = self.network.classes().len();
        found.clear();
        found.resize(classes, ConnectionsId::ALL);
        if let Peer::Class(class) = from {
            let row = self.row_of[Direction::Egress as usize][class] as usize;
            for (id, columns) in &self.rows[Direction::Egress as usize][row] {
                for column in columns.ones().take_while(|column| *column < classes) {
                    found[column] = *id;
                }
            }
        }
        let column = self.network.column(from);
        for (class, egress) in found.iter_mut().enumerate() {
            if *egress != ConnectionsId::NONE {
                let row = self.row_of[Direction::Ingress as usize][class] as usize;
                let ingress = find(&self.rows[Direction::Ingress as usize][row], column);
                *egress = self.table.intersection(*egress, ingress);
            }
        }
    }

    /// What a class may have with the nodes and the parts of [`Network::destinations`], in this
    /// order.
    pub fn to_outside(&self, from: usize) -> Vec<ConnectionsId> {
        let classes = self.network.classes().len();
        let columns = self.network.columns(Direction::Egress);
        (classes..columns).map(|column| self.side(Direction::Egress, from, column)).collect()
    }
}

fn find(row: &Row, column: usize) -> ConnectionsId {
    row.iter()
        .find(|(_, columns)| columns.contains(column))
        .map_or(ConnectionsId::NONE, |(id, _)| *id)
}

/// What the policies that apply to a class in a direction permit.
fn row(
    network: &Network<'_>,
    table: &mut Table,
    direction: Direction,
    class: usize,
    bound: Bound,
) -> Row {
    let columns = network.columns(direction);
    let mut all = FixedBitSet::with_capacity(columns);
    all.insert_range(..);
    let start = State {
        open: ConnectionsId::ALL,
        allowed: ConnectionsId::NONE,
        passed: ConnectionsId::NONE,
    };
    let mut groups = vec![(start, all)];
    let mut applying = network.applying(direction, class).peekable();
    while let Some(tier) = applying.peek().map(|policy| policy.tier) {
        let mut isolates = false;
        while let Some(policy) = applying.next_if(|policy| policy.tier == tier) {
            let Some(side) = policy.side(direction) else { continue };
            isolates |= side.isolates && isolates_under(policy, class, bound);
            for rule in &side.rules {
                for (action, peers) in effects(policy, rule, class, bound) {
                    for (ports, peers) in
                        by_ports(network, table, direction, class, &rule.ports, peers)
                    {
                        cut(&mut groups, table, action, ports, &peers);
                    }
                }
            }
        }
        let ends = isolates && !network.tiers()[tier].passes;
        for (state, _) in &mut groups {
            if ends {
                state.open = ConnectionsId::NONE;
            }
            state.open = table.union(state.open, state.passed);
            state.passed = ConnectionsId::NONE;
        }
        merge(&mut groups);
    }
    let mut row: Row = Vec::with_capacity(groups.len());
    for (state, columns) in groups {
        let allowed = table.union(state.allowed, state.open);
        match row.iter_mut().find(|(id, _)| *id == allowed) {
            Some((_, known)) => known.union_with(&columns),
            None => row.push((allowed, columns)),
        }
    }
    row
}

/// Whether a policy that isolates counts under a bound.
pub(crate) fn isolates_under(policy: &Policy<'_>, class: usize, bound: Bound) -> bool {
    bound == Bound::Least || policy.subject.contains(class)
}

/// What a rule does, to whom, under a bound: of two answers that are possible, the one that permits
/// less, or more. Where a `Pass` is in doubt that is refusing, or permitting.
pub(crate) fn effects(
    policy: &Policy<'_>,
    rule: &Rule<'_>,
    class: usize,
    bound: Bound,
) -> Vec<(Action, FixedBitSet)> {
    let applies = policy.subject.contains(class);
    let most = || rule.may_match().clone();
    let least = || if applies { rule.peers.clone() } else { FixedBitSet::new() };
    match (rule.action, bound) {
        (Action::Allow, Bound::Least) | (Action::Deny, Bound::Most) => vec![(rule.action, least())],
        (Action::Allow, Bound::Most) | (Action::Deny, Bound::Least) => vec![(rule.action, most())],
        (Action::Pass, bound) => {
            let (sure, mut rest) = (least(), most());
            rest.difference_with(&sure);
            let guess = if bound == Bound::Least { Action::Deny } else { Action::Allow };
            vec![(Action::Pass, sure), (guess, rest)]
        }
    }
}

/// Peers by the connections that a rule's ports are with them.
fn by_ports(
    network: &Network<'_>,
    table: &mut Table,
    direction: Direction,
    class: usize,
    ports: &Ports<'_>,
    peers: FixedBitSet,
) -> Vec<(ConnectionsId, FixedBitSet)> {
    if direction == Direction::Ingress || ports.named.is_empty() {
        let connections = network.connections(ports, Peer::Class(class));
        return vec![(table.id(&connections), peers)];
    }
    let mut groups: Vec<(ConnectionsId, FixedBitSet)> = Vec::new();
    for column in peers.ones() {
        let connections = network.connections(ports, network.peer(column));
        let id = table.id(&connections);
        match groups.iter_mut().find(|(known, _)| *known == id) {
            Some((_, columns)) => columns.insert(column),
            None => {
                let mut columns = FixedBitSet::with_capacity(network.columns(direction));
                columns.insert(column);
                groups.push((id, columns));
            }
        }
    }
    groups
}

/// Has a rule decide what is open of the connections with some columns.
fn cut(
    groups: &mut Vec<(State, FixedBitSet)>,
    table: &mut Table,
    action: Action,
    ports: ConnectionsId,
    peers: &FixedBitSet,
) {
    for number in 0..groups.len() {
        let (state, columns) = &mut groups[number];
        let hit = table.intersection(state.open, ports);
        if hit == ConnectionsId::NONE || columns.is_disjoint(peers) {
            continue;
        }
        let mut next = *state;
        next.open = table.difference(state.open, hit);
        match action {
            Action::Allow => next.allowed = table.union(next.allowed, hit),
            Action::Pass => next.passed = table.union(next.passed, hit),
            Action::Deny => {}
        }
        if columns.is_subset(peers) {
            *state = next;
        } else {
            let mut inside = columns.clone();
            inside.intersect_with(peers);
            columns.difference_with(peers);
            groups.push((next, inside));
        }
    }
    merge(groups);
}

fn merge(groups: &mut Vec<(State, FixedBitSet)>) {
    let mut kept: HashMap<State, usize> = HashMap::with_capacity(groups.len());
    let mut number = 0;
    while number < groups.len() {
        match kept.get(&groups[number].0) {
            Some(&same) => {
                let (_, columns) = groups.swap_remove(number);
                groups[same].1.union_with(&columns);
            }
            None => {
                kept.insert(groups[number].0, number);
                number += 1;
            }
        }
    }
}
