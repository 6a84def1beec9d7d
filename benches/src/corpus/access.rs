//! Who may do what.

use super::{Writer, put};

impl Writer<'_> {
    pub(super) fn service_account(&mut self) -> String {
        let mut out = self.head("v1", "ServiceAccount", &self.app.name.clone(), true);
        if self.well() {
            out.push_str("automountServiceAccountToken: false\n");
        }
        out
    }

    pub(super) fn role(&mut self) -> String {
        let (kind, namespaced) =
            if self.one_in(6) { ("ClusterRole", false) } else { ("Role", true) };
        let name = self.app.name.clone();
        let mut out = self.head("rbac.authorization.k8s.io/v1", kind, &name, namespaced);
        out.push_str(
            "rules:\n- apiGroups: [\"\"]\n  resources: [\"configmaps\"]\n  verbs: [get, list, \
             watch]\n",
        );
        out.push_str(self.pick(&[
            "- apiGroups: [coordination.k8s.io]\n  resources: [leases]\n  verbs: [get, create, \
             update]\n",
            "- apiGroups:\n  - \"\"\n  resources:\n  - secrets\n  verbs:\n  - get\n  - list\n",
            "- apiGroups: [apps]\n  resources: [deployments]\n  verbs: [get, patch] # restarts\n",
            "- apiGroups: [\"*\"]\n  resources: [\"*\"]\n  verbs: [\"*\"]\n",
            "- apiGroups: ['']\n  resources: [pods, pods/exec]\n  verbs: [get, create]\n",
        ]));
        out
    }

    pub(super) fn role_binding(&mut self) -> String {
        let name = self.app.name.clone();
        let mut out = self.head("rbac.authorization.k8s.io/v1", "RoleBinding", &name, true);
        put(
            &mut out,
            format_args!(
                "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {name}\n\
                 subjects:\n- kind: ServiceAccount\n  name: {name}\n  namespace: {}\n",
                self.app.namespace
            ),
        );
        if self.one_in(6) {
            let subject = self.pick(&["developers", "system:authenticated", "sre"]);
            put(
                &mut out,
                format_args!(
                    "- kind: Group\n  name: {subject}\n  apiGroup: rbac.authorization.k8s.io\n"
                ),
            );
        }
        out
    }
}
