//! A key that stands twice says two things, and readers believe the wrong one.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

/// A key stands twice in one map.
pub const CHECK: Check = Check {
    id: "duplicate-key",
    title: "Key stands twice in one map",
    severity: Severity::Medium,
    rationale: "YAML forbids a key to stand twice; the decoders of Kubernetes' clients let the last \
                one win, and strict ones refuse the object. A second `securityContext` further \
                down silently undoes the first, which is the one that reviewers see.",
    remedy: "Keep one of the two, and merge what both hold.",
    mapping: Mapping::NONE,
    covers: &["kube-linter:schema-validation"],
    links: &["https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"],
    scope: Scope::AnyObject(run),
    fix: Err(NoFix::Intent),
    cases: include_str!("duplicate_key.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let document = object.root().document();
    for duplicate in document.duplicates() {
        let winner = object.root().descendants().find(|node| node.span() == duplicate.kept);
        if let Some(winner) = winner {
            let line = document.source().position(duplicate.dropped.start).line;
            let message = format!(
                "{:?} stands here and on line {line}: strict decoding refuses the object, other \
                 clients drop what line {line} says; keep one",
                winner.text()
            );
            cx.fail(winner, message);
        }
    }
    Ok(())
}
