//! As much SCTP as a connection's first packets are (RFC 9260, sections 3.1 and 3.3): an INIT and
//! its answer, over raw sockets. Kernels without the SCTP module can so be tested as well; one that
//! has it answers too, with an ABORT, since nobody listens.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::Sender;

use socket2::{Domain, Protocol, Socket, Type};

use crate::Answered;

const PROTOCOL: i32 = 132;
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const ABORT: u8 = 6;

/// A raw socket for an own address; as a UDP socket, which sends and receives with addresses.
pub(crate) fn socket(own: IpAddr) -> UdpSocket {
    let own = SocketAddr::new(own, 0);
    let socket = Socket::new(Domain::for_address(own), Type::RAW, Some(Protocol::from(PROTOCOL)))
        .expect("a raw socket needs root");
    socket.bind(&own.into()).expect("the address is ours");
    socket.set_recv_buffer_size(4 << 20).expect("the option is known");
    UdpSocket::from(socket)
}

/// Answers INITs to ports, and hands on the answers to own ones.
pub(crate) fn serve(socket: UdpSocket, own: IpAddr, ports: Vec<u16>, answer: Sender<Answered>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).expect("packets can be read");
            // A raw socket of IPv4 gives the packet with its header.
            let header = if own.is_ipv4() { usize::from(buffer[0] & 15) * 4 } else { 0 };
            let packet = &buffer[header.min(length)..length];
            let Some(kind) = packet.get(12) else { continue };
            let number = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
            let (from_port, to_port) = (number(0), number(2));
            let from = SocketAddr::new(from.ip(), from_port);
            match *kind {
                INIT if ports.contains(&to_port) && packet.len() >= 20 => {
                    let tag = [packet[16], packet[17], packet[18], packet[19]];
                    let reply = packet_of(INIT_ACK, to_port, from_port, tag);
                    let target = target(from);
                    if let Err(error) = socket.send_to(&reply, target) {
                        crate::eprintln_error("answer", &error);
                    }
                }
                INIT_ACK | ABORT => {
                    let own = SocketAddr::new(own, to_port);
                    answer.send(("SCTP", own, from)).expect("the round listens");
                }
                _ => {}
            }
        }
    });
}

/// Sends an INIT.
pub(crate) fn init(socket: &UdpSocket, own: SocketAddr, to: SocketAddr) -> io::Result<usize> {
    socket.send_to(&packet_of(INIT, own.port(), to.port(), [0; 4]), target(to))
}

/// Where a raw socket sends: its addresses have no port.
fn target(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), 0)
}

/// A packet with one chunk, INIT or INIT ACK, which have the same fields.
fn packet_of(kind: u8, from: u16, to: u16, tag: [u8; 4]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(32);
    packet.extend(from.to_be_bytes());
    packet.extend(to.to_be_bytes());
    packet.extend(tag);
    packet.extend([0; 4]);
    packet.extend([kind, 0, 0, 20]);
    // Initiate tag, window, streams out and in, first sequence number.
    packet.extend(1u32.to_be_bytes());
    packet.extend(65_536u32.to_be_bytes());
    packet.extend([0, 1, 0, 1]);
    packet.extend(1u32.to_be_bytes());
    let sum = crc32c(&packet);
    packet[8..12].copy_from_slice(&sum.to_le_bytes());
    packet
}

/// CRC32c, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, appendix B.4: 32 bytes of zeroes.
        assert_eq!(super::crc32c(&[0; 32]), 0x8a91_36aa);
    }
}
