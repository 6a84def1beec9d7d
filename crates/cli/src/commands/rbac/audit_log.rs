//! Reading audit logs: line by line, compressed or not, within bounds.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use flate2::bufread::MultiGzDecoder;
use seawall_rbac::{Used, uses};

use crate::Outcome;

/// The longest line that is read. An event holds at most one request and one response, each of
/// which the API server bounds to 3 MiB; JSON in JSON may take several times that.
const MOST_BYTES: u64 = 32 << 20;

/// Lines that can't be read are told of one by one up to this many.
const MOST_TOLD: u64 = 5;

/// Which log.
#[derive(Args)]
pub(super) struct AuditLog {
    /// Audit logs in JSON lines, perhaps compressed by gzip, or - for standard input
    #[arg(long = "from-audit", value_name = "LOG", required = true, num_args = 1..)]
    logs: Vec<PathBuf>,
}

/// What came of reading.
pub(super) struct Reading {
    /// Requests that were told of.
    pub(super) requests: u64,
    /// What could not be read.
    pub(super) unread: Vec<String>,
}

impl AuditLog {
    /// Hands on every request of the logs, in their order.
    pub(super) fn read(
        &self,
        mut take: impl FnMut(Used) -> anyhow::Result<()>,
    ) -> anyhow::Result<Reading> {
        let mut reading = Reading { requests: 0, unread: Vec::new() };
        for path in &self.logs {
            let name = path.display().to_string();
            let raw: Box<dyn Read> = if name == "-" {
                Box::new(io::stdin().lock())
            } else {
                Box::new(File::open(path).with_context(|| format!("can't read {name}"))?)
            };
            let mut raw = BufReader::with_capacity(1 << 17, raw);
            let start = raw.fill_buf().with_context(|| format!("can't read {name}"))?;
            if start.starts_with(&[0x1f, 0x8b]) {
                let plain = BufReader::with_capacity(1 << 17, MultiGzDecoder::new(raw));
                lines(&name, plain, &mut reading, &mut take)?;
            } else {
                lines(&name, raw, &mut reading, &mut take)?;
            }
        }
        match reading.unread.first() {
            Some(first) if reading.requests == 0 => bail!("no audit event could be read: {first}"),
            None if reading.requests == 0 => bail!(
                "the log tells of no request; name a log of the level Metadata or above, in JSON \
                 lines"
            ),
            _ => {}
        }
        Ok(reading)
    }
}

impl Reading {
    /// What a command comes to, where what can't be read forbids it.
    pub(super) fn outcome(&self, strict: bool, outcome: Outcome) -> Outcome {
        if strict && !self.unread.is_empty() { Outcome::InputError } else { outcome }
    }
}

fn lines(
    name: &str,
    mut text: impl BufRead,
    reading: &mut Reading,
    take: &mut impl FnMut(Used) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    let mut wrong = 0_u64;
    let mut number = 0_u64;
    let mut tell = |reading: &mut Reading, what: String| {
        wrong += 1;
        if wrong <= MOST_TOLD {
            tracing::error!("not read: {what}");
            reading.unread.push(what);
        }
    };
    loop {
        line.clear();
        number += 1;
        match text.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            // A log that is cut short, as one that is being written and compressed is.
            Err(error) => {
                tell(reading, format!("{name}:{number}: the rest can't be read: {error}"));
                break;
            }
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == MOST_BYTES {
            tell(reading, format!("{name}:{number}: the line is longer than {MOST_BYTES} bytes"));
            skip_line(&mut text).with_context(|| format!("can't read {name}"))?;
            continue;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match uses(&line) {
            Ok(used) => {
                reading.requests += used.len() as u64;
                used.into_iter().try_for_each(&mut *take)?;
            }
            Err(error) => tell(reading, format!("{name}:{number}: {error}")),
        }
    }
    if wrong > MOST_TOLD {
        let what = format!("{name}: {} more lines are no audit events", wrong - MOST_TOLD);
        tracing::error!("not read: {what}");
        reading.unread.push(what);
    }
    Ok(())
}

/// Reads on to the end of the line, and keeps nothing of it.
fn skip_line(text: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = text.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                text.consume(end + 1);
                return Ok(());
            }
            None => {
                let length = buffer.len();
                text.consume(length);
            }
        }
    }
}
