//! Compiled policies in a real kernel: every pair, port and protocol is probed with packets, and
//! what comes through is what the analysis says, for generated policy sets.
//!
//! ```text
//!   p0  p1  p2          p3   p4   outside      each a network namespace
//!    └───┼───┘           │    │    │
//!       br0 ─────────── router ────┘           a network namespace with the rules
//! ```
//!
//! Three pods are on a bridge, as with the `bridge` plugin, the others are routed to, as with
//! `ptp`. The outside has several addresses. The namespaces live as long as the processes in them,
//! and nothing of the host's own network is touched.

#[path = "../../../crates/network/tests/oracle/mod.rs"]
#[allow(dead_code, reason = "only the generator is of use here")]
mod oracle;
#[path = "../../../crates/network/tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use oracle::{Choices, Cluster};
use seawall_network::nft::{Placement, compile, removal};
use seawall_network::{Answer, Endpoint, Network, Peer, Protocol, explain};

/// How many generated policy sets.
const SETS: u16 = 120;
/// Most pods of a generated cluster.
const PODS: usize = 5;
/// Ports in, at and beside what policies name.
const PORTS: [u16; 6] = [52, 53, 80, 85, 443, 8090];
/// Addresses outside, in and beside the blocks that policies name.
const OUTSIDE: [&str; 8] = [
    "8.8.8.8",
    "8.8.8.9",
    "8.9.0.1",
    "9.0.0.1",
    "10.200.0.1",
    "fd08:8:8::8",
    "fd08:8:9::1",
    "fd09::1",
];
/// Those of them that are a node's in every third set.
const NODE: [&str; 2] = ["9.0.0.1", "fd09::1"];
/// The same blocks in the other family.
const BLOCKS: [(&str, &str); 7] = [
    ("0.0.0.0/0", "::/0"),
    ("8.8.8.8/32", "fd08:8:8::8/128"),
    ("8.8.8.0/24", "fd08:8:8::/48"),
    ("8.0.0.0/8", "fd08::/16"),
    ("10.0.0.0/8", "fd00::/16"),
    ("10.0.0.0/30", "fd00::/126"),
    ("255.255.255.255/32", "ffff::/128"),
];

/// Why the test can't run here, if it can't.
fn obstacle() -> Option<String> {
    let runs = |program: &str, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    for (program, package) in [("nft", "nftables"), ("ip", "iproute2"), ("nsenter", "util-linux")] {
        if !runs(program, &["-V"]) && !runs(program, &["--version"]) {
            return Some(format!("{program} is missing (package {package})"));
        }
    }
    if !runs("unshare", &["--net", "true"]) {
        return Some("network namespaces can't be made: that takes root".to_owned());
    }
    if !runs("unshare", &["--net", "nft", "add", "table", "inet", "seawall"]) {
        return Some("the kernel has no nftables".to_owned());
    }
    None
}

/// A process in a network namespace of its own.
struct Space {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Space {
    fn new(program: &str) -> Self {
        let mut child = Command::new("unshare")
            .args(["--net", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare is there");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        Space { child, stdin, stdout }
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    /// Runs a program in the namespace with a text on its standard input.
    fn run(&self, arguments: &[&str], input: &str) {
        let output = self.output(arguments, input);
        assert!(output.0, "{arguments:?}: {}\n{input}", output.1);
    }

    fn output(&self, arguments: &[&str], input: &str) -> (bool, String) {
        let mut child = Command::new("nsenter")
            .args(["--target", &self.id().to_string(), "--net"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nsenter is there");
        let mut stdin = child.stdin.take().expect("it is piped");
        let input = input.to_owned();
        let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("it ends");
        let written = writing.join().expect("the thread ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.success() && written.is_ok(), text)
    }

    fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it is open");
        writeln!(stdin, "{line}").expect("the pod listens");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        let length = self.stdout.read_line(&mut line).expect("the pod speaks");
        assert!(length > 0, "the pod has ended");
        line
    }
}

impl Drop for Space {
    /// The process ends with its standard input, and the namespace with the process.
    fn drop(&mut self) {
        self.stdin = None;
        if let Err(error) = self.child.wait() {
            panic!("a process of the test can't be waited for: {error}");
        }
    }
}

struct Probe {
    from: IpAddr,
    to: IpAddr,
    protocol: Protocol,
    port: u16,
}

/// Everything that can be probed from one namespace.
struct Station {
    space: Space,
    addresses: Vec<IpAddr>,
    probes: Vec<Probe>,
}

struct Laboratory {
    router: Space,
    stations: Vec<Station>,
}

fn pod_addresses(number: usize) -> Vec<IpAddr> {
    [format!("10.0.0.{}", number + 1), format!("fd00::{}", number + 1)]
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

impl Laboratory {
    fn build() -> Self {
        let agent = env!("CARGO_BIN_EXE_seawall-packet-tests");
        let router = Space::new("cat");
        let mut stations: Vec<Station> = (0..PODS)
            .map(pod_addresses)
            .chain([OUTSIDE.iter().map(|text| text.parse().expect("an address")).collect()])
            .map(|addresses| Station { space: Space::new(agent), addresses, probes: Vec::new() })
            .collect();
        // The namespaces are there once unshare has become the program.
        for station in &mut stations {
            let list: Vec<String> = station.addresses.iter().map(ToString::to_string).collect();
            station.space.tell(&format!("listen {}", list.join(" ")));
            station.space.tell("round 0 0");
            station.space.hear();
        }
        router.wait_for_namespace();
        router.run(
            &[
                "sh",
                "-ec",
                "echo 1 > /proc/sys/net/ipv4/ip_forward
                            echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
                            ip link set lo up
                            ip link add br0 type bridge
                            ip addr add 169.254.1.1/32 dev br0
                            ip -6 addr add fe80::1/64 dev br0 nodad
                            ip link set br0 up",
            ],
            "",
        );
        let bridged = router
            .output(
                &[
                    "sh",
                    "-ec",
                    "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
                                echo 1 > /proc/sys/net/bridge/bridge-nf-call-ip6tables",
                ],
                "",
            )
            .0;
        if !bridged {
            said("the kernel has no br_netfilter: all pods are routed to, none is bridged");
        }
        for (number, station) in stations.iter().enumerate() {
            let on_bridge = bridged && number < 3;
            let own = format!("veth{number}");
            let id = station.space.id();
            let mut router_side = format!("link add {own} type veth peer name eth0 netns {id}\n");
            let device = if on_bridge { "br0" } else { own.as_str() };
            if on_bridge {
                writeln!(router_side, "link set {own} master br0").expect("a string");
            } else {
                writeln!(
                    router_side,
                    "addr add 169.254.1.1/32 dev {own}\naddr add fe80::1/64 dev {own} nodad"
                )
                .expect("a string");
            }
            writeln!(router_side, "link set {own} up").expect("a string");
            let mut pod_side = String::from(
                "link set lo up\nlink set eth0 up\nroute add 169.254.1.1 dev eth0\n\
                 route add default via 169.254.1.1\nroute add default via fe80::1 dev eth0\n",
            );
            let mut own_addresses = String::new();
            for address in &station.addresses {
                let length = if address.is_ipv4() { 32 } else { 128 };
                writeln!(router_side, "route add {address}/{length} dev {device}")
                    .expect("a string");
                let nodad = if address.is_ipv4() { "" } else { " nodad" };
                writeln!(own_addresses, "addr add {address}/{length} dev eth0{nodad}")
                    .expect("a string");
            }
            if on_bridge {
                for other in (0..3).filter(|other| *other != number) {
                    for address in pod_addresses(other) {
                        let length = if address.is_ipv4() { 32 } else { 128 };
                        writeln!(pod_side, "route add {address}/{length} dev eth0")
                            .expect("a string");
                    }
                }
            }
            router.run(&["ip", "-batch", "-"], &router_side);
            station.space.run(&["ip", "-batch", "-"], &(own_addresses + &pod_side));
        }
        let all: Vec<(usize, IpAddr)> = stations
            .iter()
            .enumerate()
            .flat_map(|(number, station)| station.addresses.iter().map(move |a| (number, *a)))
            .collect();
        let ports: Vec<String> = PORTS.iter().map(ToString::to_string).collect();
        for (number, station) in stations.iter_mut().enumerate() {
            station.space.tell(&format!("ports {}", ports.join(" ")));
            for &from in &station.addresses {
                for &(other, to) in &all {
                    if other == number || from.is_ipv4() != to.is_ipv4() {
                        continue;
                    }
                    for protocol in Protocol::ALL {
                        for port in PORTS {
                            station.probes.push(Probe { from, to, protocol, port });
                        }
                    }
                }
            }
            for Probe { from, to, protocol, port } in &station.probes {
                station.space.tell(&format!("probe {from} {to} {protocol} {port}"));
            }
        }
        Laboratory { router, stations }
    }

    /// Sends all probes and says where the outcome is not the expected one.
    fn round(
        &mut self,
        number: u16,
        expected: impl Fn(&Probe) -> bool,
    ) -> (Vec<String>, [usize; 6]) {
        let mut counts = [0; 6];
        let mut all_expected = Vec::new();
        for station in &mut self.stations {
            let wanted: Vec<bool> = station.probes.iter().map(&expected).collect();
            let yes = wanted.iter().filter(|yes| **yes).count();
            station.space.tell(&format!("round {number} {yes}"));
            all_expected.push(wanted);
        }
        let mut wrong = Vec::new();
        for (station, wanted) in self.stations.iter_mut().zip(all_expected) {
            let line = station.space.hear();
            let mut found = vec![false; wanted.len()];
            for word in line.split_whitespace() {
                found[word.parse::<usize>().expect("a number")] = true;
            }
            for ((probe, wanted), found) in station.probes.iter().zip(wanted).zip(found) {
                counts[probe.protocol as usize * 2 + usize::from(wanted)] += 1;
                if wanted != found {
                    let Probe { from, to, protocol, port } = probe;
                    let (analysis, packets) = (word(wanted), word(found));
                    wrong.push(format!(
                        "{from} => {to} {protocol} {port}: analysis {analysis}, packets {packets}"
                    ));
                }
            }
        }
        (wrong, counts)
    }
}

impl Space {
    /// Waits until the process has left the test's own namespace.
    fn wait_for_namespace(&self) {
        let own = std::fs::read_link("/proc/self/ns/net").expect("it can be read");
        let path = format!("/proc/{}/ns/net", self.id());
        while std::fs::read_link(&path).expect("it can be read") == own {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

fn word(yes: bool) -> &'static str {
    if yes { "permits" } else { "denies" }
}

#[allow(clippy::print_stderr, reason = "why a test says less than it could")]
fn said(text: &str) {
    eprintln!("{text}");
}

/// Bytes that are the same in every run (SplitMix64).
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    };
    (0..50).flat_map(|_| next()).collect()
}

/// The manifests of a generated cluster whose pods have addresses of both families and networks of
/// their own; in every second one the blocks are of IPv6, every third has a node, and of five one
/// has policies of Calico and one of Cilium.
fn manifests(number: u16) -> String {
    let bytes = bytes(number.into());
    let choices = &mut Choices::new(&bytes);
    let cluster = match number % 5 {
        3 => Cluster::with_calico(choices),
        4 => Cluster::with_cilium(choices),
        _ => Cluster::of(choices),
    };
    let mut text = cluster.manifests().replace("hostNetwork: true", "hostNetwork: false");
    for pod in 0..PODS {
        let [v4, v6] = &pod_addresses(pod)[..] else { unreachable!("a pod has two addresses") };
        text = text.replace(
            &format!("{{podIP: {v4}}}"),
            &format!("{{podIP: {v4}, podIPs: [{{ip: {v4}}}, {{ip: '{v6}'}}]}}"),
        );
    }
    if number % 2 == 1 {
        for (v4, v6) in BLOCKS {
            text = text.replace(v4, &format!("'{v6}'"));
        }
    }
    if number.is_multiple_of(3) {
        let [v4, v6] = NODE;
        text.push_str(&format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: node}}\nstatus: {{addresses: [{{type: \
             InternalIP, address: {v4}}}, {{type: InternalIP, address: '{v6}'}}]}}\n"
        ));
    }
    text
}

fn endpoint(network: &Network<'_>, address: IpAddr, receives: bool) -> Endpoint {
    if let Some(pod) = network.pods().iter().position(|pod| pod.addresses.contains(&address)) {
        return Endpoint::Pod(pod);
    }
    let has_node = network.inventory().objects().any(|object| object.id().kind == "Node");
    if has_node && NODE.contains(&address.to_string().as_str()) {
        return Endpoint::Peer(Peer::Nodes);
    }
    let parts = if receives { network.destinations() } else { network.sources() };
    let part = parts.iter().position(|part| part.contains(address)).expect("all are there");
    Endpoint::Peer(Peer::Outside(part))
}

#[test]
fn packets_agree_with_the_analysis() {
    if let Some(why) = obstacle() {
        assert!(std::env::var_os("CI").is_none(), "this test must run here: {why}");
        said(&format!("NOT RUN: {why}"));
        return;
    }
    let mut laboratory = Laboratory::build();
    laboratory.router.run(&["nft", "-f", "-"], &removal());
    let (wrong, _) = laboratory.round(0, |_| true);
    assert!(wrong.is_empty(), "without rules all is let through:\n{}", wrong.join("\n"));
    let mut counts = [0; 6];
    for number in 1..=SETS {
        let text = manifests(number);
        let inventory = support::inventory(&text);
        let network = Network::of(&inventory);
        assert!(network.problems().is_empty(), "{:?}\n{text}", network.problems());
        let placement = Placement::of_status(&network, None).expect("each has its own addresses");
        let rules = compile(&network, &placement);
        laboratory.router.run(&["nft", "-c", "-f", "-"], &rules.text);
        laboratory.router.run(&["nft", "-f", "-"], &rules.text);
        let (wrong, found) = laboratory.round(number, |probe| {
            let (from, to) =
                (endpoint(&network, probe.from, false), endpoint(&network, probe.to, true));
            explain(&network, from, to, probe.protocol, probe.port).answer == Answer::Yes
        });
        for (count, found) in counts.iter_mut().zip(found) {
            *count += found;
        }
        assert!(
            wrong.is_empty(),
            "set {number}: {} of the probes differ:\n{}\n{text}\n{}",
            wrong.len(),
            wrong[..wrong.len().min(20)].join("\n"),
            rules.text
        );
    }
    for (protocol, count) in Protocol::ALL.into_iter().zip(counts.chunks(2)) {
        said(&format!(
            "{SETS} policy sets, {protocol}: {} denied, {} permitted",
            count[0], count[1]
        ));
        assert!(count.iter().all(|count| *count > 1000), "the sets try too little: {counts:?}");
    }
    laboratory.router.run(&["nft", "-f", "-"], &removal());
    let (left, tables) = laboratory.router.output(&["nft", "list", "ruleset"], "");
    assert!(left && tables.trim().is_empty(), "the table is gone: {tables}");
}
