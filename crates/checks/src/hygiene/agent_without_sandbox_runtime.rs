//! Code that a model writes shares the node's kernel.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, ObjectKind, Outcome, Scope, Severity};

use super::agents::is_sandbox;

/// Handlers that run containers on the node's kernel.
const PLAIN: &[&str] = &["runc", "crun", "youki", "default"];

/// A pod of a Sandbox or SandboxTemplate (`agents.x-k8s.io`), which is there to run code that
/// nobody has read, without a `runtimeClassName`, or with a RuntimeClass among what was read whose
/// handler is a plain one.
pub const CHECK: Check = Check {
    id: "agent-without-sandbox-runtime",
    title: "Agent's sandbox runs on the node's own kernel",
    severity: Severity::High,
    rationale: "An agent runs commands that a model chose, on behalf of whoever could put words \
                into its input. In a plain container one flaw of the kernel leads from there to \
                the node and all its pods; gVisor and Kata Containers put a kernel of their own \
                between.",
    remedy: "Install gVisor or Kata Containers and name their RuntimeClass in `runtimeClassName`.",
    mapping: Mapping { mitre: &["T1611"], ..Mapping::NONE },
    covers: &["kubescape:C-0297"],
    links: &["https://kubernetes.io/docs/concepts/containers/runtime-class/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("agent_without_sandbox_runtime.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if !is_sandbox(pod.object) {
        cx.not_applicable();
        return Ok(());
    }
    let (kind, name) = (&pod.object.id().kind, pod.object.name());
    let class = pod.field("runtimeClassName").map(Node::string).transpose()?;
    let Some(class) = class.filter(|class| !class.value.is_empty()) else {
        cx.fail_missing(
            pod.spec,
            "runtimeClassName",
            format!(
                "{kind} {name} runs on the node's own kernel; name a RuntimeClass of gVisor or Kata"
            ),
        );
        return Ok(());
    };
    let handler = cx
        .inventory()
        .named(ObjectKind::RuntimeClass, None, class.value)
        .find_map(|class| class.root().get("handler"));
    if let Some(handler) = handler.filter(|handler| PLAIN.contains(&handler.text())) {
        cx.fail(
            class.node,
            format!(
                "{kind} {name} runs with RuntimeClass {}, whose handler {} is on the node's own \
                 kernel; name one of gVisor or Kata",
                class.value,
                handler.text()
            ),
        );
    }
    Ok(())
}
