//! Making text from strangers safe to show.
//!
//! Control characters drive terminals, line ends forge lines, and bidirectional overrides make
//! text read as what it is not (CVE-2021-42574). All of them are shown as escapes instead.

use std::borrow::Cow;

/// Whether a character can change how others are shown, or can't be seen.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether all of a text is printable ASCII, as nearly all of it is.
pub(crate) fn is_plain(text: &str) -> bool {
    // Without an early end, so that the compiler can take many bytes at a time.
    text.bytes().fold(true, |plain, byte| plain & (0x20..0x7f).contains(&byte))
}

/// The text with escapes such as `\n` and `\u{202e}` for what is unsafe.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_drives_terminals_and_hides_text() {
        assert_eq!(visible("a\u{1b}[31mb\r\n"), "a\\u{1b}[31mb\\r\\n");
        assert_eq!(visible("x\u{202e}y\u{2066}\u{200b}"), "x\\u{202e}y\\u{2066}\\u{200b}");
        assert_eq!(visible("\u{9b}\u{7f}\u{2028}"), "\\u{9b}\\u{7f}\\u{2028}");
    }

    #[test]
    fn leaves_letters_alone() {
        for text in ["", "plain", "Käse 漢字 🦀", "a\\nb"] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }
}
