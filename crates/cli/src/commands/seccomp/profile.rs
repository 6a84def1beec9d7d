//! Where profiles come from and what they are resolved for.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use seawall_podsecurity::capabilities;
use seawall_podsecurity::seccomp::{
    Arch, Filter, Profile, Return, Runtime, Target, runtime_default,
};

use crate::input;

/// Largest profile that is read, in bytes.
const MOST_BYTES: u64 = 8 << 20;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[value(alias = "table")]
    Text,
    /// For programs
    Json,
}

/// For which node and container a profile is looked at.
#[derive(Args)]
pub(super) struct TargetOptions {
    /// Who reads the profile: containerd, cri-o or docker
    #[arg(long, default_value = "containerd", value_name = "NAME")]
    runtime: Runtime,
    /// The node's architecture
    #[arg(long, default_value = "amd64", value_name = "ARCH", value_parser = parse_arch)]
    arch: Arch,
    /// The node's kernel, such as 6.1 [default: newer than any profile asks for]
    #[arg(long, value_name = "VERSION", value_parser = parse_kernel)]
    kernel: Option<(u32, u32)>,
    /// Capabilities that the container has beside the runtime's own, or ALL
    #[arg(long, value_name = "CAP", value_delimiter = ',')]
    cap_add: Vec<String>,
    /// Capabilities that the container has dropped, or ALL
    #[arg(long, value_name = "CAP", value_delimiter = ',')]
    cap_drop: Vec<String>,
}

fn parse_arch(text: &str) -> Result<Arch, String> {
    Arch::from_short(text)
        .or_else(|| Arch::from_scmp(text))
        .ok_or_else(|| "no architecture such as amd64 or arm64".to_owned())
}

fn parse_kernel(text: &str) -> Result<(u32, u32), String> {
    let mut parts = text.split(['.', '-']);
    let mut next = || parts.next().and_then(|part| part.parse().ok());
    next().zip(next()).ok_or_else(|| "no version such as 6.1".to_owned())
}

impl TargetOptions {
    pub(super) fn target(&self) -> Target {
        let added: Vec<&str> = self.cap_add.iter().map(String::as_str).collect();
        let dropped: Vec<&str> = self.cap_drop.iter().map(String::as_str).collect();
        let capabilities = capabilities::after(&added, &dropped);
        let capabilities = capabilities.into_iter().map(|name| format!("CAP_{name}")).collect();
        Target { runtime: self.runtime, arch: self.arch, kernel: self.kernel, capabilities }
    }
}

/// The names by which the runtime's own profile is meant.
const RUNTIME_DEFAULT: &[&str] = &["runtime-default", "runtime/default", "RuntimeDefault"];

/// A profile resolved for a target.
pub(super) struct Resolved {
    pub(super) name: String,
    /// `None` where it is the runtime's own, which has no file.
    pub(super) profile: Option<Profile>,
    pub(super) filter: Filter,
}

/// Reads and resolves a profile.
pub(super) fn resolve(name: &str, target: &Target) -> anyhow::Result<Resolved> {
    if RUNTIME_DEFAULT.contains(&name) {
        let filter = runtime_default(target.arch, target.kernel, &target.capabilities);
        return Ok(Resolved { name: "RuntimeDefault".to_owned(), profile: None, filter });
    }
    let profile = read(name)?;
    let filter = Filter::new(&profile, target)
        .with_context(|| format!("{} refuses the profile", target.runtime))?;
    Ok(Resolved { name: profile.name.clone(), profile: Some(profile), filter })
}

/// Reads a profile.
pub(super) fn read(name: &str) -> anyhow::Result<Profile> {
    let text = input::text(name, MOST_BYTES).with_context(|| format!("can't read {name}"))?;
    let name = if name == "-" { "<stdin>" } else { name };
    Ok(Profile::parse(name, &text)?)
}

/// The command behind `--`.
#[derive(Args)]
pub(super) struct CommandLine {
    /// After this many seconds, ask the command to end, and make it end five seconds later
    #[arg(long, value_name = "SECONDS")]
    pub(super) duration: Option<u64>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<std::ffi::OsString>,
}

impl CommandLine {
    /// What to run; this program is the launcher.
    pub(super) fn run(&self) -> anyhow::Result<seawall_confine::Run> {
        let program: PathBuf = std::env::current_exe().context("can't find this program")?;
        Ok(seawall_confine::Run {
            command: self.command.clone(),
            launcher: (program, vec!["seccomp".into(), super::launch::NAME.into()]),
            at_most: self.duration.map(std::time::Duration::from_secs),
            output_to_stderr: true,
        })
    }
}

/// An outcome as programs read it: `allow`, `errno EPERM`, `kill-process` and so on.
pub(super) fn short(ret: Return) -> String {
    match ret {
        Return::Allow => "allow".to_owned(),
        Return::Log => "log".to_owned(),
        Return::KillProcess => "kill-process".to_owned(),
        Return::KillThread => "kill-thread".to_owned(),
        Return::Trap => "trap".to_owned(),
        Return::Notify => "notify".to_owned(),
        Return::Trace(_) => "trace".to_owned(),
        errno @ Return::Errno(_) => errno.to_string().replace("fails with", "errno"),
    }
}
