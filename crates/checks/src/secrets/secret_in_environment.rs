//! Environments are inherited, dumped and logged.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

/// `secretKeyRef` in `env` and `secretRef` in `envFrom`.
pub const CHECK: Check = Check {
    id: "secret-in-environment",
    title: "Secret is passed in an environment variable",
    severity: Severity::Medium,
    rationale: "Every process that the program starts inherits its environment, crash reports and \
                debug pages print it, and `/proc` shows it to others of the same user. A file is \
                read by who opens it, and follows when the Secret is renewed; a variable keeps the \
                old value until the pod is replaced.",
    remedy: "Mount the Secret as a read-only volume with `items` for the keys that are needed, and \
             let the program read the file.",
    mapping: Mapping { cis: &["5.4.1"], mitre: &["T1552"], ..Mapping::NONE },
    covers: &["kubescape:C-0207", "checkov:CKV_K8S_35", "kube-linter:read-secret-from-env-var"],
    links: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("secret_in_environment.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(env) = container.env {
        for variable in env.list()? {
            let Some(key) = variable.at_path(&["valueFrom", "secretKeyRef"]) else { continue };
            let name = |node: Node<'a>, field| node.get(field).map_or("(none)", Node::text);
            cx.fail(
                key,
                format!(
                    "{} gets key {} of Secret {} in variable {}; mount it as a file",
                    container.noun(),
                    name(key, "key"),
                    name(key, "name"),
                    name(variable, "name")
                ),
            );
        }
    }
    let Some(sources) = container.env_from else { return Ok(()) };
    for source in sources.list()? {
        let Some(secret) = source.get("secretRef") else { continue };
        let name = secret.get("name").map_or("(none)", Node::text);
        cx.fail_at(
            secret,
            name.to_owned(),
            format!(
                "{} gets every key of Secret {name} as variables; mount the keys that it needs as \
                 files",
                container.noun()
            ),
        );
    }
    Ok(())
}
