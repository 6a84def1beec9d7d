//! A field of NetworkPolicy at a place where it means nothing: `policyTypes` under `podSelector`,
//! `ingress` beside `spec`, `ports` inside a peer.

use seawall_model::ObjectKind;
use seawall_model::document::{Kind, Node};

use super::{Lint, LintRule};
use crate::network::Network;

const ID: &str = "policy-field-misplaced";

pub(super) const RULE: LintRule = LintRule {
    id: ID,
    why: "A field at the wrong place is dropped without a word, and the policy does something else \
          than it says. Move it to where it belongs.",
    run,
};

/// Fields of the kind, each with where it belongs.
const FIELDS: &[(&str, &str)] = &[
    ("spec", "the policy itself"),
    ("podSelector", "spec, or a peer"),
    ("policyTypes", "spec"),
    ("ingress", "spec"),
    ("egress", "spec"),
    ("from", "a rule of ingress"),
    ("to", "a rule of egress"),
    ("ports", "a rule"),
    ("namespaceSelector", "a peer"),
    ("ipBlock", "a peer"),
    ("cidr", "ipBlock"),
    ("except", "ipBlock"),
    ("endPort", "a port"),
];

/// A place in a policy: the fields that belong there, with the places below them.
struct Place {
    name: &'static str,
    fields: &'static [(&'static str, Option<&'static Place>)],
}

const SELECTOR: Place =
    Place { name: "a selector", fields: &[("matchLabels", None), ("matchExpressions", None)] };
const IP_BLOCK: Place = Place { name: "ipBlock", fields: &[("cidr", None), ("except", None)] };
const PEER: Place = Place {
    name: "a peer",
    fields: &[
        ("podSelector", Some(&SELECTOR)),
        ("namespaceSelector", Some(&SELECTOR)),
        ("ipBlock", Some(&IP_BLOCK)),
    ],
};
const PORT: Place =
    Place { name: "a port", fields: &[("protocol", None), ("port", None), ("endPort", None)] };
const INGRESS: Place =
    Place { name: "a rule of ingress", fields: &[("from", Some(&PEER)), ("ports", Some(&PORT))] };
const EGRESS: Place =
    Place { name: "a rule of egress", fields: &[("to", Some(&PEER)), ("ports", Some(&PORT))] };
const SPEC: Place = Place {
    name: "spec",
    fields: &[
        ("podSelector", Some(&SELECTOR)),
        ("policyTypes", None),
        ("ingress", Some(&INGRESS)),
        ("egress", Some(&EGRESS)),
    ],
};
const METADATA: Place = Place {
    name: "metadata",
    fields: &[("labels", None), ("annotations", None), ("managedFields", None)],
};
const POLICY: Place = Place {
    name: "the policy itself",
    fields: &[("spec", Some(&SPEC)), ("metadata", Some(&METADATA)), ("status", None)],
};

fn run(network: &Network<'_>, found: &mut Vec<Lint>) {
    for policy in network.inventory().of_kind(ObjectKind::NetworkPolicy) {
        look(policy.root(), &POLICY, &mut |key: Node<'_>, message| {
            found.push(Lint::at(ID, policy, key, message));
        });
    }
}

fn look<'a>(node: Node<'a>, place: &Place, tell: &mut impl FnMut(Node<'a>, String)) {
    if node.kind() == Kind::Seq {
        for item in node.items() {
            look(item, place, tell);
        }
        return;
    }
    for (key, value) in node.entries() {
        match place.fields.iter().find(|(name, _)| *name == key.text()) {
            Some((_, Some(below))) => look(value, below, tell),
            Some((_, None)) => {}
            None => {
                if let Some((name, home)) = FIELDS.iter().find(|(name, _)| *name == key.text()) {
                    tell(
                        key,
                        format!("{name} means nothing in {}: it belongs to {home}", place.name),
                    );
                }
            }
        }
    }
}
