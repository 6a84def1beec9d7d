//! Owners and modes of files.

use crate::context::{Cx, either};
use crate::distribution::File;
use crate::evidence::host::{FileKind, Metadata};
use crate::outcome::{Evidence, OriginKind, Outcome, Patch};

/// Whether all files of a kind have no permission bits but `bits`.
pub fn mode(cx: &Cx<'_>, file: File, bits: u32) -> Outcome {
    either(all(cx, file).map(|files| {
        let files = files.into_iter().filter(|(path, metadata)| is_meant(file, path, metadata));
        judge(files.map(|(path, metadata)| mode_of(&path, metadata, bits)))
    }))
}

/// Whether all files of a kind belong to a user and a group, by name.
pub fn owner(cx: &Cx<'_>, file: File, user: &str, group: &str) -> Outcome {
    either(all(cx, file).and_then(|files| {
        let each: Result<Vec<Outcome>, Outcome> = files
            .into_iter()
            .map(|(path, metadata)| owner_of(cx, &path, metadata, user, group))
            .collect();
        Ok(judge(each?))
    }))
}

/// Mode bits of one file, which may be a directory.
pub fn mode_of(path: &str, metadata: Metadata, bits: u32) -> Outcome {
    let is = metadata.mode & 0o777;
    let shown = format!("{:o}", metadata.mode);
    let evidence =
        Evidence::new(format!("mode of {path}"), shown.clone(), OriginKind::Metadata, path);
    if is & !bits == 0 {
        return Outcome::pass(format!("{path} has mode {shown}")).with([evidence]);
    }
    Outcome::fail(format!("{path} has mode {shown}; it should be {bits:o} or less"))
        .with([evidence])
        .patched([Patch::Mode {
            path: path.to_owned(),
            from: shown,
            to: format!("{:o}", metadata.mode & (bits | 0o7000)),
        }])
}

/// Owner and group of one file.
///
/// # Errors
///
/// With the outcome where the node's accounts can't be read.
pub fn owner_of(
    cx: &Cx<'_>,
    path: &str,
    metadata: Metadata,
    user: &str,
    group: &str,
) -> Result<Outcome, Outcome> {
    // root is 0 whatever it is called; other names need the node's lists.
    let (mut users, mut groups) = Default::default();
    if (user, group) != ("root", "root") || (metadata.uid, metadata.gid) != (0, 0) {
        (users, groups) = cx.accounts()?;
    }
    let name = |names: &crate::context::Names, id: u32| match names.get(&id) {
        _ if id == 0 => "root".to_owned(),
        Some(name) => name.clone(),
        None => id.to_string(),
    };
    let is = format!("{}:{}", name(&users, metadata.uid), name(&groups, metadata.gid));
    let wanted = format!("{user}:{group}");
    let evidence =
        Evidence::new(format!("owner of {path}"), is.clone(), OriginKind::Metadata, path);
    Ok(if is == wanted {
        Outcome::pass(format!("{path} belongs to {is}"))
    } else {
        Outcome::fail(format!("{path} belongs to {is}; it should belong to {wanted}"))
            .patched([Patch::Owner { path: path.to_owned(), from: is.clone(), to: wanted }])
    }
    .with([evidence]))
}

/// Many files as one outcome, which shows those that fail, or the number of those that pass.
fn judge(each: impl IntoIterator<Item = Outcome>) -> Outcome {
    use crate::outcome::Verdict;
    let all: Vec<Outcome> = each.into_iter().collect();
    let (bad, good): (Vec<Outcome>, Vec<Outcome>) =
        all.into_iter().partition(|outcome| outcome.verdict != Verdict::Pass);
    if !bad.is_empty() {
        return Outcome::worst(bad, "");
    }
    match good.len() {
        0 => Outcome::not_applicable("there is no such file"),
        1..=4 => Outcome::worst(good, ""),
        many => {
            let first = good[0].reason.clone();
            let evidence = good.into_iter().flat_map(|outcome| outcome.evidence);
            Outcome::pass(format!("{first}, and {} more files are in order", many - 1))
                .with(evidence)
        }
    }
}

/// The files of a kind; of a directory those in it, but of a data directory itself alone.
fn all(cx: &Cx<'_>, file: File) -> Result<Vec<(String, Metadata)>, Outcome> {
    let mut found = Vec::new();
    for path in cx.files(file)? {
        if file == File::EtcdData {
            let metadata =
                cx.host()?.metadata(&path).map_err(|why| crate::setting::unread(&why))?;
            found.extend(metadata.map(|metadata| (path, metadata)));
        } else {
            found.extend(cx.below(&path)?);
        }
    }
    Ok(found)
}

/// Whether a mode that is meant for files is meant for this one: directories need to be searched.
fn is_meant(file: File, _path: &str, metadata: &Metadata) -> bool {
    file == File::EtcdData || metadata.kind != FileKind::Directory
}

/// The PKI's certificates, or its keys.
pub fn pki(cx: &Cx<'_>, ending: &str, bits: u32) -> Outcome {
    either(all(cx, File::Pki).map(|files| {
        let files: Vec<_> = files
            .into_iter()
            .filter(|(path, metadata)| metadata.kind == FileKind::File && path.ends_with(ending))
            .collect();
        if files.is_empty() {
            return Outcome::not_applicable(format!("no file of the PKI ends in {ending}"));
        }
        judge(files.into_iter().map(|(path, metadata)| mode_of(&path, metadata, bits)))
    }))
}
