//! Objects of the project agent-sandbox, which run what nobody has read.

use seawall_model::Object;

/// Whether an object's pods are sandboxes of agents.
pub(super) fn is_sandbox(object: Object<'_>) -> bool {
    matches!(object.group(), "agents.x-k8s.io" | "extensions.agents.x-k8s.io")
        && matches!(object.id().kind.as_str(), "Sandbox" | "SandboxTemplate")
}
