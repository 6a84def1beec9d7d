//! From the text of a profile to a [`Profile`], with an error that names line and cause.
//!
//! Runtimes decode with Go's `encoding/json`: keys match in any case, null is absent, unknown
//! fields are passed over, and a wrong type fails the container. So does this; what is passed over
//! is noted for the linter.

use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Kind, Limits, Node, chunks, read};
use serde::de::IgnoredAny;

use super::arch::Arch;
use super::profile::{
    Action, Architecture, Condition, Conditions, Note, NoteKind, Operator, Profile, Rule,
};
use crate::Place;

/// Largest profile that is read, in bytes. RuntimeDefault has 20 KB.
const MOST_BYTES: usize = 8 << 20;

/// Why a text is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {cause}", place.line, place.column)]
pub struct ParseError {
    /// The profile's name.
    pub file: String,
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub cause: String,
}

type Parsed<T> = Result<T, ParseError>;

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// Where the text is no JSON, or a value is not what the runtimes' decoders take.
    pub fn parse(name: &str, text: &str) -> Result<Profile, ParseError> {
        let fail = |line: usize, column: usize, cause: String| ParseError {
            file: name.to_owned(),
            place: Place { line: line as u32, column: column.max(1) as u32 },
            cause,
        };
        if text.len() > MOST_BYTES {
            let cause = format!(
                "{} bytes are no seccomp profile; at most {MOST_BYTES} are read",
                text.len()
            );
            return Err(fail(1, 1, cause));
        }
        // The reader below takes YAML too, which no runtime does.
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            return Err(fail(error.line(), error.column(), format!("no JSON: {error}")));
        }
        let source = Arc::new(Source::new(name, text.to_owned()));
        let Some(chunk) = chunks(&source).first().copied() else {
            return Err(fail(1, 1, "it holds nothing".to_owned()));
        };
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            let at = source.position(error.offset);
            return Err(fail(at.line as usize, at.column as usize, error.cause));
        }
        let Some(document) = reading.documents.first() else {
            return Err(fail(1, 1, "it holds nothing".to_owned()));
        };
        let mut parser = Parser { file: name, notes: Vec::new() };
        for duplicate in document.duplicates() {
            let at = source.position(duplicate.dropped.start);
            let text = &text[duplicate.dropped.start as usize..duplicate.dropped.end as usize];
            parser.notes.push(Note {
                kind: NoteKind::DuplicateKey,
                text: text.trim_matches('"').to_owned(),
                place: Place { line: at.line, column: at.column },
            });
        }
        parser.profile(document.root())
    }
}

struct Parser<'t> {
    file: &'t str,
    notes: Vec<Note>,
}

fn place(node: Node<'_>) -> Place {
    let at = node.document().source().position(node.span().start);
    Place { line: at.line, column: at.column }
}

impl Parser<'_> {
    fn error<T>(&self, node: Node<'_>, cause: impl Into<String>) -> Parsed<T> {
        Err(ParseError { file: self.file.to_owned(), place: place(node), cause: cause.into() })
    }

    fn note(&mut self, kind: NoteKind, key: Node<'_>) {
        self.notes.push(Note { kind, text: key.text().to_owned(), place: place(key) });
    }

    fn profile(mut self, root: Node<'_>) -> Parsed<Profile> {
        let mut profile = Profile { name: self.file.to_owned(), ..Profile::default() };
        let mut named_errno = None;
        for (key, value) in self.fields(root, "a profile")? {
            match key.text().to_ascii_lowercase().as_str() {
                // An empty one is none at all.
                "defaultaction" if self.string(value)?.is_empty() => {}
                "defaultaction" => profile.default_action = Some(self.action(value)?),
                "defaulterrnoret" => profile.default_errno = Some(self.number(value)?),
                "defaulterrno" => {
                    self.note(NoteKind::CriO, key);
                    named_errno = self.errno(value)?;
                }
                "architectures" => profile.architectures = self.architectures(value)?,
                "archmap" => profile.arch_map = self.each(value, Self::arch_map)?,
                "syscalls" => profile.rules = self.each(value, Self::rule)?,
                "flags" => profile.flags = self.strings(value)?,
                "listenerpath" => profile.listener_path = Some(self.string(value)?.to_owned()),
                "listenermetadata" => {
                    profile.listener_metadata = Some(self.string(value)?.to_owned());
                }
                // Comments that are common in published profiles.
                "comment" | "description" => {}
                _ => self.note(NoteKind::UnknownField, key),
            }
        }
        profile.default_errno = named_errno.or(profile.default_errno);
        profile.notes = self.notes;
        profile.notes.sort_by_key(|note| note.place);
        Ok(profile)
    }

    fn rule(&mut self, node: Node<'_>) -> Parsed<Rule> {
        let mut rule = Rule { place: place(node), ..Rule::default() };
        let mut action = None;
        let mut named_errno = None;
        for (key, value) in self.fields(node, "a rule")? {
            match key.text().to_ascii_lowercase().as_str() {
                "names" => rule.names = self.strings(value)?,
                "name" => {
                    let name = self.string(value)?;
                    if !name.is_empty() {
                        rule.name = Some((name.to_owned(), place(value)));
                    }
                }
                "action" => action = Some(self.action(value)?),
                "errnoret" => rule.errno = Some(self.number(value)?),
                "errno" => {
                    self.note(NoteKind::CriO, key);
                    named_errno = self.errno(value)?;
                }
                "args" => rule.args = self.each(value, Self::condition)?,
                "includes" => rule.includes = self.conditions(value)?,
                "excludes" => rule.excludes = self.conditions(value)?,
                "comment" => rule.comment = Some(self.string(value)?.to_owned()),
                _ => self.note(NoteKind::UnknownField, key),
            }
        }
        let Some(action) = action else {
            return self.error(node, "the rule has no action; the runtime refuses the profile");
        };
        if rule.calls().any(|(name, _)| name.is_empty()) {
            return self
                .error(node, "the rule names an empty call; the runtime refuses the profile");
        }
        rule.action = action;
        rule.errno = named_errno.or(rule.errno);
        Ok(rule)
    }

    fn condition(&mut self, node: Node<'_>) -> Parsed<Condition> {
        let mut condition =
            Condition { index: 0, value: 0, value_two: 0, op: Operator::Eq, place: place(node) };
        let mut op = None;
        for (key, value) in self.fields(node, "a condition")? {
            match key.text().to_ascii_lowercase().as_str() {
                "index" => condition.index = self.number(value)?,
                "value" => condition.value = self.unsigned(value)?,
                "valuetwo" => condition.value_two = self.unsigned(value)?,
                "op" => {
                    let name = self.string(value)?;
                    op = Operator::from_scmp(name);
                    if op.is_none() {
                        return self.error(
                            value,
                            format!("{name:?} is no operator; they are SCMP_CMP_NE, _LT, _LE, _EQ, _GE, _GT and _MASKED_EQ"),
                        );
                    }
                }
                _ => self.note(NoteKind::UnknownField, key),
            }
        }
        let Some(op) = op else {
            return self.error(node, "the condition has no op; the runtime refuses the profile");
        };
        if condition.index > 5 {
            let cause = format!("a call has the arguments 0 to 5, not {}", condition.index);
            return self.error(node, cause);
        }
        condition.op = op;
        Ok(condition)
    }

    fn conditions(&mut self, node: Node<'_>) -> Parsed<Conditions> {
        let mut conditions = Conditions::default();
        let text = |list: Vec<(String, Place)>| list.into_iter().map(|(text, _)| text).collect();
        for (key, value) in self.fields(node, "includes or excludes")? {
            match key.text().to_ascii_lowercase().as_str() {
                "caps" => conditions.caps = text(self.strings(value)?),
                "arches" => conditions.arches = text(self.strings(value)?),
                "minkernel" => conditions.min_kernel = self.kernel(value)?,
                _ => self.note(NoteKind::UnknownField, key),
            }
        }
        Ok(conditions)
    }

    /// `"4.8"`, as Docker reads it (`KernelVersion.UnmarshalJSON` in `moby/profiles/seccomp`).
    fn kernel(&self, node: Node<'_>) -> Parsed<Option<(u32, u32)>> {
        let text = self.string(node)?;
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = text.split_once('.').and_then(|(version, major)| {
            Some((u32::from(version.parse::<u8>().ok()?), u32::from(major.parse::<u8>().ok()?)))
        });
        match parsed {
            Some((0, 0)) | None => {
                self.error(node, format!("{text:?} is no kernel version such as \"4.8\""))
            }
            some => Ok(some),
        }
    }

    fn arch_map(&mut self, node: Node<'_>) -> Parsed<Architecture> {
        let mut arch = None;
        let mut sub = Vec::new();
        for (key, value) in self.fields(node, "an entry of archMap")? {
            match key.text().to_ascii_lowercase().as_str() {
                "architecture" => arch = Some(self.arch(value)?),
                "subarchitectures" => {
                    sub = self.architectures(value)?.into_iter().map(|(arch, _)| arch).collect();
                }
                _ => self.note(NoteKind::UnknownField, key),
            }
        }
        match arch {
            Some(arch) => Ok(Architecture { arch, sub, place: place(node) }),
            None => self.error(node, "the entry of archMap has no architecture"),
        }
    }

    fn architectures(&mut self, node: Node<'_>) -> Parsed<Vec<(Arch, Place)>> {
        self.each(node, |parser, item| Ok((parser.arch(item)?, place(item))))
    }

    fn arch(&self, node: Node<'_>) -> Parsed<Arch> {
        let name = self.string(node)?;
        match Arch::from_scmp(name) {
            Some(arch) => Ok(arch),
            None => {
                self.error(node, format!("{name:?} is no architecture such as SCMP_ARCH_X86_64"))
            }
        }
    }

    fn action(&self, node: Node<'_>) -> Parsed<Action> {
        let name = self.string(node)?;
        match Action::from_scmp(name) {
            Some(action) => Ok(action),
            None => self.error(
                node,
                format!("{name:?} is no action; they are SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRACE, _TRAP, _KILL, _KILL_THREAD, _KILL_PROCESS and _NOTIFY"),
            ),
        }
    }

    /// CRI-O's errno: a name or the digits of a number.
    fn errno(&self, node: Node<'_>) -> Parsed<Option<u32>> {
        let text = self.string(node)?;
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse().ok().or_else(|| super::errno::number(text)) {
            Some(number) => Ok(Some(number)),
            None => self.error(node, format!("{text:?} is no errno such as \"EPERM\"")),
        }
    }

    fn fields<'a>(&self, node: Node<'a>, what: &str) -> Parsed<Vec<(Node<'a>, Node<'a>)>> {
        match node.kind() {
            Kind::Map => Ok(node.entries().filter(|(_, value)| !value.is_null()).collect()),
            kind => self.error(node, format!("{} where {what} belongs", kind.noun())),
        }
    }

    fn each<T>(
        &mut self,
        node: Node<'_>,
        mut read: impl FnMut(&mut Self, Node<'_>) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        match node.kind() {
            Kind::Seq => node.items().map(|item| read(self, item)).collect(),
            kind => self.error(node, format!("{} where a list belongs", kind.noun())),
        }
    }

    fn strings(&mut self, node: Node<'_>) -> Parsed<Vec<(String, Place)>> {
        self.each(node, |parser, item| Ok((parser.string(item)?.to_owned(), place(item))))
    }

    fn string<'a>(&self, node: Node<'a>) -> Parsed<&'a str> {
        match node.as_str() {
            Some(text) => Ok(text),
            None => self.error(node, format!("{} where a string belongs", node.kind().noun())),
        }
    }

    fn unsigned(&self, node: Node<'_>) -> Parsed<u64> {
        match node.text().parse().ok().filter(|_| node.kind() != Kind::Str) {
            Some(number) => Ok(number),
            None => self.error(node, "a number from 0 to 18446744073709551615 belongs here"),
        }
    }

    fn number(&self, node: Node<'_>) -> Parsed<u32> {
        match u32::try_from(self.unsigned(node)?) {
            Ok(number) => Ok(number),
            Err(_) => self.error(node, "the number is too large"),
        }
    }
}
