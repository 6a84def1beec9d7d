//! The node itself: its kernel, mounts and sockets.

use crate::context::{Cx, either};
use crate::evidence::{mounts, packages};
use crate::outcome::{Evidence, OriginKind, Outcome, Patch, Verdict};
use crate::rules::{firewall, guard};
use crate::setting::unread;

/// Where a patch puts kernel settings.
pub(super) const SYSCTL_FILE: &str = "/etc/sysctl.d/90-hardening.conf";

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

/// Processes debug their children alone. A kernel without Yama lets them debug all of their user.
pub fn ptrace(cx: &Cx<'_>) -> Outcome {
    let name = "kernel.yama.ptrace_scope";
    let outcome = sysctl(cx, name, &["1", "2", "3"]);
    match outcome.verdict {
        Verdict::NotApplicable => Outcome::fail("Yama is not loaded, which limits debugging")
            .with([Evidence::new(name, None, OriginKind::Kernel, "/proc/sys")]),
        _ => outcome,
    }
}

/// A directory is on a mount of its own with some options.
pub fn mount(cx: &Cx<'_>, path: &str, options: &[&str]) -> Outcome {
    either(cx.host().and_then(|host| {
        let mounts = mounts::mounts(host).map_err(|why| unread(&why))?;
        let Some(mount) = mounts::mount_of(&mounts, path) else {
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

/// Systems that are made to run containers and nothing else, by `ID` or `VARIANT_ID` of os-release.
const MINIMAL: &[&str] = &[
    "bottlerocket",
    "coreos",
    "cos",
    "elemental",
    "flatcar",
    "k3os",
    "kairos",
    "microos",
    "opensuse-microos",
    "photon",
    "rhcos",
    "sl-micro",
    "sle-micro",
    "suse-microos",
    "talos",
    "ubuntu-core",
];

/// The system is one that is made for containers, and its programs can't be written to.
pub fn minimal_system(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let mounts = mounts::mounts(host).map_err(|why| unread(&why))?;
        let release = packages::os_release(host).map_err(|why| unread(&why))?;
        let field = |name: &str| {
            release.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        let Some(mount) = mounts::mount_of(&mounts, "/usr") else {
            return Ok(Outcome::unknown("the mount that /usr is on is not known"));
        };
        let evidence = [
            Evidence::new(
                "operating system",
                field("PRETTY_NAME").to_owned(),
                OriginKind::File,
                "/etc/os-release",
            ),
            Evidence::new(
                "mount of /usr",
                format!("{} ({})", mount.path, mount.options.join(",")),
                OriginKind::Kernel,
                "/proc/1/mountinfo",
            ),
        ];
        let names = [field("ID"), field("VARIANT_ID")];
        let minimal = names.into_iter().find(|name| MINIMAL.contains(name));
        let read_only = mount.options.iter().any(|option| option == "ro");
        Ok(match (minimal, read_only) {
            (Some(id), true) => {
                Outcome::pass(format!("{id} is made for containers, and /usr is read-only"))
            }
            (None, true) => Outcome::manual(
                "/usr is read-only, and the system is not known to be made for containers: does it \
                 hold more than a node needs?",
            ),
            (Some(id), false) => {
                Outcome::fail(format!("{id} is made for containers, but /usr can be written to"))
            }
            (None, false) => {
                Outcome::fail("/usr can be written to, and the system is a general one")
            }
        }
        .with(evidence))
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
        let mut evidence: Vec<Evidence> = all.iter().map(|one| one.evidence()).collect();
        let mut open: Vec<String> = Vec::new();
        let mut unknown: Vec<String> = Vec::new();
        for (port, what) in UNGUARDED {
            for one in all.iter().filter(|one| one.port == *port && one.is_open()) {
                // Without the rules nothing is known to stand before it.
                let before = cx.loaded().ok().map(|loaded| guard::before(loaded, *one));
                match before.as_ref().map(|before| before.verdict) {
                    Some(Verdict::Pass) => {}
                    Some(Verdict::Unknown) => unknown.push(format!("{port} ({what})")),
                    _ => open.push(format!("{port} ({what})")),
                }
                evidence.extend(before.into_iter().flat_map(|before| before.evidence));
            }
        }
        open.dedup();
        unknown.dedup();
        Ok(if !open.is_empty() {
            Outcome::fail(format!("open to others: {}", open.join(", ")))
        } else if !unknown.is_empty() {
            Outcome::unknown(format!(
                "it can't be told whether the firewall keeps others from {}",
                unknown.join(", ")
            ))
        } else {
            Outcome::pass(format!(
                "no TCP port that listens is unguarded and open ({} do)",
                all.len()
            ))
        }
        .with(evidence))
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
            // Which policy is loaded stands in its configuration alone.
            let configured = read("/etc/selinux/config")?.unwrap_or_default();
            let policy =
                configured.lines().find_map(|line| line.trim().strip_prefix("SELINUXTYPE="));
            let policy = policy.map(|name| {
                let place = "/etc/selinux/config";
                Evidence::new("SELinux policy", name.trim().to_owned(), OriginKind::File, place)
            });
            return Ok(if value == "1" {
                Outcome::pass("SELinux enforces")
            } else {
                Outcome::fail("SELinux is loaded but only warns")
            }
            .with([evidence])
            .with(policy));
        }
        // The kernel makes the directory where SELinux is on.
        if host.metadata("/sys/fs/selinux").map_err(|why| unread(&why))?.is_some() {
            return Ok(Outcome::unknown("SELinux is loaded, but selinuxfs is not mounted"));
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
            Ok(Some(profiles)) => profiles,
            Ok(None) => {
                return Ok(Outcome::unknown("AppArmor is loaded, but securityfs is not mounted"));
            }
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
