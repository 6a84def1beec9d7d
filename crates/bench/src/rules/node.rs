//! The node itself: its kernel, mounts, sockets, and who gets in.

use crate::context::{Cx, either};
use crate::evidence::host::Host;
use crate::evidence::packages;
use crate::outcome::{Evidence, OriginKind, Outcome, Patch};
use crate::rules::{disk, firewall};
use crate::setting::unread;

/// Where a patch puts kernel settings.
const SYSCTL_FILE: &str = "/etc/sysctl.d/90-hardening.conf";

/// A kernel setting has one of some values, the first of which is what to write.
pub fn sysctl(cx: &Cx<'_>, name: &str, good: &[&str]) -> Outcome {
    either(cx.sysctl(name).map(|found| {
        match found {
            None => Outcome::not_applicable(format!("this kernel has no {name}")),
            Some((value, evidence)) if good.contains(&value.as_str()) => {
                Outcome::pass(format!("{name} is {value}")).with([evidence])
            }
            Some((value, evidence)) => {
                Outcome::fail(format!("{name} is {value}; it should be {}", good.join(" or ")))
                    .with([evidence])
                    .patched([Patch::Line {
                        file: SYSCTL_FILE.to_owned(),
                        line: format!("{name} = {}", good[0]),
                    }])
            }
        }
    }))
}

/// A directory is on a mount of its own with some options.
pub fn mount(cx: &Cx<'_>, path: &str, options: &[&str]) -> Outcome {
    either(cx.host().and_then(|host| {
        let mounts = disk::mounts(host).map_err(|why| unread(&why))?;
        let Some(mount) = disk::mount_of(&mounts, path) else {
            return Ok(Outcome::unknown(format!("the mount that {path} is on is not known")));
        };
        let evidence = Evidence::new(
            format!("mount of {path}"),
            format!("{} ({})", mount.path, mount.options.join(",")),
            OriginKind::Kernel,
            "/proc/1/mountinfo",
        );
        let missing: Vec<&str> = options
            .iter()
            .copied()
            .filter(|option| !mount.options.iter().any(|known| known == option))
            .collect();
        Ok(match (mount.path == path, missing.is_empty()) {
            (true, true) => Outcome::pass(format!("{path} is mounted with {}", options.join(", "))),
            (true, false) => {
                Outcome::fail(format!("{path} is mounted without {}", missing.join(", ")))
            }
            (false, _) => {
                Outcome::fail(format!("{path} is no mount of its own, but part of {}", mount.path))
            }
        }
        .with([evidence]))
    }))
}

/// The root file system is read-only, as on systems made for containers.
pub fn minimal_system(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let mounts = disk::mounts(host).map_err(|why| unread(&why))?;
        let release = packages::os_release(host).map_err(|why| unread(&why))?;
        let field = |name: &str| {
            release.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        let id = field("ID");
        let system = Evidence::new(
            "operating system",
            field("PRETTY_NAME").to_owned(),
            OriginKind::File,
            "/etc/os-release",
        );
        let read_only = |path: &str| {
            disk::mount_of(&mounts, path)
                .is_some_and(|mount| mount.options.iter().any(|option| option == "ro"))
        };
        let minimal =
            matches!(id, "bottlerocket" | "talos" | "flatcar" | "cos" | "fedora-coreos" | "rhcos");
        Ok(match (minimal, read_only("/usr")) {
            (true, true) => {
                Outcome::pass(format!("{id} is made for containers, and /usr is read-only"))
            }
            (false, true) => Outcome::pass("/usr is read-only"),
            (true, false) => {
                Outcome::fail(format!("{id} is made for containers, but /usr can be written to"))
            }
            (false, false) => {
                Outcome::fail("/usr can be written to, and the system is a general one")
            }
        }
        .with([system]))
    }))
}

/// Ports that should not be open to others: nothing on them asks who is there.
const UNGUARDED: &[(u16, &str)] = &[
    (10255, "the kubelet's read-only port"),
    (8080, "the API server's old port, or any other plain one"),
    (2375, "Docker without TLS"),
    (10249, "kube-proxy's metrics"),
    (10248, "the kubelet's health"),
    (2381, "etcd's metrics"),
    (10251, "the scheduler's old port"),
    (10252, "the controller manager's old port"),
    (4194, "cAdvisor"),
    (111, "rpcbind"),
    (23, "telnet"),
];

/// No port that asks nobody's name is open to others; all that listen are shown.
pub fn sockets(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let all = firewall::listeners(host).map_err(|why| unread(&why))?;
        let open: Vec<String> = UNGUARDED
            .iter()
            .filter(|(port, _)| all.iter().any(|one| one.port == *port && one.is_open()))
            .map(|(port, what)| format!("{port} ({what})"))
            .collect();
        let evidence: Vec<Evidence> = all.iter().map(|one| one.evidence()).collect();
        Ok(if open.is_empty() {
            Outcome::pass(format!("{} ports listen, none of them unguarded and open", all.len()))
        } else {
            Outcome::fail(format!("open to others: {}", open.join(", ")))
        }
        .with(evidence))
    }))
}

/// A firewall is set up.
pub fn has_firewall(cx: &Cx<'_>) -> Outcome {
    either(cx.host().map(|host| match firewall::firewall(host) {
        Err(why) => unread(&why),
        Ok(found) if found.is_empty() => {
            Outcome::fail("no firewall is loaded or starts with the machine")
        }
        Ok(found) => {
            let names: Vec<&str> = found.iter().map(|one| one.item.as_str()).collect();
            Outcome::pass(format!("{} starts with the machine", names.join(", "))).with(found)
        }
    }))
}

/// A setting of the SSH server: the first that is given counts, with the files that are included
/// where they are; those inside `Match` hold for some alone.
pub fn ssh(cx: &Cx<'_>, name: &str, default: &str, good: &[&str]) -> Outcome {
    either(cx.host().and_then(|host| {
        let path = "/etc/ssh/sshd_config";
        if host.metadata(path).map_err(|why| unread(&why))?.is_none() {
            return Ok(Outcome::not_applicable("no SSH server is set up"));
        }
        let mut found = None;
        let mut matched = Vec::new();
        sshd(host, path, name, 0, &mut found, &mut matched)?;
        let (value, kind, place) = match found {
            Some((value, place)) => (value, OriginKind::File, place),
            None => (default.to_owned(), OriginKind::Default, "OpenSSH".to_owned()),
        };
        let mut evidence = vec![Evidence::new(format!("sshd {name}"), value.clone(), kind, place)];
        let is_good = |value: &str| good.contains(&value.to_lowercase().as_str());
        let bad_match = matched.iter().find(|(value, _)| !is_good(value));
        evidence.extend(matched.iter().map(|(value, place)| {
            Evidence::new(format!("sshd {name} for some"), value.clone(), OriginKind::File, place)
        }));
        Ok(match (is_good(&value), bad_match) {
            (true, None) => Outcome::pass(format!("{name} is {value}")),
            (true, Some((value, _))) => Outcome::fail(format!("{name} is {value} for some")),
            (false, _) => {
                Outcome::fail(format!("{name} is {value}; it should be {}", good.join(" or ")))
            }
        }
        .with(evidence))
    }))
}

type Place = (String, String);

fn sshd(
    host: &Host,
    path: &str,
    name: &str,
    depth: usize,
    found: &mut Option<Place>,
    matched: &mut Vec<Place>,
) -> Result<(), Outcome> {
    if depth > 16 {
        return Err(Outcome::unknown(format!("{path}: files are included too deep")));
    }
    let text = host.read(path).map_err(|why| unread(&why))?.unwrap_or_default();
    let mut in_match = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) =
            line.split_once(|c: char| c.is_whitespace() || c == '=').unwrap_or((line, ""));
        let value = value.trim().trim_start_matches('=').trim().trim_matches('"');
        let place = format!("{path}:{}", number + 1);
        if key.eq_ignore_ascii_case("match") {
            in_match = !value.eq_ignore_ascii_case("all");
        } else if key.eq_ignore_ascii_case("include") {
            for pattern in value.split_whitespace() {
                let pattern = if pattern.starts_with('/') {
                    pattern.to_owned()
                } else {
                    format!("/etc/ssh/{pattern}")
                };
                for file in glob(host, &pattern)? {
                    sshd(host, &file, name, depth + 1, found, matched)?;
                }
            }
        } else if key.eq_ignore_ascii_case(name) {
            if in_match {
                matched.push((value.to_owned(), place));
            } else if found.is_none() {
                *found = Some((value.to_owned(), place));
            }
        }
    }
    Ok(())
}

/// The files of a pattern with one `*` in its last part.
fn glob(host: &Host, pattern: &str) -> Result<Vec<String>, Outcome> {
    let (directory, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let Some((head, tail)) = last.split_once('*') else { return Ok(vec![pattern.to_owned()]) };
    let names = host.list(directory).map_err(|why| unread(&why))?.unwrap_or_default();
    Ok(names
        .into_iter()
        .filter(|name| name.starts_with(head) && name.ends_with(tail) && !name.starts_with('.'))
        .map(|name| format!("{directory}/{name}"))
        .collect())
}

/// Nobody becomes root without a password.
pub fn sudo(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let mut paths = Vec::new();
        if host.metadata("/etc/sudoers").map_err(|why| unread(&why))?.is_some() {
            paths.push("/etc/sudoers".to_owned());
        }
        let names = host.list("/etc/sudoers.d").map_err(|why| unread(&why))?.unwrap_or_default();
        // sudo leaves out names with a dot or a tilde at the end.
        let names = names.into_iter().filter(|name| !name.contains('.') && !name.ends_with('~'));
        paths.extend(names.map(|name| format!("/etc/sudoers.d/{name}")));
        if paths.is_empty() {
            return Ok(Outcome::not_applicable("no sudo is set up"));
        }
        let mut found = Vec::new();
        for path in &paths {
            let text = host.read(path).map_err(|why| unread(&why))?.unwrap_or_default();
            for (number, line) in text.lines().enumerate() {
                let line = line.split('#').next().unwrap_or_default().trim();
                let free = line.contains("NOPASSWD:") || line.contains("!authenticate");
                if free && !line.starts_with("root") {
                    found.push(Evidence::new(
                        "sudo without a password",
                        line.to_owned(),
                        OriginKind::File,
                        format!("{path}:{}", number + 1),
                    ));
                }
            }
        }
        Ok(if found.is_empty() {
            let place = paths.join(", ");
            Outcome::pass("sudo always asks for a password").with([Evidence::new(
                "NOPASSWD",
                None,
                OriginKind::File,
                place,
            )])
        } else {
            Outcome::fail(format!(
                "{} may become another user without a password",
                found
                    .iter()
                    .filter_map(|one| one.value.as_deref()?.split_whitespace().next())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))
            .with(found)
        })
    }))
}

/// AppArmor or SELinux is loaded and enforces; with its profiles.
pub fn mandatory_access(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let read = |path: &str| host.read(path).map_err(|why| unread(&why));
        if let Some(enforce) = read("/sys/fs/selinux/enforce")? {
            let value = enforce.trim().to_owned();
            let evidence = Evidence::new(
                "SELinux enforce",
                value.clone(),
                OriginKind::Kernel,
                "/sys/fs/selinux/enforce",
            );
            return Ok(if value == "1" {
                Outcome::pass("SELinux enforces")
            } else {
                Outcome::fail("SELinux is loaded but only warns")
            }
            .with([evidence]));
        }
        let path = "/sys/module/apparmor/parameters/enabled";
        let enabled = read(path)?.unwrap_or_default();
        if enabled.trim() != "Y" {
            return Ok(Outcome::fail("neither AppArmor nor SELinux is loaded").with([
                Evidence::new(
                    "AppArmor enabled",
                    Some(enabled.trim().to_owned()).filter(|v| !v.is_empty()),
                    OriginKind::Kernel,
                    path,
                ),
            ]));
        }
        let path = "/sys/kernel/security/apparmor/profiles";
        let profiles = match host.read(path) {
            Ok(profiles) => profiles.unwrap_or_default(),
            Err(why) => return Ok(Outcome::unknown(format!("AppArmor is loaded, but {why}"))),
        };
        let enforced = profiles.lines().filter(|line| line.ends_with("(enforce)")).count();
        let evidence = Evidence::new(
            "AppArmor profiles",
            profiles.trim().replace('\n', ","),
            OriginKind::Kernel,
            path,
        );
        Ok(if enforced > 0 {
            Outcome::pass(format!("AppArmor enforces {enforced} profiles"))
        } else {
            Outcome::fail("AppArmor is loaded and enforces no profile")
        }
        .with([evidence]))
    }))
}
