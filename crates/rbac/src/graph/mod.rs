//! Subjects, bindings and roles as a picture.
//!
//! Three columns: who, by what, which role. The text formats leave the placing to their readers;
//! the SVG is laid out here, and the HTML page is the SVG with a search.

mod html;
mod layout;
mod svg;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use seawall_model::Severity;

use crate::policy::{BindingId, Policy, RoleId, SubjectId};
use crate::risks::Risk;

pub use html::html;
pub use svg::svg;
pub use text::{dot, mermaid};

/// What a node stands for, which is also its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// User, group or service account.
    Subject,
    /// RoleBinding or ClusterRoleBinding.
    Binding,
    /// Role or ClusterRole.
    Role,
}

/// A node of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphNode {
    /// What it stands for.
    pub kind: NodeKind,
    /// `ServiceAccount shop/web`, `ClusterRole view`.
    pub label: String,
    /// What there is to say about it: risks of a subject, rules of a role.
    pub detail: Vec<String>,
    /// The worst risk that goes through it.
    pub severity: Option<Severity>,
    /// Whether Kubernetes made it.
    pub is_default: bool,
    /// Whether it is named but not there.
    pub is_missing: bool,
}

/// Nodes, and edges from subject to binding to role, by the nodes' numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Nodes, by column and label.
    pub nodes: Vec<GraphNode>,
    /// Edges, sorted.
    pub edges: Vec<(usize, usize)>,
    /// What is to be said of all of it, such as that it is incomplete.
    pub note: Option<String>,
}

/// What of a policy is drawn.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these subjects, if there are any.
    pub subjects: Vec<SubjectId>,
    /// Only bindings that hold in this namespace, those of the whole cluster included.
    pub namespace: Option<String>,
    /// Only what makes a risk.
    pub risky: bool,
    /// What Kubernetes made too.
    pub defaults: bool,
}

/// Rules of a role that are told of.
const MOST_RULES: usize = 12;

impl Graph {
    /// The picture of a policy.
    pub fn new(policy: &Policy, risks: &[Risk], selection: &Selection) -> Self {
        let mut worst = Worst::default();
        for risk in risks {
            worst.note(risk);
        }
        let mut kept: BTreeSet<(SubjectId, BindingId)> = BTreeSet::new();
        for binding in policy.bindings() {
            let holds = match (&selection.namespace, binding.scope().namespace()) {
                (Some(asked), Some(at)) => asked == at,
                _ => true,
            };
            let shown = selection.defaults || !binding.origin().is_default();
            if !holds || !shown {
                continue;
            }
            for &subject in binding.subjects() {
                let asked = selection.subjects.is_empty() || selection.subjects.contains(&subject);
                let risky = !selection.risky || worst.pairs.contains_key(&(subject, binding.id));
                if asked && risky {
                    kept.insert((subject, binding.id));
                }
            }
        }
        Self::of(policy, &kept, &worst)
    }

    fn of(policy: &Policy, kept: &BTreeSet<(SubjectId, BindingId)>, worst: &Worst) -> Self {
        let mut nodes: BTreeMap<(NodeKind, String), GraphNode> = BTreeMap::new();
        let mut edges: BTreeSet<[(NodeKind, String); 2]> = BTreeSet::new();
        let mut add = |node: GraphNode| {
            let key = (node.kind, node.label.clone());
            nodes.entry(key.clone()).or_insert(node);
            key
        };
        for &(subject, id) in kept {
            let binding = policy.binding(id);
            let who = add(GraphNode {
                kind: NodeKind::Subject,
                label: policy.subject(subject).to_string(),
                detail: worst.titles(subject),
                severity: worst.subjects.get(&subject).map(|(severity, _)| *severity),
                is_default: false,
                is_missing: false,
            });
            let by = add(GraphNode {
                kind: NodeKind::Binding,
                label: binding.to_string(),
                detail: Vec::new(),
                severity: worst.bindings.get(&id).copied(),
                is_default: binding.origin().is_default(),
                is_missing: false,
            });
            let reference = binding.role_ref();
            let role = add(match binding.role() {
                Some(role) => GraphNode {
                    kind: NodeKind::Role,
                    label: role.to_string(),
                    detail: rules(policy, role.id),
                    severity: worst.roles.get(&role.id).copied(),
                    is_default: role.origin().is_default(),
                    is_missing: false,
                },
                None => GraphNode {
                    kind: NodeKind::Role,
                    label: match (reference.kind, binding.scope().namespace()) {
                        ("Role", Some(namespace)) => format!("Role {namespace}/{}", reference.name),
                        (kind, _) => format!("{kind} {}", reference.name),
                    },
                    detail: vec!["is not among what was read".to_owned()],
                    severity: None,
                    is_default: false,
                    is_missing: true,
                },
            });
            edges.insert([who, by.clone()]);
            edges.insert([by, role]);
        }
        let numbers: HashMap<(NodeKind, String), usize> =
            nodes.keys().cloned().enumerate().map(|(number, key)| (key, number)).collect();
        let mut edges: Vec<(usize, usize)> =
            edges.into_iter().map(|[from, to]| (numbers[&from], numbers[&to])).collect();
        edges.sort_unstable();
        Graph { nodes: nodes.into_values().collect(), edges, note: None }
    }
}

fn rules(policy: &Policy, role: RoleId) -> Vec<String> {
    let rules = policy.role(role).rules();
    let mut words: Vec<String> =
        rules.iter().take(MOST_RULES).map(|rule| policy.rule(*rule).to_string()).collect();
    if rules.len() > MOST_RULES {
        words.push(format!("and {} more rules", rules.len() - MOST_RULES));
    }
    words
}

/// The worst risk of each thing.
#[derive(Default)]
struct Worst {
    subjects: HashMap<SubjectId, (Severity, Vec<String>)>,
    bindings: HashMap<BindingId, Severity>,
    roles: HashMap<RoleId, Severity>,
    pairs: HashMap<(SubjectId, BindingId), Severity>,
}

impl Worst {
    fn note(&mut self, risk: &Risk) {
        let severity = risk.severity();
        let raise = |known: &mut Severity| *known = severity.max(*known);
        for grant in &risk.grants {
            raise(self.bindings.entry(grant.binding).or_insert(severity));
            raise(self.roles.entry(grant.role).or_insert(severity));
            raise(self.pairs.entry((grant.subject, grant.binding)).or_insert(severity));
        }
        if let Some(first) = risk.grants.first() {
            let (known, titles) =
                self.subjects.entry(first.subject).or_insert((severity, Vec::new()));
            raise(known);
            let place = match &risk.namespaces {
                None => "in the whole cluster".to_owned(),
                Some(list) => format!("in {}", list.join(", ")),
            };
            titles.push(format!("{severity}: may {} {place}", risk.class.title));
        }
    }

    fn titles(&self, subject: SubjectId) -> Vec<String> {
        self.subjects.get(&subject).map(|(_, titles)| titles.clone()).unwrap_or_default()
    }
}
