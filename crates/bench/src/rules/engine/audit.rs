//! Whether auditd watches the files and programs of a container engine.

use std::collections::BTreeSet;

use super::{Engine, Running, each};
use crate::context::Cx;
use crate::evidence::host::{Host, Unread};
use crate::evidence::pattern;
use crate::outcome::{Evidence, OriginKind, Outcome};

/// The programs that start containers, beside the engine itself: CIS Docker 1.1.14 to 1.1.18.
const PROGRAMS: &[&str] = &[
    "containerd",
    "containerd-shim",
    "containerd-shim-runc-v1",
    "containerd-shim-runc-v2",
    "crun",
    "runc",
];
const DIRECTORIES: &[&str] = &["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// Changes of the engine's files and use of its programs are audited.
pub fn audited(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let (rules, files) = rules(host)?;
        let mut missing = Vec::new();
        let mut unseen = None;
        for path in watched(host, one) {
            if rules.iter().any(|rule| rule.covers(&path)) {
                continue;
            }
            match host.metadata(&path) {
                Ok(Some(_)) => missing.push(path),
                Ok(None) => {}
                Err(why) => unseen = Some(why),
            }
        }
        if let (Some(why), true) = (unseen, missing.is_empty()) {
            return Err(why);
        }
        let shown: Vec<&str> = rules.iter().map(|rule| rule.path.as_str()).collect();
        let evidence =
            Evidence::new("audit rules", shown.join(","), OriginKind::File, files.join(", "));
        let runs = cx.processes.as_ref().is_ok_and(|all| all.named("auditd").next().is_some());
        Ok(if !missing.is_empty() {
            Outcome::fail(format!("auditd watches no {}", missing.join(", no ")))
        } else if !runs {
            Outcome::fail("there are rules that watch its files and programs, but no auditd runs")
        } else {
            Outcome::pass("its files and programs are watched")
        }
        .with([evidence]))
    })
}

/// What is to be watched of an engine, as far as it is there.
fn watched(host: &Host, one: &Running) -> BTreeSet<String> {
    let own: &[&str] = match one.engine {
        Engine::Containerd => &["/etc/containerd", "/run/containerd"],
        Engine::Crio => &["/etc/crio", "/run/crio", "/etc/containers"],
        Engine::Docker => &[
            "/etc/docker",
            "/etc/default/docker",
            "/etc/sysconfig/docker",
            "/usr/lib/systemd/system/docker.service",
            "/usr/lib/systemd/system/docker.socket",
            "/var/lib/docker",
            "/run/docker.sock",
        ],
    };
    let mut paths: BTreeSet<String> = own.iter().map(|path| (*path).to_owned()).collect();
    paths.insert(one.configuration().to_owned());
    let programs = PROGRAMS.iter().copied().chain([one.engine.program()]);
    paths.extend(programs.flat_map(|program| {
        DIRECTORIES.iter().map(move |directory| format!("{directory}/{program}"))
    }));
    if one.engine == Engine::Containerd {
        paths.insert("/run/containerd/containerd.sock".to_owned());
    }
    // Where it really is; what can't be told is among the usual places, or nowhere.
    if let Ok(Some(program)) = host.link(&format!("/proc/{}/exe", one.process.pid)) {
        paths.insert(program);
    }
    paths
}

/// A watch of auditd.
struct Watch {
    path: String,
    /// Whether what is below the path is watched too.
    below: bool,
}

impl Watch {
    fn covers(&self, path: &str) -> bool {
        match path.strip_prefix(&self.path) {
            Some("") => true,
            Some(rest) => self.below && rest.starts_with('/'),
            None => false,
        }
    }
}

/// What auditd is told to watch, and the files that say so. augenrules makes the first of the
/// others.
fn rules(host: &Host) -> Result<(Vec<Watch>, Vec<String>), Unread> {
    let mut rules = Vec::new();
    let mut files = Vec::new();
    let mut paths = vec!["/etc/audit/audit.rules".to_owned()];
    paths.extend(pattern::files(host, "/etc/audit/rules.d/*.rules")?);
    for path in paths {
        let Some(text) = host.read(&path)? else { continue };
        rules.extend(text.lines().filter_map(watch));
        files.push(path);
    }
    Ok((rules, files))
}

/// `-w /etc/docker -p wa -k docker`, or `-a always,exit -F path=/usr/bin/runc -F perm=x`, see
/// auditctl(8). What is never audited is not watched.
fn watch(line: &str) -> Option<Watch> {
    let line = line.trim();
    let words: Vec<&str> = line.split_whitespace().collect();
    let (first, rest) = words.split_first()?;
    let trimmed = |path: &str| path.trim_end_matches('/').to_owned();
    match *first {
        // A watch of a directory holds for what is below it.
        "-w" => Some(Watch { path: trimmed(rest.first()?), below: true }),
        "-a" | "-A" if rest.first()?.split(',').any(|word| word == "always") => {
            rest.iter().find_map(|field| {
                let of = |key: &str| field.strip_prefix(key).map(trimmed);
                let whole = of("dir=").map(|path| Watch { path, below: true });
                whole.or_else(|| of("path=").map(|path| Watch { path, below: false }))
            })
        }
        _ => None,
    }
}
