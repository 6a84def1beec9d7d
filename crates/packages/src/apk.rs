//! Alpine's database: a paragraph a package in `/lib/apk/db/installed`, a letter a field. The
//! format is that of `APKINDEX` with the files behind it: `apk-tools`, `doc/apk-v2.5.scd`.

use std::io::BufRead;
use std::ops::ControlFlow;

use crate::{Error, Package, text};

/// Hands out the installed packages.
///
/// # Errors
///
/// Where the text can't be read, a line is no field, or a package has no name or version.
pub fn read(
    input: impl BufRead,
    mut visit: impl FnMut(Package) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut first = 0;
    let (mut name, mut version, mut arch) = (None, None, None);
    text::lines(input, |number, line| {
        if line.is_empty() {
            let start = std::mem::take(&mut first);
            let found = (name.take(), version.take(), arch.take());
            return match found {
                _ if start == 0 => Ok(ControlFlow::Continue(())),
                (Some(name), Some(version), arch) => Ok(visit(package(name, version, arch))),
                _ => Err(Error::Line { line: start, what: "a package without a name or version" }),
            };
        }
        if first == 0 {
            first = number;
        }
        let (field, value) =
            line.split_once(':').ok_or(Error::Line { line: number, what: "it is no field" })?;
        match field {
            "P" => name = Some(value.to_owned()),
            "V" => version = Some(value.to_owned()),
            "A" => arch = Some(value.to_owned()),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// `1.2.3-r4` is version 1.2.3 in its fourth build.
fn package(name: String, version: String, arch: Option<String>) -> Package {
    let is_build = |build: &str| {
        build.strip_prefix('r').is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
    };
    let (version, release) = match version.rsplit_once('-') {
        Some((version, build)) if is_build(build) => (version.to_owned(), Some(build.to_owned())),
        _ => (version, None),
    };
    Package { name, epoch: None, version, release, arch }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Package>, Error> {
        let mut found = Vec::new();
        read(text.as_bytes(), |package| {
            found.push(package);
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    #[test]
    fn names_versions_and_builds_are_read() {
        let text = "C:Q1abc=\nP:containerd\nV:1.7.22-r0\nA:x86_64\nT:a: b\nF:usr/bin\nR:containerd\n\
                    Z:Q1def=\n\nP:apk-tools\nV:2.14.6_pre1-r2\nA:x86_64\n\n";
        let found = all(text).expect("a list");
        let short: Vec<_> =
            found.iter().map(|p| (&*p.name, &*p.version, p.release.as_deref())).collect();
        assert_eq!(
            short,
            [("containerd", "1.7.22", Some("r0")), ("apk-tools", "2.14.6_pre1", Some("r2"))]
        );
    }

    #[test]
    fn damage_is_told_with_its_line() {
        assert!(
            all("P:a\nV:1\nrubbish\n").expect_err("no field").to_string().starts_with("line 3")
        );
        assert!(all("\nP:a\n\n").expect_err("no version").to_string().starts_with("line 2"));
    }
}
