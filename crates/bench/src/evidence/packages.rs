//! Versions of what is installed, from the databases of the node's package managers.

use std::io::BufReader;
use std::ops::ControlFlow;

use seawall_packages::{Error, Package, apk, dpkg, rpm};

use super::host::{Host, Unread};

/// Where RPM keeps its database: since Fedora 36 and on SUSE, before, and on systems that are
/// replaced as a whole.
const RPM: &[&str] = &["/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"];

/// Largest list in text that is read, in bytes; a node's are of a few megabytes.
const LARGEST: u64 = 64 << 20;

/// A package, and the database that it is listed in.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The package.
    pub package: Package,
    /// The database.
    pub place: String,
}

/// The packages of a node, by all databases that are there.
#[derive(Clone, Debug, Default)]
pub struct Packages {
    all: Vec<Installed>,
    unread: Option<Unread>,
}

impl Packages {
    /// Reads the databases of a node.
    pub fn read(host: &Host) -> Self {
        let mut packages = Packages::default();
        for path in ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"] {
            packages.text(host, path, |file, visit| apk::read(file, visit));
        }
        packages.text(host, "/var/lib/dpkg/status", |file, visit| dpkg::read(file, visit));
        // Images without a package manager have a file a package, and sums of their files beside.
        let folder = "/var/lib/dpkg/status.d";
        match host.list(folder) {
            Ok(names) => {
                for name in names.unwrap_or_default() {
                    if !name.ends_with(".md5sums") {
                        let path = format!("{folder}/{name}");
                        packages.text(host, &path, |file, visit| dpkg::read(file, visit));
                    }
                }
            }
            Err(why) => packages.unread = Some(why),
        }
        packages.rpm(host);
        packages
    }

    /// The package of one of these names that comes first among them; none where none is
    /// installed.
    ///
    /// # Errors
    ///
    /// Where none is found, and a database could not be read that may list it.
    pub fn find(&self, names: &[&str]) -> Result<Option<&Installed>, Unread> {
        let named = |name: &&str| self.all.iter().find(|one| one.package.name == **name);
        match (names.iter().find_map(named), &self.unread) {
            (Some(found), _) => Ok(Some(found)),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => Ok(None),
        }
    }

    fn text(
        &mut self,
        host: &Host,
        path: &str,
        read: impl FnOnce(
            BufReader<std::fs::File>,
            &mut dyn FnMut(Package) -> ControlFlow<()>,
        ) -> Result<(), Error>,
    ) {
        self.add(path, |visit| {
            let Some(file) = host.open(path)? else { return Ok(()) };
            let length = file.metadata().map_err(|why| Unread::new(path, &why))?.len();
            if length > LARGEST {
                return Err(Unread::new(path, "it is larger than 64 MiB"));
            }
            read(BufReader::new(file), visit).map_err(|why| Unread::new(path, &why))
        });
    }

    /// The database in use of the first directory of RPM's that has one.
    fn rpm(&mut self, host: &Host) {
        for directory in RPM {
            for name in rpm::DATABASES {
                let path = format!("{directory}/{name}");
                let mut is_there = false;
                self.add(&path, |visit| {
                    let Some(database) = host.open(&path)? else { return Ok(()) };
                    is_there = true;
                    let log = host.open(&format!("{path}{}", rpm::LOG))?;
                    // What a writer left half-done is told apart from what is so.
                    let journal = format!("{path}-journal");
                    if let Some(file) = host.open(&journal)? {
                        let metadata =
                            file.metadata().map_err(|why| Unread::new(&journal, &why))?;
                        if metadata.len() > 0 {
                            let cause = format!("{journal} waits to be rolled back");
                            return Err(Unread::new(&path, &cause));
                        }
                    }
                    rpm::read(database, log, visit).map_err(|why| Unread::new(&path, &why))
                });
                if is_there {
                    return;
                }
            }
        }
    }

    fn add(
        &mut self,
        place: &str,
        read: impl FnOnce(&mut dyn FnMut(Package) -> ControlFlow<()>) -> Result<(), Unread>,
    ) {
        let all = &mut self.all;
        let read = read(&mut |package| {
            all.push(Installed { package, place: place.to_owned() });
            ControlFlow::Continue(())
        });
        if let Err(why) = read {
            self.unread.get_or_insert(why);
        }
    }
}

/// The fields of /etc/os-release: `ID`, `VERSION_ID`, `PRETTY_NAME`.
///
/// # Errors
///
/// Where the file can't be read.
pub fn os_release(host: &Host) -> Result<Vec<(String, String)>, Unread> {
    let mut text = host.read("/etc/os-release")?;
    if text.is_none() {
        text = host.read("/usr/lib/os-release")?;
    }
    let fields = text.unwrap_or_default();
    Ok(fields
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect())
}
