//! Risks, remarks, differences, use and pictures, on small clusters.

mod support;

use seawall_model::Severity;
use seawall_rbac::graph::{Graph, Selection, dot, html, mermaid, svg};
use seawall_rbac::resources::Resources;
use seawall_rbac::risks::{CLASSES, Risk};
use seawall_rbac::{
    Caller, Lint, Needs, Policy, Request, Rule, Subject, Usage, Used, diff, lint, uses,
};
use support::{Random, caller, cluster, inventory, request};

const API: &str = "rbac.authorization.k8s.io";

/// A ClusterRole and a ClusterRoleBinding of it to User `name`.
fn role(name: &str, rules: &str) -> String {
    format!(
        "---\napiVersion: {API}/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules: {rules}\n{}",
        bound(name, "ClusterRole", name, "", &format!("{{kind: User, name: {name}}}"))
    )
}

fn bound(name: &str, kind: &str, role: &str, namespace: &str, subject: &str) -> String {
    let (prefix, place) = match namespace {
        "" => ("Cluster", String::new()),
        namespace => ("", format!(", namespace: {namespace}")),
    };
    format!(
        "---\napiVersion: {API}/v1\nkind: {prefix}RoleBinding\nmetadata: {{name: {name}{place}}}\n\
         roleRef: {{kind: {kind}, name: {role}}}\nsubjects: [{subject}]\n"
    )
}

fn of(risks: &[Risk], name: &str) -> Vec<(&'static str, bool)> {
    let own = risks.iter().filter(|risk| risk.subject.name() == name && !risk.is_default);
    own.map(|risk| (risk.class.id, risk.bounded)).collect()
}

#[test]
fn each_class_is_found_by_the_right_that_makes_it() {
    let cases: &[(&str, &str)] = &[
        ("everything", "[{verbs: [get], apiGroups: ['*'], resources: ['*']}]"),
        ("secrets", "[{verbs: [watch], apiGroups: [''], resources: [secrets]}]"),
        ("tokens", "[{verbs: [create], apiGroups: [''], resources: ['*/token']}]"),
        ("pods", "[{verbs: [patch], apiGroups: [''], resources: [pods]}]"),
        ("workloads", "[{verbs: [create], apiGroups: [batch], resources: [cronjobs]}]"),
        ("exec", "[{verbs: [get], apiGroups: [''], resources: [pods/attach]}]"),
        ("debug-containers", "[{verbs: [patch], apiGroups: [''], resources: [pods/ephemeralcontainers]}]"),
        ("kubelet", "[{verbs: [get], apiGroups: [''], resources: [nodes/proxy]}]"),
        ("roles", "[{verbs: [escalate], apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles]}]"),
        ("bindings", "[{verbs: [create], apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings]}]"),
        ("impersonation", "[{verbs: [impersonate], apiGroups: [''], resources: [groups]}]"),
        (
            "certificates",
            "[{verbs: [create], apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests]},
              {verbs: [update], apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval]},
              {verbs: [approve], apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: ['kubernetes.io/*']}]",
        ),
        ("admission", "[{verbs: [delete], apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations]}]"),
        ("storage", "[{verbs: [create], apiGroups: [''], resources: [persistentvolumes]}]"),
        (
            "pod-theft",
            "[{verbs: [create], apiGroups: [''], resources: [pods/eviction]}, {verbs: [patch], apiGroups: [''], resources: [nodes]}]",
        ),
        ("status", "[{verbs: [patch], apiGroups: [''], resources: [services/status]}]"),
        ("cluster-configuration", "[{verbs: [update], apiGroups: [''], resources: [configmaps], resourceNames: [coredns]}]"),
        ("destruction", "[{verbs: [delete], apiGroups: [''], resources: [events]}]"),
        ("traffic", "[{verbs: [create], apiGroups: [constraints.gatekeeper.sh], resources: [k8sallowedrepos]}]"),
        (
            "guard-bypass",
            "[{verbs: [patch], apiGroups: [''], resources: [namespaces]}, {verbs: [create], apiGroups: [apps], resources: [deployments]}]",
        ),
    ];
    let text: String = cases.iter().map(|(id, rules)| role(id, rules)).collect();
    let everybody =
        bound("all", "ClusterRole", "view", "", "{kind: Group, name: 'system:authenticated'}");
    let policy = Policy::read(&inventory(&(text + &everybody)));
    let risks = policy.risks();
    assert_eq!(cases.len() + 1, CLASSES.len());
    for (id, _) in cases {
        let found = of(&risks, id);
        assert!(found.contains(&(id, false)), "{id}: {found:?}");
    }
    assert!(of(&risks, "system:authenticated").contains(&("everybody", false)));
}

#[test]
fn what_grants_nothing_is_no_risk() {
    let text = [
        role("star", "[{verbs: ['*'], apiGroups: [''], resources: ['pods/*', 'secrets/*']}]"),
        role("group", "[{verbs: [create], apiGroups: [apps], resources: [pods]}]"),
        role("named", "[{verbs: [create], apiGroups: [''], resources: [pods], resourceNames: [a]}]"),
        role("other", "[{verbs: [update], apiGroups: [''], resources: [configmaps], resourceNames: [a]}]"),
        // Held by nobody.
        format!("---\napiVersion: {API}/v1\nkind: ClusterRole\nmetadata: {{name: idle}}\nrules: [{{verbs: ['*'], apiGroups: ['*'], resources: ['*']}}]\n"),
        // A RoleBinding gives nothing on nodes, and namespaces other than its own.
        bound("near", "ClusterRole", "kubelet", "shop", "{kind: User, name: near}"),
        role("kubelet", "[{verbs: [get], apiGroups: [''], resources: [nodes/proxy]}]"),
    ]
    .concat();
    let policy = Policy::read(&inventory(&text));
    let risks = policy.risks();
    for name in ["star", "group", "named", "other", "near"] {
        assert_eq!(of(&risks, name), [], "{name}");
    }
    assert_eq!(of(&risks, "kubelet"), [("kubelet", false)]);
}

#[test]
fn rights_of_several_bindings_count_together_where_both_hold() {
    let text = [
        role("nodes", "[{verbs: [patch], apiGroups: [''], resources: [nodes/status]}]"),
        format!("---\napiVersion: {API}/v1\nkind: Role\nmetadata: {{name: evict, namespace: shop}}\nrules: [{{verbs: [create], apiGroups: [''], resources: [pods/eviction]}}]\n"),
        bound("evict", "Role", "evict", "shop", "{kind: User, name: nodes}"),
    ]
    .concat();
    let policy = Policy::read(&inventory(&text));
    let risks = policy.risks();
    let theft =
        risks.iter().find(|risk| risk.class.id == "pod-theft" && !risk.is_default).expect("it is");
    assert_eq!(theft.namespaces, Some(vec!["shop".to_owned()]));
    assert_eq!(theft.grants.len(), 2);
}

#[test]
fn bounds_lower_a_risk_and_defaults_are_marked() {
    let text = role(
        "ci",
        "[{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [a]},
          {verbs: [create], apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles]}]",
    );
    let policy = Policy::read(&inventory(&text));
    let risks = policy.risks();
    assert_eq!(of(&risks, "ci"), [("secrets", true), ("roles", true)]);
    let secrets = risks.iter().find(|r| r.class.id == "secrets" && !r.is_default).expect("it is");
    assert_eq!(secrets.severity(), Severity::Medium);
    assert!(
        risks
            .iter()
            .any(|risk| risk.is_default
                && risk.subject == Subject::Group("system:masters".to_owned()))
    );
    assert!(Policy::read(&inventory("")).risks().iter().all(|risk| risk.is_default));
}

#[test]
fn a_widened_default_is_no_default() {
    let text = format!(
        "---\napiVersion: {API}/v1\nkind: ClusterRole\nmetadata: {{name: 'system:discovery', labels: {{kubernetes.io/bootstrapping: rbac-defaults}}}}\n\
         rules: [{{verbs: [get], nonResourceURLs: [/api]}}, {{verbs: [get], apiGroups: [''], resources: [secrets]}}]\n"
    );
    let inventory = inventory(&text);
    let policy = Policy::read(&inventory);
    let found = of(&policy.risks(), "system:authenticated");
    assert!(found.contains(&("secrets", false)), "{found:?}");
    let remarks = lint(&policy, &inventory, &Resources::of(&inventory));
    let edited: Vec<&str> = remarks
        .iter()
        .filter(|r| r.lint == Lint::EditedDefault)
        .map(|r| r.message.as_str())
        .collect();
    assert_eq!(edited.len(), 1);
    assert!(edited[0].contains("get secrets"), "{edited:?}");
}

#[test]
fn service_accounts_with_a_cloud_identity_are_named() {
    let text = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s3, namespace: shop, annotations: {eks.amazonaws.com/role-arn: 'arn:x'}}\n";
    let risks = Policy::read(&inventory(text)).risks();
    let cloud: Vec<&Risk> = risks.iter().filter(|risk| risk.cloud_identity.is_some()).collect();
    assert_eq!(cloud.len(), 1);
    assert_eq!(cloud[0].subject, Subject::service_account("shop", "s3"));
}

fn lints(text: &str) -> Vec<(Lint, String)> {
    let inventory = inventory(text);
    let policy = Policy::read(&inventory);
    let remarks = lint(&policy, &inventory, &Resources::of(&inventory));
    remarks.into_iter().map(|remark| (remark.lint, remark.message)).collect()
}

#[test]
fn remarks_say_what_does_not_work() {
    let cases: &[(&str, Lint, &str)] = &[
        (
            "[{verbs: [get], apiGroups: [''], resources: ['pods/*']}]",
            Lint::GrantsNothing,
            "pods/* matches nothing",
        ),
        (
            "[{verbs: [create], apiGroups: [''], resources: [pods], resourceNames: [a]}]",
            Lint::GrantsNothing,
            "create is never granted",
        ),
        (
            "[{verbs: [get], apiGroups: [''], resources: [deployments]}]",
            Lint::GrantsNothing,
            "in the group apps",
        ),
        (
            "[{verbs: [get], apiGroups: [''], resources: [pod]}]",
            Lint::GrantsNothing,
            "did you mean pods?",
        ),
        ("[{verbs: [Get], apiGroups: [''], resources: [pods]}]", Lint::GrantsNothing, "lower case"),
        ("[{verbs: [get], resources: [pods]}]", Lint::GrantsNothing, "without apiGroups"),
        ("[{verbs: [get], nonResourceURLs: [metrics]}]", Lint::GrantsNothing, "begin with /"),
        (
            "[{verbs: ['*'], apiGroups: [apps], resources: [deployments]}]",
            Lint::Wildcard,
            "deletecollection",
        ),
        (
            "[{verbs: [get], apiGroups: [batch], resources: ['*']}]",
            Lint::Wildcard,
            "cronjobs, jobs",
        ),
        ("[{verbs: [get], apiGroups: ['*'], resources: [deployments]}]", Lint::Wildcard, "apps"),
        (
            "[{verbs: [get, list], apiGroups: [''], resources: [pods]}, {verbs: [list, get], apiGroups: [''], resources: [pods]}]",
            Lint::DuplicateRule,
            "rule 2 says what rule 1 says",
        ),
        (
            "[{verbs: [get, list], apiGroups: [''], resources: [pods, secrets]}, {verbs: [get], apiGroups: [''], resources: [pods]}]",
            Lint::ShadowedRule,
            "rule 2",
        ),
    ];
    for (rules, expected, words) in cases {
        let found = lints(&role("x", rules));
        let hit = found.iter().any(|(lint, message)| lint == expected && message.contains(words));
        assert!(hit, "{rules}: {found:?}");
    }
    assert_eq!(
        lints(&role("x", "[{verbs: [get], apiGroups: [''], resources: [pods, nodes/metrics]}]")),
        []
    );
}

#[test]
fn remarks_on_bindings() {
    let account =
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n";
    let text = [
        account.to_owned(),
        bound("gone", "ClusterRole", "gone", "", "{kind: User, name: a}"),
        bound("typo", "ClusterRole", "view", "shop", "{kind: ServiceAccount, name: wbe}"),
        bound("nobody", "ClusterRole", "view", "", "{kind: ServiceAccount, name: web}"),
        bound("one", "ClusterRole", "edit", "", "{kind: User, name: b}"),
        bound("two", "ClusterRole", "edit", "shop", "{kind: User, name: b}"),
        role("web", "[{verbs: [get], apiGroups: [''], resources: [pods]}]"),
        bound(
            "wide",
            "ClusterRole",
            "web",
            "",
            "{kind: ServiceAccount, name: web, namespace: shop}",
        ),
    ]
    .concat();
    let found: Vec<Lint> = lints(&text).into_iter().map(|(lint, _)| lint).collect();
    for expected in [
        Lint::DanglingBinding,
        Lint::MissingSubject,
        Lint::NoSubject,
        Lint::DuplicateBinding,
        Lint::ClusterWide,
    ] {
        assert_eq!(
            found.iter().filter(|lint| **lint == expected).count(),
            1,
            "{expected:?} {found:?}"
        );
    }
}

#[test]
fn what_a_change_gives_and_takes() {
    let before = role("a", "[{verbs: [get, list], apiGroups: [''], resources: [pods]}]");
    let after = [
        role("a", "[{verbs: [get], apiGroups: [''], resources: ['*']}]"),
        bound("b", "ClusterRole", "a", "shop", "{kind: User, name: b}"),
        // Says again what a has in the whole cluster.
        bound("c", "ClusterRole", "a", "shop", "{kind: User, name: a}"),
    ]
    .concat();
    let (before, after) = (Policy::read(&inventory(&before)), Policy::read(&inventory(&after)));
    let shown: Vec<String> = diff(&before, &after)
        .iter()
        .map(|change| {
            let words = |rules: &[Rule<'_>]| {
                rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
            };
            format!(
                "{} {:?} +{} -{}",
                change.subject,
                change.namespace,
                words(&change.gained),
                words(&change.lost)
            )
        })
        .collect();
    assert_eq!(shown, ["User a None +get * -list pods", "User b Some(\"shop\") +get * -"]);
    assert_eq!(diff(&before, &before), []);
}

#[test]
fn manifests_take_the_place_of_what_a_cluster_has() {
    let base = [
        role("a", "[{verbs: [get], apiGroups: [''], resources: [pods]}]"),
        role("cluster-admin", "[]"),
        role("z", "[{verbs: [get], apiGroups: [''], resources: [pods]}]"),
    ]
    .concat();
    let base = inventory(&base);
    let manifests = inventory(&role("a", "[{verbs: [list], apiGroups: [''], resources: [pods]}]"));
    let (before, after) = (Policy::read(&base), Policy::read_applied(&base, &manifests));
    let changes = diff(&before, &after);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].gained[0].to_string(), "list pods");
    assert_eq!(changes[0].lost[0].to_string(), "get pods");
}

fn event(user: &str, verb: &str, resource: &str, namespace: &str, name: &str) -> Used {
    let line = format!(
        r#"{{"kind":"Event","stage":"ResponseComplete","verb":"{verb}","user":{{"username":"{user}","groups":["system:authenticated"]}},
        "objectRef":{{"resource":"{resource}","namespace":"{namespace}","name":"{name}"}},"responseStatus":{{"code":200}}}}"#
    );
    uses(line.as_bytes()).expect("it is an event").remove(0)
}

#[test]
fn what_was_never_used_is_told() {
    let policy = Policy::read(&inventory(&role(
        "ci",
        "[{verbs: [get, list, delete], apiGroups: [''], resources: [pods, secrets]}, {verbs: ['*'], apiGroups: [batch], resources: [jobs]}]",
    )));
    let mut usage = Usage::new(&policy);
    usage.note(&event("ci", "get", "pods", "shop", "a"));
    usage.note(&event("ci", "get", "pods", "other", "b"));
    usage.note(&event("ci", "create", "nodes", "", ""));
    let held = usage.held().expect("it is small");
    assert_eq!(usage.unexplained(), 1);
    let words = |rules: &[Rule<'_>]| rules.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(words(&held[0].used), ["get pods"]);
    assert_eq!(words(&held[0].unused), ["delete,list pods", "delete,get,list secrets"]);
    assert_eq!(words(&held[1].unused), ["* jobs.batch"]);
}

#[test]
fn the_least_roles_allow_what_was_done_and_no_more() {
    let everybody = Policy::read(&inventory(""));
    for seed in 0..200 {
        let mut random = Random(seed);
        let given = cluster(&mut random, 12, 12);
        let policy = Policy::read(&inventory(&given.yaml(false)));
        let (user, groups) = caller(&mut random);
        let known = Caller::exactly(user, groups.clone());
        let mut needs = Needs::default();
        let mut done = Vec::new();
        for _ in 0..80 {
            let asked = request(&mut random);
            // What the log never holds: wildcards are no verbs, resources or groups of requests.
            if !policy.may(&known, &asked).is_allowed() || asked.to_string().contains('*') {
                continue;
            }
            let used = used(user, &groups, &asked);
            needs.note(&used, 1);
            done.push(asked);
        }
        let least = needs.least(&everybody).expect("it is small");
        let text = manifest(&least.places);
        let own = Policy::read(&inventory(&text));
        let alone = Caller::new("x", Vec::new());
        for asked in &done {
            assert!(own.may(&alone, asked).is_allowed(), "{asked}\n{text}");
        }
        for _ in 0..80 {
            let other = request(&mut random);
            let unnamed = Request { verb: other.verb, ..other };
            if own.may(&alone, &unnamed).is_allowed()
                && !everybody.may(&alone, &unnamed).is_allowed()
            {
                let similar = done
                    .iter()
                    .any(|one| one.verb == other.verb && one.namespace() == other.namespace());
                let everywhere =
                    done.iter().any(|one| one.verb == other.verb && one.namespace().is_empty());
                assert!(similar || everywhere, "{other}\n{text}");
            }
        }
    }
}

fn used(user: &str, groups: &[String], request: &Request<'_>) -> Used {
    let mut used = event(user, request.verb, "", "", "");
    used.groups = groups.to_vec();
    match request.target {
        seawall_rbac::Target::Url(path) => used.url = path.to_owned(),
        seawall_rbac::Target::Resource { group, resource, subresource, name, namespace } => {
            used.group = group.to_owned();
            used.resource = if subresource.is_empty() {
                resource.to_owned()
            } else {
                format!("{resource}/{subresource}")
            };
            used.name = name.to_owned();
            used.namespace = namespace.to_owned();
        }
    }
    used
}

fn manifest(places: &std::collections::BTreeMap<Option<&str>, Vec<Rule<'_>>>) -> String {
    let mut text = String::new();
    for (place, rules) in places {
        let rules = serde_json::to_string(rules).expect("rules are words");
        let namespace = place.unwrap_or("");
        let (kind, place) = match namespace {
            "" => ("ClusterRole", String::new()),
            namespace => ("Role", format!(", namespace: {namespace}")),
        };
        text += &format!(
            "---\napiVersion: {API}/v1\nkind: {kind}\nmetadata: {{name: least{place}}}\nrules: {rules}\n"
        );
        text += &bound("least", kind, "least", namespace, "{kind: User, name: x}");
    }
    text
}

#[test]
fn pictures_hold_what_is_bound() {
    let text = [
        role("a", "[{verbs: [get], apiGroups: [''], resources: [secrets]}]"),
        bound("gone", "ClusterRole", "<gone>", "shop", "{kind: User, name: '\"<b>'}"),
    ]
    .concat();
    let policy = Policy::read(&inventory(&text));
    let graph = Graph::new(&policy, &policy.risks(), &Selection::default());
    assert_eq!((graph.nodes.len(), graph.edges.len()), (6, 4));
    assert_eq!(graph.nodes.iter().filter(|node| node.is_missing).count(), 1);
    let picture = svg(&graph);
    assert!(picture.contains("&quot;&lt;b&gt;") && !picture.contains("<b>"));
    assert!(html(&graph).contains("2 subjects, 2 bindings, 2 roles"));
    assert!(dot(&graph).contains("n0 -> n") && mermaid(&graph).contains("n0 --> n"));
    let risky = Selection { risky: true, ..Selection::default() };
    assert_eq!(Graph::new(&policy, &policy.risks(), &risky).nodes.len(), 3);
}
