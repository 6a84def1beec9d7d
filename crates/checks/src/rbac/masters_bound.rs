//! No rule holds system:masters back.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, Outcome, Scope, Severity};

use super::bindings::{BINDINGS, each_subject, role_ref};

/// `system:masters` as the subject of a binding other than the `cluster-admin` that comes with
/// Kubernetes.
pub const CHECK: Check = Check {
    id: "masters-bound",
    title: "Group system:masters is used",
    severity: Severity::Critical,
    rationale: "Members of `system:masters` pass every authorisation check before any role is \
                asked, and the membership is written in a client certificate that can't be \
                revoked. A binding to the group gives it nothing; it shows that the group is in \
                use.",
    remedy: "Give people a group of their own, bound to roles, and keep the certificate of \
             `system:masters` under lock for emergencies.",
    mapping: Mapping { cis: &["5.1.7"], ..Mapping::NONE },
    covers: &["kubescape:C-0246", "trivy:KSV-0123"],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("masters_bound.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    if (binding.name(), role.name) == ("cluster-admin", "cluster-admin") {
        cx.not_applicable();
        return Ok(());
    }
    each_subject(binding, cx, |subject, cx| {
        if subject.is_group("system:masters") {
            let message = format!(
                "{} {} is bound to system:masters, whose members may do everything anyway and \
                 can't be revoked; bind it to a group of its own",
                role.kind, role.name
            );
            cx.fail(subject.node, message);
        }
    })
}
