//! Versions of what is installed, from the lists of packages that are plain files.

use super::host::{Host, Unread};

/// The version of an installed Debian package; none where it isn't installed, or the node has no
/// such list.
///
/// # Errors
///
/// Where the list can't be read.
pub fn debian(host: &Host, names: &[&str]) -> Result<Option<(String, &'static str)>, Unread> {
    let path = "/var/lib/dpkg/status";
    let Some(text) = host.read(path)? else { return Ok(None) };
    for paragraph in text.split("\n\n") {
        let field = |name: &str| {
            paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let Some(package) = paragraph.strip_prefix("Package: ").or(field("Package")) else {
            continue;
        };
        let package = package.lines().next().unwrap_or_default();
        if names.contains(&package) && field("Status").is_some_and(|s| s.ends_with(" installed")) {
            // An epoch and the distribution's own revision say nothing of the program.
            let version = field("Version").unwrap_or_default();
            let version = version.split_once(':').map_or(version, |(_, rest)| rest);
            let version = version.split(['-', '+', '~']).next().unwrap_or(version);
            return Ok(Some((version.to_owned(), path)));
        }
    }
    Ok(None)
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
