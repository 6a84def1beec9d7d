//! The reader against Kubernetes' own decoders.
//!
//! `goyaml/expected.jsonl` is what `k8s.io/apimachinery` and `sigs.k8s.io/yaml` make of some 1,500
//! snippets (`goyaml/main.go` writes it). Where the reader differs, it is by a line in [`KNOWN`]
//! with its reason: it reports as unreadable what Kubernetes reads, or it reads what Kubernetes
//! refuses or drops. It never reads another value for an object that Kubernetes reads.
//!
//! `SEAWALL_GOYAML=FILE cargo test -p seawall-model --test goyaml` compares with another file of
//! the same form, such as the mutations that the Go program makes, and complains of other values
//! and of duplicate keys alone.

#[path = "support/json.rs"]
mod json;

use std::fmt::Write as _;
use std::sync::Arc;

use json::{same, to_json};
use seawall_model::Source;
use seawall_model::document::{Document, Limits, chunks, read};
use serde_json::Value;

/// How the reader stands to Kubernetes on one snippet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Relation {
    /// The same documents, and errors where there are errors.
    Same,
    /// The reader reports an error and reads no value that Kubernetes does not read.
    Stricter,
    /// What Kubernetes reads the reader reads too, and more.
    Laxer,
    /// Another value, or a document lost without a word.
    Different,
}

/// Differences that are meant: the snippets whose name begins so, how the reader stands to
/// Kubernetes there, and why that is right or harmless.
const KNOWN: &[(&str, Relation, &str)] = {
    use Relation::{Different, Laxer, Stricter};
    &[
        // Documents. Kubernetes drops what stands before a broken separator and stops there; to go
        // on reading hides nothing.
        ("separator followed by a mapping", Different, "the neighbours are read all the same"),
        ("separator followed by a", Laxer, "`--- {a: b}` is YAML, though not to kubectl"),
        ("separator run together with a word", Stricter, "the document is refused as one"),
        ("separator of four dashes", Stricter, "the document is refused as one"),
        ("document end marker and more", Laxer, "kubectl drops what follows `...`; it is read"),
        ("document end marker first", Laxer, "an empty document before `...` does no harm"),
        ("YAML directive after a document end", Stricter, "an unread remainder is said to be so"),
        ("mapping at the root, indented, then", Stricter, "an unread remainder is said to be so"),
        ("quoted key in a block without", Stricter, "an unread remainder is said to be so"),
        ("scalar key []", Stricter, "an unread remainder is said to be so"),
        ("JSON, three and a separator", Laxer, "the neighbours are read all the same"),
        ("JSON, text after it", Stricter, "one error where kubectl reports two"),
        ("JSON, a brace after it", Stricter, "one error where kubectl reports two"),
        ("JSON, NUL after it", Stricter, "one error where kubectl reports two"),
        ("JSON lines with a comment line", Stricter, "comments are not JSON"),
        ("only an opening brace", Stricter, "one error where kubectl reports two"),
        // Characters.
        ("NEL ", Stricter, "a line end only to YAML 1.1"),
        ("PS ", Stricter, "a line end only to YAML 1.1"),
        ("LS in a block", Stricter, "a line end only to YAML 1.1"),
        ("BOM after the first separator", Different, "to Kubernetes a key that nothing knows"),
        ("BOM on the second line", Stricter, "invisible, and surely a mistake"),
        ("BOM inside a plain scalar", Stricter, "invisible, and surely a mistake"),
        ("JSON, half a surrogate", Stricter, "not Unicode; Go puts U+FFFD there"),
        ("scalar value \"\\/\"", Laxer, "JSON's escape, unknown to YAML 1.1 alone"),
        ("scalar in flow \"\\/\"", Laxer, "JSON's escape, unknown to YAML 1.1 alone"),
        ("scalar key \"\\/\"", Laxer, "JSON's escape, unknown to YAML 1.1 alone"),
        ("JSON, a huge number", Laxer, "read as text, as YAML does; no numeric field takes it"),
        // White space and comments, where YAML 1.2 is not 1.1.
        ("tab as indentation after spaces", Laxer, "no other reading is possible"),
        ("tab after a dash", Laxer, "no other reading is possible"),
        ("tab on an empty line", Laxer, "no other reading is possible"),
        ("tab before a comment line", Laxer, "no other reading is possible"),
        ("tab after a colon", Stricter, "the parser's bound"),
        ("tab as indentation in flow", Stricter, "the parser's bound"),
        ("tab leading a multi-line quoted", Stricter, "the parser's bound"),
        ("comment after a", Stricter, "YAML 1.2 wants a space before `#`"),
        ("double-quoted over lines, less", Stricter, "YAML 1.2 wants it indented"),
        ("double-quoted over lines, continued", Stricter, "YAML 1.2 wants it indented"),
        ("flow over lines, less indented", Stricter, "YAML 1.2 wants it indented"),
        // Keys, anchors and tags.
        ("key that is long in flow", Laxer, "the bound of 1,024 characters is a parser's detail"),
        ("flow with a colon on the next line", Laxer, "no other reading is possible"),
        ("flow key over lines", Laxer, "no other reading is possible"),
        ("key that is an alias without a space", Stricter, "YAML 1.2: `:` is part of the name"),
        ("key that is an alias to a", Stricter, "the spelling would have to change"),
        ("key that is anchored and", Stricter, "the spelling would have to change"),
        ("anchor with a colon", Stricter, "in YAML 1.1 the name ends at the colon"),
        ("tag before a bracket", Stricter, "to YAML 1.1 the bracket is part of the tag"),
        ("merge of an alias to a sequence", Laxer, "the reading of `<<: [*a, *b]`"),
        ("key that is binary", Stricter, "no field of Kubernetes wants the tag"),
        ("tag on a block scalar, binary", Stricter, "no field of Kubernetes wants the tag"),
        ("tag of binary that is", Stricter, "no field of Kubernetes wants the tag"),
        ("tag !!binary", Stricter, "no field of Kubernetes wants the tag"),
        ("tag !!timestamp", Stricter, "no field of Kubernetes wants the tag"),
        // Flow collections, where the same characters mean something else in YAML 1.1.
        ("plain scalar in flow with a colon", Stricter, "`[a:, b]` has another value in YAML 1.1"),
        ("flow mapping, tagged, a colon", Stricter, "`{a:}` has another value in YAML 1.1"),
        ("flow mapping, anchored, a colon", Stricter, "`{a:}` has another value in YAML 1.1"),
        ("scalar in flow a:", Stricter, "`[a:]` has another value in YAML 1.1"),
        ("scalar in flow ?a", Stricter, "`[?a]` has another value in YAML 1.1"),
        ("scalar in flow -", Stricter, "`[-]` is a mistake in YAML 1.2"),
        ("tag in flow", Stricter, "it ends elsewhere in YAML 1.1"),
        ("flow pair with a colon", Stricter, "`[? a :]` has another value in YAML 1.1"),
        ("flow mapping with a spaced", Stricter, "`{a :}` has another value in YAML 1.1"),
    ]
};

#[derive(Debug)]
enum Outcome {
    Value { value: Value, duplicates: bool },
    Unstable,
    Error,
}

impl Outcome {
    /// A document that is null or another scalar is no object.
    fn counts(&self) -> bool {
        match self {
            Outcome::Value { value, .. } => value.is_object() || value.is_array(),
            Outcome::Unstable | Outcome::Error => true,
        }
    }

    fn is_error(&self) -> bool {
        matches!(self, Outcome::Error)
    }

    fn agrees(&self, other: &Outcome) -> bool {
        match (self, other) {
            (Outcome::Value { value: a, .. }, Outcome::Value { value: b, .. }) => same(a, b),
            // Two keys that become one: which of them wins is chance.
            (Outcome::Value { .. }, Outcome::Unstable) => true,
            (Outcome::Error, Outcome::Error) => true,
            _ => false,
        }
    }
}

fn ours(text: &str) -> Vec<Outcome> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Arc::new(Source::new("case", text.to_owned()));
    let mut outcomes = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        outcomes.extend(reading.documents.iter().map(|document: &Document| Outcome::Value {
            value: to_json(document.root()),
            duplicates: !document.duplicates().is_empty(),
        }));
        outcomes.extend(reading.error.map(|_| Outcome::Error));
    }
    outcomes.retain(Outcome::counts);
    outcomes
}

fn theirs(case: &Value) -> Vec<Outcome> {
    let documents = case["documents"].as_array().expect("`documents` is a list");
    let mut outcomes: Vec<_> = documents
        .iter()
        .map(|document| {
            if document["unstable"] == true {
                Outcome::Unstable
            } else if document["error"].is_string() {
                Outcome::Error
            } else {
                Outcome::Value {
                    value: document["value"].clone(),
                    duplicates: document["strict"].is_string(),
                }
            }
        })
        .collect();
    outcomes.retain(Outcome::counts);
    outcomes
}

/// Whether the values of `some` stand in `all`, in the same order.
fn within(some: &[Outcome], all: &[Outcome]) -> bool {
    let mut all = all.iter().filter(|outcome| !outcome.is_error());
    some.iter().filter(|o| !o.is_error()).all(|a| all.any(|b| a.agrees(b) || b.agrees(a)))
}

fn relation(ours: &[Outcome], theirs: &[Outcome]) -> Relation {
    if ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| a.agrees(b)) {
        Relation::Same
    } else if ours.iter().any(Outcome::is_error) && within(ours, theirs) {
        Relation::Stricter
    } else if within(theirs, ours) {
        Relation::Laxer
    } else {
        Relation::Different
    }
}

/// A key that stands twice is said to. go-yaml's strict mode also complains where a merge key's entry is overridden, which is what
/// merge keys are for and no duplicate to the reader.
fn duplicates_agree(text: &str, ours: &[Outcome], theirs: &[Outcome]) -> bool {
    ours.iter().zip(theirs).all(|pair| match pair {
        (Outcome::Value { duplicates: a, .. }, Outcome::Value { duplicates: b, .. }) => {
            a == b || (!a && text.contains("<<"))
        }
        (Outcome::Value { duplicates, .. }, Outcome::Unstable) => {
            *duplicates || text.contains("<<")
        }
        _ => true,
    })
}

#[test]
fn reads_as_kubernetes_reads() {
    let other = std::env::var("SEAWALL_GOYAML").ok();
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goyaml/expected.jsonl");
    let path = other.as_deref().unwrap_or(committed);
    let expected = std::fs::read_to_string(path).expect("the expectations can be read");
    let mut report = String::new();
    let mut used = vec![false; KNOWN.len()];
    for line in expected.lines() {
        let case: Value = serde_json::from_str(line).expect("a line of JSON");
        let name = case["name"].as_str().expect("`name` is a string");
        // What is not UTF-8 is refused before it reaches the reader.
        let Some(text) = case["text"].as_str() else { continue };
        let (ours, theirs) = (ours(text), theirs(&case));
        let relation = relation(&ours, &theirs);
        let mut complain = |problem: &str| {
            writeln!(
                report,
                "{name}: {problem}\n  text   {text:?}\n  ours   {ours:?}\n  theirs {theirs:?}"
            )
            .expect("a string can be written to");
        };
        if relation == Relation::Same {
            if !duplicates_agree(text, &ours, &theirs) {
                complain("duplicate keys");
            }
            continue;
        }
        // What kubectl makes of a broken separator is in KNOWN.
        let quirk = line.contains("invalid Yaml document separator");
        let mut known = other.is_some() && (quirk || relation != Relation::Different);
        for ((prefix, allowed, _), used) in KNOWN.iter().zip(&mut used) {
            if name.starts_with(prefix) && *allowed == relation {
                (known, *used) = (true, true);
            }
        }
        if !known {
            complain(&format!("{relation:?}"));
        }
    }
    if other.is_none() {
        for ((prefix, relation, _), _) in KNOWN.iter().zip(used).filter(|(_, used)| !used) {
            writeln!(report, "no case {prefix:?} is {relation:?} any longer").expect("as above");
        }
    }
    assert!(report.is_empty(), "{} lines\n{report}", report.lines().count());
}
