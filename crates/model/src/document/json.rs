//! JSON text to documents, by the lexer of `hifijson`.
//!
//! JSON is nearly a subset of YAML, but not quite: surrogate pairs, long keys and tabs differ, and
//! what comes out of a cluster is JSON. Several values may follow each other, as kubectl reads
//! them.

use std::sync::Arc;

use hifijson::num::Lex as _;
use hifijson::str::LexAlloc as _;
use hifijson::token::Lex;
use hifijson::{Expect, SliceLexer};

use super::build::{Builder, Text, error};
use super::{Chunk, Kind, Limits, ReadError, Reading, scalar};
use crate::source::{Source, Span};

pub(super) fn read(source: &Arc<Source>, chunk: Chunk, limits: &Limits) -> Reading {
    let text = &source.text()[chunk.span.start as usize..chunk.span.end as usize];
    let mut reader = Reader {
        source,
        end: chunk.span.end,
        lexer: SliceLexer::new(text.as_bytes()),
        builder: Builder::new(source, limits, text.len()),
    };
    let mut failure = None;
    while let Some(next) = reader.lexer.ws_peek() {
        if let Err(e) = reader.value(next) {
            failure = Some(e);
            break;
        }
        reader.builder.finish_document();
    }
    Reading { documents: reader.builder.into_documents(), error: failure }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    end: u32,
    lexer: SliceLexer<'s>,
    builder: Builder<'s>,
}

impl Reader<'_> {
    fn offset(&self) -> u32 {
        self.end - self.lexer.as_slice().len() as u32
    }

    /// Depth is bounded by the builder, and so is this recursion.
    fn value(&mut self, next: u8) -> Result<(), ReadError> {
        let start = self.offset();
        match next {
            b'{' => {
                self.lexer.discarded();
                self.builder.open(Kind::Map, Span { start, end: start }, true, 0)?;
                let mut next = self.peek()?;
                while next != b'}' {
                    if next != b'"' {
                        return Err(self.expected(&Expect::String));
                    }
                    self.string()?;
                    self.lexer
                        .expect(Lex::ws_peek, b':')
                        .ok_or_else(|| self.expected(&Expect::Colon))?;
                    let first = self.peek()?;
                    self.value(first)?;
                    next = self.comma(b'}')?;
                }
                self.lexer.discarded();
                self.builder.close(self.offset())
            }
            b'[' => {
                self.lexer.discarded();
                self.builder.open(Kind::Seq, Span { start, end: start }, true, 0)?;
                let mut next = self.peek()?;
                while next != b']' {
                    self.value(next)?;
                    next = self.comma(b']')?;
                }
                self.lexer.discarded();
                self.builder.close(self.offset())
            }
            b'"' => self.string(),
            b'0'..=b'9' | b'-' => {
                let parts = self
                    .lexer
                    .num_ignore()
                    .validate()
                    .map_err(|e| error(self.offset(), e.to_string()))?;
                let text = &self.source.text()[start as usize..self.offset() as usize];
                if parts.is_int() && scalar::integer(text).is_some() {
                    self.plain(start, Kind::Int)
                } else if scalar::float(text).is_some() {
                    self.plain(start, Kind::Float)
                } else {
                    Err(error(start, format!("{text} is beyond a number of 64 bits")))
                }
            }
            _ => match self.lexer.null_or_bool() {
                Some(None) => self.plain(start, Kind::Null),
                Some(Some(_)) => self.plain(start, Kind::Bool),
                None => Err(self.expected(&Expect::Value)),
            },
        }
    }

    fn plain(&mut self, start: u32, kind: Kind) -> Result<(), ReadError> {
        let span = Span { start, end: self.offset() };
        self.builder.scalar(span, Text::Verbatim(span), kind, true, 0)
    }

    fn string(&mut self) -> Result<(), ReadError> {
        let start = self.offset();
        let value = self
            .lexer
            .discarded()
            .str_string()
            .map_err(|e| error(self.offset().min(self.end), e.to_string()))?;
        let span = Span { start, end: self.offset() };
        let inner = Span { start: start + 1, end: span.end - 1 };
        let all: &str = self.source.text();
        if let Some(at) = all.as_bytes()[inner.start as usize..inner.end as usize]
            .iter()
            .position(u8::is_ascii_control)
            .filter(|&at| all.as_bytes()[inner.start as usize + at] != 0x7f)
        {
            return Err(error(inner.start + at as u32, "a control character in a string"));
        }
        let text = if all[inner.start as usize..inner.end as usize] == *value {
            Text::Verbatim(inner)
        } else {
            Text::Decoded(&value)
        };
        self.builder.scalar(span, text, Kind::Str, false, 0)
    }

    /// After a value: the closing bracket, or the byte that starts what follows the comma.
    fn comma(&mut self, close: u8) -> Result<u8, ReadError> {
        match self.peek()? {
            next if next == close => Ok(next),
            b',' => {
                self.lexer.discarded();
                match self.peek()? {
                    next if next == close => Err(self.expected(&Expect::Value)),
                    next => Ok(next),
                }
            }
            _ => Err(self.expected(&Expect::CommaOrEnd)),
        }
    }

    fn peek(&mut self) -> Result<u8, ReadError> {
        self.lexer.ws_peek().ok_or_else(|| error(self.end, "the text ends inside a value"))
    }

    fn expected(&self, what: &Expect) -> ReadError {
        error(self.offset(), format!("{what} expected"))
    }
}
