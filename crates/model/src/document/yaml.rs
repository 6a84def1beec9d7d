//! YAML text to documents, by the events of `saphyr-parser`.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use saphyr_parser::{Event, Input, Marker, Parser, ScalarStyle, Tag};

use super::build::{Builder, Text, error};
use super::{Chunk, Kind, Limits, ReadError, Reading, scalar};
use crate::source::{Source, Span};

const CORE: &str = "tag:yaml.org,2002:";

pub(super) fn read(source: &Arc<Source>, chunk: Chunk, limits: &Limits) -> Reading {
    let text = &source.text()[chunk.span.start as usize..chunk.span.end as usize];
    let offsets = Offsets::new(text, chunk.span.start);
    let mut builder = Builder::new(source, limits, text.len());
    if let Some(at) = forbidden(text) {
        let cause = "a character that go-yaml forbids or takes for a line end";
        let error = Some(error(chunk.span.start + at as u32, cause));
        return Reading { documents: Vec::new(), error };
    }
    // kubectl puts a line end behind the last line (`LineReader`), which block scalars can see.
    let ended =
        if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) };
    let error = if ended.len() <= AHEAD {
        drive(Parser::new_from_str(&ended), &Meter::default(), &mut builder, source, &offsets)
    } else {
        let meter = Meter::default();
        let characters = ended.chars().take_while(|_| meter.allows());
        drive(Parser::new_from_iter(characters), &meter, &mut builder, source, &offsets)
    };
    Reading { documents: builder.into_documents(), error }
}

/// How many characters the parser may take in for one event. It keeps the tokens of brackets that
/// may yet turn out to be a key, some 180 bytes each, until they close; no ConfigMap holds more
/// than this.
const AHEAD: usize = 1 << 20;

/// Counts the characters that the parser takes in.
struct Meter {
    left: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Default for Meter {
    fn default() -> Self {
        Meter { left: Cell::new(AHEAD), exceeded: Cell::new(false) }
    }
}

impl Meter {
    fn allows(&self) -> bool {
        let left = self.left.get();
        self.exceeded.set(left == 0);
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

/// Takes the parser's events until they end, or an error ends them.
fn drive<'t>(
    mut parser: Parser<'t, impl Input>,
    meter: &Meter,
    builder: &mut Builder<'_>,
    source: &Source,
    offsets: &Offsets<'_>,
) -> Option<ReadError> {
    let mut at = offsets.base;
    loop {
        meter.left.set(AHEAD);
        let next = parser.next_event();
        if meter.exceeded.get() {
            return Some(error(at, format!("a value of more than {AHEAD} characters")));
        }
        match next? {
            Err(e) => return Some(error(offsets.byte(e.marker()), e.info().to_owned())),
            Ok((event, span)) => {
                at = offsets.byte(&span.end);
                if let Err(e) = take(builder, source, offsets, event, span) {
                    return Some(e);
                }
            }
        }
    }
}

/// Where the first character stands that go-yaml refuses (`yaml_parser_update_buffer`), or that
/// YAML 1.1 takes for a line end and this parser does not.
fn forbidden(text: &str) -> Option<usize> {
    let control =
        |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || *byte == 0x7f;
    let ascii = text.bytes().position(|byte| control(&byte));
    if text.is_ascii() {
        return ascii;
    }
    let other = text.char_indices().find(|(at, c)| {
        (*c == '\u{feff}' && *at > 0)
            || matches!(c, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
    });
    match (ascii, other) {
        (Some(a), Some((b, _))) => Some(a.min(b)),
        (a, b) => a.or(b.map(|(at, _)| at)),
    }
}

fn take(
    builder: &mut Builder<'_>,
    source: &Source,
    offsets: &Offsets<'_>,
    event: Event<'_>,
    span: saphyr_parser::Span,
) -> Result<(), ReadError> {
    let all = source.text();
    let start = offsets.byte(&span.start);
    match event {
        Event::Scalar(value, style, anchor, tag) => {
            let end = offsets.byte(&span.end).max(start);
            let content = content(all, start, anchor != 0 || tag.is_some())?;
            let plain = style == ScalarStyle::Plain;
            // Of nothing at all, its anchor or its tag is the place.
            let start = if plain && value.is_empty() { start } else { content };
            let (span, text) = place(all, Span { start, end }, &value, style);
            if plain && builder.in_flow() {
                refuse_flow_quirks(all, span)?;
            }
            let kind = kind_of(&value, plain, tag.as_deref(), start)?;
            if plain && value.is_empty() && tag.is_none() && anchor == 0 && builder.wants_value() {
                return builder.null_value();
            }
            if builder.wants_key() {
                let merge =
                    value == "<<" && tag.as_deref().map_or(plain, |tag| is_core(tag, "merge"));
                key(builder, span, &value, text, kind, merge, anchor)
            } else {
                refuse_infinite(&value, kind, start)?;
                builder.scalar(span, text, kind, plain, anchor)
            }
        }
        Event::MappingStart(anchor, tag) => {
            let content = content(all, start, anchor != 0 || tag.is_some())?;
            let flow = opens_flow(all, content, offsets.byte(&span.end), b'{');
            builder.open(Kind::Map, Span { start: content, end: content }, flow, anchor)
        }
        Event::SequenceStart(anchor, tag) => {
            let content = content(all, start, anchor != 0 || tag.is_some())?;
            let flow = opens_flow(all, content, offsets.byte(&span.end), b'[');
            builder.open(Kind::Seq, Span { start: content, end: content }, flow, anchor)
        }
        Event::MappingEnd | Event::SequenceEnd => {
            // Of brackets the parser's span includes what follows them on the line.
            let bracket = matches!(all.as_bytes().get(start as usize), Some(b'}' | b']'));
            builder.close(if bracket { start + 1 } else { offsets.byte(&span.end) })
        }
        Event::Alias(anchor) => {
            name_end(all, start as usize + 1)?;
            builder.alias(anchor, Span { start, end: offsets.byte(&span.end) })
        }
        Event::DocumentEnd => {
            builder.finish_document();
            Ok(())
        }
        Event::DocumentStart(_) | Event::StreamStart | Event::StreamEnd | Event::Nothing => Ok(()),
    }
}

/// Whether a collection whose own text starts at `content` is written in brackets. The parser's
/// span of its start then reaches past the bracket; of a block collection it holds no more than an
/// anchor and a tag, though it may stand at a bracket of the first item.
fn opens_flow(all: &str, content: u32, end: u32, bracket: u8) -> bool {
    content < end && all.as_bytes()[content as usize] == bracket
}

/// Where a value's own text starts behind its anchor and its tag.
fn content(all: &str, start: u32, has_properties: bool) -> Result<u32, ReadError> {
    if !has_properties {
        return Ok(start);
    }
    let bytes = all.as_bytes();
    let mut at = start as usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'&' => at = name_end(all, at + 1)?,
            b'!' => {
                let tag = bytes[at..].split(u8::is_ascii_whitespace).next().unwrap_or_default();
                // To YAML 1.1 brackets and commas belong to the tag, to YAML 1.2 they end it.
                if !tag.starts_with(b"!<") && tag.iter().any(|byte| b",[]{}".contains(byte)) {
                    return Err(error(at as u32, "a tag needs a space behind it"));
                }
                at += tag.len();
            }
            b'#' => at += bytes[at..].iter().take_while(|b| **b != b'\n').count(),
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            _ => break,
        }
    }
    Ok(at as u32)
}

/// Where the name of an anchor ends. YAML 1.2 allows more characters in it than YAML 1.1, for
/// which the name would end earlier and the rest be the value.
fn name_end(all: &str, start: usize) -> Result<usize, ReadError> {
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let bytes = &all.as_bytes()[start.min(all.len())..];
    let length = bytes.iter().take_while(|byte| name(byte)).count();
    match bytes.get(length) {
        None | Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}') => Ok(start + length),
        Some(_) => {
            Err(error(start as u32, "the name of an anchor takes letters, digits, - and _ only"))
        }
    }
}

/// The span of a scalar without what the parser adds behind it, and where its text stands.
fn place<'v>(all: &str, span: Span, value: &'v str, style: ScalarStyle) -> (Span, Text<'v>) {
    let Span { start, end } = span;
    let written = &all[start as usize..end as usize];
    let (span, inner) = match style {
        ScalarStyle::Plain => {
            let end = start + written.trim_end().len() as u32;
            (Span { start, end }, Span { start, end })
        }
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let end = start + quoted_length(written.as_bytes()) as u32;
            (Span { start, end }, Span { start: start + 1, end: end - 1 })
        }
        ScalarStyle::Literal | ScalarStyle::Folded => {
            // The parser's end is where the next thing starts.
            let end = start + written.trim_end().len() as u32;
            return (Span { start, end }, Text::Decoded(value));
        }
    };
    if all[inner.start as usize..inner.end as usize] == *value {
        (span, Text::Verbatim(inner))
    } else {
        (span, Text::Decoded(value))
    }
}

/// How long a quoted scalar is, its quotes included, at whose first quote a text starts.
fn quoted_length(text: &[u8]) -> usize {
    let quote = text[0];
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        let doubled = quote == b'\'' && text.get(at + 1) == Some(&quote);
        match byte {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && doubled => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Keys become strings as `convertToJSONableObject` of `sigs.k8s.io/yaml` makes them.
pub(super) fn key(
    builder: &mut Builder<'_>,
    span: Span,
    value: &str,
    text: Text<'_>,
    kind: Kind,
    merge: bool,
    anchor: usize,
) -> Result<(), ReadError> {
    if merge {
        builder.mark_merge();
    }
    if anchor != 0 && kind != Kind::Str {
        return Err(error(span.start, "an anchor on a key that is no string"));
    }
    let spelt = match kind {
        Kind::Null => return Err(error(span.start, "null as a key has no form in JSON")),
        Kind::Bool => scalar::boolean(value).map(|b| b.to_string()),
        Kind::Int => match scalar::integer(value).map(i64::try_from) {
            Some(Err(_)) => {
                return Err(error(span.start, "Kubernetes takes no key over 9223372036854775807"));
            }
            Some(Ok(integer)) => Some(integer.to_string()),
            None => None,
        },
        Kind::Float => scalar::float_key(value),
        Kind::Str | Kind::Seq | Kind::Map => None,
    };
    match spelt.filter(|spelt| spelt != value) {
        Some(spelt) => builder.scalar(span, Text::Decoded(&spelt), Kind::Str, merge, anchor),
        None => builder.scalar(span, text, Kind::Str, merge, anchor),
    }
}

/// go-yaml, which is a YAML 1.1 parser, reads `[a:, b]`, `[?a]`, `[!x :a]` and `[|]` otherwise than
/// the parser here or not at all. They are typing errors in practice, so they are not read.
fn refuse_flow_quirks(all: &str, span: Span) -> Result<(), ReadError> {
    let bytes = all.as_bytes();
    if matches!(bytes.get(span.start as usize), Some(b'?' | b'|' | b'>' | b':'))
        && span.start < span.end
    {
        let cause = "text in brackets that starts with ?, |, > or : needs quotes";
        return Err(error(span.start, cause));
    }
    let end = span.end as usize;
    let blanks = bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if bytes.get(end + blanks) == Some(&b':')
        && matches!(bytes.get(end + blanks + 1), Some(b',' | b'[' | b']' | b'{' | b'}'))
    {
        return Err(error(span.end, "a colon in brackets needs a space behind it"));
    }
    Ok(())
}

fn refuse_infinite(value: &str, kind: Kind, offset: u32) -> Result<(), ReadError> {
    if kind == Kind::Float && scalar::is_not_finite(value) {
        return Err(error(offset, format!("{value} has no form in JSON")));
    }
    Ok(())
}

/// The name of a tag of YAML's own, written short (`!!int`) or in full.
fn core_name(tag: &Tag) -> Option<&str> {
    if tag.handle == CORE {
        Some(&tag.suffix)
    } else if tag.handle.is_empty() {
        tag.suffix.strip_prefix(CORE)
    } else {
        None
    }
}

fn is_core(tag: &Tag, name: &str) -> bool {
    core_name(tag) == Some(name)
}

fn kind_of(value: &str, plain: bool, tag: Option<&Tag>, offset: u32) -> Result<Kind, ReadError> {
    let Some(tag) = tag else {
        return Ok(if plain { scalar::resolve(value) } else { Kind::Str });
    };
    let (suffix, expected) = match core_name(tag) {
        Some(suffix @ ("binary" | "timestamp")) => {
            return Err(error(offset, format!("the tag !!{suffix} is not supported")));
        }
        Some(suffix @ "bool") => (suffix, Kind::Bool),
        Some(suffix @ "int") => (suffix, Kind::Int),
        Some(suffix @ "float") => (suffix, Kind::Float),
        Some(suffix @ "null") => (suffix, Kind::Null),
        // go-yaml reads a scalar with a tag that it does not know as a string.
        _ => return Ok(Kind::Str),
    };
    match (suffix, scalar::resolve(value)) {
        (_, kind) if kind == expected => Ok(kind),
        ("float", Kind::Int) => Ok(Kind::Float),
        _ => Err(error(offset, format!("{value:?} is no !!{suffix}"))),
    }
}

/// Turns the parser's character counts into byte offsets of the source.
struct Offsets<'t> {
    text: &'t str,
    base: u32,
    /// Byte offset of every [`STRIDE`]th character; empty where characters are bytes.
    strides: Vec<u32>,
}

const STRIDE: usize = 64;

impl<'t> Offsets<'t> {
    fn new(text: &'t str, base: u32) -> Self {
        let strides = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STRIDE).map(|(i, _)| i as u32).collect()
        };
        Offsets { text, base, strides }
    }

    fn byte(&self, marker: &Marker) -> u32 {
        let index = marker.index();
        let local = if self.strides.is_empty() {
            index.min(self.text.len())
        } else {
            match self.strides.get(index / STRIDE) {
                None => self.text.len(),
                Some(&from) => self.text[from as usize..]
                    .char_indices()
                    .nth(index % STRIDE)
                    .map_or(self.text.len(), |(i, _)| from as usize + i),
            }
        };
        self.base + local as u32
    }
}
