//! What Go prints and understands, where kube-bench's verdicts or reports depend on it.
//!
//! kube-bench compares texts that Go's `fmt` made of numbers, and shows errors that `%q` quoted; a
//! kubelet's `podPidsLimit: 4194304` in JSON is the text `4.194304e+06` to it, which is no number
//! to its operators. The same verdicts need the same texts.

use std::fmt::Write as _;
use std::io;

use regex::{Regex, RegexBuilder};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

/// A float as `fmt.Sprint` prints it: the shortest digits that read back, with an exponent from
/// 10⁶ and below 10⁻⁴.
pub(crate) fn float(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return match value {
            v if v.is_nan() => "NaN".to_owned(),
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            v if v.is_sign_negative() => "-0".to_owned(),
            _ => "0".to_owned(),
        };
    }
    let shortest = format!("{value:e}");
    let Some((digits, exponent)) = shortest.split_once('e') else { return shortest };
    let Ok(exponent) = exponent.parse::<i32>() else { return shortest };
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A text as `%q` quotes it (`strconv.Quote`).
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            // Writing to a String can't fail.
            c if c < ' ' || c == '\u{7f}' => {
                let _infallible = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if invisible(c) && c <= '\u{ffff}' => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(c));
            }
            c if invisible(c) => {
                let _infallible = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Controls, format characters and spaces other than the plain one, which `strconv.IsPrint` leaves
/// out.
fn invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..)
}

/// JSON as `encoding/json` writes it: compact, and with `<`, `>` and `&` escaped.
///
/// # Errors
///
/// Where a value can't be written as JSON.
pub(crate) fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Escaping))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let special = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        let mut rest = fragment;
        while let Some(at) = rest.find(special) {
            CompactFormatter.write_string_fragment(writer, &rest[..at])?;
            let Some(c) = rest[at..].chars().next() else { break };
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

/// A regular expression in Go's syntax (RE2), where that differs: `\d`, `\s`, `\w` and `\b` are
/// ASCII, a brace that repeats nothing and a bracket within a class are themselves.
///
/// # Errors
///
/// Where it is no regular expression; kube-bench ends with a panic there.
pub(crate) fn regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translate(pattern)).size_limit(1 << 20).build().map_err(|error| {
        let text = error.to_string();
        text.lines().last().unwrap_or("it can't be read").trim_start_matches("error: ").to_owned()
    })
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut class = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => match after.chars().next() {
                Some('d') => put(&mut out, if class { "0-9" } else { "[0-9]" }, &after[1..]),
                Some('w') => {
                    put(&mut out, if class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }, &after[1..])
                }
                Some('s') => {
                    let space = if class { "\\t\\n\\f\\r " } else { "[\\t\\n\\f\\r ]" };
                    put(&mut out, space, &after[1..])
                }
                Some('S') if !class => put(&mut out, "[^\\t\\n\\f\\r ]", &after[1..]),
                Some('D') if !class => put(&mut out, "[^0-9]", &after[1..]),
                Some('W') if !class => put(&mut out, "[^0-9A-Za-z_]", &after[1..]),
                Some('b') if !class => put(&mut out, "(?-u:\\b)", &after[1..]),
                Some('Q') if !class => {
                    let (literal, behind) =
                        after[1..].split_once("\\E").unwrap_or((&after[1..], ""));
                    put(&mut out, &regex::escape(literal), behind)
                }
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                    &after[next.len_utf8()..]
                }
                None => put(&mut out, "\\", after),
            },
            '[' if !class => {
                class = true;
                out.push('[');
                // A negation, and a bracket that comes first, belong to the class.
                let behind = after.strip_prefix('^').inspect(|_| out.push('^')).unwrap_or(after);
                match behind.strip_prefix(']') {
                    Some(behind) => put(&mut out, "\\]", behind),
                    None => behind,
                }
            }
            '[' if after.starts_with(':') => put(&mut out, "[", after),
            '[' => put(&mut out, "\\[", after),
            ']' if class && out.ends_with(':') => put(&mut out, "]", after),
            ']' => {
                class = false;
                put(&mut out, "]", after)
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(c);
                after
            }
            '{' if !class && !repeats(after) => put(&mut out, "\\{", after),
            c => {
                out.push(c);
                after
            }
        };
    }
    out
}

fn put<'a>(out: &mut String, text: &str, rest: &'a str) -> &'a str {
    out.push_str(text);
    rest
}

/// Whether what follows a brace makes it a repetition: `2}`, `2,}`, `2,3}`.
fn repeats(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else { return false };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match inside.split_once(',') {
        Some((least, most)) => number(least) && (most.is_empty() || number(most)),
        None => number(inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_those_of_fmt() {
        // fmt.Sprint of Go 1.26.
        let expected = [
            (0.0, "0"),
            (5.0, "5"),
            (100_000.0, "100000"),
            (123_456.0, "123456"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (4_294_967_296.0, "4.294967296e+09"),
            (0.5, "0.5"),
            (1e21, "1e+21"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (123_456.789, "123456.789"),
            (12_345_678.5, "1.23456785e+07"),
            (-1e6, "-1e+06"),
        ];
        for (value, text) in expected {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn quotes_and_json_are_those_of_go() {
        assert_eq!(
            quote("a\0b\u{a0}é\u{200b}\u{7f}\"\\\n😀\u{feff}"),
            r#""a\x00b\u00a0é\u200b\x7f\"\\\n😀\ufeff""#
        );
        assert_eq!(json(&"a<b>&\u{2028}é\n").expect("JSON"), r#""a\u003cb\u003e\u0026\u2028é\n""#);
    }

    #[test]
    fn expressions_are_read_as_go_reads_them() {
        let finds = |pattern: &str, text: &str| regex(pattern).expect(pattern).is_match(text);
        assert!(finds("{a}", "{a}"));
        assert!(finds("^a{2}$", "aa"));
        assert!(finds("[[]", "["));
        assert!(finds("[]a]", "]"));
        assert!(finds("[[:digit:]]x", "1x"));
        assert!(finds(r"^\d+$", "12"));
        assert!(!finds(r"^\d+$", "١"));
        assert!(finds(r"\Qa.b\E", "a.b"));
        assert!(finds(r"[\d&&x]", "&"));
        assert!(regex("(").is_err());
        assert!(regex("*").is_err());
    }
}
