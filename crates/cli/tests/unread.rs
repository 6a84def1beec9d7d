//! Nothing unread passes: every command that answers from objects says what its answer lacks, and
//! answers nothing from nothing.

mod common;

use std::path::Path;

use common::{PRIVILEGED, Run, folder, seawall_in};

/// Every command that takes `-f`, with a question; `@` is what is read.
const COMMANDS: &[&[&str]] = &[
    &["rbac", "who-can", "get", "secrets", "-n", "shop", "-f", "@"],
    &["rbac", "can-i", "get", "secrets", "--as", "eve", "-f", "@"],
    &["rbac", "lookup", "user/eve", "-f", "@"],
    &["rbac", "rules", "user/eve", "-f", "@"],
    &["rbac", "risks", "-f", "@"],
    &["rbac", "lint", "-f", "@"],
    &["rbac", "diff", "@", "@"],
    &["rbac", "unused", "--from-audit", "audit.log", "-f", "@"],
    &["rbac", "graph", "-f", "@"],
    &["net", "list", "-f", "@"],
    &["net", "eval", "shop/web", "203.0.113.9", "80", "-f", "@"],
    &["net", "explain", "shop/web", "-f", "@"],
    &["net", "exposure", "-f", "@"],
    &["net", "lint", "-f", "@"],
    &["net", "generate", "-f", "@"],
    &["net", "matrix", "-f", "@"],
    &["net", "map", "-f", "@"],
    &["net", "compile", "-f", "@"],
    &["podsecurity", "check", "-f", "@"],
    &["podsecurity", "namespaces", "-f", "@"],
    &["podsecurity", "profiles", "-f", "@"],
    &["psp", "admit", "-f", "@"],
    &["psp", "preflight", "-f", "@"],
    &["psp", "migrate", "-f", "@"],
    &["selinux", "explain", "-f", "@"],
    &["selinux", "lint", "-f", "@"],
    &["sysctls", "-f", "@"],
    // They take no -f, and answer from objects.
    &["net", "diff", "@", "@"],
];

/// Those that write files, load rules or report what was read: they are held to it on their own,
/// below and in their own tests.
const OTHERS: &[&[&str]] = &[
    &["net", "enforce"],
    &["apparmor", "generate"],
    &["podsecurity", "harden"],
    &["scan"],
    &["fix"],
    &["import"],
];

const AUDIT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"ResponseComplete","verb":"get","user":{"username":"eve","groups":["system:authenticated"]},"requestURI":"/api/v1/namespaces/shop/secrets/token","objectRef":{"resource":"secrets","namespace":"shop","name":"token","apiVersion":"v1"},"annotations":{"authorization.k8s.io/decision":"allow"}}
"#;

fn files() -> tempfile::TempDir {
    folder(&[
        ("whole/web.yaml", PRIVILEGED),
        ("part/web.yaml", PRIVILEGED),
        ("part/broken.yaml", "a: [1\n"),
        ("broken.yaml", "a: [1\n"),
        ("binary.yaml", "\u{0}\u{1}"),
        ("empty.yaml", ""),
        ("values.yaml", "replicas: 1\n"),
        ("other/notes.txt", "nothing\n"),
        ("audit.log", AUDIT),
    ])
}

fn ask(folder: &Path, command: &[&str], target: &str, further: &[&str]) -> Run {
    let mut arguments: Vec<&str> =
        command.iter().map(|&word| if word == "@" { target } else { word }).collect();
    arguments.extend(further);
    seawall_in(folder, &arguments)
}

#[test]
fn an_answer_says_what_it_lacks() {
    let files = files();
    for command in COMMANDS {
        let ask = |target, further| ask(files.path(), command, target, further);
        let (whole, part) = (ask("whole", &[]), ask("part", &[]));
        assert!(whole.code < 2, "{command:?}: {}", whole.stderr);
        assert!(!whole.stdout.contains("could not be read"), "{command:?}: {}", whole.stdout);
        assert_eq!(part.code, whole.code, "{command:?}: {}", part.stderr);
        let told = part.stdout.contains("could not be read or understood");
        assert!(told, "{command:?}: {}", part.stdout);
        let quiet = ask("part", &["-q"]);
        assert!(quiet.stderr.contains("part/broken.yaml:2:1: "), "{command:?}: {}", quiet.stderr);
        assert_eq!(ask("whole", &["--strict"]).code, whole.code, "{command:?}");
        assert_eq!(ask("part", &["--strict"]).code, 2, "{command:?}");
    }
}

#[test]
fn programs_get_what_an_answer_lacks() {
    let files = files();
    // A picture has no JSON, and rules are no answer.
    let none = ["graph", "compile"];
    for command in COMMANDS.iter().filter(|words| !none.contains(&words[1])) {
        let part = ask(files.path(), command, "part", &["-o", "json"]).json();
        let unread = part["unread"].as_array().expect("it lists what could not be read");
        let named = |it: &serde_json::Value| {
            it.as_str().is_some_and(|text| text.starts_with("part/broken.yaml:2:1: "))
        };
        assert!(unread.iter().any(named), "{command:?}: {part}");
        let whole = ask(files.path(), command, "whole", &["-o", "json"]).json();
        assert_eq!(whole["unread"], serde_json::json!([]), "{command:?}");
    }
}

#[test]
fn nothing_is_answered_from_nothing() {
    let files = files();
    for (target, why) in [
        ("empty.yaml", "empty.yaml: there is no Kubernetes object; name manifests"),
        ("values.yaml", "values.yaml: there is no Kubernetes object; name manifests"),
        ("other", "there is no Kubernetes object (1 file of another name was not looked into)"),
        ("broken.yaml", "no Kubernetes object could be read; mend what could not be read"),
        ("binary.yaml", "no Kubernetes object could be read; mend what could not be read"),
        ("missing.yaml", "missing.yaml: no such file or directory"),
        ("*.nope", "*.nope: no file matches"),
    ] {
        for command in COMMANDS {
            let Run { code, stdout, stderr } = ask(files.path(), command, target, &[]);
            assert_eq!((code, stdout.as_str()), (2, ""), "{command:?} {target}: {stderr}");
            assert!(stderr.contains(why), "{command:?} {target}: {stderr}");
        }
    }
}

#[test]
fn profiles_and_rules_are_not_made_of_nothing() {
    let files = files();
    let generate = |target| seawall_in(files.path(), &["apparmor", "generate", "-f", target]);
    assert_eq!(generate("whole").code, 0);
    for target in ["empty.yaml", "broken.yaml"] {
        let Run { code, stdout, .. } = generate(target);
        assert_eq!((code, stdout.as_str()), (2, ""), "{target}");
    }
    // Not even nft is looked for.
    for target in ["empty.yaml", "broken.yaml", "part"] {
        let enforce = ["net", "enforce", "--once", "--nft", "./no-nft", "-f", target];
        let Run { code, stderr, .. } = seawall_in(files.path(), &enforce);
        assert_eq!(code, 2, "{target}: {stderr}");
        assert!(!stderr.contains("no-nft"), "{target}: {stderr}");
    }
}

#[test]
fn every_command_that_reads_objects_is_held_to_it() {
    let files = files();
    let listed = |words: &[String]| {
        COMMANDS.iter().chain(OTHERS).any(|known| {
            known.len() >= words.len() && words.iter().zip(*known).all(|(word, own)| word == own)
        })
    };
    let mut unlisted = Vec::new();
    // The objects that a benchmark reads are evidence among other evidence.
    let mut ahead: Vec<Vec<String>> = subcommands(files.path(), &[]);
    ahead.retain(|words| words[0] != "bench");
    let mut seen = 0;
    while let Some(words) = ahead.pop() {
        let help = help(files.path(), &words);
        if help.contains("--filename") {
            seen += 1;
            if !listed(&words) {
                unlisted.push(words.clone());
            }
        }
        ahead.extend(subcommands(files.path(), &words));
    }
    assert!(unlisted.is_empty(), "{unlisted:?}");
    assert_eq!(seen, COMMANDS.len() - 1 + OTHERS.len());
}

fn help(folder: &Path, words: &[String]) -> String {
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments.push("--help");
    let Run { code, stdout, stderr } = seawall_in(folder, &arguments);
    assert_eq!(code, 0, "{words:?}: {stderr}");
    stdout
}

/// The subcommands below one, as its help lists them.
fn subcommands(folder: &Path, words: &[String]) -> Vec<Vec<String>> {
    let help = help(folder, words);
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(|word| words.iter().cloned().chain([word.to_owned()]).collect())
        .collect()
}
