//! The settings of the Docker engine: its flags, and its file.

use super::{Engine, Running, each};
use crate::context::Cx;
use crate::evidence::document;
use crate::evidence::host::{Host, Unread};
use crate::outcome::{Evidence, OriginKind, Outcome, Patch, Verdict};

/// A setting: its flag, else its file. The engine does not start with both.
pub(super) fn value(host: &Host, one: &Running, name: &str) -> Result<Option<String>, Unread> {
    if let Some(value) = one.arguments.last(name) {
        return Ok(Some(value.to_owned()));
    }
    let document = document::of_file(host, one.configuration())?;
    Ok(document.and_then(|document| document.root().get(name).map(document::text)))
}

/// The items of a list by its key in the file and by its flag.
pub(super) fn values(
    host: &Host,
    one: &Running,
    key: &str,
    flag: &str,
) -> Result<Vec<String>, Unread> {
    let flagged = one.arguments.list(flag).unwrap_or_default();
    let mut all: Vec<String> = flagged.into_iter().map(str::to_owned).collect();
    let written = value(host, one, key)?.unwrap_or_default();
    all.extend(written.split(',').filter(|item| !item.is_empty()).map(str::to_owned));
    Ok(all)
}

/// A setting of the Docker engine is as wanted, given what holds where nobody sets it.
pub fn setting(
    cx: &Cx<'_>,
    name: &str,
    default: &str,
    good: fn(&str) -> bool,
    wanted: &str,
) -> Outcome {
    each(cx, &[Engine::Docker], |host, one| {
        let set = value(host, one, name)?;
        let value = set.clone().unwrap_or_else(|| default.to_owned());
        let (kind, place) = match (&set, one.arguments.last(name)) {
            (None, _) => (OriginKind::Default, String::new()),
            (_, Some(_)) => (OriginKind::Flag, format!("pid {}", one.process.pid)),
            _ => (OriginKind::File, one.configuration().to_owned()),
        };
        let shown = if value.is_empty() { "not set" } else { value.as_str() };
        let outcome = if good(&value) {
            Outcome::pass(format!("{name} is {shown}"))
        } else {
            Outcome::fail(format!("{name} is {shown}; it should be {wanted}"))
        };
        // A flag is nobody's to change but the unit's.
        let patch = (outcome.verdict == Verdict::Fail
            && kind != OriginKind::Flag
            && matches!(wanted, "true" | "false" | "default"))
        .then(|| Patch::Field {
            file: one.configuration().to_owned(),
            field: name.to_owned(),
            from: set,
            to: Some(wanted.to_owned()),
        });
        let evidence = Evidence::new(format!("dockerd {name}"), value, kind, place);
        Ok(outcome.with([evidence]).patched(patch))
    })
}
