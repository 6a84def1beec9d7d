//! Rules without what others of them say already, put together again.
//!
//! The result decides every request as the rules that it was made of.

use std::collections::{BTreeMap, BTreeSet};

use crate::cover::{TooLarge, break_down};
use crate::matching::{resource_matches, url_matches, url_prefix};
use crate::rule::Rule;

/// One right: a verb on a resource of a group, of one name or of all, or on a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Single<'a> {
    group: &'a str,
    resource: &'a str,
    name: Option<&'a str>,
    url: Option<&'a str>,
    verb: &'a str,
}

impl Single<'_> {
    fn is_wide(&self) -> bool {
        self.verb == "*"
            || self.group == "*"
            || self.resource.starts_with('*')
            || self.url.is_some_and(|url| url.ends_with('*'))
            || (self.url.is_none() && self.name.is_none())
    }

    /// Whether every request that `other` allows is allowed by this one.
    fn says(&self, other: &Self) -> bool {
        let word = |own: &str, other: &str| own == "*" || own == other;
        word(self.verb, other.verb)
            && match (self.url, other.url) {
                (Some(own), Some(other)) => says_url(own, other),
                (None, None) => {
                    word(self.group, other.group)
                        && resource_matches(self.resource, other.resource)
                        && (self.name.is_none() || self.name == other.name)
                }
                _ => false,
            }
    }
}

/// A prefix says another where it is the shorter; what it matches as a word alone it matches too.
fn says_url(own: &str, other: &str) -> bool {
    match (url_prefix(own), url_prefix(other)) {
        (Some(own), Some(other)) => other.starts_with(own),
        _ => url_matches(own, other),
    }
}

/// Puts rules together: nothing twice, and in as few rules as verbs, resources, names and groups
/// that go together allow. Sorted.
///
/// # Errors
///
/// Where the rules hold too many rights to be taken apart.
pub fn merge<'a>(rules: &[Rule<'a>]) -> Result<Vec<Rule<'a>>, TooLarge> {
    let mut singles = BTreeSet::new();
    break_down(rules, |rule| {
        singles.insert(Single {
            group: rule.api_groups.first().copied().unwrap_or_default(),
            resource: rule.resources.first().copied().unwrap_or_default(),
            name: rule.resource_names.first().copied(),
            url: rule.urls.first().copied(),
            verb: rule.verbs[0],
        });
    })?;
    let wide = Wide::new(&singles);
    singles.retain(|single| !wide.says(single));
    Ok(together(singles))
}

/// The rights that may say others, by what they would have in common with them.
struct Wide<'a> {
    /// By verb and resource, where neither is a wildcard.
    exact: BTreeMap<(&'a str, &'a str), Vec<Single<'a>>>,
    other: Vec<Single<'a>>,
}

impl<'a> Wide<'a> {
    fn new(singles: &BTreeSet<Single<'a>>) -> Self {
        let mut wide = Wide { exact: BTreeMap::new(), other: Vec::new() };
        for single in singles.iter().filter(|single| single.is_wide()) {
            if single.verb == "*" || single.resource.starts_with('*') || single.url.is_some() {
                wide.other.push(*single);
            } else {
                wide.exact.entry((single.verb, single.resource)).or_default().push(*single);
            }
        }
        wide
    }

    fn says(&self, single: &Single<'a>) -> bool {
        let exact = self.exact.get(&(single.verb, single.resource)).into_iter().flatten();
        // Of two that say each other (`/a*` and `/a**`) the first stays.
        exact.chain(&self.other).any(|wide| {
            wide != single && wide.says(single) && !(single.says(wide) && single < wide)
        })
    }
}

fn together(singles: BTreeSet<Single<'_>>) -> Vec<Rule<'_>> {
    type Words<'a> = Vec<&'a str>;
    let mut urls: BTreeMap<&str, Words<'_>> = BTreeMap::new();
    let mut verbs: BTreeMap<(&str, &str, Option<&str>), Words<'_>> = BTreeMap::new();
    for single in singles {
        match single.url {
            Some(url) => urls.entry(url).or_default().push(single.verb),
            None => verbs
                .entry((single.group, single.resource, single.name))
                .or_default()
                .push(single.verb),
        }
    }
    let mut names: BTreeMap<(&str, &str, Words<'_>, bool), Words<'_>> = BTreeMap::new();
    for ((group, resource, name), verbs) in verbs {
        let entry = names.entry((group, resource, verbs, name.is_some())).or_default();
        entry.extend(name);
    }
    let mut resources: BTreeMap<(&str, Words<'_>, Words<'_>), Words<'_>> = BTreeMap::new();
    for ((group, resource, verbs, _), names) in names {
        resources.entry((group, verbs, names)).or_default().push(resource);
    }
    let mut groups: BTreeMap<(Words<'_>, Words<'_>, Words<'_>), Words<'_>> = BTreeMap::new();
    for ((group, verbs, names), resources) in resources {
        groups.entry((resources, names, verbs)).or_default().push(group);
    }
    let mut paths: BTreeMap<Words<'_>, Words<'_>> = BTreeMap::new();
    for (url, verbs) in urls {
        paths.entry(verbs).or_default().push(url);
    }
    let of_resources =
        groups.into_iter().map(|((resources, resource_names, verbs), api_groups)| Rule {
            api_groups,
            resources,
            resource_names,
            verbs,
            urls: Vec::new(),
        });
    let of_urls = paths.into_iter().map(|(verbs, urls)| Rule { urls, verbs, ..Rule::default() });
    let mut rules: Vec<Rule<'_>> = of_resources.chain(of_urls).collect();
    rules.sort();
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule<'a>(verbs: &[&'a str], groups: &[&'a str], resources: &[&'a str]) -> Rule<'a> {
        Rule {
            verbs: verbs.to_vec(),
            api_groups: groups.to_vec(),
            resources: resources.to_vec(),
            ..Rule::default()
        }
    }

    #[test]
    fn nothing_is_said_twice() {
        let rules = [
            rule(&["get"], &[""], &["pods", "services"]),
            rule(&["list", "get"], &[""], &["pods"]),
            rule(&["list"], &[""], &["services"]),
            Rule { resource_names: vec!["a"], ..rule(&["get"], &[""], &["pods"]) },
        ];
        let merged = merge(&rules).expect("they are few");
        assert_eq!(merged, [rule(&["get", "list"], &[""], &["pods", "services"])]);
    }

    #[test]
    fn a_wildcard_says_the_rest() {
        let rules = [
            rule(&["*"], &["*"], &["*"]),
            rule(&["get"], &["apps"], &["deployments/scale"]),
            Rule { urls: vec!["/a*", "/a**", "/ab"], verbs: vec!["get"], ..Rule::default() },
        ];
        let merged = merge(&rules).expect("they are few");
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].urls.len(), 1);
        assert_eq!(merged[1], rule(&["*"], &["*"], &["*"]));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let words: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(merge(&[rule(&words, &words, &words)]), Err(TooLarge));
    }
}
