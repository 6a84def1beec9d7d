//! Which of a component's programs run: `ps -C NAME -o cmd`, without ps.

use super::Error;
use super::go;
use crate::Host;

/// Longest name of a program that the kernel keeps (`TASK_COMM_LEN` less its end), in bytes.
const KEPT: usize = 15;

/// The programs that run on a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    all: Vec<Program>,
}

#[derive(Clone, Debug)]
struct Program {
    /// As the kernel knows it.
    name: String,
    /// Its words with blanks between; the name in brackets where there are none.
    command: String,
}

impl Programs {
    /// Reads them from /proc.
    pub(crate) fn read(host: &Host) -> Result<Self, Error> {
        let mut all = Vec::new();
        for pid in host.list("/proc")?.unwrap_or_default() {
            if !pid.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            // A process may end between being listed and being read.
            let Some(name) = host.read_bytes(&format!("/proc/{pid}/comm"))? else { continue };
            let Some(words) = host.read_bytes(&format!("/proc/{pid}/cmdline"))? else { continue };
            let name = String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned();
            let words = String::from_utf8_lossy(&words);
            let command = match words.trim_end_matches('\0') {
                "" => format!("[{name}]"),
                words => words.replace('\0', " "),
            };
            all.push(Program { name, command });
        }
        Ok(Programs { all })
    }

    /// Whether a program runs (`verifyBin`): its first word is the process's name, and the whole
    /// stands first in its command line but for a path.
    pub(crate) fn runs(&self, program: &str) -> Result<bool, Error> {
        let program = program.trim_matches(['\'', '"']);
        let Some(name) = program.split_whitespace().next() else { return Ok(false) };
        let expression = go::regex(&format!(r"^(\S*\/)*{program}"))
            .map_err(|cause| Error::Program { program: program.to_owned(), cause })?;
        Ok(self
            .all
            .iter()
            .filter(|running| running.is_named(name))
            .any(|running| running.command.lines().any(|line| expression.is_match(line))))
    }
}

impl Program {
    /// procps from 3.3.17 on compares as much of a name as the kernel keeps.
    fn is_named(&self, name: &str) -> bool {
        if self.name.len() == KEPT {
            name.as_bytes().starts_with(self.name.as_bytes())
        } else {
            self.name == name
        }
    }
}
