//! RPM's databases. Each keeps the same header a package, and differs in the file around it:
//! SQLite since RPM 4.16 (Fedora, RHEL 9, Amazon Linux 2023), `ndb` on SUSE, and the hash tables of
//! Berkeley DB before (RHEL 7 and 8, Amazon Linux 2).

mod bdb;
mod blob;
mod file;
mod header;
mod ndb;
mod sqlite;

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use crate::{Error, Package};
use file::File;

/// Where databases are found: the file of each format below one of RPM's directories. The first
/// that is there is the one in use, as RPM itself prefers them.
pub const DATABASES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

/// What SQLite adds to the name of a database for the log of what was not yet put into it.
pub const LOG: &str = "-wal";

/// Hands out the installed packages of a database, whichever its format; `log` is the write-ahead
/// log beside a database of SQLite, where one is. Keys that were imported are among them, as
/// `gpg-pubkey`, for RPM keeps them so.
///
/// # Errors
///
/// Where the database can't be read, is of no format that RPM writes, or is damaged as far as it
/// was read.
pub fn read<R: Read + Seek>(
    database: R,
    log: Option<R>,
    mut visit: impl FnMut(Package) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut file = File::new(database)?;
    let mut start = [0; 16];
    file.read(0, &mut start)?;
    if start == *sqlite::MAGIC {
        let log = log.map(File::new).transpose()?;
        sqlite::read(file, log, &mut visit)
    } else if start.starts_with(ndb::MAGIC) {
        ndb::read(file, &mut visit)
    } else if let Some(order) = bdb::order(&start) {
        bdb::read(file, order, &mut visit)
    } else {
        Err(Error::Unsupported("it is no database of RPM: neither SQLite, ndb nor Berkeley DB"))
    }
}
