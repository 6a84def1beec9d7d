//! AppArmor forbids a process what it has no need of, whatever its user.

use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

use super::missing::fail_missing;

/// No AppArmor profile, neither as a field nor as an annotation.
pub const CHECK: Check = Check {
    id: "apparmor-missing",
    title: "Container names no AppArmor profile",
    severity: Severity::Low,
    rationale: "AppArmor keeps a process from files, mounts and capabilities that its profile does \
                not name, also when it runs as root. Without a profile it depends on the runtime \
                and on the node whether one is in force; with one, the pod does not start where it \
                can't be enforced.",
    remedy: "Set `appArmorProfile: {type: RuntimeDefault}` in the pod's security context, or name \
             a profile of your own with `type: Localhost`. Before Kubernetes 1.30 write the \
             annotation `container.apparmor.security.beta.kubernetes.io/<container>: \
             runtime/default`. On SELinux nodes set `seLinuxOptions` instead.",
    mapping: Mapping { nsa: &["C-0055"], cis: &[], pss: None, mitre: &["T1611"] },
    covers: &[
        "kubeaudit:AppArmorAnnotationMissing",
        "kubescape:C-0055",
        "trivy:KSV-0002",
        "polaris:linuxHardening",
    ],
    links: &["https://kubernetes.io/docs/tutorials/security/apparmor/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("A node without AppArmor refuses a pod that asks for it."),
        edits: |flaw| {
            let path = &["securityContext", "appArmorProfile", "type"];
            fix::in_container(flaw, path, Value::str("RuntimeDefault"))
        },
    }),
    cases: include_str!("apparmor_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    // A node has AppArmor or SELinux, not both.
    if container.pod.is_windows() || container.se_linux_options()?.is_some() {
        cx.not_applicable();
        return Ok(());
    }
    if container.app_armor()?.is_none() {
        let message = format!(
            "{} names no AppArmor profile; set `appArmorProfile: {{type: RuntimeDefault}}`",
            container.noun()
        );
        fail_missing(container, "appArmorProfile", message, cx);
    }
    Ok(())
}
