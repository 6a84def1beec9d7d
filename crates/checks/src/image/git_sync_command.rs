//! git-sync runs whatever its environment says is `git`.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Undecided,
};

use crate::fix;

use super::reference::image_of;

/// `GITSYNC_GIT` or `--git` in a container of git-sync.
pub const CHECK: Check = Check {
    id: "git-sync-command",
    title: "Pod tells git-sync which program to run as git",
    severity: Severity::Medium,
    rationale: "git-sync runs the program that `GITSYNC_GIT` or `--git` names in place of git, \
                with its own rights and on its own schedule. Whoever may edit the pod's \
                environment or a volume of the container has code running in it that looks like a \
                routine sync, and no check of the image's entrypoint sees it.",
    remedy: "Remove `GITSYNC_GIT` and `--git`; the image brings its own git. Forbid them in \
             admission.",
    mapping: Mapping { mitre: &["T1609"], ..Mapping::NONE },
    covers: &["checkov:CKV_K8S_159"],
    links: &[
        "https://www.akamai.com/blog/security-research/2024-august-kubernetes-gitsync-command-injection-defcon",
    ],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A program that stands in for `git` is no longer called."),
        edits,
    }),
    cases: include_str!("git_sync_command.yaml"),
};

/// The variable; git-sync 3 reads it under the second name (`cmd/git-sync/main.go`).
const VARIABLES: &[&str] = &["GITSYNC_GIT", "GIT_SYNC_GIT"];

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(env) = container.env {
        for variable in env.list()? {
            let Some(name) = variable.get("name").and_then(Node::as_str) else { continue };
            if VARIABLES.contains(&name) {
                report(variable, name, container, cx);
            }
        }
    }
    if runs_git_sync(container)? {
        for words in [container.command, container.args].into_iter().flatten() {
            for word in words.list()? {
                if let Some(flag) = word.as_str().and_then(flag) {
                    report(word, flag, container, cx);
                }
            }
        }
    }
    Ok(())
}

fn report<'a>(node: Node<'a>, what: &str, container: &Container<'a>, cx: &mut Cx<'a>) {
    cx.fail(
        node,
        format!("{} tells git-sync by {what} what to run as git; remove it", container.noun()),
    );
}

/// `--git` and `-git` are one to git-sync 3, whose flags are those of Go.
fn flag(word: &str) -> Option<&'static str> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    let name = name.split_once('=').map_or(name, |(name, _)| name);
    (name == "git").then_some("--git")
}

/// By the image's name, or by the program where another image carries it.
fn runs_git_sync<'a>(container: &Container<'a>) -> Result<bool, Undecided<'a>> {
    let by_command = container
        .command
        .and_then(|command| command.items().next())
        .and_then(Node::as_str)
        .is_some_and(|program| program.rsplit('/').next() == Some("git-sync"));
    Ok(by_command
        || image_of(container)?.is_some_and(|image| image.value.base_name().contains("git-sync")))
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let mut edits = fix::remove(flaw)?;
    // Of a flag without `=`, the next word is the value.
    if flag(flaw.node.text()).is_some() && !flaw.node.text().contains('=') {
        let container = flaw.container()?;
        let words = [container.command, container.args].into_iter().flatten();
        let mut rest = words.flat_map(Node::items).skip_while(|word| *word != flaw.node);
        edits.extend(rest.nth(1).map(Edit::remove));
    }
    Ok(edits)
}
