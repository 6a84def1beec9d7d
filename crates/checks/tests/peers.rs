//! What other tools check, Seawall checks, or the book says why not.

use std::collections::BTreeSet;

use seawall_checks::all;

/// The rules of other tools, one `tool:id` a line.
const RULES: &str = include_str!("data/peer-rules.csv");

/// The page of the book; each rule that is not a check stands there in backticks.
const NOT_MADE: &str = include_str!("../../../docs/src/checks-not-made.md");

fn rules() -> BTreeSet<&'static str> {
    RULES.lines().collect()
}

/// The rows of the page's table: the rules of each, and the reason.
fn rows() -> Vec<(Vec<&'static str>, &'static str)> {
    NOT_MADE
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
            let [_, ids, why] = cells[..] else { return None };
            let ids: Vec<&str> = ids.split('`').filter(|id| id.contains(':')).collect();
            (!ids.is_empty()).then_some((ids, why.trim()))
        })
        .collect()
}

#[test]
fn every_rule_of_a_peer_is_covered_or_has_its_reason() {
    let covered: BTreeSet<&str> = all().flat_map(|check| check.covers).copied().collect();
    let listed: BTreeSet<&str> = rows().into_iter().flat_map(|(ids, _)| ids).collect();
    let left: Vec<_> = rules()
        .into_iter()
        .filter(|rule| !covered.contains(rule) && !listed.contains(rule))
        .collect();
    assert!(left.is_empty(), "neither covered nor listed: {left:?}");
    let both: Vec<_> = listed.iter().filter(|rule| covered.contains(*rule)).collect();
    assert!(both.is_empty(), "listed as not made, and covered: {both:?}");
    let unknown: Vec<_> = listed.difference(&rules()).copied().collect();
    assert!(unknown.is_empty(), "listed, and no rule of a peer: {unknown:?}");
}

#[test]
fn covered_rules_are_in_the_list_of_the_peers() {
    let rules = rules();
    assert!(rules.len() > 400, "the list is whole");
    let unknown: Vec<_> =
        all().flat_map(|check| check.covers).filter(|rule| !rules.contains(*rule)).collect();
    assert!(unknown.is_empty(), "covered, and no rule of a peer: {unknown:?}");
}

#[test]
fn reasons_are_sentences() {
    for (ids, why) in rows() {
        assert!(why.len() > 40 && why.ends_with('.'), "{ids:?}: {why:?}");
    }
}
