//! Reads `zz_generated.prerelease-lifecycle.go`: one Go function a fact, whose
//! `return` line holds the fact.

use crate::digest::{Digest, Lifecycle};
use anyhow::{Context, Result, bail};
use std::path::Path;

const FILE: &str = "zz_generated.prerelease-lifecycle.go";

/// Takes over the lifecycle of every API in a module's folder.
pub fn read(module: &Path, digest: &mut Digest) -> Result<()> {
    // k8s.io/api has GROUP/VERSION, the others pkg/apis/GROUP/VERSION.
    let root = module.join("pkg/apis");
    let root = if root.is_dir() { root } else { module.to_owned() };
    for group in folders(&root)? {
        for version in folders(&group)? {
            let path = version.join(FILE);
            if !path.exists() {
                continue;
            }
            let package = std::fs::read_to_string(version.join("register.go"))
                .with_context(|| version.display().to_string())?;
            let group = group_name(&package)?;
            let version = version.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let api = if group.is_empty() { version } else { format!("{group}/{version}") };
            let text = std::fs::read_to_string(&path)?;
            read_file(&text, &api, digest).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

fn folders(parent: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent).with_context(|| parent.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The group from `const GroupName = "apps"`.
fn group_name(register: &str) -> Result<String> {
    let line = register
        .lines()
        .find(|line| line.trim_start().trim_start_matches("const ").starts_with("GroupName"))
        .context("register.go without GroupName")?;
    Ok(line.split('"').nth(1).context("GroupName that is not a string")?.to_owned())
}

fn read_file(text: &str, api: &str, digest: &mut Digest) -> Result<()> {
    let (mut kind, mut fact) = ("", "");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("func (in *") {
            let (name, rest) =
                rest.split_once(") APILifecycle").context("a function of another kind")?;
            kind = name;
            fact = rest.split('(').next().unwrap_or_default();
            continue;
        }
        let Some(value) = line.trim().strip_prefix("return ") else { continue };
        let lifecycle: &mut Lifecycle =
            digest.lifecycles.entry((api.to_owned(), kind.to_owned())).or_default();
        match fact {
            "Introduced" => {}
            "Deprecated" => lifecycle.deprecated = Some(minor(value)?),
            "Removed" => lifecycle.removed = Some(minor(value)?),
            "Replacement" => {
                let part = |name: &str| {
                    value
                        .split_once(&format!("{name}: \""))
                        .and_then(|(_, rest)| rest.split('"').next())
                };
                let group = part("Group").context("a replacement without group")?;
                let version = part("Version").context("a replacement without version")?;
                let kind = part("Kind").context("a replacement without kind")?;
                lifecycle.replacement = Some(if group.is_empty() {
                    format!("{version}/{kind}")
                } else {
                    format!("{group}/{version}/{kind}")
                });
            }
            other => bail!("unknown fact APILifecycle{other}"),
        }
    }
    Ok(())
}

/// The minor version in `1, 25`.
fn minor(value: &str) -> Result<u8> {
    let (major, minor) = value.split_once(", ").context("not a version")?;
    if major != "1" {
        bail!("major version {major}");
    }
    Ok(minor.parse()?)
}
