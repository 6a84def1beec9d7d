//! The digest: every version's types folded into one table, and its text form.
//!
//! Text rather than a packed binary: it is small (a type repeats in 18
//! versions almost unchanged, so each fact is written once with its range of
//! versions), the diff of a new Kubernetes version can be read and reviewed,
//! and it loads in well under a millisecond. The grammar stands in the header
//! that [`Digest`]'s `Display` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A field's definition in one version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub shape: String,
    pub required: bool,
}

/// Deprecation facts of an API; versions are minor versions of 1.x.
#[derive(Clone, Default)]
pub struct Lifecycle {
    pub deprecated: Option<u8>,
    pub removed: Option<u8>,
    pub replacement: Option<String>,
}

type Minors = BTreeSet<u8>;

#[derive(Default)]
pub struct Type {
    minors: Minors,
    fields: BTreeMap<String, BTreeMap<Field, Minors>>,
    enums: BTreeMap<String, BTreeMap<String, Minors>>,
}

#[derive(Default)]
pub struct Digest {
    pub versions: Minors,
    /// (apiVersion, kind) to the types that stand for it.
    kinds: BTreeMap<(String, String), BTreeMap<String, Minors>>,
    pub types: BTreeMap<String, Type>,
    pub lifecycles: BTreeMap<(String, String), Lifecycle>,
}

impl Digest {
    pub fn add_kind(&mut self, api: String, kind: String, minor: u8, name: &str) {
        self.kinds
            .entry((api, kind))
            .or_default()
            .entry(name.to_owned())
            .or_default()
            .insert(minor);
    }

    pub fn add_type(&mut self, name: &str, minor: u8) {
        self.types.entry(name.to_owned()).or_default().minors.insert(minor);
    }

    pub fn add_field(
        &mut self,
        name: &str,
        field: &str,
        minor: u8,
        described: Field,
        values: &[String],
    ) {
        let described_type = self.types.entry(name.to_owned()).or_default();
        described_type
            .fields
            .entry(field.to_owned())
            .or_default()
            .entry(described)
            .or_default()
            .insert(minor);
        for value in values {
            let enumeration = described_type.enums.entry(field.to_owned()).or_default();
            enumeration.entry(value.clone()).or_default().insert(minor);
        }
    }

    /// Says that the server does not insist on a field, in any version of a group.
    pub fn make_optional(&mut self, group: &str, name: &str, field: &str) {
        let mut corrected = false;
        for (full, described) in &mut self.types {
            let mut parts = full.split('.');
            if (parts.next(), parts.next_back()) != (Some(group), Some(name)) {
                continue;
            }
            let Some(fields) = described.fields.get_mut(field) else { continue };
            for (mut definition, minors) in std::mem::take(fields) {
                corrected |= definition.required;
                definition.required = false;
                fields.entry(definition).or_default().extend(minors);
            }
        }
        assert!(corrected, "{group} {name}.{field} is not required: drop its correction");
    }

    /// Fills in what replaces a deprecated API where only its group says so: the
    /// most stable other version of the same kind that is still served.
    pub fn infer_replacements(&mut self) {
        let mut inferred = Vec::new();
        for ((api, kind), types) in &self.kinds {
            let lifecycle = self.lifecycles.get(&(api.clone(), kind.clone()));
            let ends = !types.values().any(|minors| minors.last() == self.versions.last());
            let deprecated = lifecycle.is_some_and(|lifecycle| lifecycle.deprecated.is_some());
            let replaced = lifecycle.is_some_and(|lifecycle| lifecycle.replacement.is_some());
            if replaced || !(deprecated || ends) {
                continue;
            }
            let group = api.split_once('/').map_or("", |(group, _)| group);
            let better = self.kinds.iter().filter(|((other, other_kind), types)| {
                other_kind == kind
                    && other.split_once('/').map_or("", |(group, _)| group) == group
                    && stability(other) > stability(api)
                    && types.values().any(|minors| minors.last() == self.versions.last())
            });
            if let Some(((other, _), _)) = better.max_by_key(|((other, _), _)| stability(other)) {
                inferred.push(((api.clone(), kind.clone()), format!("{other}/{kind}")));
            }
        }
        for (key, replacement) in inferred {
            self.lifecycles.entry(key).or_default().replacement = Some(replacement);
        }
    }

    /// The runs of versions in a set, each as `since..until` (half open), where
    /// an end that is the same as that of `whole` stays empty; nothing for all
    /// of `whole`.
    fn runs(minors: &Minors, whole: &Minors) -> Vec<String> {
        if minors == whole {
            return vec![String::new()];
        }
        let last = whole.last().copied().unwrap_or_default();
        let mut runs: Vec<(u8, u8)> = Vec::new();
        for &minor in minors {
            match runs.last_mut() {
                Some((_, until)) if *until == minor => *until += 1,
                _ => runs.push((minor, minor + 1)),
            }
        }
        let whole_start = whole.first().copied();
        let end = |until: u8| if until > last { String::new() } else { until.to_string() };
        runs.iter()
            .map(|&(since, until)| {
                let since =
                    if Some(since) == whole_start { String::new() } else { since.to_string() };
                format!("{since}..{}", end(until))
            })
            .collect()
    }
}

const HEADER: &str = "\
# The Kubernetes API, digested by seawall-schema-refresh; not to be edited by hand.
# kubernetes FIRST LAST: the minor versions of 1.x that are covered.
# kind APIVERSION KIND [RANGE] [TYPE] [deprecated=N] [removed=N] [use=APIVERSION/KIND]
# type NAME [RANGE], then its fields, each:  NAME[!] SHAPE [RANGE] [=VALUE[:RANGE]]...
# ! required; RANGE since..until, half open, an empty end being the type's own;
# =VALUE of its enumeration. SHAPE: string int32 int64 number bool bytes time microtime quantity
# int-or-string any, a type's NAME, []SHAPE, map:SHAPE (keys of any name).
";

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HEADER)?;
        let (Some(first), Some(last)) = (self.versions.first(), self.versions.last()) else {
            return Ok(());
        };
        writeln!(out, "kubernetes {first} {last}")?;
        self.write_kinds(out)?;
        for (name, described) in &self.types {
            self.write_type(out, name, described)?;
        }
        Ok(())
    }
}

impl Digest {
    fn write_kinds(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = Lifecycle::default();
        let gone = self.lifecycles.iter().filter(|(key, lifecycle)| {
            !self.kinds.contains_key(*key)
                && !key.1.ends_with("List")
                && lifecycle.removed.is_some_and(|removed| Some(&removed) <= self.versions.first())
        });
        let mut lines: Vec<String> = gone
            .map(|((api, kind), lifecycle)| format!("kind {api} {kind}{}", words(lifecycle)))
            .collect();
        for (key, types) in &self.kinds {
            let lifecycle = self.lifecycles.get(key).unwrap_or(&nothing);
            for (name, minors) in types {
                for run in Self::runs(minors, &self.versions) {
                    let (api, kind) = key;
                    lines.push(format!(
                        "kind {api} {kind}{} {name}{}",
                        spaced(&run),
                        words(lifecycle)
                    ));
                }
            }
        }
        lines.sort();
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    fn write_type(
        &self,
        out: &mut fmt::Formatter<'_>,
        name: &str,
        described: &Type,
    ) -> fmt::Result {
        let (since, until) = (described.minors.first(), described.minors.last());
        let span: Minors = (*since.unwrap_or(&0)..=*until.unwrap_or(&0)).collect();
        writeln!(out, "type {name}{}", spaced(&Self::runs(&span, &self.versions).concat()))?;
        for (field, definitions) in &described.fields {
            let mut lines = Vec::new();
            for (definition, minors) in definitions {
                for run in Self::runs(minors, &described.minors) {
                    let mark = if definition.required { "!" } else { "" };
                    let first = minors.first().copied().unwrap_or_default();
                    lines.push((
                        first,
                        format!(" {field}{mark} {}{}", definition.shape, spaced(&run)),
                    ));
                }
            }
            lines.sort();
            let all: Minors = definitions.values().flatten().copied().collect();
            let values = Self::values(described.enums.get(field), &all);
            for (_, line) in lines {
                writeln!(out, "{line}{values}")?;
            }
        }
        Ok(())
    }

    /// The enumeration of a field. The first list that is published (1.24)
    /// stands for the versions before it, whose enumerations are not: values
    /// come with new versions, they do not go.
    fn values(values: Option<&BTreeMap<String, Minors>>, field: &Minors) -> String {
        let Some(values) = values else { return String::new() };
        let known: Minors = values.values().flatten().copied().collect();
        let before: Minors = match known.first() {
            Some(first) => field.range(..*first).copied().collect(),
            None => Minors::new(),
        };
        let mut text = String::new();
        for (value, minors) in values {
            assert!(!value.contains([':', '=']), "a value that the digest cannot hold: {value}");
            let mut minors = minors.clone();
            if minors.first() == known.first() {
                minors.extend(&before);
            }
            for run in Self::runs(&minors, field) {
                let separator = if run.is_empty() { "" } else { ":" };
                text.push_str(&format!(" ={value}{separator}{run}"));
            }
        }
        text
    }
}

/// Orders versions as Kubernetes does: v2, v1, v1beta2, v1beta1, v1alpha1.
fn stability(api: &str) -> (u8, Vec<u32>) {
    let version = api.rsplit('/').next().unwrap_or(api);
    let level = match version {
        _ if version.contains("alpha") => 0,
        _ if version.contains("beta") => 1,
        _ => 2,
    };
    let numbers = version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    (level, numbers.collect())
}

fn spaced(run: &str) -> String {
    if run.is_empty() { String::new() } else { format!(" {run}") }
}

fn words(lifecycle: &Lifecycle) -> String {
    let mut text = String::new();
    if let Some(minor) = lifecycle.deprecated {
        text.push_str(&format!(" deprecated={minor}"));
    }
    if let Some(minor) = lifecycle.removed {
        text.push_str(&format!(" removed={minor}"));
    }
    if let Some(replacement) = &lifecycle.replacement {
        text.push_str(&format!(" use={replacement}"));
    }
    text
}
