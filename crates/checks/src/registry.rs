//! All checks there are.

use std::sync::OnceLock;

use seawall_model::Check;

/// Checks that belong together: one folder.
#[derive(Debug)]
pub struct Family {
    /// Kebab-case name.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// The checks, in the order of the book.
    pub checks: &'static [&'static Check],
}

/// All families, in the order of the book.
pub const FAMILIES: &[&Family] = &[
    &crate::pod_security::FAMILY,
    &crate::host_access::FAMILY,
    &crate::image::FAMILY,
    &crate::resources::FAMILY,
    &crate::service_account::FAMILY,
    &crate::namespaces::FAMILY,
    &crate::secrets::FAMILY,
    &crate::cloud::FAMILY,
    &crate::reliability::FAMILY,
    &crate::hygiene::FAMILY,
    &crate::rbac::FAMILY,
    &crate::network::FAMILY,
    &crate::ingress::FAMILY,
    &crate::mesh::FAMILY,
    &crate::validity::FAMILY,
];

/// The checks that were made at run time.
static MADE: OnceLock<Vec<&'static Check>> = OnceLock::new();

/// Adds checks that were made at run time: once for a process, before anything asks for checks.
///
/// # Errors
///
/// Gives the checks back where there were some already.
pub fn add(checks: Vec<&'static Check>) -> Result<(), Vec<&'static Check>> {
    MADE.set(checks)
}

/// The checks that were made at run time.
pub fn made() -> &'static [&'static Check] {
    MADE.get().map_or(&[], Vec::as_slice)
}

/// All checks, in the order of the book, then those that were made at run time.
pub fn all() -> impl Iterator<Item = &'static Check> {
    FAMILIES.iter().flat_map(|family| family.checks.iter().copied()).chain(made().iter().copied())
}

/// The check of an id.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}

/// The checks that cover a rule of another tool: `kubescape:C-0057`, or the bare `C-0057`.
/// Case does not matter.
pub fn covering(rule: &str) -> Vec<&'static Check> {
    all()
        .filter(|check| {
            check.covers.iter().any(|covered| {
                let bare = covered.split_once(':').map_or(*covered, |(_, id)| id);
                covered.eq_ignore_ascii_case(rule) || bare.eq_ignore_ascii_case(rule)
            })
        })
        .collect()
}

/// The id nearest to a misspelt one, if one is near: at most a third of its letters differ.
pub fn nearest(id: &str) -> Option<&'static str> {
    all()
        .map(|check| (strsim::osa_distance(id, check.id), check.id))
        .min()
        .filter(|(distance, near)| *distance <= near.len() / 3)
        .map(|(_, near)| near)
}
