//! How requests come in from outside.

mod backend;
mod ingress_backend_missing;
mod ingress_nginx_allows_snippets;
mod ingress_nginx_retired;
mod ingress_nginx_snippet;
mod ingress_wildcard_host;
mod ingress_without_tls;
mod route_backend_missing;
mod route_without_gateway;

pub(crate) use backend::backends;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "ingress",
    title: "Ingress and routes",
    checks: &[
        &ingress_without_tls::CHECK,
        &ingress_wildcard_host::CHECK,
        &ingress_nginx_snippet::CHECK,
        &ingress_nginx_allows_snippets::CHECK,
        &ingress_nginx_retired::CHECK,
        &ingress_backend_missing::CHECK,
        &route_backend_missing::CHECK,
        &route_without_gateway::CHECK,
    ],
};
