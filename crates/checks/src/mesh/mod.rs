//! What a service mesh, Istio or Linkerd, is told to let through.

mod linkerd_server_without_authorization;
mod mesh_admits_unauthenticated;
mod mesh_policy_allows_all;
mod mesh_policy_without_effect;
mod mesh_ports_skipped;
mod mesh_sidecar_excluded;
mod mutual_tls_not_strict;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "mesh",
    title: "Service mesh",
    checks: &[
        &mutual_tls_not_strict::CHECK,
        &mesh_policy_allows_all::CHECK,
        &mesh_policy_without_effect::CHECK,
        &mesh_sidecar_excluded::CHECK,
        &mesh_ports_skipped::CHECK,
        &mesh_admits_unauthenticated::CHECK,
        &linkerd_server_without_authorization::CHECK,
    ],
};
