//! systemd units: what starts a service, also where it isn't running.
//!
//! Follows systemd.unit(5) and systemd.service(5): the first directory that holds the unit wins,
//! drop-ins of all directories are added by name, an empty assignment clears what stood before.

use std::collections::BTreeMap;

use super::arguments;
use super::host::{Host, Unread};

/// Where units are that go with the machine's next start.
const RUNTIME: &str = "/run/systemd/system";
/// Where units are looked for, the first wins.
const DIRECTORIES: &[&str] = &[
    "/etc/systemd/system",
    RUNTIME,
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// A service unit with its drop-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The files that it is made of: the unit, then its drop-ins.
    pub files: Vec<String>,
    /// The words of `ExecStart`, the program first, with variables that are known.
    pub command: Vec<String>,
    /// The variables that it sets.
    pub environment: BTreeMap<String, String>,
    /// Whether it hands on variables of systemd itself.
    pub passes_more: bool,
}

/// The unit of a name such as `kubelet.service`; none where there is none.
///
/// # Errors
///
/// Where one of its files can't be read.
pub fn read(host: &Host, name: &str) -> Result<Option<Unit>, Unread> {
    let mut files = Vec::new();
    let mut lines = Vec::new();
    // A container is not shown /run, where the sockets are. What runs by a unit of it is seen as a
    // process, and what does not run will not start from there.
    let directories = || DIRECTORIES.iter().filter(|at| **at != RUNTIME || host.shows("run"));
    for directory in directories() {
        let path = format!("{directory}/{name}");
        if let Some(text) = host.read(&path)? {
            lines.extend(settings(&text));
            files.push(path);
            break;
        }
    }
    if files.is_empty() {
        return Ok(None);
    }
    let mut drop_ins: BTreeMap<String, String> = BTreeMap::new();
    for directory in directories() {
        let directory = format!("{directory}/{name}.d");
        for file in host.list(&directory)?.unwrap_or_default() {
            if file.ends_with(".conf") {
                drop_ins.entry(file.clone()).or_insert_with(|| format!("{directory}/{file}"));
            }
        }
    }
    for path in drop_ins.into_values() {
        if let Some(text) = host.read(&path)? {
            lines.extend(settings(&text));
            files.push(path);
        }
    }
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut environment_files = Vec::new();
    let mut command = String::new();
    let mut passes_more = false;
    for (key, value) in lines {
        match key.as_str() {
            "ExecStart" => command = value,
            "Environment" if value.is_empty() => variables.clear(),
            "Environment" => variables.extend(assignments(&arguments::words(&value))),
            "EnvironmentFile" if value.is_empty() => environment_files.clear(),
            "EnvironmentFile" => environment_files.push(value),
            "PassEnvironment" => passes_more = !value.is_empty(),
            _ => {}
        }
    }
    for path in environment_files {
        let path = path.trim_start_matches('-');
        if path.starts_with('/')
            && let Some(text) = host.read(path)?
        {
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
            for line in lines {
                if let Some((name, value)) = line.split_once('=') {
                    let value = value.trim().trim_matches(['"', '\'']);
                    variables.insert(name.trim().to_owned(), value.to_owned());
                }
            }
        }
    }
    let command = expanded(&command, &variables);
    Ok(Some(Unit { files, command, environment: variables, passes_more }))
}

/// The assignments of a unit file in order, with continued lines joined.
fn settings(text: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        let line = line.trim();
        if pending.is_empty() && (line.starts_with(['#', ';', '[']) || line.is_empty()) {
            continue;
        }
        if line.starts_with(['#', ';']) {
            continue;
        }
        pending.push_str(line.trim_end_matches('\\'));
        if line.ends_with('\\') {
            pending.push(' ');
            continue;
        }
        if let Some((key, value)) = pending.split_once('=') {
            settings.push((key.trim().to_owned(), value.trim().to_owned()));
        }
        pending.clear();
    }
    settings
}

fn assignments(words: &[String]) -> impl Iterator<Item = (String, String)> {
    words
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// `$NAME` as a word of its own becomes words, `${NAME}` a part of one; what is not set is empty.
fn expanded(command: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    for (index, word) in arguments::words(command).into_iter().enumerate() {
        let word = match index {
            0 => word.trim_start_matches(['-', '@', ':', '+', '!']).to_owned(),
            _ => word,
        };
        match word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$'])) {
            Some(name) => {
                words.extend(
                    variables.get(name).map(|value| arguments::words(value)).unwrap_or_default(),
                );
            }
            None => words.push(braces(&word, variables)),
        }
    }
    words
}

fn braces(word: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(variables.get(name).map_or("", String::as_str));
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn drop_ins_replace_the_command_and_variables_are_filled_in() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        };
        for directory in ["run", "usr", "lib"] {
            fs::create_dir_all(root.path().join(directory)).expect("a directory");
        }
        write("usr/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n");
        write(
            "usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
            "[Service]\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n\
             EnvironmentFile=-/etc/default/kubelet\nExecStart=\nExecStart=/usr/bin/kubelet \
             $KUBELET_CONFIG_ARGS \\\n  --v=${LEVEL} $KUBELET_EXTRA_ARGS\n",
        );
        write(
            "etc/default/kubelet",
            "# none\nKUBELET_EXTRA_ARGS=\"--read-only-port=0 --x=1\"\nLEVEL=2\n",
        );
        let host = Host::new(root.path()).expect("a host");
        let unit = read(&host, "kubelet.service").expect("readable").expect("a unit");
        assert_eq!(
            unit.command,
            [
                "/usr/bin/kubelet",
                "--config=/var/lib/kubelet/config.yaml",
                "--v=2",
                "--read-only-port=0",
                "--x=1"
            ]
        );
        assert_eq!(unit.files.len(), 2);
        assert_eq!(read(&host, "none.service"), Ok(None));
    }
}
