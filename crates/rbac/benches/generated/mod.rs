//! A generated cluster of the size of a real one: KubeHound's pull request 87 tells of 4,491
//! RoleBindings, 676 ClusterRoleBindings, 1,374 Roles and 721 ClusterRoles.

use std::fmt::Write as _;
use std::sync::Arc;

use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};

const ROLE_BINDINGS: usize = 4_491;
const CLUSTER_ROLE_BINDINGS: usize = 676;
const ROLES: usize = 1_374;
const CLUSTER_ROLES: usize = 721;
const SERVICE_ACCOUNTS: usize = 10_000;
const NAMESPACES: usize = 1_000;

/// Rules as roles of operators and applications have them.
const RULES: &[&str] = &[
    "{verbs: [get, list, watch], apiGroups: [\"\"], resources: [pods, services, endpoints]}",
    "{verbs: [get, list, watch, create, update, patch, delete], apiGroups: [apps], resources: [deployments, statefulsets]}",
    "{verbs: [get], apiGroups: [\"\"], resources: [secrets], resourceNames: [token]}",
    "{verbs: [get, list, watch], apiGroups: [\"\"], resources: [configmaps, secrets]}",
    "{verbs: [create, patch], apiGroups: [\"\", events.k8s.io], resources: [events]}",
    "{verbs: [get, create, update], apiGroups: [coordination.k8s.io], resources: [leases]}",
    "{verbs: [\"*\"], apiGroups: [example.com], resources: [widgets, widgets/status, gadgets]}",
    "{verbs: [create], apiGroups: [\"\"], resources: [pods/exec]}",
    "{verbs: [get, list], apiGroups: [batch], resources: [jobs, cronjobs]}",
    "{verbs: [get, update, patch], apiGroups: [apps], resources: [\"*/scale\"]}",
];

/// Manifests of `times` such clusters in one.
pub fn manifests(times: usize) -> String {
    let mut out = String::new();
    let mut put = |text: std::fmt::Arguments<'_>| out.write_fmt(text).expect("a string takes all");
    let api = "rbac.authorization.k8s.io";
    let namespaces = NAMESPACES * times;
    put(format_args!(
        "---\napiVersion: {api}/v1\nkind: ClusterRole\nmetadata: {{name: cluster-admin}}\nrules:\n- {{verbs: [\"*\"], apiGroups: [\"*\"], resources: [\"*\"]}}\n- {{verbs: [\"*\"], nonResourceURLs: [\"*\"]}}\n"
    ));
    let rules = |number: usize| -> String {
        (0..=number % 5)
            .map(|step| format!("- {}\n", RULES[(number * 7 + step * 3) % RULES.len()]))
            .collect()
    };
    for number in 0..CLUSTER_ROLES * times {
        put(format_args!(
            "---\napiVersion: {api}/v1\nkind: ClusterRole\nmetadata: {{name: c{number}}}\nrules:\n{}",
            rules(number)
        ));
    }
    for number in 0..ROLES * times {
        put(format_args!(
            "---\napiVersion: {api}/v1\nkind: Role\nmetadata: {{name: r{}, namespace: n{}}}\nrules:\n{}",
            number / namespaces,
            number % namespaces,
            rules(number)
        ));
    }
    for number in 0..CLUSTER_ROLE_BINDINGS * times {
        let (namespace, account) = (number * 13 % namespaces, number % 10);
        put(format_args!(
            "---\napiVersion: {api}/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b{number}}}\n\
             roleRef: {{apiGroup: {api}, kind: ClusterRole, name: c{}}}\nsubjects:\n\
             - {{kind: ServiceAccount, name: a{account}, namespace: n{namespace}}}\n",
            number % (CLUSTER_ROLES * times)
        ));
    }
    for number in 0..ROLE_BINDINGS * times {
        let namespace = number % namespaces;
        let (kind, role) = if number % 3 == 0 {
            ("ClusterRole", format!("c{}", number % (CLUSTER_ROLES * times)))
        } else {
            ("Role", "r0".to_owned())
        };
        put(format_args!(
            "---\napiVersion: {api}/v1\nkind: RoleBinding\nmetadata: {{name: b{number}, namespace: n{namespace}}}\n\
             roleRef: {{apiGroup: {api}, kind: {kind}, name: {role}}}\nsubjects:\n\
             - {{kind: ServiceAccount, name: a{}}}\n- {{kind: Group, name: team-{}, apiGroup: {api}}}\n",
            number / namespaces % 10,
            number % 50
        ));
    }
    for number in 0..SERVICE_ACCOUNTS * times {
        put(format_args!(
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a{}, namespace: n{}}}\n",
            number / namespaces % 10,
            number % namespaces
        ));
    }
    out
}

/// The inventory of manifests.
pub fn inventory(text: String) -> Inventory {
    let source = Arc::new(Source::new("generated.yaml", text));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}
