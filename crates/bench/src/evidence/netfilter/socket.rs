//! Questions to the kernel over netlink.
//!
//! The socket is connected to the kernel, so that nobody else can answer. Time and size of answers
//! are bounded.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send,
    socket_with,
};

use super::attribute::{Malformed, messages};

/// How long all answers may take together.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most bytes of all answers.
const LARGEST: usize = 256 << 20;
/// Largest single answer, in bytes.
const DATAGRAM: usize = 1 << 18;

const REQUEST: u16 = 0x1;
const ACKNOWLEDGE: u16 = 0x4;
const DUMP: u16 = 0x300;
/// What was listed changed meanwhile.
const INTERRUPTED: u16 = 0x10;
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// The kernel refuses.
    #[error("{0}")]
    Refused(Errno),
    /// What it says is not understood.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What was listed changed meanwhile.
    #[error("the rules change faster than they can be read")]
    Changed,
    /// It is too much.
    #[error("there are more than {} MiB of rules", LARGEST >> 20)]
    TooLarge,
    /// It takes too long.
    #[error("the kernel does not answer within {} s", PATIENCE.as_secs())]
    TooLong,
}

impl From<Errno> for Silence {
    fn from(error: Errno) -> Self {
        match error {
            Errno::AGAIN => Silence::TooLong,
            // What was asked for has gone since it was listed.
            Errno::NOENT | Errno::INTR => Silence::Changed,
            error => Silence::Refused(error),
        }
    }
}

/// A socket of netlink.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
    taken: usize,
    since: Instant,
}

impl Socket {
    /// A socket of one of netlink's protocols; without one that of routes.
    ///
    /// # Errors
    ///
    /// Where the kernel has none.
    pub fn open(protocol: Option<Protocol>) -> Result<Self, Silence> {
        let fd =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
        connect(&fd, &SocketAddrNetlink::new(0, 0))?;
        set_socket_timeout(&fd, Timeout::Recv, Some(PATIENCE))?;
        let buffer = vec![0; DATAGRAM];
        Ok(Socket { fd, sequence: 0, buffer, taken: 0, since: Instant::now() })
    }

    /// Asks for one thing, and hands on the answer.
    ///
    /// # Errors
    ///
    /// Where there is none, or `take` finds that it is malformed.
    pub fn ask(
        &mut self,
        kind: u16,
        payload: &[u8],
        take: impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Silence> {
        self.request(kind, REQUEST | ACKNOWLEDGE, payload, take)
    }

    /// Asks for a list, and hands on its parts.
    ///
    /// # Errors
    ///
    /// As [`Socket::ask`].
    pub fn dump(
        &mut self,
        kind: u16,
        payload: &[u8],
        take: impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Silence> {
        self.request(kind, REQUEST | DUMP, payload, take)
    }

    fn request(
        &mut self,
        kind: u16,
        flags: u16,
        payload: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), Malformed>,
    ) -> Result<(), Silence> {
        self.sequence += 1;
        let mut request = Vec::with_capacity(16 + payload.len());
        request.extend_from_slice(&(16 + payload.len() as u32).to_ne_bytes());
        request.extend_from_slice(&kind.to_ne_bytes());
        request.extend_from_slice(&flags.to_ne_bytes());
        request.extend_from_slice(&self.sequence.to_ne_bytes());
        request.extend_from_slice(&0_u32.to_ne_bytes());
        request.extend_from_slice(payload);
        send(&self.fd, &request, SendFlags::empty())?;
        let mut changed = false;
        loop {
            if self.since.elapsed() > PATIENCE {
                return Err(Silence::TooLong);
            }
            let (length, whole) = recv(&self.fd, self.buffer.as_mut_slice(), RecvFlags::TRUNC)?;
            if whole > length {
                return Err(Malformed("an answer is larger than asked for").into());
            }
            self.taken += length;
            if self.taken > LARGEST {
                return Err(Silence::TooLarge);
            }
            for message in messages(&self.buffer[..length]) {
                let message = message?;
                if message.sequence != self.sequence {
                    continue;
                }
                changed |= message.flags & INTERRUPTED != 0;
                match message.kind {
                    ERROR | DONE => {
                        let code = message.payload.first_chunk().copied().map(i32::from_ne_bytes);
                        return match code {
                            Some(0) if changed => Err(Silence::Changed),
                            Some(0) => Ok(()),
                            Some(code @ -4095..=-1) => Err(Errno::from_raw_os_error(-code).into()),
                            _ => Err(Malformed("an answer ends without a result").into()),
                        };
                    }
                    _ => take(message.payload)?,
                }
            }
        }
    }
}
