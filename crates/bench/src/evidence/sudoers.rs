//! Who may become another user, by sudoers(5): lines go on behind a backslash, files are included
//! where they are named, and `#` starts a comment unless digits or an include follow.

use super::host::{Host, Unread};

/// The file that sudo starts with, and the one where distributions keep theirs (`/usr/etc` of
/// openSUSE), read where the first isn't there.
const FILES_OF_SUDO: [&str; 2] = ["/etc/sudoers", "/usr/etc/sudoers"];
/// How deep files may include each other (`MAX_SUDOERS_DEPTH` of sudo).
const DEPTH: usize = 128;
/// Most files that are read.
const FILES: usize = 1_000;

/// A line of policy, its continuations joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its text without a comment.
    pub text: String,
    /// Where it starts: `/etc/sudoers:12`.
    pub place: String,
}

/// What sudo reads.
#[derive(Debug, Default)]
pub struct Sudoers {
    /// All files, in the order in which they are read.
    pub files: Vec<String>,
    /// All lines that are neither empty nor an include.
    pub lines: Vec<Line>,
}

impl Sudoers {
    /// The node's policy; none where there is none.
    ///
    /// # Errors
    ///
    /// Where a file can't be read, or there are too many.
    pub fn read(host: &Host) -> Result<Option<Self>, Unread> {
        let mut sudoers = Sudoers::default();
        for path in FILES_OF_SUDO {
            if sudoers.files.is_empty() {
                sudoers.file(host, path, 0)?;
            }
        }
        Ok((!sudoers.files.is_empty()).then_some(sudoers))
    }

    fn file(&mut self, host: &Host, path: &str, depth: usize) -> Result<(), Unread> {
        if depth > DEPTH || self.files.len() == FILES {
            return Err(Unread::new(path, "there are too many files, or they nest too deep"));
        }
        let Some(text) = host.read(path)? else { return Ok(()) };
        self.files.push(path.to_owned());
        for (number, line) in joined(&text) {
            let place = format!("{path}:{number}");
            if let Some((word, target)) = include(&line) {
                let base = path.rsplit_once('/').map_or("", |(base, _)| base);
                let target =
                    if target.starts_with('/') { target } else { format!("{base}/{target}") };
                if target.contains('%') {
                    return Err(Unread::new(place, "it includes a file by the name of the host"));
                }
                if word == "include" {
                    self.file(host, &target, depth + 1)?;
                    continue;
                }
                for name in host.list(&target)?.unwrap_or_default() {
                    if !name.contains('.') && !name.ends_with('~') {
                        self.file(host, &format!("{target}/{name}"), depth + 1)?;
                    }
                }
                continue;
            }
            let text = without_comment(&line).trim().to_owned();
            if !text.is_empty() {
                self.lines.push(Line { text, place });
            }
        }
        Ok(())
    }

    /// The lines that let somebody but root go without a password.
    pub fn without_password(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| {
            let who = line.text.split_whitespace().next().unwrap_or_default();
            !matches!(who, "root" | "#0" | "Defaults:root") && is_free(&line.text)
        })
    }
}

/// Whether `NOPASSWD:` (blanks may stand before the colon), `!authenticate`, or a group that is
/// exempt from passwords is in a line.
fn is_free(line: &str) -> bool {
    let tag = line
        .match_indices("NOPASSWD")
        .any(|(at, tag)| line[at + tag.len()..].trim_start().starts_with(':'));
    let option = line.starts_with("Defaults")
        && (line.split('!').skip(1).any(|rest| rest.trim_start().starts_with("authenticate"))
            || line.contains("exempt_group"));
    tag || option
}

/// Lines with the number of their first one.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        let (line, more) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        match all.last_mut() {
            Some((_, last)) if goes_on => last.push_str(line),
            _ => all.push((number + 1, line.to_owned())),
        }
        goes_on = more;
    }
    all
}

/// `@include FILE`, `@includedir DIR`, and both with the `#` of older versions.
fn include(line: &str) -> Option<(&str, String)> {
    let (word, target) = line.trim().split_once(char::is_whitespace)?;
    let word = word.strip_prefix(['@', '#'])?;
    let target = target.trim().trim_matches('"').replace("\\ ", " ");
    matches!(word, "include" | "includedir").then_some((word, target))
}

fn without_comment(line: &str) -> &str {
    let digit = |at: usize| line[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let escaped = |at: usize| line[..at].ends_with('\\');
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| !digit(*at) && !escaped(*at));
    comment.map_or(line, |at| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_lines_are_seen_however_they_are_written() {
        for (line, free) in [
            ("dave ALL=(ALL) NOPASSWD: ALL", true),
            ("dave ALL=(ALL) NOPASSWD : ALL", true),
            ("#1000 ALL=(ALL) NOPASSWD:ALL", true),
            ("Defaults:dave !authenticate", true),
            ("Defaults ! authenticate", true),
            ("Defaults exempt_group = wheel", true),
            ("Defaults authenticate", false),
            ("dave ALL=(ALL) ALL # NOPASSWD: ALL", false),
            ("dave ALL=(ALL) PASSWD: ALL", false),
        ] {
            assert_eq!(is_free(without_comment(line)), free, "{line}");
        }
    }

    #[test]
    fn lines_go_on_and_name_files() {
        assert_eq!(joined("a \\\nb\nc"), [(1, "a b".to_owned()), (3, "c".to_owned())]);
        let directory = Some(("includedir", "/etc/sudoers.d".to_owned()));
        assert_eq!(include("#includedir /etc/sudoers.d"), directory);
        assert_eq!(include("@includedir /etc/sudoers.d"), directory);
        assert_eq!(include("# include that"), None);
    }
}
