//! How workloads are reached.

use super::{Writer, put};

impl Writer<'_> {
    pub(super) fn service(&mut self) -> String {
        let mut out = self.head("v1", "Service", self.component, true);
        out.push_str("spec:\n");
        if self.one_in(10) {
            let kind = self.pick(&["LoadBalancer", "NodePort"]);
            put(&mut out, format_args!("  type: {kind}\n"));
        }
        put(
            &mut out,
            format_args!(
                "  selector:\n    app.kubernetes.io/name: {}\n  ports:\n  - name: http\n    port: \
                 80\n    targetPort: http\n    protocol: TCP\n",
                self.component
            ),
        );
        out
    }

    pub(super) fn ingress(&mut self) -> String {
        let mut out = self.head("networking.k8s.io/v1", "Ingress", self.component, true);
        out.push_str("  annotations:\n    cert-manager.io/cluster-issuer: letsencrypt\n");
        let host = format!("{}.{}.example.com", self.component, self.app.environment);
        out.push_str("spec:\n  ingressClassName: nginx\n");
        if self.well() {
            put(
                &mut out,
                format_args!(
                    "  tls:\n  - hosts: [{host}]\n    secretName: {}-tls\n",
                    self.component
                ),
            );
        }
        put(
            &mut out,
            format_args!(
                "  rules:\n  - host: {host}\n    http:\n      paths:\n      - path: /\n        \
                 pathType: Prefix\n        backend:\n          service:\n            name: {}\n            \
                 port:\n              name: http\n",
                self.component
            ),
        );
        out
    }

    pub(super) fn network_policy(&mut self) -> String {
        let mut out = self.head("networking.k8s.io/v1", "NetworkPolicy", self.component, true);
        if self.one_in(4) {
            out.push_str("spec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]\n");
            return out;
        }
        put(
            &mut out,
            format_args!(
                "spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: {}\n  \
                 policyTypes:\n  - Ingress\n  ingress:\n  - from:\n    - namespaceSelector:\n        \
                 matchLabels:\n          kubernetes.io/metadata.name: ingress-nginx\n",
                self.component
            ),
        );
        if self.well() {
            out.push_str("    ports:\n    - port: 8080\n      protocol: TCP\n");
        }
        if self.one_in(3) {
            out.push_str(
                "  - from:\n    - ipBlock:\n        cidr: 10.0.0.0/8\n        except:\n        - \
                 10.96.0.0/12 # services\n",
            );
        }
        out
    }
}
