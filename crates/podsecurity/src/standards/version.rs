//! Versions of the Pod Security Standards.

use std::fmt;
use std::str::FromStr;

/// A version of the Pod Security Standards: that of a minor release of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u32);

impl Version {
    /// Whatever is newest.
    pub const LATEST: Version = Version(u32::MAX);

    /// The newest release whose standards are known here. Later ones count as this one, as they do
    /// to an API server that is older than the version it is asked for.
    pub const NEWEST: Version = Version(37);

    /// `v1.minor`.
    pub const fn v1(minor: u32) -> Self {
        Version(minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Version::LATEST => f.write_str("latest"),
            Version(minor) => write!(f, "v1.{minor}"),
        }
    }
}

/// A text that names no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidVersion(String);

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no version: write \"latest\" or one such as \"v1.30\"", self.0)
    }
}

impl std::error::Error for InvalidVersion {}

impl FromStr for Version {
    type Err = InvalidVersion;

    /// `latest`, or `v1.` and a number without leading zeros (`ParseVersion` upstream).
    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        if text == "latest" {
            return Ok(Version::LATEST);
        }
        text.strip_prefix("v1.")
            .filter(|minor| minor.bytes().all(|b| b.is_ascii_digit()))
            .filter(|minor| *minor == "0" || !minor.starts_with('0'))
            .and_then(|minor| minor.parse().ok())
            .map(Version)
            .ok_or_else(|| InvalidVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_namespace_labels_accept() {
        assert_eq!("latest".parse(), Ok(Version::LATEST));
        assert_eq!("v1.0".parse(), Ok(Version::v1(0)));
        assert_eq!("v1.30".parse(), Ok(Version::v1(30)));
        assert_eq!("v1.300".parse(), Ok(Version::v1(300)));
        assert_eq!(Version::v1(30).to_string(), "v1.30");
        assert_eq!(Version::LATEST.to_string(), "latest");
    }

    #[test]
    fn rejects_the_rest() {
        for text in
            ["", "1.30", "v1", "v1.", "v1.030", "v2.0", "v1.-1", "v1.+1", "v1.30.1", "Latest"]
        {
            assert!(text.parse::<Version>().is_err(), "{text:?}");
        }
    }
}
