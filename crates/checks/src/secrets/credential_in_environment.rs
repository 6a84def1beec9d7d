//! A variable's value is readable by whoever reads the pod.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity, Undecided};

use super::search::in_entry;

/// Credentials in `env[].value`, by their format or by the variable's name.
pub const CHECK: Check = Check {
    id: "credential-in-environment",
    title: "Environment variable holds a credential",
    severity: Severity::High,
    rationale: "The value stands in the pod's spec: in the repository and its whole history, in \
                etcd without the encryption that Secrets get, and before everyone who may look at \
                pods, which the built-in role `view` allows. Whoever reads it has what it opens, \
                and nobody notices.",
    remedy: "Make the credential invalid and issue a new one. Keep it in an external store or a \
             Secret that is not committed, and mount that as a file.",
    mapping: Mapping {
        nsa: &["C-0012"],
        cis: &["5.4.1"],
        pss: None,
        mitre: &["T1552", "T1552.001"],
    },
    covers: &[
        "kubescape:C-0012",
        "kubescape:C-0259",
        "kube-linter:env-var-secret",
        "polaris:sensitiveContainerEnvVar",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("credential_in_environment.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(env) = container.env else { return Ok(()) };
    for variable in env.list()? {
        let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) else {
            continue;
        };
        let place = || format!("variable {} of {}", name.text(), container.noun());
        match in_entry(name.text(), value.text()) {
            Ok(found) => {
                for credential in found {
                    credential.report(value, &place(), INSTEAD, cx);
                }
            }
            Err(why) => cx.undecided(Undecided { node: value, why: why.into() }),
        }
    }
    Ok(())
}

const INSTEAD: &str = "renew it, keep it in a Secret and mount that as a file";
