//! What workloads run with: namespaces, configuration, storage, scaling.

use super::{Writer, put};

const FILES: &[&str] = &[
    "  application.properties: |\n    server.port=8080\n    server.shutdown=graceful\n    \
     spring.datasource.hikari.maximum-pool-size=20\n    management.endpoints.enabled=true\n",
    "  nginx.conf: |\n    worker_processes auto;\n    events { worker_connections 1024; }\n    \
     http {\n      server {\n        listen 8080;\n        location / { root /srv; }\n      }\n    \
     }\n",
    "  config.yaml: |\n    # read once at start\n    cache:\n      size: 1000\n      ttl: 5m\n    \
     upstreams:\n    - http://stock:8080\n    - http://pricing:8080\n",
    "  run.sh: |\n    #!/bin/sh\n    set -eu\n    for part in a b c; do\n      echo \"part: \
     ${part}\"\n    done\n",
];

impl Writer<'_> {
    pub(super) fn namespace(&mut self) -> String {
        let mut out = self.head("v1", "Namespace", &self.app.namespace.clone(), false);
        if self.well() {
            let level = self.pick(&["restricted", "baseline", "privileged"]);
            put(&mut out, format_args!("    pod-security.kubernetes.io/enforce: {level}\n"));
            put(&mut out, format_args!("    pod-security.kubernetes.io/warn: restricted\n"));
        }
        out
    }

    pub(super) fn config_map(&mut self) -> String {
        let mut out = self.head("v1", "ConfigMap", self.component, true);
        out.push_str("data:\n  LOG_FORMAT: json\n  RETRIES: \"3\"\n  RATE: '0.5'\n");
        out.push_str(self.pick(FILES));
        if self.one_in(3) {
            out.push_str(
                "  banner: \"Welcome.\\nAll times are UTC \\u2013 mind the gap.\"\n  notice: >-\n    \
                 This environment is rebuilt every night; do not keep\n    anything here that you \
                 need tomorrow.\n",
            );
        }
        out
    }

    pub(super) fn volume_claim(&mut self) -> String {
        let mut out = self.head("v1", "PersistentVolumeClaim", self.component, true);
        let size = self.pick(&["5Gi", "20Gi", "100Gi"]);
        put(
            &mut out,
            format_args!(
                "spec:\n  accessModes:\n    - ReadWriteOnce\n  storageClassName: fast\n  \
                 resources:\n    requests:\n      storage: {size}\n"
            ),
        );
        out
    }

    pub(super) fn disruption_budget(&mut self) -> String {
        let mut out = self.head("policy/v1", "PodDisruptionBudget", self.component, true);
        put(
            &mut out,
            format_args!(
                "spec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n      \
                 app.kubernetes.io/name: {}\n",
                self.component
            ),
        );
        out
    }

    pub(super) fn autoscaler(&mut self) -> String {
        let mut out = self.head("autoscaling/v2", "HorizontalPodAutoscaler", self.component, true);
        let most = self.random.u32(4..20);
        put(
            &mut out,
            format_args!(
                "spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: \
                 {}\n  minReplicas: 2\n  maxReplicas: {most}\n  metrics:\n  - type: Resource\n    \
                 resource:\n      name: cpu\n      target: {{type: Utilization, \
                 averageUtilization: 70}}\n",
                self.component
            ),
        );
        out
    }
}
