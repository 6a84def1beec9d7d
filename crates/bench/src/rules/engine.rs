//! What is asked about container engines: containerd, CRI-O, and Docker where it runs.

use toml_edit::Item;

use crate::context::{Cx, either};
use crate::evidence::arguments::{Arguments, boolean};
use crate::evidence::host::{FileKind, Host};
use crate::evidence::mounts;
use crate::evidence::process::Process;
use crate::evidence::toml::Layers;
use crate::files;
use crate::outcome::{Evidence, OriginKind, Outcome, Verdict};
use crate::setting::unread;

/// A container engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Containerd,
    Crio,
    Docker,
}

impl Engine {
    /// All of them.
    pub(super) const ALL: [Engine; 3] = [Engine::Containerd, Engine::Crio, Engine::Docker];

    fn program(self) -> &'static str {
        match self {
            Engine::Containerd => "containerd",
            Engine::Crio => "crio",
            Engine::Docker => "dockerd",
        }
    }

    /// Where its configuration is unless it is told otherwise.
    pub(super) fn configuration(self) -> &'static str {
        match self {
            Engine::Containerd => "/etc/containerd/config.toml",
            Engine::Crio => "/etc/crio/crio.conf",
            Engine::Docker => "/etc/docker/daemon.json",
        }
    }

    fn sockets(self) -> &'static [&'static str] {
        match self {
            Engine::Containerd => {
                &["/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock"]
            }
            Engine::Crio => &["/run/crio/crio.sock"],
            Engine::Docker => &["/run/docker.sock"],
        }
    }

    fn storage(self) -> &'static str {
        match self {
            Engine::Containerd => "/var/lib/containerd",
            Engine::Crio => "/var/lib/containers",
            Engine::Docker => "/var/lib/docker",
        }
    }
}

/// An engine that runs on the node.
pub(super) struct Running {
    pub(super) engine: Engine,
    process: Process,
    arguments: Arguments,
}

/// The engines that run.
fn running(cx: &Cx<'_>) -> Result<Vec<Running>, Outcome> {
    cx.host()?;
    let processes = cx.processes.as_ref().map_err(unread)?;
    let mut found = Vec::new();
    for engine in Engine::ALL {
        found.extend(processes.named(engine.program()).map(|process| Running {
            engine,
            process: process.clone(),
            arguments: Arguments::parse(process.words.iter().skip(1).map(String::as_str)),
        }));
    }
    if found.is_empty() && processes.contained() {
        return Err(Outcome::unknown(
            "no container engine is seen, but /proc shows only the processes of a container",
        ));
    }
    Ok(found)
}

/// What is found out of each engine that runs, as one outcome.
pub(super) fn each(
    cx: &Cx<'_>,
    of: &[Engine],
    mut look: impl FnMut(&'_ Host, &Running) -> Result<Outcome, Outcome>,
) -> Outcome {
    either(running(cx).and_then(|all| {
        let host = cx.host()?;
        let outcomes =
            all.iter().filter(|one| of.contains(&one.engine)).map(|one| either(look(host, one)));
        let names: Vec<&str> = of.iter().map(|engine| engine.program()).collect();
        Ok(Outcome::worst(outcomes, &format!("{} does not run here", names.join(" or "))))
    }))
}

/// Storage of containers is on a file system of its own.
pub fn own_partition(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let mounts = mounts::mounts(host).map_err(|why| unread(&why))?;
        let path = one.arguments.last("root").unwrap_or(one.engine.storage()).to_owned();
        let Some(mount) = mounts::mount_of(&mounts, &path) else {
            return Ok(Outcome::unknown(format!("the mount that {path} is on is not known")));
        };
        let evidence = Evidence::new(
            format!("mount of {path}"),
            mount.path.clone(),
            OriginKind::Kernel,
            "/proc/1/mountinfo",
        );
        Ok(if mount.path == "/" {
            Outcome::fail(format!("{path} is on the root file system, which images can fill"))
        } else {
            Outcome::pass(format!("{path} is on the file system of {}", mount.path))
        }
        .with([evidence]))
    })
}

/// Changes of the engine's files and use of its programs are audited.
pub fn audited(cx: &Cx<'_>) -> Outcome {
    either(audit_rules(cx).map(|(rules, paths)| {
        each(cx, &Engine::ALL, |host, one| {
            let watched: Vec<&str> = match one.engine {
                Engine::Containerd => vec![
                    "/usr/bin/containerd",
                    "/usr/bin/containerd-shim-runc-v2",
                    "/usr/bin/runc",
                    "/usr/sbin/runc",
                    "/etc/containerd",
                    "/etc/containerd/config.toml",
                    "/run/containerd",
                    "/run/containerd/containerd.sock",
                ],
                Engine::Crio => {
                    vec!["/usr/bin/crio", "/etc/crio", "/usr/bin/runc", "/usr/bin/crun"]
                }
                Engine::Docker => vec![
                    "/usr/bin/dockerd",
                    "/etc/docker",
                    "/var/lib/docker",
                    "/run/docker.sock",
                    "/usr/bin/runc",
                ],
            };
            let mut missing = Vec::new();
            let mut unseen = None;
            for path in watched {
                // A watch of a directory covers what is below it.
                let covered = rules.iter().any(|rule| {
                    path.strip_prefix(rule.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                });
                if covered {
                    continue;
                }
                match host.metadata(path) {
                    Ok(Some(_)) => missing.push(path),
                    Ok(None) => {}
                    Err(why) => unseen = Some(why),
                }
            }
            if let (Some(why), true) = (unseen, missing.is_empty()) {
                return Err(unread(&why));
            }
            let evidence =
                Evidence::new("audit rules", rules.join(","), OriginKind::File, paths.join(", "));
            Ok(if missing.is_empty() {
                Outcome::pass("its files and programs are watched")
            } else {
                Outcome::fail(format!("auditd watches no {}", missing.join(", no ")))
            }
            .with([evidence]))
        })
    }))
}

/// The paths that auditd watches, and the files that say so.
fn audit_rules(cx: &Cx<'_>) -> Result<(Vec<String>, Vec<String>), Outcome> {
    let host = cx.host()?;
    let mut paths = vec!["/etc/audit/audit.rules".to_owned()];
    for name in host.list("/etc/audit/rules.d").map_err(|why| unread(&why))?.unwrap_or_default() {
        if name.ends_with(".rules") {
            paths.push(format!("/etc/audit/rules.d/{name}"));
        }
    }
    let mut rules = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        let Some(text) = host.read(&path).map_err(|why| unread(&why))? else { continue };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            while let Some(word) = words.next() {
                let watched = match word {
                    "-w" => words.next(),
                    "-F" => words.next().and_then(|field| {
                        field.strip_prefix("path=").or_else(|| field.strip_prefix("dir="))
                    }),
                    _ => None,
                };
                rules.extend(watched.map(|path| path.trim_end_matches('/').to_owned()));
            }
        }
        files.push(path);
    }
    Ok((rules, files))
}

/// The engine's socket belongs to root and is closed to others.
pub fn socket(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let mut outcomes = Vec::new();
        let named = one.arguments.last("address").into_iter();
        for path in named.chain(one.engine.sockets().iter().copied()) {
            let Some(metadata) = host.metadata(path).map_err(|why| unread(&why))? else { continue };
            if metadata.kind != FileKind::Socket {
                continue;
            }
            let group = if one.engine == Engine::Docker { "docker" } else { "root" };
            outcomes.push(files::mode_of(path, metadata, 0o660));
            outcomes.push(files::owner_of(cx, path, metadata, "root", group)?);
        }
        if outcomes.is_empty() {
            return Ok(Outcome::unknown(format!(
                "the socket of {} is not seen",
                one.engine.program()
            )));
        }
        Ok(Outcome::worst(outcomes, ""))
    })
}

/// The engine's configuration belongs to root and is written by root alone.
pub fn configuration(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let path = one.arguments.last("config").unwrap_or(one.engine.configuration()).to_owned();
        let Some(metadata) = host.metadata(&path).map_err(|why| unread(&why))? else {
            return Ok(Outcome::not_applicable(format!("there is no {path}")));
        };
        Ok(Outcome::worst(
            [
                files::mode_of(&path, metadata, 0o644),
                files::owner_of(cx, &path, metadata, "root", "root")?,
            ],
            "",
        ))
    })
}

/// The configuration of containerd or CRI-O.
pub(super) fn layers(host: &Host, one: &Running) -> Result<Layers, Outcome> {
    match one.engine {
        Engine::Crio => Layers::crio(host),
        _ => {
            let path = one.arguments.last("config").or_else(|| one.arguments.last("c"));
            Layers::containerd(host, path.unwrap_or(one.engine.configuration()))
        }
    }
    .map_err(|why| unread(&why))
}

/// The parts of containerd's configuration that hold the settings of pods, of version 3 and 2.
const CRI: &[&[&str]] =
    &[&["plugins", "io.containerd.cri.v1.runtime"], &["plugins", "io.containerd.grpc.v1.cri"]];

fn cri<'l>(layers: &'l Layers, key: &[&str]) -> Result<Option<(&'l str, &'l Item)>, Outcome> {
    for base in CRI {
        if let Some(found) = setting(layers, &[*base, key].concat())? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A setting of containerd or CRI-O with its file.
pub(super) fn setting<'l>(
    layers: &'l Layers,
    path: &[&str],
) -> Result<Option<(&'l str, &'l Item)>, Outcome> {
    layers.get(path).map_err(|why| unread(&why))
}

/// A boolean of containerd's part for pods is as wanted.
fn cri_boolean(layers: &Layers, key: &str, default: bool, wanted: bool, why: &str) -> Outcome {
    let found = match cri(layers, &[key]) {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    let value = found.and_then(|(_, item)| item.as_bool());
    if found.is_some() && value.is_none() {
        return Outcome::unknown(format!("{key} of containerd is no boolean"));
    }
    let is = value.unwrap_or(default);
    let evidence = match found {
        Some((file, _)) => {
            Evidence::new(format!("containerd {key}"), is.to_string(), OriginKind::File, file)
        }
        None => Evidence::new(format!("containerd {key}"), is.to_string(), OriginKind::Default, ""),
    };
    if is == wanted {
        Outcome::pass(format!("{key} is {is}"))
    } else {
        Outcome::fail(format!("{key} is {is}: {why}"))
    }
    .with([evidence])
}

/// Containers are confined by default: seccomp, AppArmor, SELinux.
pub fn confinement(cx: &Cx<'_>) -> Outcome {
    each(cx, &[Engine::Containerd, Engine::Crio], |host, one| {
        let layers = layers(host, one)?;
        let mut outcomes = Vec::new();
        if one.engine == Engine::Containerd {
            let why = "containers run without AppArmor";
            outcomes.push(cri_boolean(&layers, "disable_apparmor", false, false, why));
            if selinux(host)? {
                let why = "SELinux is loaded, and containers run without its labels";
                outcomes.push(cri_boolean(&layers, "enable_selinux", false, true, why));
            }
        } else {
            for (key, bad) in
                [("seccomp_profile", "unconfined"), ("apparmor_profile", "unconfined")]
            {
                let found = setting(&layers, &["crio", "runtime", key])?;
                let value = found.and_then(|(_, item)| item.as_str()).unwrap_or_default();
                let file = found.map_or("", |(file, _)| file);
                let evidence = Evidence::new(
                    format!("crio {key}"),
                    (!value.is_empty()).then(|| value.to_owned()),
                    if file.is_empty() { OriginKind::Default } else { OriginKind::File },
                    file,
                );
                outcomes.push(
                    if value == bad {
                        Outcome::fail(format!("{key} is {bad}"))
                    } else {
                        Outcome::pass(format!("{key} is the engine's own or another profile"))
                    }
                    .with([evidence]),
                );
            }
        }
        Ok(Outcome::worst(outcomes, ""))
    })
}

fn selinux(host: &Host) -> Result<bool, Outcome> {
    let enforce = host.read("/sys/fs/selinux/enforce").map_err(|why| unread(&why))?;
    Ok(enforce.is_some())
}

/// Privileged containers get no devices of the node beside those that they ask for.
pub fn privileged_devices(cx: &Cx<'_>) -> Outcome {
    each(cx, &[Engine::Containerd], |host, one| {
        let layers = layers(host, one)?;
        let keys = ["containerd", "runtimes", "runc", "privileged_without_host_devices"];
        let found = cri(&layers, &keys)?;
        let is = found.and_then(|(_, item)| item.as_bool()).unwrap_or(false);
        let item = "containerd privileged_without_host_devices";
        let evidence = match found {
            Some((file, _)) => Evidence::new(item, is.to_string(), OriginKind::File, file),
            None => Evidence::new(item, is.to_string(), OriginKind::Default, ""),
        };
        Ok(if is {
            Outcome::pass("privileged containers get the devices that they ask for alone")
        } else {
            Outcome::fail("privileged containers get all devices of the node")
        }
        .with([evidence]))
    })
}

/// The engine answers on no port of the network.
pub fn no_network(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let mut open = Vec::new();
        match one.engine {
            Engine::Containerd => {
                let layers = layers(host, one)?;
                for key in
                    [&["grpc", "tcp_address"], &["debug", "address"], &["metrics", "address"]]
                {
                    let value = setting(&layers, key)?.and_then(|(_, item)| item.as_str());
                    let is_open = |value: &&str| {
                        !value.is_empty()
                            && !value.starts_with('/')
                            && !crate::setting::is_localhost(value)
                    };
                    if let Some(value) = value.filter(is_open) {
                        open.push(format!("{} is {value}", key.join(".")));
                    }
                }
            }
            Engine::Crio => {
                let layers = layers(host, one)?;
                let stream = setting(&layers, &["crio", "api", "stream_address"])?;
                let value = stream.and_then(|(_, item)| item.as_str()).unwrap_or("127.0.0.1");
                if !value.is_empty() && !crate::setting::is_localhost(value) {
                    open.push(format!("crio.api.stream_address is {value}"));
                }
            }
            Engine::Docker => {
                let verified = docker_flag(host, one, "tlsverify")?;
                let verified = verified.as_deref().and_then(boolean) == Some(true);
                for address in docker_list(host, one, "hosts", "host")?.into_iter().chain(
                    one.arguments.list("H").unwrap_or_default().into_iter().map(str::to_owned),
                ) {
                    if address.starts_with("tcp://") && !verified {
                        open.push(format!("{address} without tlsverify"));
                    }
                }
            }
        }
        let evidence = Evidence::new(
            format!("{} (pid {})", one.engine.program(), one.process.pid),
            if open.is_empty() { "local sockets".to_owned() } else { open.join("; ") },
            OriginKind::File,
            one.engine.configuration(),
        );
        Ok(if open.is_empty() {
            Outcome::pass("it answers on local sockets alone")
        } else {
            Outcome::fail(open.join("; "))
        }
        .with([evidence]))
    })
}

/// A setting of the Docker engine: its flag, else its file.
fn docker_flag(host: &Host, one: &Running, name: &str) -> Result<Option<String>, Outcome> {
    if let Some(value) = one.arguments.last(name) {
        return Ok(Some(value.to_owned()));
    }
    let document = crate::evidence::document::of_file(host, Engine::Docker.configuration())
        .map_err(|why| unread(&why))?;
    Ok(document.and_then(|document| document.root().get(name).map(crate::evidence::document::text)))
}

/// The items of a list that the Docker engine has from its file and its flags.
pub(super) fn docker_list(
    host: &Host,
    one: &Running,
    key: &str,
    flag: &str,
) -> Result<Vec<String>, Outcome> {
    let mut all: Vec<String> =
        one.arguments.list(flag).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let value = docker_flag(host, one, key)?.unwrap_or_default();
    all.extend(value.split(',').filter(|item| !item.is_empty()).map(str::to_owned));
    Ok(all)
}

/// A setting of the Docker engine is as wanted, given what holds where nobody sets it.
pub fn docker(
    cx: &Cx<'_>,
    name: &str,
    default: &str,
    good: fn(&str) -> bool,
    wanted: &str,
) -> Outcome {
    each(cx, &[Engine::Docker], |host, one| {
        let set = docker_flag(host, one, name)?;
        let value = set.clone().unwrap_or_else(|| default.to_owned());
        let kind = match (&set, one.arguments.last(name)) {
            (None, _) => OriginKind::Default,
            (_, Some(_)) => OriginKind::Flag,
            _ => OriginKind::File,
        };
        let shown = if value.is_empty() { "not set" } else { value.as_str() };
        let outcome = if good(&value) {
            Outcome::pass(format!("{name} is {shown}"))
        } else {
            Outcome::fail(format!("{name} is {shown}; it should be {wanted}"))
        };
        let place = Engine::Docker.configuration();
        let patch = (outcome.verdict == Verdict::Fail).then(|| crate::outcome::Patch::Field {
            file: place.to_owned(),
            field: name.to_owned(),
            from: set,
            to: Some(wanted.to_owned()),
        });
        Ok(outcome
            .with([Evidence::new(format!("dockerd {name}"), value, kind, place)])
            .patched(patch.filter(|_| matches!(wanted, "true" | "false" | "default"))))
    })
}

/// CRI-O gives containers no capability that they rarely need.
pub fn default_capabilities(cx: &Cx<'_>) -> Outcome {
    const RISKY: &[&str] = &["NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SYS_ADMIN"];
    each(cx, &[Engine::Crio], |host, one| {
        let layers = layers(host, one)?;
        let path = ["crio", "runtime", "default_capabilities"];
        let Some((file, item)) = setting(&layers, &path)? else {
            return Ok(Outcome::pass("CRI-O's own list of capabilities is in use").with([
                Evidence::new("crio default_capabilities", None, OriginKind::Default, ""),
            ]));
        };
        let names: Vec<&str> =
            item.as_array().into_iter().flatten().filter_map(|v| v.as_str()).collect();
        let risky: Vec<&str> = names
            .iter()
            .map(|name| name.trim_start_matches("CAP_"))
            .filter(|name| RISKY.contains(name))
            .collect();
        let evidence =
            Evidence::new("crio default_capabilities", names.join(","), OriginKind::File, file);
        Ok(if risky.is_empty() {
            Outcome::pass("containers get no risky capability by default")
        } else {
            Outcome::fail(format!("containers get {} by default", risky.join(", ")))
        }
        .with([evidence]))
    })
}

/// The engine runs without root's rights on the node.
pub fn rootless(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let status = crate::evidence::process::status(host, one.process.pid)
            .map_err(|why| unread(&why))?
            .unwrap_or_default();
        let name = one.engine.program();
        let Some(user) = status.get("Uid").and_then(|ids| ids.split_whitespace().next()) else {
            return Ok(Outcome::unknown(format!("the user that {name} runs as is not known")));
        };
        let evidence = Evidence::new(
            format!("user of {name}"),
            user.to_owned(),
            OriginKind::Kernel,
            format!("/proc/{}/status", one.process.pid),
        );
        Ok(if user == "0" {
            Outcome::manual(format!(
                "{name} runs as root, as most kubelets need: could this node run rootless \
                 (KubeletInUserNamespace)?"
            ))
        } else {
            Outcome::pass(format!("{name} runs as user {user}"))
        }
        .with([evidence]))
    })
}
