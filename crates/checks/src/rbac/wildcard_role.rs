//! A wildcard grants what nobody has thought of yet.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::rules::{ROLES, Rule, each};

/// `*` as a verb or a resource; both at once is everything, and one alone is lesser. Other checks
/// of roles leave a rule of both to this one.
///
/// `*/scale` and its like name a subresource and are not meant; `pods/*` and `*/*` grant nothing
/// and are reported by `rule-without-effect`.
pub const CHECK: Check = Check {
    id: "wildcard-role",
    title: "Role grants by wildcard",
    severity: Severity::Critical,
    rationale: "`*` on `*` is every right there is, on Secrets, on pods and their shells, on \
                roles and on what is installed tomorrow. A wildcard in one of the two still \
                grants verbs that few think of (`escalate`, `bind`, `impersonate`) or the Secrets \
                beside the ConfigMaps.",
    remedy: "Write out the verbs and resources that are needed. `kubectl api-resources -o wide` \
             lists them.",
    mapping: Mapping {
        nsa: &["C-0002", "C-0035"],
        cis: &["5.1.2", "5.1.3", "5.1.4", "5.1.8", "5.1.9", "5.1.10", "5.1.11", "5.1.12", "5.1.13"],
        mitre: &["T1098.006", "T1552.007", "T1609", "T1610"],
        ..Mapping::NONE
    },
    covers: &[
        "kubescape:C-0187",
        "trivy:KSV-0044",
        "trivy:KSV-0045",
        "trivy:KSV-0046",
        "trivy:KSV-0112",
        "checkov:CKV_K8S_49",
        "kube-linter:wildcard-in-rules",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(ROLES, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("wildcard_role.yaml"),
};

fn run<'a>(role: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    each(role, cx, |rule, cx| look(role, rule, cx))
}

fn look<'a>(role: Object<'a>, rule: Rule<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let (verb, resource) = (rule.item("verbs", "*")?, rule.item("resources", "*")?);
    let urls =
        rule.item("nonResourceURLs", "*")?.filter(|_| role.kind() == ObjectKind::ClusterRole);
    let who = format!("{} {}", role.id().kind, role.name());
    let write_out = "write out what is needed";
    match (verb, resource) {
        (Some(verb), Some(_)) => {
            let groups = rule.strings("apiGroups")?;
            let of = if groups.contains(&"*") {
                "of every API group".to_owned()
            } else {
                format!("of the API groups {groups:?}")
            };
            let message = format!("{who} grants every verb on every resource {of}; {write_out}");
            cx.fail(verb, message);
        }
        (Some(verb), None) if urls.is_none() => {
            let on = rule.strings("resources")?;
            let urls = rule.strings("nonResourceURLs")?;
            let on = on.iter().chain(&urls).copied().collect::<Vec<_>>().join(", ");
            cx.fail_lesser(verb, "", format!("{who} grants every verb on {on}; {write_out}"));
        }
        (None, Some(resource)) => {
            let verbs = rule.strings("verbs")?.join(", ");
            let message =
                format!("{who} grants {verbs} on every resource, Secrets included; {write_out}");
            cx.fail_lesser(resource, "", message);
        }
        (verb, None) => {
            if let Some(url) = urls {
                let verbs = if verb.is_some() {
                    "every verb".to_owned()
                } else {
                    rule.strings("verbs")?.join(", ")
                };
                let message =
                    format!("{who} grants {verbs} on every non-resource URL; {write_out}");
                cx.fail_lesser(url, "", message);
            }
        }
    }
    Ok(())
}
