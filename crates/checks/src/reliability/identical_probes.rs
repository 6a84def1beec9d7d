//! One answer to two questions takes the whole service down.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

/// A `livenessProbe` and a `readinessProbe` that do the same (`httpGet`, `tcpSocket`, `exec` or
/// `grpc`).
pub const CHECK: Check = Check {
    id: "identical-probes",
    title: "Liveness and readiness probes are the same",
    severity: Severity::Low,
    rationale: "A program that is busy, or whose database is away, answers neither probe, and \
                instead of being spared for a while it is killed with all its connections. Whoever \
                can keep it busy can have it restarted, all replicas at a time.",
    remedy: "Let the liveness probe ask only whether the program itself still works, on another \
             path than the readiness probe.",
    mapping: Mapping::NONE,
    covers: &["kube-score:pod-probes-identical"],
    links: &[
        "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    ],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("identical_probes.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (Some(live), Some(ready)) = (container.liveness_probe, container.readiness_probe) else {
        return Ok(());
    };
    live.map()?;
    ready.map()?;
    let same = ["httpGet", "tcpSocket", "exec", "grpc"].iter().any(|handler| {
        let both = live.get(handler).zip(ready.get(handler));
        both.is_some_and(|(live, ready)| equal(live, ready))
    });
    if same {
        cx.fail(
            live,
            format!(
                "the liveness and readiness probes of {} do the same; let the liveness probe ask \
                 only whether the program itself works",
                container.noun()
            ),
        );
    }
    Ok(())
}

/// Equal in content, whatever the order of keys.
fn equal(a: Node<'_>, b: Node<'_>) -> bool {
    let lengths = |node: Node<'_>| (node.entries().count(), node.items().count());
    a.kind() == b.kind()
        && a.text() == b.text()
        && lengths(a) == lengths(b)
        && a.items().zip(b.items()).all(|(a, b)| equal(a, b))
        && a.entries()
            .all(|(key, a)| b.entries().any(|(other, b)| key.text() == other.text() && equal(a, b)))
}
