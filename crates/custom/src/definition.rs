//! The section `custom-checks` of `seawall.yaml`.

use std::collections::HashSet;
use std::sync::Arc;

use globset::Glob;
use seawall_config::ConfigErrors;
use seawall_model::document::{Kind, Limits, Node, chunks, read};
use seawall_model::{Check, Location, Mapping, NoFix, Scope, Severity, Source, Span};

use crate::cases::{Case, inventory, kept, text_of};
use crate::expression::Expression;
use crate::rule::{CelRule, Subject};

/// Custom checks that one file may hold.
const MOST: usize = 500;

/// Bytes of stack for reading expressions; the system gives only those that are used.
const DEEP_STACK: usize = 256 << 20;

/// Why a check of the team's own matters, where it does not say so itself.
const RATIONALE: &str = "The team asks for it in `seawall.yaml`.";

/// Makes checks of the custom ones in the text of a `seawall.yaml`; `name` is for messages.
///
/// They live as long as the process does, like those that are built in: call it once for a file.
/// The rest of the file, and whether it is YAML at all, is the business of
/// [`Config::parse`](seawall_config::Config::parse).
///
/// # Errors
///
/// With all that is wrong: unknown keys, ids that are taken, expressions that can't be read.
pub fn checks_of(name: &str, text: &str) -> Result<Vec<&'static Check>, ConfigErrors> {
    let source = Arc::new(Source::new(name, text.to_owned()));
    let mut reader = Reader { checks: Vec::new(), errors: Vec::new(), ids: HashSet::new() };
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            if let Some(list) = document.root().get("custom-checks") {
                with_deep_stack(list, &mut reader);
            }
        }
    }
    if !reader.errors.is_empty() {
        return Err(ConfigErrors(reader.errors));
    }
    // A check is a `&'static Check` wherever it comes from. These are made once for a process and
    // needed until it ends, so they are given to it for good.
    Ok(reader.checks.into_iter().map(|check| &*Box::leak(Box::new(check))).collect())
}

/// Reads the checks on a thread whose stack holds the deepest expression that the bytes allowed
/// can spell: the parser of CEL goes down into it before it can be told that it is too deep.
fn with_deep_stack(list: Node<'_>, reader: &mut Reader) {
    let spawned = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
        let thread = thread.spawn_scoped(scope, || reader.list_of_checks(list))?;
        // A scope ends with the panics of its threads.
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, std::io::Error>(())
    });
    if let Err(error) = spawned {
        reader.error(list, format!("no thread to read the custom checks: {error}"));
    }
}

struct Reader {
    checks: Vec<Check>,
    errors: Vec<(Location, String)>,
    ids: HashSet<String>,
}

/// What a definition says.
#[derive(Default)]
struct Definition<'a> {
    id: Option<&'a str>,
    title: Option<&'a str>,
    severity: Option<Severity>,
    about: Option<Node<'a>>,
    expression: Option<Node<'a>>,
    message: Option<&'a str>,
    message_expression: Option<Node<'a>>,
    rationale: Option<&'a str>,
    remedy: Option<&'a str>,
    cases: Vec<Case<'a>>,
}

impl Reader {
    fn error(&mut self, node: Node<'_>, message: impl Into<String>) {
        self.error_at(node, node.anchor(), message);
    }

    fn error_at(&mut self, node: Node<'_>, span: Span, message: impl Into<String>) {
        let source = Arc::clone(node.document().source());
        self.errors.push((Location { source, span }, message.into()));
    }

    fn string<'a>(&mut self, node: Node<'a>) -> Option<&'a str> {
        match node.string() {
            Ok(text) if !text.value.trim().is_empty() => Some(text.value),
            Ok(_) => {
                self.error(node, "it is empty");
                None
            }
            Err(undecided) => {
                self.error(node, undecided.why);
                None
            }
        }
    }

    fn strings<'a>(&mut self, node: Node<'a>) -> Vec<(Node<'a>, &'a str)> {
        if let Err(undecided) = node.list() {
            self.error(node, undecided.why);
        }
        node.items().filter_map(|item| Some((item, self.string(item)?))).collect()
    }

    fn list_of_checks(&mut self, list: Node<'_>) {
        if let Err(undecided) = list.list() {
            self.error(list, undecided.why);
        }
        for (index, item) in list.items().enumerate() {
            if index >= MOST {
                return self.error(item, format!("there are more than {MOST} custom checks"));
            }
            self.check(item);
        }
    }

    fn check(&mut self, node: Node<'_>) {
        if let Err(undecided) = node.map() {
            return self.error(node, undecided.why);
        }
        let before = self.errors.len();
        let of = self.definition(node);
        let (subject, kinds, namespaces) = match of.about {
            Some(about) => self.about(about),
            None => (Subject::Object, Vec::new(), Vec::new()),
        };
        let expression = of.expression.and_then(|node| self.expression(node, subject));
        let message_expression =
            of.message_expression.and_then(|node| self.expression(node, subject));
        for (key, there) in [
            ("id", of.id.is_some()),
            ("severity", of.severity.is_some()),
            ("expression", of.expression.is_some()),
        ] {
            if !there && node.get(key).is_none() {
                self.error(node, format!("the check has no {key}"));
            }
        }
        let (Some(id), Some(severity), Some(expression), Some(text)) =
            (of.id, of.severity, expression, of.expression.map(Node::text))
        else {
            return;
        };
        if self.errors.len() > before {
            return;
        }
        let keep = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let text = text.trim();
        let title = of.title.map_or_else(|| format!("{id} does not hold"), str::to_owned);
        let remedy = of.remedy.map_or_else(
            || format!("Make this true:\n\n```cel\n{text}\n```"),
            |remedy| remedy.trim_end().to_owned(),
        );
        let rule = CelRule {
            subject,
            kinds,
            namespaces,
            expression,
            message: of.message.map_or_else(|| format!("not true: {text}"), str::to_owned),
            message_expression,
        };
        // All of it is read: what is given to the process for good is the check's.
        self.checks.push(Check {
            id: keep(id.to_owned()),
            title: keep(title),
            severity,
            rationale: of.rationale.map_or(RATIONALE, |text| keep(text.trim_end().to_owned())),
            remedy: keep(remedy),
            mapping: Mapping::NONE,
            covers: &[],
            links: &[],
            scope: Scope::Rule(Box::leak(Box::new(rule))),
            fix: Err(NoFix::Custom),
            cases: if of.cases.is_empty() { "" } else { keep(kept(&of.cases)) },
        });
    }

    fn definition<'a>(&mut self, node: Node<'a>) -> Definition<'a> {
        let mut of = Definition::default();
        for (key, value) in node.entries() {
            match key.text() {
                "id" => of.id = self.id(value),
                "title" => of.title = self.string(value),
                "severity" => match value.text().parse() {
                    Ok(severity) => of.severity = Some(severity),
                    Err(error) => self.error(value, format!("{error}")),
                },
                "match" => of.about = Some(value),
                "expression" => of.expression = self.string(value).map(|_| value),
                "message" => of.message = self.string(value),
                "message-expression" => {
                    of.message_expression = self.string(value).map(|_| value);
                }
                "rationale" => of.rationale = self.string(value),
                "remedy" => of.remedy = self.string(value),
                "cases" => of.cases = self.cases(value),
                other => self.error(
                    key,
                    format!(
                        "unknown key {other:?}; a custom check has id, title, severity, match, \
                         expression, message, message-expression, rationale, remedy, cases"
                    ),
                ),
            }
        }
        of
    }

    fn cases<'a>(&mut self, list: Node<'a>) -> Vec<Case<'a>> {
        if let Err(undecided) = list.list() {
            self.error(list, undecided.why);
        }
        list.items().filter_map(|item| self.case(item)).collect()
    }

    fn case<'a>(&mut self, node: Node<'a>) -> Option<Case<'a>> {
        if let Err(undecided) = node.map() {
            self.error(node, undecided.why);
            return None;
        }
        let (mut name, mut says, mut objects) = (None, None, Vec::new());
        for (key, value) in node.entries() {
            match key.text() {
                "name" => name = self.string(value),
                "says" => says = self.string(value),
                "fails" => objects.push((true, value)),
                "passes" => objects.push((false, value)),
                other => {
                    self.error(
                        key,
                        format!(
                            "unknown key {other:?}; a case has name, fails or passes, \
                     says"
                        ),
                    );
                }
            }
        }
        let [(fails, object)] = objects[..] else {
            self.error(node, "a case has either fails or passes, with an object");
            return None;
        };
        if says.is_some() && !fails {
            self.error(node, "a case that passes says nothing");
        }
        if !matches!(object.kind(), Kind::Map | Kind::Str) {
            self.error(object, "a case is about an object, or the text of several");
            return None;
        }
        if let Err(why) = inventory(&text_of(object)) {
            self.error(object, why);
        }
        Some(Case { name, fails, says, object })
    }

    fn id<'a>(&mut self, node: Node<'a>) -> Option<&'a str> {
        let id = self.string(node)?;
        let words = |id: &str| id.split('-').all(|word| !word.is_empty());
        let letters = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if id.len() > 63 || !letters || !words(id) {
            self.error(
                node,
                "an id is words of a-z and 0-9 with a hyphen between, such as team-label",
            );
        } else if seawall_checks::find(id).is_some() {
            self.error(node, format!("there is a check {id} already; choose another id"));
        } else if !self.ids.insert(id.to_owned()) {
            self.error(node, format!("there are two custom checks {id}"));
        } else {
            return Some(id);
        }
        None
    }

    fn about(&mut self, node: Node<'_>) -> (Subject, Vec<String>, Vec<globset::GlobMatcher>) {
        let (mut subject, mut kinds, mut namespaces) = (Subject::Object, Vec::new(), Vec::new());
        if let Err(undecided) = node.map() {
            self.error(node, undecided.why);
        }
        for (key, value) in node.entries() {
            match key.text() {
                "scope" => match value.text() {
                    "object" => subject = Subject::Object,
                    "pod" => subject = Subject::Pod,
                    "container" => subject = Subject::Container,
                    other => self.error(
                        value,
                        format!("{other:?} is no scope; there are object, pod, container"),
                    ),
                },
                "kinds" => {
                    let found = self.strings(value);
                    kinds = found.into_iter().map(|(_, kind)| kind.to_owned()).collect();
                }
                "namespaces" => {
                    for (node, text) in self.strings(value) {
                        match Glob::new(text) {
                            Ok(glob) => namespaces.push(glob.compile_matcher()),
                            Err(error) => self.error(node, error.to_string()),
                        }
                    }
                }
                other => self.error(
                    key,
                    format!("unknown key {other:?}; a match has kinds, namespaces, scope"),
                ),
            }
        }
        (subject, kinds, namespaces)
    }

    fn expression(&mut self, node: Node<'_>, subject: Subject) -> Option<Expression> {
        match Expression::read(node.text(), subject.variables()) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                let span = place(node, problem.offset);
                self.error_at(node, span, problem.message);
                None
            }
        }
    }
}

/// Where a byte of a scalar's text stands in the file: in the first of the scalar's lines that
/// holds the byte's line as it is; at the scalar's start where escapes or folding leave none.
fn place(node: Node<'_>, byte: usize) -> Span {
    let text = node.text();
    let byte = text.floor_char_boundary(byte);
    let before = text[..byte].rfind('\n').map_or(0, |end| end + 1);
    let line = text[before..].lines().next().unwrap_or_default();
    let span = node.span();
    let source = node.document().source().text();
    let written = source.get(span.start as usize..span.end as usize).unwrap_or_default();
    match written.find(line).filter(|_| !line.is_empty()) {
        Some(at) => {
            let start = span.start + (at + byte - before) as u32;
            Span { start, end: start }
        }
        None => node.anchor(),
    }
}
