//! Credentials that give themselves away by their format.
//!
//! One pass over the bytes: a rule is tried only where its first letter begins a word, so that
//! texts without credentials cost little more than being read.

use std::ops::Range;

use super::base64;
use super::values::{Value, judge};

/// A credential in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// What it is.
    pub what: &'static str,
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// Whether it is one that documentation shows.
    pub placeholder: bool,
}

/// A token that begins with `prefix` and has `least` to `most` more characters of `alphabet`.
struct Token {
    prefix: &'static str,
    alphabet: fn(u8) -> bool,
    least: usize,
    most: usize,
    what: &'static str,
}

const fn token(
    prefix: &'static str,
    alphabet: fn(u8) -> bool,
    (least, most): (usize, usize),
    what: &'static str,
) -> Token {
    Token { prefix, alphabet, least, most, what }
}

fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

fn alphanumeric(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

fn dotted(b: u8) -> bool {
    word(b) || b == b'.'
}

fn path(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'/'
}

const ANY: usize = usize::MAX;

/// As the makers document them, or as their own scanners look for them.
const TOKENS: &[Token] = &[
    token("AKIA", upper, (16, 16), "AWS access key ID"),
    token("ASIA", upper, (16, 16), "AWS temporary access key ID"),
    token("AIza", word, (35, 35), "Google API key"),
    token("AGE-SECRET-KEY-1", upper, (58, 58), "age private key"),
    token("GOCSPX-", word, (28, 28), "Google OAuth client secret"),
    token("SG.", dotted, (60, 70), "SendGrid API key"),
    token("dop_v1_", alphanumeric, (64, 64), "DigitalOcean token"),
    token("ghp_", alphanumeric, (36, ANY), "GitHub personal access token"),
    token("gho_", alphanumeric, (36, ANY), "GitHub OAuth token"),
    token("ghu_", alphanumeric, (36, ANY), "GitHub user token"),
    token("ghs_", alphanumeric, (36, ANY), "GitHub app token"),
    token("ghr_", alphanumeric, (36, ANY), "GitHub refresh token"),
    token("github_pat_", word, (40, ANY), "GitHub personal access token"),
    token("glpat-", dotted, (20, ANY), "GitLab personal access token"),
    token("gldt-", dotted, (20, ANY), "GitLab deploy token"),
    token("glrt-", dotted, (20, ANY), "GitLab runner token"),
    token("glptt-", dotted, (20, ANY), "GitLab trigger token"),
    token("hf_", alphanumeric, (34, 40), "Hugging Face token"),
    token("hooks.slack.com/services/T", path, (30, ANY), "Slack webhook address"),
    token("hvs.", word, (24, ANY), "Vault token"),
    token("npm_", alphanumeric, (36, 36), "npm token"),
    token("pypi-AgE", word, (50, ANY), "PyPI token"),
    token("rk_live_", alphanumeric, (16, ANY), "Stripe restricted key"),
    token("sk_live_", alphanumeric, (16, ANY), "Stripe secret key"),
    token("sk-ant-", word, (32, ANY), "Anthropic API key"),
    token("sk-proj-", word, (32, ANY), "OpenAI API key"),
    token("xapp-", word, (20, ANY), "Slack app token"),
    token("xoxa-", word, (20, ANY), "Slack token"),
    token("xoxb-", word, (20, ANY), "Slack bot token"),
    token("xoxe-", word, (20, ANY), "Slack token"),
    token("xoxp-", word, (20, ANY), "Slack user token"),
    token("xoxr-", word, (20, ANY), "Slack token"),
    token("xoxs-", word, (20, ANY), "Slack token"),
];

/// Most credentials that are told of one text.
const MOST: usize = 20;

/// The credentials in a text, in its order.
pub(super) fn find(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let mut hits = Vec::new();
    let mut at = 0;
    while at < bytes.len() && hits.len() < MOST {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let hit = match bytes[at] {
            b':' if bytes[at..].starts_with(b"://") => login(text, at),
            b'-' if bytes[at..].starts_with(b"-----BEGIN ") => private_key(text, at),
            b'e' if begins && bytes[at..].starts_with(b"eyJ") => jwt(text, at),
            b'A' if begins && bytes[at..].starts_with(b"AccountKey=") => account_key(text, at),
            b'A' | b'G' | b'S' | b'd' | b'g' | b'h' | b'n' | b'p' | b'r' | b's' | b'x'
                if begins =>
            {
                tokens(text, at)
            }
            b'"' if bytes[at..].starts_with(b"\"auth\"") => registry_login(text, at),
            _ => None,
        };
        match hit {
            Some(hit) => {
                at = hit.span.end.max(at + 1);
                hits.push(hit);
            }
            None => at += 1,
        }
    }
    hits
}

fn tokens(text: &str, at: usize) -> Option<Hit> {
    let rest = &text.as_bytes()[at..];
    TOKENS.iter().filter(|token| rest.starts_with(token.prefix.as_bytes())).find_map(|token| {
        let body = rest[token.prefix.len()..].iter().take_while(|b| (token.alphabet)(**b)).count();
        let end = at + token.prefix.len() + body;
        let placeholder = is_example(&text[at..end]);
        // `ghp_xxxxxxxx` is documentation and no token.
        ((token.least..=token.most).contains(&body)
            && !is_mask(&text[at + token.prefix.len()..end]))
        .then_some(Hit { what: token.what, span: at..end, placeholder })
    })
}

/// `-----BEGIN … PRIVATE KEY-----` with something below it.
fn private_key(text: &str, at: usize) -> Option<Hit> {
    let from = at + "-----BEGIN ".len();
    let label_end = from + text.as_bytes()[from..].iter().take(40).position(|b| *b == b'-')?;
    let label = text.get(from..label_end)?;
    if !label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let body_start =
        label_end + text.as_bytes()[label_end..].iter().take_while(|b| **b == b'-').count();
    let end = text[body_start..].find("-----").map_or(text.len(), |found| body_start + found);
    let body = text[body_start..end].bytes().filter(u8::is_ascii_alphanumeric).count();
    let placeholder = is_example(&text[body_start..end]) || is_mask(text[body_start..end].trim());
    (body >= 40).then_some(Hit { what: "private key", span: at..end, placeholder })
}

/// Three parts in base64, of which the first two are JSON objects.
fn jwt(text: &str, at: usize) -> Option<Hit> {
    let rest = &text[at..];
    let end = rest.bytes().take_while(|b| dotted(*b)).count();
    let mut parts = rest[..end].split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if header.len() < 12 || !claims.starts_with("eyJ") || signature.len() < 16 {
        return None;
    }
    let claims = base64::decode(claims)?;
    let claims = String::from_utf8_lossy(&claims).into_owned();
    let account = claims.contains("system:serviceaccount:");
    let what = match (account, claims.contains("\"exp\"")) {
        (true, false) => "service account token that never expires",
        (true, true) => "service account token",
        (false, false) => "JSON web token that never expires",
        (false, true) => "JSON web token",
    };
    Some(Hit { what, span: at..at + end, placeholder: false })
}

/// `AccountKey=` of an Azure storage account: 64 bytes in base64.
fn account_key(text: &str, at: usize) -> Option<Hit> {
    let from = at + "AccountKey=".len();
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let length = text.as_bytes()[from..].iter().take_while(|b| is_base64(b)).count();
    (86..=90).contains(&length).then_some(Hit {
        what: "Azure storage account key",
        span: at..from + length,
        placeholder: false,
    })
}

/// `scheme://user:password@host`.
fn login(text: &str, at: usize) -> Option<Hit> {
    let scheme = text.as_bytes()[..at]
        .iter()
        .rev()
        .take(20)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        .count();
    let from = at + "://".len();
    let stops = |b: &u8| {
        b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'' | b'<' | b',' | b'?' | b'#')
    };
    // Passwords that are not escaped may hold a slash; they are rare, and hosts with one are not.
    let authority = text.as_bytes()[from..].iter().take(512).take_while(|b| !stops(b)).count();
    let authority = text.get(from..from + authority)?;
    let (login, host) = authority.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    if scheme == 0 || host.is_empty() {
        return None;
    }
    let placeholder = match judge(password) {
        Value::Nothing => return None,
        Value::Placeholder => true,
        Value::Secret => host.contains("example") && is_example(password),
    };
    Some(Hit { what: "password in an address", span: at - scheme..from + login.len(), placeholder })
}

/// `"auth": "…"` of a Docker configuration: `user:password` in base64.
fn registry_login(text: &str, at: usize) -> Option<Hit> {
    let rest = text[at + "\"auth\"".len()..].trim_start().strip_prefix(':')?.trim_start();
    let value = rest.strip_prefix('"')?;
    let end = value.find('"')?;
    let start = text.len() - value.len();
    let login = String::from_utf8(base64::decode(&value[..end])?).ok()?;
    let (_, password) = login.split_once(':')?;
    let placeholder = match judge(password) {
        Value::Nothing => return None,
        Value::Placeholder => true,
        Value::Secret => false,
    };
    Some(Hit { what: "registry password", span: start..start + end, placeholder })
}

/// Whether it is an example of the documentation, such as `AKIAIOSFODNN7EXAMPLE`.
fn is_example(text: &str) -> bool {
    text.contains("EXAMPLE") || text.contains("example")
}

/// Whether it is one character over and over.
fn is_mask(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| bytes.all(|b| b == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Option<(&'static str, bool)> {
        let hits = find(text);
        assert!(hits.len() <= 1, "{text}: {hits:?}");
        hits.first().map(|hit| (hit.what, hit.placeholder))
    }

    #[test]
    fn tokens_are_known_by_their_format() {
        // Put together here so that no scanner takes this file for a leak.
        let body = "k3J9xQ2mV7bN4cL8pR5tW1yZ6aD0fG2hS4uE";
        for (prefix, what) in [
            ("ghp_", "GitHub personal access token"),
            ("glpat-", "GitLab personal access token"),
            ("xoxb-", "Slack bot token"),
            ("hvs.", "Vault token"),
            ("npm_", "npm token"),
            ("sk_live_", "Stripe secret key"),
        ] {
            let text = format!("token={prefix}{body} # of the robot");
            assert_eq!(only(&text), Some((what, false)), "{prefix}");
            assert_eq!(only(&format!("a{prefix}{body}")), None, "{prefix} within a word");
            assert_eq!(only(&format!("{prefix}{}", "x".repeat(36))), None, "{prefix} masked");
        }
        assert_eq!(only("AKIAQ3EGRTLKZ7P2WX4M"), Some(("AWS access key ID", false)));
        assert_eq!(only("AKIAIOSFODNN7EXAMPLE"), Some(("AWS access key ID", true)));
        assert_eq!(only("AKIAQ3EGRTLKZ7P2WX4M5"), None);
    }

    #[test]
    fn private_keys_need_a_body() {
        let key =
            format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END", "MIIEpAIBAAKC".repeat(6));
        assert_eq!(only(&key), Some(("private key", false)));
        assert_eq!(only("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"), None);
        assert_eq!(only(&key.replace("RSA PRIVATE KEY", "CERTIFICATE")), None);
    }

    #[test]
    fn addresses_give_passwords_away() {
        let what = "password in an address";
        assert_eq!(only("redis://:cart-2019@redis:6379/0"), Some((what, false)));
        assert_eq!(only("amqp://shop:s3cret@mq.internal:5672"), Some((what, false)));
        assert_eq!(only("postgres://shop:changeme@db/shop"), Some((what, true)));
        for fine in [
            "https://example.com:8080/a@b:c",
            "postgres://shop:${PASSWORD}@db/shop",
            "postgres://shop:$(PASSWORD)@db/shop",
            "postgres://user:<password>@db/shop",
            "ssh://git@example.com:22/repo",
            "http://a/?next=b:c@d",
        ] {
            assert_eq!(only(fine), None, "{fine}");
        }
    }

    #[test]
    fn service_account_tokens_without_an_end_are_told() {
        let part = |text: &str| base64::encode_for_tests(text);
        let token = |claims: &str| {
            format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(claims), "c2lnbmF0dXJlb2Z0b2tlbg")
        };
        let long = token(r#"{"sub":"system:serviceaccount:shop:ci"}"#);
        assert_eq!(only(&long), Some(("service account token that never expires", false)));
        let short = token(r#"{"exp":1,"sub":"someone"}"#);
        assert_eq!(only(&short), Some(("JSON web token", false)));
        assert_eq!(only("eyJhbGciOiJub25lIn0.e30."), None);
    }

    #[test]
    fn registry_logins_are_decoded() {
        let auth = base64::encode_for_tests("robot:h4rb0ur-t0wn");
        let text = format!(r#"{{"auths": {{"registry.example.com": {{"auth": "{auth}"}}}}}}"#);
        assert_eq!(only(&text), Some(("registry password", false)));
        assert_eq!(only(r#"{"auths": {"registry.example.com": {"auth": ""}}}"#), None);
    }

    #[test]
    fn any_text_is_read_without_a_crash() {
        for text in ["", "://", "a://:@", "-----BEGIN ", "eyJ..", "\"auth\"", "ä://ö:ü@", "AKIA"]
        {
            assert!(find(text).is_empty(), "{text}");
        }
    }
}
