//! k3s runs Kubernetes' components inside its own process, and hides their arguments there.
//!
//! They are what k3s sets itself, changed by its configuration: `/etc/rancher/k3s/config.yaml`,
//! `config.yaml.d`, and the arguments in its unit. Source: k3s `pkg/daemons/control/server.go`,
//! `pkg/daemons/agent/agent_linux.go`, `pkg/util/args.go`, `pkg/configfilearg`.

use seawall_model::document::Node;

use crate::component::{Component, Instance};
use crate::evidence::arguments::{Arguments, boolean};
use crate::evidence::host::{Host, Unread};
use crate::evidence::process::Processes;
use crate::evidence::{document, unit};

const SERVER: &str = "/var/lib/rancher/k3s/server";
const AGENT: &str = "/var/lib/rancher/k3s/agent";

/// The suites that k3s sets unless it is told others (`pkg/cli/server/server.go`).
const SUITES: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
];

/// What k3s is configured to do.
struct Configuration {
    /// Keys with their values, in the order in which they are read.
    values: Vec<(String, String)>,
    /// The files.
    files: Vec<String>,
    /// Whether it is an agent, which runs no control plane.
    agent: bool,
    /// Why there may be more.
    incomplete: Option<String>,
}

/// Whether a process of k3s runs.
pub(super) fn runs(processes: &Result<Processes, Unread>) -> bool {
    processes.as_ref().is_ok_and(|all| {
        ["k3s", "k3s-server", "k3s-agent"].iter().any(|name| all.named(name).next().is_some())
    })
}

/// Whether k3s enforces NetworkPolicies, which it does itself unless it is told not to; none where
/// that isn't known.
pub(super) fn enforces_policies(
    host: &Host,
    processes: &Result<Processes, Unread>,
) -> Result<Option<bool>, Unread> {
    let configuration = Configuration::read(host, processes)?;
    Ok(match configuration.incomplete {
        Some(_) => None,
        None => Some(!configuration.is_on("disable-network-policy")),
    })
}

pub(super) fn instance(
    host: &Host,
    processes: &Result<Processes, Unread>,
    component: Component,
) -> Result<Option<Instance>, Unread> {
    let configuration = Configuration::read(host, processes)?;
    let on_agents = matches!(component, Component::Kubelet | Component::Proxy);
    if configuration.agent && !on_agents {
        return Ok(None);
    }
    let off = match component {
        Component::ApiServer => "disable-apiserver",
        Component::ControllerManager => "disable-controller-manager",
        Component::Scheduler => "disable-scheduler",
        Component::Etcd => "disable-etcd",
        Component::Proxy => "disable-kube-proxy",
        Component::Kubelet => "disable-agent",
    };
    if configuration.is_on(off) {
        return Ok(None);
    }
    let database = format!("{SERVER}/db/etcd/config");
    if component == Component::Etcd && host.metadata(&database)?.is_none() {
        return Ok(None);
    }
    let mut own = own_arguments(host, component, &database)?;
    if component == Component::ApiServer && configuration.is_on("secrets-encryption") {
        own.push(("encryption-provider-config", format!("{SERVER}/cred/encryption-config.json")));
    }
    if component == Component::Kubelet && configuration.is_on("protect-kernel-defaults") {
        own.push(("protect-kernel-defaults", "true".to_owned()));
    }
    if matches!(component, Component::Kubelet | Component::Proxy) {
        let name = match configuration.last("node-name") {
            Some(name) => Some(name.to_owned()),
            None => host.read("/etc/hostname")?,
        };
        own.extend(name.map(|name| ("hostname-override", name.trim().to_lowercase())));
    }
    let option = match component {
        Component::Etcd => "etcd-arg".to_owned(),
        _ => format!("{}-arg", component.program()),
    };
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let arguments = Arguments::merged(configuration.changed(own, &option));
    let place = if configuration.files.is_empty() {
        "k3s' own settings".to_owned()
    } else {
        configuration.files.join(", ")
    };
    Ok(Some(Instance::embedded(component, arguments, place, configuration.incomplete)))
}

/// What k3s sets itself and what controls ask about.
fn own_arguments(
    host: &Host,
    component: Component,
    database: &str,
) -> Result<Vec<(&'static str, String)>, Unread> {
    let server = |path: &str| format!("{SERVER}/tls/{path}");
    Ok(match component {
        Component::ApiServer => vec![
            ("allow-privileged", "true".to_owned()),
            ("anonymous-auth", "false".to_owned()),
            ("authorization-mode", "Node,RBAC".to_owned()),
            ("bind-address", "127.0.0.1".to_owned()),
            ("client-ca-file", server("client-ca.crt")),
            ("enable-admission-plugins", "NodeRestriction".to_owned()),
            ("etcd-servers", "unix://kine.sock".to_owned()),
            ("kubelet-certificate-authority", server("server-ca.crt")),
            ("kubelet-client-certificate", server("client-kube-apiserver.crt")),
            ("kubelet-client-key", server("client-kube-apiserver.key")),
            ("profiling", "false".to_owned()),
            ("proxy-client-cert-file", server("client-auth-proxy.crt")),
            ("requestheader-allowed-names", "system:auth-proxy".to_owned()),
            ("requestheader-client-ca-file", server("request-header-ca.crt")),
            ("requestheader-username-headers", "X-Remote-User".to_owned()),
            ("service-account-key-file", server("service.key")),
            ("service-account-signing-key-file", server("service.current.key")),
            ("tls-cert-file", server("serving-kube-apiserver.crt")),
            ("tls-cipher-suites", SUITES.join(",")),
            ("tls-private-key-file", server("serving-kube-apiserver.key")),
        ]
        .into_iter()
        .filter(|(name, _)| *name != "etcd-servers")
        .chain(if host.metadata(database)?.is_some() {
            vec![
                ("etcd-servers", "https://127.0.0.1:2379".to_owned()),
                ("etcd-cafile", server("etcd/server-ca.crt")),
                ("etcd-certfile", server("etcd/client.crt")),
                ("etcd-keyfile", server("etcd/client.key")),
            ]
        } else {
            vec![("etcd-servers", "unix://kine.sock".to_owned())]
        })
        .collect(),
        Component::ControllerManager => vec![
            ("bind-address", "127.0.0.1".to_owned()),
            ("profiling", "false".to_owned()),
            ("root-ca-file", server("server-ca.crt")),
            ("service-account-private-key-file", server("service.current.key")),
            ("use-service-account-credentials", "true".to_owned()),
            ("kubeconfig", format!("{SERVER}/cred/controller.kubeconfig")),
        ],
        Component::Scheduler => vec![
            ("bind-address", "127.0.0.1".to_owned()),
            ("profiling", "false".to_owned()),
            ("kubeconfig", format!("{SERVER}/cred/scheduler.kubeconfig")),
        ],
        Component::Etcd => vec![("config-file", database.to_owned())],
        Component::Kubelet => {
            let directory = format!("{AGENT}/etc/kubelet.conf.d");
            let common = [
                ("kubeconfig", format!("{AGENT}/kubelet.kubeconfig")),
                ("read-only-port", "0".to_owned()),
            ];
            let rest = if host.metadata(&directory)?.is_some() {
                vec![("config-dir", directory)]
            } else {
                vec![
                    ("anonymous-auth", "false".to_owned()),
                    ("authentication-token-webhook", "true".to_owned()),
                    ("authorization-mode", "Webhook".to_owned()),
                    ("client-ca-file", format!("{AGENT}/client-ca.crt")),
                    ("tls-cert-file", format!("{AGENT}/serving-kubelet.crt")),
                    ("tls-private-key-file", format!("{AGENT}/serving-kubelet.key")),
                ]
            };
            common.into_iter().chain(rest).collect()
        }
        Component::Proxy => vec![("kubeconfig", format!("{AGENT}/kubeproxy.kubeconfig"))],
    })
}

impl Configuration {
    fn read(host: &Host, processes: &Result<Processes, Unread>) -> Result<Self, Unread> {
        let mut configuration =
            Configuration { values: Vec::new(), files: Vec::new(), agent: false, incomplete: None };
        let base = "/etc/rancher/k3s/config.yaml";
        let directory = format!("{base}.d");
        let mut paths = vec![base.to_owned()];
        for name in host.list(&directory)?.unwrap_or_default() {
            if name.ends_with(".yaml") || name.ends_with(".yml") {
                paths.push(format!("{directory}/{name}"));
            }
        }
        for path in paths {
            if let Some(document) = document::of_file(host, &path)? {
                configuration.add_file(document.root());
                configuration.files.push(path);
            }
        }
        let mut commands = Vec::new();
        for name in ["k3s.service", "k3s-agent.service"] {
            if let Some(unit) = unit::read(host, name)? {
                configuration.files.extend(unit.files);
                commands.push(unit.command);
            }
        }
        let titles = processes
            .iter()
            .flat_map(Processes::all)
            .filter(|process| matches!(process.name.as_str(), "k3s" | "k3s-server" | "k3s-agent"));
        let hidden = commands.is_empty();
        commands.extend(titles.map(|process| process.words.clone()));
        if hidden && commands.iter().all(|words| words.len() <= 2) {
            configuration.incomplete = Some(
                "k3s hides its arguments, and no unit of it was found that holds them".to_owned(),
            );
        }
        for words in &commands {
            configuration.agent |= words.iter().any(|word| word == "agent")
                || words.first().is_some_and(|first| first.ends_with("k3s-agent"));
            let mut words = words.iter().skip(1).peekable();
            while let Some(word) = words.next() {
                let Some(flag) = word.strip_prefix("--") else { continue };
                let (name, value) = match flag.split_once('=') {
                    Some((name, value)) => (name, value.to_owned()),
                    None => match words.peek() {
                        Some(next) if !next.starts_with('-') => {
                            (flag, words.next().cloned().unwrap_or_default())
                        }
                        _ => (flag, "true".to_owned()),
                    },
                };
                configuration.values.push((name.to_owned(), value));
            }
        }
        Ok(configuration)
    }

    /// A later file replaces the keys of an earlier one; `key+` adds to them.
    fn add_file(&mut self, root: Node<'_>) {
        for (key, value) in root.entries() {
            let name = key.text().trim_end_matches('+');
            if name.len() == key.text().len() {
                self.values.retain(|(known, _)| known != name);
            }
            let items: Vec<Node<'_>> = match value.items().next() {
                Some(_) => value.items().collect(),
                None => vec![value],
            };
            self.values
                .extend(items.into_iter().map(|item| (name.to_owned(), document::text(item))));
        }
    }

    /// The value of an option that has one; the last counts.
    fn last(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn is_on(&self, name: &str) -> bool {
        self.last(name).and_then(boolean) == Some(true)
    }

    /// k3s' own arguments with those of an option such as `kube-apiserver-arg`: `name=value`
    /// replaces, `name+=value` appends to a list and `name-=value` puts before it.
    fn changed(&self, mut own: Vec<(String, String)>, option: &str) -> Vec<(String, String)> {
        for (_, argument) in self.values.iter().filter(|(known, _)| known == option) {
            let argument = argument.trim_start_matches('-');
            let (name, value) = argument.split_once('=').unwrap_or((argument, "true"));
            let plain = name.trim_end_matches(['+', '-']);
            let before = own.iter_mut().find(|(known, _)| known == plain);
            match (before, &name[plain.len()..]) {
                (Some((_, before)), "+") => *before = format!("{before},{value}"),
                (Some((_, before)), "-") => *before = format!("{value},{before}"),
                _ => own.push((plain.to_owned(), value.to_owned())),
            }
        }
        own
    }
}
