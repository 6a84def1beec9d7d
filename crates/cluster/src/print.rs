//! Writes an object of a list as a text of its own, without what must not leave the server.
//!
//! Of a Secret stay its metadata, type and keys: each value becomes the empty string, and of the
//! annotations, where tools keep whole copies of what they applied, only those of known meaning
//! keep theirs. From every object go `managedFields`, which nobody asks for, and kubectl's
//! `last-applied-configuration`, which repeats the object.

use seawall_collect::bundle::REDACTED;
use seawall_model::document::{Kind, Node};

/// What is left out beyond the rules for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redaction {
    /// Nothing.
    None,
    /// The values of a Secret.
    Secret,
    /// The values of a ConfigMap.
    ConfigMap,
}

/// Annotations of Secrets that say what they are for; their values can't hold the Secret's.
const PLAIN_ANNOTATIONS: &[&str] = &[
    "cert-manager.io/",
    "checkov.io/",
    "helm.sh/",
    "ignore-check.kube-linter.io/",
    "kube-score/",
    "kubernetes.io/",
    "meta.helm.sh/",
    "seawall.dev/",
];

/// An item of a list as JSON, one value a line, so that places in it can be shown; `api_version`
/// and `kind` are those of the list, whose items have none.
pub(crate) fn object(
    item: Node<'_>,
    api_version: &str,
    kind: &str,
    redaction: Redaction,
) -> String {
    let span = item.span();
    let mut printer = Printer {
        // Blanks come to about a third more.
        out: String::with_capacity((span.end - span.start) as usize * 4 / 3),
        depth: 0,
        line: "\n",
    };
    printer.object(item, api_version, kind, redaction);
    printer.out.push('\n');
    printer.out
}

/// An event on one line.
pub(crate) fn event(item: Node<'_>) -> String {
    let mut printer = Printer { out: String::new(), depth: 0, line: "" };
    printer.object(item, "v1", "Event", Redaction::None);
    printer.out.push('\n');
    printer.out
}

struct Printer {
    out: String,
    depth: usize,
    /// What ends a line: nothing where all goes on one.
    line: &'static str,
}

impl Printer {
    fn object(&mut self, item: Node<'_>, api_version: &str, kind: &str, redaction: Redaction) {
        self.open('{');
        self.key("apiVersion", true);
        self.string(api_version);
        self.key("kind", false);
        self.string(kind);
        for (key, value) in item.entries() {
            match (key.text(), redaction) {
                ("apiVersion" | "kind", _) => {}
                ("metadata", _) => {
                    self.key("metadata", false);
                    self.metadata(value, redaction);
                }
                ("data" | "stringData", Redaction::Secret)
                | ("data" | "binaryData", Redaction::ConfigMap) => {
                    self.key(key.text(), false);
                    self.keys_only(value);
                }
                ("type" | "immutable", Redaction::Secret) => self.entry(key, value, false),
                // A Secret has no other fields; what a later server adds may hold anything.
                (_, Redaction::Secret) => {}
                _ => self.entry(key, value, false),
            }
        }
        self.close('}', false);
    }

    fn metadata(&mut self, metadata: Node<'_>, redaction: Redaction) {
        self.open('{');
        let mut first = true;
        for (key, value) in metadata.entries() {
            match key.text() {
                "managedFields" => continue,
                "annotations" => {
                    self.key("annotations", first);
                    self.annotations(value, redaction);
                }
                _ => self.entry(key, value, first),
            }
            first = false;
        }
        self.close('}', first);
    }

    fn annotations(&mut self, annotations: Node<'_>, redaction: Redaction) {
        self.open('{');
        let mut first = true;
        for (key, value) in annotations.entries() {
            if key.text() == "kubectl.kubernetes.io/last-applied-configuration" {
                continue;
            }
            if redaction != Redaction::Secret || is_plain_annotation(key.text()) {
                self.entry(key, value, first);
            } else {
                self.key(key.text(), first);
                self.string(REDACTED);
            }
            first = false;
        }
        self.close('}', first);
    }

    fn keys_only(&mut self, map: Node<'_>) {
        self.open('{');
        let mut first = true;
        for (key, _) in map.entries() {
            self.key(key.text(), first);
            self.string("");
            first = false;
        }
        self.close('}', first);
    }

    /// The reader bounds the depth, and so this recursion.
    fn value(&mut self, node: Node<'_>) {
        match node.kind() {
            Kind::Map => {
                self.open('{');
                let mut first = true;
                for (key, value) in node.entries() {
                    self.entry(key, value, first);
                    first = false;
                }
                self.close('}', first);
            }
            Kind::Seq => {
                self.open('[');
                let mut first = true;
                for item in node.items() {
                    self.next(first);
                    self.value(item);
                    first = false;
                }
                self.close(']', first);
            }
            Kind::Str => self.string(node.text()),
            Kind::Null => self.out.push_str("null"),
            Kind::Bool | Kind::Int | Kind::Float => self.out.push_str(node.text()),
        }
    }

    fn entry(&mut self, key: Node<'_>, value: Node<'_>, first: bool) {
        self.key(key.text(), first);
        self.value(value);
    }

    fn key(&mut self, key: &str, first: bool) {
        self.next(first);
        self.string(key);
        self.out.push_str(if self.line.is_empty() { ":" } else { ": " });
    }

    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
    }

    fn next(&mut self, first: bool) {
        if !first {
            self.out.push(',');
        }
        self.new_line();
    }

    fn close(&mut self, bracket: char, empty: bool) {
        self.depth -= 1;
        if !empty {
            self.new_line();
        }
        self.out.push(bracket);
    }

    fn new_line(&mut self) {
        if !self.line.is_empty() {
            self.out.push_str(self.line);
            self.out.extend(std::iter::repeat_n(' ', self.depth));
        }
    }

    fn string(&mut self, text: &str) {
        if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
            self.out.push('"');
            self.out.push_str(text);
            self.out.push('"');
        } else {
            self.out.push_str(&serde_json::Value::from(text).to_string());
        }
    }
}

/// `kubernetes.io/` and its like stand for every domain that ends so, but for kubectl's own.
fn is_plain_annotation(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    domain != "kubectl.kubernetes.io"
        && PLAIN_ANNOTATIONS.iter().any(|known| {
            let known = known.trim_end_matches('/');
            domain.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

#[cfg(test)]
mod tests;
