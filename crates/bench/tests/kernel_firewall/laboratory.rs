//! Network namespaces, connections between them, and rules.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::rules::Tool;

/// Ports that listen.
const PORTS: [u16; 3] = [2379, 6443, 8080];
/// Source ports of the first round, between the bounds that rules name. Every round has its own, so that no connection is known from an earlier one.
const SOURCE_PORTS: [u16; 3] = [100, 10_000, 40_000];
/// Addresses of the peers.
const PEERS: [[&str; 6]; 2] = [
    ["10.1.0.2", "10.1.0.3", "10.9.0.2", "fd01::2", "fd01::3", "fd09::2"],
    ["10.2.0.2", "10.2.0.3", "10.9.1.2", "fd02::2", "fd02::3", "fd09:1::2"],
];
/// Addresses of the node at each peer's side.
const NODE: [[&str; 2]; 2] = [["10.1.0.1", "fd01::1"], ["10.2.0.1", "fd02::1"]];
/// How long connections that are expected may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long connections that are not expected are waited for.
const GRACE: Duration = Duration::from_millis(50);
const ROLE: &str = "SEAWALL_FIREWALL_ROLE";

/// What this process plays.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Why the test can't run here, if it can't.
pub fn obstacle() -> Option<String> {
    let runs = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    for (program, package) in [
        ("nft", "nftables"),
        ("ip", "iproute2"),
        ("tc", "iproute2"),
        ("unshare", "util-linux"),
        ("setpriv", "util-linux"),
        ("iptables-nft", "iptables"),
        ("ip6tables-nft", "iptables"),
    ] {
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

/// Says why the test does not run; where everything should be there, that is a failure.
#[allow(clippy::print_stderr, reason = "the reader of the test should know")]
pub fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("skipped: {why}");
}

#[allow(clippy::print_stderr, reason = "the reader of the test should know")]
pub fn said(what: &str) {
    eprintln!("{what}");
}

/// This program again, started by another.
pub fn this(program: &str, role: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(std::env::current_exe().expect("this program has a path"))
        .args(["--exact", "the_kernel_agrees", "--nocapture"])
        .env(ROLE, role);
    command
}

/// Runs the test again, as process 1 of namespaces of its own.
pub fn run_again() {
    let all = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let status = this("unshare", "node", &all).status().expect("unshare is there");
    assert!(status.success(), "the test in the namespace failed: see above");
}

/// A connection that is tried, from all source ports.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Which peer.
    pub peer: usize,
    /// Its address.
    pub from: IpAddr,
    /// The node's address.
    pub to: IpAddr,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = SocketAddr::new(self.to, self.port);
        write!(f, "{} on eth{} to {to}", self.from, self.peer)
    }
}

struct Peer {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    fn new() -> Self {
        let mut child = this("unshare", "peer", &["--net"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare is there");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut peer = Peer { child, stdin, stdout };
        // It answers once it is in its namespace.
        peer.tell("round 0");
        peer.hear();
        peer
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().expect("it is open"), "{line}").expect("the peer listens");
    }

    /// The numbers of what came through. The test harness has its word as well.
    fn hear(&mut self) -> Vec<usize> {
        loop {
            let mut line = String::new();
            let length = self.stdout.read_line(&mut line).expect("the peer speaks");
            assert!(length > 0, "the peer has ended");
            if let Some((_, numbers)) = line.split_once('@') {
                return numbers
                    .split_whitespace()
                    .map(|number| number.parse().expect("a number"))
                    .collect();
            }
        }
    }
}

impl Drop for Peer {
    /// It ends with its standard input, and the namespace with it.
    fn drop(&mut self) {
        self.stdin = None;
        if let Err(error) = self.child.wait() {
            panic!("a process of the test can't be waited for: {error}");
        }
    }
}

/// The node and its peers.
pub struct Laboratory {
    peers: Vec<Peer>,
    rounds: u16,
}

/// Runs a program with a text on its standard input.
pub fn run(program: &str, arguments: &[&str], input: &str) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it listens");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}\n{input}");
}

impl Laboratory {
    /// Makes the namespaces and listens.
    pub fn build() -> Self {
        let peers: Vec<Peer> = PEERS.iter().map(|_| Peer::new()).collect();
        run("ip", &["link", "set", "lo", "up"], "");
        for (number, peer) in peers.iter().enumerate() {
            let id = peer.child.id().to_string();
            let [v4, v6] = NODE[number];
            let (near, far) =
                (format!("02:00:00:00:0{number}:01"), format!("02:00:00:00:0{number}:02"));
            let mut own = format!(
                "link add eth{number} address {near} type veth peer name eth0 address {far} netns \
                 {id}\naddr add {v4}/32 dev eth{number}\naddr add {v6}/128 dev eth{number} nodad\n\
                 link set eth{number} up\n"
            );
            let mut theirs = "link set lo up\nlink set eth0 up\n".to_owned();
            for address in PEERS[number] {
                let (length, gateway) = if address.contains(':') { (128, v6) } else { (32, v4) };
                let nodad = if address.contains(':') { " nodad" } else { "" };
                own += &format!(
                    "route add {address}/{length} dev eth{number}\nneigh add {address} lladdr {far} \
                     dev eth{number} nud permanent\n"
                );
                theirs += &format!("addr add {address}/{length} dev eth0{nodad}\n");
                if address.ends_with("0.2") || address.ends_with("1::2") {
                    theirs +=
                        &format!("neigh replace {gateway} lladdr {near} dev eth0 nud permanent\n");
                }
            }
            for gateway in [v4, v6] {
                let length = if gateway.contains(':') { 128 } else { 32 };
                theirs += &format!(
                    "neigh replace {gateway} lladdr {near} dev eth0 nud permanent\nroute add \
                     {gateway}/{length} dev eth0\n"
                );
            }
            run("ip", &["-force", "-batch", "-"], &own);
            run("nsenter", &["--target", &id, "--net", "ip", "-force", "-batch", "-"], &theirs);
        }
        for version in ["-4", "-6"] {
            run("ip", &[version, "route", "add", "default", "dev", "eth0"], "");
        }
        for port in PORTS {
            serve(port);
        }
        Laboratory { peers, rounds: 0 }
    }

    /// All connections that are tried, those to one place one after the other.
    pub fn probes(&self) -> Vec<Probe> {
        let mut all = Vec::new();
        let parse = |text: &str| -> IpAddr { text.parse().expect("an address") };
        for (peer, own) in PEERS.iter().enumerate() {
            for to in NODE[peer] {
                let to = parse(to);
                for port in PORTS {
                    let from = own.iter().map(|text| parse(text));
                    let from = from.filter(|from| from.is_ipv4() == to.is_ipv4());
                    all.extend(from.map(|from| Probe { peer, from, to, port }));
                }
            }
        }
        all
    }

    /// Loads rules in place of those that were.
    pub fn load(&mut self, tool: Tool, text: &str) {
        run("nft", &["flush", "ruleset"], "");
        match tool {
            Tool::Nft => run("nft", &["-f", "-"], text),
            Tool::Iptables => {
                let (v4, v6) = text.split_once("# IPv6\n").expect("both parts");
                run("iptables-nft-restore", &[], v4);
                run("ip6tables-nft-restore", &[], v6);
            }
        }
    }

    /// Tries all connections; which came through.
    pub fn round(&mut self, all: &[Probe], expected: &[bool]) -> Vec<bool> {
        self.rounds += 1;
        for (number, probe) in all.iter().enumerate() {
            let word = if expected[number] { "expected" } else { "other" };
            let to = SocketAddr::new(probe.to, probe.port);
            for port in SOURCE_PORTS {
                let from = SocketAddr::new(probe.from, port + self.rounds);
                self.peers[probe.peer].tell(&format!("{number} {from} {to} {word}"));
            }
        }
        for peer in &mut self.peers {
            peer.tell("round");
        }
        let mut came = vec![false; all.len()];
        for peer in &mut self.peers {
            for number in peer.hear() {
                came[number] = true;
            }
        }
        came
    }
}

fn serve(port: u16) {
    let own = SocketAddr::new(IpAddr::from([0_u16; 8]), port);
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None).expect("a socket");
    socket.set_only_v6(false).expect("the option is known");
    socket.bind(&own.into()).expect("the port is free");
    socket.listen(1024).expect("it can listen");
    let listener = TcpListener::from(socket);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            drop(stream.expect("a connection can be taken"));
        }
    });
}

/// A peer: takes lines of connections, tries them when told `round`, and says which were taken.
#[allow(clippy::print_stdout, reason = "the node hears it")]
pub fn peer() {
    let mut tried: Vec<(usize, Socket, bool)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input can be read");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["round", ..] => {
                let came = wait(std::mem::take(&mut tried));
                let numbers: Vec<String> = came.iter().map(ToString::to_string).collect();
                println!("@ {}", numbers.join(" "));
            }
            [number, from, to, word] => {
                let from: SocketAddr = from.parse().expect("an address");
                let to: SocketAddr = to.parse().expect("an address");
                let socket =
                    Socket::new(Domain::for_address(to), Type::STREAM, None).expect("a socket");
                socket.set_reuse_address(true).expect("the option is known");
                socket.set_linger(Some(Duration::ZERO)).expect("the option is known");
                socket.bind(&from.into()).expect("the address is ours");
                socket.set_nonblocking(true).expect("the option is known");
                // It is under way, or was refused already.
                match socket.connect(&to.into()) {
                    Ok(()) => {}
                    Err(error) => assert!(
                        matches!(error.raw_os_error(), Some(115 | 111)),
                        "{from} to {to}: {error}"
                    ),
                }
                tried.push((number.parse().expect("a number"), socket, *word == "expected"));
            }
            _ => panic!("not understood: {line}"),
        }
    }
}

/// Waits for the connections that are expected, one of those with the same number, and a little
/// longer for others.
fn wait(mut tried: Vec<(usize, Socket, bool)>) -> Vec<usize> {
    let start = Instant::now();
    let mut came: HashMap<usize, bool> = HashMap::new();
    for (number, _, expected) in &tried {
        if *expected {
            came.insert(*number, false);
        }
    }
    let mut complete = None;
    loop {
        tried.retain(|(number, socket, _)| {
            let connected = socket.peer_addr().is_ok();
            if connected {
                came.insert(*number, true);
            }
            !connected
        });
        if complete.is_none() && came.values().all(|came| *came) {
            complete = Some(Instant::now());
        }
        if complete.is_some_and(|at| at.elapsed() > GRACE) || start.elapsed() > PATIENCE {
            break;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    came.into_iter().filter(|(_, came)| *came).map(|(number, _)| number).collect()
}
