//! `seawall seccomp record`: the least profile under which a command runs.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use seawall_podsecurity::seccomp::Arch;

use super::profile::{self, CommandLine};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;

/// Calls that runc makes itself between loading the filter and starting the program: with
/// `allowPrivilegeEscalation: false` it loads the filter last, otherwise before it drops
/// capabilities and changes users (`libcontainer/standard_init_linux.go`). The rest is Go's runtime.
const RUNC: &[&str] = &[
    "capget",
    "capset",
    "chdir",
    "clone",
    "close",
    "close_range",
    "epoll_ctl",
    "epoll_pwait",
    "execve",
    "exit",
    "exit_group",
    "faccessat2",
    "fchdir",
    "fchown",
    "fcntl",
    "fstat",
    "fstatfs",
    "futex",
    "getcwd",
    "getdents64",
    "getpid",
    "getppid",
    "getuid",
    "madvise",
    "mmap",
    "mprotect",
    "munmap",
    "nanosleep",
    "newfstatat",
    "openat",
    "openat2",
    "prctl",
    "read",
    "readlinkat",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "setgid",
    "setgroups",
    "setresgid",
    "setresuid",
    "setuid",
    "sigaltstack",
    "tgkill",
    "gettid",
    "write",
];

/// Observe a command and its children, and write the least profile that lets them run
#[derive(Args)]
#[command(after_help = "Examples:
  seawall seccomp record -o web.json -- ./web --selftest
  seawall seccomp record -o web.json --merge web.json -- ./web --other-path
  seawall seccomp record -o web.json --for-container -- ./web --selftest
  seawall seccomp record --duration 60 -- nginx -g 'daemon off;' > nginx.json

The command runs as you, with no_new_privs; its output goes to standard error. Ctrl-C ends the
command, and the profile is written. A profile knows only what a run did: record every path that
the program can take, and merge the runs. Of clone, personality and socket the first argument is
recorded, too: a program that makes no namespaces is allowed none.

Exit codes: 0 the profile is written; 2 the command could not be run.")]
pub(super) struct Record {
    /// Write the profile here [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Allow what these profiles allow, too: earlier runs
    #[arg(long, value_name = "PROFILE")]
    merge: Vec<String>,
    /// Allow what runc calls between loading the filter and starting the program, too, without
    /// which a container may not start
    #[arg(long)]
    for_container: bool,
    #[command(flatten)]
    command: CommandLine,
}

impl Record {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        // What can't be merged is said before the command runs.
        let earlier = self
            .merge
            .iter()
            .map(|name| profile::read(name))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let recording = seawall_confine::record(&self.command.run()?)?;
        let seen = recording.calls.len();
        let mut calls = recording.calls;
        for profile in &earlier {
            calls.merge_profile(profile, Arch::X86_64);
        }
        let merged = calls.len();
        if self.for_container {
            calls.allow(Arch::X86_64, RUNC);
        }
        for (arch, number) in &recording.unknown {
            tracing::warn!("call {number} of {arch} has no known name and is not in the profile");
        }
        let text = calls.profile();
        match &self.output {
            Some(path) => std::fs::write(path, text)
                .with_context(|| format!("can't write {}", path.display()))?,
            None => to_stdout(|out| out.write_all(text.as_bytes()))?,
        }
        if !global.is_quiet() {
            let programs = recording.programs.len();
            let noun = if programs == 1 { "program" } else { "programs" };
            let mut words = format!("{seen} calls seen, of {programs} {noun}");
            if merged > seen {
                words.push_str(&format!("; {merged} with those of earlier runs"));
            }
            writeln!(io::stderr(), "{words}").context("can't write to standard error")?;
        }
        if recording.ended != seawall_confine::Ended::Exit(0) {
            tracing::warn!("the command ended with {}; it may not have done all", recording.ended);
        }
        Ok(Outcome::Clean)
    }
}
