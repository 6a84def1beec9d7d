//! The conventions of the command line, which CONTRIBUTING.md writes down, in every subcommand.

mod common;

use common::{PRIVILEGED, Run, folder, seawall_in};

/// A subcommand with its help.
struct Command {
    words: Vec<String>,
    help: String,
}

impl Command {
    fn name(&self) -> String {
        self.words.join(" ")
    }

    fn is_group(&self) -> bool {
        self.help.contains("\nCommands:\n") && self.help.contains(" <COMMAND>")
    }

    fn usage(&self) -> &str {
        let after = self.help.split_once("Usage: ").expect("every help has a usage").1;
        after.lines().next().expect("it is a line")
    }

    /// What stands behind an option in the help: its other form and its value.
    fn option(&self, long: &str) -> Option<&str> {
        let line = self.help.lines().map(str::trim_start).find(|line| {
            line.starts_with('-')
                && line.split([' ', ',', '=', '[']).any(|word| word == format!("--{long}"))
        })?;
        Some(line.trim_end())
    }
}

/// All subcommands, those of subcommands too.
fn commands() -> Vec<Command> {
    let place = folder(&[]);
    let mut all = Vec::new();
    let mut ahead = vec![Vec::new()];
    while let Some(words) = ahead.pop() {
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.push("--help");
        let Run { code, stdout: help, stderr } = seawall_in(place.path(), &arguments);
        assert_eq!(code, 0, "{words:?}: {stderr}");
        if let Some((_, list)) = help.split_once("\nCommands:\n") {
            let lines = list.lines().take_while(|line| !line.is_empty());
            let entries = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
            for name in entries.filter_map(|line| line.split_whitespace().next()) {
                ahead.push(words.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
        all.push(Command { words, help });
    }
    assert!(all.len() > 60, "{} subcommands", all.len());
    all
}

#[test]
fn every_help_has_examples_and_exit_codes() {
    for command in commands() {
        let name = command.name();
        assert!(command.help.contains("Examples:\n  "), "{name} has no examples");
        if !command.is_group() {
            assert!(command.help.contains("Exit codes: 0"), "{name} does not tell its exit codes");
        }
    }
}

#[test]
fn options_have_the_same_names_and_letters_everywhere() {
    for command in commands() {
        let name = command.name();
        for (long, short) in [
            ("output", "-o"),
            ("filename", "-f"),
            ("namespace", "-n"),
            ("all-namespaces", "-A"),
            ("quiet", "-q"),
            ("verbose", "-v"),
        ] {
            if let Some(line) = command.option(long) {
                assert!(line.starts_with(&format!("{short}, ")), "{name}: {line}");
            }
        }
        for letter in ["-o", "-f", "-n", "-A"] {
            let start = format!("{letter}, --");
            let long = match letter {
                "-o" => "output",
                "-f" => "filename",
                "-n" => "namespace",
                _ => "all-namespaces",
            };
            for line in command.help.lines().map(str::trim_start) {
                if let Some(rest) = line.strip_prefix(&start) {
                    assert!(rest.starts_with(long), "{name}: {line}");
                }
            }
        }
        if let Some(line) = command.option("filename") {
            assert!(line.ends_with("<TARGET>..."), "{name}: {line}");
            let reads = command.option("strict").is_some() || name.contains("harden");
            assert!(reads || ["fix", "import"].contains(&&*name), "{name} has no --strict");
        }
    }
}

#[test]
fn targets_are_arguments_where_arguments_are_no_question() {
    for command in commands().iter().filter(|it| it.option("filename").is_some()) {
        let name = command.name();
        // A benchmark's arguments would be nodes; those of `unused` follow --from-audit.
        if name.starts_with("bench") || name == "rbac unused" {
            continue;
        }
        let arguments = command.usage().split_once("[OPTIONS]").map_or("", |(_, rest)| rest.trim());
        let asks = arguments.contains('<') || arguments.contains("[SUBJECT]");
        assert!(asks || arguments == "[TARGET]...", "{name}: {arguments:?}");
    }
}

#[test]
fn a_target_is_the_same_as_an_argument_and_behind_f() {
    let place = folder(&[("web.yaml", PRIVILEGED), ("values.yaml", "replicas: 1\n")]);
    for words in [
        &["scan"][..],
        &["fix", "--diff"],
        &["podsecurity", "check"],
        &["podsecurity", "namespaces"],
        &["podsecurity", "profiles"],
        &["podsecurity", "harden"],
        &["psp", "admit"],
        &["psp", "preflight"],
        &["psp", "migrate"],
        &["rbac", "risks"],
        &["rbac", "lint"],
        &["net", "list"],
        &["net", "lint"],
        &["net", "exposure"],
        &["selinux", "lint"],
        &["sysctls"],
    ] {
        let run = |last: &[&str]| seawall_in(place.path(), &[words, last].concat());
        let (argument, option) = (run(&["web.yaml"]), run(&["-f", "web.yaml"]));
        assert!(argument.code < 2, "{words:?}: {}", argument.stderr);
        assert_eq!(
            (argument.code, argument.stdout),
            (option.code, option.stdout),
            "{words:?}: {}",
            option.stderr
        );
        let both = run(&["web.yaml", "--cluster"]);
        assert_eq!((both.code, both.stdout.as_str()), (2, ""), "{words:?}");
    }
    // With Helm, -f names values.
    let values = seawall_in(place.path(), &["scan", ".", "-f", "values.yaml"]);
    assert_eq!(values.code, 2);
    assert!(values.stderr.contains("are given with --values"), "{}", values.stderr);
}

#[test]
fn a_format_that_there_is_not_is_refused_with_those_that_there_are() {
    for command in commands() {
        let formats = ["<FORMAT>", "<FORMAT[=FILE]>"];
        let is_format = |line: &str| formats.iter().any(|value| line.ends_with(value));
        if command.is_group() || !command.option("output").is_some_and(is_format) {
            continue;
        }
        let place = folder(&[]);
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let run = seawall_in(place.path(), &[&words[..], &["-o", "nonsense"]].concat());
        let name = command.name();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}");
        let named = ["json", "svg"].iter().any(|format| run.stderr.contains(format));
        assert!(run.stderr.contains("nonsense") && named, "{name}: {}", run.stderr);
    }
}

#[test]
fn a_name_that_nobody_has_is_refused_with_those_that_there_are() {
    let place = folder(&[("web.yaml", PRIVILEGED)]);
    for (words, why) in [
        (&["net", "list", "-n", "shpo"][..], "there is no namespace shpo; there is shop"),
        (&["net", "exposure", "-n", "shpo"], "there is no namespace shpo; there is shop"),
        (&["net", "matrix", "-n", "shpo"], "there is no namespace shpo; there is shop"),
        (&["net", "generate", "-n", "shpo"], "there is no namespace shpo; there is shop"),
        (&["podsecurity", "namespaces", "-n", "shpo"], "there is no namespace shpo; there is shop"),
        (&["psp", "admit", "-n", "shpo"], "there is no namespace shpo; there is shop"),
        (
            &["net", "eval", "shop/wbe", "shop/web", "80"],
            "there is no workload or pod shop/wbe; there",
        ),
        (&["net", "list", "--focus", "wbe"], "there is no workload wbe; there is shop/web[Pod]"),
        (&["rbac", "lookup", "alcie"], "no binding names \"alcie\"; write user/NAME"),
        (&["rbac", "who-can", "get", "pdos"], "did you mean \"pods\"?"),
    ] {
        let run = seawall_in(place.path(), &[words, &["-f", "web.yaml"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{words:?}: {}", run.stderr);
        assert!(run.stderr.contains(why), "{words:?}: {}", run.stderr);
    }
    let risks = seawall_in(place.path(), &["rbac", "risks", "-n", "shpo", "web.yaml"]);
    assert!(risks.stderr.contains("is of the namespace shpo"), "{}", risks.stderr);
}

#[test]
fn files_that_hold_nothing_are_no_answer() {
    let place = folder(&[("web.yaml", PRIVILEGED), ("empty", ""), ("folder/x.txt", "")]);
    for (words, why) in [
        (&["apparmor", "explain", "empty"][..], "empty holds no profile"),
        (&["apparmor", "lint", "empty"], "empty holds no profile"),
        (&["seccomp", "explain", "empty"], "empty:1:1: no JSON"),
        (&["seccomp", "explain", "folder"], "can't read folder"),
        (&["podsecurity", "harden", "empty"], "empty: there is no Kubernetes object"),
        (&["podsecurity", "harden"], "say what to harden"),
        (&["net", "generate", "web.yaml", "--flows", "empty"], "empty: there is no flow"),
        (&["net", "generate", "web.yaml", "--check", "empty"], "empty: there is no flow"),
        (&["rbac", "unused", "-f", "web.yaml", "--from-audit", "empty"], "tells of no request"),
        (&["rbac", "generate", "--from-audit", "empty"], "tells of no request"),
        (&["psp", "preflight"], "say what to read"),
    ] {
        let run = seawall_in(place.path(), words);
        assert_eq!(run.code, 2, "{words:?}: {}", run.stdout);
        assert!(run.stderr.contains(why), "{words:?}: {}", run.stderr);
    }
}
