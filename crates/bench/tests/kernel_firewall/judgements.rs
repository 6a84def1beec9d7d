//! What controls make of rules that are loaded, and what they say where rules can't be read or
//! decided.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use seawall_bench::firewall::packet::{Question, Version};
use seawall_bench::firewall::ranges::Ranges;
use seawall_bench::firewall::{Reach, judge};
use seawall_bench::{Host, Verdict, netfilter};

use super::laboratory::{Laboratory, run, this};
use super::rules::Tool;
use super::support::{one, report};

/// What a judgement should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nobody,
    Some,
    Everybody,
    On,
    Unknown,
}

const DROP: &str =
    "table inet f { chain i { type filter hook input priority 0; policy drop;\n}\n}\n";
const DNAT: &str = "table ip n { chain p { type nat hook prerouting priority dstnat;
  tcp dport 9999 redirect to :2379\n}\n}\n";

/// Rules, who reaches port 2379 of every address over IPv4, and a word of the reason.
const JUDGED: &[(&str, Kind, &str)] = &[
    ("", Kind::Everybody, ""),
    (DROP, Kind::Nobody, "policy drop of inet f i"),
    (
        "table ip f { chain i { type filter hook input priority 0; policy drop;
           ip saddr { 10.0.0.0/8, 192.168.0.0/16 } tcp dport 2379 accept\n}\n}",
        Kind::Some,
        "rule",
    ),
    // Two halves are all.
    (
        "table ip f { chain i { type filter hook input priority 0; policy drop;
           ip saddr 0.0.0.0/1 accept\n ip saddr 128.0.0.0/1 accept\n}\n}",
        Kind::Everybody,
        "rule",
    ),
    // All but one are all.
    (
        "table ip f { chain i { type filter hook input priority 0; policy accept;
           ip saddr 10.1.0.2 drop\n}\n}",
        Kind::Everybody,
        "policy accept of ip f i",
    ),
    // eth0 has the default route, eth1 has not.
    (
        "table ip f { chain i { type filter hook input priority 0; policy drop;
           iifname eth0 tcp dport 2379 accept\n}\n}",
        Kind::Everybody,
        "rule",
    ),
    (
        "table ip f { chain i { type filter hook input priority 0; policy drop;
           iifname eth1 tcp dport 2379 accept\n}\n}",
        Kind::On,
        "rule",
    ),
    // A MAC address can't be told.
    (
        "table inet f { chain i { type filter hook input priority 0; policy drop;
           ether saddr 02:00:00:00:00:02 accept\n}\n}",
        Kind::Unknown,
        "rule",
    ),
    // Nor who sets a mark.
    (
        "table inet f { chain i { type filter hook input priority 0; policy drop;
           meta mark 0x5 accept\n}\n}",
        Kind::Unknown,
        "rule",
    ),
    // A rate keeps nobody out who comes slowly.
    (
        "table inet f { chain i { type filter hook input priority 0; policy drop;
           tcp dport 2379 limit rate 3/second accept\n}\n}",
        Kind::Everybody,
        "rule",
    ),
    // What puts itself into a set is let through by it.
    (
        "table inet f { set knocked { type ipv4_addr; flags dynamic,timeout; timeout 1m\n}
           chain i { type filter hook input priority 0; policy drop;
           tcp dport 1234 add @knocked { ip saddr } drop\n ip saddr @knocked accept\n}\n}",
        Kind::Unknown,
        "rule",
    ),
    // Bridges and devices come before.
    (
        "table bridge f { chain i { type filter hook input priority 0; policy drop;\n}\n}",
        Kind::Unknown,
        "bridge f i",
    ),
    (
        "table netdev f { chain i { type filter hook ingress device eth0 priority 0; policy drop;\n}\n}",
        Kind::Unknown,
        "netdev f i",
    ),
];

fn kind(reach: &Reach) -> (Kind, String) {
    match reach {
        Reach::Nobody { by } => (Kind::Nobody, by.join(", ")),
        Reach::Some { by, .. } => (Kind::Some, by.join(", ")),
        Reach::Everybody { by } => (Kind::Everybody, by.join(", ")),
        Reach::On { by, .. } => (Kind::On, by.join(", ")),
        Reach::Unknown { why } => (Kind::Unknown, why.clone()),
    }
}

fn judged(host: &Host) -> (Kind, String) {
    let loaded = netfilter::read(host).expect("the rules can be read");
    let question = Question {
        version: Version::V4,
        port: 2379,
        addresses: Ranges::of([0x0a01_0001, 0x0a02_0001]),
        interfaces: &loaded.interfaces,
        rewritten: false,
    };
    kind(&judge(&loaded.ruleset, &question))
}

fn expect(host: &Host, text: &str, want: Kind, word: &str) {
    let (kind, why) = judged(host);
    assert_eq!(kind, want, "{why}\n{text}");
    assert!(why.contains(word), "{word} is not in {why}\n{text}");
}

/// Rules as they are judged as a whole.
pub fn rules(laboratory: &mut Laboratory, host: &Host) {
    for (text, want, word) in JUDGED {
        laboratory.load(Tool::Nft, text);
        expect(host, text, *want, word);
    }
    // Rewritten connections count as well, unless the rules refuse them too.
    let raw = "table ip r { chain p { type filter hook prerouting priority -300;
        tcp dport 2379 drop\n}\n}\n";
    let marked = "table ip f { chain i { type filter hook input priority 0; policy drop;
        ct status dnat accept\n}\n}\n";
    for (text, want) in [
        (raw.to_owned(), Kind::Nobody),
        (format!("{raw}{DNAT}"), Kind::Unknown),
        (marked.to_owned(), Kind::Nobody),
        (format!("{marked}{DNAT}"), Kind::Unknown),
        (format!("{DROP}{DNAT}"), Kind::Nobody),
    ] {
        laboratory.load(Tool::Nft, &text);
        expect(host, &text, want, if want == Kind::Unknown { "ip n p" } else { "" });
    }
    // A program at tc may refuse more, and lets nothing through that the rules refuse.
    run("tc", &["qdisc", "add", "dev", "eth1", "clsact"], "");
    laboratory.load(Tool::Nft, "");
    expect(host, "tc", Kind::Unknown, "a program at tc of eth1");
    laboratory.load(Tool::Nft, DROP);
    expect(host, "tc", Kind::Nobody, "policy drop");
    run("tc", &["qdisc", "del", "dev", "eth1", "clsact"], "");
}

/// Tables of the old iptables: the last, for they stay.
pub fn old_tables(laboratory: &mut Laboratory, host: &Host) {
    run("iptables-legacy", &["-A", "INPUT", "-p", "tcp", "--dport", "2379", "-j", "DROP"], "");
    laboratory.load(Tool::Nft, "");
    expect(host, "iptables-legacy", Kind::Unknown, "the table filter of the old iptables");
    laboratory.load(Tool::Nft, DROP);
    expect(host, "iptables-legacy", Kind::Nobody, "policy drop");
    laboratory.load(Tool::Nft, "");
    run("iptables-legacy", &["-F"], "");
}

fn control(host: &Host, benchmark: &str, id: &str) -> (Verdict, String) {
    let result = one(&report(Some(host), None, benchmark, &[]), id);
    (result.verdict, result.reason)
}

/// A process that looks like etcd, and ends with the test.
struct Etcd(Child);

impl Drop for Etcd {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

/// The verdicts of the benchmarks.
pub fn controls(laboratory: &mut Laboratory, host: &Host) {
    let etcd = Command::new("sleep").arg0("/usr/bin/etcd").arg("1000").spawn();
    let _etcd = Etcd(etcd.expect("sleep is there"));
    let both = |want: Verdict, text: &str| {
        for (benchmark, id) in [("nsa-cisa", "etcd-listens"), ("node", "firewall")] {
            let (verdict, reason) = control(host, benchmark, id);
            assert_eq!(verdict, want, "{id}: {reason}\n{text}");
        }
    };
    laboratory.load(Tool::Nft, "");
    both(Verdict::Fail, "");
    assert_eq!(control(host, "node", "listening-sockets").0, Verdict::Fail, "port 8080 is open");
    laboratory.load(Tool::Nft, DROP);
    both(Verdict::Pass, DROP);
    assert_eq!(control(host, "node", "listening-sockets").0, Verdict::Pass, "it is refused");
    // IPv4 alone is half of it.
    let half = DROP.replace("inet", "ip");
    laboratory.load(Tool::Nft, &half);
    both(Verdict::Fail, &half);
    // Without the right, and from another network, nothing is known.
    laboratory.load(Tool::Nft, DROP);
    let without = ["--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    for (program, arguments, word) in
        [("setpriv", &without[..], "NET_ADMIN"), ("unshare", &["--net"][..], "another network")]
    {
        let status = this(program, &format!("stranger {word}"), arguments).status();
        assert!(status.is_ok_and(|status| status.success()), "{program}: see above");
    }
}

/// Someone who can't read the rules.
pub fn stranger(word: &str) {
    let host = Host::new("/").expect("a node");
    let (verdict, reason) = control(&host, "node", "firewall");
    assert_eq!(verdict, Verdict::Unknown, "{reason}");
    assert!(reason.contains(word), "{reason}");
}
