//! A container that calls sudo needs root after all, and a way to it.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

/// `sudo` as a command in `command` or `args`.
pub const CHECK: Check = Check {
    id: "sudo-in-command",
    title: "Container starts a program with sudo",
    severity: Severity::Medium,
    rationale: "`sudo` works only where the image lets the container's user become root: a set-uid \
                program, rights in sudoers, and privilege escalation allowed. Whoever breaks into \
                the application has the same way to root.",
    remedy: "Start the program as the user it needs, with the capability that it needs, and remove \
             `sudo` from the image; what must be prepared as root belongs in the image's build.",
    mapping: Mapping::NONE,
    covers: &["kubescape:C-0062"],
    links: &["https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html"],
    scope: Scope::Container(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("sudo_in_command.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    for list in [container.command, container.args].into_iter().flatten() {
        for word in list.list()? {
            match word.string() {
                Ok(text) if calls_sudo(text.value) => cx.fail(
                    word,
                    format!(
                        "{} calls sudo; run it as the user it needs and remove sudo from the image",
                        container.noun()
                    ),
                ),
                Ok(_) => {}
                Err(why) => cx.undecided(why),
            }
        }
    }
    Ok(())
}

/// Whether a word, or the script in it, has `sudo` where a command stands: at the start, or after
/// what separates commands in a shell.
fn calls_sudo(script: &str) -> bool {
    script.match_indices("sudo").any(|(start, name)| {
        let before = &script[..start];
        // The path to it, as `/usr/bin/`.
        let path = before.rfind(|c: char| !is_path(c)).map_or(before, |at| &before[at + 1..]);
        let separated = path.is_empty() || path.ends_with('/');
        let command = before[..before.len() - path.len()].trim_end_matches([' ', '\t']);
        let starts = command.is_empty()
            || command.ends_with(['\n', ';', '&', '|', '(', '`', '{', '!'])
            || ["then", "do", "else", "exec", "env", "time"].iter().any(|w| command.ends_with(w));
        let ends = script[start + name.len()..]
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || matches!(next, ';' | '&' | '|' | ')' | '`'));
        separated && starts && ends
    })
}

fn is_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-')
}
