//! A prefix that ends within a name allows names that nobody thought of.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity,
    Value,
};

use crate::fix;

use super::reference::Reference;

/// An entry of a `K8sAllowedRepos` constraint that is neither closed by `/` nor a full digest.
pub const CHECK: Check = Check {
    id: "ambiguous-repository-prefix",
    title: "Gatekeeper constraint allows repositories by an open prefix",
    severity: Severity::High,
    rationale: "Gatekeeper's `K8sAllowedRepos` compares the beginning of the image's name and \
                nothing else. `registry.example.com` so also allows \
                `registry.example.com.attacker.net/backdoor`, and `docker.io/team` also allows \
                `docker.io/team-evil/backdoor`, which anyone can register.",
    remedy: "End each entry with `/`, as in `registry.example.com/team/`, or name one image with \
             its digest.",
    mapping: Mapping { mitre: &["T1525"], ..Mapping::NONE },
    covers: &["trivy:KSV-0124"],
    links: &[
        "https://open-policy-agent.github.io/gatekeeper-library/website/validation/allowedrepos/",
    ],
    scope: Scope::Object(&[ObjectKind::Custom], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "An image whose whole repository is the prefix is no longer allowed.",
        ),
        edits,
    }),
    cases: include_str!("ambiguous_repository_prefix.yaml"),
};

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if object.group() != "constraints.gatekeeper.sh" || object.id().kind != "K8sAllowedRepos" {
        cx.not_applicable();
        return Ok(());
    }
    let repos = object.root().at_path(&["spec", "parameters", "repos"]);
    for repo in repos.map(Node::list).transpose()?.into_iter().flatten() {
        let prefix = repo.string()?.value;
        if prefix.ends_with('/') || is_pinned(prefix) {
            continue;
        }
        let message = if prefix.is_empty() {
            "the empty prefix allows every image; name a registry".to_owned()
        } else {
            format!(
                "the prefix \"{prefix}\" allows every image whose name begins so, such as \
                 {prefix}-evil; write \"{prefix}/\""
            )
        };
        cx.fail(repo, message);
    }
    Ok(())
}

/// A digest has a fixed length, so nothing longer begins with it.
fn is_pinned(prefix: &str) -> bool {
    Reference::parse(prefix).is_some_and(|reference| reference.digest.is_some())
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let prefix = flaw.node.text();
    // A registry or a path below one; anything else may be the name of an image.
    let first = prefix.split('/').next().unwrap_or_default();
    let tagged = prefix.rsplit_once('/').is_some_and(|(_, last)| last.contains([':', '@']));
    if tagged || !first.contains(['.', ':']) {
        return Err("whether it is a path or an image can't be told".into());
    }
    fix::here(flaw, Value::str(format!("{prefix}/")))
}
