//! Which TLS versions and cipher suites are strong.

use crate::outcome::{Outcome, Verdict};
use crate::setting::{Setting, Want};

/// The suites without CBC, RC4 and 3DES, by the names of Go's `crypto/tls`.
pub const STRONG: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// What is written where suites are to be set: those of TLS 1.2; those of 1.3 can't be chosen.
const OFFERED: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Whether no weak suite is offered: by the list of suites, or because TLS 1.3 is the least.
pub fn suites(list: &Setting, version: &Setting) -> Outcome {
    if version.value.as_ref().is_ok_and(|value| value.as_deref().is_some_and(is_newest)) {
        return Outcome::pass("TLS 1.3 is the oldest version, and has no weak suites")
            .with([version.evidence()]);
    }
    let wanted = match &list.value {
        Ok(None) => Want::Only(OFFERED),
        _ => Want::Only(STRONG),
    };
    let mut outcome = list.judge(wanted).with([version.evidence()]);
    if outcome.verdict == Verdict::Fail {
        match &list.value {
            Ok(Some(value)) => {
                let weak: Vec<&str> = value
                    .split(',')
                    .map(str::trim)
                    .filter(|suite| !STRONG.contains(suite))
                    .collect();
                outcome.reason = format!("{} holds weak suites: {}", list.item, weak.join(", "));
            }
            _ => outcome.reason.push_str("; Go's own choice has suites with CBC"),
        }
    }
    outcome
}

/// Whether nothing older than TLS 1.2 is offered.
pub fn version(version: &Setting) -> Outcome {
    let modern = |value: &str| is_newest(value) || matches!(value, "VersionTLS12" | "TLS1.2");
    match &version.value {
        Ok(Some(value)) if modern(value) => {
            Outcome::pass(format!("{} is {value}", version.item)).with([version.evidence()])
        }
        _ => version.judge(Want::Text("VersionTLS12")),
    }
}

fn is_newest(version: &str) -> bool {
    matches!(version, "VersionTLS13" | "TLS1.3")
}
