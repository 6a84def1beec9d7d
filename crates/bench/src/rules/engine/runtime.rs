//! What an engine gives to every container: confinement, devices, capabilities, and its own rights.

use super::{CRI, Engine, Running, docker, each, item_in, tables_in};
use crate::context::Cx;
use crate::evidence::arguments::boolean;
use crate::evidence::host::{Host, Unread};
use crate::evidence::process;
use crate::evidence::toml::Layers;
use crate::outcome::{Evidence, OriginKind, Outcome};

/// Evidence of a setting that is in a file, or nowhere.
fn evidence(item: String, value: Option<String>, file: Option<&str>) -> Evidence {
    match file {
        Some(file) => Evidence::new(item, value, OriginKind::File, file),
        None => Evidence::new(item, value, OriginKind::Default, ""),
    }
}

/// A boolean of containerd's part for pods is as wanted.
fn cri_boolean(
    layers: &Layers,
    key: &str,
    default: bool,
    wanted: bool,
    why: &str,
) -> Result<Outcome, Unread> {
    let found = item_in(layers, CRI, &[key])?;
    let value = found.and_then(|(_, item)| item.as_bool());
    if found.is_some() && value.is_none() {
        return Ok(Outcome::unknown(format!("{key} of containerd is no boolean")));
    }
    let is = value.unwrap_or(default);
    let file = found.map(|(file, _)| file);
    Ok(if is == wanted {
        Outcome::pass(format!("{key} is {is}"))
    } else {
        Outcome::fail(format!("{key} is {is}: {why}"))
    }
    .with([evidence(format!("containerd {key}"), Some(is.to_string()), file)]))
}

/// Containers are confined by default: seccomp, AppArmor, SELinux.
pub fn confinement(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let selinux = host.read("/sys/fs/selinux/enforce")?.is_some();
        let outcomes = match one.engine {
            Engine::Containerd => confined_by_containerd(host, one, selinux)?,
            Engine::Crio => confined_by_crio(host, one, selinux)?,
            Engine::Docker => {
                let is = docker::value(host, one, "selinux-enabled")?;
                let on = is.as_deref().and_then(boolean) == Some(true);
                vec![
                    match (selinux, on) {
                        (true, false) => Outcome::fail(
                            "SELinux is loaded, and containers run without its labels",
                        ),
                        (true, true) => Outcome::pass("containers have labels of SELinux"),
                        (false, _) => Outcome::pass("the engine has no switch for AppArmor"),
                    }
                    .with([evidence(
                        "dockerd selinux-enabled".to_owned(),
                        is.clone(),
                        is.as_ref().map(|_| one.configuration()),
                    )]),
                ]
            }
        };
        Ok(Outcome::worst(outcomes, ""))
    })
}

fn confined_by_containerd(
    host: &Host,
    one: &Running,
    selinux: bool,
) -> Result<Vec<Outcome>, Unread> {
    let layers = one.layers(host)?;
    let why = "containers run without AppArmor";
    let mut outcomes = vec![cri_boolean(&layers, "disable_apparmor", false, false, why)?];
    if selinux {
        let why = "SELinux is loaded, and containers run without its labels";
        outcomes.push(cri_boolean(&layers, "enable_selinux", false, true, why)?);
    }
    // The profile of containers that ask for none.
    let key = "unset_seccomp_profile";
    if let Some((file, item)) = item_in(&layers, CRI, &[key])? {
        let value = item.as_str().unwrap_or_default();
        let seen = evidence(format!("containerd {key}"), Some(value.to_owned()), Some(file));
        outcomes.push(
            if value == "unconfined" {
                Outcome::fail(format!("{key} is unconfined"))
            } else {
                Outcome::pass(format!("{key} is {value:?}"))
            }
            .with([seen]),
        );
    }
    Ok(outcomes)
}

fn confined_by_crio(host: &Host, one: &Running, selinux: bool) -> Result<Vec<Outcome>, Unread> {
    let layers = one.layers(host)?;
    let mut outcomes = Vec::new();
    for (key, flag) in
        [("seccomp_profile", "seccomp-profile"), ("apparmor_profile", "apparmor-profile")]
    {
        let found = layers.get(&["crio", "runtime", key])?;
        let written = found.and_then(|(_, item)| item.as_str());
        let value = one.arguments.last(flag).or(written).unwrap_or_default();
        let seen = evidence(
            format!("crio {key}"),
            (!value.is_empty()).then(|| value.to_owned()),
            found.map(|(file, _)| file),
        );
        outcomes.push(
            if value == "unconfined" {
                Outcome::fail(format!("{key} is unconfined"))
            } else {
                Outcome::pass(format!("{key} is the engine's own or another profile"))
            }
            .with([seen]),
        );
    }
    if selinux {
        let found = layers.get(&["crio", "runtime", "selinux"])?;
        let on = one.arguments.last("selinux") == Some("true")
            || found.and_then(|(_, item)| item.as_bool()) == Some(true);
        let file = found.map(|(file, _)| file);
        outcomes.push(
            if on {
                Outcome::pass("containers have labels of SELinux")
            } else {
                Outcome::fail("SELinux is loaded, and containers run without its labels")
            }
            .with([evidence("crio selinux".to_owned(), Some(on.to_string()), file)]),
        );
    }
    Ok(outcomes)
}

/// Privileged containers get no devices of the node beside those that they ask for, whichever
/// runtime they choose.
pub fn privileged_devices(cx: &Cx<'_>) -> Outcome {
    const KEY: &str = "privileged_without_host_devices";
    const OF_CRIO: &[&[&str]] = &[&["crio", "runtime"]];
    each(cx, &[Engine::Containerd, Engine::Crio], |host, one| {
        let layers = one.layers(host)?;
        let (sections, runtimes): (_, &[&str]) = match one.engine {
            Engine::Crio => (OF_CRIO, &["runtimes"]),
            _ => (CRI, &["containerd", "runtimes"]),
        };
        let mut names = tables_in(&layers, sections, runtimes);
        if names.is_empty() {
            names.insert("runc");
        }
        let mut open = Vec::new();
        let mut seen = Vec::new();
        for name in names {
            let found = item_in(&layers, sections, &[runtimes, &[name, KEY]].concat())?;
            let is = found.and_then(|(_, item)| item.as_bool()).unwrap_or(false);
            let item = format!("{} {name}.{KEY}", one.engine.program());
            seen.push(evidence(item, Some(is.to_string()), found.map(|(file, _)| file)));
            if !is {
                open.push(name);
            }
        }
        Ok(if open.is_empty() {
            Outcome::pass("privileged containers get the devices that they ask for alone")
        } else {
            let with = open.join(", ");
            Outcome::fail(format!("privileged containers get all devices of the node with {with}"))
        }
        .with(seen))
    })
}

/// CRI-O gives containers no capability that they rarely need.
pub fn default_capabilities(cx: &Cx<'_>) -> Outcome {
    const RISKY: &[&str] = &["NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SYS_ADMIN"];
    each(cx, &[Engine::Crio], |host, one| {
        let layers = one.layers(host)?;
        let found = layers.get(&["crio", "runtime", "default_capabilities"])?;
        let written = found.and_then(|(_, item)| item.as_array());
        let names: Vec<&str> = match (one.arguments.list("default-capabilities"), written) {
            (Some(names), _) => names,
            (None, Some(names)) => names.iter().filter_map(|name| name.as_str()).collect(),
            (None, None) => {
                let seen = evidence("crio default_capabilities".to_owned(), None, None);
                return Ok(Outcome::pass("CRI-O's own list of capabilities is in use").with([seen]));
            }
        };
        let risky: Vec<&str> = names
            .iter()
            .map(|name| name.trim_start_matches("CAP_"))
            .filter(|name| RISKY.contains(name))
            .collect();
        let seen = evidence(
            "crio default_capabilities".to_owned(),
            Some(names.join(",")),
            found.map(|(file, _)| file),
        );
        Ok(if risky.is_empty() {
            Outcome::pass("containers get no risky capability by default")
        } else {
            Outcome::fail(format!("containers get {} by default", risky.join(", ")))
        }
        .with([seen]))
    })
}

/// The engine runs without root's rights on the node.
pub fn rootless(cx: &Cx<'_>) -> Outcome {
    each(cx, &Engine::ALL, |host, one| {
        let status = process::status(host, one.process.pid)?.unwrap_or_default();
        let name = one.engine.program();
        let Some(user) = status.get("Uid").and_then(|ids| ids.split_whitespace().nth(1)) else {
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
