//! Who may reach whom, as policies and Services say one by one.

mod allow_all_network_policy;
mod container_port_unused;
mod egress_to_instance_metadata;
mod invalid_container_port;
mod invalid_service_port;
mod load_balancer_open_to_all;
mod namespace_without_default_deny;
mod namespace_without_network_policy;
mod network_policy_selects_nothing;
mod network_policy_without_peers;
mod node_port_service;
mod pod_without_network_policy;
pub(crate) mod policy;
pub(crate) mod ports;
mod privileged_port;
mod sensitive_interface_exposed;
pub(crate) mod service;
mod service_external_ips;
mod service_monitor_without_service;
mod service_port_unserved;
mod service_without_pods;
mod ssh_server;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "network",
    title: "Network",
    checks: &[
        &pod_without_network_policy::CHECK,
        &namespace_without_network_policy::CHECK,
        &namespace_without_default_deny::CHECK,
        &allow_all_network_policy::CHECK,
        &network_policy_without_peers::CHECK,
        &network_policy_selects_nothing::CHECK,
        &egress_to_instance_metadata::CHECK,
        &service_external_ips::CHECK,
        &node_port_service::CHECK,
        &load_balancer_open_to_all::CHECK,
        &sensitive_interface_exposed::CHECK,
        &service_without_pods::CHECK,
        &service_port_unserved::CHECK,
        &service_monitor_without_service::CHECK,
        &invalid_service_port::CHECK,
        &invalid_container_port::CHECK,
        &container_port_unused::CHECK,
        &privileged_port::CHECK,
        &ssh_server::CHECK,
    ],
};
