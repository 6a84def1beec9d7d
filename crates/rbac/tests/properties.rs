//! Laws of the authorizer, over random clusters.

mod support;

use proptest::prelude::*;
use seawall_rbac::{
    Caller, Decision, Policy, Reach, Request, Rule, Target, covers, defaults, merge,
};
use support::{Given, Random, binding, caller, cluster, inventory, request};

/// What nobody in these clusters gives; the defaults are asked by the test of a real API server.
fn policy(given: &Given) -> Policy {
    let admin = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cluster-admin}\n";
    Policy::read(&inventory(&format!("{}{admin}", given.yaml(false))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn decides_as_a_plain_walk_does(seed: u64) {
        let mut random = Random(seed);
        let given = cluster(&mut random, 12, 12);
        let policy = policy(&given);
        prop_assert!(policy.gaps().is_empty(), "{:?}", policy.gaps());
        for _ in 0..60 {
            let (user, groups) = caller(&mut random);
            let request = request(&mut random);
            let expected = given.may(user, &groups, &request);
            let decision = policy.may(&Caller::exactly(user, groups.clone()), &request);
            prop_assert_eq!(
                decision.is_allowed(), expected,
                "{} {:?}: {} ({:?})\n{}", user, groups, request, decision, given.yaml(true)
            );
        }
    }

    #[test]
    fn who_names_those_who_may(seed: u64) {
        let mut random = Random(seed);
        let given = cluster(&mut random, 12, 12);
        let policy = policy(&given);
        for _ in 0..20 {
            let request = request(&mut random);
            let reach = match request.namespace() {
                "" => Reach::Cluster,
                namespace => Reach::Namespace(namespace),
            };
            let who = policy.who(&request, reach);
            for subject in policy.subjects() {
                let named = who.grants.iter().any(|grant| grant.subject == subject);
                let caller = match policy.subject(subject).user_name() {
                    Some(user) => Caller::exactly(&user, Vec::new()),
                    None => Caller::exactly("", vec![policy.subject(subject).name().to_owned()]),
                };
                let may = policy.may(&caller, &request).is_allowed();
                prop_assert_eq!(named, may, "{:?} {}\n{}", caller, request, given.yaml(true));
            }
        }
    }

    #[test]
    fn another_binding_takes_nothing_away(seed: u64) {
        let mut random = Random(seed);
        let mut given = cluster(&mut random, 12, 12);
        let before = policy(&given);
        given.bindings.push(binding(&mut random, 1000, 12));
        let after = policy(&given);
        for _ in 0..60 {
            let (user, groups) = caller(&mut random);
            let caller = Caller::exactly(user, groups);
            let request = request(&mut random);
            let (was, is) = (before.may(&caller, &request), after.may(&caller, &request));
            prop_assert!(!was.is_allowed() || is.is_allowed(), "{:?} {}", caller, request);
        }
    }

    #[test]
    fn merged_rules_decide_as_those_they_were_made_of(seed: u64) {
        let mut random = Random(seed);
        let given = cluster(&mut random, 12, 12);
        let policy = policy(&given);
        let (user, groups) = caller(&mut random);
        let rules = policy.rules_for(&Caller::exactly(user, groups), "one");
        let rules: Vec<Rule<'_>> = rules.into_iter().map(|rule| policy.rule(rule)).collect();
        let merged = merge(&rules).expect("they are few");
        prop_assert_eq!(&merge(&merged).expect("they are fewer"), &merged);
        let (own, other) = (alone(&rules), alone(&merged));
        for _ in 0..60 {
            let request = request(&mut random);
            prop_assert_eq!(
                asked(&own, &request), asked(&other, &request),
                "{}\n{:?}\n{:?}", request, rules, merged
            );
        }
    }

    #[test]
    fn who_covers_rules_may_do_what_they_allow(seed: u64) {
        let mut random = Random(seed);
        let given = cluster(&mut random, 8, 0);
        let words = |of: &str| -> Vec<Rule<'static>> {
            let roles = given.roles.iter().filter(|role| role.name.ends_with(of));
            roles.flat_map(|role| &role.rules).map(|rule| Rule {
                verbs: rule.verbs.clone(), api_groups: rule.groups.clone(),
                resources: rule.resources.clone(), resource_names: rule.names.clone(),
                urls: rule.urls.clone(),
            }).collect()
        };
        let (owner, servant) = (words("0"), words("1"));
        let lacking = covers(&owner, &servant).expect("they are few");
        let mut all = owner.clone();
        all.extend(lacking.iter().cloned());
        // With what they lack they cover it, and then nothing is allowed that they may not do.
        prop_assert!(covers(&all, &servant).expect("they are few").is_empty());
        let (all, servant) = (alone(&all), alone(&servant));
        for _ in 0..60 {
            let request = request(&mut random);
            prop_assert!(!asked(&servant, &request) || asked(&all, &request), "{}", request);
        }
    }
}

/// A policy in which `x` has these rules.
fn alone(rules: &[Rule<'_>]) -> Policy {
    let rules: Vec<String> = rules.iter().map(|rule| format!(
        "- {{verbs: {:?}, apiGroups: {:?}, resources: {:?}, resourceNames: {:?}, nonResourceURLs: {:?}}}\n",
        rule.verbs, rule.api_groups, rule.resources, rule.resource_names, rule.urls)).collect();
    let text = format!(
        "kind: ClusterRole\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {{name: cluster-admin}}\nrules: {}{}\n---\n\
         kind: ClusterRoleBinding\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {{name: x}}\n\
         roleRef: {{kind: ClusterRole, name: cluster-admin}}\nsubjects: [{{kind: User, name: x}}]\n",
        if rules.is_empty() { "[]" } else { "\n" },
        rules.concat()
    );
    Policy::read(&inventory(&text))
}

fn asked(policy: &Policy, request: &Request<'_>) -> bool {
    policy.may(&Caller::exactly("x", Vec::new()), request).is_allowed()
}

#[test]
fn masters_are_asked_for_no_role() {
    let policy = Policy::read(&inventory(""));
    let caller = Caller::new("root", vec!["system:masters".to_owned()]);
    let request = Request::resource("delete", "", "nodes", "a", "");
    assert_eq!(policy.may(&caller, &request), Decision::Master);
}

#[test]
fn a_namespace_is_asked_about_in_itself() {
    let text = "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: own, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: alice}]
";
    let policy = Policy::read(&inventory(text));
    let may =
        |request: Request<'_>| policy.may(&Caller::new("alice", Vec::new()), &request).is_allowed();
    assert!(may(Request::resource("get", "", "namespaces", "shop", "")));
    assert!(!may(Request::resource("get", "", "namespaces", "other", "")));
    assert!(!may(Request::resource("list", "", "namespaces", "", "")));
    assert!(may(Request::resource("get", "", "pods", "a", "shop")));
    assert!(!may(Request::resource("get", "", "pods", "a", "other")));
}

#[test]
fn what_every_cluster_has_is_assumed_where_no_cluster_was_read() {
    let policy = Policy::read(&inventory(""));
    let caller = |user: &str| Caller::new(user, Vec::new());
    let request = Request::url("get", "/version");
    assert!(policy.may(&caller("system:anonymous"), &request).is_allowed());
    let list = Request::resource("list", "", "nodes", "", "");
    assert!(policy.may(&caller("system:kube-scheduler"), &list).is_allowed());
    assert!(!policy.may(&caller("alice"), &list).is_allowed());
    let admin =
        policy.find_role(seawall_rbac::RoleKind::ClusterRole, None, "admin").expect("it is");
    let rules: Vec<Rule<'_>> = policy.role(admin).rules().iter().map(|r| policy.rule(*r)).collect();
    let secrets =
        |rule: &Rule<'_>| rule.resources.contains(&"secrets") && rule.verbs.contains(&"get");
    assert!(rules.iter().any(secrets), "admin gathers edit, which gathers the rest");
    assert!(defaults::newest() >= 37);
}

#[test]
fn what_can_not_be_understood_is_noted_and_grants_nothing() {
    let text = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: odd}
rules:
- {verbs: get, apiGroups: [\"\"], resources: [pods]}
- {verbs: [get], apiGroups: [\"\"], resources: [7]}
- {verbs: [get], apiGroups: [\"\"], resources: [secrets]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: odd}
roleRef: {kind: ClusterRole, name: odd}
subjects: [{kind: User, name: alice}, {kind: User}, {kind: Robot, name: r}, {kind: ServiceAccount, name: web}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: none}
subjects: nobody
";
    let policy = Policy::read(&inventory(text));
    let why: Vec<&str> = policy.gaps().iter().map(|gap| gap.why.as_str()).collect();
    assert_eq!(why.len(), 4, "{why:?}");
    let may = |resource| {
        policy
            .may(&Caller::new("alice", vec![]), &Request::resource("get", "", resource, "", "x"))
            .is_allowed()
    };
    assert!(may("secrets") && !may("pods"));
    let Target::Resource { .. } = Request::resource("get", "", "pods", "", "").target else {
        panic!()
    };
}
