//! The defaults of the API server, as data: where a value stands, and what it is by default.
//!
//! Only of fields that checks look at or that the API does not require.

use seawall_model::ObjectKind;

/// A path, in which `key[]` stands for each item of a list, and the default at its end.
pub(super) type Rule = (&'static [&'static str], &'static str);

/// A map with nothing in it.
pub(super) const EMPTY: &str = "{}";

/// `SetDefaults_PodSpec` and the `SetDefaults_*` of volumes, `pkg/apis/core/v1/defaults.go`.
pub(super) const POD: &[Rule] = &[
    (&["restartPolicy"], "Always"),
    (&["dnsPolicy"], "ClusterFirst"),
    (&["schedulerName"], "default-scheduler"),
    (&["terminationGracePeriodSeconds"], "30"),
    (&["enableServiceLinks"], "true"),
    (&["securityContext"], EMPTY),
    (&["volumes[]", "configMap", "defaultMode"], "420"),
    (&["volumes[]", "secret", "defaultMode"], "420"),
    (&["volumes[]", "projected", "defaultMode"], "420"),
    (&["volumes[]", "downwardAPI", "defaultMode"], "420"),
    (&["volumes[]", "hostPath", "type"], ""),
    (&["volumes[]", "projected", "sources[]", "serviceAccountToken", "expirationSeconds"], "3600"),
];

/// `SetDefaults_Container`, `SetDefaults_Probe`, `SetDefaults_HTTPGetAction`,
/// `SetDefaults_ObjectFieldSelector`; the protocol of a port is defaulted by the schema.
pub(super) const CONTAINER: &[Rule] = &[
    (&["terminationMessagePath"], "/dev/termination-log"),
    (&["terminationMessagePolicy"], "File"),
    (&["resources"], EMPTY),
    (&["ports[]", "protocol"], "TCP"),
    (&["securityContext", "procMount"], "Default"),
    (&["env[]", "valueFrom", "fieldRef", "apiVersion"], "v1"),
    (&["livenessProbe", "timeoutSeconds"], "1"),
    (&["livenessProbe", "periodSeconds"], "10"),
    (&["livenessProbe", "successThreshold"], "1"),
    (&["livenessProbe", "failureThreshold"], "3"),
    (&["livenessProbe", "httpGet", "scheme"], "HTTP"),
    (&["readinessProbe", "timeoutSeconds"], "1"),
    (&["readinessProbe", "periodSeconds"], "10"),
    (&["readinessProbe", "successThreshold"], "1"),
    (&["readinessProbe", "failureThreshold"], "3"),
    (&["readinessProbe", "httpGet", "scheme"], "HTTP"),
    (&["startupProbe", "timeoutSeconds"], "1"),
    (&["startupProbe", "periodSeconds"], "10"),
    (&["startupProbe", "successThreshold"], "1"),
    (&["startupProbe", "failureThreshold"], "3"),
    (&["startupProbe", "httpGet", "scheme"], "HTTP"),
];

/// `SetDefaults_Job`, `pkg/apis/batch/v1/defaults.go`; the spec of a Job or of a CronJob's template.
pub(super) const JOB: &[Rule] = &[
    (&["completions"], "1"),
    (&["parallelism"], "1"),
    (&["backoffLimit"], "6"),
    (&["completionMode"], "NonIndexed"),
    (&["suspend"], "false"),
    (&["manualSelector"], "false"),
    (&["podReplacementPolicy"], "TerminatingOrFailed"),
];

/// `pkg/apis/apps/v1/defaults.go`
const DEPLOYMENT: &[Rule] = &[
    (&["spec", "replicas"], "1"),
    (&["spec", "revisionHistoryLimit"], "10"),
    (&["spec", "progressDeadlineSeconds"], "600"),
    (&["spec", "strategy", "type"], "RollingUpdate"),
    (&["spec", "strategy", "rollingUpdate", "maxSurge"], "25%"),
    (&["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%"),
];

const STATEFUL_SET: &[Rule] = &[
    (&["spec", "replicas"], "1"),
    (&["spec", "revisionHistoryLimit"], "10"),
    (&["spec", "podManagementPolicy"], "OrderedReady"),
    (&["spec", "updateStrategy", "type"], "RollingUpdate"),
    (&["spec", "updateStrategy", "rollingUpdate", "partition"], "0"),
    (&["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"], "Retain"),
    (&["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"], "Retain"),
    (&["spec", "volumeClaimTemplates[]", "spec", "volumeMode"], "Filesystem"),
];

const DAEMON_SET: &[Rule] = &[
    (&["spec", "revisionHistoryLimit"], "10"),
    (&["spec", "updateStrategy", "type"], "RollingUpdate"),
    (&["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], "1"),
    (&["spec", "updateStrategy", "rollingUpdate", "maxSurge"], "0"),
];

const REPLICAS: &[Rule] = &[(&["spec", "replicas"], "1")];

const CRON_JOB: &[Rule] = &[
    (&["spec", "concurrencyPolicy"], "Allow"),
    (&["spec", "suspend"], "false"),
    (&["spec", "successfulJobsHistoryLimit"], "3"),
    (&["spec", "failedJobsHistoryLimit"], "1"),
];

const SERVICE: &[Rule] = &[
    (&["spec", "type"], "ClusterIP"),
    (&["spec", "sessionAffinity"], "None"),
    (&["spec", "internalTrafficPolicy"], "Cluster"),
    (&["spec", "externalTrafficPolicy"], "Cluster"),
    (&["spec", "allocateLoadBalancerNodePorts"], "true"),
    (&["spec", "ports[]", "protocol"], "TCP"),
];

/// `SetDefaults_NetworkPolicyPort`, `pkg/apis/networking/v1/defaults.go`
const NETWORK_POLICY: &[Rule] = &[
    (&["spec", "ingress[]", "ports[]", "protocol"], "TCP"),
    (&["spec", "egress[]", "ports[]", "protocol"], "TCP"),
];

const CLAIM: &[Rule] = &[(&["spec", "volumeMode"], "Filesystem")];

const VOLUME: &[Rule] = &[
    (&["spec", "volumeMode"], "Filesystem"),
    (&["spec", "persistentVolumeReclaimPolicy"], "Retain"),
    (&["spec", "hostPath", "type"], ""),
];

const STORAGE_CLASS: &[Rule] =
    &[(&["reclaimPolicy"], "Delete"), (&["volumeBindingMode"], "Immediate")];

/// `pkg/apis/rbac/v1/defaults.go`
const BINDING: &[Rule] = &[(&["subjects[]", "apiGroup"], "rbac.authorization.k8s.io")];

/// `pkg/apis/admissionregistration/v1/defaults.go`
const WEBHOOKS: &[Rule] = &[
    (&["webhooks[]", "failurePolicy"], "Fail"),
    (&["webhooks[]", "matchPolicy"], "Equivalent"),
    (&["webhooks[]", "timeoutSeconds"], "10"),
    (&["webhooks[]", "reinvocationPolicy"], "Never"),
    (&["webhooks[]", "namespaceSelector"], EMPTY),
    (&["webhooks[]", "objectSelector"], EMPTY),
    (&["webhooks[]", "rules[]", "scope"], "*"),
    (&["webhooks[]", "clientConfig", "service", "port"], "443"),
];

const AUTOSCALER: &[Rule] = &[(&["spec", "minReplicas"], "1")];

const SECRET: &[Rule] = &[(&["type"], "Opaque")];

const PRIORITY_CLASS: &[Rule] = &[(&["preemptionPolicy"], "PreemptLowerPriority")];

/// `SetDefaults_*` of a kind, from the object's root; pods and jobs come beside them.
pub(super) fn of(kind: ObjectKind) -> &'static [Rule] {
    match kind {
        ObjectKind::Deployment => DEPLOYMENT,
        ObjectKind::StatefulSet => STATEFUL_SET,
        ObjectKind::DaemonSet => DAEMON_SET,
        ObjectKind::ReplicaSet | ObjectKind::ReplicationController => REPLICAS,
        ObjectKind::CronJob => CRON_JOB,
        ObjectKind::Service => SERVICE,
        ObjectKind::NetworkPolicy => NETWORK_POLICY,
        ObjectKind::PersistentVolumeClaim => CLAIM,
        ObjectKind::PersistentVolume => VOLUME,
        ObjectKind::StorageClass => STORAGE_CLASS,
        ObjectKind::RoleBinding | ObjectKind::ClusterRoleBinding => BINDING,
        ObjectKind::ValidatingWebhookConfiguration | ObjectKind::MutatingWebhookConfiguration => {
            WEBHOOKS
        }
        ObjectKind::HorizontalPodAutoscaler => AUTOSCALER,
        ObjectKind::Secret => SECRET,
        ObjectKind::PriorityClass => PRIORITY_CLASS,
        _ => &[],
    }
}
