//! Files by a pattern, as the configurations of daemons include them.

use super::host::{Host, Unread};

/// The files of a pattern in the order of their names; of one without `*` that file, there or not.
/// `*` is understood in the last part, where the daemons' own defaults have it, and stands for no
/// dot at the start of a name, as in glob(7).
///
/// # Errors
///
/// Where the directory can't be listed, or the pattern has more than one `*`.
pub fn files(host: &Host, pattern: &str) -> Result<Vec<String>, Unread> {
    let (directory, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let odd = |text: &str| text.contains(['*', '?', '[']);
    let Some((head, tail)) = last.split_once('*') else {
        return if odd(pattern) {
            Err(Unread::new(pattern, "it is a pattern that is not understood"))
        } else {
            Ok(vec![pattern.to_owned()])
        };
    };
    if odd(directory) || odd(head) || odd(tail) {
        return Err(Unread::new(pattern, "it is a pattern that is not understood"));
    }
    let names = host.list(directory)?.unwrap_or_default();
    Ok(names
        .into_iter()
        .filter(|name| name.len() >= head.len() + tail.len())
        .filter(|name| name.starts_with(head) && name.ends_with(tail))
        .filter(|name| !head.is_empty() || !name.starts_with('.'))
        .map(|name| format!("{directory}/{name}"))
        .collect())
}
