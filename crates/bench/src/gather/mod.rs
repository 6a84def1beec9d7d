//! Results of many nodes as one: read from files, directories, logs of pods and Sonobuoy's archives.
//!
//! A DaemonSet leaves a report in the log of each of its pods, with whatever else the pod said; a
//! CronJob leaves many. The newest of each node and benchmark counts. Nodes that are known to be
//! there, and from which nothing came, are told: a node that is missing has not passed.

mod archive;
mod log;
mod objects;
pub mod text;

pub use objects::Reading;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::kubebench;
use crate::report::Report;

/// Largest file that is read, and largest file in an archive, in bytes.
const LARGEST: u64 = 256 << 20;
/// Why there is no result of a node, where nobody knows better.
const NOTHING: &str = "no result of it came";

/// Why results could not be gathered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatherError {
    /// A file can't be read.
    #[error("can't read {file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        cause: String,
    },
    /// A file holds no results.
    #[error("{file}:{line}: {cause}")]
    Invalid {
        /// The file, or the file in an archive.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
}

/// Results that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The newest of each node and benchmark, by node.
    pub reports: Vec<Report>,
    /// How many older ones were left out.
    pub older: usize,
    /// Lines of logs that are no part of a report, with the file's name.
    pub strange: Vec<(String, usize)>,
    /// Files beside those with results that hold none, and why.
    pub passed_over: Vec<GatherError>,
    /// Nodes that are known to be there, with what is known of why nothing would come of them.
    known: BTreeMap<String, Option<String>>,
}

impl Gathered {
    /// Reads what a path holds: a report or several, a log with reports in it, an archive of
    /// Sonobuoy, or a directory of these. What of a directory is none of them is passed over.
    ///
    /// # Errors
    ///
    /// Where something can't be read, or is no report.
    pub fn add(&mut self, path: &Path) -> Result<(), GatherError> {
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| GatherError::Unreadable {
            file: name.clone(),
            cause: error.to_string(),
        };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            if archive::is_unpacked(path) {
                return self.unpacked(path);
            }
            // A link to a directory above would never end.
            for entry in entries(path)? {
                if entry.is_dir() && !entry.is_symlink() {
                    self.add(&entry)?;
                } else if entry.is_file() && holds_reports(&entry.to_string_lossy()) {
                    let error = self.add(&entry).err();
                    self.passed_over.extend(error);
                }
            }
            return Ok(());
        }
        let file = fs::File::open(path).map_err(unreadable)?;
        if is_archive(&name) {
            return self.archive(&name, flate2::read::GzDecoder::new(file));
        }
        let text = read_text(&name, file)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.text(&name, &text, Some(&stem))
    }

    /// Reads the reports in a text; `node` names those that don't name their node.
    ///
    /// # Errors
    ///
    /// Where there is none, or something else than reports.
    pub fn text(&mut self, name: &str, text: &str, node: Option<&str>) -> Result<(), GatherError> {
        let found = match log::streams(text) {
            None => self.values(name, text, node, |line| line)?,
            Some(streams) => {
                let mut found = 0;
                for stream in streams {
                    let line = |line: usize| stream.lines.get(line - 1).copied().unwrap_or(line);
                    found += self.values(name, &stream.text, None, line)?;
                }
                found
            }
        };
        if found == 0 {
            return Err(GatherError::Invalid {
                file: name.to_owned(),
                line: 1,
                cause: "there is no report of a benchmark in it".to_owned(),
            });
        }
        Ok(())
    }

    /// Reads the reports between other lines and counts them; `place` gives the line in the file of
    /// one in the text.
    fn values(
        &mut self,
        name: &str,
        text: &str,
        node: Option<&str>,
        place: impl Fn(usize) -> usize,
    ) -> Result<usize, GatherError> {
        let mut rest = text;
        let mut line = 1;
        let mut strange = 0;
        let mut found = 0;
        while !rest.trim_start().is_empty() {
            let skipped = rest.len() - rest.trim_start().len();
            line += rest[..skipped].matches('\n').count();
            rest = rest.trim_start();
            if !rest.starts_with(['{', '[']) {
                let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
                rest = &rest[end..];
                line += 1;
                strange += 1;
                continue;
            }
            let invalid = |more: usize, cause: String| GatherError::Invalid {
                file: name.to_owned(),
                line: place(line + more),
                cause,
            };
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
            let value = match values.next() {
                Some(Ok(value)) => value,
                Some(Err(error)) => {
                    let cause = format!("no JSON: {error}");
                    return Err(invalid(error.line().saturating_sub(1), cause));
                }
                None => break,
            };
            let end = values.byte_offset();
            for report in reports(value).map_err(|cause| invalid(0, cause))? {
                found += 1;
                self.put(report, node);
            }
            line += rest[..end].matches('\n').count();
            rest = &rest[end..];
        }
        if strange > 0 {
            self.strange.push((name.to_owned(), strange));
        }
        Ok(found)
    }

    /// Keeps a report unless a newer one of the same node and benchmark is known.
    fn put(&mut self, mut report: Report, node: Option<&str>) {
        if report.node.is_none() {
            report.node = node.map(str::to_owned);
        }
        if let Some(why) = report.unread {
            self.expect(report.node.unwrap_or_default(), Some(why));
            return;
        }
        let key = |report: &Report| (report.node.clone(), report.benchmark.clone());
        match self.reports.binary_search_by_key(&key(&report), key) {
            Ok(at) => {
                self.older += 1;
                if moment(&report) >= moment(&self.reports[at]) {
                    self.reports[at] = report;
                }
            }
            Err(at) => self.reports.insert(at, report),
        }
    }

    /// Takes note of a node that is there, and of why nothing would come of it, where that is known.
    pub fn expect(&mut self, node: String, why: Option<String>) {
        let known = self.known.entry(node).or_default();
        if known.is_none() {
            *known = why;
        }
    }

    /// The nodes that are known and did not report, and why, as far as that is known.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known
            .iter()
            .filter(|(node, _)| !self.nodes().any(|reported| reported == *node))
            .map(|(node, why)| (node.as_str(), why.as_deref().unwrap_or(NOTHING)))
    }

    /// All reports, with an empty one for each node that did not report.
    pub fn all(&self) -> Vec<Report> {
        let missing = self.missing().map(|(node, why)| Report {
            node: Some(node.to_owned()),
            unread: Some(why.to_owned()),
            ..Report::default()
        });
        self.reports.iter().cloned().chain(missing).collect()
    }

    /// The nodes that reported.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.reports.iter().filter_map(|report| report.node.as_deref())
    }

    /// By benchmark and control, in the benchmark's order: what it came to on each node.
    pub fn controls(&self) -> BTreeMap<&str, Vec<Across<'_>>> {
        let mut benchmarks: BTreeMap<&str, Vec<Across<'_>>> = BTreeMap::new();
        for report in &self.reports {
            let controls = benchmarks.entry(&report.benchmark).or_default();
            for (index, result) in report.results.iter().enumerate() {
                let near = controls.get(index).filter(|across| across.is_of(result)).map(|_| index);
                let at = near.or_else(|| controls.iter().position(|across| across.is_of(result)));
                let at = at.unwrap_or_else(|| {
                    controls.push(Across { first: result, nodes: Vec::new() });
                    controls.len() - 1
                });
                controls[at].nodes.push((report.node.as_deref(), result));
            }
        }
        benchmarks
    }
}

/// What one control came to on each node.
#[derive(Clone, Debug)]
pub struct Across<'a> {
    /// The result of the first node, for the control's title.
    pub first: &'a crate::ControlResult,
    /// Nodes and results.
    pub nodes: Vec<(Option<&'a str>, &'a crate::ControlResult)>,
}

impl Across<'_> {
    fn is_of(&self, result: &crate::ControlResult) -> bool {
        self.first.id == result.id && self.first.group == result.group
    }
}

/// The reports in a JSON value: one or a list of this room's, or one of kube-bench's.
fn reports(value: Value) -> Result<Vec<Report>, String> {
    let is_kube_bench = match &value {
        Value::Object(map) => map.contains_key("Controls"),
        Value::Array(items) => items.iter().any(|item| item.get("node_type").is_some()),
        _ => false,
    };
    if is_kube_bench {
        let (run, stamp) = kubebench::read_json("report", &value.to_string())
            .map_err(|error| error.to_string())?;
        return Ok(vec![kubebench::to_native(&run, &stamp, "")]);
    }
    let report = |value| {
        Report::deserialize(value).map_err(|error| format!("no report of a benchmark: {error}"))
    };
    match value {
        Value::Array(items) => items.into_iter().map(report).collect(),
        value => Ok(vec![report(value)?]),
    }
}

/// When a report was made; one that does not say counts as the oldest.
fn moment(report: &Report) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&report.time, &Rfc3339).ok()
}

/// What is in a directory, by name.
fn entries(path: &Path) -> Result<Vec<PathBuf>, GatherError> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        Ok(entries)
    };
    read().map_err(|error| GatherError::Unreadable {
        file: path.display().to_string(),
        cause: error.to_string(),
    })
}

fn holds_reports(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".log") || is_archive(name)
}

fn is_archive(name: &str) -> bool {
    name.ends_with(".tar.gz") || name.ends_with(".tgz")
}

fn read_text(name: &str, from: impl Read) -> Result<String, GatherError> {
    let unreadable = |cause: String| GatherError::Unreadable { file: name.to_owned(), cause };
    let mut text = String::new();
    from.take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(unreadable(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(node: &str, time: &str, verdict: &str) -> String {
        format!(
            r#"{{"seawall":"1","benchmark":"cis","title":"CIS",{node}"time":"{time}","platform":"kubeadm","results":[{{"id":"1.1","title":"t","group":"1 g","assessment":"automated","verdict":"{verdict}","reason":"r","remedy":"m"}}]}}"#
        )
    }

    #[test]
    fn logs_hold_reports_among_other_lines_and_the_newest_counts() {
        let log = format!(
            "WARN can't read a thing\n{}\n[{}]\nbye\n{}",
            report(r#""node":"a","#, "2026-01-02T00:00:00Z", "pass"),
            report(r#""node":"a","#, "2026-01-01T00:00:00Z", "fail"),
            report("", "2026-01-01T00:00:00Z", "fail"),
        );
        let mut gathered = Gathered::default();
        gathered.text("pod.log", &log, Some("b")).expect("reports");
        assert_eq!(gathered.nodes().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(gathered.older, 1);
        assert_eq!(gathered.strange, [("pod.log".to_owned(), 2)]);
        assert_eq!(gathered.reports[0].results[0].verdict, crate::Verdict::Pass);
        let controls = gathered.controls();
        assert_eq!(controls["cis"][0].nodes.len(), 2);
    }

    #[test]
    fn what_is_no_report_is_an_error_with_its_place() {
        let mut gathered = Gathered::default();
        let error =
            |text: &str| Gathered::default().text("x.log", text, None).expect_err(text).to_string();
        assert!(error("nothing\nhere").contains("no report"));
        assert!(error("a\n{\"b\": 1}").starts_with("x.log:2: "));
        assert!(error("{\"b\": \n 1").starts_with("x.log:2: "));
        gathered.text("kb.json", r#"{"Controls":[{"id":"1","version":"cis-1.12","text":"t","node_type":"master","tests":[{"section":"1.1","desc":"d","results":[{"test_number":"1.1.1","status":"FAIL","scored":true}]}]}],"Totals":{}}"#, Some("n")).expect("kube-bench's");
        assert_eq!(gathered.reports[0].node.as_deref(), Some("n"));
        assert_eq!(gathered.reports[0].results[0].verdict, crate::Verdict::Fail);
    }

    #[test]
    fn archives_of_sonobuoy_name_the_node() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join("results.tar.gz");
        let file = fs::File::create(&path).expect("a file");
        let packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        let mut archive = tar::Builder::new(packed);
        let text = report("", "2026-01-01T00:00:00Z", "pass");
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(
                &mut header,
                "plugins/seawall-bench/results/worker-1/report.json",
                text.as_bytes(),
            )
            .expect("an entry");
        archive.into_inner().expect("an archive").finish().expect("a file");
        let mut gathered = Gathered::default();
        gathered.add(folder.path()).expect("results");
        assert_eq!(gathered.nodes().collect::<Vec<_>>(), ["worker-1"]);
    }
}
