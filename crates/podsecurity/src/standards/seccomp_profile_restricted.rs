//! `seccompProfile_restricted`: a seccomp profile must be set.

use seawall_model::workload::Pod;
use seawall_model::{Level, Outcome};

use super::found::each_setter;
use super::seccomp_profile_baseline::{self, field, is_confined, profile_name};
use super::{Found, Revision, Setter, StandardCheck, Version, absent};

/// The check.
pub const CHECK: StandardCheck = StandardCheck {
    id: "seccompProfile_restricted",
    level: Level::Restricted,
    revisions: &[
        Revision {
            since: Version::v1(19),
            overrides: Some(seccomp_profile_baseline::CHECK.id),
            run: pod,
        },
        Revision {
            since: Version::v1(25),
            overrides: Some(seccomp_profile_baseline::CHECK.id),
            run: |it, found| if it.is_windows() { Ok(()) } else { pod(it, found) },
        },
    ],
};

fn pod<'a>(pod: &Pod<'a>, found: &mut Found<'a>) -> Outcome<'a> {
    let pod_wide = pod
        .security
        .seccomp_profile
        .and_then(|profile| profile_name(profile).ok())
        .is_some_and(|(_, name)| is_confined(name));
    each_setter(pod, found, |setter, found| {
        field(setter, found)?;
        if let Setter::Container(container) = setter
            && container.security.seccomp_profile.is_none()
            && !pod_wide
        {
            let (node, missing) = absent(container, "seccompProfile");
            let reason = format!(
                "{} has no seccomp profile; write `seccompProfile: {{type: RuntimeDefault}}` in \
                 its securityContext or the pod's",
                container.noun()
            );
            found.require(node, missing, reason);
        }
        Ok(())
    });
    Ok(())
}
