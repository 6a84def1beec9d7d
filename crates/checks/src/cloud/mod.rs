//! Where the cluster meets the cloud that it runs in.

mod aws_auth_maps_to_masters;
mod cloud_role_on_default_account;
mod retired_pod_identity;
mod static_cloud_credentials;
mod unencrypted_storage_class;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "cloud",
    title: "Cloud",
    checks: &[
        &aws_auth_maps_to_masters::CHECK,
        &cloud_role_on_default_account::CHECK,
        &static_cloud_credentials::CHECK,
        &retired_pod_identity::CHECK,
        &unencrypted_storage_class::CHECK,
    ],
};
