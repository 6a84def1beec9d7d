//! Writes a corpus of manifests to disk.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use seawall_benches::{bundle, hostile};

/// Write realistic manifests: many files, one large file, a bundle, or hostile texts.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  corpus --manifests 5000 --out /tmp/corpus
  corpus --single-file /tmp/large.yaml --bytes 100MB
  corpus --bundle /tmp/cluster.tar.zst --objects 100000
  corpus --bundle /tmp/deployments.tar.zst --objects 100000 --pods 0
  corpus --hostile /tmp/hostile")]
struct Arguments {
    /// Directory for one file a manifest.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many manifests to write to --out.
    #[arg(long, default_value_t = 5000)]
    manifests: usize,
    /// One file of many documents.
    #[arg(long, value_name = "FILE")]
    single_file: Option<PathBuf>,
    /// The least size of --single-file, in bytes, or with kB or MB.
    #[arg(long, default_value = "100MB", value_parser = size)]
    bytes: u64,
    /// A bundle as `seawall collect` writes it.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// The least number of objects in --bundle.
    #[arg(long, default_value_t = 100_000)]
    objects: u64,
    /// Pods of each Deployment in --bundle, which fold into it; with 0 there are Deployments alone.
    #[arg(long, default_value_t = 10)]
    pods: u32,
    /// Directory for the hostile texts.
    #[arg(long, value_name = "DIR")]
    hostile: Option<PathBuf>,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = if let Some(number) = text.strip_suffix("MB") {
        (number, 1_000_000)
    } else if let Some(number) = text.strip_suffix("kB") {
        (number, 1_000)
    } else {
        (text, 1)
    };
    number.parse::<u64>().map(|n| n * unit).map_err(|e| e.to_string())
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    if let Some(directory) = &arguments.out {
        let bytes = seawall_benches::write_files(directory, arguments.manifests, arguments.seed)?;
        writeln!(out, "{}: {} files, {bytes} bytes", directory.display(), arguments.manifests)?;
    }
    if let Some(file) = &arguments.single_file {
        let (documents, bytes) =
            seawall_benches::write_stream(file, arguments.bytes, arguments.seed)?;
        writeln!(out, "{}: {documents} documents, {bytes} bytes", file.display())?;
    }
    if let Some(file) = &arguments.bundle {
        let shape = bundle::Shape { objects: arguments.objects, pods: arguments.pods };
        let (objects, bytes) = bundle::write(file, shape, arguments.seed)?;
        writeln!(out, "{}: {objects} objects, {bytes} bytes", file.display())?;
    }
    if let Some(directory) = &arguments.hostile {
        fs::create_dir_all(directory)?;
        for (name, text) in hostile::texts() {
            fs::write(directory.join(name), text)?;
        }
        writeln!(out, "{}: {} texts", directory.display(), hostile::texts().len())?;
    }
    let wanted = [&arguments.out, &arguments.single_file, &arguments.bundle, &arguments.hostile];
    if wanted.iter().all(|path| path.is_none()) {
        bail!("nothing to write: give --out, --single-file, --bundle or --hostile");
    }
    Ok(())
}
