//! Credentials that are known by the name they go by, and what is only in the place of one.

use std::ops::Range;

/// What a value in a credential's place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// No credential: empty, a reference to be filled in, a switch, a path or an address.
    Nothing,
    /// A word that asks to be replaced. Until somebody does, it is the password.
    Placeholder,
    /// A credential.
    Secret,
}

/// How surely a name says that its value is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Whatever stands there, such as under `DB_PASSWORD`.
    Password,
    /// If it looks random: under `secret` or `token` names of other objects stand as often.
    Token,
}

/// Longest name that is looked at.
const LONGEST_NAME: usize = 128;

/// What the value of a name would be; `None` for names of anything else.
///
/// The last word decides, so that `PASSWORD_FILE`, `tokenUrl` and `secretName` are none.
pub(super) fn name(name: &str) -> Option<Name> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '-');
    let (before, last) = split_last(name)?;
    let is = |words: &[&str]| words.iter().any(|word| last.eq_ignore_ascii_case(word));
    if is(&["password", "passwd", "pwd", "passphrase", "pass", "passcode", "pw"]) {
        return Some(Name::Password);
    }
    if ends_with(last, "password") || ends_with(last, "passwd") {
        return Some(Name::Password);
    }
    if is(&["secret", "token", "apikey", "secretkey", "accesskey", "privatekey", "credentials"])
        || is(&["credential", "creds", "apitoken", "authtoken", "accesstoken", "clientsecret"])
        || is(&["bearer"])
    {
        return Some(Name::Token);
    }
    let of_key = ["api", "access", "secret", "private", "signing", "encryption", "session"];
    let more = ["master", "account", "auth", "license", "storage", "hmac", "jwt", "shared"];
    (is(&["key"])
        && split_last(before).is_some_and(|(_, word)| {
            of_key.iter().chain(&more).any(|known| word.eq_ignore_ascii_case(known))
        }))
    .then_some(Name::Token)
}

fn ends_with(word: &str, end: &str) -> bool {
    word.len() >= end.len()
        && word.get(word.len() - end.len()..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// The last word of a name, and what stands before it. Words part at anything but letters and
/// digits, and where a capital follows a small letter.
fn split_last(name: &str) -> Option<(&str, &str)> {
    let bytes = name.as_bytes();
    let end = bytes.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
    let mut start = end;
    while start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
        start -= 1;
        let begins =
            bytes[start].is_ascii_uppercase() && start > 0 && bytes[start - 1].is_ascii_lowercase();
        if begins {
            break;
        }
    }
    Some((name.get(..start)?, name.get(start..end)?))
}

/// Beginnings and parts of values that are filled in or looked up elsewhere.
const REFERENCES: &[&str] = &[
    "${",
    "$(",
    "{{",
    "<%",
    "ENC[",
    "!vault",
    "vault:",
    "ref+",
    "op://",
    "secretref",
    "arn:aws",
    "projects/",
    "env:",
    "file:",
    "awssm:",
    "gcpsm:",
    "valueFrom",
    "%(",
];

/// Parts of words that ask to be replaced, in small letters.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "example",
    "placeholder",
    "replace",
    "your-",
    "your_",
    "yourpass",
    "yoursecret",
    "insert",
    "dummy",
    "sample",
    "redacted",
    "todo",
    "fixme",
    "xxxx",
    "****",
    "....",
];

/// What a value in a credential's place is.
pub(super) fn judge(value: &str) -> Value {
    let value = value.trim();
    let bytes = value.as_bytes();
    let is = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if value.len() < 2
        || is(&["true", "false", "yes", "no", "on", "off", "null", "none", "nil", "undefined"])
        || is(&["optional", "required", "disabled", "enabled", "string", "bool", "int", "file"])
        || REFERENCES.iter().any(|reference| value.contains(reference))
        || (bytes[0] == b'<' && bytes.ends_with(b">"))
        || (bytes[0] == b'$' && bytes[1..].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'))
        || (bytes[0] == b'%' && bytes.ends_with(b"%"))
        || value.starts_with("./")
        || value.starts_with("~/")
        || (bytes[0] == b'/' && value[1..].contains('/'))
        || value.contains("://")
        || is_amount(value)
    {
        return Value::Nothing;
    }
    let small = value.to_ascii_lowercase();
    let masked = bytes.iter().all(|b| b == &bytes[0]);
    if masked || PLACEHOLDERS.iter().any(|placeholder| small.contains(placeholder)) {
        return Value::Placeholder;
    }
    Value::Secret
}

/// A short number or a duration, such as `30s`.
fn is_amount(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    (1..6).contains(&digits)
        && matches!(&value[digits..], "" | "s" | "m" | "h" | "d" | "ms" | "min" | "k" | "Mi")
}

/// What a value is under a name.
pub(super) fn judge_under(kind: Name, value: &str) -> Value {
    match (kind, judge(value)) {
        (Name::Token, Value::Secret) if !looks_random(value.trim()) => Value::Nothing,
        (_, judged) => judged,
    }
}

/// Whether a value looks made by a machine: at least eight characters of several kinds, not put
/// together of whole words, and with the entropy of chance.
pub(super) fn looks_random(value: &str) -> bool {
    if value.len() < 8 || value.bytes().any(|b| b.is_ascii_whitespace()) {
        return false;
    }
    let of_words = value.split(|c: char| !c.is_ascii_alphanumeric()).all(|word| {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let mixed = word.bytes().skip(1).any(|b| b.is_ascii_uppercase())
            && word.bytes().any(|b| b.is_ascii_lowercase())
            && word.len() >= 16;
        rest.bytes().all(|b| b.is_ascii_digit()) && !mixed
    });
    !of_words && entropy(value) >= if value.len() < 16 { 2.5 } else { 3.0 }
}

/// Shannon's entropy, in bits a character.
fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for b in value.bytes() {
        counts[usize::from(b)] += 1;
    }
    let all = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / all;
            -share * share.log2()
        })
        .sum()
}

/// A name and its value in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair<'t> {
    /// The name as written.
    pub name: &'t str,
    /// What its value would be.
    pub kind: Name,
    /// Where the value stands.
    pub value: Range<usize>,
}

/// The credentials of a text by name: `name=value`, `name: value`, `"name": "value"` and
/// `--name value`, as in properties, YAML, JSON, connection strings and command lines.
pub(super) fn pairs(text: &str) -> Vec<Pair<'_>> {
    let bytes = text.as_bytes();
    let mut pairs = Vec::new();
    for at in 0..bytes.len() {
        let separates = match bytes[at] {
            b'=' => bytes.get(at + 1) != Some(&b'='),
            b':' => bytes.get(at + 1) != Some(&b'/'),
            b' ' => true,
            _ => false,
        };
        if !separates {
            continue;
        }
        let Some(name) = name_before(text, at) else { continue };
        if bytes[at] == b' ' && !name.starts_with("--") {
            continue;
        }
        let Some(kind) = self::name(name) else { continue };
        let value = value_after(text, at + 1);
        if !value.is_empty() {
            pairs.push(Pair { name: name.trim_start_matches('-'), kind, value });
        }
    }
    pairs
}

fn name_before(text: &str, at: usize) -> Option<&str> {
    let bytes = &text.as_bytes()[..at];
    let blanks = |bytes: &[u8]| bytes.iter().rev().take_while(|b| **b == b' ').count();
    let mut end = at - blanks(bytes);
    if matches!(bytes[..end].last(), Some(b'"' | b'\'')) {
        end -= 1;
    }
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'_' | b'-' | b'.');
    let length = bytes[..end].iter().rev().take(LONGEST_NAME + 1).take_while(is_name).count();
    (length > 0).then(|| text.get(end - length..end)).flatten()
}

fn value_after(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let from = at + bytes[at..].iter().take_while(|b| **b == b' ').count();
    let quote = bytes.get(from).copied().filter(|b| matches!(b, b'"' | b'\''));
    let from = from + usize::from(quote.is_some());
    let ends = |b: &u8| match quote {
        Some(quote) => *b == quote || *b == b'\n',
        None => b.is_ascii_whitespace() || matches!(b, b';' | b'&' | b',' | b'"' | b'\'' | b'}'),
    };
    // `${PASSWORD}` is one value.
    let mut end = from;
    let mut open = 0;
    while let Some(b) = bytes.get(end) {
        match b {
            b'{' => open += 1,
            b'}' if open > 0 => {
                open -= 1;
                end += 1;
                continue;
            }
            b'\n' => break,
            _ => {}
        }
        if open == 0 && ends(b) {
            break;
        }
        end += 1;
    }
    from..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_a_name_decides() {
        for password in ["DB_PASSWORD", "spring.datasource.password", "dbPassword", "PGPASSWORD"] {
            assert_eq!(name(password), Some(Name::Password), "{password}");
        }
        for token in ["API_KEY", "apiKey", "AWS_SECRET_ACCESS_KEY", "github-token", "SECRET_2"] {
            assert_eq!(name(token), Some(Name::Token), "{token}");
        }
        for other in ["PASSWORD_FILE", "tokenUrl", "secretName", "KEY", "monkey", "MAX_TOKENS", ""]
        {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn references_switches_and_places_are_no_secrets() {
        for value in [
            "",
            "true",
            "${PASSWORD}",
            "$(PASSWORD)",
            "$PASSWORD",
            "<password>",
            "{{ .password }}",
            "/run/secrets/password",
            "https://example.com",
            "30s",
            "8080",
            "ENC[AES256,data]",
        ] {
            assert_eq!(judge(value), Value::Nothing, "{value}");
        }
        for value in ["changeme", "CHANGE_ME_NOW", "your-password", "xxxxxxxx", "********"] {
            assert_eq!(judge(value), Value::Placeholder, "{value}");
        }
        for value in ["Tulip-Harbour-42", "admin", "letmein", "12345678"] {
            assert_eq!(judge(value), Value::Secret, "{value}");
        }
    }

    #[test]
    fn tokens_look_random_and_names_do_not() {
        for random in ["0f1e2d3c4b5a69788796a5b4", "s3cr3t-t0ken", "wJalrXUtnFEMIK7MDENGbPxRfiCY"] {
            assert!(looks_random(random), "{random}");
        }
        for named in ["my-service-v2", "database-credentials", "short1a", "aaaaaaaaaaaa", "vault"] {
            assert!(!looks_random(named), "{named}");
        }
    }

    #[test]
    fn pairs_are_found_in_what_people_write() {
        let found = |text: &'static str| -> Vec<(&str, &str)> {
            pairs(text).iter().map(|pair| (pair.name, &text[pair.value.clone()])).collect()
        };
        assert_eq!(
            found("a=1\nspring.datasource.password=Tulip 42"),
            [("spring.datasource.password", "Tulip")]
        );
        assert_eq!(found("password: \"a b\"\nuser: me"), [("password", "a b")]);
        assert_eq!(found(r#"{"apiKey": "x1", "n": 2}"#), [("apiKey", "x1")]);
        assert_eq!(found("Server=db;User Id=sa;Password=Har;Encrypt=1"), [("Password", "Har")]);
        assert_eq!(found("run --db-password hunter2 --verbose"), [("db-password", "hunter2")]);
        assert_eq!(found("PGPASSWORD='x y' psql"), [("PGPASSWORD", "x y")]);
        assert_eq!(found("password=${DB_PASSWORD} x"), [("password", "${DB_PASSWORD}")]);
        assert_eq!(found("the password is long"), []);
        assert_eq!(found("password:\n  from: file"), []);
    }
}
