//! What is run, and what came of it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use seawall_podsecurity::seccomp::{Arch, Recorded, Return, TooLong};

/// A command to run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The command and its arguments; the first is looked up in `PATH`.
    pub command: Vec<OsString>,
    /// How this program is started as the launcher: the program, and what stands before the
    /// filter's text and the command.
    pub launcher: (PathBuf, Vec<OsString>),
    /// After this long the command is asked to end, and made to five seconds later.
    pub at_most: Option<Duration>,
    /// Whether the command's standard output goes to standard error.
    pub output_to_stderr: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Exit(i32),
    /// By the signal of this number.
    Signal(i32),
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ended::Exit(code) => write!(f, "exit code {code}"),
            Ended::Signal(number) => write!(f, "signal {number}"),
        }
    }
}

/// What [`record`](crate::record) saw.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The calls.
    pub calls: Recorded,
    /// Calls of numbers that no table knows.
    pub unknown: Vec<(Arch, u32)>,
    /// The programs that ran, in the order in which they started.
    pub programs: Vec<PathBuf>,
    /// How the command ended.
    pub ended: Ended,
}

/// What [`attempt`](crate::attempt) saw.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Calls that the filter stopped or logged, in the order of their first time.
    pub denied: Vec<Denied>,
    /// How many more there were than are kept.
    pub left_out: u64,
    /// How the command ended.
    pub ended: Ended,
    /// Whether the command was started at all: a filter may forbid that.
    pub started: bool,
}

/// A call that the filter did not just let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Whose: the process or thread of the first time.
    pub pid: i32,
    /// The program that it ran.
    pub program: PathBuf,
    /// The architecture of the call, which may be another than the machine's.
    pub arch: Arch,
    /// The call's number.
    pub number: u32,
    /// The call's name, where one is known.
    pub name: Option<&'static str>,
    /// Its arguments.
    pub arguments: [u64; 6],
    /// The path that it names, where it names one that could be read.
    pub path: Option<String>,
    /// What became of it.
    pub ret: Return,
    /// How many times.
    pub times: u64,
}

/// Why a command could not be run and watched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not here.
    #[error("commands can be traced on Linux on x86-64 only")]
    Unsupported,
    /// There is none.
    #[error("no command")]
    NoCommand,
    /// It is nowhere to be found.
    #[error("no program {0} that can be executed")]
    NoProgram(String),
    /// The launcher could not be started.
    #[error("can't start {0}: {1}")]
    Start(PathBuf, std::io::Error),
    /// The launcher ended before it became the command.
    #[error("the command did not start ({0})")]
    NotStarted(Ended),
    /// The launcher was given no filter.
    #[error("the filter is not what `seawall` writes")]
    Filter,
    /// The kernel did not take the filter.
    #[error("the kernel does not take the filter: {0}")]
    Refused(String),
    /// The filter can't be made a program.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Tracing failed; containers and hardened hosts may forbid it (`kernel.yama.ptrace_scope`).
    #[error("can't {what}: {why}")]
    Trace {
        /// What was tried.
        what: &'static str,
        /// What the kernel said.
        why: std::io::Error,
    },
}
