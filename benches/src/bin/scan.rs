//! Times the `seawall` program as a user runs it: a fresh process over files on disk.
//!
//! Every run is a process of its own under a second one that does nothing but ask the system what
//! its only child has used, so that processor time and peak memory are those of that run.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Parser, ValueEnum};
use nix::sys::resource::{UsageWho, getrusage};
use seawall_benches::{write_files, write_stream};
use serde_json::{Value, json};

/// Time `seawall scan` over corpora of several sizes.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo build --release && cargo run --release -p seawall-benches --bin scan
  cargo run --release -p seawall-benches --bin scan -- --manifests 5000 --stream-mb 0 --format json
  cargo run --release -p seawall-benches --bin scan -- --program /usr/bin/other -- lint .")]
struct Arguments {
    /// The program; by default `seawall` beside this one.
    #[arg(long)]
    program: Option<PathBuf>,
    /// What the program is told before the path of the corpus.
    #[arg(last = true, default_values = ["scan", "--output", "json"])]
    arguments: Vec<String>,
    /// Corpora of so many files.
    #[arg(long, value_delimiter = ',', default_value = "5000,20000,100000")]
    manifests: Vec<usize>,
    /// Size of the one file of many documents in megabytes; 0 for none.
    #[arg(long, default_value_t = 100)]
    stream_mb: u64,
    /// Runs of each corpus; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The seed of the corpora.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How to print the figures.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// Run this command once and print what it used. For the benchmark's own use.
    #[arg(long, hide = true)]
    measure: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Markdown,
    Json,
}

/// What one run used.
#[derive(Clone, Copy)]
struct Run {
    wall: f64,
    cpu: f64,
    peak: f64,
}

/// The figures of one corpus.
struct Row {
    name: String,
    bytes: u64,
    median: Run,
    fastest: f64,
    slowest: f64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.measure {
        return measure(&arguments);
    }
    ensure!(arguments.runs > 0, "--runs must be at least 1");
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("seawall"),
    };
    ensure!(program.is_file(), "{} does not exist: build it first", program.display());

    let mut rows = Vec::new();
    for &manifests in &arguments.manifests {
        let directory = tempfile::tempdir()?;
        let bytes = write_files(directory.path(), manifests, arguments.seed)?;
        let name = format!("{manifests} files");
        rows.push(row(name, bytes, &program, &arguments, directory.path())?);
    }
    if arguments.stream_mb > 0 {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("stream.yaml");
        let (documents, bytes) =
            write_stream(&path, arguments.stream_mb * 1_000_000, arguments.seed)?;
        let name = format!("1 file, {documents} documents");
        rows.push(row(name, bytes, &program, &arguments, &path)?);
    }
    let text = match arguments.format {
        Format::Markdown => markdown(&rows)?,
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&as_json(&rows))?),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn row(
    name: String,
    bytes: u64,
    program: &Path,
    arguments: &Arguments,
    target: &Path,
) -> Result<Row> {
    // The first run reads the files into the system's cache and does not count.
    run(program, arguments, target)?;
    let mut runs = Vec::new();
    for _ in 0..arguments.runs {
        runs.push(run(program, arguments, target)?);
    }
    let median = |figure: fn(&Run) -> f64| {
        let mut figures: Vec<f64> = runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let walls = || runs.iter().map(|run| run.wall);
    Ok(Row {
        name,
        bytes,
        median: Run {
            wall: median(|run| run.wall),
            cpu: median(|run| run.cpu),
            peak: median(|run| run.peak),
        },
        fastest: walls().fold(f64::INFINITY, f64::min),
        slowest: walls().fold(0.0, f64::max),
    })
}

/// One run, measured by a process of its own.
fn run(program: &Path, arguments: &Arguments, target: &Path) -> Result<Run> {
    let output = Command::new(std::env::current_exe()?)
        .arg("--measure")
        .arg("--program")
        .arg(program)
        .arg("--")
        .args(&arguments.arguments)
        .arg(target)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run the measuring process")?;
    ensure!(output.status.success(), "the measuring process failed");
    let figures: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |name: &str| figures[name].as_f64().context("a figure is missing");
    Ok(Run { wall: figure("wall")?, cpu: figure("cpu")?, peak: figure("peak")? })
}

/// Runs the command, which must find something or nothing (exit code 1 or 0), and prints seconds
/// and megabytes.
fn measure(arguments: &Arguments) -> Result<()> {
    let program = arguments.program.as_ref().context("--measure needs --program")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(&arguments.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let wall = start.elapsed().as_secs_f64();
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("{} ended with {status}", program.display());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let figures = json!({
        "wall": wall,
        "cpu": seconds(usage.user_time()) + seconds(usage.system_time()),
        // Linux counts kibibytes.
        "peak": usage.max_rss() as f64 * 1024.0 / 1e6,
    });
    writeln!(std::io::stdout(), "{figures}")?;
    Ok(())
}

fn markdown(rows: &[Row]) -> Result<String> {
    let mut out = String::from(
        "| corpus | MB | wall s (median) | fastest–slowest | CPU s | MB/s | peak MB |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let size = row.bytes as f64 / 1e6;
        writeln!(
            out,
            "| {} | {size:.1} | {:.3} | {:.3}–{:.3} | {:.3} | {:.1} | {:.1} |",
            row.name,
            row.median.wall,
            row.fastest,
            row.slowest,
            row.median.cpu,
            size / row.median.wall,
            row.median.peak,
        )?;
    }
    Ok(out)
}

fn as_json(rows: &[Row]) -> Value {
    rows.iter()
        .map(|row| {
            json!({
                "corpus": row.name,
                "bytes": row.bytes,
                "wallSeconds": row.median.wall,
                "fastestSeconds": row.fastest,
                "slowestSeconds": row.slowest,
                "cpuSeconds": row.median.cpu,
                "peakMegabytes": row.median.peak,
            })
        })
        .collect()
}
