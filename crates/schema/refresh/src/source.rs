//! Where the published sources come from: the Go module proxy, through `go`.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// A Kubernetes release, `1.<minor>.<patch>`.
#[derive(Clone, Copy)]
pub struct Release {
    pub minor: u8,
    pub patch: u8,
}

const fn release(minor: u8, patch: u8) -> Release {
    Release { minor, patch }
}

/// The newest patch of each supported minor version, oldest first.
pub const RELEASES: &[Release] = &[
    release(20, 15),
    release(21, 14),
    release(22, 17),
    release(23, 17),
    release(24, 17),
    release(25, 16),
    release(26, 15),
    release(27, 16),
    release(28, 15),
    release(29, 15),
    release(30, 14),
    release(31, 14),
    release(32, 13),
    release(33, 13),
    release(34, 4),
    release(35, 4),
    release(36, 3),
    release(37, 1),
];

/// The modules that hold lifecycle declarations, oldest first. The last
/// prerelease APIs of the two small modules went with 1.22.
pub fn lifecycle_modules() -> impl Iterator<Item = (&'static str, Release)> {
    [
        ("k8s.io/apiextensions-apiserver", release(21, 14)),
        ("k8s.io/kube-aggregator", release(21, 14)),
    ]
    .into_iter()
    .chain(RELEASES.iter().map(|release| ("k8s.io/api", *release)))
}

/// Downloads a module and returns its folder. Staging modules are published
/// as `v0.<minor>.<patch>`, hence `major`.
pub fn module(path: &str, major: u8, release: Release) -> Result<PathBuf> {
    let module = format!("{path}@v{major}.{}.{}", release.minor, release.patch);
    let output = Command::new("go")
        .args(["mod", "download", "-json", &module])
        .current_dir(std::env::temp_dir())
        .output()
        .context("cannot run go: install it from https://go.dev/dl")?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("go's answer for {module}"))?;
    match answer["Dir"].as_str() {
        Some(dir) if output.status.success() => Ok(PathBuf::from(dir)),
        _ => bail!("{module}: {}", answer["Error"].as_str().unwrap_or("not downloaded")),
    }
}
