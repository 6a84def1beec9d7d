//! The child: it lets itself be traced, applies the filter to itself and becomes the command.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nix::sys::ptrace;
use nix::sys::signal::{SigSet, Signal, raise};
use seawall_podsecurity::seccomp::Instruction;
use seccompiler::sock_filter;

use crate::report::Error;

/// A program as text, to hand to the launcher: 16 digits an instruction.
pub(crate) fn encode(program: &[Instruction]) -> String {
    program
        .iter()
        .map(|it| format!("{:04x}{:02x}{:02x}{:08x}", it.code, it.jt, it.jf, it.k))
        .collect()
}

fn decode(text: &str) -> Option<Vec<sock_filter>> {
    if !text.len().is_multiple_of(16) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(16)
        .map(|at| {
            let word = u64::from_str_radix(&text[at..at + 16], 16).ok()?;
            Some(sock_filter {
                code: (word >> 48) as u16,
                jt: (word >> 40) as u8,
                jf: (word >> 32) as u8,
                k: word as u32,
            })
        })
        .collect()
}

/// Where a command is, as a shell looks for it.
pub(crate) fn find(command: &OsStr) -> Result<PathBuf, Error> {
    let runs = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    };
    let direct = Path::new(command);
    let found = if command.as_bytes().contains(&b'/') {
        runs(direct).then(|| direct.to_owned())
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(direct)).find(|path| runs(path))
    };
    found.ok_or_else(|| Error::NoProgram(command.to_string_lossy().into_owned()))
}

/// Becomes a command under a filter that [`encode`] wrote, traced by the parent; returns only
/// where that fails.
pub fn launch(filter: &str, command: &[OsString]) -> Error {
    match prepare(filter, command) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

fn prepare(filter: &str, command: &[OsString]) -> Result<std::convert::Infallible, Error> {
    let trace = |what| move |error: nix::Error| Error::Trace { what, why: error.into() };
    let filter = decode(filter).ok_or(Error::Filter)?;
    let name = command.first().ok_or(Error::NoCommand)?;
    let text = |text: &OsStr| {
        CString::new(text.as_bytes())
            .map_err(|_| Error::NoProgram(text.to_string_lossy().into_owned()))
    };
    // All that allocates is done before the filter holds.
    let program = text(find(name)?.as_os_str())?;
    let arguments = command.iter().map(|it| text(it)).collect::<Result<Vec<_>, _>>()?;
    let environment = std::env::vars_os()
        .map(|(mut key, value)| {
            key.push("=");
            key.push(value);
            text(&OsString::from_vec(key.into_vec()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    SigSet::all().thread_unblock().map_err(trace("unblock signals"))?;
    ptrace::traceme().map_err(trace("let myself be traced"))?;
    raise(Signal::SIGSTOP).map_err(trace("wait for the tracer"))?;
    seccompiler::apply_filter(&filter).map_err(|error| Error::Refused(error.to_string()))?;
    nix::unistd::execve(&program, &arguments, &environment).map_err(trace("start the command"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_survives_the_way_to_the_launcher() {
        let program = [
            Instruction { code: 0x20, jt: 0, jf: 0, k: 4 },
            Instruction { code: 0x15, jt: 1, jf: 255, k: 0xc000_003e },
        ];
        let text = encode(&program);
        let read = decode(&text).expect("it is what was written");
        assert_eq!(read.len(), 2);
        for (read, written) in read.iter().zip(program) {
            assert_eq!(
                (read.code, read.jt, read.jf, read.k),
                (written.code, written.jt, written.jf, written.k)
            );
        }
        assert!(decode("12").is_none());
        assert!(decode("zzzzzzzzzzzzzzzz").is_none());
    }
}
