//! The shell that runs a configuration's audit commands, within bounds.
//!
//! The commands come from a configuration that somebody wrote, and run as whoever runs Seawall: no
//! bound makes a bad one good, but one that hangs or floods must not take the run with it. Each has
//! its own process group, which is killed when it prints too much or takes too long.
//!
//! One runs at a time: many list processes and look for a name, and would find other audits by it.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::go;

/// A shell, and what it has run.
#[derive(Debug)]
pub struct Shell {
    bounds: Bounds,
    /// The directory that is the commands' `/`.
    root: PathBuf,
    /// Controls ask the same of the same process dozens of times; each command runs once.
    ran: HashMap<String, Arc<Ran>>,
}

/// How long one command may run, and how much it may print.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Longest run of one command.
    pub time: Duration,
    /// Most bytes that it may print.
    pub output: usize,
}

impl Default for Bounds {
    /// Ten minutes and 16 MiB: what asks kubectl about each pod of a cluster takes half a minute for
    /// a small one.
    fn default() -> Self {
        Bounds { time: Duration::from_secs(600), output: 16 << 20 }
    }
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// Both its outputs, as they came.
    pub(crate) output: String,
    /// Why it did not succeed, in kube-bench's words.
    pub(crate) error: Option<String>,
}

impl Shell {
    /// A shell below a root: `/bin/sh` itself where that is `/`, else through `chroot`.
    pub fn new(root: impl Into<PathBuf>, bounds: Bounds) -> Self {
        Shell { bounds, root: root.into(), ran: HashMap::new() }
    }

    /// Runs a command, or gives what came of it the last time.
    pub(crate) fn run(&mut self, script: &str) -> Arc<Ran> {
        let script = script.trim();
        if script.is_empty() {
            return Arc::default();
        }
        if let Some(ran) = self.ran.get(script) {
            return Arc::clone(ran);
        }
        let (output, error) = match self.execute(script) {
            Ok((output, error)) => (output, error),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let output = String::from_utf8_lossy(&output).into_owned();
        let error = error.map(|error| {
            format!(
                "failed to run: {}, output: {}, error: {error}",
                go::quote(script),
                go::quote(&output)
            )
        });
        let ran = Arc::new(Ran { output, error });
        self.ran.insert(script.to_owned(), Arc::clone(&ran));
        ran
    }

    fn execute(&self, script: &str) -> io::Result<(Vec<u8>, Option<String>)> {
        let (mut reader, writer) = io::pipe()?;
        let mut command = if self.root.as_os_str() == "/" {
            Command::new("/bin/sh")
        } else {
            let mut command = Command::new("chroot");
            command.arg(&self.root).arg("/bin/sh");
            command
        };
        command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
        let spawned = command.spawn();
        // The command holds the pipe's other ends, which must be gone for it to end.
        drop(command);
        let mut child = spawned.map_err(|error| {
            let program = if self.root.as_os_str() == "/" { "/bin/sh" } else { "chroot" };
            io::Error::new(error.kind(), format!("{program}: {error}"))
        })?;
        let feed = child.stdin.take().map(|mut stdin| {
            let script = script.to_owned();
            // A shell that ends before it has read everything closes the pipe; its status tells.
            std::thread::spawn(move || stdin.write_all(script.as_bytes()))
        });
        let (sender, receiver) = channel();
        // Whoever left the process group may hold the pipe for ever: this thread is not waited for.
        std::thread::spawn(move || {
            let mut chunk = vec![0; 1 << 14];
            loop {
                match reader.read(&mut chunk) {
                    Ok(0) | Err(_) => return,
                    Ok(read) => {
                        if sender.send(chunk[..read].to_vec()).is_err() {
                            return;
                        }
                    }
                }
            }
        });
        let deadline = Instant::now() + self.bounds.time;
        let mut output = Vec::new();
        let stopped = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left) {
                Ok(chunk) => output.extend(chunk),
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {
                    break Some(format!(
                        "it ran for more than {} s",
                        self.bounds.time.as_secs_f64()
                    ));
                }
            }
            if output.len() > self.bounds.output {
                output.truncate(self.bounds.output);
                break Some(format!("it printed more than {} bytes", self.bounds.output));
            }
        };
        if let Some(why) = stopped {
            kill(&mut child)?;
            return Ok((output, Some(why)));
        }
        let Some(status) = wait_until(&mut child, deadline)? else {
            kill(&mut child)?;
            let why = format!("it ran for more than {} s", self.bounds.time.as_secs_f64());
            return Ok((output, Some(why)));
        };
        if let Some(feed) = feed
            && status.success()
            && let Ok(Err(error)) = feed.join()
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(error);
        }
        Ok((output, failure(status)))
    }
}

/// Waits for a child that has closed its outputs; none where it does not end in time.
fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Kills a child and all of its process group.
fn kill(child: &mut Child) -> io::Result<()> {
    let group = rustix::process::Pid::from_child(child);
    match rustix::process::kill_process_group(group, rustix::process::Signal::KILL) {
        // It has ended meanwhile.
        Ok(()) | Err(rustix::io::Errno::SRCH) => child.wait().map(|_| ()),
        Err(error) => Err(error.into()),
    }
}

/// A status as Go's `exec.ExitError` prints it; none for success.
fn failure(status: ExitStatus) -> Option<String> {
    if status.success() {
        return None;
    }
    Some(match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let name = match signal {
                1 => "hangup".to_owned(),
                2 => "interrupt".to_owned(),
                3 => "quit".to_owned(),
                4 => "illegal instruction".to_owned(),
                6 => "aborted".to_owned(),
                7 => "bus error".to_owned(),
                8 => "floating point exception".to_owned(),
                9 => "killed".to_owned(),
                11 => "segmentation fault".to_owned(),
                13 => "broken pipe".to_owned(),
                14 => "alarm clock".to_owned(),
                15 => "terminated".to_owned(),
                other => format!("signal {other}"),
            };
            let dumped = if status.core_dumped() { " (core dumped)" } else { "" };
            format!("signal: {name}{dumped}")
        }
        (None, None) => "it did not end".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(script: &str) -> Ran {
        let bounds = Bounds { time: Duration::from_millis(700), output: 10_000 };
        (*Shell::new("/", bounds).run(script)).clone()
    }

    #[test]
    fn both_outputs_come_in_their_order_and_the_status_in_gos_words() {
        let both = ran("echo a; echo b >&2; echo c; exit 3");
        assert_eq!(both.output, "a\nb\nc\n");
        let error = both.error.expect("an error");
        assert_eq!(
            error,
            r#"failed to run: "echo a; echo b >&2; echo c; exit 3", output: "a\nb\nc\n", error: exit status 3"#
        );
        assert_eq!(ran("true"), Ran::default());
        assert_eq!(ran("  "), Ran::default());
        assert!(ran("kill -9 $$").error.expect("an error").ends_with("signal: killed"));
    }

    #[test]
    fn what_hangs_or_floods_is_killed_with_its_children() {
        assert!(ran("sleep 30 & wait").error.expect("an error").contains("it ran for more than"));
        assert!(ran("exec >&- 2>&-; sleep 30").error.expect("an error").contains("it ran for"));
        assert!(ran("yes").error.expect("an error").contains("it printed more than"));
        assert!(ran("sleep 30 | yes").error.expect("an error").contains("it printed more"));
    }

    #[test]
    fn a_command_runs_once() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("count");
        let script = format!("echo x >> {0}; cat {0}", file.display());
        let mut shell = Shell::new("/", Bounds::default());
        assert_eq!(shell.run(&script).output, "x\n");
        assert_eq!(shell.run(&script).output, "x\n");
    }
}
