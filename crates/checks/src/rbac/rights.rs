//! Who holds what in all, by all bindings: worked out once for the checks that ask.

use std::collections::HashMap;
use std::sync::Arc;

use seawall_model::document::Node;
use seawall_model::{Cx, Inventory, Object};
use seawall_rbac::risks::{Class, Risk};
use seawall_rbac::{BindingId, Caller, Policy, Subject};

/// The policy of an inventory, and the risks in it.
pub(super) struct Rights {
    pub(super) policy: Policy,
    risks: Vec<Risk>,
    by_subject: HashMap<Subject, Vec<usize>>,
}

/// What is held in an inventory; `None` where nothing is bound.
pub(super) fn rights(cx: &Cx<'_>) -> Option<Arc<Rights>> {
    use super::bindings::BINDINGS;
    let inventory = cx.inventory();
    let bound = BINDINGS.iter().any(|kind| inventory.of_kind(*kind).next().is_some());
    bound.then(|| inventory.derived(Rights::new))
}

impl Rights {
    fn new(inventory: &Inventory) -> Self {
        let policy = Policy::read(inventory);
        let mut risks = policy.risks();
        risks.retain(|risk| !risk.is_default);
        let mut by_subject: HashMap<Subject, Vec<usize>> = HashMap::new();
        for (number, risk) in risks.iter().enumerate() {
            by_subject.entry(risk.subject.clone()).or_default().push(number);
        }
        Rights { policy, risks, by_subject }
    }

    /// All risks that Kubernetes itself does not make.
    pub(super) fn risks(&self) -> &[Risk] {
        &self.risks
    }

    /// The risks of a subject and of the groups that it is in.
    pub(super) fn risks_of(&self, subject: &Subject) -> impl Iterator<Item = &Risk> {
        let Caller { groups, .. } = subject.caller();
        let names = std::iter::once(subject.clone()).chain(groups.into_iter().map(Subject::Group));
        names
            .filter_map(|name| self.by_subject.get(&name))
            .flatten()
            .map(|number| &self.risks[*number])
    }

    /// The bindings of a risk that somebody wrote, each once.
    pub(super) fn bindings(&self, risk: &Risk) -> Vec<BindingId> {
        let mut bindings: Vec<BindingId> = risk
            .grants
            .iter()
            .map(|grant| grant.binding)
            .filter(|id| self.policy.binding(*id).object().is_some())
            .collect();
        bindings.sort_unstable();
        bindings.dedup();
        bindings
    }
}

/// The object of a binding, and in it the place where it names the subject.
pub(super) fn named_in<'a>(
    rights: &Rights,
    id: BindingId,
    subject: &Subject,
    cx: &Cx<'a>,
) -> Option<(Object<'a>, Node<'a>)> {
    let object = cx.inventory().object(rights.policy.binding(id).object()? as usize);
    let is_it = |node: &Node<'a>| {
        let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
        match text("kind") {
            "ServiceAccount" => {
                let namespace = match text("namespace") {
                    "" => object.namespace().unwrap_or("default"),
                    namespace => namespace,
                };
                *subject == Subject::service_account(namespace, text("name"))
            }
            "User" => *subject == Subject::user(text("name")),
            _ => *subject == Subject::Group(text("name").to_owned()),
        }
    };
    let node = object.root().get("subjects")?.items().find(is_it)?;
    Some((object, node))
}

/// "in the whole cluster", "in shop".
pub(super) fn place(risk: &Risk) -> String {
    const MOST: usize = 4;
    match &risk.namespaces {
        None => "in the whole cluster".to_owned(),
        Some(names) if names.len() <= MOST => format!("in {}", names.join(", ")),
        Some(names) => format!("in {} and {} more", names[..MOST].join(", "), names.len() - MOST),
    }
}

/// Fails the subjects that hold rights of a class only together, by several rules or bindings,
/// once at each binding that has a part in it.
pub(super) fn report_class(class: &Class, remedy: &str, cx: &mut Cx<'_>) {
    let Some(rights) = rights(cx) else { return };
    for risk in rights.risks().iter().filter(|risk| risk.class == class) {
        for id in rights.bindings(risk) {
            let Some((object, node)) = named_in(&rights, id, &risk.subject, cx) else { continue };
            let message =
                format!("{} may {} {}; {remedy}", risk.subject, risk.class.title, place(risk));
            if risk.bounded {
                cx.about(object).fail_lesser(node, "", message);
            } else {
                cx.about(object).fail(node, message);
            }
        }
    }
}
