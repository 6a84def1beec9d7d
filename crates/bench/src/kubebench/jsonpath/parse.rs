//! Text to pieces, as client-go's `parser.go` cuts it.

/// One piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    /// What stands in braces: each piece goes on from the results of the one before.
    List(Vec<Piece>),
    Field(String),
    /// Start, end and step of a slice.
    Array([Param; 3]),
    Filter {
        left: Vec<Piece>,
        operator: String,
        right: Vec<Piece>,
    },
    Int(i64),
    Float(f64),
    Bool(bool),
    Wildcard,
    Recursive,
    Union(Vec<Vec<Piece>>),
    Identifier(String),
}

/// One number of a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) value: Option<i64>,
    /// Whether the end was made of the start: `[2]` is `[2:3]`.
    pub(crate) derived: bool,
}

/// Cuts an expression into pieces.
pub(crate) fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            pieces.push(Piece::Text(rest[..open].to_owned()));
        }
        let mut action = Action { rest: &rest[open + 1..] };
        pieces.push(Piece::List(action.pieces()?));
        rest = action.rest;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// The pieces of a text as if it stood in braces.
fn parse_action(text: &str) -> Result<Vec<Piece>, String> {
    match parse(&format!("{{{text}}}"))?.into_iter().next() {
        Some(Piece::List(pieces)) => Ok(pieces),
        _ => Ok(Vec::new()),
    }
}

struct Action<'a> {
    rest: &'a str,
}

impl<'a> Action<'a> {
    fn pieces(&mut self) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return Ok(pieces);
            }
            if let Some(rest) = self.rest.strip_prefix("[?(") {
                self.rest = rest;
                pieces.push(self.filter()?);
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix("..") {
                if pieces.last() == Some(&Piece::Recursive) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                self.rest = rest;
                pieces.push(Piece::Recursive);
                if rest.starts_with(is_alphanumeric) {
                    pieces.push(self.field());
                }
                continue;
            }
            let Some(c) = self.rest.chars().next().filter(|c| !is_end_of_line(*c)) else {
                return Err("unclosed action".to_owned());
            };
            let after = &self.rest[c.len_utf8()..];
            match c {
                ' ' | '@' | '$' => self.rest = after,
                '[' => {
                    self.rest = after;
                    self.array(&mut pieces)?;
                }
                '"' | '\'' => pieces.push(self.quoted(c)?),
                '.' => {
                    self.rest = after;
                    pieces.push(self.field());
                }
                '+' | '-' => pieces.push(self.number()?),
                c if c.is_numeric() => pieces.push(self.number()?),
                c if is_alphanumeric(c) => {
                    let word = self.take(|c| !is_terminator(c));
                    pieces.push(match word {
                        "true" => Piece::Bool(true),
                        "false" => Piece::Bool(false),
                        word => Piece::Identifier(word.to_owned()),
                    });
                }
                c => return Err(format!("unrecognized character in action: {c:?}")),
            }
        }
    }

    fn take(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A field up to a terminator that no backslash precedes.
    fn field(&mut self) -> Piece {
        let mut name = String::new();
        let mut escaped = false;
        let mut end = self.rest.len();
        for (at, c) in self.rest.char_indices() {
            if !escaped && c == '\\' {
                escaped = true;
                continue;
            }
            if !escaped && is_terminator(c) {
                end = at;
                break;
            }
            escaped = false;
            if c != '\\' {
                name.push(c);
            }
        }
        self.rest = &self.rest[end..];
        if name == "*" { Piece::Wildcard } else { Piece::Field(name) }
    }

    fn number(&mut self) -> Result<Piece, String> {
        let signed = usize::from(self.rest.starts_with(['+', '-']));
        let end = self.rest[signed..]
            .find(|c: char| c != '.' && !c.is_numeric())
            .map_or(self.rest.len(), |end| end + signed);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if let Ok(value) = text.parse() {
            return Ok(Piece::Int(value));
        }
        text.parse().map(Piece::Float).map_err(|_| format!("cannot parse number {text}"))
    }

    /// A quoted text; a quote behind a backslash does not end it.
    fn quoted(&mut self, quote: char) -> Result<Piece, String> {
        let inside = &self.rest[1..];
        let mut text = String::new();
        let mut characters = inside.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '\n' => break,
                '\\' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, c)) if c == '\\' || c == quote => text.push(c),
                    _ => return Err("unquote string: invalid syntax".to_owned()),
                },
                c if c == quote => {
                    self.rest = &inside[at + 1..];
                    return Ok(Piece::Text(text));
                }
                c => text.push(c),
            }
        }
        Err("unterminated quoted string".to_owned())
    }

    fn array(&mut self, pieces: &mut Vec<Piece>) -> Result<(), String> {
        let end = self.rest.find([']', '\n']).filter(|at| self.rest[*at..].starts_with(']'));
        let Some(end) = end else { return Err("unterminated array".to_owned()) };
        let text = if &self.rest[..end] == "*" { ":" } else { &self.rest[..end] };
        self.rest = &self.rest[end + 1..];
        if text.contains(',') {
            let parts =
                text.split(',').map(|part| parse_action(&format!("[{}]", part.trim_matches(' '))));
            pieces.push(Piece::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            pieces.extend(parse_action(&format!(".{key}"))?);
            return Ok(());
        }
        pieces.push(Piece::Array(slice(text)?));
        Ok(())
    }

    fn filter(&mut self) -> Result<Piece, String> {
        let (mut opened, mut closed) = (None, false);
        let mut before = ' ';
        let mut end = None;
        for (at, c) in self.rest.char_indices() {
            match c {
                '\n' => break,
                '"' | '\'' if opened.is_none() => opened = Some(c),
                '"' | '\'' if before != '\\' && opened == Some(c) => closed = true,
                ')' if opened.is_some() == closed => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
            before = c;
        }
        let end = end.ok_or("unterminated filter")?;
        let text = &self.rest[..end];
        self.rest = self.rest[end + 1..].strip_prefix(']').ok_or("unclosed array expect ]")?;
        // ^([^!<>=]+)([!<>=]+)(.+?)$
        let sign = |c: char| matches!(c, '!' | '<' | '>' | '=');
        let compared = text.find(sign).filter(|at| *at > 0).and_then(|start| {
            let length = text[start..].find(|c| !sign(c))?;
            Some((&text[..start], &text[start..start + length], &text[start + length..]))
        });
        Ok(match compared {
            None => Piece::Filter {
                left: parse_action(text)?,
                operator: "exists".to_owned(),
                right: Vec::new(),
            },
            Some((left, operator, right)) => Piece::Filter {
                left: parse_action(left)?,
                operator: operator.to_owned(),
                right: parse_action(right)?,
            },
        })
    }
}

/// `start:end:step`, each of which may be missing.
fn slice(text: &str) -> Result<[Param; 3], String> {
    let invalid = || format!("invalid array index {text}");
    let mut params = [Param::default(); 3];
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(invalid());
    }
    for (param, part) in params.iter_mut().zip(&parts) {
        let digits = part.strip_prefix('-').unwrap_or(part);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        if !part.is_empty() {
            param.value =
                Some(part.parse().map_err(|_| format!("array index {part} is not a number"))?);
        }
    }
    if parts.len() == 1 {
        let start = params[0].value.unwrap_or(0);
        params[1] = Param { value: Some(start.saturating_add(1)), derived: true };
    }
    Ok(params)
}

fn is_terminator(c: char) -> bool {
    is_end_of_line(c) || matches!(c, ' ' | '\t' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

fn is_end_of_line(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphabetic() || c.is_numeric()
}
