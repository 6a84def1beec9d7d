//! Rulesets: some that people write, and any number that nobody would.

use std::fmt::Write as _;

/// What loads rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// nft.
    Nft,
    /// iptables and ip6tables in nf_tables.
    Iptables,
}

/// Choices that are the same for the same seed.
pub struct Choices(u64);

impl Choices {
    pub fn new(seed: u64) -> Self {
        Choices(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % end
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const V4: &[&str] = &[
    "10.1.0.2",
    "10.1.0.3",
    "10.2.0.2",
    "10.9.0.2",
    "10.1.0.0/24",
    "10.9.0.0/16",
    "10.0.0.0/8",
    "10.2.0.2/31",
    "10.1.0.3-10.2.0.2",
    "0.0.0.0/1",
    "10.9.1.0/30",
];
const V4_WHOLE: &[&str] = &["10.1.0.2", "10.2.0.2", "10.9.0.2", "10.1.0.0/24", "10.9.0.0/16"];
const V6: &[&str] = &[
    "fd01::2",
    "fd01::3",
    "fd02::2",
    "fd09::2",
    "fd01::/64",
    "fd09::/16",
    "fd00::/8",
    "fd02::2/127",
    "fd01::3-fd02::2",
    "fd09:1::/64",
];
const V6_WHOLE: &[&str] = &["fd01::2", "fd02::2", "fd09::2", "fd01::/64", "fd09::/16"];
const BASES: &[&str] = &["input", "input", "input", "prerouting"];

/// Rules as people write them.
pub fn written() -> Vec<(&'static str, Tool)> {
    vec![
        ("", Tool::Nft),
        (
            "table inet filter { chain input { type filter hook input priority 0; policy drop;
             ct state established,related accept; iif lo accept; icmpv6 type nd-neighbor-solicit accept;
             ip saddr 10.1.0.0/24 tcp dport { 2379, 6443 } accept; tcp dport 6443 accept; }
             }",
            Tool::Nft,
        ),
        // A table that is switched off protects nothing.
        (
            "table inet filter { flags dormant; chain input { type filter hook input priority 0; policy drop; }
             }",
            Tool::Nft,
        ),
        // What one chain lets through another still refuses.
        (
            "table inet a { chain input { type filter hook input priority -5; policy accept; tcp dport 2379 accept; }
             }
             table inet b { chain input { type filter hook input priority 5; policy accept; tcp dport 2379 drop; }
             }",
            Tool::Nft,
        ),
        // As firewalld does it: zones by interface, chains that nothing falls out of.
        (
            "table inet firewalld {
               chain input { type filter hook input priority filter + 10; policy accept;
                 ct state { established, related } accept; ct status dnat accept; iifname lo accept;
                 ct state invalid drop; jump zones; reject with icmpx admin-prohibited; }
               chain zones { iifname eth0 goto trusted; goto public; }
               chain trusted { accept; }
               chain public { jump public_allow; meta l4proto { icmp, ipv6-icmp } accept; }
               chain public_allow { tcp dport 8080 accept; ip saddr 10.2.0.3 tcp dport 2379 accept; }
             }",
            Tool::Nft,
        ),
        // As kube-proxy does it in nf_tables.
        (
            "table ip kube-proxy {
               map no-endpoints { type inet_proto . inet_service : verdict; elements = { tcp . 8080 : goto refuse }
               }
               set ips { type ipv4_addr; elements = { 10.96.0.1, 10.1.0.1 }
               }
               chain filter-input { type filter hook input priority -110; policy accept;
                 ct state new jump check; }
               chain check { ip daddr @ips meta l4proto . th dport vmap @no-endpoints; }
               chain refuse { reject; }
               chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; ip daddr 10.96.0.1 tcp dport 443 dnat to 10.1.0.1:6443; }
             }",
            Tool::Nft,
        ),
        // As ufw and kubeadm's kube-proxy of old do it.
        (
            "*filter
:INPUT DROP [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:ufw-before-input - [0:0]
:ufw-user-input - [0:0]
-A INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES
-A INPUT -m comment --comment \"kubernetes health check service ports\" -j KUBE-NODEPORTS
-A INPUT -j KUBE-FIREWALL
-A INPUT -j ufw-before-input
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FIREWALL -m comment --comment \"dropped\" -m mark --mark 0x8000/0x8000 -j DROP
-A KUBE-EXTERNAL-SERVICES -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 8080 -j REJECT
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-before-input -j ufw-user-input
-A ufw-user-input -p tcp -m multiport --dports 2000:3000,8080 -s 10.2.0.0/16 -j ACCEPT
-A ufw-user-input -p tcp --dport 6443 -j ACCEPT
COMMIT
# IPv6
*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 2379 ! -s fd01::/64 -j REJECT
COMMIT
",
            Tool::Iptables,
        ),
        // Dropped before anything else looks.
        (
            "*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m iprange --src-range 10.1.0.3-10.2.0.2 -j DROP
-A PREROUTING -p tcp --dport 8080 -j CT --notrack
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -s 10.9.0.0/16 -j MARK --set-xmark 0x4/0x4
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m mark --mark 0x4/0x4 -p tcp --dport 6443 -j DROP
-A INPUT -p tcp --dport 8080 -m state --state UNTRACKED -j DROP
COMMIT
# IPv6
*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp --tcp-flags SYN,ACK,FIN,RST SYN -i eth1 -j DROP
COMMIT
",
            Tool::Iptables,
        ),
    ]
}

/// A ruleset.
pub fn generate(tool: Tool, choices: &mut Choices) -> String {
    match tool {
        Tool::Nft => nft(choices),
        Tool::Iptables => {
            let v4 = iptables(choices, false);
            v4 + "# IPv6\n" + &iptables(choices, true)
        }
    }
}

fn nft(choices: &mut Choices) -> String {
    let mut out = String::new();
    for number in 0..1 + choices.below(3) {
        let family = choices.of(&["inet", "inet", "ip", "ip6"]);
        let mut lines = String::new();
        let list = |choices: &mut Choices, all: &[&str], count: usize| {
            let mut chosen: Vec<String> =
                (0..1 + choices.below(count)).map(|_| choices.of(all).to_owned()).collect();
            chosen.sort();
            chosen.dedup();
            chosen.join(", ")
        };
        let v4 = list(choices, V4, 4);
        let v6 = list(choices, V6, 4);
        writeln!(
            lines,
            "set s4 {{ type ipv4_addr; flags interval; auto-merge; elements = {{ {v4} }}\n}}"
        )
        .expect("a string");
        writeln!(
            lines,
            "set s6 {{ type ipv6_addr; flags interval; auto-merge; elements = {{ {v6} }}\n}}"
        )
        .expect("a string");
        writeln!(
            lines,
            "set ports {{ type inet_service; elements = {{ {} }}\n}}",
            list(choices, &["2379", "6443", "22"], 3)
        )
        .expect("a string");
        writeln!(lines, "map c4 {{ type ipv4_addr . inet_service : verdict; flags interval; elements = {{ 10.1.0.0/24 . 2000-3000 : {}, 10.9.0.2 . 6443 : {} }}\n}}", choices.of(&["accept", "drop", "goto c3"]), choices.of(&["drop", "accept", "return"])).expect("a string");
        writeln!(
            lines,
            "map p6 {{ type inet_service : verdict; elements = {{ 2379 : {}, 8080 : {} }}\n}}",
            choices.of(&["accept", "drop", "jump c3"]),
            choices.of(&["drop", "accept"])
        )
        .expect("a string");
        writeln!(
            lines,
            "chain c3 {{\n  {} {}\n  {} drop\n}}",
            nft_match(choices, family, family != "ip6"),
            choices.of(&["accept", "return"]),
            nft_match(choices, family, family != "ip6")
        )
        .expect("a string");
        for chain in ["c2", "c1"] {
            let below: &[&str] = if chain == "c1" { &["c2"] } else { &[] };
            writeln!(lines, "chain {chain} {{").expect("a string");
            for _ in 0..1 + choices.below(4) {
                writeln!(lines, "  {}", nft_rule(choices, family, below, "")).expect("a string");
            }
            writeln!(lines, "}}").expect("a string");
        }
        for chain in 0..1 + choices.below(2) {
            let hook = choices.of(BASES);
            let priority = match hook {
                "input" => choices.of(&["-150", "0", "10"]),
                _ => choices.of(&["-300", "-150", "-90"]),
            };
            let policy = choices.of(&["accept", "accept", "drop"]);
            writeln!(
                lines,
                "chain b{chain} {{ type filter hook {hook} priority {priority}; policy {policy};"
            )
            .expect("a string");
            for _ in 0..choices.below(7) {
                writeln!(lines, "  {}", nft_rule(choices, family, &["c1", "c2"], priority))
                    .expect("a string");
            }
            writeln!(lines, "}}").expect("a string");
        }
        write!(out, "table {family} t{number} {{\n{lines}}}\n").expect("a string");
    }
    out
}

fn nft_rule(choices: &mut Choices, family: &str, chains: &[&str], priority: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    // A rule is about one version of IP.
    let four = family == "ip" || (family == "inet" && choices.chance(50));
    for _ in 0..choices.below(4) {
        words.push(nft_match(choices, family, four));
    }
    if choices.chance(15) {
        words.push(
            choices
                .of(&[
                    "counter",
                    "meta mark set 1",
                    "meta mark set meta mark | 0x2",
                    "ct mark set 1",
                    "limit rate 100000/second",
                    "limit rate over 100000/second",
                ])
                .to_owned(),
        );
    }
    words.push(match choices.below(11) {
        0..=2 => "accept".to_owned(),
        3..=4 => "drop".to_owned(),
        5 => choices.of(&["reject", "reject with tcp reset", "drop"]).to_owned(),
        6 => "return".to_owned(),
        7 | 8 if !chains.is_empty() => {
            format!("{} {}", choices.of(&["jump", "goto"]), choices.of(chains))
        }
        9 if priority == "-300" => "notrack".to_owned(),
        9 if family == "ip" || family == "ip6" => "counter".to_owned(),
        10 if four && choices.chance(60) => "ip saddr . tcp dport vmap @c4".to_owned(),
        10 => "tcp dport vmap @p6".to_owned(),
        _ => choices
            .of(&[
                "counter",
                "meta mark set 3",
                "iifname vmap { \"eth0\" : drop, \"eth1\" : accept }",
                "ct state vmap { new : continue, invalid : drop, untracked : accept }",
            ])
            .to_owned(),
    });
    words.join(" ")
}

fn nft_match(choices: &mut Choices, family: &str, four: bool) -> String {
    if choices.chance(35) {
        return if four {
            match choices.below(9) {
                0 | 1 => format!("ip saddr {}", choices.of(V4)),
                2 => format!("ip saddr != {}", choices.of(V4)),
                3 => format!(
                    "ip saddr {{ {}, {} }}",
                    choices.of(&["10.1.0.2", "10.2.0.2"]),
                    choices.of(&["10.9.0.0/16", "10.2.0.3", "10.1.0.3"])
                ),
                4 => choices.of(&["ip saddr @s4", "ip saddr != @s4"]).to_owned(),
                5 => choices
                    .of(&[
                        "ip saddr & 255.255.0.255 == 10.1.0.2",
                        "ip saddr & 0.0.0.1 == 0.0.0.1",
                        "ip saddr > 10.1.0.2",
                        "ip saddr < 10.2.0.3",
                    ])
                    .to_owned(),
                6 => choices
                    .of(&[
                        "ip saddr . tcp dport { 10.1.0.2 . 2379, 10.2.0.2 . 8080 }",
                        "ip saddr 10.1.0.2 ip daddr 10.1.0.1",
                        "ip daddr . ip saddr { 10.1.0.1 . 10.1.0.3, 10.2.0.1 . 10.2.0.2 }",
                    ])
                    .to_owned(),
                7 => choices
                    .of(&["ip daddr 10.1.0.1", "ip daddr != 10.2.0.1", "ip daddr 10.0.0.0/8"])
                    .to_owned(),
                _ => choices
                    .of(&["ip protocol tcp", "ip frag-off & 0x1fff != 0", "ip version 4"])
                    .to_owned(),
            }
        } else {
            match choices.below(7) {
                0 | 1 => format!("ip6 saddr {}", choices.of(V6)),
                2 => format!("ip6 saddr != {}", choices.of(V6)),
                3 => format!(
                    "ip6 saddr {{ {}, {} }}",
                    choices.of(&["fd01::2", "fd02::2"]),
                    choices.of(&["fd09::/16", "fd02::3", "fd01::3"])
                ),
                4 => choices.of(&["ip6 saddr @s6", "ip6 saddr != @s6"]).to_owned(),
                5 => choices
                    .of(&[
                        "ip6 daddr fd01::1",
                        "ip6 daddr fd00::/8",
                        "ip6 saddr & ::1 == ::1",
                        "ip6 saddr < fd02::",
                    ])
                    .to_owned(),
                _ => choices.of(&["ip6 nexthdr tcp", "exthdr rt missing", "rt type 0"]).to_owned(),
            }
        };
    }
    match choices.below(16) {
        0..=2 => format!(
            "tcp dport {}",
            choices.of(&[
                "2379",
                "6443",
                "8080",
                "2000-7000",
                "!= 8080",
                "< 6443",
                ">= 6443",
                "{ 2379, 6443 }",
                "@ports",
                "!= @ports"
            ])
        ),
        3 => format!(
            "tcp sport {}",
            choices.of(&["1024-65535", "< 20000", ">= 20000", "!= 20000-65535", "0-20000"])
        ),
        4 | 5 => format!(
            "iifname {}",
            choices.of(&["eth0", "eth1", "\"eth*\"", "!= eth0", "{ eth0, lo }", "eth"])
        ),
        6 => choices.of(&["iif eth0", "iif != eth1", "iif lo"]).to_owned(),
        7 => format!(
            "ct state {}",
            choices.of(&[
                "new",
                "established,related",
                "invalid",
                "!= new",
                "{ new, untracked }",
                "untracked"
            ])
        ),
        8 => choices
            .of(&[
                "meta mark 1",
                "meta mark & 0x3 == 0x2",
                "meta mark != 0",
                "meta mark 0",
                "ct mark 0",
                "meta mark 1-3",
            ])
            .to_owned(),
        9 => choices
            .of(&[
                "tcp flags & (fin|syn|rst|ack) == syn",
                "tcp flags syn / fin,syn,rst,ack",
                "tcp flags & (fin|syn) == (fin|syn)",
                "tcp flags ! fin,rst",
                "tcp flags ack",
            ])
            .to_owned(),
        10 => choices.of(&["meta l4proto tcp", "meta pkttype host"]).to_owned(),
        11 => choices
            .of(&[
                "fib daddr type local",
                "fib saddr type local",
                "fib daddr type != local",
                "fib saddr . iif oif missing",
            ])
            .to_owned(),
        12 => choices
            .of(&["ct status dnat", "ct direction original", "meta secpath missing"])
            .to_owned(),
        13 if family == "inet" => {
            let own = if four {
                &["meta nfproto ipv4", "meta protocol ip"]
            } else {
                &["meta nfproto ipv6", "meta protocol ip6"]
            };
            choices.of(own).to_owned()
        }
        14 => choices
            .of(&[
                "th dport 2379",
                "th dport . iifname { 2379 . eth0, 8080 . eth1 }",
                "iifname . tcp dport { eth0 . 2379, eth1 . 6443 }",
                "tcp sport 1024-65535 tcp dport 6443",
            ])
            .to_owned(),
        _ => format!("tcp dport {}", choices.of(&["2379", "8080"])),
    }
}

fn iptables(choices: &mut Choices, six: bool) -> String {
    let mut out = String::new();
    for (table, base) in
        [("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("mangle", "INPUT"), ("filter", "INPUT")]
    {
        if table != "filter" && choices.chance(60) {
            continue;
        }
        if base == "INPUT" && table == "mangle" {
            continue;
        }
        let policy = choices.of(&["ACCEPT", "ACCEPT", "DROP"]);
        write!(out, "*{table}\n:{base} {policy} [0:0]\n:C1 - [0:0]\n:C2 - [0:0]\n")
            .expect("a string");
        for (chain, below, count) in
            [("C2", &[][..], 3), ("C1", &["C2"][..], 3), (base, &["C1", "C2"][..], 7)]
        {
            for _ in 0..choices.below(count + 1) {
                let rule = iptables_rule(choices, table, below, six);
                writeln!(out, "-A {chain} {rule}").expect("a string");
            }
        }
        out += "COMMIT\n";
    }
    out
}

fn iptables_rule(choices: &mut Choices, table: &str, chains: &[&str], six: bool) -> String {
    let mut words: Vec<String> = Vec::new();
    let whole = if six { V6_WHOLE } else { V4_WHOLE };
    if choices.chance(30) {
        let not = choices.of(&["", "", "! "]);
        words.push(format!("{not}-s {}", choices.of(whole)));
    }
    if choices.chance(15) {
        words.push(choices.of(&["-i eth0", "-i eth1", "-i eth+", "! -i eth0", "-i lo"]).to_owned());
    }
    let tcp = choices.chance(60);
    if tcp {
        words.push("-p tcp".to_owned());
        if choices.chance(60) {
            words.push(
                choices
                    .of(&[
                        "-m tcp --dport 2379",
                        "-m tcp --dport 6443",
                        "--dport 2000:7000",
                        "! --dport 8080",
                        "--sport 1024:65535",
                        "-m multiport --dports 2379,8080",
                        "-m multiport ! --dports 2000:3000,6443",
                        "-m multiport --sports 20000:65535",
                        "-m multiport --ports 6443,20000:65535",
                        "--tcp-flags FIN,SYN,RST,ACK SYN",
                        "--syn",
                        "! --syn",
                        "--dport 8080 --sport 0:20000",
                    ])
                    .to_owned(),
            );
        }
    }
    if choices.chance(45) {
        let range = if six {
            "-m iprange --src-range fd01::3-fd02::2"
        } else {
            "-m iprange --src-range 10.1.0.3-10.2.0.2"
        };
        let outside = if six {
            "-m iprange ! --src-range fd01::3-fd02::2"
        } else {
            "-m iprange ! --src-range 10.1.0.3-10.2.0.2"
        };
        words.push(choices.of(&[
            range, outside,
            "-m conntrack --ctstate NEW", "-m conntrack --ctstate RELATED,ESTABLISHED", "-m conntrack --ctstate INVALID", "-m conntrack ! --ctstate NEW",
            "-m conntrack --ctstate DNAT", "-m conntrack --ctstate NEW,UNTRACKED", "-m state --state NEW", "-m state --state ESTABLISHED",
            "-m comment --comment here", "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL", "-m addrtype --src-type UNICAST",
            "-m mark --mark 0x1/0x1", "-m mark ! --mark 0x1", "-m mark --mark 0x0", "-m pkttype --pkt-type unicast",
            "-m limit --limit 10000/second --limit-burst 10000", "-m hashlimit --hashlimit-above 10000/second --hashlimit-burst 10000 --hashlimit-name here --hashlimit-mode srcip",
        ]).to_owned());
    }
    let target = match choices.below(10) {
        0..=2 => "ACCEPT".to_owned(),
        3..=5 => "DROP".to_owned(),
        6 => if table == "filter" { "REJECT" } else { "DROP" }.to_owned(),
        7 => "RETURN".to_owned(),
        8 if !chains.is_empty() => choices.of(chains).to_owned(),
        8 => "RETURN".to_owned(),
        _ => match table {
            "raw" => "CT --notrack".to_owned(),
            "mangle" => choices
                .of(&["MARK --set-mark 0x1", "MARK --set-xmark 0x2/0x3", "CONNMARK --save-mark"])
                .to_owned(),
            _ => "ACCEPT".to_owned(),
        },
    };
    let jump = if chains.contains(&target.as_str()) && choices.chance(30) { "-g" } else { "-j" };
    words.push(format!("{jump} {target}"));
    words.join(" ")
}
