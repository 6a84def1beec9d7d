//! Follows a command and all its children from stop to stop.

use std::collections::HashSet;
use std::io;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use seawall_podsecurity::seccomp::Instruction;

use crate::call::Call;
use crate::launcher;
use crate::report::{Ended, Error, Run};

/// What is to become of a call.
pub(crate) enum Answer {
    /// It takes place.
    Proceed,
    /// It fails with this error and does not take place.
    Fail(u16),
}

/// What wants to know.
pub(crate) trait Observer {
    /// A process is about to make a call that the filter handed over.
    fn call(&mut self, call: &Call) -> Answer;
    /// The kernel killed a thread for a call, or signals it.
    fn stopped(&mut self, call: &Call);
    /// A process became another program.
    fn exec(&mut self, pid: Pid);
}

/// How long a command that was asked to end may take.
const GRACE: Duration = Duration::from_secs(5);

/// `si_code` of a SIGSYS that a filter sent (`asm-generic/siginfo.h`).
const SYS_SECCOMP: i32 = 1;

fn trace<E: Into<io::Error>>(what: &'static str) -> impl Fn(E) -> Error {
    move |error| Error::Trace { what, why: error.into() }
}

/// Runs a command under a filter and tells an observer what happens; gives how it ended, and
/// whether it was started at all.
pub(crate) fn run(
    run: &Run,
    filter: &[Instruction],
    observer: &mut dyn Observer,
) -> Result<(Ended, bool), Error> {
    launcher::find(run.command.first().ok_or(Error::NoCommand)?)?;
    // A Ctrl-C at the terminal ends the command; what was seen of it is still to be told.
    let mut interrupt = SigSet::empty();
    interrupt.add(Signal::SIGINT);
    interrupt.thread_block().map_err(trace("block SIGINT"))?;
    let (program, before) = &run.launcher;
    let mut command = Command::new(program);
    command.args(before).arg(launcher::encode(filter)).arg("--").args(&run.command);
    if run.output_to_stderr {
        command.stdout(Stdio::from(io::stderr()));
    }
    let child = command.spawn().map_err(|error| Error::Start(program.clone(), error))?;
    let root = Pid::from_raw(child.id().cast_signed());
    let clock = run.at_most.map(|limit| Clock::start(root, limit));
    let ended =
        Tracer { root, known: HashSet::new(), signalled: HashSet::new(), started: false, observer }
            .follow();
    drop(clock);
    interrupt.thread_unblock().map_err(trace("unblock SIGINT"))?;
    ended
}

struct Tracer<'o> {
    root: Pid,
    known: HashSet<Pid>,
    /// Whose SIGSYS was reported already, in case they die of it.
    signalled: HashSet<Pid>,
    started: bool,
    observer: &'o mut dyn Observer,
}

impl Tracer<'_> {
    fn follow(mut self) -> Result<(Ended, bool), Error> {
        let options = Options::PTRACE_O_EXITKILL
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_TRACEEXIT
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACESECCOMP
            | Options::PTRACE_O_TRACEVFORK;
        match waitpid(self.root, Some(WaitPidFlag::WUNTRACED)).map_err(trace("wait for it"))? {
            WaitStatus::Stopped(pid, Signal::SIGSTOP) => {
                ptrace::setoptions(pid, options).map_err(trace("trace the command"))?;
                self.known.insert(pid);
                ptrace::cont(pid, None).map_err(trace("start the command"))?;
            }
            WaitStatus::Exited(_, code) => return Err(Error::NotStarted(Ended::Exit(code))),
            WaitStatus::Signaled(_, signal, _) => {
                return Err(Error::NotStarted(Ended::Signal(signal as i32)));
            }
            other => {
                let why = io::Error::other(format!("unexpected state {other:?}"));
                return Err(Error::Trace { what: "wait for it", why });
            }
        }
        let mut ended = Ended::Exit(0);
        loop {
            let status = match waitpid(None, Some(WaitPidFlag::__WALL)) {
                Ok(status) => status,
                Err(Errno::EINTR) => continue,
                Err(Errno::ECHILD) => return Ok((ended, self.started)),
                Err(error) => return Err(trace("wait for the command")(error)),
            };
            match status {
                WaitStatus::Exited(pid, code) if pid == self.root => ended = Ended::Exit(code),
                WaitStatus::Signaled(pid, signal, _) if pid == self.root => {
                    ended = Ended::Signal(signal as i32);
                }
                WaitStatus::PtraceEvent(pid, _, event) => {
                    gone(self.event(pid, event)).map_err(trace("trace the command"))?;
                    go_on(pid, None)?;
                }
                WaitStatus::Stopped(pid, signal) => {
                    let signal =
                        gone(self.signal(pid, signal)).map_err(trace("trace the command"))?;
                    go_on(pid, signal.flatten())?;
                }
                _ => {}
            }
        }
    }

    fn event(&mut self, pid: Pid, event: i32) -> nix::Result<()> {
        if event == Event::PTRACE_EVENT_SECCOMP as i32 {
            let call = Call::of(pid)?;
            // The launcher's own calls are not the command's, but for the one that starts it.
            let launching = !self.started && !matches!(call.name(), Some("execve"));
            if !launching && let Answer::Fail(errno) = self.observer.call(&call) {
                call.fail(errno)?;
            }
        } else if event == Event::PTRACE_EVENT_EXEC as i32 {
            self.started = true;
            self.observer.exec(pid);
        } else if event == Event::PTRACE_EVENT_EXIT as i32 {
            let status = ptrace::getevent(pid)? as i32;
            let killed = libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSYS;
            // The number of a process that is gone may come again.
            self.known.remove(&pid);
            if killed && !self.signalled.remove(&pid) {
                self.observer.stopped(&Call::of(pid)?);
            }
        }
        Ok(())
    }

    /// The signal to deliver, if any.
    fn signal(&mut self, pid: Pid, signal: Signal) -> nix::Result<Option<Signal>> {
        // A new child stops once before it runs.
        if self.known.insert(pid) && signal == Signal::SIGSTOP {
            return Ok(None);
        }
        let information = match ptrace::getsiginfo(pid) {
            Ok(information) => information,
            // A stop of the whole group by job control: there is no signal to deliver.
            Err(Errno::EINVAL) => return Ok(None),
            Err(error) => return Err(error),
        };
        if signal == Signal::SIGSYS && information.si_code == SYS_SECCOMP {
            self.signalled.insert(pid);
            self.observer.stopped(&Call::of(pid)?);
        }
        Ok(Some(signal))
    }
}

/// A process that was killed meanwhile is no error: its end is reported next.
fn gone<T>(result: nix::Result<T>) -> nix::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

fn go_on(pid: Pid, signal: Option<Signal>) -> Result<(), Error> {
    gone(ptrace::cont(pid, signal)).map(drop).map_err(trace("let the command go on"))
}

/// Ends a command that takes too long.
struct Clock {
    done: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Clock {
    fn start(root: Pid, limit: Duration) -> Clock {
        let (done, waiting) = channel::<()>();
        let thread = thread::spawn(move || {
            for (signal, wait) in [(Signal::SIGTERM, limit), (Signal::SIGKILL, GRACE)] {
                if waiting.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                // Where it is gone already, all is well.
                if kill(root, signal).is_err() {
                    return;
                }
            }
        });
        Clock { done: Some(done), thread: Some(thread) }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the clock does not panic");
        }
    }
}
