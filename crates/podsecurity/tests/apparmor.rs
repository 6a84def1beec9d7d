//! What policy says, what is wrong with it, and whether what is generated is policy.

use std::io::Write as _;
use std::process::Command;

use proptest::prelude::*;
use seawall_podsecurity::Weight;
use seawall_podsecurity::apparmor::{Need, Policy, RuleKind, explain, generate, lint};

fn parse(text: &str) -> Policy {
    match Policy::parse("p", text) {
        Ok(policy) => policy,
        Err(error) => panic!("{error} in {text}"),
    }
}

/// A profile that is in order, with these rules.
fn with(rules: &str) -> String {
    format!(
        "#include <tunables/global>\nprofile web flags=(attach_disconnected,mediate_deleted) {{\n  \
         #include <abstractions/base>\n{rules}}}\n"
    )
}

#[test]
fn all_kinds_of_rules_are_read() {
    let text = r#"# A comment
abi <abi/3.0>,
#include <tunables/global>
include if exists <local/x>
@{DATA} = /srv "/var/my data"
@{DATA} += /opt
alias /usr -> /mnt/usr,

profile web /usr/bin/web flags=(attach_disconnected, complain) {
  include <abstractions/base>
  capability,
  capability net_bind_service setuid,
  deny capability sys_admin,
  network,
  network inet stream,
  audit network inet6 dgram,
  file,
  /etc/** r,
  owner @{DATA}/{a,b}/[c-d]* rwk,
  "/var/my data/**" rw,
  deny /etc/shadow rw,
  r /etc/hosts,
  /usr/bin/x ix,
  /usr/bin/y Px -> other,
  /usr/bin/z pux,
  link subset /a/* -> /b/*,
  mount fstype=(ext4, xfs) options=(ro,
    nosuid) /dev/sda -> /mnt/,
  remount /mnt/,
  umount /mnt/,
  pivot_root oldroot=/mnt/old/ /mnt/,
  ptrace (read, trace) peer=web,
  ptrace,
  signal (send receive) set=(term, kill) peer=@{profile_name},
  dbus send bus=system path=/x interface=y,
  unix (connect, send) type=stream peer=(label=x, addr="@y"),
  set rlimit nofile <= 1024,
  change_profile /bin/sh -> other,
  userns,
  owner {
    /home/** r,
  }
  ^hat {
    /x r,
  }
  profile child {
    /y r,
  }
}

/usr/bin/{q,r} {
}
"#;
    let policy = parse(text);
    assert_eq!(policy.abi.as_deref(), Some("abi/3.0"));
    assert_eq!(policy.includes.len(), 2);
    assert!(policy.includes[1].optional && policy.includes[1].magic);
    assert_eq!(policy.variables.len(), 2);
    assert!(policy.variables[1].adds);
    assert_eq!(policy.aliases, [("/usr".to_owned(), "/mnt/usr".to_owned())]);
    assert_eq!(policy.profiles.len(), 2);
    let web = &policy.profiles[0];
    assert_eq!((web.name.as_str(), web.attachment.as_deref()), ("web", Some("/usr/bin/web")));
    assert!(web.has("complain") && web.has("attach_disconnected") && !web.enforces());
    assert_eq!(web.children.len(), 2);
    assert!(web.children[0].hat && web.children[0].name == "hat");
    assert_eq!(web.rules.len(), 30);
    let home = web.rules.iter().find(|rule| matches!(&rule.kind, RuleKind::File(file) if file.path.as_deref() == Some("/home/**")));
    assert!(home.is_some_and(|rule| rule.qualifiers.owner), "a block's qualifier holds within");
    let ways: Vec<_> = web
        .rules
        .iter()
        .filter_map(|rule| match &rule.kind {
            RuleKind::File(file) if !file.permissions.is_empty() => file.executes(),
            _ => None,
        })
        .collect();
    assert_eq!(ways, ["ix", "Px", "pux"]);
    assert!(web.rules.iter().any(|rule| matches!(&rule.kind,
        RuleKind::Signal { access, set, peer } if access.len() == 2 && set.len() == 2
            && peer.as_deref() == Some("@{profile_name}"))));
    assert_eq!(policy.profiles[1].name, "/usr/bin/{q,r}");
}

#[test]
fn errors_name_line_and_cause() {
    for (text, expected) in [
        ("profile a {", "p:1:12: the file ends within a profile"),
        ("}", "p:1:1: there is nothing that this brace closes"),
        (
            "profile a {\n  capability CAP_CHOWN,\n}",
            "p:2:14: \"CAP_CHOWN\" is no capability; capabilities are written in lower case and \
             without CAP_",
        ),
        (
            "profile a {\n  /etc/x rz,\n}",
            "p:2:10: \"rz\" are no permissions; they are r, w, a, l, k, m and ways of x",
        ),
        ("profile a {\n  /etc/x,\n}", "p:2:3: /etc/x has no permissions"),
        ("profile a {\n  frobnicate x,\n}", "p:2:3: \"frobnicate\" starts no rule that is known"),
        ("profile a {\n  /etc/x r\n}", "p:2:10: the rule does not end with a comma"),
        ("profile a flags=(lenient) {\n}", "p:1:11: \"lenient\" is no flag of a profile"),
        ("profile a {\n  ptrace (look),\n}", "p:2:10: \"look\" is no access of this rule"),
        ("profile a {\n  \"/etc/x r,\n}", "p:2:3: the quotation mark is not closed"),
        ("profile a {\n  signal (send,\n}", "p:2:10: the parenthesis is not closed"),
        ("web {\n}", "p:1:1: \"web\" opens a block, and is neither a profile nor a path"),
        ("profile {\n}", "p:1:1: the profile has no name"),
    ] {
        let error = Policy::parse("p", text).expect_err(text);
        assert_eq!(error.to_string(), expected);
    }
    let deep = "profile a {\n".repeat(100);
    assert!(Policy::parse("p", &deep).is_err());
}

#[test]
fn each_flaw_is_found_where_it_stands() {
    use Weight::{Error, Note, Warning};
    assert_eq!(lint(&parse(&with("  /etc/** r,\n"))), []);
    for (id, weight, rules) in [
        ("allows-all", Error, "all,"),
        ("all-capabilities", Note, "capability,"),
        ("dangerous-capability", Warning, "capability sys_admin,"),
        ("all-networks", Note, "network,"),
        ("raw-network", Warning, "network inet raw,"),
        ("mount-allowed", Error, "mount,"),
        ("mount-allowed", Warning, "mount fstype=tmpfs -> /x/,"),
        ("pivot-root-allowed", Warning, "pivot_root,"),
        ("ptrace-wide", Warning, "ptrace,"),
        ("signal-wide", Note, "signal,"),
        ("change-profile-wide", Error, "change_profile -> unconfined,"),
        ("user-namespaces-allowed", Warning, "userns,"),
        ("system-bus", Warning, "dbus send bus=system,"),
        ("executes-unconfined", Error, "/bin/x Ux,"),
        ("write-and-execute", Note, "/tmp/** rwix,"),
        ("sensitive-write", Warning, "/** rw,"),
        ("sensitive-write", Warning, "file,"),
        ("overruled-rule", Warning, "/etc/x rw, deny /etc/x rwl,"),
        ("duplicate-rule", Note, "/etc/x r,\n/etc/x r,"),
    ] {
        let found = lint(&parse(&with(&format!("  {rules}\n"))));
        let hit = found.iter().find(|it| it.id == id && it.weight == weight);
        assert!(hit.is_some_and(|it| it.place.line >= 4), "{id} in {rules}: {found:?}");
    }
    let ids = |text: &str| lint(&parse(text)).into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(""), ["no-profile"]);
    assert!(ids("profile a flags=(complain) {\n /x r,\n}").contains(&"complain-mode"));
    assert!(ids("profile a {\n /x r,\n}").contains(&"attach-disconnected-missing"));
    assert!(ids("profile a {\n @{NO}/x r,\n}").contains(&"unknown-variable"));
    assert!(ids("profile a {}\nprofile a {}").contains(&"duplicate-profile"));
    assert!(ids("profile a {}\n/etc/x r,").contains(&"rule-outside-profile"));
    assert_eq!(ids("/etc/x r,"), [""; 0], "a file to include");
}

#[test]
fn denied_places_are_not_complained_of() {
    let need = Need { name: "x".to_owned(), ..Need::default() };
    let found = lint(&parse(&generate(&need)));
    let sensitive: Vec<_> = found.iter().filter(|it| it.id == "sensitive-write").collect();
    // containerd's own profile leaves the devices to the device cgroup.
    assert!(
        sensitive
            .iter()
            .all(|it| it.message.contains("/dev/") || it.message.contains("/sys/fs/bpf")),
        "{sensitive:?}"
    );
}

#[test]
fn a_profile_is_explained_by_subject() {
    let explained = explain(&parse(&with(
        "  deny capability sys_admin,\n  owner /data/** rwix,\n  network inet stream,\n",
    )));
    let subject = |name: &str| {
        let (_, lines) = explained[0].subjects.iter().find(|(it, _)| *it == name).expect(name);
        lines.join("\n")
    };
    assert_eq!(subject("capabilities"), "denied: CAP_SYS_ADMIN");
    assert_eq!(
        subject("files"),
        "/data/**: read, write, execute under this profile, of the process's own user only"
    );
    assert_eq!(subject("network"), "inet stream");
    assert_eq!(subject("mounts"), "nothing is allowed, but for what includes add");
}

fn needs() -> Vec<Need> {
    let base = Need {
        name: "seawall-shop-web-app".to_owned(),
        subject: "For container app of Deployment shop/web.".to_owned(),
        ..Need::default()
    };
    vec![
        base.clone(),
        Need { read_only_root: true, ..base.clone() },
        Need {
            read_only_root: true,
            writable: vec!["/data".to_owned(), "/var/my data/".to_owned(), "/odd{*}[x]".to_owned()],
            read_only: vec!["/etc/config".to_owned(), "/with,comma".to_owned()],
            ports: vec![(8080, "TCP".to_owned()), (53, "UDP".to_owned()), (9, "SCTP".to_owned())],
            capabilities: vec!["NET_BIND_SERVICE".to_owned(), "NET_RAW".to_owned()],
            ..base.clone()
        },
        Need {
            capabilities: seawall_podsecurity::capabilities::ALL
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            read_only: vec!["/config".to_owned()],
            ..base
        },
    ]
}

#[test]
fn what_is_generated_reads_back() {
    for need in needs() {
        let policy = parse(&generate(&need));
        assert_eq!(policy.profiles[0].name, need.name);
        let errors: Vec<_> =
            lint(&policy).into_iter().filter(|it| it.weight == Weight::Error).collect();
        assert_eq!(errors, []);
    }
}

/// AppArmor's own parser, where the machine has it: `tests/run` installs it.
fn apparmor_parser(text: &str) -> Option<Result<(), String>> {
    let path = ["/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists());
    let Some(path) = path else {
        writeln!(std::io::stderr(), "apparmor_parser is not here, so it is not asked")
            .expect("standard error takes it");
        return None;
    };
    let file = std::env::temp_dir().join(format!("seawall-apparmor-{}", std::process::id()));
    std::fs::write(&file, text).expect("a file can be written");
    let output = Command::new(path)
        .args(["-Q", "-K", "--skip-kernel-load"])
        .arg(&file)
        .output()
        .expect("the parser runs");
    std::fs::remove_file(&file).expect("the file goes");
    Some(match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

#[test]
fn apparmors_own_parser_takes_what_is_generated_and_refuses_what_is_refused_here() {
    for need in needs() {
        let text = generate(&need);
        if let Some(result) = apparmor_parser(&text) {
            assert_eq!(result, Ok(()), "{text}");
        }
    }
    for bad in
        ["  capability frobnicate,\n", "  /etc/x rz,\n", "  /etc/x r\n", "  ptrace (look),\n"]
    {
        let text = with(bad);
        assert!(Policy::parse("p", &text).is_err(), "{bad}");
        if let Some(result) = apparmor_parser(&text) {
            assert!(result.is_err(), "{bad}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_policy_or_an_error_with_its_place(
        text in "(profile|deny|/x|r,|\\{|\\}|\\(|\\)|\"|@\\{X\\}|=|#|,|\n| |\\PC){0,40}"
    ) {
        match Policy::parse("p", &text) {
            Ok(policy) => {
                explain(&policy);
                lint(&policy);
            }
            Err(error) => prop_assert!(error.place.line >= 1 && error.place.column >= 1),
        }
    }

    #[test]
    fn what_is_generated_for_any_paths_reads_back(
        writable in prop::collection::vec("/?\\PC{0,12}", 0..4),
        read_only in prop::collection::vec("/[a-z {},*\"\\[\\]()#@\\\\^]{0,12}", 0..4),
        read_only_root: bool,
    ) {
        let need = Need {
            name: "web".to_owned(),
            writable,
            read_only,
            read_only_root,
            ..Need::default()
        };
        let text = generate(&need);
        let policy = Policy::parse("p", &text);
        prop_assert!(policy.is_ok(), "{:?} in {}", policy, text);
    }
}
