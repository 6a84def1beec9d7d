//! Debian's database: a paragraph a package in `/var/lib/dpkg/status`, or in images without a
//! package manager one file a package in `/var/lib/dpkg/status.d`. `dpkg(1)`, `deb-control(5)`.

use std::io::BufRead;
use std::ops::ControlFlow;

use crate::{Error, Package, text};

#[derive(Default)]
struct Paragraph {
    line: usize,
    name: Option<String>,
    status: Option<String>,
    version: Option<String>,
    arch: Option<String>,
}

/// Hands out the installed packages. Those of which only the configuration is left are not
/// installed; those that wait to be configured are there with all their files.
///
/// # Errors
///
/// Where the text can't be read, a line is no field, or an installed package has no name or
/// version.
pub fn read(
    input: impl BufRead,
    mut visit: impl FnMut(Package) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut paragraph = Paragraph::default();
    text::lines(input, |number, line| {
        if line.is_empty() {
            let whole = std::mem::take(&mut paragraph);
            return Ok(match whole.package()? {
                Some(package) => visit(package),
                None => ControlFlow::Continue(()),
            });
        }
        if paragraph.line == 0 {
            paragraph.line = number;
        }
        if line.starts_with([' ', '\t']) {
            return Ok(ControlFlow::Continue(()));
        }
        let (field, value) =
            line.split_once(':').ok_or(Error::Line { line: number, what: "it is no field" })?;
        let slot = match field {
            "Package" => &mut paragraph.name,
            "Status" => &mut paragraph.status,
            "Version" => &mut paragraph.version,
            "Architecture" => &mut paragraph.arch,
            _ => return Ok(ControlFlow::Continue(())),
        };
        *slot = Some(value.trim().to_owned());
        Ok(ControlFlow::Continue(()))
    })
}

impl Paragraph {
    fn package(self) -> Result<Option<Package>, Error> {
        // The third word is the state; a file of status.d has none and is of what is there.
        let state =
            self.status.as_deref().map(|status| status.rsplit(' ').next().unwrap_or(status));
        let absent = matches!(state, Some("not-installed" | "config-files" | "half-installed"));
        if self.line == 0 || absent {
            return Ok(None);
        }
        let missing = |what| Error::Line { line: self.line, what };
        let name = self.name.ok_or(missing("a package without a name"))?;
        let version = self.version.ok_or(missing("a package without a version"))?;
        let (epoch, rest) = match version.split_once(':') {
            Some((epoch, rest)) => {
                (Some(epoch.parse().map_err(|_| missing("an epoch that is no number"))?), rest)
            }
            None => (None, version.as_str()),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version.to_owned(), Some(release.to_owned())),
            None => (rest.to_owned(), None),
        };
        Ok(Some(Package { name, epoch, version, release, arch: self.arch }))
    }
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
    fn epoch_version_and_revision_are_told_apart() {
        let text = "Package: containerd.io\nStatus: install ok installed\nArchitecture: amd64\n\
                    Version: 5:1.7.22-1~debian.12~bookworm\nConffiles:\n /etc/containerd/config.toml a\n\n\
                    Package: tzdata\nVersion: 2024a\n\n\nPackage: odd\nVersion: 1.0-2-3\n";
        let found = all(text).expect("a list");
        assert_eq!(found.len(), 3);
        assert_eq!(
            found[0],
            Package {
                name: "containerd.io".to_owned(),
                epoch: Some(5),
                version: "1.7.22".to_owned(),
                release: Some("1~debian.12~bookworm".to_owned()),
                arch: Some("amd64".to_owned()),
            }
        );
        assert_eq!((found[1].version.as_str(), found[1].release.as_deref()), ("2024a", None));
        assert_eq!((found[2].version.as_str(), found[2].release.as_deref()), ("1.0-2", Some("3")));
    }

    #[test]
    fn what_was_removed_is_not_installed_and_what_waits_for_triggers_is() {
        let text = "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n\
                    Package: b\nStatus: unknown ok not-installed\n\n\
                    Package: c\nStatus: install ok triggers-pending\nVersion: 1\n";
        let names: Vec<String> = all(text).expect("a list").into_iter().map(|p| p.name).collect();
        assert_eq!(names, ["c"]);
    }

    #[test]
    fn damage_is_told_with_its_line() {
        for (text, line) in [
            ("Package: a\nVersion: 1\nrubbish\n", "line 3:"),
            ("\nPackage: a\nStatus: install ok installed\n", "line 2:"),
            ("Version: 1\n", "line 1:"),
            ("Package: a\nVersion: x:1\n", "line 1:"),
        ] {
            let error = all(text).expect_err(text).to_string();
            assert!(error.starts_with(line), "{text:?}: {error}");
        }
        let long = format!("Package: {}\n", "a".repeat(2 << 20));
        assert!(all(&long).expect_err("a long line").to_string().contains("1 MiB"));
    }

    #[test]
    fn a_visitor_may_stop() {
        let mut seen = 0;
        read("Package: a\nVersion: 1\n\nrubbish".as_bytes(), |_| {
            seen += 1;
            ControlFlow::Break(())
        })
        .expect("what follows is not read");
        assert_eq!(seen, 1);
    }
}
