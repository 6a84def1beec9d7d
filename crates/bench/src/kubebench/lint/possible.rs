//! Whether tests can hold at all, and whether they can fail.
//!
//! Each flag is thought to be missing, and to have every value that could tell: those that the tests
//! name and some beside them. Tests of different flags don't depend on each other, so no
//! combinations need to be tried.

use std::collections::BTreeMap;

use crate::kubebench::controls::{TestItem, Tests};
use crate::kubebench::operator::{compare, number, octal};

/// What tests can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Possible {
    pub(super) holds: bool,
    pub(super) fails: bool,
}

/// What tests can come to, over all outputs; `regex` is taken to be able to do both.
pub(super) fn of(tests: &Tests) -> Possible {
    let mut by_subject: BTreeMap<(&str, &str, &str), Vec<&TestItem>> = BTreeMap::new();
    for item in &tests.items {
        by_subject.entry((&item.flag, &item.path, &item.env)).or_default().push(item);
    }
    let any = tests.bin_op == "or";
    let each: Vec<Possible> = by_subject.values().map(|items| of_subject(items, any)).collect();
    if any {
        Possible {
            holds: each.iter().any(|one| one.holds),
            fails: each.iter().all(|one| one.fails),
        }
    } else {
        Possible {
            holds: each.iter().all(|one| one.holds),
            fails: each.iter().any(|one| one.fails),
        }
    }
}

fn of_subject(items: &[&TestItem], any: bool) -> Possible {
    let mut possible = Possible { holds: false, fails: false };
    if items.iter().any(|item| item.set && item.operator == "regex") {
        return Possible { holds: true, fails: true };
    }
    // Several tests may each ask for a part of one value.
    let parts: Vec<&str> = items.iter().map(|item| item.value.as_str()).collect();
    let whole = std::iter::once(parts.join(","));
    let values = items.iter().flat_map(|item| candidates(&item.value)).chain(whole).map(Some);
    for value in values.chain([None]) {
        let holds = |item: &&TestItem| holds(item, value.as_deref());
        let together = if any { items.iter().any(holds) } else { items.iter().all(holds) };
        possible.holds |= together;
        possible.fails |= !together;
    }
    possible
}

fn holds(item: &TestItem, found: Option<&str>) -> bool {
    match found {
        _ if !item.set => found.is_none(),
        Some(found) if !item.operator.is_empty() => {
            compare(&item.operator, found, &item.value, "").is_ok_and(|(_, holds)| holds)
        }
        found => found.is_some(),
    }
}

/// Values on both sides of every border that an operator can draw at a value.
fn candidates(value: &str) -> Vec<String> {
    let mut all: Vec<String> =
        ["x", "0", "true", "false", "777", "7777", "-1"].map(str::to_owned).into();
    all.push(value.to_owned());
    all.push(format!("{value}x"));
    if let Ok(number) = number(value) {
        all.extend([number.saturating_sub(1), number.saturating_add(1)].map(|n| n.to_string()));
    }
    if let Some(bits) = octal(value) {
        all.push(format!("{:o}", bits.wrapping_add(1)));
    }
    all
}
