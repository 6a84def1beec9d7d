//! What the labels of a namespace say.

use std::fmt;

use super::PodLevel;
use crate::standards::Version;

const PREFIX: &str = "pod-security.kubernetes.io/";

/// A level at a version, written `restricted:v1.30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelVersion {
    /// The level.
    pub level: PodLevel,
    /// The version.
    pub version: Version,
}

impl Default for LevelVersion {
    /// `privileged:latest`, which holds where nobody says otherwise.
    fn default() -> Self {
        LevelVersion { level: PodLevel::Privileged, version: Version::LATEST }
    }
}

impl fmt::Display for LevelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.level, self.version)
    }
}

/// What holds in a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// What pods are refused for.
    pub enforce: LevelVersion,
    /// What is noted in the audit log.
    pub audit: LevelVersion,
    /// What users are warned of.
    pub warn: LevelVersion,
}

/// A label that can't be understood. The API server refuses it when it is set; one that is there
/// already makes it enforce `restricted` (audit and warn: nothing), or `latest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLabel {
    /// The label's key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What holds instead.
    pub instead: String,
}

/// What holds in a namespace with labels, where `defaults` hold without (`PolicyToEvaluate`).
pub fn modes<'l>(
    labels: impl Fn(&str) -> Option<&'l str>,
    defaults: Modes,
) -> (Modes, Vec<InvalidLabel>) {
    let (mut modes, mut invalid) = (defaults, Vec::new());
    let has = |key: &str| labels(&format!("{PREFIX}{key}")).is_some();
    let mut read = |name: &str, on_error: PodLevel, mode: &mut LevelVersion| -> bool {
        let mut understood = true;
        let key = format!("{PREFIX}{name}");
        if let Some(value) = labels(&key) {
            mode.level = value.parse().unwrap_or_else(|_| {
                understood = false;
                let instead = on_error.to_string();
                invalid.push(InvalidLabel { key, value: value.to_owned(), instead });
                on_error
            });
        }
        let key = format!("{PREFIX}{name}-version");
        if let Some(value) = labels(&key) {
            mode.version = value.parse().unwrap_or_else(|_| {
                let instead = Version::LATEST.to_string();
                invalid.push(InvalidLabel { key, value: value.to_owned(), instead });
                Version::LATEST
            });
        }
        understood
    };
    let enforce_understood = read("enforce", PodLevel::Restricted, &mut modes.enforce);
    read("audit", PodLevel::Privileged, &mut modes.audit);
    read("warn", PodLevel::Privileged, &mut modes.warn);
    // Who enforces is warned as well, of as much at least.
    if has("enforce")
        && enforce_understood
        && !has("warn")
        && modes.enforce.level > modes.warn.level
    {
        modes.warn.level = modes.enforce.level;
        if !has("warn-version") {
            modes.warn.version = modes.enforce.version;
        }
    }
    (modes, invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[(&str, &str)]) -> (String, usize) {
        let find = |key: &str| {
            let name = key.strip_prefix(PREFIX)?;
            labels.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
        };
        let (modes, invalid) = modes(find, Modes::default());
        (format!("{} {} {}", modes.enforce, modes.audit, modes.warn), invalid.len())
    }

    #[test]
    fn modes_of_labels() {
        let privileged = "privileged:latest";
        assert_eq!(of(&[]), (format!("{privileged} {privileged} {privileged}"), 0));
        // Warnings follow what is enforced, unless somebody says otherwise.
        assert_eq!(
            of(&[("enforce", "baseline"), ("enforce-version", "v1.30")]),
            (format!("baseline:v1.30 {privileged} baseline:v1.30"), 0)
        );
        assert_eq!(
            of(&[("enforce", "baseline"), ("warn-version", "v1.20")]),
            (format!("baseline:latest {privileged} baseline:v1.20"), 0)
        );
        assert_eq!(
            of(&[("enforce", "baseline"), ("warn", "privileged"), ("audit", "restricted")]),
            (format!("baseline:latest restricted:latest {privileged}"), 0)
        );
    }

    #[test]
    fn what_cannot_be_understood_is_enforced_and_not_audited() {
        assert_eq!(
            of(&[("enforce", "strict"), ("audit", "x"), ("warn", ""), ("audit-version", "1.30")]),
            ("restricted:latest privileged:latest privileged:latest".to_owned(), 4)
        );
    }
}
