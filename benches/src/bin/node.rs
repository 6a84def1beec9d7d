//! Times `seawall bench` on a real node with its control plane, as a user runs it there.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use seawall_node_tests::Node;

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
}

/// What one run took: seconds on the wall and of the processor.
#[derive(Clone, Copy)]
struct Run {
    wall: f64,
    cpu: f64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
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
        let cpu = runs.iter().map(|run| run.cpu).sum::<f64>() / runs.len() as f64;
        // Linux counts kibibytes; the peak is that of the largest child, which the program is.
        let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() as f64 * 1024.0 / 1e6;
        writeln!(
            out,
            "| `seawall {}` | {} | {} | {} | {} | {peak:.0} MB |",
            command.join(" "),
            ms(runs[runs.len() / 2].wall),
            ms(runs[0].wall),
            ms(runs[runs.len() - 1].wall),
            ms(cpu)
        )?;
    }
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: Vec<&str> = load.split(' ').take(3).collect();
    writeln!(out, "\n{} runs each; load of the machine: {}", arguments.runs, load.join(", "))?;
    Ok(())
}

/// Runs the program once.
fn run(node: &Node, program: &std::path::Path, arguments: &[&str]) -> Result<Run> {
    let processor = || -> Result<f64> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let seconds =
            |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
    };
    let before = processor()?;
    let began = Instant::now();
    let mut command = node.command(program);
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let wall = began.elapsed().as_secs_f64();
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("{} ended with {status}", program.display());
    }
    Ok(Run { wall, cpu: processor()? - before })
}
