//! What a NetworkPolicy says, as far as one policy tells.
//!
//! Policies add up: a pod is isolated in a direction if any policy that selects it has that
//! direction, and then only what some policy allows passes.

use std::net::IpAddr;

use seawall_model::document::Node;
use seawall_model::{Cx, Inventory, Object, ObjectKind, Outcome, Undecided};

/// Which way a policy looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub(crate) const BOTH: [Direction; 2] = [Direction::Ingress, Direction::Egress];

    /// The word in `policyTypes`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        }
    }

    /// The field of the rules.
    pub(crate) fn field(self) -> &'static str {
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

/// Items of a list that may be missing.
pub(crate) fn items<'a>(node: Node<'a>, field: &str) -> Result<Vec<Node<'a>>, Undecided<'a>> {
    // A null is an empty object to the API server, in a list as elsewhere.
    let node = if node.is_null() { None } else { node.field(field)? };
    Ok(node.map(Node::list).transpose()?.into_iter().flatten().collect())
}

/// The rules of a direction.
pub(crate) fn rules<'a>(
    policy: Object<'a>,
    direction: Direction,
) -> Result<Vec<Node<'a>>, Undecided<'a>> {
    match policy.root().field("spec")? {
        Some(spec) => items(spec, direction.field()),
        None => Ok(Vec::new()),
    }
}

/// Whether a policy isolates the pods that it selects. Without `policyTypes` that is ingress, and
/// egress where there are egress rules (`SetDefaults_NetworkPolicy` in `pkg/apis/networking/v1`).
pub(crate) fn isolates<'a>(
    policy: Object<'a>,
    direction: Direction,
) -> Result<bool, Undecided<'a>> {
    let types = match policy.root().field("spec")? {
        Some(spec) => items(spec, "policyTypes")?,
        None => Vec::new(),
    };
    if types.is_empty() {
        return Ok(direction == Direction::Ingress || !rules(policy, direction)?.is_empty());
    }
    for policy_type in types {
        if policy_type.string()?.value == direction.name() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rule of a policy that allows everything in a direction, if one does.
pub(crate) fn allows_all<'a>(
    policy: Object<'a>,
    direction: Direction,
) -> Result<Option<Node<'a>>, Undecided<'a>> {
    if !isolates(policy, direction)? {
        return Ok(None);
    }
    for rule in rules(policy, direction)? {
        if items(rule, direction.peers())?.is_empty() && items(rule, "ports")?.is_empty() {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// A policy of another kind that may cover pods of a namespace; what it does is not asked here.
pub(crate) fn other_kind<'a>(
    inventory: &'a Inventory,
    namespace: Option<&str>,
) -> Option<Object<'a>> {
    const CLUSTER: &[ObjectKind] = &[
        ObjectKind::CiliumClusterwideNetworkPolicy,
        ObjectKind::GlobalNetworkPolicy,
        ObjectKind::AdminNetworkPolicy,
        ObjectKind::BaselineAdminNetworkPolicy,
        ObjectKind::ClusterNetworkPolicy,
    ];
    [ObjectKind::CiliumNetworkPolicy, ObjectKind::CalicoNetworkPolicy]
        .iter()
        .flat_map(|&kind| inventory.in_namespace(kind, namespace))
        .chain(CLUSTER.iter().flat_map(|&kind| inventory.of_kind(kind)))
        .next()
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    first: IpAddr,
    prefix: u32,
}

impl Block {
    /// Reads `10.0.0.0/8`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let first: IpAddr = address.parse().ok()?;
        let prefix: u32 = prefix.parse().ok()?;
        let bits = if first.is_ipv4() { 32 } else { 128 };
        (prefix <= bits).then_some(Block { first, prefix })
    }

    /// Reads a field that must be a block.
    pub(crate) fn read(node: Node<'_>) -> Result<Self, Undecided<'_>> {
        let text = node.string()?.value;
        Self::parse(text).ok_or_else(|| {
            let why = format!("\"{text}\" is no block of addresses");
            Undecided { node, why: why.into() }
        })
    }

    /// Whether it holds all addresses of its family.
    pub(crate) fn is_everything(self) -> bool {
        self.prefix == 0
    }

    /// Whether it holds an address.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let shared = match (self.first, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => return false,
        };
        shared >= self.prefix
    }
}

/// A namespace lacks a NetworkPolicy, unless one of a kind that is not evaluated here may do (`what`)
/// the same.
pub(super) fn fail_without_policy<'a>(
    namespace: Object<'a>,
    what: &str,
    message: String,
    cx: &mut Cx<'a>,
) -> Outcome<'a> {
    if let Some(policy) = other_kind(cx.inventory(), Some(namespace.name())) {
        let why = format!("{} may {what} it; such policies are not evaluated here", policy.id());
        return Err(Undecided { node: namespace.root(), why: why.into() });
    }
    cx.fail_missing(namespace.root(), "NetworkPolicy", message);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_they_say() {
        let holds = |block: &str, address: &str| {
            let block = Block::parse(block).expect("the block is one");
            block.contains(address.parse().expect("the address is one"))
        };
        assert!(holds("0.0.0.0/0", "169.254.169.254"));
        assert!(holds("169.254.0.0/16", "169.254.169.254"));
        assert!(holds("169.254.169.254/32", "169.254.169.254"));
        assert!(!holds("169.254.169.252/31", "169.254.169.254"));
        assert!(!holds("10.0.0.0/8", "169.254.169.254"));
        assert!(!holds("::/0", "169.254.169.254"));
        assert!(holds("fd00::/8", "fd00:ec2::254"));
    }

    #[test]
    fn what_is_no_block_is_none() {
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "x/8", ""] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }
}
