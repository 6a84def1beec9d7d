//! What a plain YAML scalar means to Kubernetes.
//!
//! kubectl and the API server turn YAML into JSON with `sigs.k8s.io/yaml`, which stands on
//! go-yaml v2 and so on YAML 1.1: `yes` is a boolean and `0644` is octal. This is the table and
//! the arithmetic of go-yaml v2's `resolve.go`, and of `convertToJSONableObject` in
//! `sigs.k8s.io/yaml` for mapping keys.

use super::Kind;

/// The kind of a plain, untagged scalar.
pub(super) fn resolve(text: &str) -> Kind {
    let Some(&first) = text.as_bytes().first() else {
        return Kind::Null;
    };
    match first {
        b'~' if text == "~" => Kind::Null,
        b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => match text {
            "null" | "Null" | "NULL" => Kind::Null,
            _ if boolean(text).is_some() => Kind::Bool,
            _ => Kind::Str,
        },
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
        _ => Kind::Str,
    }
}

/// The value of a YAML 1.1 boolean.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Some(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(false)
        }
        _ => None,
    }
}

fn number(text: &str) -> Kind {
    if integer(text).is_some() {
        Kind::Int
    } else if is_not_finite(text) || (is_float(text) && float(text).is_some()) {
        Kind::Float
    } else {
        Kind::Str
    }
}

/// The value of a float; none where it is beyond 64 bits, which go-yaml leaves a string.
pub(super) fn float(text: &str) -> Option<f64> {
    let value: f64 = if !text.contains('_') {
        text.parse()
    } else if text.starts_with('.') && !underscores_separate(text) {
        return None;
    } else {
        text.replace('_', "").parse()
    }
    .ok()?;
    value.is_finite().then_some(value)
}

/// Whether underscores stand between digits only. go-yaml strips them from numbers, save from one
/// that begins with a point, which it leaves to Go's stricter `strconv.ParseFloat`.
fn underscores_separate(text: &str) -> bool {
    text.split('_').zip(text.split('_').skip(1)).all(|(before, after)| {
        before.ends_with(|c: char| c.is_ascii_digit())
            && after.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Whether a number has no JSON form (`.inf`, `.nan`).
pub(super) fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// go-yaml's `yamlStyleFloat`: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, matched
/// after underscores are removed.
fn is_float(text: &str) -> bool {
    if text.contains('_') {
        return is_float(&text.replace('_', ""));
    }
    fn digits(text: &str) -> (bool, &str) {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len(), rest)
    }
    let (whole, mut rest) = digits(text.strip_prefix(['+', '-']).unwrap_or(text));
    let mut fraction = false;
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = digits(after);
    }
    if !whole && !fraction {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let (some, rest) = digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
            some && rest.is_empty()
        }
    }
}

/// The value of an integer as Go's `strconv.ParseInt(text, 0, 64)` and then `ParseUint` read it:
/// `0x`, `0o`, `0b` and a leading `0` choose the base, underscores are ignored.
pub(super) fn integer(text: &str) -> Option<i128> {
    if text.contains('_') {
        return integer(&text.replace('_', ""));
    }
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let bytes = unsigned.as_bytes();
    let (base, digits) = match (bytes.first()?, bytes.get(1)) {
        (b'0', Some(b'x' | b'X')) => (16, &unsigned[2..]),
        (b'0', Some(b'o' | b'O')) => (8, &unsigned[2..]),
        (b'0', Some(b'b' | b'B')) => (2, &unsigned[2..]),
        (b'0', Some(_)) => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    // A second sign is from_str_radix's to accept and Go's to refuse, but for one slip of
    // go-yaml's: `0b-1` is -1.
    if digits.starts_with(['+', '-']) {
        let slip = text.strip_prefix("0b")?;
        return i64::from_str_radix(slip, 2).ok().map(i128::from);
    }
    let magnitude = i128::from(u64::from_str_radix(digits, base).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    (value >= i128::from(i64::MIN) && !(text.starts_with('+') && value > i128::from(i64::MAX)))
        .then_some(value)
}

/// A float as a mapping key: Go's `strconv.FormatFloat(value, 'g', -1, 32)`, whose exponent has
/// two digits and a sign and is used below 1e-4 and from 1e6 on.
pub(super) fn float_key(text: &str) -> Option<String> {
    let sign = if text.starts_with('-') { "-" } else { "" };
    let value = match float(text) {
        Some(value) => value as f32,
        None if text.ends_with(['n', 'N']) => return Some(".nan".to_owned()),
        None => return Some(format!("{sign}.inf")),
    };
    if value.is_infinite() {
        return Some(format!("{sign}.inf"));
    }
    if value == 0.0 || (1e-4..1e6).contains(&value.abs()) {
        return Some(value.to_string());
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e')?;
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    Some(format!("{mantissa}e{sign}{digits:0>2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_those_of_yaml_1_1() {
        for (text, kind) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("yes", Kind::Bool),
            ("On", Kind::Bool),
            ("oN", Kind::Str),
            ("0644", Kind::Int),
            ("0o644", Kind::Int),
            ("089", Kind::Float),
            ("1_000", Kind::Int),
            ("-0x1F", Kind::Int),
            ("1.", Kind::Float),
            (".5e-3", Kind::Float),
            (".", Kind::Str),
            ("1.2.3", Kind::Str),
            ("1e", Kind::Str),
            ("+.inf", Kind::Float),
            ("-.nan", Kind::Str),
            ("190:20:30", Kind::Str),
            ("2001-12-14", Kind::Str),
            ("-", Kind::Str),
            ("0x", Kind::Str),
            ("1e400", Kind::Str),
        ] {
            assert_eq!(resolve(text), kind, "{text:?}");
        }
        assert_eq!(integer("0644"), Some(420));
        assert_eq!(integer("18446744073709551615"), Some(i128::from(u64::MAX)));
        assert_eq!(integer("-9223372036854775809"), None);
        for (text, key) in [
            ("1.50", "1.5"),
            ("-0.0", "-0"),
            ("1e3", "1000"),
            ("5e6", "5e+06"),
            ("16777217.0", "1.6777216e+07"),
            ("0.00001", "1e-05"),
            ("1e39", ".inf"),
            ("-.INF", "-.inf"),
            (".NaN", ".nan"),
        ] {
            assert_eq!(float_key(text).as_deref(), Some(key), "{text:?}");
        }
    }
}
