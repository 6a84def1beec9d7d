//! Values as text.

use std::fmt::Write as _;

use seawall_model::Value;

use crate::layout::Layout;

/// How values in brackets are written.
pub(crate) struct Style {
    /// Whether keys and strings have double quotes, as in JSON.
    pub(crate) quoted: bool,
    /// What stands between a key and its value.
    pub(crate) colon: &'static str,
    /// What stands between two entries.
    pub(crate) comma: &'static str,
}

impl Style {
    /// YAML as people write it.
    pub(crate) const YAML: Style = Style { quoted: false, colon: ": ", comma: ", " };
}

/// A new scalar or a value in brackets on one line.
pub(crate) fn inline(value: &Value, style: &Style) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Str(text) => string(text, style.quoted),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, style)).collect();
            format!("[{}]", items.join(style.comma))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| inline_entry(Some(key), value, style)).collect();
            format!("{{{}}}", entries.join(style.comma))
        }
    }
}

/// An entry, or an item where there is no key, in brackets on one line.
pub(crate) fn inline_entry(key: Option<&str>, value: &Value, style: &Style) -> String {
    match key {
        Some(key) => {
            format!("{}{}{}", string(key, style.quoted), style.colon, inline(value, style))
        }
        None => inline(value, style),
    }
}

/// An entry in brackets, each further level on lines of its own.
pub(crate) fn spread_entry(
    key: Option<&str>,
    value: &Value,
    style: &Style,
    eol: &str,
    prefix: &str,
    step: &str,
) -> String {
    let deeper = format!("{prefix}{step}");
    let inner: Vec<String> = match value {
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| spread_entry(Some(key), value, style, eol, &deeper, step))
            .collect(),
        Value::List(items) => {
            items.iter().map(|item| spread_entry(None, item, style, eol, &deeper, step)).collect()
        }
        _ => Vec::new(),
    };
    if inner.is_empty() {
        return inline_entry(key, value, style);
    }
    let (open, close) = if matches!(value, Value::Map(_)) { ('{', '}') } else { ('[', ']') };
    let key =
        key.map_or(String::new(), |key| format!("{}{}", string(key, style.quoted), style.colon));
    let inner = inner.join(&format!(",{eol}{deeper}"));
    format!("{key}{open}{eol}{deeper}{inner}{eol}{prefix}{close}")
}

/// An entry, or an item where there is no key, in block style; `prefix` is the indentation of its
/// first line, which is not written.
pub(crate) fn block_entry(
    layout: &Layout<'_>,
    key: Option<&str>,
    value: &Value,
    eol: &str,
    prefix: &str,
) -> String {
    match key {
        Some(key) => {
            let mut text = format!("{}:", string(key, false));
            block_value(layout, value, eol, prefix, &mut text);
            text
        }
        None => {
            let mut text = String::from("- ");
            match value {
                Value::Map(entries) if !entries.is_empty() => {
                    let prefix = format!("{prefix}  ");
                    let entries: Vec<String> = entries
                        .iter()
                        .map(|(key, value)| block_entry(layout, Some(key), value, eol, &prefix))
                        .collect();
                    text.push_str(&entries.join(&format!("{eol}{prefix}")));
                }
                value => text.push_str(&inline(value, &Style::YAML)),
            }
            text
        }
    }
}

/// What stands behind the colon of a key whose line is indented by `prefix`.
pub(crate) fn block_value(
    layout: &Layout<'_>,
    value: &Value,
    eol: &str,
    prefix: &str,
    text: &mut String,
) {
    let mut lines = |prefix: String, entries: &mut dyn Iterator<Item = (Option<&str>, &Value)>| {
        for (key, value) in entries {
            text.push_str(eol);
            text.push_str(&prefix);
            text.push_str(&block_entry(layout, key, value, eol, &prefix));
        }
    };
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            let prefix = format!("{prefix}{}", " ".repeat(layout.map_step()));
            lines(prefix, &mut entries.iter().map(|(key, value)| (Some(&**key), value)));
        }
        Value::List(items) if !items.is_empty() => {
            let prefix = format!("{prefix}{}", " ".repeat(layout.list_step()));
            lines(prefix, &mut items.iter().map(|item| (None, item)));
        }
        value => {
            text.push(' ');
            text.push_str(&inline(value, &Style::YAML));
        }
    }
}

/// A string in the quotes of the one that it replaces.
pub(crate) fn like(old: &str, new: &str) -> String {
    match old.as_bytes().first() {
        Some(b'"') => double_quoted(new),
        Some(b'\'') if !new.chars().any(char::is_control) => {
            format!("'{}'", new.replace('\'', "''"))
        }
        _ => string(new, false),
    }
}

fn string(text: &str, quoted: bool) -> String {
    if quoted || !(is_plain(text) || is_amount(text)) {
        double_quoted(text)
    } else {
        text.to_owned()
    }
}

/// Whether a string needs no quotes anywhere in YAML 1.1 or 1.2. Narrower than it could be.
fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] =
        &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:".contains(c))
        && !text.ends_with(':')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a string is digits and the unit of a quantity, such as `128Mi`, which no YAML takes for
/// a number.
fn is_amount(text: &str) -> bool {
    const UNITS: &[&str] = &["Ki", "Mi", "Gi", "Ti", "m", "k", "M", "G", "T"];
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && UNITS.contains(&unit)
}

/// A string as JSON has it, which YAML reads the same.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Writing to a String can't fail.
                let _infallible = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
