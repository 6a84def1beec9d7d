//! Writing YAML that people read and `kubectl apply` takes.

use std::fmt::Write as _;

/// A scalar, quoted where it would be read as something else than the string that it is.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => {
                write!(quoted, "\\u{:04x}", u32::from(c)).expect("a string can be written to");
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Lines at a depth of two spaces a level.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) text: String,
}

impl Writer {
    pub(super) fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// `key:` with a map of labels below, or `key: {}`.
    pub(super) fn labels(&mut self, depth: usize, key: &str, labels: &[(String, String)]) {
        if labels.is_empty() {
            self.line(depth, &format!("{key}: {{}}"));
            return;
        }
        self.line(depth, &format!("{key}:"));
        let inner = depth + 1 + usize::from(key.starts_with("- "));
        self.line(inner, "matchLabels:");
        for (name, value) in labels {
            self.line(inner + 1, &format!("{}: {}", scalar(name), scalar(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn only_strings_that_stay_strings_are_plain() {
        for plain in ["web", "app.kubernetes.io/name", "a-b_c"] {
            assert_eq!(scalar(plain), plain);
        }
        for quoted in ["", "1", "1.0", "true", "No", "on", "null", "a: b", "10.0.0.0/8", "-x", "é"]
        {
            assert_eq!(scalar(quoted), format!("\"{quoted}\""));
        }
        assert_eq!(scalar("a\"\n"), "\"a\\\"\\u000a\"");
    }
}
