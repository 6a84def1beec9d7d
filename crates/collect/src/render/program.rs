//! Runs a rendering program within bounds.
//!
//! Rendering must be safe for a chart that merely lies in a searched directory. So the program
//! gets no standard input, a folder of its own for caches, plugins and settings, no cluster, and a
//! proxy that nobody listens at in place of the network; it ends when its time is over, with every
//! process that it started, and when it writes more than is read.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes kept of what a program writes to standard error.
const ERROR_BYTES: u64 = 64 << 10;

/// What a program may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) time: Duration,
    /// Of standard output.
    pub(crate) bytes: u64,
}

/// Why a program gave nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It is not installed.
    Missing,
    /// It ended with an error and said this.
    Said(String),
    /// It could not be run, or not to its end.
    Broken(String),
}

/// A program and its arguments, in an environment in which it can reach nothing.
pub(crate) fn command<A: AsRef<OsStr>>(
    program: &Path,
    arguments: impl IntoIterator<Item = A>,
    scratch: &Path,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What is rendered must not depend on who renders it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["HELM_", "KUBE", "KUSTOMIZE_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS"] {
        command.env(name, scratch.join("helm"));
    }
    command.env("HELM_NO_PLUGINS", "1");
    command.env("KUBECONFIG", scratch.join("no-kubeconfig")).env("KUBERC", "off");
    // Port 9 is that of the discard service, which nobody runs.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    // kustomize fetches remote bases with git.
    command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    command.env("TMPDIR", scratch);
    command
}

/// Runs a program to its end and gives what it wrote.
pub(crate) fn run(mut command: Command, bounds: Bounds) -> Result<String, Failure> {
    let deadline = Instant::now() + bounds.time;
    own_group(&mut command);
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Missing,
        _ => Failure::Broken(format!("can't be run: {error}")),
    })?;
    let mut child = Running(child);
    let stdout = child.0.stdout.take().map(|pipe| read_on_a_thread(pipe, bounds.bytes, false));
    let stderr = child.0.stderr.take().map(|pipe| read_on_a_thread(pipe, ERROR_BYTES, true));
    let too_slow =
        || Failure::Broken(format!("stopped: it took more than {} s", bounds.time.as_secs_f32()));
    let wait = |pipe: Option<Receiver<io::Result<Vec<u8>>>>| match pipe {
        None => Ok(Vec::new()),
        Some(pipe) => pipe
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .map_err(|_| too_slow())?
            .map_err(|error| Failure::Broken(format!("can't be read from: {error}"))),
    };
    let output = wait(stdout)?;
    if output.len() as u64 > bounds.bytes {
        return Err(Failure::Broken(format!("stopped: it wrote more than {} bytes", bounds.bytes)));
    }
    let mut said = wait(stderr)?;
    // Both ends are closed, so it is about to end, if it is not a trick.
    let status = loop {
        match child.0.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
            Ok(None) => return Err(too_slow()),
            Err(error) => return Err(Failure::Broken(format!("can't be waited for: {error}"))),
        }
    };
    if !status.success() {
        said.truncate(ERROR_BYTES as usize);
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        return Err(if said.is_empty() {
            Failure::Broken(format!("failed without a word ({status})"))
        } else {
            Failure::Said(said)
        });
    }
    String::from_utf8(output).map_err(|_| Failure::Broken("wrote what is not UTF-8".to_owned()))
}

/// Reads at most a byte more than `most`, which shows that there is more; with `drain` the rest is
/// read too and forgotten, for a program that can't write ends.
fn read_on_a_thread(
    pipe: impl Read + Send + 'static,
    most: u64,
    drain: bool,
) -> Receiver<io::Result<Vec<u8>>> {
    let (to, from) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut pipe = pipe.take(most + 1);
        let mut read = pipe.read_to_end(&mut bytes).map(|_| bytes);
        if drain && let Err(error) = io::copy(&mut pipe.into_inner(), &mut io::sink()) {
            read = Err(error);
        }
        // Nobody waits any more where the time is over.
        let _waiting = to.send(read);
    });
    from
}

/// A program that is stopped, with what it started, when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        kill(&mut self.0);
        if let Err(error) = self.0.wait() {
            tracing::warn!("can't wait for a program that was stopped: {error}");
        }
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(unix)]
fn kill(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // Not yet waited for, so the number is still the child's and its group's.
    let group = Pid::from_raw(child.id().cast_signed());
    if let Some(Err(error)) = group.map(|group| kill_process_group(group, Signal::KILL)) {
        tracing::warn!("can't stop a program: {error}");
    }
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    if let Err(error) = child.kill() {
        tracing::warn!("can't stop a program: {error}");
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, bounds: Bounds) -> Result<String, Failure> {
        let scratch = tempfile::tempdir().expect("a folder can be made");
        run(command(Path::new("/bin/sh"), ["-c", script], scratch.path()), bounds)
    }

    const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), bytes: 1000 };

    #[test]
    fn gives_what_was_written() {
        assert_eq!(shell("echo a; echo b >&2", BOUNDS).expect("it ends well"), "a\n");
    }

    #[test]
    fn tells_failures_apart() {
        let missing = command(Path::new("/no/such/program"), [""; 0], Path::new("/"));
        assert!(matches!(run(missing, BOUNDS), Err(Failure::Missing)));
        let said = shell("echo half; echo 'Error: bad' >&2; exit 3", BOUNDS);
        assert!(matches!(said, Err(Failure::Said(said)) if said == "Error: bad"));
        let silent = shell("exit 3", BOUNDS);
        assert!(matches!(silent, Err(Failure::Broken(why)) if why.contains('3')));
        let bytes = shell(r"printf '\377'", BOUNDS);
        assert!(matches!(bytes, Err(Failure::Broken(why)) if why.contains("UTF-8")));
    }

    #[test]
    fn stops_at_the_bounds_with_all_that_was_started() {
        let endless = shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaa; done", BOUNDS);
        assert!(matches!(endless, Err(Failure::Broken(why)) if why.contains("1000 bytes")));
        let mark = tempfile::NamedTempFile::new().expect("a file can be made");
        let path = mark.path().display();
        let began = Instant::now();
        let bounds = Bounds { time: Duration::from_millis(300), ..BOUNDS };
        let slow = shell(&format!("(sleep 2; echo late > {path}) & wait"), bounds);
        assert!(matches!(slow, Err(Failure::Broken(why)) if why.contains("0.3 s")));
        assert!(began.elapsed() < Duration::from_secs(2));
        thread::sleep(Duration::from_millis(2200));
        assert_eq!(std::fs::read_to_string(path.to_string()).expect("it is there"), "");
    }

    #[test]
    fn leaves_nothing_of_the_user_to_the_program() {
        let said = shell("echo $HELM_PLUGINS $HTTPS_PROXY $GIT_ALLOW_PROTOCOL; cat", BOUNDS);
        let said = said.expect("it ends well");
        assert!(said.ends_with("/helm http://127.0.0.1:9 none\n"), "{said}");
    }
}
