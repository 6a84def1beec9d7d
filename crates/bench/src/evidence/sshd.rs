//! What the SSH server is told, by sshd_config(5): of each setting the first value counts, those of
//! the command line come before all files, included files stand where they are included, and what
//! is behind `Match` holds for some alone.

use super::host::{Host, Unread};
use super::pattern;
use super::unit;

/// The file that is read unless another is named, and the one where distributions keep theirs
/// (`/usr/etc` of openSUSE), read where the first isn't there.
const FILE: &str = "/etc/ssh/sshd_config";
const VENDOR: &str = "/usr/etc/ssh/sshd_config";
/// How deep files may include each other (`SERVCONF_MAX_DEPTH` of OpenSSH).
const DEPTH: usize = 16;
/// Most files that are read, each as often as it is included.
const FILES: usize = 1_000;

/// A value with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The first word of it, without quotes.
    pub text: String,
    /// `/etc/ssh/sshd_config:12`.
    pub place: String,
}

/// All settings that are made, in the order in which they are read.
#[derive(Debug, Default)]
pub struct Sshd {
    settings: Vec<(String, Value, bool)>,
    files: usize,
}

impl Sshd {
    /// The node's SSH server; none where there is none.
    ///
    /// # Errors
    ///
    /// Where a file can't be read.
    pub fn read(host: &Host) -> Result<Option<Self>, Unread> {
        let mut sshd = Sshd::default();
        let mut path = FILE.to_owned();
        for name in ["ssh.service", "sshd.service"] {
            let Some(unit) = unit::read(host, name)? else { continue };
            let place = unit.files.first().cloned().unwrap_or_default();
            let mut words = unit.command.iter().skip(1);
            while let Some(word) = words.next() {
                // `-o Name=value`, `-oName=value`; the same for `-f`.
                let (Some(flag), value) = (word.get(..2), word.get(2..).unwrap_or_default()) else {
                    continue;
                };
                if !matches!(flag, "-o" | "-f") {
                    continue;
                }
                let value = if value.is_empty() { words.next().map_or("", |v| v) } else { value };
                if flag == "-f" {
                    value.clone_into(&mut path);
                } else if let Some((name, text)) = setting(value) {
                    sshd.push(name, text, place.clone(), false);
                }
            }
        }
        if path == FILE && host.metadata(FILE)?.is_none() {
            VENDOR.clone_into(&mut path);
        }
        if host.metadata(&path)?.is_none() {
            return Ok(None);
        }
        sshd.file(host, &path, 0, false)?;
        Ok(Some(sshd))
    }

    fn push(&mut self, name: &str, text: String, place: String, for_some: bool) {
        self.settings.push((name.to_lowercase(), Value { text, place }, for_some));
    }

    fn file(
        &mut self,
        host: &Host,
        path: &str,
        depth: usize,
        mut in_match: bool,
    ) -> Result<(), Unread> {
        self.files += 1;
        if depth > DEPTH || self.files > FILES {
            return Err(Unread::new(path, "there are too many files, or they nest too deep"));
        }
        let text = host.read(path)?.unwrap_or_default();
        let outer = in_match;
        for (number, line) in text.lines().enumerate() {
            let Some((name, value)) = setting(line) else { continue };
            if name.eq_ignore_ascii_case("match") {
                // A file that is included for some can't speak for all.
                in_match = outer || !value.eq_ignore_ascii_case("all");
            } else if name.eq_ignore_ascii_case("include") {
                for one in line.split_whitespace().skip(1) {
                    let one = one.trim_matches('"');
                    let one =
                        if one.starts_with('/') { one.into() } else { format!("/etc/ssh/{one}") };
                    for file in pattern::files(host, &one)? {
                        self.file(host, &file, depth + 1, in_match)?;
                    }
                }
            } else {
                self.push(name, value, format!("{path}:{}", number + 1), in_match);
            }
        }
        Ok(())
    }

    /// What holds for all, by the first of several names of one setting that is set.
    pub fn get(&self, names: &[&str]) -> Option<&Value> {
        self.of(names, false).next()
    }

    /// What holds for some alone.
    pub fn for_some(&self, names: &[&str]) -> impl Iterator<Item = &Value> {
        self.of(names, true)
    }

    fn of(&self, names: &[&str], some: bool) -> impl Iterator<Item = &Value> {
        self.settings.iter().filter_map(move |(name, value, for_some)| {
            let same = names.iter().any(|one| one.eq_ignore_ascii_case(name));
            (same && *for_some == some).then_some(value)
        })
    }
}

/// The name and the first word of a line; none of an empty line or a comment.
fn setting(line: &str) -> Option<(&str, String)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (name, rest) =
        line.split_once(|c: char| c.is_whitespace() || c == '=').unwrap_or((line, ""));
    let rest = rest.trim_start().trim_start_matches('=').trim_start();
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        // A comment may end a line.
        None => rest.split_whitespace().next().filter(|word| !word.starts_with('#')),
    };
    Some((name, value.unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_server_reads_them() {
        for (line, name, value) in [
            ("PermitRootLogin no", "PermitRootLogin", "no"),
            ("  permitrootlogin = no", "permitrootlogin", "no"),
            ("PermitRootLogin=no # for good", "PermitRootLogin", "no"),
            ("PermitRootLogin \"no\"", "PermitRootLogin", "no"),
            ("PermitRootLogin #no", "PermitRootLogin", ""),
        ] {
            assert_eq!(setting(line), Some((name, value.to_owned())), "{line}");
        }
        assert_eq!(setting("# PermitRootLogin no"), None);
    }
}
