//! `seawall seccomp`, with commands that run under filters of the real kernel.

mod common;

use common::{folder, seawall_in, seawall_with_input};

/// Allows everything but one family of calls.
fn deny(calls: &str, action: &str) -> String {
    format!(
        r#"{{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{{"names": [{calls}], "action": "{action}"}}]}}"#
    )
}

const CHMOD: &str = r#""chmod", "fchmod", "fchmodat", "fchmodat2""#;

#[test]
fn explain_shows_groups_dangers_and_the_difference_from_runtime_default() {
    let folder = folder(&[("p.json", &deny(CHMOD, "SCMP_ACT_ERRNO"))]);
    let run = seawall_in(folder.path(), &["seccomp", "explain", "p.json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("A call that no rule names is allowed."), "{}", run.stdout);
    assert!(run.stdout.contains("  denied: chmod fchmod fchmodat fchmodat2\n"), "{}", run.stdout);
    assert!(run.stdout.contains("  - chmod: allowed, then fails with EPERM\n"), "{}", run.stdout);
    assert!(run.stdout.contains("  bpf: "), "{}", run.stdout);
    let run = seawall_in(folder.path(), &["seccomp", "explain", "runtime-default", "-o", "json"]);
    let json = run.json();
    assert_eq!(json["fromRuntimeDefault"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["default"], "errno EPERM");
}

#[test]
fn diff_tells_what_opens_and_closes() {
    let folder = folder(&[
        ("a.json", &deny(CHMOD, "SCMP_ACT_ERRNO")),
        ("b.json", &deny("\"mount\"", "SCMP_ACT_KILL")),
    ]);
    let run = seawall_in(folder.path(), &["seccomp", "diff", "a.json", "b.json"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("+ chmod: fails with EPERM, then allowed\n"), "{}", run.stdout);
    assert!(run.stdout.contains("- mount: allowed, then kills the thread\n"), "{}", run.stdout);
    let same = seawall_in(folder.path(), &["seccomp", "diff", "a.json", "a.json"]);
    assert_eq!(same.code, 0);
}

#[test]
fn lint_points_at_what_is_wrong() {
    let text = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [\n{\"names\": [\"raed\", \
                \"execve\", \"exit_group\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
    let folder = folder(&[("p.json", text), ("broken.json", "{\n\"defaultAction\": 1}")]);
    let run = seawall_in(folder.path(), &["seccomp", "lint", "p.json"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("p.json:2:12: warning: no kernel has a call \"raed\""),
        "{}",
        run.stdout
    );
    let run = seawall_in(folder.path(), &["seccomp", "lint", "p.json", "--fail-on", "error"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let run =
        seawall_in(folder.path(), &["seccomp", "lint", "p.json", "broken.json", "-o", "json"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("broken.json:2:18: an integer where a string belongs"),
        "{}",
        run.stderr
    );
    assert_eq!(run.json()["unread"].as_array().map(Vec::len), Some(1));
    let run = seawall_with_input(folder.path(), &["seccomp", "lint", "-"], text);
    assert!(run.stdout.contains("<stdin>:2:12: "), "{}", run.stdout);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kernel {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_profile_that_denies_chmod_makes_chmod_fail_with_eperm() {
        let folder =
            folder(&[("p.json", &deny(CHMOD, "SCMP_ACT_ERRNO")), ("file", ""), ("other", "")]);
        let run = seawall_in(
            folder.path(),
            &[
                "seccomp",
                "try",
                "p.json",
                "-o",
                "json",
                "--",
                "sh",
                "-c",
                "chmod 600 file; chmod 600 other",
            ],
        );
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains("Operation not permitted"), "{}", run.stderr);
        let json = run.json();
        let denied = json["denied"].as_array().expect("a list");
        assert_eq!(denied.len(), 2, "{json}");
        for (it, path) in denied.iter().zip(["file", "other"]) {
            assert_eq!(it["action"], "errno EPERM");
            assert_eq!(it["path"], path);
            assert!(it["call"].as_str().is_some_and(|call| call.contains("chmod")), "{it}");
            assert!(it["program"].as_str().is_some_and(|program| program.ends_with("chmod")));
            assert!(it["pid"].as_i64().is_some_and(|pid| pid > 0));
        }
        let mode = std::fs::metadata(folder.path().join("file")).expect("it is there");
        assert_ne!(mode.permissions().mode() & 0o777, 0o600, "the call did not take place");
    }

    #[test]
    fn the_error_is_the_profiles() {
        let text = r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}"#;
        let folder = folder(&[("p.json", text)]);
        let run = seawall_in(folder.path(), &["seccomp", "try", "p.json", "--", "mkdir", "a"]);
        assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
        assert!(run.stdout.contains("fails with ENOSPC"), "{}", run.stdout);
        assert!(!folder.path().join("a").exists());
    }

    #[test]
    fn what_kills_or_signals_does_so_and_is_reported() {
        for (action, said) in [
            ("SCMP_ACT_KILL_PROCESS", "kills the process"),
            ("SCMP_ACT_KILL", "kills the thread"),
            ("SCMP_ACT_TRAP", "sends SIGSYS"),
        ] {
            let folder = folder(&[("p.json", &deny(r#""mkdir", "mkdirat""#, action))]);
            let run = seawall_in(folder.path(), &["seccomp", "try", "p.json", "--", "mkdir", "a"]);
            assert_eq!(run.code, 1, "{}", run.stderr);
            assert!(run.stdout.contains(said), "{}", run.stdout);
            assert!(
                run.stdout.contains("1 call denied; the command ended with signal 31"),
                "{}",
                run.stdout
            );
            assert!(!folder.path().join("a").exists());
        }
    }

    #[test]
    fn what_is_logged_takes_place() {
        let folder = folder(&[("p.json", &deny(r#""mkdir", "mkdirat""#, "SCMP_ACT_LOG"))]);
        let run = seawall_in(folder.path(), &["seccomp", "try", "p.json", "--", "mkdir", "a"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("allowed and logged"), "{}", run.stdout);
        assert!(folder.path().join("a").is_dir());
    }

    #[test]
    fn a_recorded_profile_lets_its_program_run_and_nothing_else() {
        let folder = folder(&[("file", "hello\n")]);
        let seawall = |arguments: &[&str]| seawall_in(folder.path(), arguments);
        let run = seawall(&["seccomp", "record", "-o", "p.json", "--", "cat", "file"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("hello"), "its output goes to standard error: {}", run.stderr);
        let run = seawall(&["seccomp", "try", "p.json", "--", "cat", "file"]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let run = seawall(&["seccomp", "try", "p.json", "--", "chmod", "600", "file"]);
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stdout.contains("chmod"), "{}", run.stdout);
        assert!(run.stderr.contains("Operation not permitted"), "{}", run.stderr);
        let run = seawall(&["seccomp", "lint", "p.json"]);
        assert_eq!(run.code, 0, "{}", run.stdout);
    }

    #[test]
    fn children_are_recorded_and_runs_are_merged() {
        let folder = folder(&[("file", "")]);
        let seawall = |arguments: &[&str]| seawall_in(folder.path(), arguments);
        let script = "(ls /; true) | cat; chmod 600 file &\nwait";
        let run = seawall(&["seccomp", "record", "-o", "a.json", "--", "sh", "-c", script]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let run = seawall(&[
            "seccomp", "record", "-o", "b.json", "--merge", "a.json", "--", "mkdir", "d",
        ]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        for command in [vec!["sh", "-c", script], vec!["mkdir", "e"]] {
            let mut arguments = vec!["seccomp", "try", "b.json", "--"];
            arguments.extend(command);
            let run = seawall(&arguments);
            assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        }
        let run = seawall(&["seccomp", "try", "a.json", "--", "mkdir", "f"]);
        assert_eq!(run.code, 1, "{}", run.stdout);
    }

    #[test]
    fn threads_are_followed() {
        let folder = folder(&[("p.json", &deny(r#""sethostname""#, "SCMP_ACT_ERRNO"))]);
        // The program itself has threads: it runs under the profile as any other.
        let program = env!("CARGO_BIN_EXE_seawall");
        let run = seawall_in(folder.path(), &["seccomp", "record", "--", program, "scan", "."]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("\"futex\""), "{}", run.stdout);
        let run =
            seawall_in(folder.path(), &["seccomp", "try", "p.json", "--", program, "scan", "."]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    }

    #[test]
    fn a_profile_that_closes_execve_starts_nothing() {
        let folder = folder(&[("p.json", &deny(r#""execve""#, "SCMP_ACT_ERRNO"))]);
        let run = seawall_in(folder.path(), &["seccomp", "try", "p.json", "--", "true"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stdout.contains("the command did not start"), "{}", run.stdout);
        let run = seawall_in(folder.path(), &["seccomp", "record", "--", "no-such-program"]);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("no program no-such-program"), "{}", run.stderr);
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let folder = folder(&[]);
        let run = seawall_in(
            folder.path(),
            &["seccomp", "record", "--duration", "1", "--", "sleep", "600"],
        );
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("nanosleep"), "{}", run.stdout);
        assert!(run.stderr.contains("signal 15"), "{}", run.stderr);
    }
}
