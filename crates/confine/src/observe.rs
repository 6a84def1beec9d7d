//! Recording and trying: what is done at each stop.

use std::collections::HashMap;
use std::path::PathBuf;

use nix::unistd::Pid;
use seawall_podsecurity::seccomp::{Arch, Filter, Instruction, Recorded, Return, program};

use crate::call::Call;
use crate::report::{Attempt, Denied, Error, Recording, Run};
use crate::tracer::{Answer, Observer, run};

/// Runs a command and notes every call that it and its children make.
///
/// # Errors
///
/// Where it can't be run or traced.
pub fn record(command: &Run) -> Result<Recording, Error> {
    let every_call = [Instruction { code: 0x06, jt: 0, jf: 0, k: Return::Trace(0).code() }];
    let mut recorder =
        Recorder { calls: Recorded::default(), unknown: Vec::new(), programs: Vec::new() };
    let (ended, started) = run(command, &every_call, &mut recorder)?;
    if !started {
        return Err(Error::NotStarted(ended));
    }
    let Recorder { calls, unknown, programs } = recorder;
    Ok(Recording { calls, unknown, programs, ended })
}

struct Recorder {
    calls: Recorded,
    unknown: Vec<(Arch, u32)>,
    programs: Vec<PathBuf>,
}

impl Observer for Recorder {
    fn call(&mut self, call: &Call) -> Answer {
        match call.name() {
            Some(name) => self.calls.add(call.arch, name, call.arguments[0]),
            None if !self.unknown.contains(&(call.arch, call.number)) => {
                self.unknown.push((call.arch, call.number));
            }
            None => {}
        }
        Answer::Proceed
    }

    fn stopped(&mut self, _: &Call) {}

    fn exec(&mut self, pid: Pid) {
        if let Ok(program) = std::fs::read_link(format!("/proc/{pid}/exe"))
            && !self.programs.contains(&program)
        {
            self.programs.push(program);
        }
    }
}

/// Most different calls that are kept.
const MOST: usize = 10_000;

/// Runs a command under a filter and reports each call that the filter does not just let through.
///
/// # Errors
///
/// Where it can't be run or traced.
pub fn attempt(command: &Run, filter: &Filter) -> Result<Attempt, Error> {
    let hand_over = Return::Trace(0).code();
    let code = program(filter, &|ret| match ret {
        Return::Errno(_) | Return::Log | Return::Trace(_) | Return::Notify => hand_over,
        kept => kept.code(),
    })?;
    let mut watcher = Watcher { filter, denied: Vec::new(), seen: HashMap::new(), left_out: 0 };
    let (ended, started) = run(command, &code, &mut watcher)?;
    Ok(Attempt { denied: watcher.denied, left_out: watcher.left_out, ended, started })
}

/// What makes a denied call the same as another: program, architecture, number, arguments that are
/// no pointers, path.
type Key = (PathBuf, Arch, u32, [u64; 6], Option<String>);

struct Watcher<'f> {
    filter: &'f Filter,
    denied: Vec<Denied>,
    seen: HashMap<Key, usize>,
    left_out: u64,
}

/// `ENOSYS`: what the kernel gives where a filter asks for a tracer or a listener and there is none.
const ENOSYS: u16 = 38;

impl Watcher<'_> {
    fn note(&mut self, call: &Call, ret: Return) {
        let (program, path) = (call.program(), call.path());
        // Addresses change from time to time, what is said does not.
        let shown = call.arguments.map(|value| if value > u64::from(u32::MAX) { 0 } else { value });
        let key = (program, call.arch, call.number, shown, path);
        if let Some(index) = self.seen.get(&key) {
            self.denied[*index].times += 1;
            return;
        }
        if self.denied.len() >= MOST {
            self.left_out += 1;
            return;
        }
        let (program, arch, number, _, path) = key.clone();
        self.seen.insert(key, self.denied.len());
        self.denied.push(Denied {
            pid: call.pid.as_raw(),
            program,
            arch,
            number,
            name: call.name(),
            arguments: call.arguments,
            path,
            ret,
            times: 1,
        });
    }

    fn ret(&self, call: &Call) -> Return {
        self.filter.decide_number(call.arch, call.number, &call.arguments).ret
    }
}

impl Observer for Watcher<'_> {
    fn call(&mut self, call: &Call) -> Answer {
        let ret = self.ret(call);
        if ret != Return::Allow {
            self.note(call, ret);
        }
        match ret {
            Return::Errno(errno) => Answer::Fail(errno),
            Return::Trace(_) | Return::Notify => Answer::Fail(ENOSYS),
            // What kills is the kernel's to do.
            _ => Answer::Proceed,
        }
    }

    fn stopped(&mut self, call: &Call) {
        let ret = self.ret(call);
        // A SIGSYS that somebody else sent.
        if matches!(ret, Return::KillProcess | Return::KillThread | Return::Trap) {
            self.note(call, ret);
        }
    }

    fn exec(&mut self, _: Pid) {}
}
