//! What a profile lets a program do, in sentences by subject.

use super::policy::{Policy, Profile, Rule, RuleKind};

/// What a profile does.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The profile's name; of a child `parent//child`.
    pub name: String,
    /// What it confines and how strictly.
    pub summary: Vec<String>,
    /// By subject, such as `capabilities`: what is allowed and denied.
    pub subjects: Vec<(&'static str, Vec<String>)>,
}

/// Explains every profile of a file.
pub fn explain(policy: &Policy) -> Vec<Explained> {
    let mut all = Vec::new();
    for profile in &policy.profiles {
        walk(profile, "", &mut all);
    }
    all
}

fn walk(profile: &Profile, parent: &str, all: &mut Vec<Explained>) {
    let name = match parent {
        "" => profile.name.clone(),
        parent => format!("{parent}//{}", profile.name),
    };
    all.push(Explained {
        name: name.clone(),
        summary: summary(profile),
        subjects: subjects(profile),
    });
    for child in &profile.children {
        walk(child, &name, all);
    }
}

fn summary(profile: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match &profile.attachment {
        Some(path) => format!("confines {path}, and whatever is started with this profile"),
        None if profile.hat => "a hat: a program changes into it itself".to_owned(),
        None => "confines what is started with this profile".to_owned(),
    });
    lines.push(
        if profile.has("complain") {
            "complain: violations are logged and allowed"
        } else if profile.has("unconfined") {
            "unconfined: nothing is confined"
        } else if profile.has("default_allow") {
            "default_allow: what no rule denies is allowed"
        } else if profile.has("kill") {
            "kill: a violation kills the process"
        } else {
            "enforce: what no rule allows is denied"
        }
        .to_owned(),
    );
    for (flag, meaning) in [
        ("attach_disconnected", "paths outside the container's root are taken as if below /"),
        ("mediate_deleted", "deleted files are still mediated by their path"),
        ("chroot_relative", "paths count from the root of a chroot"),
        ("audit", "everything is logged"),
    ] {
        if profile.has(flag) {
            lines.push(format!("{flag}: {meaning}"));
        }
    }
    lines
}

fn subjects(profile: &Profile) -> Vec<(&'static str, Vec<String>)> {
    let mut subjects: Vec<(&'static str, Vec<String>)> = Vec::new();
    for subject in SUBJECTS {
        let lines: Vec<String> = profile
            .rules
            .iter()
            .filter_map(|rule| {
                let (about, text) = say(&rule.kind);
                (about == *subject).then(|| with_qualifiers(rule, &text))
            })
            .collect();
        if !lines.is_empty() {
            subjects.push((subject, lines));
        } else if !matches!(*subject, "includes" | "limits" | "everything" | "other") {
            let nothing = match profile.enforces() {
                true => "nothing is allowed, but for what includes add",
                false => "no rule",
            };
            subjects.push((subject, vec![nothing.to_owned()]));
        }
    }
    subjects
}

const SUBJECTS: &[&str] = &[
    "everything",
    "capabilities",
    "network",
    "files",
    "mounts",
    "tracing",
    "signals",
    "profile changes",
    "limits",
    "other",
    "includes",
];

fn with_qualifiers(rule: &Rule, text: &str) -> String {
    let mut words = String::new();
    if rule.qualifiers.deny {
        words.push_str("denied: ");
    }
    words.push_str(text);
    if rule.qualifiers.owner {
        words.push_str(", of the process's own user only");
    }
    if rule.qualifiers.audit {
        words.push_str(", logged");
    }
    words
}

/// The subject of a rule and what it says of it.
fn say(kind: &RuleKind) -> (&'static str, String) {
    let list = |words: &[String], all: &str| match words {
        [] => all.to_owned(),
        words => words.join(" "),
    };
    match kind {
        RuleKind::All => ("everything", "everything".to_owned()),
        RuleKind::Capability(names) => {
            let names: Vec<String> =
                names.iter().map(|name| format!("CAP_{}", name.to_ascii_uppercase())).collect();
            ("capabilities", list(&names, "all"))
        }
        RuleKind::Network(words) => ("network", list(words, "all sockets")),
        RuleKind::Unix(words) => ("network", format!("unix sockets: {}", list(words, "all"))),
        RuleKind::File(file) => {
            let what = match file.permissions.as_str() {
                "" => "read, write, execute and all else".to_owned(),
                _ => permissions(&file.permissions, file.executes()),
            };
            let target =
                file.target.as_ref().map_or_else(String::new, |it| format!(", as profile {it}"));
            ("files", format!("{}: {what}{target}", file.path.as_deref().unwrap_or("every file")))
        }
        RuleKind::Link(words) => ("files", format!("link {}", words.join(" "))),
        RuleKind::Mount(words) => ("mounts", format!("mount {}", list(words, "anything"))),
        RuleKind::Remount(words) => ("mounts", format!("remount {}", list(words, "anything"))),
        RuleKind::Umount(words) => ("mounts", format!("umount {}", list(words, "anything"))),
        RuleKind::PivotRoot(words) => ("mounts", format!("pivot_root {}", list(words, "anywhere"))),
        RuleKind::Ptrace { access, peer } => {
            let peer = peer.as_deref().unwrap_or("every process");
            ("tracing", format!("{}, with {peer}", list(access, "all")))
        }
        RuleKind::Signal { access, set, peer } => {
            let peer = peer.as_deref().unwrap_or("every process");
            let set = list(set, "all signals");
            ("signals", format!("{} {set}, with {peer}", list(access, "send and receive")))
        }
        RuleKind::ChangeProfile { exec, target } => {
            let target = target.as_deref().unwrap_or("any profile");
            let exec = exec.as_ref().map_or_else(String::new, |it| format!(" on starting {it}"));
            ("profile changes", format!("to {target}{exec}"))
        }
        RuleKind::Rlimit(words) => ("limits", words.join(" ")),
        RuleKind::Dbus(words) => ("other", format!("dbus {}", list(words, "all"))),
        RuleKind::Userns(words) => ("other", format!("user namespaces {}", list(words, "all"))),
        RuleKind::IoUring(words) => ("other", format!("io_uring {}", list(words, "all"))),
        RuleKind::Mqueue(words) => ("other", format!("message queues {}", list(words, "all"))),
        RuleKind::Include(include) => (
            "includes",
            format!("{}{}", include.path, if include.optional { ", if it exists" } else { "" }),
        ),
    }
}

fn permissions(letters: &str, executes: Option<&str>) -> String {
    let mut words: Vec<&str> = Vec::new();
    for (letter, word) in [
        ('r', "read"),
        ('w', "write"),
        ('a', "append"),
        ('l', "link"),
        ('k', "lock"),
        ('m', "map as code"),
    ] {
        if letters.contains(letter) {
            words.push(word);
        }
    }
    let how = executes.map(|mode| {
        let otherwise = match mode {
            _ if mode.ends_with("ix") && mode.len() > 2 => ", else this one",
            _ if mode.to_ascii_lowercase().ends_with("ux") && mode.len() > 2 => ", else unconfined",
            _ => "",
        };
        let what = match mode.as_bytes().first() {
            Some(b'i') => "execute under this profile",
            Some(b'p' | b'P') => "execute under the program's own profile",
            Some(b'c' | b'C') => "execute under a child profile",
            Some(b'u' | b'U') => "execute unconfined",
            _ => "execute",
        };
        format!("{what}{otherwise}")
    });
    let mut text = words.join(", ");
    if let Some(how) = how {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&how);
    }
    text
}
