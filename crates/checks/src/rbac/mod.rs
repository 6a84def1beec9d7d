//! Who may do what: roles, and whom they are bound to.
//!
//! Most checks look at one role or one binding. What a subject may do in all, by all its bindings, is
//! worked out once by `seawall-rbac` for the checks that ask (`rights`).

mod all_service_accounts_bound;
mod anonymous_bound;
mod authenticated_bound;
mod binding_without_role;
mod bindings;
mod cluster_admin_bound;
mod default_role_edited;
mod kubernetes_dashboard_deployed;
mod kubernetes_dashboard_has_rights;
mod masters_bound;
mod powerful_default_role_bound;
mod rights;
mod role_accesses_secrets;
mod role_approves_certificates;
mod role_attaches_to_pods;
mod role_binds_roles;
mod role_changes_admission;
mod role_changes_config_maps;
mod role_changes_guards;
mod role_changes_network;
mod role_changes_service_status;
mod role_changes_status;
mod role_changes_storage;
mod role_creates_persistent_volumes;
mod role_creates_pods;
mod role_creates_tokens;
mod role_debugs_pods;
mod role_deletes_events;
mod role_deletes_workloads;
mod role_escalates;
mod role_execs_into_pods;
mod role_forwards_ports;
mod role_impersonates;
mod role_proxies_nodes;
mod rule_without_effect;
mod rules;
mod shared_service_account;
mod subject_lifts_pod_security;
mod subject_steals_pods;
mod wildcard_role;
mod workload_holds_rights;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "rbac",
    title: "Roles and bindings",
    checks: &[
        &cluster_admin_bound::CHECK,
        &powerful_default_role_bound::CHECK,
        &masters_bound::CHECK,
        &anonymous_bound::CHECK,
        &authenticated_bound::CHECK,
        &all_service_accounts_bound::CHECK,
        &binding_without_role::CHECK,
        &shared_service_account::CHECK,
        &workload_holds_rights::CHECK,
        &subject_steals_pods::CHECK,
        &subject_lifts_pod_security::CHECK,
        &default_role_edited::CHECK,
        &wildcard_role::CHECK,
        &rule_without_effect::CHECK,
        &role_accesses_secrets::CHECK,
        &role_creates_tokens::CHECK,
        &role_execs_into_pods::CHECK,
        &role_attaches_to_pods::CHECK,
        &role_debugs_pods::CHECK,
        &role_forwards_ports::CHECK,
        &role_proxies_nodes::CHECK,
        &role_creates_pods::CHECK,
        &role_impersonates::CHECK,
        &role_binds_roles::CHECK,
        &role_escalates::CHECK,
        &role_changes_admission::CHECK,
        &role_approves_certificates::CHECK,
        &role_creates_persistent_volumes::CHECK,
        &role_changes_config_maps::CHECK,
        &role_changes_network::CHECK,
        &role_changes_service_status::CHECK,
        &role_changes_status::CHECK,
        &role_changes_storage::CHECK,
        &role_changes_guards::CHECK,
        &role_deletes_workloads::CHECK,
        &role_deletes_events::CHECK,
        &kubernetes_dashboard_deployed::CHECK,
        &kubernetes_dashboard_has_rights::CHECK,
    ],
};
