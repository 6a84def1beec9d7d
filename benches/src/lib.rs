//! Realistic input for Seawall, made on the spot: benchmarks and fuzzing need much of it, and the
//! repository should hold none of it.

pub mod bundle;
pub mod corpus;
pub mod hostile;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use corpus::Corpus;

/// Writes manifests to a directory, one a file; says how many bytes they have.
pub fn write_files(directory: &Path, manifests: usize, seed: u64) -> Result<u64> {
    let mut bytes = 0;
    let mut made = String::new();
    for manifest in Corpus::new(seed).take(manifests) {
        let parent = directory.join(&manifest.directory);
        if manifest.directory != made {
            fs::create_dir_all(&parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
            made = manifest.directory;
        }
        let path = parent.join(&manifest.file);
        fs::write(&path, &manifest.text)
            .with_context(|| format!("cannot write {}", path.display()))?;
        bytes += manifest.text.len() as u64;
    }
    Ok(bytes)
}

/// Writes manifests to one file, as documents of one stream, until it has the bytes asked for;
/// says how many documents and bytes it has.
pub fn write_stream(path: &Path, bytes: u64, seed: u64) -> Result<(usize, u64)> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    let (mut documents, mut written) = (0, 0);
    for manifest in Corpus::new(seed) {
        if written >= bytes {
            break;
        }
        if !manifest.text.starts_with("---") && documents > 0 {
            file.write_all(b"---\n")?;
            written += 4;
        }
        file.write_all(manifest.text.as_bytes())?;
        written += manifest.text.len() as u64;
        documents += 1;
    }
    file.flush()?;
    Ok((documents, written))
}
