//! A misspelt Pod Security label enforces something else than it says, or nothing.

use seawall_model::document::Node;
use seawall_model::{
    Change, Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Value,
};

use crate::fix;

/// A Pod Security label with an unknown name, level or version, or one that stands among the
/// annotations.
pub const CHECK: Check = Check {
    id: "pod-security-label-invalid",
    title: "Pod Security label means nothing",
    severity: Severity::Medium,
    rationale: "Labels with an unknown name are ignored without a word, and so are Pod Security \
                settings among the annotations. A level that does not exist is refused for new \
                namespaces and held for `restricted` (`enforce`) or for `privileged` (`audit`, \
                `warn`) in old ones; a version that can't be read means `latest`.",
    remedy: "Write `pod-security.kubernetes.io/enforce`, `audit` or `warn` with `privileged`, \
             `baseline` or `restricted` in lower case, and `enforce-version`, `audit-version` or \
             `warn-version` with `latest` or a version such as `v1.34`, among the labels.",
    mapping: Mapping { nsa: &[], cis: &["5.2.1"], pss: None, mitre: &["T1610"] },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-admission/"],
    scope: Scope::Object(&[ObjectKind::Namespace], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "The label takes effect, which it did not, and pods may be refused.",
        ),
        edits,
    }),
    cases: include_str!("pod_security_label_invalid.yaml"),
};

const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];
const PREFIX: &str = "pod-security.kubernetes.io/";
/// Prefixes that are often written instead.
const ALIKE: &[&str] =
    &["podsecurity.kubernetes.io/", "pod-security.k8s.io/", "podsecurity.k8s.io/"];

fn run<'a>(namespace: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(metadata) = namespace.root().field("metadata")? else { return Ok(()) };
    if let Some(labels) = metadata.field("labels")? {
        for (key, value) in labels.map()? {
            look(key, value, cx);
        }
    }
    if let Some(annotations) = metadata.field("annotations")? {
        for (key, value) in annotations.map()? {
            let setting = key.text().strip_prefix(PREFIX);
            if setting.is_some_and(|setting| is_level(setting) || is_version(setting)) {
                let message =
                    format!("`{}` is an annotation and has no effect; make it a label", key.text());
                cx.fail(value, message);
            }
        }
    }
    Ok(())
}

fn look<'a>(key: Node<'a>, value: Node<'a>, cx: &mut Cx<'a>) {
    let name = key.text();
    if let Some(prefix) = ALIKE.iter().find(|prefix| name.starts_with(**prefix)) {
        let message =
            format!("label `{name}` has no effect; its prefix is `{PREFIX}`, not `{prefix}`");
        cx.fail(value, message);
        return;
    }
    let Some(setting) = name.strip_prefix(PREFIX) else { return };
    if !is_level(setting) && !is_version(setting) {
        let message = format!(
            "label `{name}` has no effect; Pod Security knows enforce, audit and warn, \
             each also with -version"
        );
        cx.fail(value, message);
        return;
    }
    let text = match value.string() {
        Ok(text) => text.value,
        Err(why) => return cx.undecided(why),
    };
    if is_level(setting) && !LEVELS.contains(&text) {
        let message = format!(
            "`{text}` is no Pod Security level; use `privileged`, `baseline` or `restricted`"
        );
        cx.fail(value, message);
    } else if is_version(setting) && !is_valid_version(text) {
        cx.fail(value, format!("`{text}` is no version; use `latest` or one like `v1.34`"));
    }
}

fn is_level(setting: &str) -> bool {
    matches!(setting, "enforce" | "audit" | "warn")
}

fn is_version(setting: &str) -> bool {
    matches!(setting, "enforce-version" | "audit-version" | "warn-version")
}

/// `latest`, or `v1.` and a number without leading zeros (`ParseVersion` in
/// `k8s.io/pod-security-admission/api`).
fn is_valid_version(version: &str) -> bool {
    version == "latest"
        || version.strip_prefix("v1.").is_some_and(|minor| {
            !minor.is_empty()
                && minor.bytes().all(|byte| byte.is_ascii_digit())
                && (minor == "0" || !minor.starts_with('0'))
        })
}

/// A right prefix, a level in other letters, a version without its `v`, and a label among the
/// annotations; other misspellings may mean several things.
fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    const NOT_KNOWN: &str = "what is meant is not known";
    let (value, key) = (flaw.node, flaw.node.key().ok_or(NOT_KNOWN)?.text());
    let labels = flaw.object.root().at_path(&["metadata", "labels"]);
    let alike = ALIKE.iter().find_map(|prefix| key.strip_prefix(prefix));
    let setting = alike.or_else(|| key.strip_prefix(PREFIX)).ok_or(NOT_KNOWN)?;
    let level = |text: &str| LEVELS.into_iter().find(|level| text.eq_ignore_ascii_case(level));
    let text = value.text();
    let right = if is_level(setting) {
        level(text).map(str::to_owned)
    } else if is_version(setting) {
        let version = format!("v{}", text.trim_start_matches(['v', 'V']));
        [text.to_ascii_lowercase(), version].into_iter().find(|text| is_valid_version(text))
    } else {
        None
    };
    let right = right.ok_or(NOT_KNOWN)?;
    let name = format!("{PREFIX}{setting}");
    if labels.is_none_or(|labels| !labels.contains(value)) {
        if labels.is_some_and(|labels| labels.get(&name).is_some()) {
            return Err("there is such a label already".into());
        }
        let path = vec!["metadata".into(), "labels".into(), name.into()];
        let change = Change::Set { path, value: Value::str(right) };
        return Ok(vec![Edit { at: flaw.object.root(), change }, Edit::remove(value)]);
    }
    let mut edits = Vec::new();
    if alike.is_some() {
        edits.push(Edit::rename(value, name));
    }
    if right != text {
        edits.extend(fix::here(flaw, Value::str(right))?);
    }
    Ok(edits)
}
