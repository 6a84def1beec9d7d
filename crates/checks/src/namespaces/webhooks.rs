//! What an admission webhook is called for, and what happens when it does not answer.

use seawall_model::document::{Items, Node};
use seawall_model::{Cx, Object, ObjectKind, Outcome, Undecided};

/// The kinds that register webhooks.
pub(super) const WEBHOOKS: &[ObjectKind] =
    &[ObjectKind::ValidatingWebhookConfiguration, ObjectKind::MutatingWebhookConfiguration];

/// Looks at each webhook of a configuration; one that can't be understood is undecided.
pub(super) fn each<'a>(
    configuration: Object<'a>,
    cx: &mut Cx<'a>,
    mut look: impl FnMut(Node<'a>, &mut Cx<'a>) -> Result<(), Undecided<'a>>,
) -> Outcome<'a> {
    let Some(webhooks) = configuration.root().field("webhooks")? else { return Ok(()) };
    for webhook in webhooks.list()? {
        let outcome = webhook.map().and_then(|_| look(webhook, cx));
        if let Err(why) = outcome {
            cx.undecided(why);
        }
    }
    Ok(())
}

/// Whether requests pass when the webhook fails. Absent, `failurePolicy` is `Fail` in v1 and was
/// `Ignore` in v1beta1 (`SetDefaults_ValidatingWebhook` of each version).
pub(super) fn ignores_failure<'a>(
    configuration: Object<'a>,
    webhook: Node<'a>,
) -> Result<bool, Undecided<'a>> {
    Ok(match webhook.field("failurePolicy")? {
        Some(policy) => policy.string()?.value == "Ignore",
        None => configuration.id().api_version.ends_with("/v1beta1"),
    })
}

/// The rules that say what the webhook is called for.
pub(super) fn rules<'a>(webhook: Node<'a>) -> Result<Option<Items<'a>>, Undecided<'a>> {
    webhook.field("rules")?.map(Node::list).transpose()
}

/// One rule.
#[derive(Clone, Copy)]
pub(super) struct Rule<'a> {
    node: Node<'a>,
}

impl<'a> Rule<'a> {
    pub(super) fn new(node: Node<'a>) -> Self {
        Rule { node }
    }

    /// The first item of a list of the rule that is one of `values`.
    pub(super) fn has(
        self,
        list: &str,
        values: &[&str],
    ) -> Result<Option<Node<'a>>, Undecided<'a>> {
        let Some(items) = self.node.field(list)? else { return Ok(None) };
        for item in items.list()? {
            if values.contains(&item.string()?.value) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}
