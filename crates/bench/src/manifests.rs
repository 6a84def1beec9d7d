//! Manifests that run the benchmark in a cluster: a Job on one node, a CronJob, a DaemonSet on all
//! nodes, or a plugin of Sonobuoy.
//!
//! Reading a node takes some of its directories, and no more: the pod has them read-only, with all
//! that is mounted below them, and no namespace of the node. `/proc` is the node's own, so its
//! processes are seen without `hostPID`; `/run`, where the sockets of container runtimes stand, to
//! which a read-only mount is no hindrance, is not among them. The user is root, since that is whose
//! files are read, but has none of root's capabilities, and no other user could be given any
//! (Kubernetes has no ambient capabilities). What takes more is asked for by name, and a comment in
//! the manifest says why it is there.

use std::fmt::Write as _;

/// What kind of manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Once, on one node.
    Job,
    /// On one node, again and again.
    CronJob,
    /// On every node.
    DaemonSet,
    /// On every node, as a plugin of Sonobuoy.
    Sonobuoy,
}

/// What the manifests are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which.
    pub kind: Kind,
    /// The image that has `seawall` as its program.
    pub image: String,
    /// The namespace; made too.
    pub namespace: String,
    /// The node of a Job or CronJob; any where there is none.
    pub node: Option<String>,
    /// When a CronJob runs, in cron's words.
    pub schedule: String,
    /// Further arguments of `seawall bench run`.
    pub arguments: Vec<String>,
    /// Whether the API's objects are read too, for which there is a role.
    pub cluster: bool,
    /// Directories of the node that are mounted. Each must be there on every node, or the runtime
    /// makes it.
    pub directories: Vec<String>,
    /// Whether files are read that others than root own and may read, for which there is a
    /// capability.
    pub others: bool,
    /// Whether the environment of processes is read too, for which a debugger's capability is
    /// needed: etcd may be configured by variables, and started by neither a manifest nor a unit.
    /// With the node's `/proc` it is as much as being root on the node: `/proc/1/root` leads to all
    /// files of the node past read-only mounts.
    pub environment: bool,
    /// Whether the pod has the node's network, without which kernel settings of the network can't
    /// be read: `/proc/sys/net` is that of who reads it, wherever it was mounted.
    pub host_network: bool,
    /// Whether the firewall's rules in the kernel are read, which the kernel shows to those alone
    /// who may change them, in the network that they are of.
    pub firewall: bool,
}

const NAME: &str = "seawall-bench";

/// The directories that are mounted unless others are asked for: every Linux has them, and the
/// components of Kubernetes keep nothing elsewhere but on GKE, which has `/home/kubernetes`, and
/// MicroK8s, which has `/var/snap`.
pub const DIRECTORIES: [&str; 5] = ["/etc", "/proc", "/sys", "/usr", "/var/lib"];

/// The resources that a run over the cluster's objects lists: all that Kubernetes has, for what may
/// not be read leaves controls unknown, but for secrets and events.
const READ: [(&str, &[&str]); 18] = [
    (
        "",
        &[
            "componentstatuses",
            "configmaps",
            "endpoints",
            "limitranges",
            "namespaces",
            "nodes",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
            "serviceaccounts",
            "services",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
        ],
    ),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    ("apps", &["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    (
        "certificates.k8s.io",
        &["certificatesigningrequests", "clustertrustbundles", "podcertificaterequests"],
    ),
    ("discovery.k8s.io", &["endpointslices"]),
    ("flowcontrol.apiserver.k8s.io", &["flowschemas", "prioritylevelconfigurations"]),
    (
        "networking.k8s.io",
        &["ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"],
    ),
    ("node.k8s.io", &["runtimeclasses"]),
    ("policy", &["poddisruptionbudgets"]),
    (
        "rbac.authorization.k8s.io",
        &["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    ),
    (
        "resource.k8s.io",
        &[
            "deviceclasses",
            "devicetaintrules",
            "resourceclaims",
            "resourceclaimtemplates",
            "resourceslices",
        ],
    ),
    ("scheduling.k8s.io", &["priorityclasses"]),
    (
        "storage.k8s.io",
        &[
            "csidrivers",
            "csinodes",
            "csistoragecapacities",
            "storageclasses",
            "volumeattachments",
            "volumeattributesclasses",
        ],
    ),
    ("storagemigration.k8s.io", &["storageversionmigrations"]),
];

/// The manifests, as YAML.
pub fn manifests(options: &Options) -> String {
    match options.kind {
        Kind::Sonobuoy => sonobuoy(options),
        Kind::Job => with_surroundings(options, &job(options)),
        Kind::CronJob => with_surroundings(options, &cron_job(options)),
        Kind::DaemonSet => with_surroundings(options, &daemon_set(options)),
    }
}

/// The namespace, which must let the node's root be mounted, the service account and the role.
fn with_surroundings(options: &Options, workload: &str) -> String {
    let namespace = quoted(&options.namespace);
    let mut out = format!(
        "apiVersion: v1
kind: Namespace
metadata:
  name: {namespace}
  labels:
    # The node's files are read through a hostPath volume, which no other level admits.
    pod-security.kubernetes.io/enforce: privileged
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {NAME}
  namespace: {namespace}
automountServiceAccountToken: false
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: [Ingress, Egress]
"
    );
    if options.cluster {
        out.push_str(&to_api_server(&namespace));
        out.push_str(&role(&namespace));
    }
    out.push_str("---\n");
    out.push_str(workload);
    out
}

fn to_api_server(namespace: &str) -> String {
    format!(
        "---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {NAME}
  namespace: {namespace}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {NAME}
  policyTypes: [Egress]
  egress:
  # The API server, which has no label.
  - ports:
    - port: 443
    - port: 6443
"
    )
}

fn role(namespace: &str) -> String {
    let mut out = format!(
        "---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {NAME}
rules:
"
    );
    for (group, resources) in READ {
        // Writing to a String can't fail.
        let _infallible = writeln!(
            out,
            "- apiGroups: [{}]\n  resources: [{}]\n  verbs: [list]",
            quoted(group),
            resources.join(", ")
        );
    }
    let _infallible = write!(
        out,
        "---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {NAME}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {NAME}
subjects:
- kind: ServiceAccount
  name: {NAME}
  namespace: {namespace}
"
    );
    out
}

fn job(options: &Options) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata:
  name: {NAME}
  namespace: {}
  labels:
    app.kubernetes.io/name: {NAME}
spec:
{}",
        quoted(&options.namespace),
        indented(&job_spec(options), 2)
    )
}

fn cron_job(options: &Options) -> String {
    format!(
        "apiVersion: batch/v1
kind: CronJob
metadata:
  name: {NAME}
  namespace: {}
  labels:
    app.kubernetes.io/name: {NAME}
spec:
  schedule: {}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
{}",
        quoted(&options.namespace),
        quoted(&options.schedule),
        indented(&job_spec(options), 6)
    )
}

fn job_spec(options: &Options) -> String {
    format!(
        "backoffLimit: 0\nactiveDeadlineSeconds: 600\ntemplate:\n{}",
        indented(&template(options), 2)
    )
}

fn daemon_set(options: &Options) -> String {
    format!(
        "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {NAME}
  namespace: {}
  labels:
    app.kubernetes.io/name: {NAME}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: {NAME}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 50%
  template:
{}",
        quoted(&options.namespace),
        indented(&template(options), 4)
    )
}

fn template(options: &Options) -> String {
    let restart = if options.kind == Kind::DaemonSet { "Always" } else { "Never" };
    let mut out = format!(
        "metadata:
  labels:
    app.kubernetes.io/name: {NAME}
spec:
  serviceAccountName: {NAME}
  automountServiceAccountToken: {}
  restartPolicy: {restart}
",
        options.cluster
    );
    out.push_str(&indented(&shared(options), 2));
    if let (Some(node), Kind::Job | Kind::CronJob) = (&options.node, options.kind) {
        let _infallible =
            writeln!(out, "  nodeSelector:\n    kubernetes.io/hostname: {}", quoted(node));
    }
    let _infallible = write!(out, "  containers:\n{}", indented(&listed(&container(options)), 2));
    out
}

/// What every pod has, but for its containers.
fn shared(options: &Options) -> String {
    let network = if options.host_network || options.firewall {
        "# /proc/sys/net and the rules of firewalls are those of the reader's network.\n\
         hostNetwork: true\n"
    } else {
        ""
    };
    format!(
        "{network}tolerations:
- operator: Exists
securityContext:
  seccompProfile:
    type: RuntimeDefault
volumes:
{}",
        volumes(options)
    )
}

fn volumes(options: &Options) -> String {
    let directories = options.directories.iter().enumerate();
    let volumes = directories.map(|(index, path)| {
        let path = quoted(path);
        listed(&format!("name: node-{index}\nhostPath:\n  path: {path}\n  type: Directory\n"))
    });
    volumes.collect()
}

/// Where they are mounted. What is mounted below them is read-only too where the runtime can make
/// it so.
fn mounts(options: &Options) -> String {
    let directories = options.directories.iter().enumerate();
    let mounts = directories.map(|(index, path)| {
        let path = quoted(format!("/host{path}").trim_end_matches('/'));
        listed(&format!(
            "name: node-{index}\nmountPath: {path}\nreadOnly: true\nrecursiveReadOnly: IfPossible\n"
        ))
    });
    mounts.collect()
}

fn container(options: &Options) -> String {
    let mut arguments = vec!["bench", "run", "--root", "/host"];
    arguments.extend(match options.kind {
        // What was found is in the results; the pod tells whether there are any.
        Kind::Job | Kind::CronJob => &["-o", "json", "--exit-zero"][..],
        Kind::DaemonSet => &["-o", "json", "--stay"][..],
        Kind::Sonobuoy => &["--sonobuoy", "--stay"][..],
    });
    if options.cluster {
        arguments.push("--cluster");
    }
    arguments.extend(options.arguments.iter().map(String::as_str));
    let arguments: Vec<String> = arguments.into_iter().map(quoted).collect();
    let mut added = String::new();
    let mut profile = "";
    if options.others || options.environment || options.firewall {
        added.push_str("    add:\n");
    }
    if options.others {
        added.push_str(
            "    # Directories that others than root own and keep closed are searched.\n    \
             - DAC_READ_SEARCH\n",
        );
    }
    if options.firewall {
        added.push_str(
            "    # The rules of firewalls are shown to those alone who may change them.\n    \
             - NET_ADMIN\n",
        );
    }
    if options.environment {
        added.push_str(
            "    # The variables of processes are shown to debuggers alone. Who holds this right and\n    \
             # the node's /proc can reach all files of the node through /proc/1/root.\n    \
             - SYS_PTRACE\n",
        );
        // AppArmor's profiles of engines have a rule for peers of the same profile alone.
        profile = "  # Engines' profiles let nobody look at processes outside of the container.\n  \
                   appArmorProfile:\n    type: Unconfined\n";
    }
    let mut out = format!(
        "name: seawall
image: {}
args: [{}]
env:
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  # The node's files are root's.
  runAsUser: 0
  runAsGroup: 65534
  capabilities:
    drop: [ALL]
{added}{profile}  seccompProfile:
    type: RuntimeDefault
resources:
  requests:
    cpu: 50m
    memory: 64Mi
    ephemeral-storage: 16Mi
  limits:
    cpu: \"1\"
    memory: 256Mi
    ephemeral-storage: 64Mi
volumeMounts:
{}",
        quoted(&options.image),
        arguments.join(", "),
        mounts(options)
    );
    if options.kind == Kind::Sonobuoy {
        out.push_str("- name: results\n  mountPath: /tmp/sonobuoy/results\n");
    }
    out
}

/// Sonobuoy's definition of a plugin. Without a pod of its own a plugin has all namespaces of the
/// node and the token of Sonobuoy's account, which is the cluster's administrator
/// (`pkg/plugin/driver/base.go` of Sonobuoy 0.57).
fn sonobuoy(options: &Options) -> String {
    let account = if options.cluster {
        "  serviceAccountName: sonobuoy-serviceaccount\n"
    } else {
        "  automountServiceAccountToken: false\n"
    };
    format!(
        "sonobuoy-config:
  driver: DaemonSet
  plugin-name: {NAME}
  result-format: manual
  result-files: [sonobuoy_results.yaml]
podSpec:
{account}{}  containers: []
spec:
{}",
        indented(&shared(options), 2),
        indented(&container(options), 2)
    )
}

fn indented(text: &str, by: usize) -> String {
    let blanks = " ".repeat(by);
    text.lines().fold(String::new(), |mut out, line| {
        let _infallible = writeln!(out, "{blanks}{line}");
        out
    })
}

/// A map as the one item of a list.
fn listed(map: &str) -> String {
    let item = indented(map, 2);
    format!("- {}", &item[2..])
}

/// A text as YAML that is a string whatever it holds: as JSON.
fn quoted(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=');
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !text.ends_with(':')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
