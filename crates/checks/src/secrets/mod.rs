//! Who can read the credentials: whoever reads the repository, the pod's spec or the namespace.

mod base64;
mod cluster_secret_store_open;
mod credential_in_command;
mod credential_in_config_map;
mod credential_in_environment;
mod credential_in_secret_manifest;
mod duplicate_environment_variable;
mod external_secrets;
mod formats;
mod kubeconfig_with_credential;
mod long_lived_service_account_token;
mod personal_data_in_config_map;
mod referenced_object_missing;
mod retired_external_secret;
mod search;
mod secret_in_environment;
mod secret_store_with_credential;
mod unmounted_secret_volume;
mod values;
mod whole_secret_mounted;

use seawall_model::Check;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "secrets",
    title: "Secrets and configuration",
    checks: &[
        &credential_in_environment::CHECK,
        &credential_in_command::CHECK,
        &credential_in_config_map::CHECK,
        &credential_in_secret_manifest::CHECK,
        &kubeconfig_with_credential::CHECK,
        &long_lived_service_account_token::CHECK,
        &personal_data_in_config_map::CHECK,
        &secret_in_environment::CHECK,
        &unmounted_secret_volume::CHECK,
        &whole_secret_mounted::CHECK,
        &referenced_object_missing::CHECK,
        &duplicate_environment_variable::CHECK,
        &cluster_secret_store_open::CHECK,
        &secret_store_with_credential::CHECK,
        &retired_external_secret::CHECK,
    ],
};

/// The checks whose findings may be secret.
pub(crate) const FIND_CONFIDENTIAL: &[&Check] = &[
    &credential_in_environment::CHECK,
    &credential_in_command::CHECK,
    &credential_in_config_map::CHECK,
    &credential_in_secret_manifest::CHECK,
    &kubeconfig_with_credential::CHECK,
    &personal_data_in_config_map::CHECK,
    &secret_store_with_credential::CHECK,
];
