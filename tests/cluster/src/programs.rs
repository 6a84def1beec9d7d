//! The programs of a cluster: built once, kept by version outside the checkout.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The newest etcd that is built.
pub const ETCD: &str = "etcd-3.7.3";

/// The newest Kubernetes that is built.
pub const KUBERNETES: &str = "1.37.1";

/// The newest Sonobuoy that is built.
pub const SONOBUOY: &str = "sonobuoy-0.57.5";

/// Builds those of the programs that are missing, and gives the folder that holds them all; they
/// are named as `tests/cluster/build` says. The folder is `$SEAWALL_TOOLS`, or
/// `~/.cache/seawall/tools`.
///
/// `None` where something that building takes is missing; [`left_out`] says so.
///
/// # Panics
///
/// Where building fails for another reason.
pub fn programs(names: &[&str]) -> Option<PathBuf> {
    let folder = folder()?;
    let build = concat!(env!("CARGO_MANIFEST_DIR"), "/build");
    let output = Command::new(build).arg(&folder).args(names).stdin(Stdio::null()).output();
    let output = output.expect("the script is there");
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) {
        return left_out(&said);
    }
    assert!(output.status.success(), "{build} {names:?} failed:\n{said}");
    Some(folder)
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("SEAWALL_TOOLS") {
        return Some(folder.into());
    }
    let cache = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => Path::new(&home).join(".cache"),
        (None, None) => return left_out("there is no HOME to keep programs in"),
    };
    Some(cache.join("seawall/tools"))
}

/// Whether a program of this machine is there and does what is asked; where not, [`left_out`].
pub fn has(program: &str, arguments: &[&str]) -> Option<()> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Some(()),
        Ok(output) => left_out(&format!(
            "{program} {} fails: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => left_out(&format!("{program}: {error}")),
    }
}

/// Says why a test is left out.
///
/// # Panics
///
/// In continuous integration (`CI`), where no test is left out.
pub fn left_out<T>(why: &str) -> Option<T> {
    let why = why.trim();
    assert!(std::env::var_os("CI").is_none(), "this test can't be left out in CI: {why}");
    eprintln!("skipped: {why}");
    None
}
