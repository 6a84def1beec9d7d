//! A change of a text as a patch that `git apply` and `patch -p1` take.

use std::io::{self, Write};

use similar::TextDiff;

/// Writes the change of a file in the unified format, with three lines around each change.
pub(crate) fn write(out: &mut dyn Write, name: &str, before: &str, after: &str) -> io::Result<()> {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let diff = TextDiff::from_lines(before, after);
    let (old, new) = (header("a/", name), header("b/", name));
    write!(out, "{}", diff.unified_diff().context_radius(3).header(&old, &new))
}

/// A name as git writes it: in quotes where it has odd characters, and with a tab behind it where
/// it has blanks, which would end it otherwise.
fn header(side: &str, name: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '"' | '\\');
    if name.contains(odd) {
        let escaped: String = name
            .chars()
            .map(|c| match c {
                '"' | '\\' => format!("\\{c}"),
                c if c.is_control() => format!("\\{:03o}", c as u32),
                c => c.to_string(),
            })
            .collect();
        return format!("\"{side}{escaped}\"");
    }
    let end = if name.contains(' ') { "\t" } else { "" };
    format!("{side}{name}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(name: &str, before: &str, after: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, name, before, after).expect("a Vec takes all");
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn says_what_changes_and_where() {
        assert_eq!(
            diff("./a/b.yaml", "x: 1\ny: 2", "x: 1\ny: 3"),
            "--- a/a/b.yaml\n+++ b/a/b.yaml\n@@ -1,2 +1,2 @@\n x: 1\n-y: 2\n\\ No newline at end of \
             file\n+y: 3\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn odd_names_are_written_as_git_writes_them() {
        assert_eq!(header("a/", "b c.yaml"), "a/b c.yaml\t");
        assert_eq!(header("b/", "a\"\t.yaml"), "\"b/a\\\"\\011.yaml\"");
    }
}
