//! A pod of the packet test: it answers on its ports and probes those of others.
//!
//! It runs in a network namespace of its own and is told what to do on standard input:
//!
//! ```text
//! listen ADDRESS…          own addresses, once
//! ports PORT…              ports to answer on, once
//! probe SOURCE ADDRESS PROTOCOL PORT
//! round NUMBER EXPECTED    sends all probes; EXPECTED of them should be answered
//! ```
//!
//! After a round it writes the numbers of the probes that were answered. What counts is the answer,
//! so that replies are tested too: a TCP handshake, an echo of a UDP datagram, an INIT ACK (or an
//! ABORT) for an SCTP INIT. SCTP packets are made here, so that no kernel module is needed.
//!
//! Each round sends from a port of its own, so that no connection of an earlier round is known to
//! connection tracking.

mod sctp;

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// The source port of round 0.
const FIRST_SOURCE: u16 = 20_000;
/// How long answers that are expected may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long answers that are not expected are waited for.
const GRACE: Duration = Duration::from_millis(60);
/// When a probe without an answer is sent again.
const AGAIN: Duration = Duration::from_millis(700);

/// One probe.
struct Probe {
    source: IpAddr,
    target: SocketAddr,
    protocol: String,
}

/// An answer: protocol, own end, other end.
type Answered = (&'static str, SocketAddr, SocketAddr);

fn main() {
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut probes: Vec<Probe> = Vec::new();
    let (answer, answers) = channel();
    let mut raw: HashMap<IpAddr, UdpSocket> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input can be read");
        let mut words = line.split_whitespace();
        match words.next() {
            Some("listen") => {
                addresses = words.map(|word| word.parse().expect("an address")).collect();
            }
            Some("ports") => {
                let ports: Vec<u16> = words.map(|word| word.parse().expect("a port")).collect();
                for &address in &addresses {
                    for &port in &ports {
                        serve_tcp(SocketAddr::new(address, port));
                        serve_udp(SocketAddr::new(address, port));
                    }
                    let socket = sctp::socket(address);
                    let own = socket.try_clone().expect("a socket can be cloned");
                    raw.insert(address, own);
                    sctp::serve(socket, address, ports.clone(), answer.clone());
                }
            }
            Some("probe") => {
                let mut word = || words.next().expect("probe SOURCE ADDRESS PROTOCOL PORT");
                let source = word().parse().expect("an address");
                let target: IpAddr = word().parse().expect("an address");
                let protocol = word().to_owned();
                let port = word().parse().expect("a port");
                probes.push(Probe { source, target: SocketAddr::new(target, port), protocol });
            }
            Some("round") => {
                let mut word = || words.next().expect("round NUMBER EXPECTED").parse();
                let number: u16 = word().expect("a number");
                let expected: u16 = word().expect("a number");
                let found =
                    round(&probes, FIRST_SOURCE + number, expected.into(), &raw, &answer, &answers);
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                let mut stdout = std::io::stdout().lock();
                writeln!(stdout, "{}", found.join(" ")).expect("standard output can be written");
                continue;
            }
            _ => panic!("not understood: {line}"),
        }
    }
}

fn serve_tcp(own: SocketAddr) {
    let socket = Socket::new(Domain::for_address(own), Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("the option is known");
    socket.bind(&own.into()).expect("the address is ours");
    socket.listen(1024).expect("it can listen");
    let listener = TcpListener::from(socket);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            drop(stream.expect("a connection can be taken"));
        }
    });
}

fn serve_udp(own: SocketAddr) {
    let socket = UdpSocket::bind(own).expect("the address is ours");
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        // An error is that of an earlier echo, to a port that is no longer open.
        loop {
            if let Ok((length, from)) = socket.recv_from(&mut buffer)
                && let Err(error) = socket.send_to(&buffer[..length], from)
            {
                eprintln_error("echo", &error);
            }
        }
    });
}

#[allow(clippy::print_stderr, reason = "a test program has no other log")]
fn eprintln_error(what: &str, error: &std::io::Error) {
    eprintln!("{what}: {error}");
}

/// Sends all probes and gives the numbers of those that were answered.
fn round(
    probes: &[Probe],
    source_port: u16,
    expected: usize,
    raw: &HashMap<IpAddr, UdpSocket>,
    answer: &Sender<Answered>,
    answers: &Receiver<Answered>,
) -> BTreeSet<usize> {
    let mut udp: HashMap<IpAddr, UdpSocket> = HashMap::new();
    let mut numbers: HashMap<Answered, usize> = HashMap::new();
    let mut tcp: Vec<(usize, Socket)> = Vec::new();
    for (number, probe) in probes.iter().enumerate() {
        let own = SocketAddr::new(probe.source, source_port);
        match probe.protocol.as_str() {
            "TCP" => {
                let socket =
                    Socket::new(Domain::for_address(own), Type::STREAM, None).expect("a socket");
                socket.set_reuse_address(true).expect("the option is known");
                socket.bind(&own.into()).expect("the port is free");
                socket.set_nonblocking(true).expect("the option is known");
                let begun = socket.connect(&probe.target.into());
                let in_progress = begun.as_ref().is_err_and(|e| e.raw_os_error() == Some(115));
                assert!(begun.is_ok() || in_progress, "{own} to {}: {begun:?}", probe.target);
                tcp.push((number, socket));
            }
            "UDP" => {
                udp.entry(probe.source).or_insert_with(|| listen_udp(own, answer.clone()));
                numbers.insert(("UDP", own, probe.target), number);
            }
            _ => {
                numbers.insert(("SCTP", own, probe.target), number);
            }
        }
    }
    let start = Instant::now();
    let mut sent: Option<Instant> = None;
    let mut complete: Option<Instant> = None;
    let mut found = BTreeSet::new();
    loop {
        if complete.is_none() && sent.is_none_or(|at| at.elapsed() > AGAIN) {
            for ((protocol, own, target), number) in &numbers {
                if found.contains(number) {
                    continue;
                }
                let result = match *protocol {
                    "UDP" => udp[&own.ip()].send_to(b"seawall", target),
                    _ => sctp::init(&raw[&own.ip()], *own, *target),
                };
                if let Err(error) = result {
                    eprintln_error("send", &error);
                }
            }
            sent = Some(Instant::now());
        }
        while let Ok(answered) = answers.try_recv() {
            found.extend(numbers.get(&answered));
        }
        tcp.retain(|(number, socket)| {
            let connected = socket.peer_addr().is_ok();
            if connected {
                found.insert(*number);
            }
            !connected
        });
        if found.len() >= expected && complete.is_none() {
            complete = Some(Instant::now());
        }
        if complete.is_some_and(|at| at.elapsed() > GRACE) || start.elapsed() > PATIENCE {
            break;
        }
        std::thread::sleep(Duration::from_millis(4));
    }
    // The threads that listen end by a datagram to themselves.
    for (own, socket) in &udp {
        socket.send_to(b"", SocketAddr::new(*own, source_port)).expect("it reaches itself");
    }
    found
}

/// Hears echoes until an empty datagram comes.
fn listen_udp(own: SocketAddr, answer: Sender<Answered>) -> UdpSocket {
    let socket = UdpSocket::bind(own).expect("the port is free");
    let listening = socket.try_clone().expect("a socket can be cloned");
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        loop {
            match listening.recv_from(&mut buffer) {
                Ok((0, _)) => return,
                Ok((_, from)) => answer.send(("UDP", own, from)).expect("the round listens"),
                Err(error) => eprintln_error("receive", &error),
            }
        }
    });
    socket
}
