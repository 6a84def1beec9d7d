//! The files of a packed chart (`helm package` makes a tar file with gzip).
//!
//! Helm renders archives by itself; the files are only needed to find the lines of what it
//! rendered. So what can't be read here costs lines, not objects, and all is bounded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::GzDecoder;

/// Bytes unpacked of one archive, with those in it. Helm itself reads 100 MiB.
const ARCHIVE_BYTES: u64 = 100 << 20;

/// Bytes of one file in it. Helm itself reads 5 MiB.
const FILE_BYTES: u64 = 5 << 20;

/// Archives in archives that are looked into.
const DEPTH: u32 = 4;

/// Files by the paths that Helm gives them (`charts/redis/templates/x.yaml`), with the paths that
/// they have on disk (`charts/redis-1.2.3.tgz/templates/x.yaml`) and their texts.
pub(super) type Files = BTreeMap<String, (String, String)>;

/// Unpacks a chart.
pub(super) fn files(path: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    unpack(&mut File::open(path)?, "", "", DEPTH, &mut files)?;
    Ok(files)
}

/// Unpacks the charts in a chart's folder `charts`, and in those of its unpacked charts.
pub(super) fn packed_below(chart: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    below(chart, "", DEPTH, &mut files)?;
    Ok(files)
}

fn below(chart: &Path, prefix: &str, depth: u32, files: &mut Files) -> io::Result<()> {
    let entries = match chart.join("charts").read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let on_disk = format!("{prefix}charts/{name}/");
        if entry.path().is_dir() {
            if depth > 0 {
                below(&entry.path(), &on_disk, depth - 1, files)?;
            }
        } else if is_archive(&name) {
            let prefix = format!("{prefix}charts/");
            unpack_named(&mut File::open(entry.path())?, &prefix, &on_disk, depth, files)?;
        }
    }
    Ok(())
}

/// Whether a file is named like a packed chart.
pub(crate) fn is_archive(name: &str) -> bool {
    name.ends_with(".tgz") || name.ends_with(".tar.gz")
}

/// Unpacks a chart under its own name: `prefix` is what stands before that in Helm's paths.
fn unpack_named(
    packed: &mut dyn Read,
    prefix: &str,
    on_disk: &str,
    depth: u32,
    files: &mut Files,
) -> io::Result<()> {
    let mut own = Files::new();
    let name = unpack(packed, "", "", depth, &mut own)?;
    files.extend(own.into_iter().map(|(path, (at, text))| {
        (format!("{prefix}{name}/{path}"), (format!("{on_disk}{at}"), text))
    }));
    Ok(())
}

/// Unpacks a chart and gives its name, that of the folder in which all its files are.
fn unpack(
    packed: &mut dyn Read,
    prefix: &str,
    on_disk: &str,
    depth: u32,
    files: &mut Files,
) -> io::Result<String> {
    let mut archive = tar::Archive::new(GzDecoder::new(packed).take(ARCHIVE_BYTES));
    let mut name = String::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().replace('\\', "/");
        let Some((folder, path)) = path.trim_start_matches("./").split_once('/') else { continue };
        if !entry.header().entry_type().is_file() || entry.size() > FILE_BYTES {
            continue;
        }
        if name.is_empty() {
            folder.clone_into(&mut name);
        }
        if is_archive(path) && path.starts_with("charts/") && depth > 0 {
            let prefix = format!("{prefix}charts/");
            unpack_named(&mut entry, &prefix, &format!("{on_disk}{path}/"), depth - 1, files)?;
            continue;
        }
        let mut bytes = Vec::new();
        entry.take(FILE_BYTES).read_to_end(&mut bytes)?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.insert(format!("{prefix}{path}"), (format!("{on_disk}{path}"), text));
        }
    }
    Ok(name)
}
