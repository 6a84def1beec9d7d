//! Results for Sonobuoy: what its worker takes from a plugin, and what it shows of it.
//!
//! A plugin leaves one file in the results directory and its path in a file `done` there
//! (`pkg/worker/worker.go` of Sonobuoy 0.57). The file is an archive, so that the worker, which may
//! be another user, need not write into a directory of ours. In it stand the report and
//! `sonobuoy_results.yaml`, the tree of names and statuses of a plugin with the result format
//! `manual`.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::outcome::Verdict;
use crate::report::{ControlResult, Report};

/// Where Sonobuoy looks unless a variable names another directory.
pub const DIRECTORY: &str = "/tmp/sonobuoy/results";
/// The variables that name another directory; the first counts.
pub const VARIABLES: [&str; 2] = ["SONOBUOY_RESULTS_DIR", "RESULTS_DIR"];
const ARCHIVE: &str = "seawall-bench.tar.gz";

/// Writes the reports' archive into a directory, and then its path into `done` there, which ends
/// Sonobuoy's wait; gives the archive's path.
///
/// # Errors
///
/// Where something can't be written; there is no `done` then.
pub fn deliver(directory: &Path, reports: &[Report]) -> io::Result<PathBuf> {
    let json = serde_json::to_vec_pretty(reports)?;
    write(directory, &[("report.json", &json)], &tree(reports))
}

/// Writes why there are no results, in the same way: nobody waits then until time is up.
///
/// # Errors
///
/// As [`deliver`].
pub fn deliver_failure(directory: &Path, why: &str) -> io::Result<PathBuf> {
    let item = json!({"name": "run", "status": "failed", "details": {"reason": why}});
    write(directory, &[], &json!({"name": "seawall-bench", "status": "failed", "items": [item]}))
}

fn write(directory: &Path, files: &[(&str, &[u8])], tree: &Value) -> io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let archive = directory.join(ARCHIVE);
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = tar::Builder::new(packed);
    for (name, bytes) in files {
        append(&mut builder, name, bytes)?;
    }
    // JSON is YAML.
    append(&mut builder, "sonobuoy_results.yaml", &serde_json::to_vec_pretty(tree)?)?;
    write_whole(&archive, &builder.into_inner()?.finish()?)?;
    write_whole(&directory.join("done"), archive.display().to_string().as_bytes())?;
    Ok(archive)
}

fn append<W: io::Write>(builder: &mut tar::Builder<W>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, bytes)
}

/// Writes a file so that nobody sees a part of it, readable for everybody.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let mut file = fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.sync_all()?;
    fs::rename(&part, path)
}

/// Sonobuoy's tree: benchmarks, groups, controls.
fn tree(reports: &[Report]) -> Value {
    let items: Vec<Value> = reports
        .iter()
        .map(|report| {
            let mut groups: Vec<(&str, Vec<&ControlResult>)> = Vec::new();
            for result in &report.results {
                match groups.last_mut().filter(|(name, _)| *name == result.group) {
                    Some((_, results)) => results.push(result),
                    None => groups.push((&result.group, vec![result])),
                }
            }
            let groups: Vec<Value> = groups
                .into_iter()
                .map(|(name, results)| {
                    let leaves: Vec<Value> = results.iter().map(|result| leaf(result)).collect();
                    json!({"name": name, "status": worst(results.iter().copied()), "items": leaves})
                })
                .collect();
            json!({
                "name": report.benchmark,
                "status": worst(&report.results),
                "details": {"node": report.node, "time": report.time},
                "items": groups,
            })
        })
        .collect();
    let all = reports.iter().flat_map(|report| &report.results);
    json!({"name": "seawall-bench", "status": worst(all), "items": items})
}

fn leaf(result: &ControlResult) -> Value {
    json!({
        "name": format!("{} {}", result.id, result.title),
        "status": status(result.verdict),
        "details": {"verdict": result.verdict.name(), "reason": result.reason, "remedy": result.remedy},
    })
}

fn status(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Unknown => "unknown",
        Verdict::Manual | Verdict::NotApplicable => "skipped",
    }
}

/// As Sonobuoy sums up: a failure before what is not known, and that before what passed.
fn worst<'a>(results: impl IntoIterator<Item = &'a ControlResult>) -> &'static str {
    let worst = results.into_iter().map(|result| result.verdict).max();
    match worst {
        None | Some(Verdict::Unknown) => "unknown",
        Some(Verdict::Fail) => "failed",
        Some(_) => "passed",
    }
}
