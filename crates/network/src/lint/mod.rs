//! What is wrong with policies, seen with the pods that they are for.
//!
//! One file a rule. Where a check of `seawall scan` asks the same of a single object, the rule has
//! the check's name and answers for every kind of policy, from the engine.

mod dead_rules;
mod default_deny;
mod equal_priority;
mod ip_block_over_pods;
mod misplaced_field;
mod named_port;
mod not_enforced;
mod plugin;
mod rule_matches_nothing;
mod selects_nothing;

use std::sync::Arc;

use seawall_model::document::Node;
use seawall_model::{Location, Object, ObjectId};

use crate::network::Network;

pub use plugin::{Plugin, plugins};

/// A rule of the lint.
#[derive(Debug)]
pub struct LintRule {
    /// Its name, which says what is wrong.
    pub id: &'static str,
    /// Why that is bad, and what to do.
    pub why: &'static str,
    run: fn(&Network<'_>, &mut Vec<Lint>),
}

/// Something wrong.
#[derive(Clone, Debug)]
pub struct Lint {
    /// The rule.
    pub rule: &'static str,
    /// The object.
    pub object: Arc<ObjectId>,
    /// Where it stands.
    pub location: Location,
    /// What is wrong, with the actual values.
    pub message: String,
}

impl Lint {
    fn at(rule: &'static str, object: Object<'_>, node: Node<'_>, message: String) -> Self {
        Lint { rule, object: Arc::clone(object.id()), location: node.location(), message }
    }
}

/// All rules.
pub const RULES: &[LintRule] = &[
    selects_nothing::RULE,
    rule_matches_nothing::RULE,
    dead_rules::RULE,
    named_port::RULE,
    ip_block_over_pods::RULE,
    default_deny::RULE,
    not_enforced::RULE,
    misplaced_field::RULE,
    equal_priority::RULE,
];

/// Runs all rules; what they find is in the order of rules and of the network.
pub fn lint(network: &Network<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    for rule in RULES {
        (rule.run)(network, &mut found);
    }
    found
}
