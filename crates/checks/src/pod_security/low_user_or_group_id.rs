//! A low user ID inside is the same user outside.

use seawall_model::document::Kind;
use seawall_model::workload::Container;
use seawall_model::{
    At, Check, Cx, Edits, Fix, Flaw, Mapping, Outcome, Safety, Scope, Severity, Undecided,
};

use crate::fix;

use super::missing::fail_missing;

/// An effective `runAsUser` or `runAsGroup` that is missing or not above 10,000.
pub const CHECK: Check = Check {
    id: "low-user-or-group-id",
    title: "User or group ID may be one of the node's",
    severity: Severity::Low,
    rationale: "Without a user namespace a container's user 1000 is the node's user 1000. After an \
                escape, or through a volume of the node, it has that user's files and may signal \
                its processes. IDs above 10,000 belong to nobody on ordinary nodes. Where nothing \
                is said, the image decides, and the next image may decide otherwise.",
    remedy: "Set `runAsUser` and `runAsGroup` above 10000 in the pod's or the container's security \
             context, another pair for each application; or give the pod a user namespace with \
             `hostUsers: false`.",
    mapping: Mapping { nsa: &[], cis: &["5.6.3"], pss: None, mitre: &["T1611"] },
    covers: &[
        "trivy:KSV-0020",
        "trivy:KSV-0021",
        "checkov:CKV_K8S_40",
        "kube-score:container-security-context-user-group-id",
    ],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Files of the image and of volumes that belong to the present user or group are \
             another's.",
        ),
        edits,
    }),
    cases: include_str!("low_user_or_group_id.yaml"),
};

/// What accounts of people and of the distribution's services stay below.
const HIGHEST_OF_NODE: i64 = 10_000;

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    // Windows has no numeric users; a user namespace maps them out of the node's range.
    if container.pod.is_windows() || container.pod.has_user_namespace()? {
        cx.not_applicable();
        return Ok(());
    }
    let user = look(container, "user", container.run_as_user(), cx);
    let group = look(container, "group", container.run_as_group(), cx);
    let (field, ids, fields) = match (user, group) {
        (false, false) => ("runAsUser", "user and group", "`runAsUser` and `runAsGroup`"),
        (false, true) => ("runAsUser", "user", "`runAsUser`"),
        (true, false) => ("runAsGroup", "group", "`runAsGroup`"),
        (true, true) => return Ok(()),
    };
    let message = format!(
        "{} runs as the {ids} that its image names; set {fields} above {HIGHEST_OF_NODE}",
        container.noun()
    );
    fail_missing(container, field, message, cx);
    Ok(())
}

/// Reports an ID that is too low; whether one is set at all. Zero has checks of its own.
fn look<'a>(
    container: &Container<'a>,
    noun: &str,
    id: Result<Option<At<'a, i64>>, Undecided<'a>>,
    cx: &mut Cx<'a>,
) -> bool {
    match id {
        Ok(None) => return false,
        Ok(Some(id)) if id.value != 0 && id.value <= HIGHEST_OF_NODE => cx.fail(
            id.node,
            format!(
                "{} runs as {noun} {}, which may be one of the node's; \
                 use an ID above {HIGHEST_OF_NODE}",
                container.noun(),
                id.value
            ),
        ),
        Ok(Some(_)) => {}
        Err(why) => cx.undecided(why),
    }
    true
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let container = flaw.container()?;
    let mut edits = Vec::new();
    for (field, id) in
        [("runAsUser", container.run_as_user()), ("runAsGroup", container.run_as_group())]
    {
        // One that is too low is a finding of its own.
        let meant = match id {
            Ok(Some(id)) => id.node == flaw.node,
            Ok(None) => flaw.node.kind() == Kind::Map,
            Err(_) => false,
        };
        if meant {
            edits.extend(fix::user(flaw, field)?);
        }
    }
    Ok(edits)
}
