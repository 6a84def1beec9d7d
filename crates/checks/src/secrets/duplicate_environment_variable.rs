//! Of two values one is lost.

use std::collections::HashMap;

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, Outcome, Scope, Severity};

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
    fix: None,
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
