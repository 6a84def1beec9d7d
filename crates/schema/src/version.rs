//! Kubernetes versions, as far as their API differs.

use std::fmt;
use std::str::FromStr;

/// A minor version of Kubernetes 1.x between [`Version::OLDEST`] and [`Version::LATEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    minor: u8,
}

impl Version {
    /// The oldest version whose API is known.
    pub const OLDEST: Version = Version { minor: 20 };
    /// The newest version whose API is known.
    pub const LATEST: Version = Version { minor: 37 };

    /// The number after `1.`.
    pub const fn minor(self) -> u8 {
        self.minor
    }

    /// Every known version, oldest first.
    pub fn all() -> impl Iterator<Item = Version> {
        (Version::OLDEST.minor..=Version::LATEST.minor).map(|minor| Version { minor })
    }

    /// A version that a fact of the digest names, which may lie outside what is covered.
    pub(crate) const fn at(minor: u8) -> Version {
        Version { minor }
    }
}

impl Default for Version {
    fn default() -> Self {
        Version::LATEST
    }
}

impl fmt::Display for Version {
    /// `1.30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

/// Why a text names no version that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// It is no version.
    #[error("{0:?} is not a Kubernetes version; write one such as 1.30, or latest")]
    Malformed(String),
    /// It lies outside what is known.
    #[error("the API of Kubernetes {0} is not known here; {oldest} to {latest} are",
        oldest = Version::OLDEST, latest = Version::LATEST)]
    Unknown(String),
}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads `1.30`, `v1.30`, `1.30.4`, `v1.30.4-gke.100`, `v1.30.4+k3s1` and `latest`.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text == "latest" {
            return Ok(Version::LATEST);
        }
        let malformed = || VersionError::Malformed(text.to_owned());
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let (major, rest) = numbers.split_once('.').ok_or_else(malformed)?;
        let major: u32 = major.parse().map_err(|_| malformed())?;
        // Managed clusters report minors such as "30+".
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (minor, patch) = rest.split_at(end);
        let minor: u32 = minor.parse().map_err(|_| malformed())?;
        if !(patch.is_empty() || patch.starts_with(['.', '-', '+'])) {
            return Err(malformed());
        }
        u8::try_from(minor)
            .ok()
            .map(|minor| Version { minor })
            .filter(|version| major == 1 && (Version::OLDEST..=Version::LATEST).contains(version))
            .ok_or_else(|| VersionError::Unknown(format!("{major}.{minor}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_clusters_and_people_write_them() {
        for (text, minor) in [
            ("1.30", 30),
            ("v1.30", 30),
            ("1.30.4", 30),
            ("v1.30.4-gke.1282000", 30),
            ("v1.30.4+k3s1", 30),
            ("1.30+", 30),
            ("1.20", 20),
            ("latest", Version::LATEST.minor),
        ] {
            assert_eq!(text.parse(), Ok(Version { minor }), "{text}");
        }
        for text in ["", "1", "v1.", "1.x", "one.30", "1.30x", "Latest"] {
            assert!(matches!(text.parse::<Version>(), Err(VersionError::Malformed(_))), "{text}");
        }
        for text in ["1.19", "1.99", "2.30", "1.4000"] {
            let error = text.parse::<Version>().expect_err(text);
            assert!(matches!(error, VersionError::Unknown(_)), "{text}");
        }
    }
}
