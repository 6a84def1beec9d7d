//! All credentials of a text, and how they are told without being told.

use std::borrow::Cow;
use std::ops::Range;

use seawall_model::Cx;
use seawall_model::document::Node;

use super::formats;
use super::values::{self, Value, judge_under};

/// Longest text that is searched, in bytes: objects of the API server are at most this long.
const LONGEST: usize = 3 << 20;

/// A credential, redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// What it is: its format, or the name that it goes by.
    pub what: Cow<'static, str>,
    /// How it is shown: at most four characters and its length.
    pub shown: String,
    /// Whether it is one that asks to be replaced.
    pub placeholder: bool,
}

impl Credential {
    /// Leaves the credential as evidence at `node`. `place` says where it stands, `instead` what
    /// to do; one that asks to be replaced is one step less bad.
    pub fn report<'a>(self, node: Node<'a>, place: &str, instead: &str, cx: &mut Cx<'a>) {
        let Credential { what, shown, placeholder } = self;
        if placeholder {
            let message = format!(
                "{place} holds the placeholder of a credential ({what}, {shown}), which works as \
                 one until it is replaced; {instead}"
            );
            cx.fail_secret(node, what, message, true);
        } else {
            let message = format!("{place} holds a credential ({what}, {shown}); {instead}");
            cx.fail_secret(node, what, message, false);
        }
    }
}

/// The credentials in a text, by format and by name.
pub(super) fn in_text(text: &str) -> Result<Vec<Credential>, &'static str> {
    if text.len() > LONGEST {
        return Err("the text is longer than 3 MiB and was not searched for credentials");
    }
    let hits = formats::find(text);
    let mut found: Vec<(Range<usize>, Credential)> = hits
        .into_iter()
        .map(|hit| {
            let shown = shown(&text[hit.span.clone()], is_token(hit.what));
            let what = Cow::Borrowed(hit.what);
            (hit.span, Credential { what, shown, placeholder: hit.placeholder })
        })
        .collect();
    for pair in values::pairs(text) {
        let known = |(span, _): &(Range<usize>, _)| {
            span.start < pair.value.end && pair.value.start < span.end
        };
        if found.iter().any(known) {
            continue;
        }
        let value = &text[pair.value.clone()];
        let placeholder = match judge_under(pair.kind, value) {
            Value::Nothing => continue,
            Value::Placeholder => true,
            Value::Secret => false,
        };
        let what = Cow::Owned(pair.name.to_owned());
        found.push((pair.value, Credential { what, shown: shown(value, false), placeholder }));
    }
    found.sort_by_key(|(span, _)| span.start);
    Ok(found.into_iter().map(|(_, credential)| credential).collect())
}

/// The credentials in a value that goes by a name, such as a variable or an entry of a ConfigMap.
pub(super) fn in_entry(name: &str, text: &str) -> Result<Vec<Credential>, &'static str> {
    let found = in_text(text)?;
    let Some(kind) = values::name(name).filter(|_| found.is_empty()) else { return Ok(found) };
    let text = text.trim();
    if text.contains('\n') {
        return Ok(found);
    }
    Ok(match judge_under(kind, text) {
        Value::Nothing => found,
        judged => vec![Credential {
            what: Cow::Owned(name.to_owned()),
            shown: shown(text, false),
            placeholder: judged == Value::Placeholder,
        }],
    })
}

/// Tokens begin with letters that say whose they are and that are no secret.
fn is_token(what: &str) -> bool {
    !["private key", "password", "account key", "web token", "service account"]
        .iter()
        .any(|other| what.contains(other))
}

pub(super) fn shown(secret: &str, with_prefix: bool) -> String {
    let length = secret.chars().count();
    let prefix = if with_prefix && length >= 16 { secret.get(..4) } else { None };
    match prefix {
        Some(prefix) => format!("{prefix}…, {length} characters"),
        None => format!("{length} characters"),
    }
}

/// The credential that a kubeconfig carries; `None` where the text is no kubeconfig or carries
/// none. Read line by line: YAML and JSON have the keys alike.
pub(super) fn of_kubeconfig(text: &str) -> Option<Credential> {
    if !text.contains("clusters") || !text.contains("users") || !text.contains("Config") {
        return None;
    }
    text.split(['\n', '{', ',']).find_map(|line| {
        let line = line.trim().trim_start_matches("- ");
        let (key, value) = line.split_once(':')?;
        let value = value.trim().trim_matches(['"', '\'', ',', '}', ' ']);
        let what = match key.trim().trim_matches(['"', '\'']) {
            "token" => "token",
            "client-key-data" => "client key",
            "password" => "password",
            _ => return None,
        };
        let judged = values::judge(value);
        (judged != Value::Nothing).then(|| Credential {
            what: formats::find(value).first().map_or(what, |hit| hit.what).into(),
            shown: shown(value, false),
            placeholder: judged == Value::Placeholder,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_once() {
        let found = in_entry("DATABASE_PASSWORD", "postgres://shop:Tulip42@db/shop");
        let whats: Vec<_> = found.expect("short").into_iter().map(|found| found.what).collect();
        assert_eq!(whats, ["password in an address"]);
        let found = in_entry("DB_PASSWORD", "Tulip-Harbour-42").expect("short");
        assert_eq!((found.len(), found[0].shown.as_str()), (1, "16 characters"));
    }

    #[test]
    fn kubeconfigs_are_read_in_yaml_and_json() {
        let yaml = "kind: Config\nclusters: []\nusers:\n- name: ci\n  user:\n    token: abc.def";
        assert_eq!(of_kubeconfig(yaml).map(|found| found.what), Some("token".into()));
        let json =
            r#"{"kind":"Config","clusters":[],"users":[{"user":{"client-key-data":"TFMw"}}]}"#;
        assert_eq!(of_kubeconfig(json).map(|found| found.what), Some("client key".into()));
        let exec = "kind: Config\nclusters: []\nusers:\n- user: {exec: {command: aws}}";
        assert_eq!(of_kubeconfig(exec), None);
    }
}
