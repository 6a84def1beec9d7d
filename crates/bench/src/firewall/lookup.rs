//! Sets and maps as conditions on packets.

use super::condition::{Condition, Shape, Truth};
use super::ranges::Ranges;
use super::region::{Bounds, Dimension};
use super::register::Registers;
use super::ruleset::{Data, Set};

/// Entries of the same dimension and data, which are one condition.
struct Together<'s> {
    dimension: Dimension,
    data: &'s Data,
    ranges: Vec<(u128, u128)>,
}

/// The entries of a set as conditions on the packets; those of one dimension together. The surest
/// come first, and last what catches all others.
pub fn boxes<'s>(
    shape: Shape<'_>,
    registers: &Registers,
    set: &'s Set,
    from: usize,
) -> Vec<(Condition, &'s Data)> {
    let mut together: Vec<Together<'_>> = Vec::new();
    let mut boxes = Vec::new();
    for entry in &set.entries {
        let Some((low, high)) = &entry.keys else { continue };
        let condition = key(shape, registers, &set.fields, from, low, high);
        if condition.truth == Truth::No {
            continue;
        }
        match condition.bounds.single() {
            Some((dimension, ranges)) if condition.truth == Truth::Yes => {
                let known = together
                    .iter_mut()
                    .find(|one| one.dimension == dimension && *one.data == entry.data);
                match known {
                    Some(one) => one.ranges.extend(ranges.iter()),
                    None => together.push(Together {
                        dimension,
                        data: &entry.data,
                        ranges: ranges.iter().collect(),
                    }),
                }
            }
            _ => boxes.push((condition, &entry.data)),
        }
    }
    boxes.extend(
        together
            .into_iter()
            .map(|one| (Condition::within(one.dimension, Ranges::new(one.ranges)), one.data)),
    );
    boxes.sort_by_key(|(condition, _)| condition.truth);
    let others = set.entries.iter().filter(|entry| entry.keys.is_none());
    boxes.extend(others.map(|entry| (Condition::all(Truth::Yes), &entry.data)));
    boxes
}

/// When the value in registers is from one key to another, part by part.
fn key(
    shape: Shape<'_>,
    registers: &Registers,
    fields: &[usize],
    from: usize,
    low: &[u8],
    high: &[u8],
) -> Condition {
    let whole = [low.len()];
    let fields = if fields.is_empty() { &whole[..] } else { fields };
    let mut all = Condition { bounds: Bounds::default(), truth: Truth::Yes };
    let mut at = 0_usize;
    for &length in fields {
        let span = at..at.saturating_add(length);
        let part = registers.get(from.saturating_add(at), length);
        let (Some(bytes), Some(low), Some(high)) = (part, low.get(span.clone()), high.get(span))
        else {
            return Condition::all(Truth::Maybe);
        };
        let condition = shape.between(bytes, low, high);
        all.truth = all.truth.and(condition.truth);
        all.bounds.and(&condition.bounds);
        at = at.saturating_add(length.next_multiple_of(4));
    }
    all
}
