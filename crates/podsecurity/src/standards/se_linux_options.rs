//! `seLinuxOptions`: SELinux must be left its container types, and its users and roles.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Level, Outcome};

use super::found::each_setter;
use super::{Found, Revision, StandardCheck, Version};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "seLinuxOptions",
    level: Level::Baseline,
    revisions: &[
        Revision {
            since: Version::v1(0),
            overrides: None,
            run: |it, found| pod(it, found, Version::v1(0)),
        },
        Revision {
            since: Version::v1(31),
            overrides: None,
            run: |it, found| pod(it, found, Version::v1(31)),
        },
    ],
};

/// The types that may be set, and since when.
const TYPES: &[(&str, Version)] = &[
    ("", Version::v1(0)),
    ("container_t", Version::v1(0)),
    ("container_init_t", Version::v1(0)),
    ("container_kvm_t", Version::v1(0)),
    ("container_engine_t", Version::v1(31)),
];

fn pod<'a>(pod: &Pod<'a>, found: &mut Found<'a>, version: Version) -> Outcome<'a> {
    each_setter(pod, found, |setter, found| {
        setter.security().readable()?;
        match setter.security().se_linux_options {
            Some(node) => options(node, || setter.noun(), version, found),
            None => Ok(()),
        }
    });
    Ok(())
}

/// Forbids types, users and roles in `seLinuxOptions`; `who` sets them.
pub fn options<'a>(
    options: Node<'a>,
    who: impl Fn() -> String,
    version: Version,
    found: &mut Found<'a>,
) -> Outcome<'a> {
    for key in ["type", "user", "role"] {
        let value = match options.field(key)?.map(Node::string).transpose() {
            Ok(Some(value)) => value,
            Ok(None) => continue,
            Err(why) => {
                found.undecided.push(why);
                continue;
            }
        };
        let allowed = match key {
            "type" => TYPES.iter().any(|(name, since)| *since <= version && *name == value.value),
            _ => value.value.is_empty(),
        };
        if !allowed {
            let reason = format!(
                "{} sets the SELinux {key} {:?}; {}",
                who(),
                value.value,
                match key {
                    "type" => "remove it or write one of the container types, such as container_t",
                    _ => "remove it",
                }
            );
            found.forbid(value.node, reason);
        }
    }
    Ok(())
}
