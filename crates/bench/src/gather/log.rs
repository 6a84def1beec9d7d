//! Logs whose lines bear a prefix: those of `kubectl logs --prefix` and `--timestamps`, and those
//! that container runtimes keep in `/var/log/pods`.
//!
//! Lines of several pods may be mixed; by their prefix they come apart again.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What one container wrote to one stream.
pub(super) struct Stream {
    /// Its lines without prefixes.
    pub(super) text: String,
    /// The line in the log of each of them, from 1.
    pub(super) lines: Vec<usize>,
}

/// A line without its prefix.
struct Line<'a> {
    /// What tells its stream from others.
    stream: (&'a str, &'a str),
    /// Whether it goes on in the next line: runtimes cut long ones.
    is_part: bool,
    rest: &'a str,
}

/// The streams of a log, in the order of their first lines; none where lines bear no prefix.
pub(super) fn streams(text: &str) -> Option<Vec<Stream>> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    if line(first).rest.len() == first.len() {
        return None;
    }
    let mut streams: Vec<((&str, &str), Stream)> = Vec::new();
    for (number, whole) in text.lines().enumerate() {
        let line = line(whole);
        let at = streams.iter().position(|(known, _)| *known == line.stream).unwrap_or_else(|| {
            streams.push((line.stream, Stream { text: String::new(), lines: Vec::new() }));
            streams.len() - 1
        });
        let stream = &mut streams[at].1;
        if stream.text.is_empty() || stream.text.ends_with('\n') {
            stream.lines.push(number + 1);
        }
        stream.text.push_str(line.rest);
        if !line.is_part {
            stream.text.push('\n');
        }
    }
    Some(streams.into_iter().map(|(_, stream)| stream).collect())
}

/// `[pod/NAME/CONTAINER] 2026-01-02T03:04:05.6Z stdout F …`, where each part may be missing.
fn line(whole: &str) -> Line<'_> {
    let mut line = Line { stream: ("", ""), is_part: false, rest: whole };
    if let Some((pod, rest)) = whole.strip_prefix("[pod/").and_then(|rest| rest.split_once("] ")) {
        line.stream.0 = pod;
        line.rest = rest;
    }
    let Some((time, rest)) = line.rest.split_once(' ') else { return line };
    if OffsetDateTime::parse(time, &Rfc3339).is_err() {
        return line;
    }
    line.rest = rest;
    // The container runtime interface: stream, whether the line is whole, text.
    let mut words = rest.splitn(3, ' ');
    if let (Some(stream @ ("stdout" | "stderr")), Some(tag), text) =
        (words.next(), words.next(), words.next())
        && matches!(tag.split(':').next(), Some("F" | "P"))
    {
        line.stream.1 = stream;
        line.is_part = tag.starts_with('P');
        line.rest = text.unwrap_or_default();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;
    use proptest::{collection, proptest};

    use super::*;

    fn texts(log: &str) -> Vec<String> {
        streams(log).expect("prefixes").into_iter().map(|stream| stream.text).collect()
    }

    #[test]
    fn mixed_lines_come_apart() {
        let log = "[pod/a/c] {\n[pod/b/c] {\"x\":\n[pod/a/c] }\n[pod/b/c] 1}\n";
        assert_eq!(texts(log), ["{\n}\n", "{\"x\":\n1}\n"]);
        let lines: Vec<Vec<usize>> =
            streams(log).expect("prefixes").into_iter().map(|stream| stream.lines).collect();
        assert_eq!(lines, [[1, 3], [2, 4]]);
        let log = "[pod/a/c] 2026-01-02T03:04:05.123456789Z {\n[pod/a/c] 2026-01-02T03:04:06Z }\n";
        assert_eq!(texts(log), ["{\n}\n"]);
    }

    #[test]
    fn runtimes_cut_long_lines_and_tell_streams_apart() {
        let log = "2026-01-02T03:04:05.1Z stdout P {\"a\":\n2026-01-02T03:04:05.2Z stderr F WARN\n\
                   2026-01-02T03:04:05.3Z stdout F 1}\n2026-01-02T03:04:05.4Z stdout F\n";
        assert_eq!(texts(log), ["{\"a\":1}\n\n", "WARN\n"]);
    }

    proptest! {
        /// Whatever pods wrote, and however their lines are mixed: each comes apart whole, and every
        /// line is where it was.
        #[test]
        fn what_was_mixed_comes_apart(
            texts in collection::vec(collection::vec("[ -~]{0,12}", 1..6), 1..4),
            order in collection::vec(any::<prop::sample::Index>(), 64),
            timed in any::<bool>(),
        ) {
            let mut left: Vec<(usize, VecDeque<&str>)> = texts
                .iter()
                .map(|lines| lines.iter().map(String::as_str).collect())
                .enumerate()
                .collect();
            let mut log = String::new();
            let mut first = Vec::new();
            for index in &order {
                left.retain(|(_, lines)| !lines.is_empty());
                if left.is_empty() {
                    break;
                }
                let (pod, lines) = index.get_mut(&mut left);
                let time = if timed { "2026-01-02T03:04:05Z " } else { "" };
                // Without times of its own a line could be taken for one with them.
                let line = lines.pop_front().map(|line| if timed { line } else { line.trim_start() });
                log.push_str(&format!("[pod/p{pod}/c] {time}x{}\n", line.unwrap_or_default()));
                if !first.contains(pod) {
                    first.push(*pod);
                }
            }
            let found = streams(&log).expect("prefixes");
            let whole: Vec<&str> = log.lines().collect();
            for (stream, pod) in found.iter().zip(&first) {
                let wanted: Vec<String> = texts[*pod]
                    .iter()
                    .map(|line| if timed { line } else { line.trim_start() })
                    .map(|line| format!("x{line}"))
                    .collect();
                let lines: Vec<&str> = stream.text.lines().collect();
                prop_assert_eq!(&lines, &wanted);
                for (line, number) in lines.iter().zip(&stream.lines) {
                    prop_assert!(whole[number - 1].ends_with(line));
                }
            }
            prop_assert_eq!(found.len(), first.len());
        }

        /// No text is too odd.
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}", prefix in "(\\[pod/a\\] |2026-01-02T03:04:05Z )?(stdout )?(P )?") {
            let log = format!("{prefix}{text}\n{text}");
            for stream in streams(&log).into_iter().flatten() {
                prop_assert!(stream.lines.iter().all(|line| (1..=log.lines().count()).contains(line)));
            }
        }
    }

    #[test]
    fn plain_text_stays() {
        for plain in ["", "\n", "{\n}", "WARN x\n{}", "[{}]", "[pod/a"] {
            assert!(streams(plain).is_none(), "{plain}");
        }
    }
}
