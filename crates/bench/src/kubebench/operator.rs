//! The operators of kube-bench's `compare` (`compareOp` in its `check/test.go`).

use super::go;

/// The operators that kube-bench knows; it takes any other for one that never holds.
pub const OPERATORS: [&str; 11] = [
    "eq",
    "noteq",
    "gt",
    "gte",
    "lt",
    "lte",
    "has",
    "nothave",
    "regex",
    "valid_elements",
    "bitmask",
];

/// Whether an operator holds of a value that was found, and what was expected, in words.
///
/// `name` is the flag, path or variable.
///
/// # Errors
///
/// Where the value of `regex` is no regular expression.
pub(crate) fn compare(
    operator: &str,
    found: &str,
    wanted: &str,
    name: &str,
) -> Result<(String, bool), String> {
    // Booleans are compared in lower case, but only the found one is lowered.
    let equal = || {
        let lower = found.to_lowercase();
        if lower == "true" || lower == "false" { lower == wanted } else { found == wanted }
    };
    Ok(match operator {
        "eq" => (format!("'{name}' is equal to '{wanted}'"), equal()),
        "noteq" => (format!("'{name}' is not equal to '{wanted}'"), !equal()),
        "gt" | "gte" | "lt" | "lte" => {
            let (Ok(a), Ok(b)) = (number(found), number(wanted)) else {
                let why = format!("Invalid Number(s) used for comparison: '{found}' '{wanted}'");
                return Ok((why, false));
            };
            let (words, holds) = match operator {
                "gt" => ("is greater than", a > b),
                "gte" => ("is greater or equal to", a >= b),
                "lt" => ("is lower than", a < b),
                _ => ("is lower or equal to", a <= b),
            };
            (format!("'{name}' {words} {wanted}"), holds)
        }
        "has" => (format!("'{name}' has '{wanted}'"), found.contains(wanted)),
        "nothave" => (format!("'{name}' does not have '{wanted}'"), !found.contains(wanted)),
        "regex" => {
            let expression = go::regex(wanted)
                .map_err(|why| format!("{} is no regular expression: {why}", go::quote(wanted)))?;
            (format!("'{name}' matched by regex expression '{wanted}'"), expression.is_match(found))
        }
        "valid_elements" => {
            let words = format!("'{name}' contains valid elements from '{wanted}'");
            let (found, wanted) = (elements(found), elements(wanted));
            let holds = found.is_empty() == wanted.is_empty()
                && found.iter().all(|element| wanted.contains(element));
            (words, holds)
        }
        "bitmask" => match (octal(found), octal(wanted)) {
            (None, _) => (format!("Not numeric value - flag: {found}"), false),
            (_, None) => (format!("Not numeric value - flag: {wanted}"), false),
            (Some(bits), Some(most)) => (
                format!("{name} has permissions {found}, expected {wanted} or more restrictive"),
                most & bits == bits,
            ),
        },
        _ => (String::new(), false),
    })
}

/// `strconv.Atoi` of the trimmed text.
pub(crate) fn number(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.trim().parse()
}

/// `strconv.ParseInt(text, 8, 64)`.
pub(crate) fn octal(text: &str) -> Option<i64> {
    i64::from_str_radix(text, 8).ok()
}

fn elements(text: &str) -> Vec<&str> {
    let text = text.trim().trim_end_matches(',');
    if text.is_empty() { Vec::new() } else { text.split(',').map(str::trim).collect() }
}
