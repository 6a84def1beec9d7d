//! Of two values one is lost.

use std::collections::HashMap;

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity};

use crate::fix;

/// A name that stands twice in a container's `env`.
pub const CHECK: Check = Check {
    id: "duplicate-environment-variable",
    title: "Environment variable is set twice",
    severity: Severity::Low,
    rationale: "The last value holds and the others do nothing, so that a setting which somebody \
                reads in the manifest, such as one that switches authentication on, is not the one \
                that runs. Server-side apply refuses such a list.",
    remedy: "Keep one of the entries.",
    mapping: Mapping::NONE,
    covers: &[
        "kubescape:C-0295",
        "kube-linter:duplicate-env-var",
        "kube-score:environment-variable-key-duplication",
    ],
    links: &[
        "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The container gets the last value of a name; one that another variable is made of \
             stays.",
        ),
        edits,
    }),
    cases: include_str!("duplicate_environment_variable.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(env) = container.env else { return Ok(()) };
    let mut last: HashMap<&str, Node<'a>> = HashMap::new();
    for variable in env.list()? {
        let Some(name) = variable.get("name") else { continue };
        if let Some(lost) = last.insert(name.text(), name) {
            cx.fail(
                lost,
                format!(
                    "{} sets {} again further below, and this value is lost; keep one",
                    container.noun(),
                    name.text()
                ),
            );
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let env = flaw.container()?.env;
    let reference = format!("$({})", flaw.node.text());
    let mut values = env.into_iter().flat_map(Node::items).filter_map(|item| item.get("value"));
    if values.any(|value| value.text().contains(&reference)) {
        return Err("another variable is made of it".into());
    }
    fix::remove_item(flaw, env)
}
