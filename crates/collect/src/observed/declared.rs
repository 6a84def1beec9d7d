//! What in an object nobody declared: the status, defaults, and what admission plugins add.
//!
//! A value that the API server would have filled in is taken out where it equals the default: a
//! manifest that says it and one that does not come to the same object, and checks look at
//! effective values. The defaults are those of `pkg/apis/*/v1/defaults.go` in Kubernetes.

mod defaults;

use seawall_model::ObjectKind;
use seawall_model::document::{Kind, Node};

use defaults::Rule;

/// The values that nobody declared, by their index.
pub(super) fn undeclared(kind: ObjectKind, root: Node<'_>) -> Vec<u32> {
    let mut found = Undeclared { values: Vec::new() };
    found.object(kind, root);
    found.values
}

struct Undeclared {
    values: Vec<u32>,
}

impl Undeclared {
    fn drop(&mut self, node: Option<Node<'_>>) {
        self.values.extend(node.map(Node::index));
    }

    fn object(&mut self, kind: ObjectKind, root: Node<'_>) {
        self.metadata(kind, root);
        if !keeps_status(kind) {
            self.drop(root.get("status"));
        }
        self.defaults(root, defaults::of(kind));
        let spec = root.get("spec");
        match (kind, spec) {
            (ObjectKind::Pod, Some(spec)) => {
                self.pod(spec);
                self.admitted(spec);
            }
            (ObjectKind::CronJob, Some(spec)) => {
                if let Some(job) = spec.at_path(&["jobTemplate", "spec"]) {
                    self.defaults(job, defaults::JOB);
                    self.template(job);
                }
            }
            (ObjectKind::Job, Some(spec)) => {
                self.defaults(spec, defaults::JOB);
                // pkg/registry/batch/job/strategy.go makes the selector and its labels.
                self.drop(spec.get("selector"));
                self.template(spec);
            }
            (ObjectKind::Service, Some(spec)) => self.service(spec),
            (ObjectKind::NetworkPolicy, Some(spec)) => self.policy_types(spec),
            (_, Some(spec)) => self.template(spec),
            (_, None) => {}
        }
    }

    fn metadata(&mut self, kind: ObjectKind, root: Node<'_>) {
        let Some(metadata) = root.get("metadata") else { return };
        let mut annotations = metadata.get("annotations").into_iter().flat_map(Node::entries);
        self.drop(
            annotations
                .find(|(key, _)| key.text() == "deployment.kubernetes.io/revision")
                .map(|(_, value)| value),
        );
        if kind == ObjectKind::Namespace
            && let Some(labels) = metadata.get("labels")
        {
            let alone = labels.entries().count() == 1;
            let own = labels.get("kubernetes.io/metadata.name");
            self.drop(own.map(|own| if alone { labels } else { own }));
        }
    }

    fn template(&mut self, spec: Node<'_>) {
        if let Some(template) = spec.get("template") {
            if template.get("metadata").is_some_and(is_empty) {
                self.drop(template.get("metadata"));
            }
            if let Some(spec) = template.get("spec") {
                self.pod(spec);
            }
        }
    }

    /// `SetDefaults_PodSpec`, `SetDefaults_Container` and what they call.
    fn pod(&mut self, spec: Node<'_>) {
        self.defaults(spec, defaults::POD);
        // pkg/apis/core/v1/conversion.go writes the name into the old field too.
        if let Some(old) = spec.get("serviceAccount")
            && spec.get("serviceAccountName").is_some_and(|new| new.text() == old.text())
        {
            self.drop(Some(old));
        }
        let host_network = spec.get("hostNetwork").and_then(Node::as_bool) == Some(true);
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec.get(list).into_iter().flat_map(Node::items) {
                self.defaults(container, defaults::CONTAINER);
                self.pull_policy(container);
                if host_network {
                    self.host_ports(container);
                }
            }
        }
    }

    /// `defaultHostNetworkPorts`: on the node's own network, each port is one of the node's. Before
    /// 1.28 templates were written to as well as pods.
    fn host_ports(&mut self, container: Node<'_>) {
        for port in container.get("ports").into_iter().flat_map(Node::items) {
            let own = port.get("containerPort").map(Node::text);
            self.drop(port.get("hostPort").filter(|host| Some(host.text()) == own));
        }
    }

    /// `SetDefaults_Container`: `Always` for `:latest` or no tag, else `IfNotPresent`; a digest is
    /// no tag but needs no second look.
    fn pull_policy(&mut self, container: Node<'_>) {
        let image = container.get("image").map_or("", Node::text);
        let name = image.rsplit('/').next().unwrap_or_default();
        let latest = match (name.contains('@'), name.rsplit_once(':')) {
            (true, _) => false,
            (false, Some((_, tag))) => tag == "latest",
            (false, None) => true,
        };
        let default = if latest { "Always" } else { "IfNotPresent" };
        self.drop(container.get("imagePullPolicy").filter(|policy| policy.text() == default));
    }

    /// What admission plugins and the scheduler write into a pod that no controller made.
    fn admitted(&mut self, spec: Node<'_>) {
        // plugin/pkg/admission/serviceaccount
        self.drop(spec.get("serviceAccountName").filter(|name| name.text() == "default"));
        self.drop(spec.get("serviceAccount").filter(|name| name.text() == "default"));
        self.items(spec.get("volumes"), |volume| is_token_volume(volume.get("name")));
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec.get(list).into_iter().flat_map(Node::items) {
                self.items(container.get("volumeMounts"), |mount| {
                    is_token_volume(mount.get("name"))
                });
            }
        }
        // plugin/pkg/admission/defaulttolerationseconds
        self.items(spec.get("tolerations"), |toleration| {
            let text = |key| toleration.get(key).map_or("", Node::text);
            ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
                .contains(&text("key"))
                && text("tolerationSeconds") == "300"
        });
        // plugin/pkg/admission/priority
        self.drop(spec.get("priority"));
        self.drop(spec.get("preemptionPolicy"));
    }

    /// `SetDefaults_Service`, and the addresses that the server allots.
    fn service(&mut self, spec: Node<'_>) {
        for key in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            self.drop(spec.get(key));
        }
        self.drop(spec.get("clusterIP").filter(|ip| ip.text() != "None"));
        for port in spec.get("ports").into_iter().flat_map(Node::items) {
            let same = |target: &Node<'_>| Some(target.text()) == port.get("port").map(Node::text);
            self.drop(port.get("targetPort").filter(same));
        }
    }

    /// `SetDefaults_NetworkPolicy`: ingress always, egress where there are rules for it.
    fn policy_types(&mut self, spec: Node<'_>) {
        let Some(types) = spec.get("policyTypes") else { return };
        let has_egress = spec.get("egress").is_some_and(|rules| rules.items().next().is_some());
        let default: &[&str] = if has_egress { &["Ingress", "Egress"] } else { &["Ingress"] };
        if types.items().map(Node::text).eq(default.iter().copied()) {
            self.drop(Some(types));
        }
    }

    /// Drops items of a list, and the list where none is left.
    fn items<'a>(&mut self, list: Option<Node<'a>>, which: impl Fn(Node<'a>) -> bool) {
        let Some(list) = list else { return };
        let before = self.values.len();
        self.values.extend(list.items().filter(|item| which(*item)).map(Node::index));
        if self.values.len() - before == list.items().count() {
            self.values.truncate(before);
            self.drop(Some(list));
        }
    }

    fn defaults(&mut self, node: Node<'_>, rules: &[Rule]) {
        for (path, default) in rules {
            self.rule(node, path, default);
        }
    }

    /// Follows a path: a key, or a key with `[]` for each item of its list.
    fn rule(&mut self, node: Node<'_>, path: &[&str], default: &str) {
        let [key, rest @ ..] = path else { return };
        if let Some(list) = key.strip_suffix("[]") {
            for item in node.get(list).into_iter().flat_map(Node::items) {
                self.rule(item, rest, default);
            }
            return;
        }
        let Some(value) = node.get(key) else { return };
        if !rest.is_empty() {
            self.rule(value, rest, default);
        } else if (default == defaults::EMPTY && is_empty(value))
            || (!matches!(value.kind(), Kind::Map | Kind::Seq) && value.text() == default)
        {
            self.drop(Some(value));
        }
    }
}

/// The status says what exists, not only how the declared is doing.
fn keeps_status(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Node
            | ObjectKind::Pod
            | ObjectKind::Service
            | ObjectKind::Ingress
            | ObjectKind::Gateway
            | ObjectKind::CertificateSigningRequest
    )
}

fn is_token_volume(name: Option<Node<'_>>) -> bool {
    name.is_some_and(|name| name.text().starts_with("kube-api-access-"))
}

fn is_empty(node: Node<'_>) -> bool {
    node.kind() == Kind::Map
        && node.entries().all(|(key, value)| key.text() == "creationTimestamp" && value.is_null())
}
