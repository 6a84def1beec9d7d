//! Where an engine keeps its containers, its socket and its configuration, and whose these are.

use super::{Engine, Running, docker, each, text};
use crate::context::Cx;
use crate::evidence::host::{FileKind, Host, Unread};
use crate::evidence::mounts::{mount_of, mounts};
use crate::files;
use crate::outcome::{Evidence, OriginKind, Outcome, Verdict};

/// Where images and containers are stored: as a flag or the configuration says, or by default.
fn storage(host: &Host, one: &Running) -> Result<String, Unread> {
    let told = match one.engine {
        Engine::Docker => docker::value(host, one, "data-root")?,
        Engine::Containerd | Engine::Crio => {
            let path: &[&str] =
                if one.engine == Engine::Crio { &["crio", "root"] } else { &["root"] };
            let layers = one.layers(host)?;
            one.arguments.last("root").or(text(&layers, path)?).map(str::to_owned)
        }
    };
    let usual = match one.engine {
        Engine::Containerd => "/var/lib/containerd",
        Engine::Crio => "/var/lib/containers/storage",
        Engine::Docker => "/var/lib/docker",
    };
    let told = told.filter(|told| !told.is_empty());
    Ok(told.unwrap_or_else(|| usual.to_owned()).trim_end_matches('/').to_owned())
}

/// Storage of containers is on a file system of its own, which is not that of the system's other
/// data.
pub fn own_partition(cx: &Cx<'_>) -> Outcome {
    const SHARED: &[&str] = &["/", "/var", "/var/lib", "/home", "/opt", "/data", "/mnt"];
    each(cx, &Engine::ALL, |host, one| {
        let all = mounts(host)?;
        let path = storage(host, one)?;
        let Some(mount) = mount_of(&all, &path) else {
            return Ok(Outcome::unknown(format!("the mount that {path} is on is not known")));
        };
        let evidence = Evidence::new(
            format!("mount of {path}"),
            mount.path.clone(),
            OriginKind::Kernel,
            "/proc/1/mountinfo",
        );
        Ok(if mount.path != path && SHARED.contains(&mount.path.as_str()) {
            Outcome::fail(format!(
                "{path} is on the file system of {}, which images can fill",
                mount.path
            ))
        } else {
            Outcome::pass(format!("{path} is on the file system of {}", mount.path))
        }
        .with([evidence]))
    })
}

/// The sockets that an engine answers on.
fn sockets(host: &Host, one: &Running) -> Result<Vec<String>, Unread> {
    let usual: &[&str] = match one.engine {
        Engine::Containerd => {
            &["/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock"]
        }
        Engine::Crio => &["/run/crio/crio.sock"],
        Engine::Docker => &["/run/docker.sock"],
    };
    let told: Vec<String> = match one.engine {
        Engine::Docker => docker::values(host, one, "hosts", "host")?
            .into_iter()
            .filter_map(|host| host.strip_prefix("unix://").map(str::to_owned))
            .collect(),
        Engine::Containerd | Engine::Crio => {
            let (flag, path): (_, &[&str]) = match one.engine {
                Engine::Crio => ("listen", &["crio", "api", "listen"]),
                _ => ("address", &["grpc", "address"]),
            };
            let layers = one.layers(host)?;
            one.arguments
                .last(flag)
                .or(text(&layers, path)?)
                .map(str::to_owned)
                .into_iter()
                .collect()
        }
    };
    let mut all: Vec<String> = told;
    all.extend(usual.iter().map(|path| (*path).to_owned()));
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The engine's socket belongs to root and is closed to others.
pub fn socket(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let mut outcomes = Vec::new();
        for path in sockets(host, one)? {
            let Some(metadata) = host.metadata(&path)? else { continue };
            if metadata.kind != FileKind::Socket {
                continue;
            }
            outcomes.push(files::mode_of(&path, metadata, 0o660));
            let owned_by = |group| {
                files::owner_of(cx, &path, metadata, "root", group).unwrap_or_else(|why| why)
            };
            let mut owner = owned_by("root");
            // Docker's own group is root's as well: who is in it was let in.
            if one.engine == Engine::Docker && owner.verdict == Verdict::Fail {
                owner = owned_by("docker");
            }
            outcomes.push(owner);
        }
        if outcomes.is_empty() {
            let name = one.engine.program();
            return Ok(Outcome::unknown(format!("the socket of {name} is not seen")));
        }
        Ok(Outcome::worst(outcomes, ""))
    })
}

/// The engine's configuration belongs to root and is written by root alone: every file that it is
/// made of.
pub fn configuration(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let mut paths = vec![one.configuration().to_owned()];
        if one.engine != Engine::Docker {
            paths.extend(one.layers(host)?.names_of_files().map(str::to_owned));
            paths.dedup();
        }
        let mut outcomes = Vec::new();
        for path in &paths {
            let Some(metadata) = host.metadata(path)? else { continue };
            outcomes.push(files::mode_of(path, metadata, 0o644));
            let owner = files::owner_of(cx, path, metadata, "root", "root");
            outcomes.push(owner.unwrap_or_else(|why| why));
        }
        Ok(Outcome::worst(outcomes, &format!("there is no {}", paths[0])))
    })
}
