//! What one of them may, all of them may.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use seawall_model::{At, Check, Cx, Mapping, NoFix, Object, Scope, Severity};

use super::bindings::{BINDINGS, each_subject};

/// Namespace and name.
type Account<'a> = (&'a str, &'a str);

/// Several workloads of a namespace that use one service account which some binding among what was
/// read gives a role. The account `default` has checks of its own.
pub const CHECK: Check = Check {
    id: "shared-service-account",
    title: "Workloads share a service account that holds rights",
    severity: Severity::Medium,
    rationale: "Rights that one workload needs are in the hands of the others too, and whoever \
                breaks into the weakest has them. In the audit log all are one subject, and a \
                right can't be taken away from one of them.",
    remedy: "Give each workload a service account of its own, and bind to each what it needs.",
    mapping: Mapping { mitre: &["T1528"], ..Mapping::NONE },
    covers: &[],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Inventory(run),
    fix: Err(NoFix::Rights),
    cases: include_str!("shared_service_account.yaml"),
};

fn run(cx: &mut Cx<'_>) {
    let bound = bound(cx);
    let mut users: BTreeMap<Account<'_>, Vec<(Object<'_>, At<'_, &str>)>> = BTreeMap::new();
    for template in cx.inventory().pods() {
        let object = template.object;
        // What a controller made counts as the controller.
        let owners = object.metadata().and_then(|metadata| metadata.get("ownerReferences"));
        if owners.is_some_and(|owners| owners.items().next().is_some()) {
            continue;
        }
        match template.pod().service_account() {
            Ok(Some(name)) if name.value != "default" => {
                let account = (object.namespace().unwrap_or_default(), name.value);
                if bound.contains_key(&account) {
                    users.entry(account).or_default().push((object, name));
                }
            }
            Ok(_) => {}
            Err(why) => cx.about(object).undecided(why),
        }
    }
    for (account, users) in users {
        let objects: BTreeSet<u32> = users.iter().map(|(object, _)| object.index()).collect();
        if objects.len() < 2 {
            continue;
        }
        let binding = bound[&account];
        for (object, name) in &users {
            let other = users.iter().find(|(other, _)| other.index() != object.index());
            let Some((other, _)) = other else { continue };
            let more = match objects.len() - 2 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            cx.about(*object).fail(
                name.node,
                format!(
                    "{} {} shares service account {}, which {} {} gives a role, with {} {}{more}; \
                     give it one of its own",
                    object.id().kind,
                    object.name(),
                    name.value,
                    binding.id().kind,
                    binding.name(),
                    other.id().kind,
                    other.name()
                ),
            );
        }
    }
}

/// The service accounts that a binding gives a role, each with the first such binding.
fn bound<'a>(cx: &mut Cx<'a>) -> HashMap<Account<'a>, Object<'a>> {
    let mut bound = HashMap::new();
    let inventory = cx.inventory();
    for binding in BINDINGS.iter().flat_map(|kind| inventory.of_kind(*kind)) {
        cx.about(binding);
        let looked = each_subject(binding, cx, |subject, _| {
            if let Some((namespace, name)) = subject.service_account() {
                bound.entry((namespace.unwrap_or_default(), name)).or_insert(binding);
            }
        });
        if let Err(why) = looked {
            cx.undecided(why);
        }
    }
    bound
}
