//! Markdown, for a comment on a pull request.
//!
//! Bounded: GitHub refuses comments of more than 65,536 characters. What is cut is counted.

use std::fmt::Write as _;
use std::io;

use seawall_model::Finding;

use crate::Report;
use crate::escape::visible;
use crate::framework::{Status, summarise};
use crate::place::Place;
use crate::summary::{Summary, Verdict, plural};
use crate::text::subject;

/// Most characters that are written.
pub const MOST: usize = 65_000;

/// Characters kept free for the words on what was cut.
const SPARE: usize = 1_000;

/// Writes the comment.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { text: String::new(), room: MOST - SPARE };
    let summary = Summary::of(report);
    page.push(&head(report, &summary));
    // Few words on what was not read go first, so that no number of findings can cut them off.
    page.rows(
        "### Not scanned\n\n| What | Where | Cause |\n| --- | --- | --- |\n",
        MOST / 8,
        report.coverage.unread(),
        |part| {
            let cause = part.outcome.to_string();
            let place = if part.line > 0 {
                format!("{}:{}", part.file, part.line)
            } else {
                part.file.to_string()
            };
            format!("| {} | {} | {} |\n", part.outcome.name(), code(&place), prose(&cause))
        },
    );
    page.rows(
        "### Not decided\n\n| Check | Whose | Why | Where |\n| --- | --- | --- | --- |\n",
        MOST / 8,
        report.unknown.iter(),
        |unknown| {
            let (whose, why) = (subject(&unknown.subject), prose(&unknown.reason));
            let place = place(Place::of(&unknown.location));
            format!("| {} | {} | {why} | {place} |\n", unknown.check.id, prose(&whose))
        },
    );
    page.rows(
        "### Exceptions that need a look\n\n| What | Why | Where |\n| --- | --- | --- |\n",
        MOST / 8,
        report.notices.iter(),
        |notice| {
            let place = place(Place::of(&notice.location));
            format!("| {} | {} | {place} |\n", notice.kind.name(), prose(&notice.message))
        },
    );
    if let Some(framework) = report.framework {
        let results = summarise(framework, report);
        page.rows(
            &format!("### {}\n\n| Control | Status | |\n| --- | --- | --- |\n", framework.title),
            MOST / 4,
            results.iter(),
            |result| {
                let (id, title) = (result.control.id, result.control.title);
                let status = result.status.name();
                match result.status {
                    Status::NotDecided(why) => {
                        format!("| {id} | {status} | {}: {} |\n", prose(title), prose(why))
                    }
                    _ => format!("| {id} | {status} | {} |\n", prose(title)),
                }
            },
        );
    }
    let mut findings: Vec<&Finding> = report.counting().collect();
    // Stable: findings of one severity keep the order of the input.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    page.rows(
        "### Findings\n\n| Severity | Check | Whose | What | Where |\n\
         | --- | --- | --- | --- | --- |\n",
        MOST,
        findings.into_iter(),
        |finding| {
            let whose = prose(&finding.site.subject.object.to_string());
            let what = prose(&finding.message);
            let place = place(Place::of_finding(finding));
            format!(
                "| {} | {} | {whose} | {what} | {place} |\n",
                finding.severity, finding.check.id
            )
        },
    );
    out.write_all(page.text.as_bytes())
}

fn head(report: &Report<'_>, summary: &Summary) -> String {
    let mut head = String::from("## Seawall\n\n");
    let verdict = Verdict::of(report, summary);
    // Writing to a String can't fail.
    let _infallible = writeln!(head, "**{}**: {}.\n", verdict.word, verdict.why);
    let list: Vec<String> =
        summary.severities().map(|(severity, count)| format!("{count} {severity}")).collect();
    let list = if list.is_empty() { String::new() } else { format!(": {}", list.join(", ")) };
    let _infallible = write!(head, "{}{list}", plural(summary.total(), "finding"));
    if summary.total_suppressed() > 0 {
        let _infallible = write!(head, "; {} suppressed", summary.total_suppressed());
    }
    if !report.unknown.is_empty() {
        let _infallible = write!(head, "; {} not decided", report.unknown.len());
    }
    let counts = report.coverage.counts();
    let _infallible = writeln!(
        head,
        ". Read {}: {} with {} scanned, {} not Kubernetes, {} unrendered, {} unreadable.\n",
        plural(counts.files, "file"),
        plural(counts.scanned, "document"),
        plural(counts.objects, "object"),
        counts.not_kubernetes,
        plural(counts.templates, "template"),
        counts.unreadable,
    );
    head
}

/// The text so far and the characters that may follow.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Adds a text if it fits.
    fn push(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let fits = length <= self.room;
        if fits {
            self.text.push_str(text);
            self.room -= length;
        }
        fits
    }

    /// Adds a table of at most so many characters, and a word about the rows that did not fit.
    fn rows<T>(
        &mut self,
        head: &str,
        most: usize,
        items: impl Iterator<Item = T>,
        row: impl Fn(T) -> String,
    ) {
        let mut items = items.peekable();
        if items.peek().is_none() {
            return;
        }
        let kept = self.room.saturating_sub(most);
        self.room -= kept;
        let mut cut = 0;
        if !self.push(head) {
            cut = items.count() as u64;
        } else if items.any(|item| !self.push(&row(item))) {
            cut = 1 + items.count() as u64;
        }
        self.room += kept;
        if cut > 0 {
            // The spare room holds this for each of the tables.
            let what = head.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
            // Writing to a String can't fail.
            let _infallible = write!(
                self.text,
                "\n{what}: {} left out, for a comment has no more room. \
                 `seawall scan` shows all.\n",
                plural(cut, "row")
            );
        }
        self.text.push('\n');
    }
}

fn place(place: Place<'_>) -> String {
    code(&format!("{}:{}:{}", place.file, place.start.line, place.start.column))
}

/// A text from strangers as code in a table.
fn code(text: &str) -> String {
    if text.contains('`') {
        return prose(text);
    }
    format!("`{}`", visible(text).replace('|', "\\|"))
}

/// A text from strangers as prose in a table: what it puts between backticks stays code, all else
/// stays words, with no markup, no link and no mention.
pub(crate) fn prose(text: &str) -> String {
    let text = visible(text);
    let parts: Vec<&str> = text.split('`').collect();
    let mut safe = String::with_capacity(text.len() + 16);
    for (index, part) in parts.iter().enumerate() {
        let closed = index + 1 < parts.len();
        if index % 2 == 1 && closed && !part.is_empty() {
            safe.push('`');
            safe.push_str(&part.replace('|', "\\|"));
            safe.push('`');
            continue;
        }
        if index % 2 == 1 {
            safe.push_str("\\`");
        }
        for c in part.chars() {
            match c {
                // An empty comment keeps mentions and references from being made.
                '@' | '#' => {
                    safe.push(c);
                    safe.push_str("<!-- -->");
                }
                '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '!' => {
                    safe.push('\\');
                    safe.push(c);
                }
                c => safe.push(c),
            }
        }
        if index % 2 == 1 && closed {
            safe.push_str("\\`");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_code_stays_code() {
        assert_eq!(prose("remove `a: b|c` and *d*"), "remove `a: b\\|c` and \\*d\\*");
        assert_eq!(prose("@all [x](y) | <b>"), "@<!-- -->all \\[x\\](y) \\| \\<b\\>");
        assert_eq!(prose("one ` alone *x*"), "one \\` alone \\*x\\*");
        assert_eq!(prose("two `` empty"), "two \\`\\` empty");
        assert_eq!(code("a|b\n.yaml"), "`a\\|b\\n.yaml`");
        assert_eq!(code("a`*b*"), "a\\`\\*b\\*");
    }
}
