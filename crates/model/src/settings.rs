//! What checks need to know of the team's own rules; read from `seawall.yaml` by the room `config`.

use crate::quantity::Quantity;

/// The team's own rules. The default asks for nothing that only the team can know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Registries or repositories, as prefixes of normalised image names, that images may come
    /// from; empty allows all.
    pub allowed_registries: Vec<String>,
    /// Registries or repositories that images must not come from.
    pub forbidden_registries: Vec<String>,
    /// Exact references that images of these repositories must have, such as `nginx:1.29.1`.
    pub required_images: Vec<String>,
    /// Highest CPU limit or request that a container may have.
    pub max_cpu: Option<Quantity>,
    /// Highest memory limit or request that a container may have.
    pub max_memory: Option<Quantity>,
    /// The Kubernetes 1.x version aimed at; `None` is the newest known.
    pub kubernetes_minor: Option<u8>,
}
