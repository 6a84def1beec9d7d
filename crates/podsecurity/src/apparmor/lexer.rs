//! Words of the policy language.
//!
//! A comma ends a rule only where a blank, a comment or the end follows, so that `{a,b}` is one
//! word; in parentheses it is part of the word, and blanks are, too. A brace that stands alone
//! opens or closes a block.

use crate::Place;

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Comma,
    Open,
    Close,
    /// The end of a line, which ends includes and variables.
    Newline,
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    line_start: usize,
}

/// A word that does not end.
pub(super) struct Unclosed {
    pub(super) place: Place,
    pub(super) what: &'static str,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Lexer { text, at: 0, line: 1, line_start: 0 }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Where the next piece is looked for.
    pub(super) fn place(&self) -> Place {
        let column = self.text[self.line_start..self.at].chars().count() as u32 + 1;
        Place { line: self.line, column }
    }

    fn step(&mut self, c: char) {
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
    }

    /// Whether a blank, a comment or the end stands here.
    fn ends_at(text: &str) -> bool {
        text.chars().next().is_none_or(|c| c.is_whitespace() || c == '#')
    }

    /// The next piece and where it starts; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Token, Place)>, Unclosed> {
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return Ok(None) };
            let place = self.place();
            match c {
                '\n' => {
                    self.step(c);
                    return Ok(Some((Token::Newline, place)));
                }
                _ if c.is_whitespace() => self.step(c),
                '#' => {
                    // `#include` is a word; any other # starts a comment.
                    let word = rest.strip_prefix("#include");
                    if word.is_some_and(|behind| behind.starts_with([' ', '\t', '<', '"'])) {
                        self.at += 1;
                        continue;
                    }
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                // At the end of a line that goes on.
                '\\' if rest[1..].starts_with(['\n', '\r']) => {
                    self.at += 1;
                    while let Some(c) = self.rest().chars().next().filter(|c| c.is_whitespace()) {
                        self.step(c);
                        if c == '\n' {
                            break;
                        }
                    }
                }
                ',' => {
                    self.step(c);
                    return Ok(Some((Token::Comma, place)));
                }
                '{' if Self::ends_at(&rest[1..]) || rest.starts_with("{}") => {
                    self.step(c);
                    return Ok(Some((Token::Open, place)));
                }
                '}' => {
                    self.step(c);
                    return Ok(Some((Token::Close, place)));
                }
                _ => return self.word(place).map(|word| Some((Token::Word(word), place))),
            }
        }
    }

    fn word(&mut self, place: Place) -> Result<String, Unclosed> {
        let mut word = String::new();
        let (mut parentheses, mut braces) = (0_u32, 0_u32);
        let mut quoted = false;
        while let Some(c) = self.rest().chars().next() {
            let behind = &self.rest()[c.len_utf8()..];
            match c {
                '"' => {
                    quoted = !quoted;
                    self.step(c);
                    continue;
                }
                '\\' => {
                    self.step(c);
                    word.push(c);
                    if let Some(escaped) =
                        behind.chars().next().filter(|c| quoted || !c.is_whitespace())
                    {
                        self.step(escaped);
                        word.push(escaped);
                    }
                    continue;
                }
                _ if quoted => {}
                '(' => parentheses += 1,
                ')' => {
                    parentheses = parentheses.saturating_sub(1);
                    if parentheses == 0 {
                        self.step(c);
                        word.push(c);
                        // `flags=(complain){`
                        if behind.starts_with('{') {
                            return Ok(word);
                        }
                        continue;
                    }
                }
                _ if parentheses > 0 => {}
                // `profile name{`
                '{' if Self::ends_at(behind) && braces == 0 => break,
                '{' => braces += 1,
                '}' if braces > 0 => braces -= 1,
                '}' => break,
                ',' if Self::ends_at(behind) && braces == 0 => break,
                _ if c.is_whitespace() => break,
                _ => {}
            }
            self.step(c);
            word.push(c);
        }
        match (quoted, parentheses > 0, braces > 0) {
            (true, ..) => Err(Unclosed { place, what: "quotation mark" }),
            (_, true, _) => Err(Unclosed { place, what: "parenthesis" }),
            (_, _, true) => Err(Unclosed { place, what: "brace" }),
            _ => Ok(word),
        }
    }
}
