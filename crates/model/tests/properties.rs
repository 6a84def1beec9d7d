//! What holds of the reader for every text, tried on many.

#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/json.rs"]
mod json;

use std::sync::Arc;

use json::to_json;
use proptest::prelude::*;
use seawall_model::Source;
use seawall_model::document::{Limits, chunks, read};
use serde_json::{Map, Value, json};

/// Pieces of YAML, so that random text is more than a syntax error.
const PIECES: &[&str] = &[
    "a",
    "b",
    "key",
    "1",
    "0644",
    "yes",
    "~",
    "null",
    ": ",
    ":",
    "- ",
    "-",
    "\n",
    "\n  ",
    "\n- ",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\r\n",
    "# c",
    "\"",
    "'",
    "\\",
    "\\n",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&x ",
    "*x",
    "<<: ",
    "!!str ",
    "!t ",
    "|\n",
    ">-\n",
    "|+2\n",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "é",
    "😀",
    "\u{feff}",
    "\u{2028}",
    "\0",
    "{{ x }}",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// Tight limits, so that texts of this size reach them.
fn tight() -> Limits {
    Limits {
        document_bytes: 200,
        depth: 6,
        alias_nodes_per_byte: 1,
        alias_nodes: 50,
        ..Limits::default()
    }
}

/// A value as manifests hold it.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000i32..1000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        "[ -~é😀]{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["yes", "0644", "~", "1e3", "", "- a", "a: b", "#", "<<"])
            .prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z./]{1,8}|[ -~é]{0,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-z]{1,6}", value(), 1..6)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// How a value is written down; none of it changes what is meant.
#[derive(Clone, Debug)]
struct Style {
    /// Spaces a level.
    indent: usize,
    /// Whether lists under a key are indented.
    indent_lists: bool,
    /// Whether collections this deep and deeper stand in brackets.
    flow_from: usize,
    /// Whether keys run backwards.
    reversed: bool,
    /// Whether comments and empty lines stand between the lines.
    comments: bool,
    /// Whether strings stand in single quotes where they can.
    single_quotes: bool,
    crlf: bool,
    separator: bool,
}

fn style() -> impl Strategy<Value = Style> {
    (1..5usize, any::<bool>(), 0..6usize, any::<[bool; 5]>()).prop_map(
        |(
            indent,
            indent_lists,
            flow_from,
            [reversed, comments, single_quotes, crlf, separator],
        )| {
            Style {
                indent,
                indent_lists,
                flow_from,
                reversed,
                comments,
                single_quotes,
                crlf,
                separator,
            }
        },
    )
}

impl Style {
    fn write(&self, value: &Value) -> String {
        let mut out = String::new();
        if self.separator {
            out.push_str("---\n");
        }
        self.block(&mut out, value, 0, 0);
        if self.crlf { out.replace('\n', "\r\n") } else { out }
    }

    fn end_line(&self, out: &mut String) {
        out.push_str(if self.comments { " # c: \"d\n\n# e\n" } else { "\n" });
    }

    fn entries<'v>(&self, map: &'v Map<String, Value>) -> Vec<(&'v String, &'v Value)> {
        let mut entries: Vec<_> = map.iter().collect();
        if self.reversed {
            entries.reverse();
        }
        entries
    }

    fn is_block(&self, value: &Value, level: usize) -> bool {
        match value {
            Value::Array(items) => !items.is_empty() && level < self.flow_from,
            Value::Object(map) => !map.is_empty() && level < self.flow_from,
            _ => false,
        }
    }

    /// Writes a value that starts a line of its own.
    fn block(&self, out: &mut String, value: &Value, column: usize, level: usize) {
        match value {
            Value::Array(items) if self.is_block(value, level) => {
                for item in items {
                    out.push_str(&format!("{:column$}-", ""));
                    self.after(out, item, column + self.indent, level + 1);
                }
            }
            Value::Object(map) if self.is_block(value, level) => {
                for (key, value) in self.entries(map) {
                    out.push_str(&format!("{:column$}{}:", "", self.string(key)));
                    let list = value.is_array() && !self.indent_lists;
                    let column = if list { column } else { column + self.indent };
                    self.after(out, value, column, level + 1);
                }
            }
            _ => {
                out.push_str(&format!("{:column$}{}", "", self.flow(value)));
                self.end_line(out);
            }
        }
    }

    /// Writes a value behind a key or a dash.
    fn after(&self, out: &mut String, value: &Value, column: usize, level: usize) {
        if self.is_block(value, level) {
            self.end_line(out);
            self.block(out, value, column, level);
        } else {
            out.push(' ');
            out.push_str(&self.flow(value));
            self.end_line(out);
        }
    }

    fn flow(&self, value: &Value) -> String {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(map) => {
                let entries: Vec<_> = self
                    .entries(map)
                    .into_iter()
                    .map(|(key, value)| format!("{}: {}", self.string(key), self.flow(value)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            plain => plain.to_string(),
        }
    }

    fn string(&self, text: &str) -> String {
        if self.single_quotes {
            format!("'{}'", text.replace('\'', "''"))
        } else {
            json!(text).to_string()
        }
    }
}

fn read_all(text: &str) -> Result<Vec<Value>, String> {
    let source = Arc::new(Source::new("text", text.to_owned()));
    let mut values = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(error.to_string());
        }
        values.extend(reading.documents.iter().map(|document| to_json(document.root())));
    }
    Ok(values)
}

proptest! {
    #[test]
    fn any_text_keeps_the_laws(text in any::<String>()) {
        invariants::check(&text, &Limits::default());
    }

    #[test]
    fn pieces_of_yaml_keep_the_laws(text in pieces()) {
        invariants::check(&text, &Limits::default());
        invariants::check(&text, &tight());
    }

    #[test]
    fn the_way_it_is_written_does_not_change_what_is_read(value in object(), style in style()) {
        let text = style.write(&value);
        invariants::check(&text, &Limits::default());
        prop_assert_eq!(read_all(&text), Ok(vec![value]), "{}", text);
    }

    #[test]
    fn a_broken_document_leaves_its_neighbours_alone(
        before in object(),
        broken in pieces().prop_filter("separators end a document", |text| !text.contains("---")),
        after in object(),
        style in style(),
    ) {
        let style = Style { separator: false, ..style };
        let text = format!("{}---\n{broken}\n---\n{}", style.write(&before), style.write(&after));
        let source = Arc::new(Source::new("text", text));
        let chunks = chunks(&source);
        let value = |chunk| {
            let reading = read(&source, chunk, &Limits::default());
            reading.documents.first().map(|document| to_json(document.root()))
        };
        prop_assert_eq!(value(chunks[0]), Some(before));
        prop_assert_eq!(value(chunks[chunks.len() - 1]), Some(after));
    }
}
