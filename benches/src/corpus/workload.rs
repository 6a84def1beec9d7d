//! Workloads: pod templates and the objects around them.

use super::{Writer, put, put_indented};

const REGISTRIES: &[&str] = &["registry.example.com/", "ghcr.io/example/", "", "quay.io/example/"];
const SIDECARS: &[&str] = &["envoy-proxy", "fluent-bit", "cloud-sql-proxy", "vault-agent"];
const VARIABLES: &[(&str, &str)] = &[
    ("LOG_LEVEL", "info"),
    ("HTTP_PORT", "\"8080\""),
    ("CACHE_TTL", "5m"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel-collector.observability:4317"),
    ("FEATURE_FLAGS", "\"new-basket,fast-search\""),
    ("GOMAXPROCS", "'2'"),
    ("TZ", "Europe/London"),
];

impl Writer<'_> {
    pub(super) fn deployment(&mut self) -> String {
        let mut out = self.head("apps/v1", "Deployment", self.component, true);
        let replicas = self.random.u32(1..6);
        put(&mut out, format_args!("spec:\n  replicas: {replicas}\n"));
        self.selector(&mut out);
        if self.one_in(3) {
            out.push_str(
                "  strategy:\n    type: RollingUpdate\n    rollingUpdate: {maxSurge: 1, \
                 maxUnavailable: 0}\n",
            );
        }
        self.template(&mut out, 2, true);
        out
    }

    pub(super) fn stateful_set(&mut self) -> String {
        let mut out = self.head("apps/v1", "StatefulSet", self.component, true);
        put(&mut out, format_args!("spec:\n  serviceName: {}\n  replicas: 3\n", self.component));
        self.selector(&mut out);
        self.template(&mut out, 2, true);
        let size = self.pick(&["10Gi", "50Gi", "200Gi"]);
        put(
            &mut out,
            format_args!(
                "  volumeClaimTemplates:\n  - metadata:\n      name: data\n    spec:\n      \
                 accessModes: [\"ReadWriteOnce\"]\n      resources:\n        requests:\n          \
                 storage: {size}\n"
            ),
        );
        out
    }

    pub(super) fn daemon_set(&mut self) -> String {
        let mut out = self.head("apps/v1", "DaemonSet", self.component, true);
        out.push_str("spec:\n");
        self.selector(&mut out);
        self.template(&mut out, 2, true);
        out
    }

    pub(super) fn job(&mut self) -> String {
        let mut out = self.head("batch/v1", "Job", self.component, true);
        out.push_str("spec:\n  backoffLimit: 2\n");
        self.template(&mut out, 2, false);
        out
    }

    pub(super) fn cron_job(&mut self) -> String {
        let mut out = self.head("batch/v1", "CronJob", self.component, true);
        let (minute, hour) = (self.random.u32(0..60), self.random.u32(0..24));
        put(
            &mut out,
            format_args!(
                "spec:\n  schedule: \"{minute} {hour} * * *\"\n  concurrencyPolicy: Forbid\n  \
                 jobTemplate:\n    spec:\n"
            ),
        );
        self.template(&mut out, 6, false);
        out
    }

    fn selector(&mut self, out: &mut String) {
        put(
            out,
            format_args!(
                "  selector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n",
                self.component
            ),
        );
    }

    fn template(&mut self, out: &mut String, indent: usize, serves: bool) {
        let mut text = String::with_capacity(2048);
        text.push_str("template:\n  metadata:\n    labels:\n");
        put(&mut text, format_args!("      app.kubernetes.io/name: {}\n", self.component));
        if self.one_in(4) {
            text.push_str("    annotations:\n      prometheus.io/scrape: \"true\"\n");
        }
        text.push_str("  spec:\n");
        self.pod(&mut text, serves);
        put_indented(out, indent, &text);
    }

    /// A pod's spec, four spaces in.
    fn pod(&mut self, out: &mut String, serves: bool) {
        if self.well() {
            put(out, format_args!("    serviceAccountName: {}\n", self.app.name));
        }
        if self.well() {
            out.push_str("    automountServiceAccountToken: false\n");
        }
        if self.one_in(25) {
            out.push_str("    hostNetwork: true\n");
        }
        if self.one_in(40) {
            out.push_str("    hostPID: true\n");
        }
        if self.well() {
            out.push_str("    securityContext:\n      runAsNonRoot: true\n");
            if self.well() {
                out.push_str("      seccompProfile:\n        type: RuntimeDefault\n");
            }
            if self.one_in(4) {
                out.push_str("      fsGroup: 2000\n");
            }
        }
        if !serves {
            out.push_str("    restartPolicy: OnFailure\n");
        }
        if self.one_in(6) {
            out.push_str("    initContainers:\n    - name: migrate\n");
            self.container(out, "migrate", false);
        }
        out.push_str("    containers:\n");
        put(out, format_args!("    - name: {}\n", self.component));
        self.container(out, &self.app.name.clone(), serves);
        if self.one_in(5) {
            let sidecar = self.pick(SIDECARS);
            put(out, format_args!("    - name: {sidecar}\n"));
            self.container(out, sidecar, false);
        }
        self.volumes(out);
        if self.one_in(5) {
            out.push_str(
                "    topologySpreadConstraints:\n    - maxSkew: 1\n      topologyKey: \
                 topology.kubernetes.io/zone\n      whenUnsatisfiable: ScheduleAnyway\n",
            );
        }
        if self.one_in(8) {
            out.push_str("    tolerations:\n    - {key: dedicated, operator: Exists}\n");
        }
    }

    /// A container's fields behind its name, six spaces in.
    fn container(&mut self, out: &mut String, image: &str, serves: bool) {
        let registry = self.pick(REGISTRIES);
        put(out, format_args!("      image: {registry}{image}"));
        if self.well() {
            let version = self.version();
            put(out, format_args!(":{version}\n"));
        } else {
            out.push_str(self.pick(&[":latest\n", "\n", ":stable # moves\n"]));
        }
        if self.one_in(3) {
            out.push_str("      imagePullPolicy: IfNotPresent\n");
        }
        if self.one_in(4) {
            out.push_str(
                "      command: [\"/app/server\", \"--config\", \"/etc/app/config.yaml\"]\n",
            );
        } else if self.one_in(6) {
            out.push_str(
                "      args:\n      - /bin/sh\n      - -c\n      - |\n        set -eu\n        \
                 exec /app/run --once\n",
            );
        }
        if serves {
            out.push_str("      ports:\n      - containerPort: 8080\n        name: http\n");
        }
        self.environment(out);
        self.resources(out);
        if serves {
            self.probes(out);
        }
        self.security_context(out);
        if self.well() {
            out.push_str("      volumeMounts:\n      - name: tmp\n        mountPath: /tmp\n");
        }
    }

    fn environment(&mut self, out: &mut String) {
        let count = self.random.usize(0..7);
        if count == 0 {
            return;
        }
        out.push_str("      env:\n");
        let from = self.random.usize(0..VARIABLES.len());
        for (name, value) in VARIABLES.iter().cycle().skip(from).take(count) {
            put(out, format_args!("      - name: {name}\n        value: {value}\n"));
        }
        if self.one_in(4) {
            put(
                out,
                format_args!(
                    "      - name: DATABASE_PASSWORD\n        valueFrom:\n          secretKeyRef: \
                     {{name: {}-db, key: password}}\n",
                    self.app.name
                ),
            );
        } else if self.one_in(20) {
            out.push_str("      - name: DATABASE_PASSWORD\n        value: correct-horse\n");
        }
    }

    fn resources(&mut self, out: &mut String) {
        let (requests, limits) = (self.well(), self.well());
        if !requests && !limits {
            return;
        }
        out.push_str("      resources:\n");
        if requests {
            let cpu = self.pick(&["50m", "100m", "250m", "1"]);
            put(out, format_args!("        requests:\n          cpu: {cpu}\n"));
            out.push_str("          memory: 128Mi\n");
        }
        if limits {
            let memory = self.pick(&["256Mi", "512Mi", "1Gi"]);
            put(out, format_args!("        limits:\n          memory: {memory}\n"));
        }
    }

    fn probes(&mut self, out: &mut String) {
        if self.well() {
            out.push_str(
                "      readinessProbe:\n        httpGet:\n          path: /healthz\n          \
                 port: http\n        periodSeconds: 10\n",
            );
        }
        if self.well() {
            out.push_str("      livenessProbe:\n        httpGet: {path: /livez, port: http}\n");
        }
    }

    fn security_context(&mut self, out: &mut String) {
        let mut fields = String::new();
        if self.well() {
            fields.push_str("        allowPrivilegeEscalation: false\n");
        }
        if self.well() {
            fields.push_str("        readOnlyRootFilesystem: true\n");
        }
        if self.well() {
            fields.push_str("        capabilities:\n          drop: [ALL]\n");
        } else if self.one_in(4) {
            fields.push_str("        capabilities:\n          add: [\"NET_ADMIN\"]\n");
        }
        if self.one_in(30) {
            fields.push_str("        privileged: true\n");
        } else if self.one_in(3) {
            fields.push_str("        runAsUser: 10001\n");
        }
        if !fields.is_empty() {
            out.push_str("      securityContext:\n");
            out.push_str(&fields);
        }
    }

    fn volumes(&mut self, out: &mut String) {
        out.push_str("    volumes:\n    - name: tmp\n      emptyDir: {}\n");
        if self.one_in(3) {
            put(
                out,
                format_args!(
                    "    - name: config\n      configMap:\n        name: {}\n        \
                     defaultMode: 0444\n",
                    self.app.name
                ),
            );
        }
        if self.one_in(25) {
            let path = self.pick(&["/var/run/docker.sock", "/var/log", "/"]);
            put(out, format_args!("    - name: host\n      hostPath:\n        path: {path}\n"));
        }
    }
}
