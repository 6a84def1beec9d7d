//! What profiles say, what they do, and what the kernel's program of them does.

mod seccomp_support;

use proptest::prelude::*;
use seawall_podsecurity::Weight;
use seawall_podsecurity::seccomp::{
    Arch, Filter, Profile, Reason, Return, Runtime, Syscall, Target, diff, explain, lint, program,
    runtime_default, syscall,
};
use seccomp_support::{data, interpret};

fn parse(text: &str) -> Profile {
    Profile::parse("p.json", text).expect("it is a profile")
}

fn target(runtime: Runtime) -> Target {
    Target { runtime, ..Target::default() }
}

fn filter(text: &str, runtime: Runtime) -> Filter {
    Filter::new(&parse(text), &target(runtime)).expect("the runtime takes it")
}

fn refusal(text: &str, runtime: Runtime) -> String {
    Filter::new(&parse(text), &target(runtime)).expect_err("the runtime refuses it").to_string()
}

fn ret(filter: &Filter, name: &str, first: u64) -> Return {
    filter.decide(Arch::X86_64, name, &[first, 0, 0, 0, 0, 0]).ret
}

const EPERM: Return = Return::Errno(1);
const CONTAINERD: Runtime = Runtime::Containerd;

#[test]
fn errors_name_line_and_cause() {
    let cases: &[(&str, &str)] = &[
        ("", "p.json:1:1: no JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "p.json:1:1: a list where a profile belongs"),
        ("{\"a\": 1,\n}", "p.json:2:1: no JSON: key must be a string at line 2 column 1"),
        (
            "{\n \"defaultAction\": \"ALLOW\"}",
            "p.json:2:19: \"ALLOW\" is no action; they are SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRACE, \
             _TRAP, _KILL, _KILL_THREAD, _KILL_PROCESS and _NOTIFY",
        ),
        ("{\"defaultAction\": 1}", "p.json:1:19: an integer where a string belongs"),
        (
            "{\"architectures\": [\"amd64\"]}",
            "p.json:1:20: \"amd64\" is no architecture such as SCMP_ARCH_X86_64",
        ),
        ("{\"syscalls\": {}}", "p.json:1:14: a map where a list belongs"),
        (
            "{\"syscalls\": [\n{\"names\": [\"read\"]}]}",
            "p.json:2:1: the rule has no action; the runtime refuses the profile",
        ),
        (
            "{\"syscalls\": [{\"names\": [\"\"], \"action\": \"SCMP_ACT_ALLOW\"}]}",
            "p.json:1:15: the rule names an empty call; the runtime refuses the profile",
        ),
        (
            "{\"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": \
             [{\"index\": 6, \"op\": \"SCMP_CMP_EQ\"}]}]}",
            "p.json:1:69: a call has the arguments 0 to 5, not 6",
        ),
        (
            "{\"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": \
             [{\"index\": 0, \"value\": -1, \"op\": \"SCMP_CMP_EQ\"}]}]}",
            "p.json:1:91: a number from 0 to 18446744073709551615 belongs here",
        ),
        (
            "{\"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": \
             [{\"index\": 0}]}]}",
            "p.json:1:69: the condition has no op; the runtime refuses the profile",
        ),
        (
            "{\"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": \
             {\"minKernel\": \"4\"}}]}",
            "p.json:1:86: \"4\" is no kernel version such as \"4.8\"",
        ),
    ];
    for (text, expected) in cases {
        let error = Profile::parse("p.json", text).expect_err(text);
        assert_eq!(error.to_string(), *expected);
    }
}

#[test]
fn yaml_is_no_profile_to_a_runtime() {
    assert!(Profile::parse("p.yaml", "defaultAction: SCMP_ACT_ALLOW\n").is_err());
}

#[test]
fn keys_match_in_any_case_and_null_is_absent() {
    let profile = parse(
        "{\"DefaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": null, \"SYSCALLS\": [{\"Names\": \
         [\"read\"], \"ACTION\": \"SCMP_ACT_ALLOW\", \"args\": null}]}",
    );
    assert_eq!(profile.rules.len(), 1);
    assert!(profile.notes.is_empty());
}

#[test]
fn what_is_not_listed_gets_the_default_action() {
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13, "syscalls": [
        {"names": ["read", "close_range"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["write"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}"#;
    let it = filter(text, CONTAINERD);
    assert_eq!(ret(&it, "read", 0), Return::Allow);
    assert_eq!(ret(&it, "write", 0), Return::Errno(5));
    assert_eq!(ret(&it, "chmod", 0), Return::Errno(13));
    let decision = it.decide(Arch::X86, "read", &[0; 6]);
    assert_eq!((decision.ret, decision.reason), (Return::KillThread, Reason::Architecture));
}

#[test]
fn calls_newer_than_the_profile_give_enosys() {
    let text = |arches: &str| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", {arches} "syscalls": [
                {{"names": ["read", "openat2"], "action": "SCMP_ACT_ALLOW"}}]}}"#
        )
    };
    let listed = filter(&text(r#""architectures": ["SCMP_ARCH_X86_64"],"#), CONTAINERD);
    assert_eq!(ret(&listed, "futex_waitv", 0), Return::Errno(38));
    assert_eq!(ret(&listed, "chmod", 0), EPERM);
    assert_eq!(listed.decide_number(Arch::X86_64, 5000, &[0; 6]).ret, Return::Errno(38));
    // Without architectures runc has nothing to go by.
    let unlisted = filter(&text(""), CONTAINERD);
    assert_eq!(ret(&unlisted, "futex_waitv", 0), EPERM);
}

#[test]
fn all_operators_compare_unsigned_numbers_of_64_bits() {
    let cases: &[(&str, u64, u64, u64, bool)] = &[
        ("NE", 40, 0, 41, true),
        ("NE", 40, 0, 40, false),
        ("LT", 1 << 32, 0, (1 << 32) - 1, true),
        ("LT", 1 << 32, 0, 1 << 32, false),
        ("LE", 1 << 32, 0, 1 << 32, true),
        ("LE", 1 << 32, 0, (1 << 32) + 1, false),
        ("EQ", u64::MAX, 0, u64::MAX, true),
        ("EQ", u64::MAX, 0, 1, false),
        ("GE", 7, 0, 7, true),
        ("GE", 7, 0, 6, false),
        ("GT", 7, 0, 1 << 40, true),
        ("GT", 7, 0, 7, false),
        ("MASKED_EQ", 0x7e02_0000, 0, 0x0120_0011, true),
        ("MASKED_EQ", 0x7e02_0000, 0, 0x1000_0000, false),
        // Bits of the second value outside the mask do not count.
        ("MASKED_EQ", 0xf0, 0x1f0, 0xf5, true),
    ];
    for (op, value, two, argument, holds) in cases {
        let text = format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
                "syscalls": [{{"names": ["socket", "futex_requeue"], "action": "SCMP_ACT_ALLOW",
                "args": [{{"index": 0, "value": {value}, "valueTwo": {two},
                "op": "SCMP_CMP_{op}"}}]}}]}}"#
        );
        let it = filter(&text, CONTAINERD);
        let expected = if *holds { Return::Allow } else { EPERM };
        assert_eq!(ret(&it, "socket", *argument), expected, "{op} {value} {argument}");
        let code = program(&it, &Return::code).expect("it is short");
        let answer = interpret(&code, &data(Arch::X86_64, 41, [*argument, 0, 0, 0, 0, 0]));
        assert_eq!(answer, expected.code(), "{op} {value} {argument}");
    }
}

#[test]
fn conditions_are_all_needed_unless_two_look_at_one_argument() {
    let text = |second: u32| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                {{"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [
                {{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}},
                {{"index": {second}, "value": 2, "op": "SCMP_CMP_EQ"}}]}}]}}"#
        )
    };
    let all = filter(&text(1), CONTAINERD);
    let decide = |it: &Filter, arguments| it.decide(Arch::X86_64, "socket", &arguments).ret;
    assert_eq!(decide(&all, [1, 2, 0, 0, 0, 0]), Return::Allow);
    assert_eq!(decide(&all, [1, 1, 0, 0, 0, 0]), EPERM);
    let either = filter(&text(0), CONTAINERD);
    assert_eq!(decide(&either, [1, 0, 0, 0, 0, 0]), Return::Allow);
    assert_eq!(decide(&either, [2, 0, 0, 0, 0, 0]), Return::Allow);
    assert_eq!(decide(&either, [3, 0, 0, 0, 0, 0]), EPERM);
}

#[test]
fn a_rule_without_conditions_decides_wherever_it_stands() {
    let conditional = r#"{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args":
        [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}"#;
    let plain = r#"{"names": ["socket"], "action": "SCMP_ACT_ALLOW"}"#;
    let other = r#"{"names": ["socket"], "action": "SCMP_ACT_LOG"}"#;
    for rules in
        [[conditional, plain, other], [plain, conditional, other], [plain, other, conditional]]
    {
        let text =
            format!(r#"{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{}]}}"#, rules.join(","));
        assert_eq!(ret(&filter(&text, CONTAINERD), "socket", 1), Return::Allow);
    }
}

#[test]
fn runtimes_read_different_fields() {
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"name": "read", "action": "SCMP_ACT_ALLOW"},
        {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["amd64"]}},
        {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}}]}"#;
    let profile = parse(text);
    let open = |target: &Target| -> Vec<&'static str> {
        let it = Filter::new(&profile, target).expect("the runtime takes it");
        let is_open = |name: &&&str| ret(&it, name, 0).permits();
        ["read", "mount", "bpf", "ptrace"].iter().filter(is_open).copied().collect()
    };
    assert_eq!(open(&target(Runtime::Containerd)), ["mount", "bpf", "ptrace"]);
    assert_eq!(open(&target(Runtime::CriO)), ["read", "ptrace"]);
    assert_eq!(open(&target(Runtime::Docker)), ["read", "ptrace"]);
    let old = |runtime| Target { kernel: Some((4, 4)), ..target(runtime) };
    assert_eq!(open(&old(Runtime::CriO)), ["read", "ptrace"]);
    assert_eq!(open(&old(Runtime::Docker)), ["read"]);
    let admin = Target {
        capabilities: vec!["CAP_SYS_ADMIN".to_owned()],
        arch: Arch::Aarch64,
        ..target(Runtime::Docker)
    };
    let it = Filter::new(&profile, &admin).expect("the runtime takes it");
    assert!(it.decide(Arch::Aarch64, "mount", &[0; 6]).ret.permits());
    assert!(it.decide(Arch::Aarch64, "bpf", &[0; 6]).ret.permits());
}

#[test]
fn arch_map_covers_programs_of_related_architectures() {
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "archMap": [
        {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
        "syscalls": [{"names": ["read", "socket"], "action": "SCMP_ACT_ALLOW"}]}"#;
    let docker = filter(text, Runtime::Docker);
    assert_eq!(docker.arches, [Arch::X86_64, Arch::X86]);
    assert!(docker.decide(Arch::X86, "read", &[0; 6]).ret.permits());
    // libseccomp opens the call behind socketcall, too.
    assert!(docker.decide(Arch::X86, "socketcall", &[1, 0, 0, 0, 0, 0]).ret.permits());
    assert!(!docker.decide(Arch::X86, "socketcall", &[2, 0, 0, 0, 0, 0]).ret.permits());
    assert_eq!(filter(text, CONTAINERD).arches, [Arch::X86_64]);
}

#[test]
fn what_a_runtime_refuses_is_told() {
    let rule = r#"{"names": ["read"], "action": "SCMP_ACT_ALLOW"}"#;
    let with = |top: &str, rules: &str| format!(r#"{{{top} "syscalls": [{rules}]}}"#);
    let errno = r#""defaultAction": "SCMP_ACT_ERRNO","#;
    let refused = |text: &str| refusal(text, CONTAINERD);
    assert!(refused(&with("", rule)).contains("no defaultAction"));
    assert!(
        refused(&with(r#""defaultAction": "SCMP_ACT_NOTIFY","#, rule)).contains("default action")
    );
    let notify = r#"{"names": ["write"], "action": "SCMP_ACT_NOTIFY"}"#;
    assert!(refused(&with(errno, notify)).contains("write"));
    let condition = r#""args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]"#;
    let conflict = format!(
        r#"{{"names": ["socket"], "action": "SCMP_ACT_ALLOW", {condition}}},
           {{"names": ["socket"], "action": "SCMP_ACT_LOG", {condition}}}"#
    );
    assert!(refused(&with(errno, &conflict)).contains("different actions"));
    let both = r#"{"name": "read", "names": ["write"], "action": "SCMP_ACT_ALLOW"}"#;
    assert!(refusal(&with(errno, both), Runtime::Docker).contains("both name and names"));
    let arches = r#""defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"],
        "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []}],"#;
    assert!(refusal(&with(arches, rule), Runtime::CriO).contains("archMap"));
}

#[test]
fn an_empty_profile_turns_seccomp_off() {
    let it = filter("{}", CONTAINERD);
    assert!(it.off);
    assert!(ret(&it, "mount", 0).permits());
}

fn found(text: &str, runtime: Runtime) -> Vec<(&'static str, Weight, u32)> {
    lint(&parse(text), &target(runtime))
        .into_iter()
        .map(|it| (it.id, it.weight, it.place.line))
        .collect()
}

/// A profile that is in order, with more rules and fields.
fn clean(fields: &str, rules: &str) -> String {
    format!(
        "{{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_64\", \
         \"SCMP_ARCH_AARCH64\"], {fields}\"syscalls\": [{{\"names\": [\"execve\", \"exit_group\"], \
         \"action\": \"SCMP_ACT_ALLOW\"}}{rules}\n]}}"
    )
}

#[test]
fn a_profile_in_order_has_no_findings() {
    assert_eq!(found(&clean("", ""), CONTAINERD), []);
}

#[test]
fn each_flaw_is_found_where_it_stands() {
    use Weight::{Error, Note, Warning};
    let allow = |names: &str, more: &str| {
        format!(",\n{{\"names\": [{names}], \"action\": \"SCMP_ACT_ALLOW\"{more}}}")
    };
    let args = |conditions: &str| format!(", \"args\": [{conditions}]");
    let condition = |index: u32, value: u64, two: u64, op: &str| {
        format!(
            "{{\"index\": {index}, \"value\": {value}, \"valueTwo\": {two}, \"op\": \"SCMP_CMP_{op}\"}}"
        )
    };
    let eq = |index, value| condition(index, value, 0, "EQ");
    let cases: &[(&str, Weight, String)] = &[
        ("unknown-call", Warning, clean("", &allow("\"raed\"", ""))),
        ("unknown-field", Warning, clean("", &allow("\"read\"", ", \"arg\": []"))),
        (
            "duplicate-key",
            Warning,
            clean("", &allow("\"read\"", ", \"action\": \"SCMP_ACT_ALLOW\"")),
        ),
        ("unreachable-rule", Note, clean("", &allow("\"execve\"", ""))),
        (
            "unreachable-rule",
            Warning,
            clean("", ",\n{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"}"),
        ),
        (
            "unreachable-rule",
            Note,
            clean("", ",\n{\"names\": [\"chmod\"], \"action\": \"SCMP_ACT_ERRNO\"}"),
        ),
        (
            "unreachable-rule",
            Warning,
            clean(
                "",
                &format!(
                    ",\n{{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"{}}}",
                    args(&eq(3, 0))
                ),
            ),
        ),
        ("unreachable-rule", Warning, clean("", &allow("", ""))),
        (
            "conditions-split",
            Warning,
            clean("", &allow("\"socket\"", &args(&format!("{}, {}", eq(0, 1), eq(0, 2))))),
        ),
        (
            "condition-constant",
            Warning,
            clean("", &allow("\"socket\"", &args(&condition(0, 0, 0, "LT")))),
        ),
        (
            "mask-exceeded",
            Warning,
            clean("", &allow("\"socket\"", &args(&condition(0, 0xf0, 0x1f0, "MASKED_EQ")))),
        ),
        (
            "value-two-unused",
            Note,
            clean("", &allow("\"socket\"", &args(&condition(0, 1, 2, "EQ")))),
        ),
        ("pointer-compared", Warning, clean("", &allow("\"open\"", &args(&eq(0, 1))))),
        ("errno-unused", Note, clean("", &allow("\"read\"", ", \"errnoRet\": 5"))),
        (
            "errno-zero",
            Warning,
            clean(
                "",
                ",\n{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 0}",
            ),
        ),
        (
            "errno-out-of-range",
            Warning,
            clean(
                "",
                ",\n{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 5000}",
            ),
        ),
        ("unknown-flag", Error, clean("\"flags\": [\n\"SECCOMP_FILTER_FLAG_X\"], ", "")),
        (
            "listener-missing",
            Error,
            clean("", ",\n{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_NOTIFY\"}"),
        ),
        (
            "field-ignored",
            Warning,
            clean("", &allow("\"read\"", ", \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}")),
        ),
        (
            "field-ignored",
            Error,
            clean("", ",\n{\"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\"}"),
        ),
        (
            "unknown-capability",
            Warning,
            clean("", &allow("\"read\"", ", \"includes\": {\"caps\": [\"SYS_ADMIN\"]}")),
        ),
        (
            "unknown-architecture",
            Warning,
            clean("", &allow("\"read\"", ", \"includes\": {\"arches\": [\"x86_64\"]}")),
        ),
        ("dangerous-call", Warning, clean("", &allow("\"io_uring_setup\"", ""))),
        ("dangerous-call", Note, clean("", &allow("\"kexec_load\"", ""))),
        (
            "clone3-open",
            Warning,
            clean(
                "",
                &(allow("\"clone3\"", "")
                    + &allow("\"clone\"", &args(&condition(0, 0x7e02_0000, 0, "MASKED_EQ")))),
            ),
        ),
    ];
    for (id, weight, text) in cases {
        let found = found(text, CONTAINERD);
        assert!(found.contains(&(id, *weight, 2)), "{id} in {text}\n{found:?}");
    }
}

#[test]
fn profiles_that_confine_nothing_are_found() {
    let ids = |text: &str| -> Vec<&str> {
        found(text, CONTAINERD).into_iter().map(|(id, ..)| id).collect()
    };
    assert_eq!(ids("{}"), ["allows-all"]);
    assert!(ids(r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#).contains(&"allows-all"));
    assert!(ids(r#"{"defaultAction": "SCMP_ACT_LOG"}"#).contains(&"allows-all"));
    let list = r#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_ERRNO"}]}"#;
    assert!(ids(list).contains(&"default-allows"));
    let missing = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}"#;
    let found = ids(missing);
    assert!(found.contains(&"missing-architectures") && found.contains(&"vital-call-closed"));
}

#[test]
fn a_filter_is_explained_against_the_runtimes_own() {
    let default = runtime_default(Arch::X86_64, None, &[]);
    let own = explain(&default, &default, Arch::X86_64);
    assert!(own.from_default.is_empty());
    let open: Vec<&str> = own.open.iter().map(|open| open.danger.call).collect();
    assert!(open.contains(&"ptrace") && !open.contains(&"clone") && !open.contains(&"mount"));
    let text = clean("", ",{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ALLOW\"}");
    let mine = filter(&text, CONTAINERD);
    let explained = explain(&mine, &default, Arch::X86_64);
    let mount = explained.from_default.iter().find(|it| it.call == "mount").expect("it differs");
    assert!(mount.opens() && !mount.closes());
    let chmod = explained.from_default.iter().find(|it| it.call == "chmod").expect("it differs");
    assert!(chmod.closes() && !chmod.opens());
    let calls: usize = explained
        .groups
        .iter()
        .map(|state| state.allowed.len() + state.depends.len() + state.denied.len())
        .sum();
    assert_eq!(calls, Syscall::of(Arch::X86_64).count());
    assert!(diff(&mine, &mine, Arch::X86_64).is_empty());
}

/// Any profile over a few calls, with conditions that meet often.
fn any_profile() -> impl Strategy<Value = String> {
    let action = prop::sample::select(vec![
        "ALLOW",
        "ERRNO",
        "LOG",
        "TRAP",
        "KILL",
        "KILL_PROCESS",
        "TRACE",
    ]);
    let op = prop::sample::select(vec!["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]);
    let value = prop::sample::select(vec![0_u64, 1, 2, 7, 1 << 32, (1 << 32) + 1, u64::MAX]);
    let condition = (0_u32..3, value.clone(), value, op).prop_map(|(index, value, two, op)| {
        format!(r#"{{"index":{index},"value":{value},"valueTwo":{two},"op":"SCMP_CMP_{op}"}}"#)
    });
    let names = prop::sample::subsequence(
        vec!["read", "write", "open", "close", "socket", "clone", "mount", "futex_wait", "openat2"],
        1..4,
    );
    let rule = (names, action.clone(), prop::collection::vec(condition, 0..4), 0_u32..40).prop_map(
        |(names, action, args, errno)| {
            let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            format!(
                r#"{{"names":[{}],"action":"SCMP_ACT_{action}","errnoRet":{errno},"args":[{}]}}"#,
                names.join(","),
                args.join(",")
            )
        },
    );
    let arches = prop::sample::subsequence(
        vec!["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        0..=3,
    );
    (action, arches, prop::collection::vec(rule, 0..6)).prop_map(|(action, arches, rules)| {
        let arches: Vec<String> = arches.iter().map(|arch| format!("{arch:?}")).collect();
        format!(
            r#"{{"defaultAction":"SCMP_ACT_{action}","architectures":[{}],"syscalls":[{}]}}"#,
            arches.join(","),
            rules.join(",")
        )
    })
}

proptest! {
    #[test]
    fn the_kernels_program_decides_as_the_filter_does(
        text in any_profile(),
        name in prop::sample::select(vec![
            "read", "write", "open", "close", "socket", "clone", "mount", "futex_wait", "openat2",
            "chmod", "listmount",
        ]),
        arch in prop::sample::select(vec![Arch::X86_64, Arch::X86, Arch::X32]),
        arguments in prop::array::uniform6(prop::sample::select(vec![
            0_u64, 1, 2, 3, 7, 8, 1 << 32, (1 << 32) + 1, u64::MAX,
        ])),
    ) {
        let Ok(filter) = Filter::new(&parse(&text), &Target::default()) else { return Ok(()) };
        let number = syscall(name).and_then(|call| call.number(arch)).expect("all have it");
        let code = program(&filter, &Return::code).expect("it is short");
        let expected = filter.decide(arch, name, &arguments);
        prop_assert_eq!(filter.decide_number(arch, number, &arguments), expected);
        prop_assert_eq!(interpret(&code, &data(arch, number, arguments)), expected.ret.code());
    }

    #[test]
    fn any_text_is_a_profile_or_an_error_with_its_place(text in "\\PC{0,80}") {
        if let Err(error) = Profile::parse("p.json", &text) {
            prop_assert!(error.place.line >= 1 && error.place.column >= 1);
        }
    }
}

#[test]
fn the_runtimes_own_profile_fits_the_kernel() {
    for arch in [Arch::X86_64, Arch::Aarch64, Arch::Riscv64] {
        let default = runtime_default(arch, None, &[]);
        let code = program(&default, &Return::code).expect("the kernel takes it");
        for call in Syscall::of(arch) {
            let number = call.number(arch).expect("it has one");
            for argument in [0, 8, 40, 0x1000_0000, u64::MAX] {
                let arguments = [argument, 0, 0, 0, 0, 0];
                let expected = default.decide(arch, call.name, &arguments).ret.code();
                let answer = interpret(&code, &data(arch, number, arguments));
                assert_eq!(answer, expected, "{} {argument}", call.name);
            }
        }
    }
}
