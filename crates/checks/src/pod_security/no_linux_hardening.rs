//! Seccomp, AppArmor, SELinux and dropped capabilities: one of them at least.

use seawall_model::workload::{Container, ProfileType};
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Value,
};

use crate::fix;

use super::missing::fail_missing;

/// No seccomp, AppArmor or SELinux profile, and no capability dropped.
pub const CHECK: Check = Check {
    id: "no-linux-hardening",
    title: "Container is hardened by nothing",
    severity: Severity::Medium,
    rationale: "Nothing stands between the process and the kernel but its user ID: all system \
                calls, the default capabilities, no mandatory access control. A flaw in the kernel \
                or the runtime is then enough to leave the container.",
    remedy: "Set `seccompProfile: {type: RuntimeDefault}` for the pod and drop all capabilities \
             with `capabilities: {drop: [ALL]}` in each container.",
    mapping: Mapping { nsa: &["C-0055"], cis: &[], pss: None, mitre: &["T1611", "T1068"] },
    covers: &["kubescape:C-0055", "polaris:linuxHardening"],
    links: &["https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Safe(
            "The runtime's profile closes calls that administer a machine; it is the default of \
             Docker, and of kubelets with `seccompDefault`.",
        ),
        edits,
    }),
    cases: include_str!("no_linux_hardening.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if container.pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    if container.capabilities_dropped()?.next().is_some() {
        return Ok(());
    }
    if container.se_linux_options()?.is_some_and(|options| options.entries().next().is_some()) {
        return Ok(());
    }
    let confines = |profile| !matches!(profile, ProfileType::Unconfined | ProfileType::Invalid(_));
    if container.seccomp()?.is_some_and(|profile| confines(profile.value.profile_type))
        || container.app_armor()?.is_some_and(|profile| confines(profile.value.profile_type))
    {
        return Ok(());
    }
    let message = format!(
        "{} has no seccomp, AppArmor or SELinux profile and drops no capability; \
         set `seccompProfile: {{type: RuntimeDefault}}` and `capabilities: {{drop: [ALL]}}`",
        container.noun()
    );
    fail_missing(container, "seccompProfile", message, cx);
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    if !matches!(flaw.container()?.seccomp(), Ok(None)) {
        return Err("seccomp was switched off, which a person has to take back".into());
    }
    let path = &["securityContext", "seccompProfile", "type"];
    fix::in_container(flaw, path, Value::str("RuntimeDefault"))
}
