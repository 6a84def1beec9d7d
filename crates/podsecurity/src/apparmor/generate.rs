//! A profile for a container, from what its workload declares.

use std::fmt::Write as _;

/// What a container needs, as its workload declares it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Need {
    /// The profile's name.
    pub name: String,
    /// What it is for, in a word or two, for the comment at the top.
    pub subject: String,
    /// `readOnlyRootFilesystem`.
    pub read_only_root: bool,
    /// Mount paths of volumes that can be written to.
    pub writable: Vec<String>,
    /// Mount paths of volumes that can't.
    pub read_only: Vec<String>,
    /// Ports that the container declares, with their protocols (`TCP`, `UDP`, `SCTP`).
    pub ports: Vec<(u16, String)>,
    /// Capabilities that the container has, without `CAP_`.
    pub capabilities: Vec<String>,
}

/// What containerd's default profile denies (`contrib/apparmor/template.go`, Apache-2.0).
const DENIED: &str = "
  deny @{PROC}/* w,
  deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}/** w,
  deny @{PROC}/sys/[^k]** w,
  deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny @{PROC}/sysrq-trigger rwklx,
  deny @{PROC}/mem rwklx,
  deny @{PROC}/kmem rwklx,
  deny @{PROC}/kcore rwklx,
  deny mount,
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,
";

/// Writes a profile.
pub fn generate(need: &Need) -> String {
    let mut text = String::new();
    write(need, &mut text).expect("a String takes all");
    text
}

fn write(need: &Need, text: &mut String) -> std::fmt::Result {
    let name = &need.name;
    writeln!(text, "# {}", comment(&need.subject))?;
    writeln!(text, "# Load it on every node: apparmor_parser -r FILE")?;
    writeln!(text, "#include <tunables/global>\n")?;
    writeln!(text, "profile {name} flags=(attach_disconnected,mediate_deleted) {{")?;
    writeln!(text, "  #include <abstractions/base>\n")?;
    capabilities(need, text)?;
    network(need, text)?;
    files(need, text)?;
    writeln!(text, "\n  # What the container runtime's own profile denies.")?;
    writeln!(text, "{}", DENIED.trim_matches('\n'))?;
    writeln!(
        text,
        "\n  # The runtime stops the container; its processes may signal and trace each other."
    )?;
    for peer in ["unconfined", "runc", "crun"] {
        writeln!(text, "  signal (receive) peer={peer},")?;
    }
    writeln!(text, "  signal (send,receive) peer={name},")?;
    writeln!(text, "  ptrace (trace,tracedby,read,readby) peer={name},")?;
    writeln!(text, "}}")
}

fn capabilities(need: &Need, text: &mut String) -> std::fmt::Result {
    let mut names: Vec<String> =
        need.capabilities.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return writeln!(text, "  # It has no capabilities.\n");
    }
    for name in names {
        writeln!(text, "  capability {name},")?;
    }
    writeln!(text)
}

fn network(need: &Need, text: &mut String) -> std::fmt::Result {
    if !need.ports.is_empty() {
        let ports: Vec<String> = need
            .ports
            .iter()
            .map(|(port, protocol)| format!("{port}/{}", comment(protocol)))
            .collect();
        writeln!(text, "  # Ports, which AppArmor does not tell apart: {}", ports.join(", "))?;
    }
    let mut kinds = vec!["stream", "dgram"];
    if need.ports.iter().any(|(_, protocol)| protocol == "SCTP") {
        kinds.push("seqpacket");
    }
    if need.capabilities.iter().any(|name| name.eq_ignore_ascii_case("NET_RAW")) {
        kinds.push("raw");
    }
    for domain in ["inet", "inet6"] {
        for kind in &kinds {
            writeln!(text, "  network {domain} {kind},")?;
        }
    }
    writeln!(text, "  network unix,\n  network netlink raw,\n")
}

fn files(need: &Need, text: &mut String) -> std::fmt::Result {
    if !need.read_only_root {
        writeln!(text, "  # The root file system can be written to.\n  file,\n  umount,")?;
        for path in &need.read_only {
            writeln!(text, "  deny {} w,", below(path))?;
        }
        return Ok(());
    }
    writeln!(text, "  # The root file system is read-only.\n  / r,\n  /** mrix,")?;
    for path in [
        "/dev/{null,zero,full,random,urandom,tty,ptmx}",
        "/dev/{pts,shm,mqueue}/**",
        "/dev/{stdin,stdout,stderr,fd/**,termination-log}",
    ] {
        writeln!(text, "  {path} rw,")?;
    }
    writeln!(text, "  owner @{{PROC}}/[0-9]*/** rw,")?;
    for path in &need.writable {
        let own = quoted(&format!("{}/", escaped(path)));
        writeln!(text, "  {own} rw,\n  {} rwlk,", below(path))?;
    }
    for path in &need.read_only {
        writeln!(text, "  deny {} w,", below(path))?;
    }
    Ok(())
}

/// Everything below a path.
fn below(path: &str) -> String {
    quoted(&format!("{}/**", escaped(path)))
}

/// An absolute path with what a glob would take as its own escaped, without a slash at its end.
fn escaped(path: &str) -> String {
    let mut text = String::new();
    let path = path.trim_matches('/');
    if !path.is_empty() {
        text.push('/');
    }
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '^' | '\\' | '"' | '@') {
            text.push('\\');
        }
        text.push(if c.is_control() { '?' } else { c });
    }
    text
}

fn quoted(path: &str) -> String {
    if path.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '#' | '(' | ')')) {
        format!("\"{path}\"")
    } else {
        path.to_owned()
    }
}

/// Text that does not leave its line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
