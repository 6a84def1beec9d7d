//! How long it takes to read and judge the firewall rules of a node with 50,000 rules of kube-proxy:
//! `cargo bench -p seawall-bench --bench firewall`, as root.
//!
//! The rules are loaded into a network namespace of the benchmark's own, in which it runs itself
//! again.

use std::io::Write as _;
use std::process::{Command, Stdio};

use criterion::Criterion;
use seawall_bench::firewall::judge;
use seawall_bench::firewall::packet::{Question, Version};
use seawall_bench::firewall::ranges::Ranges;
use seawall_bench::{Host, netfilter};

/// Services with two endpoints each: ten rules a service.
const SERVICES: usize = 5_000;
/// Addresses that may reach etcd.
const SOURCES: usize = 500;
const INSIDE: &str = "SEAWALL_BENCH_INSIDE";

/// What kube-proxy and a careful administrator write.
fn rules() -> String {
    let mut chains = String::new();
    let mut rules = String::new();
    let line = |out: &mut dyn std::fmt::Write, text: String| {
        writeln!(out, "{text}").expect("a string");
    };
    for service in 0..SERVICES {
        let address =
            format!("10.{}.{}.{}", 96 + service / 65_025, service / 255 % 255, service % 255);
        let (svc, note) =
            (format!("KUBE-SVC-{service:08}"), "-m comment --comment \"ns/name:port\"");
        line(&mut chains, format!(":{svc} - [0:0]"));
        line(
            &mut rules,
            format!("-A KUBE-SERVICES -d {address}/32 -p tcp {note} -m tcp --dport 80 -j {svc}"),
        );
        line(
            &mut rules,
            format!(
                "-A {svc} ! -s 10.244.0.0/16 -d {address}/32 -p tcp {note} --dport 80 -j KUBE-MARK-MASQ"
            ),
        );
        for endpoint in 0..2 {
            let sep = format!("KUBE-SEP-{service:08}-{endpoint}");
            let pod = format!("10.244.{}.{}", service / 250 % 250, service % 250);
            line(&mut chains, format!(":{sep} - [0:0]"));
            let odds =
                if endpoint == 0 { "-m statistic --mode random --probability 0.5" } else { "" };
            line(&mut rules, format!("-A {svc} {note} {odds} -j {sep}"));
            line(&mut rules, format!("-A {sep} -s {pod}/32 {note} -j KUBE-MARK-MASQ"));
            line(
                &mut rules,
                format!("-A {sep} -p tcp {note} -m tcp -j DNAT --to-destination {pod}:8080"),
            );
            line(&mut rules, format!("-A {sep} {note} -j RETURN"));
        }
    }
    let mut filter = String::new();
    for source in 0..SOURCES {
        line(
            &mut filter,
            format!(
                "-A INPUT -s 10.{}.{}.7/32 -p tcp -m multiport --dports 2379,2380 -j ACCEPT",
                source / 250,
                source % 250
            ),
        );
    }
    format!(
        "*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n{chains}\
         -A PREROUTING -j KUBE-SERVICES\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n{rules}COMMIT\n\
         *filter\n:INPUT DROP [0:0]\n:KUBE-FIREWALL - [0:0]\n-A INPUT -j KUBE-FIREWALL\n\
         -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{filter}\
         -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP\n\
         COMMIT\n"
    )
}

fn load() {
    let mut child = Command::new("iptables-nft-restore")
        .stdin(Stdio::piped())
        .spawn()
        .expect("iptables-nft-restore is there (package iptables)");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(rules().as_bytes()).expect("it listens");
    drop(stdin);
    assert!(child.wait().expect("it ends").success(), "the rules are loaded");
    for arguments in [
        &["link", "add", "eth0", "type", "veth"][..],
        &["addr", "add", "10.0.0.1/8", "dev", "eth0"],
    ] {
        let status = Command::new("ip").args(arguments).status().expect("ip is there");
        assert!(status.success(), "{arguments:?}");
    }
}

fn inside() {
    load();
    let host = Host::new("/").expect("a node");
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("firewall/read", |b| {
        b.iter(|| netfilter::read(&host).expect("the rules can be read"));
    });
    let loaded = netfilter::read(&host).expect("the rules can be read");
    criterion.bench_function("firewall/judge", |b| {
        b.iter(|| {
            let question = Question {
                version: Version::V4,
                port: 2379,
                addresses: Ranges::of([0x0a00_0001]),
                interfaces: &loaded.interfaces,
                rewritten: false,
            };
            judge(&loaded.ruleset, &question)
        });
    });
    criterion.final_summary();
}

#[allow(clippy::print_stderr, reason = "the reader should know")]
fn main() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    // Without --bench it is only tried whether it runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let status = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(std::env::current_exe().expect("this program has a path"))
        .args(std::env::args_os().skip(1))
        .env(INSIDE, "1")
        .status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!(
            "it failed in a network namespace of its own, or that could not be made without root"
        );
        std::process::exit(1);
    }
}
