//! The processes of a node, from /proc.

use std::collections::BTreeMap;

use super::container::{self, Home, Standing};
use super::host::{Host, Unread};
use super::{arguments, mounts};

/// The programs that make a node of a machine.
const NODE: &[&str] = &["kubelet", "kubelite", "k3s", "k3s-server", "k3s-agent"];

/// A process that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, in the namespace of the /proc that was read.
    pub pid: u32,
    /// The program's name: the last part of its path.
    pub name: String,
    /// The words of its command line, the program first.
    pub words: Vec<String>,
}

/// All processes.
#[derive(Clone, Debug)]
pub struct Processes {
    host: Host,
    all: Vec<Process>,
    /// Whether /proc shows only those of a container.
    contained: bool,
}

impl Processes {
    /// Reads the processes of a node.
    ///
    /// # Errors
    ///
    /// Where /proc is not there, or hides the processes of others.
    pub fn read(host: &Host) -> Result<Self, Unread> {
        let names = host
            .list("/proc")?
            .ok_or_else(|| Unread::new("/proc", &"the node's processes are not there"))?;
        let pids: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
        if !pids.contains(&1) {
            let cause = "it shows no process 1: no /proc is mounted, or it hides others' processes";
            return Err(Unread::new("/proc", &cause));
        }
        let mut all = Vec::new();
        for pid in pids {
            // A process may end while it is looked at; of one that can't be looked at no more is
            // known than of one that never was, and `cmdline` can be read by everybody.
            let Some(bytes) = host.read_bytes(&format!("/proc/{pid}/cmdline"))? else { continue };
            let words = words_of(&bytes);
            let Some(program) = words.first() else { continue };
            let name = program.rsplit('/').next().unwrap_or(program);
            // `hyperkube kubelet`, and shells that show their name as `-sh`.
            let name = match (name, words.get(1)) {
                ("hyperkube", Some(applet)) => applet.trim_start_matches("--"),
                _ => name.trim_start_matches('-'),
            };
            all.push(Process { pid, name: name.to_owned(), words });
        }
        // In the machine's own namespace the second process is always the kernel's. A node may be a
        // container itself, as kind's are: then its kubelet is among them.
        let second = host.read("/proc/2/comm")?;
        let is_node = |process: &Process| NODE.contains(&process.name.as_str());
        let contained =
            second.as_deref().map(str::trim) != Some("kthreadd") && !all.iter().any(is_node);
        all.sort_by_key(|process| process.pid);
        Ok(Processes { host: host.clone(), all, contained })
    }

    /// All of them, by id.
    pub fn all(&self) -> &[Process] {
        &self.all
    }

    /// Those of a program's name that are the node's own.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Process> {
        let own = |process: &&Process| self.standing(process.pid, false, &[]) == Standing::Own;
        self.called(name).filter(own)
    }

    /// Those of a program's name that are the node's own or in its network in a pod, as the agents
    /// of DaemonSets are.
    pub fn agents<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Process> {
        let own = |process: &&Process| self.standing(process.pid, true, &[]) == Standing::Own;
        self.called(name).filter(own)
    }

    /// Those of a program's name, whosever they are.
    pub fn called<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Process> {
        self.all.iter().filter(move |process| process.name == name)
    }

    /// Whether a process is the node's own, see [`container::standing`].
    pub fn standing(&self, pid: u32, is_pod: bool, statics: &[&str]) -> Standing {
        container::standing(&self.host, pid, is_pod, statics)
    }

    /// Whether what is not among them may run all the same, because they are those of a container.
    pub fn contained(&self) -> bool {
        self.contained
    }
}

fn words_of(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\0');
    if text.is_empty() {
        return Vec::new();
    }
    let words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    // k3s and others write their title over their arguments: one word with blanks.
    match &words[..] {
        [title] if title.contains(' ') => arguments::words(title),
        _ => words,
    }
}

/// The environment of a process.
///
/// # Errors
///
/// Where it may not be read.
pub fn environment(host: &Host, pid: u32) -> Result<BTreeMap<String, String>, Unread> {
    let path = format!("/proc/{pid}/environ");
    let bytes = host.read_bytes(&path)?.unwrap_or_default();
    Ok(bytes
        .split(|byte| *byte == 0)
        .filter_map(|entry| {
            let entry = String::from_utf8_lossy(entry);
            let (name, value) = entry.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect())
}

/// Whether a process has another file system than the node's first process has, so that its paths
/// are not the node's. Where its mounts don't tell, it has if it is in a container.
///
/// # Errors
///
/// Where that can't be read.
pub fn is_contained(host: &Host, pid: u32) -> Result<bool, Unread> {
    match mounts::has_own_root(host, pid)? {
        Some(own) => Ok(own),
        None => Ok(container::home(host, pid)? != Home::Node),
    }
}

/// Ticks of the clock in a second, as /proc counts them on every machine.
const TICKS: i64 = 100;

/// When a process began, in seconds since 1970; none where that is not shown.
///
/// # Errors
///
/// Where it may not be read.
pub fn began(host: &Host, pid: u32) -> Result<Option<i64>, Unread> {
    let stat = host.read(&format!("/proc/{pid}/stat"))?.unwrap_or_default();
    let machine = host.read("/proc/stat")?.unwrap_or_default();
    // The name stands in brackets and may hold any; `starttime` is the 22nd field, counted from
    // when the machine started (proc(5)).
    let ticks = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().nth(19)?.parse::<i64>().ok());
    let start =
        machine.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i64>().ok());
    Ok(ticks.zip(start).map(|(ticks, start)| start + ticks / TICKS))
}

/// A field of `/proc/PID/status`: `Seccomp`, `CapEff`.
///
/// # Errors
///
/// Where the file may not be read.
pub fn status(host: &Host, pid: u32) -> Result<Option<BTreeMap<String, String>>, Unread> {
    let text = host.read(&format!("/proc/{pid}/status"))?;
    Ok(text.map(|text| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect()
    }))
}
