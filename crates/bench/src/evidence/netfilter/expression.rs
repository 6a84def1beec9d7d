//! Expressions of nf_tables as the kernel sends them
//! (`include/uapi/linux/netfilter/nf_tables.h`).

use super::attribute::{Attributes, Malformed, list, text};
use super::compat;
use crate::firewall::ruleset::{Comparison, Expression, Header, Match, Verdict};

/// Largest value in registers, in bytes.
const VALUE: usize = 64;

/// The expressions of a rule.
///
/// # Errors
///
/// Where one is malformed.
pub fn expressions(bytes: &[u8]) -> Result<Vec<Expression>, Malformed> {
    let mut all = Vec::new();
    for element in list(bytes) {
        expression(element?.1, &mut all)?;
    }
    Ok(all)
}

/// A value or a verdict: `NFTA_DATA_*`.
pub enum Datum {
    /// Bytes.
    Value(Vec<u8>),
    /// A verdict.
    Verdict(Verdict),
}

/// # Errors
///
/// Where it is neither.
pub fn datum(bytes: &[u8]) -> Result<Datum, Malformed> {
    let data = Attributes::new(bytes)?;
    if let Some(value) = data.get(1) {
        if value.len() > VALUE {
            return Err(Malformed("a value is too long"));
        }
        return Ok(Datum::Value(value.to_vec()));
    }
    let verdict = data.nested(2)?.ok_or(Malformed("a value is neither bytes nor a verdict"))?;
    let chain = verdict.text(2)?;
    let target = || chain.clone().ok_or(Malformed("a jump has no chain"));
    let code = verdict.needed(1)? as i32;
    Ok(Datum::Verdict(match code {
        -1 | -2 => Verdict::Continue,
        -3 => Verdict::Jump(target()?),
        -4 => Verdict::Goto(target()?),
        -5 => Verdict::Return,
        // The high half holds an error or the number of a queue.
        code => match code & 0xff {
            0 => Verdict::Drop,
            1 => Verdict::Accept,
            3 => Verdict::Queue,
            _ => return Err(Malformed("a verdict is not known")),
        },
    }))
}

fn value(bytes: Option<&[u8]>) -> Result<Vec<u8>, Malformed> {
    match bytes.map(datum).transpose()? {
        Some(Datum::Value(value)) => Ok(value),
        _ => Err(Malformed("a value is missing")),
    }
}

/// The first byte of a register: four of 16 bytes, or sixteen of 4.
fn register(number: u32) -> Result<usize, Malformed> {
    match number as usize {
        at @ 1..=4 => Ok((at - 1) * 16),
        at @ 8..=23 => Ok((at - 8) * 4),
        _ => Err(Malformed("a register is not known")),
    }
}

fn length(number: u32) -> Result<usize, Malformed> {
    match number as usize {
        length @ 0..=VALUE => Ok(length),
        _ => Err(Malformed("a length is more than registers hold")),
    }
}

fn expression(bytes: &[u8], out: &mut Vec<Expression>) -> Result<(), Malformed> {
    let outer = Attributes::new(bytes)?;
    let name = text(outer.get(1).ok_or(Malformed("an expression has no name"))?)?;
    let data = Attributes::new(outer.get(2).unwrap_or_default())?;
    let at = |kind: usize| register(data.needed(kind)?);
    out.push(match name.as_str() {
        "payload" if data.get(1).is_none() => Expression::Steers(name),
        "payload" => Expression::Payload {
            header: match data.needed(2)? {
                0 => Header::Link,
                1 => Header::Network,
                2 => Header::Transport,
                _ => Header::Inner,
            },
            offset: data.needed(3)?,
            length: length(data.needed(4)?)?,
            to: at(1)?,
        },
        "meta" => match (data.get(1), data.needed(2)?) {
            (Some(_), key) => Expression::Meta { key, to: at(1)? },
            (None, 3) => Expression::SetMark { from: at(3)? },
            // Whom a packet is for: TCP does not take those for others.
            (None, 19) => Expression::Steers(name),
            (None, _) => return Ok(()),
        },
        "ct" => match (data.get(1), data.needed(2)?) {
            (Some(_), key) => Expression::Conntrack {
                key,
                reply: data.number(3)?.is_some_and(|direction| direction != 0),
                to: at(1)?,
            },
            (None, 3) => Expression::SetConnectionMark { from: at(4)? },
            (None, _) => return Ok(()),
        },
        "fib" => {
            let (result, flags) = (data.needed(2)?, data.number(3)?.unwrap_or(0));
            Expression::Route { result, flags, to: at(1)? }
        }
        "exthdr" => match (data.get(1), data.number(6)?.unwrap_or(0)) {
            // Options of TCP that are written.
            (None, _) => return Ok(()),
            (Some(_), 0 | 2) => Expression::Option {
                presence: data.number(5)?.unwrap_or(0) & 1 != 0,
                length: length(data.needed(4)?)?,
                to: at(1)?,
            },
            (Some(_), _) => Expression::Undecidable(name),
        },
        "immediate" => match datum(data.get(2).ok_or(Malformed("a value is missing"))?)? {
            Datum::Verdict(verdict) => Expression::Verdict(verdict),
            Datum::Value(data) => Expression::Immediate { data, to: at(1)? },
        },
        "bitwise" => bitwise(&data, name)?,
        "byteorder" => Expression::Byteorder {
            from: at(1)?,
            to: at(2)?,
            length: length(data.needed(4)?)?,
            size: length(data.needed(5)?)?,
        },
        "cmp" => Expression::Compare {
            from: at(1)?,
            how: match data.needed(2)? {
                0 => Comparison::Equal,
                1 => Comparison::NotEqual,
                2 => Comparison::Less,
                3 => Comparison::LessOrEqual,
                4 => Comparison::Greater,
                5 => Comparison::GreaterOrEqual,
                _ => return Err(Malformed("a comparison is not known")),
            },
            data: value(data.get(3))?,
        },
        "range" => Expression::Between {
            from: at(1)?,
            inverted: data.needed(2)? != 0,
            low: value(data.get(3))?,
            high: value(data.get(4))?,
        },
        "lookup" => Expression::Lookup {
            set: data.text(1)?.ok_or(Malformed("a set has no name"))?,
            from: at(2)?,
            inverted: data.number(5)?.unwrap_or(0) & 1 != 0,
            // Register 0 is that of the verdict.
            to: match data.number(3)? {
                None | Some(0) => None,
                Some(to) => Some(register(to)?),
            },
        },
        "dynset" => dynset(&data)?,
        "limit" => Expression::Limit { over: data.number(5)?.unwrap_or(0) & 1 != 0 },
        "connlimit" => Expression::Limit { over: data.number(2)?.unwrap_or(0) & 1 != 0 },
        "notrack" => Expression::Untracked,
        "reject" => Expression::Verdict(Verdict::Drop),
        "queue" => Expression::Verdict(Verdict::Queue),
        "counter" | "log" | "last" | "dup" | "flow_offload" => return Ok(()),
        "objref" => match data.number(1)? {
            // Limits, numbers of connections, quotas and maps of objects.
            Some(2 | 4 | 5) | None => Expression::Undecidable(name),
            Some(10) => Expression::Steers(name),
            Some(_) => return Ok(()),
        },
        "quota" | "socket" | "rt" | "osf" | "numgen" | "hash" | "xfrm" | "tunnel" | "inner" => {
            Expression::Undecidable(name)
        }
        "match" => return compat::matches(&data, out),
        "target" => return compat::target(&data, out),
        _ => Expression::Steers(name),
    });
    Ok(())
}

fn bitwise(data: &Attributes<'_>, name: String) -> Result<Expression, Malformed> {
    // Shifts, and operations on two registers.
    if data.number(6)?.unwrap_or(0) != 0 {
        return Ok(Expression::Undecidable(name));
    }
    let (mask, xor) = (value(data.get(4))?, value(data.get(5))?);
    if mask.len() != xor.len() {
        return Err(Malformed("a mask and what it is turned over by differ in size"));
    }
    let (from, to) = (register(data.needed(1)?)?, register(data.needed(2)?)?);
    Ok(Expression::Bitwise { from, mask, xor, to })
}

/// An element is put into a set: the rule goes on unless the set is full, or a limit is over.
fn dynset(data: &Attributes<'_>) -> Result<Expression, Malformed> {
    let mut inner = Vec::new();
    if let Some(one) = data.get(7) {
        expression(one, &mut inner)?;
    }
    if let Some(more) = data.get(10) {
        inner.extend(expressions(more)?);
    }
    // It is turned round by its own flag as well.
    let inverted = data.number(9)?.unwrap_or(0) & 1 != 0;
    Ok(match inner.as_slice() {
        [] if !inverted => Expression::Limit { over: false },
        [Expression::Limit { over }] if !inverted => Expression::Limit { over: *over },
        _ => Expression::Undecidable("dynset".to_owned()),
    })
}

/// A match that can't hold for TCP.
pub const NEVER: Expression = Expression::Match(Match::Constant(false));
