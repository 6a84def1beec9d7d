//! Times `seawall bench` on a real node with its control plane, as a user runs it there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use seawall_node_tests::Node;
use serde::{Deserialize, Serialize};

/// Time `seawall bench` on a real node.
///
/// Needs what the tests against a node need: root, and Go to build the node's programs once.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo build --release && cargo run --release -p seawall-benches --bin node
  cargo run --release -p seawall-benches --bin node -- --runs 200 --program /usr/bin/seawall")]
struct Arguments {
    /// The program; by default `seawall` beside this one.
    #[arg(long)]
    program: Option<PathBuf>,
    /// How many runs of each command count.
    #[arg(long, default_value_t = 101)]
    runs: usize,
    /// Run one command and tell what it used; each run is measured by a process of its own.
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true)]
    measure: Vec<String>,
}

/// What one run took: seconds on the wall and of the processor, and its peak memory in megabytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Run {
    wall: f64,
    cpu: f64,
    peak: f64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let [program, arguments @ ..] = &arguments.measure[..] {
        return measure(program, arguments);
    }
    ensure!(arguments.runs > 0, "--runs must be at least 1");
    let program = match arguments.program {
        Some(program) => program,
        None => std::env::current_exe()?.with_file_name("seawall"),
    };
    ensure!(program.is_file(), "{} does not exist: build it first", program.display());
    let Some(node) = Node::start() else { bail!("there can be no node here") };
    let mut out = std::io::stdout();
    writeln!(out, "| Command | Median | Fastest | Slowest | Processor | Peak memory |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
    for command in [&["bench"][..], &["bench", "--benchmark", "all"]] {
        // The first run reads the files into the system's cache and does not count.
        run(&node, &program, command)?;
        let mut runs = Vec::new();
        for _ in 0..arguments.runs {
            runs.push(run(&node, &program, command)?);
        }
        runs.sort_by(|a, b| a.wall.total_cmp(&b.wall));
        let ms = |seconds: f64| format!("{:.0} ms", seconds * 1e3);
        let mean =
            |figure: fn(&Run) -> f64| runs.iter().map(figure).sum::<f64>() / runs.len() as f64;
        writeln!(
            out,
            "| `seawall {}` | {} | {} | {} | {} | {:.0} MB |",
            command.join(" "),
            ms(runs[runs.len() / 2].wall),
            ms(runs[0].wall),
            ms(runs[runs.len() - 1].wall),
            ms(mean(|run| run.cpu)),
            mean(|run| run.peak)
        )?;
    }
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: Vec<&str> = load.split(' ').take(3).collect();
    writeln!(out, "\n{} runs each; load of the machine: {}", arguments.runs, load.join(", "))?;
    Ok(())
}

/// Runs the program once on the node.
fn run(node: &Node, program: &Path, arguments: &[&str]) -> Result<Run> {
    let mut command = node.command(std::env::current_exe()?);
    let output = command.arg("--measure").arg(program).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs a program, which is this process' only child, and tells what it used.
fn measure(program: &str, arguments: &[String]) -> Result<()> {
    let began = Instant::now();
    let mut command = Command::new(program);
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let wall = began.elapsed().as_secs_f64();
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("{program} ended with {status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let run = Run {
        wall,
        cpu: seconds(usage.user_time()) + seconds(usage.system_time()),
        // Linux counts kibibytes.
        peak: usage.max_rss() as f64 * 1024.0 / 1e6,
    };
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&run)?)?;
    Ok(())
}
