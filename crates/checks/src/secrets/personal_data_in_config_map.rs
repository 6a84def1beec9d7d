//! Data of persons does not belong in settings.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

/// E-mail addresses, card numbers with a valid check digit (ISO/IEC 7812) and bank accounts with
/// one (IBAN, ISO 13616) in a ConfigMap. An address alone is one step less bad.
pub const CHECK: Check = Check {
    id: "personal-data-in-config-map",
    title: "ConfigMap holds personal data",
    severity: Severity::Medium,
    rationale: "Everyone who may look at the namespace reads ConfigMaps, and they are copied into \
                repositories, backups and support bundles, where the law wants to know what data \
                of persons is kept, why and until when.",
    remedy: "Keep data of persons in a database with access control. Use addresses of roles, such \
             as `ops@…`, in a setting of the program's own.",
    mapping: Mapping::NONE,
    covers: &["trivy:KSV-01010"],
    links: &["https://kubernetes.io/docs/concepts/configuration/configmap/"],
    scope: Scope::Object(&[ObjectKind::ConfigMap], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("personal_data_in_config_map.yaml"),
};

fn run<'a>(config_map: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(data) = config_map.root().field("data")? else { return Ok(()) };
    for (key, value) in data.map()? {
        let text = value.text();
        let mut tell = |what: &'static str, lesser: bool| {
            let message = format!(
                "entry {} of ConfigMap {} holds {what}; keep data of persons elsewhere",
                key.text(),
                config_map.name()
            );
            cx.fail_secret(value, what, message, lesser);
        };
        if holds_number(text) {
            tell("a card number", false);
        }
        if words(text).any(is_iban) {
            tell("a bank account", false);
        }
        if text.contains('@') && words(text).any(is_email) {
            tell("an e-mail address", true);
        }
    }
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "\"'<>()[]{},;=|".contains(c))
        .map(|word| word.trim_end_matches(['.', ':', '!', '?']))
}

/// `name@domain.tld`; not the login of an address, the user of `git@…:` or a package's version.
fn is_email(word: &str) -> bool {
    let word = word.strip_prefix("mailto:").unwrap_or(word);
    let Some((name, domain)) = word.split_once('@') else { return false };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    !name.is_empty()
        && !matches!(name, "git" | "hg" | "svn" | "root" | "noreply" | "no-reply")
        && name.bytes().all(is_name)
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && domain.rsplit('.').next().is_some_and(|top| {
            top.len() >= 2
                && top.bytes().all(|b| b.is_ascii_alphabetic())
                && !matches!(top, "svc" | "local" | "internal" | "service")
        })
}

/// Groups of digits as they stand on a card: 13 to 19 of them, of a known issuer.
fn holds_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().take_while(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
        let end = at + run.count();
        let before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'.');
        let after = bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.');
        if !before && !after && is_card(&bytes[at..end]) {
            return true;
        }
        at = end;
    }
    false
}

fn is_card(run: &[u8]) -> bool {
    let digits: Vec<u32> =
        run.iter().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0')).collect();
    let groups = run.split(|b| !b.is_ascii_digit()).filter(|group| !group.is_empty()).count();
    let issuer = digits.iter().take(2).fold(0, |number, digit| number * 10 + digit);
    // Visa, Mastercard, American Express, Discover: other numbers pass the check digit by chance.
    let known = matches!(issuer, 40..=49 | 51..=55 | 22..=27 | 34 | 37 | 60 | 65);
    let check = digits.iter().rev().enumerate().fold(0, |sum, (i, digit)| {
        let twice = if i % 2 == 1 { digit * 2 } else { *digit };
        sum + twice / 10 + twice % 10
    });
    // Whole groups of four as printed, or one run.
    (groups == 1 || groups == 3 || groups == 4)
        && matches!(digits.len(), 15 | 16)
        && known
        && check % 10 == 0
}

fn is_iban(word: &str) -> bool {
    if !(15..=34).contains(&word.len()) || !word.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let (head, account) = word.split_at(4);
    let head = head.as_bytes();
    if !head[..2].iter().all(u8::is_ascii_uppercase)
        || !head[2..].iter().all(u8::is_ascii_digit)
        || account.bytes().any(|b| b.is_ascii_lowercase())
    {
        return false;
    }
    let rest = account.bytes().chain(head.iter().copied()).fold(0u32, |rest, b| {
        if b.is_ascii_digit() {
            (rest * 10 + u32::from(b - b'0')) % 97
        } else {
            (rest * 100 + u32::from(b - b'A') + 10) % 97
        }
    });
    rest == 1
}
