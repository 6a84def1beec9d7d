//! Lists of nf_tables as the kernel sends them: tables, chains, rules, sets and elements.

use super::attribute::{Attributes, Malformed, list};
use super::expression::{Datum, datum, expressions};
use crate::firewall::ruleset::{Data, Element, Rule};

/// Bytes of `struct nfgenmsg`, of which the first is the family.
const HEAD: usize = 4;

fn parts(message: &[u8]) -> Result<(u8, Attributes<'_>), Malformed> {
    let (head, rest) =
        message.split_at_checked(HEAD).ok_or(Malformed("a message has no family"))?;
    Ok((head[0], Attributes::new(rest)?))
}

fn name(attributes: &Attributes<'_>, kind: usize) -> Result<String, Malformed> {
    attributes.text(kind)?.ok_or(Malformed("a name is missing"))
}

/// The generation of the rules: it changes with every change.
///
/// # Errors
///
/// Where it is malformed.
pub fn generation(message: &[u8]) -> Result<u32, Malformed> {
    parts(message)?.1.needed(1)
}

/// A table that is switched off: its family (`NFPROTO_*`) and name.
///
/// # Errors
///
/// Where it is malformed.
pub fn dormant(message: &[u8]) -> Result<Option<(u8, String)>, Malformed> {
    let (family, table) = parts(message)?;
    let off = table.number(2)?.unwrap_or(0) & 1 != 0;
    off.then(|| Ok((family, name(&table, 1)?))).transpose()
}

/// A chain that is hooked in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooked {
    /// `NFPROTO_*`
    pub family: u8,
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The hook's number, which means another in every family.
    pub hook: u32,
    /// Its priority.
    pub priority: i32,
    /// Whether what no rule decided is let through.
    pub accepts: bool,
    /// Its type: `filter`, `nat` or `route`.
    pub kind: String,
    /// Whether it holds rules.
    pub used: bool,
}

/// A chain; none where others jump to it.
///
/// # Errors
///
/// Where it is malformed.
pub fn hooked(message: &[u8]) -> Result<Option<Hooked>, Malformed> {
    let (family, chain) = parts(message)?;
    let Some(hook) = chain.nested(4)? else { return Ok(None) };
    Ok(Some(Hooked {
        family,
        table: name(&chain, 1)?,
        name: name(&chain, 3)?,
        hook: hook.needed(1)?,
        priority: hook.needed(2)? as i32,
        accepts: chain.number(5)? != Some(0),
        kind: name(&chain, 7)?,
        used: chain.number(6)?.unwrap_or(1) > 0,
    }))
}

/// A rule, if it is of a chain.
///
/// # Errors
///
/// Where it is malformed.
pub fn rule(message: &[u8], table: &str, chain: &str) -> Result<Option<Rule>, Malformed> {
    let (_, rule) = parts(message)?;
    if name(&rule, 1)? != table || name(&rule, 2)? != chain {
        return Ok(None);
    }
    let handle = rule.get(3).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
    let expressions = expressions(rule.get(4).unwrap_or_default())?;
    Ok(Some(Rule { handle, expressions }))
}

/// What a set says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Lengths of the parts of its key.
    pub fields: Vec<usize>,
    /// Whether its elements begin and end ranges.
    pub intervals: bool,
    /// Whether packets put elements into it.
    pub dynamic: bool,
}

/// A set without its elements.
///
/// # Errors
///
/// Where it is malformed.
pub fn set(message: &[u8]) -> Result<Described, Malformed> {
    const INTERVALS: u32 = 4;
    const DYNAMIC: u32 = 0x20;
    let (_, set) = parts(message)?;
    let flags = set.number(3)?.unwrap_or(0);
    let mut fields = Vec::new();
    let described = set.nested(9)?;
    if let Some(all) = described.and_then(|described| described.get(2)) {
        for field in list(all) {
            fields.push(Attributes::new(field?.1)?.needed(1)?.min(64) as usize);
        }
    }
    // One part is no concatenation.
    if fields.len() == 1 {
        fields.clear();
    }
    Ok(Described {
        name: name(&set, 2)?,
        fields,
        intervals: flags & INTERVALS != 0,
        dynamic: flags & DYNAMIC != 0,
    })
}

/// Elements of a set.
///
/// # Errors
///
/// Where one is malformed.
pub fn elements(message: &[u8], out: &mut Vec<Element>) -> Result<(), Malformed> {
    let (_, all) = parts(message)?;
    for element in list(all.get(3).unwrap_or_default()) {
        let element = Attributes::new(element?.1)?;
        let key = |kind: usize| -> Result<Option<Vec<u8>>, Malformed> {
            match element.get(kind).map(datum).transpose()? {
                None => Ok(None),
                Some(Datum::Value(value)) => Ok(Some(value)),
                Some(Datum::Verdict(_)) => Err(Malformed("a key is a verdict")),
            }
        };
        let data = match element.get(2).map(datum).transpose()? {
            None => Data::None,
            Some(Datum::Value(value)) => Data::Value(value),
            Some(Datum::Verdict(verdict)) => Data::Verdict(verdict),
        };
        let ends = element.number(3)?.unwrap_or(0) & 1 != 0;
        out.push(Element { key: key(1)?, last: key(10)?, ends, data });
    }
    Ok(())
}
