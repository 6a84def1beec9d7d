//! A webhook is sent the whole object: of a Secret, the secret.

use seawall_model::document::Node;
use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity, Undecided};

use super::webhooks::{Rule, WEBHOOKS, each, rules};

/// A webhook with a rule that matches Secrets.
pub const CHECK: Check = Check {
    id: "webhook-sees-secrets",
    title: "Admission webhook is sent Secrets",
    severity: Severity::Medium,
    rationale: "The API server sends every matching object to the webhook's server. With a rule \
                that matches Secrets, by name or by `*`, whoever controls or reads that server \
                sees each Secret as it is written; a mutating webhook may also change it.",
    remedy: "List in the rules only the resources that the webhook decides about, and leave out \
             `secrets`. Where it must see them, guard its server as the API server itself.",
    mapping: Mapping { nsa: &[], cis: &[], pss: None, mitre: &["T1552"] },
    covers: &["kubescape:C-0036", "kubescape:C-0039"],
    links: &[
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ],
    scope: Scope::Object(WEBHOOKS, run),
    fix: Err(NoFix::Decision),
    cases: include_str!("webhook_sees_secrets.yaml"),
};

fn run<'a>(configuration: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(configuration, cx, look)
}

fn look<'a>(webhook: Node<'a>, cx: &mut Cx<'a>) -> Result<(), Undecided<'a>> {
    let name = webhook.get("name").map_or("(no name)", Node::text);
    for rule in rules(webhook)?.into_iter().flatten() {
        let rule = Rule::new(rule);
        // A deleted object is sent too; connecting sends none.
        let operation = rule.has("operations", &["CREATE", "UPDATE", "DELETE", "*"])?;
        let group = rule.has("apiGroups", &["", "*"])?;
        let resource = rule.has("resources", &["secrets", "*", "*/*"])?;
        if let (Some(_), Some(_), Some(resource)) = (operation, group, resource) {
            let message = format!(
                "webhook {name} is sent every Secret that matches `{}`; \
                 list only the resources it decides about",
                resource.text()
            );
            cx.fail(resource, message);
        }
    }
    Ok(())
}
