//! Which subject somebody means.

use anyhow::bail;
use seawall_rbac::{Policy, Subject, SubjectId};

/// How a subject may be written, for help texts.
pub(super) const HOW: &str = "user/NAME, group/NAME, sa/NAMESPACE/NAME, \
                              system:serviceaccount:NAMESPACE:NAME, or the bare name of a subject \
                              of some binding";

/// The subjects that a text means: one by its full form, or all that some binding names so.
pub(super) fn subjects(policy: &Policy, written: &str) -> anyhow::Result<Vec<Subject>> {
    let all: Vec<SubjectId> = policy.subjects().collect();
    let called = |id: &SubjectId| {
        let subject = policy.subject(*id);
        subject.name() == written || subject.user_name().as_deref() == Some(written)
    };
    let mut found: Vec<Subject> =
        all.into_iter().filter(called).map(|id| policy.subject(id)).collect();
    if found.is_empty() {
        match written.parse::<Subject>() {
            Ok(subject) => found.push(subject),
            Err(how) => bail!("no binding names {written:?}; {how}"),
        }
    }
    found.sort();
    Ok(found)
}

/// The one subject that a text means.
pub(super) fn subject(policy: &Policy, written: &str) -> anyhow::Result<Subject> {
    match subjects(policy, written)?.as_slice() {
        [one] => Ok(one.clone()),
        many => {
            let names: Vec<String> = many.iter().map(ToString::to_string).collect();
            bail!("{written:?} may be {}; write {HOW}", names.join(", "))
        }
    }
}
