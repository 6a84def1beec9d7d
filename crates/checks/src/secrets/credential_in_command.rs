//! Arguments are in the pod's spec, and in every list of processes.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity, Undecided};

use super::search::{Credential, in_entry, in_text};

/// Credentials in `command`, `args` and the commands of probes and lifecycle hooks.
pub const CHECK: Check = Check {
    id: "credential-in-command",
    title: "Command line holds a credential",
    severity: Severity::High,
    rationale: "Besides standing in the repository, in etcd and before all who may look at pods, \
                an argument shows in the process list of the container and of the node, and ends \
                in crash reports and logs.",
    remedy: "Make the credential invalid and issue a new one. Let the program read it from a \
             mounted file; most have an option such as `--password-file`.",
    mapping: Mapping {
        nsa: &["C-0012"],
        cis: &["5.4.1"],
        pss: None,
        mitre: &["T1552", "T1552.001"],
    },
    covers: &["kubescape:C-0012"],
    links: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Leaked),
    cases: include_str!("credential_in_command.yaml"),
};

const INSTEAD: &str = "renew it and read it from a mounted file";

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let probes = [container.liveness_probe, container.readiness_probe, container.startup_probe];
    let hooks = ["postStart", "preStop"].map(|hook| container.lifecycle?.get(hook));
    let of_handlers = probes
        .into_iter()
        .chain(hooks)
        .filter_map(|handler| handler?.at_path(&["exec", "command"]));
    for command in [container.command, container.args].into_iter().flatten().chain(of_handlers) {
        search(command, container, cx)?;
    }
    Ok(())
}

fn search<'a>(command: Node<'a>, container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let mut option: Option<&str> = None;
    for word in command.list()? {
        let text = word.text();
        let found = match option.take() {
            // `--password`, `hunter2`
            Some(option) => in_entry(option, text),
            None => in_text(text),
        };
        match found {
            Ok(found) => {
                for credential in found {
                    report(credential, word, command, container, cx);
                }
            }
            Err(why) => cx.undecided(Undecided { node: word, why: why.into() }),
        }
        option = text
            .strip_prefix('-')
            .map(|name| name.trim_start_matches('-'))
            .filter(|name| !name.contains(['=', ' ']));
    }
    Ok(())
}

fn report<'a>(
    credential: Credential,
    word: Node<'a>,
    command: Node<'a>,
    container: &Container<'a>,
    cx: &mut Cx<'a>,
) {
    let list = command.key().map_or("command", Node::text);
    let place = format!("{list} of {}", container.noun());
    credential.report(word, &place, INSTEAD, cx);
}
