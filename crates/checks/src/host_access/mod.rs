//! What a pod reaches of the node that it runs on.

mod cloud_credentials_host_path;
mod container_runtime_socket;
mod host_aliases;
mod host_ipc;
mod host_network;
mod host_path;
mod host_path_persistent_volume;
mod host_path_volume;
mod host_pid;
mod host_port;
mod places;
mod sensitive_host_path;
mod volume_type_not_restricted;
mod writable_host_path;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "host-access",
    title: "Host access",
    checks: &[
        &host_pid::CHECK,
        &host_ipc::CHECK,
        &host_network::CHECK,
        &host_port::CHECK,
        &host_path_volume::CHECK,
        &sensitive_host_path::CHECK,
        &writable_host_path::CHECK,
        &container_runtime_socket::CHECK,
        &cloud_credentials_host_path::CHECK,
        &volume_type_not_restricted::CHECK,
        &host_aliases::CHECK,
        &host_path_persistent_volume::CHECK,
    ],
};
