//! AppArmor is switched off, or set to what Kubernetes does not know.

use seawall_model::workload::{APP_ARMOR_CONTAINER, Pod};
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Level, Mapping, Outcome, Safety, Scope, Severity,
};

use crate::fix;

use super::profile::what_is_wrong;

/// An effective AppArmor profile that does not confine.
pub const CHECK: Check = Check {
    id: "apparmor-unconfined",
    title: "AppArmor is switched off",
    severity: Severity::Medium,
    rationale: "On nodes with AppArmor the runtime confines containers by default: no mounts, no \
                writing to `/proc` and `/sys` where it hurts, no tracing of other processes. \
                `Unconfined` takes this away. A profile that Kubernetes does not know, or for a \
                container that is not there, confines nothing and keeps the pod from starting.",
    remedy: "Remove it, or write `appArmorProfile: {type: RuntimeDefault}` in the \
             `securityContext`. For a profile of its own name it with `type: Localhost` and \
             `localhostProfile`.",
    mapping: Mapping { nsa: &[], cis: &[], pss: Some(Level::Baseline), mitre: &["T1068", "T1611"] },
    covers: &[
        "kubeaudit:AppArmorDisabled",
        "kubeaudit:AppArmorBadValue",
        "kubeaudit:AppArmorInvalidAnnotation",
        "trivy:KSV-0002",
    ],
    links: &[
        "https://kubernetes.io/docs/tutorials/security/apparmor/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ],
    scope: Scope::Pod(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Somebody switched it off: a program may need what the profile \
             forbids.",
        ),
        edits,
    }),
    cases: include_str!("apparmor_unconfined.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if pod.is_windows() {
        cx.not_applicable();
        return Ok(());
    }
    for container in pod.containers() {
        cx.in_container(container.name);
        match container.app_armor() {
            Ok(None) => {}
            Ok(Some(profile)) => {
                if let Some(wrong) = what_is_wrong(profile.value.profile_type) {
                    cx.fail(
                        profile.node,
                        format!(
                            "{}: the AppArmor profile {wrong}; write `appArmorProfile: {{type: \
                             RuntimeDefault}}` in its securityContext",
                            container.noun()
                        ),
                    );
                }
            }
            Err(why) => cx.undecided(why),
        }
    }
    cx.in_container("");
    for (key, _) in pod.annotations()? {
        if let Some(name) = key.text().strip_prefix(APP_ARMOR_CONTAINER)
            && pod.containers().iter().all(|container| container.name != name)
        {
            cx.fail(
                key,
                format!(
                    "the annotation names the AppArmor profile of container {name}, which the pod \
                     does not have; correct the name or remove the annotation"
                ),
            );
        }
    }
    Ok(())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    // The key of an annotation for a container that is not there.
    let is_key =
        flaw.pod()?.annotations().is_ok_and(|mut all| all.any(|(key, _)| key == flaw.node));
    if is_key {
        Err("it may be meant for another container".into())
    } else {
        fix::runtime_profile(flaw)
    }
}
