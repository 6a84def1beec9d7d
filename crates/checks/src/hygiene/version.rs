//! Versions, and which of them have a flaw.

use std::fmt;

/// Major, minor and patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

/// A version, in short.
pub(super) const fn v(major: u32, minor: u32, patch: u32) -> Version {
    Version { major, minor, patch }
}

impl Version {
    /// Reads `v1.24.3`, with or without the `v` and with anything after a hyphen, a plus or an at
    /// sign; `None` for what has no three numbers.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split(['-', '+', '@']).next()?;
        let mut numbers = text.split('.').map(|number| number.parse::<u32>().ok());
        let version = v(numbers.next()??, numbers.next()??, numbers.next()??);
        Some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A published flaw and the versions that have it.
#[derive(Debug)]
pub(super) struct Flaw {
    /// Its CVE number.
    pub id: &'static str,
    /// What it lets happen.
    pub what: &'static str,
    /// From and, exclusive, to: the version that mends it.
    pub affected: &'static [(Version, Version)],
}

impl Flaw {
    /// The version that mends the flaw of a version; `None` where it has none.
    pub fn mended_after(&self, version: Version) -> Option<Version> {
        let range = self.affected.iter().find(|(from, to)| *from <= version && version < *to);
        range.map(|(_, mended)| *mended)
    }
}
