//! What stays up when a node, a zone or a release fails.

mod autoscaled_replicas_set;
mod autoscaler_misconfigured;
mod autoscaler_target_missing;
mod bare_pod;
mod disruption_budget_blocks_evictions;
mod disruption_budget_incomplete;
mod disruption_budget_missing;
mod dns_options_missing;
mod extended_resource_without_quota;
mod finished_job_kept;
mod identical_probes;
mod invalid_restart_policy;
mod job_without_deadline;
mod liveness_probe_missing;
mod no_rolling_update;
mod pods_not_spread;
mod priority_class_missing;
mod probe_port_not_declared;
mod probes;
mod readiness_probe_missing;
mod scale;
mod stateful_set_service_missing;
mod too_few_replicas;

use crate::registry::Family;

/// The family's checks.
pub const FAMILY: Family = Family {
    id: "reliability",
    title: "Reliability",
    checks: &[
        &liveness_probe_missing::CHECK,
        &readiness_probe_missing::CHECK,
        &identical_probes::CHECK,
        &probe_port_not_declared::CHECK,
        &too_few_replicas::CHECK,
        &pods_not_spread::CHECK,
        &no_rolling_update::CHECK,
        &disruption_budget_missing::CHECK,
        &disruption_budget_blocks_evictions::CHECK,
        &disruption_budget_incomplete::CHECK,
        &autoscaler_misconfigured::CHECK,
        &autoscaled_replicas_set::CHECK,
        &autoscaler_target_missing::CHECK,
        &priority_class_missing::CHECK,
        &job_without_deadline::CHECK,
        &finished_job_kept::CHECK,
        &invalid_restart_policy::CHECK,
        &bare_pod::CHECK,
        &stateful_set_service_missing::CHECK,
        &dns_options_missing::CHECK,
        &extended_resource_without_quota::CHECK,
    ],
};
