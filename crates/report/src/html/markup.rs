//! Writing markup into which no text from strangers can break.
//!
//! Only text that stands in Seawall's own source (`&'static str`) may be markup; all other text is
//! escaped for content and for quoted attributes alike. A template engine does the same with one
//! more language to read, and took longer than all else for a large report.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::escape::{is_plain, is_unsafe};
use crate::summary::plural;

/// Bytes of one text that are written; longer ones are cut and end in `…`.
const MOST: usize = 2_000;

/// Markup in the making.
pub(crate) struct Markup<'b> {
    pub(crate) bytes: &'b mut Vec<u8>,
}

impl Markup<'_> {
    /// Markup of Seawall's own.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.bytes.extend_from_slice(markup.as_bytes());
        self
    }

    /// Any text, as content or between the quotes of an attribute.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        let end = if text.len() > MOST { text.floor_char_boundary(MOST) } else { text.len() };
        self.escaped(&text[..end]);
        if end < text.len() { self.raw("…") } else { self }
    }

    /// Text on lines, such as code.
    fn lines(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.bytes.push(b'\n');
            }
            self.text(line);
        }
    }

    fn escaped(&mut self, text: &str) {
        if is_plain(text) && !text.contains(['<', '>', '&', '"', '\'']) {
            self.bytes.extend_from_slice(text.as_bytes());
            return;
        }
        for c in text.chars() {
            let entity = match c {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                '\'' => "&#39;",
                c if is_unsafe(c) => {
                    self.bytes.extend(c.escape_default().map(|c| c as u8));
                    continue;
                }
                c => {
                    self.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
            };
            self.raw(entity);
        }
    }

    /// A sentence in which what stands between backticks is code.
    pub(crate) fn sentence(&mut self, text: &str) -> &mut Self {
        if text.matches('`').count() % 2 == 1 {
            return self.text(text);
        }
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 0 {
                self.text(part);
            } else {
                self.raw("<code>").text(part).raw("</code>");
            }
        }
        self
    }

    /// A number without separators.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.bytes.extend_from_slice(number.to_string().as_bytes());
        self
    }

    /// A number with a separator between thousands.
    pub(crate) fn grouped(&mut self, number: u64) -> &mut Self {
        let digits = number.to_string();
        for (index, digit) in digits.bytes().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                self.bytes.push(b',');
            }
            self.bytes.push(digit);
        }
        self
    }

    /// `1 finding`, `1,234 findings`.
    pub(crate) fn counted(&mut self, number: u64, noun: &str) -> &mut Self {
        let words = plural(number, noun);
        self.grouped(number).text(words.trim_start_matches(|c: char| c.is_ascii_digit()))
    }

    /// Markdown: paragraphs, lists, code, emphasis and links to the web. Markup in it is text, and
    /// so is what it has besides.
    pub(crate) fn markdown(&mut self, text: &str) -> &mut Self {
        for event in Parser::new(text) {
            match event {
                Event::Start(tag) => self.start(&tag),
                Event::End(tag) => self.end(tag),
                Event::Text(text) => self.lines(&text),
                Event::Code(code) => {
                    self.raw("<code>").text(&code).raw("</code>");
                }
                Event::SoftBreak | Event::HardBreak => self.bytes.push(b'\n'),
                Event::Html(text) | Event::InlineHtml(text) => self.lines(&text),
                _ => {}
            }
        }
        self
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let markup = match tag {
            Tag::Paragraph => "<p>",
            Tag::List(None) => "<ul>",
            Tag::List(Some(_)) => "<ol>",
            Tag::Item => "<li>",
            Tag::CodeBlock(_) => "<pre><code>",
            Tag::Emphasis => "<em>",
            Tag::Strong => "<strong>",
            Tag::Heading { .. } => "<p><strong>",
            Tag::Link { dest_url, .. } => {
                // Nothing but the web: no `javascript:`.
                let url = if is_web(dest_url) { &**dest_url } else { "#" };
                self.raw("<a rel=\"noreferrer\" href=\"").text(url).raw("\">");
                return;
            }
            _ => return,
        };
        self.raw(markup);
    }

    fn end(&mut self, tag: TagEnd) {
        let markup = match tag {
            TagEnd::Paragraph => "</p>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::CodeBlock => "</code></pre>\n",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Heading(_) => "</strong></p>\n",
            TagEnd::Link => "</a>",
            _ => return,
        };
        self.raw(markup);
    }
}

/// Whether an address leads to the web.
pub(crate) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markup(write: impl FnOnce(&mut Markup<'_>)) -> String {
        let mut bytes = Vec::new();
        write(&mut Markup { bytes: &mut bytes });
        String::from_utf8(bytes).expect("markup is UTF-8")
    }

    #[test]
    fn text_can_break_out_of_nothing() {
        let said = markup(|to| {
            to.text("</style><script x='\">&\u{202e}\n");
        });
        assert_eq!(said, "&lt;/style&gt;&lt;script x=&#39;&quot;&gt;&amp;\\u{202e}\\n");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let said = markup(|to| {
            to.text(&"漢".repeat(MOST));
        });
        assert_eq!(said.len(), MOST / 3 * 3 + "…".len());
        assert!(said.ends_with("漢…"));
    }

    #[test]
    fn sentences_show_code() {
        let said = |text| {
            markup(|to| {
                to.sentence(text);
            })
        };
        assert_eq!(said("set `a: <b>` now"), "set <code>a: &lt;b&gt;</code> now");
        assert_eq!(said("one ` alone"), "one ` alone");
    }

    #[test]
    fn numbers_are_grouped() {
        let said = markup(|to| {
            for number in [0, 999, 1_000, 75_000, 1_234_567] {
                to.grouped(number).raw(" ");
            }
            to.counted(1, "finding").raw(" ").counted(2_000, "finding");
        });
        assert_eq!(said, "0 999 1,000 75,000 1,234,567 1 finding 2,000 findings");
    }

    #[test]
    fn markdown_brings_no_markup_and_no_script() {
        let said = markup(|to| {
            to.markdown(
                "A *b* `c<d>`:\n\n- one\n\n```yaml\na: <b>\n  c: 1\n```\n<script>x</script>\n\n\
                 [x](javascript:alert(1)) [y](https://example.com/?a=1&b=2) ![z](https://e.com/z)",
            );
        });
        assert_eq!(
            said,
            "<p>A <em>b</em> <code>c&lt;d&gt;</code>:</p>\n<ul>\n<li>one</li>\n</ul>\n\
             <pre><code>a: &lt;b&gt;\n  c: 1\n</code></pre>\n&lt;script&gt;x&lt;/script&gt;\n\
             <p><a rel=\"noreferrer\" href=\"#\">x</a> \
             <a rel=\"noreferrer\" href=\"https://example.com/?a=1&amp;b=2\">y</a> z</p>\n"
                .replace("<ul>\n", "<ul>")
        );
    }
}
