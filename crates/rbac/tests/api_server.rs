//! The authorizer against a running API server: the same questions, and the same answers.

mod support;

use std::collections::BTreeSet;

use seawall_cluster_tests::{Cluster, KUBERNETES};
use seawall_model::Inventory;
use seawall_rbac::{Caller, Policy, Request, RoleKind, Rule, Target};
use support::{Given, NAMESPACES, Random, caller, cluster, inventory, request};

const REVIEWS: usize = 2_400;
/// Reviews that one run of kubectl asks for; it asks 50 a second, so several run at once.
const SHARE: usize = 300;

const API: &str = "rbac.authorization.k8s.io";

/// Is there once the server has seen all that was made before.
const LAST: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: last}
rules: [{verbs: [last], apiGroups: [last], resources: [last]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: last}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: last}
subjects: [{kind: User, name: last, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: last, namespace: one}
rules: [{verbs: [first], apiGroups: [last], resources: [last]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: last, namespace: one}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: last}
subjects: [{kind: User, name: last, apiGroup: rbac.authorization.k8s.io}]
";

/// Lets everybody who is logged in write roles and bindings, as far as nothing is escalated.
const WRITERS: &str = "
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: writer}
rules: [{verbs: [create], apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings, clusterroles, clusterrolebindings]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: writer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: writer}
subjects: [{kind: Group, name: \"system:authenticated\", apiGroup: rbac.authorization.k8s.io}]
";

#[test]
fn answers_as_the_api_server_does() {
    let Some(server) = Cluster::start() else { return };
    let mut random = Random(20_261_121);
    let given = cluster(&mut random, 120, 90);
    let namespaces: Vec<String> = NAMESPACES
        .iter()
        .map(|name| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"))
        .collect();
    create(&server, &namespaces.join("---\n"));
    create(&server, &format!("{}{WRITERS}", given.yaml(true)));
    create(&server, LAST);
    wait(&server);

    let seen = get(&server, "clusterroles,roles,clusterrolebindings,rolebindings");
    let observed = Policy::read(&seen);
    let manifests = inventory(&format!("{}{WRITERS}---{LAST}", given.yaml(false)));
    let declared = Policy::read_as_of(&manifests, minor());
    assert!(observed.gaps().is_empty() && declared.gaps().is_empty());

    access(&server, &mut random, &[("observed", &observed), ("declared", &declared)]);
    rules(&server, &mut random, &[("observed", &observed), ("declared", &declared)]);
    escalation(&server, &mut random, &observed, &given);
}

/// The minor version that the server is of.
fn minor() -> u32 {
    let minor = KUBERNETES.split('.').nth(1).expect("a version has two dots");
    minor.parse().expect("it is a number")
}

fn create(server: &Cluster, manifest: &str) {
    let output = server.kubectl(&["create", "-f", "-"], manifest);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An inventory of what kubectl prints.
fn get(server: &Cluster, resources: &str) -> Inventory {
    let output = server.kubectl(&["get", resources, "-A", "-o", "json"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    inventory(&String::from_utf8(output.stdout).expect("kubectl prints UTF-8"))
}

/// The server's authorizer watches roles and bindings, and knows them a little later than etcd.
fn wait(server: &Cluster) {
    let ask = |verb: &str| {
        let review = review("last", &[], &Request::resource(verb, "last", "last", "", "one"));
        answers(server, &review)[0]
    };
    for _ in 0..100 {
        if ask("first") && ask("last") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the server does not see what was made");
}

fn review(user: &str, groups: &[String], request: &Request<'_>) -> String {
    let attributes = match request.target {
        Target::Url(path) => {
            format!("nonResourceAttributes: {{path: {path:?}, verb: {:?}}}", request.verb)
        }
        Target::Resource { group, resource, subresource, name, namespace } => format!(
            "resourceAttributes: {{verb: {:?}, group: {group:?}, resource: {resource:?}, \
             subresource: {subresource:?}, name: {name:?}, namespace: {namespace:?}}}",
            request.verb
        ),
    };
    format!(
        "apiVersion: authorization.k8s.io/v1\nkind: SubjectAccessReview\n\
         spec: {{user: {user:?}, groups: {groups:?}, {attributes}}}\n---\n"
    )
}

/// The answers to reviews, in their order.
fn answers(server: &Cluster, reviews: &str) -> Vec<bool> {
    let output = server
        .kubectl(&["create", "-f", "-", "-o", "jsonpath={.status.allowed}{\"\\n\"}"], reviews);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("kubectl prints UTF-8");
    text.lines().map(|line| line == "true").collect()
}

fn access(server: &Cluster, random: &mut Random, policies: &[(&str, &Policy)]) {
    let asked: Vec<_> = (0..REVIEWS)
        .map(|_| {
            let (user, groups) = caller(random);
            (user, groups, request(random))
        })
        .collect();
    let said: Vec<bool> = std::thread::scope(|scope| {
        let running: Vec<_> = asked
            .chunks(SHARE)
            .map(|share| {
                let reviews: String = share
                    .iter()
                    .map(|(user, groups, request)| review(user, groups, request))
                    .collect();
                scope.spawn(move || answers(server, &reviews))
            })
            .collect();
        running.into_iter().flat_map(|share| share.join().expect("the share is asked")).collect()
    });
    assert_eq!(said.len(), REVIEWS);
    let allowed = said.iter().filter(|allowed| **allowed).count();
    assert!(allowed > REVIEWS / 20 && allowed < REVIEWS, "{allowed} of {REVIEWS} are allowed");
    for (name, policy) in policies {
        let differences: Vec<String> = asked
            .iter()
            .zip(&said)
            .filter(|((user, groups, request), said)| {
                policy.may(&Caller::exactly(user, groups.clone()), request).is_allowed() != **said
            })
            .map(|((user, groups, request), said)| format!("{user} {groups:?} {request}: {said}"))
            .collect();
        assert!(differences.is_empty(), "{name}: {}", differences.join("\n"));
    }
}

/// SelfSubjectRulesReviews of callers that kubectl impersonates, whose groups the server adds.
fn rules(server: &Cluster, random: &mut Random, policies: &[(&str, &Policy)]) {
    let reviews: String = NAMESPACES
        .iter()
        .map(|namespace| {
            format!(
                "apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectRulesReview\n\
                 spec: {{namespace: {namespace}}}\n---\n"
            )
        })
        .collect();
    for _ in 0..30 {
        let (user, groups) = caller(random);
        let mut arguments = ["create", "-f", "-", "--validate=false"].map(str::to_owned).to_vec();
        arguments.extend(["-o".to_owned(), "json".to_owned(), format!("--as={user}")]);
        arguments.extend(groups.iter().map(|group| format!("--as-group={group}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = server.kubectl(&arguments, &reviews);
        let complaint = String::from_utf8_lossy(&output.stderr);
        // Who is not in `system:authenticated` may not ask about themselves.
        if complaint.contains("cannot create resource \"selfsubjectrulesreviews\"") {
            continue;
        }
        assert!(output.status.success(), "{complaint}");
        let text = String::from_utf8(output.stdout).expect("kubectl prints UTF-8");
        let caller = Caller::new(user, groups);
        for (namespace, said) in NAMESPACES.iter().zip(reviewed(&text)) {
            for (name, policy) in policies {
                let own: BTreeSet<String> = policy
                    .rules_for(&caller, namespace)
                    .into_iter()
                    .map(|rule| shown(&policy.rule(rule)))
                    .collect();
                assert_eq!(own, said, "{name}: {caller:?} in {namespace}");
            }
        }
    }
}

fn shown(rule: &Rule<'_>) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        rule.verbs, rule.api_groups, rule.resources, rule.resource_names, rule.urls
    )
}

/// The rules of each review in a list of them.
fn reviewed(json: &str) -> Vec<BTreeSet<String>> {
    let reviews = json_documents(json);
    let words = |rule: &serde_json::Value, key: &str| -> Vec<String> {
        let items = rule.get(key).and_then(|list| list.as_array());
        let items = items.into_iter().flatten();
        items.map(|item| item.as_str().expect("a string").to_owned()).collect()
    };
    reviews
        .iter()
        .map(|review| {
            let status = &review["status"];
            let of = |key: &str| status[key].as_array().cloned().unwrap_or_default();
            let resource_rules = of("resourceRules");
            let url_rules = of("nonResourceRules");
            resource_rules
                .iter()
                .chain(&url_rules)
                .map(|rule| {
                    let keys =
                        ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"];
                    let [verbs, groups, resources, names, urls] = keys.map(|key| words(rule, key));
                    format!("{verbs:?} {groups:?} {resources:?} {names:?} {urls:?}")
                })
                .collect()
        })
        .collect()
}

fn json_documents(json: &str) -> Vec<serde_json::Value> {
    let stream = serde_json::Deserializer::from_str(json).into_iter();
    stream.collect::<Result<_, _>>().expect("kubectl prints JSON")
}

/// Who may write which roles and bindings: the server tries, and keeps nothing.
fn escalation(server: &Cluster, random: &mut Random, policy: &Policy, given: &Given) {
    let mut written = 0;
    for user in ["alice", "bob", "system:serviceaccount:one:web", "system:serviceaccount:two:web"] {
        let caller = Caller::new(user, Vec::new());
        let mut manifest = String::new();
        let mut expected = BTreeSet::new();
        for number in 0..40 {
            let name = format!("t{number}");
            let role = &given.roles[random.below(given.roles.len())];
            let namespace = random.pick(&["", "one", "two"]);
            if random.chance(50) {
                let kind =
                    if role.namespace.is_empty() { RoleKind::ClusterRole } else { RoleKind::Role };
                let namespace = if kind == RoleKind::Role { role.namespace } else { namespace };
                let writing = policy.may_bind(&caller, (kind, &role.name), namespace);
                let binding =
                    if namespace.is_empty() { "clusterrolebinding" } else { "rolebinding" };
                if writing.expect("it is small").is_allowed() {
                    expected.insert(format!("{binding}.{API}/{name}"));
                }
                let (place, kind_name) = place(namespace, "RoleBinding");
                manifest += &format!(
                    "---\napiVersion: {API}/v1\nkind: {kind_name}\nmetadata: {{name: {name}{place}}}\n\
                     roleRef: {{apiGroup: {API}, kind: {}, name: {}}}\n",
                    kind.name(),
                    role.name
                );
            } else {
                let of_cluster = namespace.is_empty();
                let rule = support::rule(random, of_cluster);
                let words = Rule {
                    verbs: rule.verbs.clone(),
                    api_groups: rule.groups.clone(),
                    resources: rule.resources.clone(),
                    resource_names: rule.names.clone(),
                    urls: rule.urls.clone(),
                };
                let aggregates = of_cluster && random.chance(20);
                let writing = policy.may_write_role(&caller, (namespace, ""), &[words], aggregates);
                let kind = if of_cluster { "clusterrole" } else { "role" };
                if writing.expect("it is small").is_allowed() {
                    expected.insert(format!("{kind}.{API}/{name}"));
                }
                let (place, kind_name) = place(namespace, "Role");
                let gathers = if aggregates {
                    "aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: y}}]}\n"
                } else {
                    ""
                };
                manifest += &format!(
                    "---\napiVersion: {API}/v1\nkind: {kind_name}\nmetadata: {{name: {name}{place}}}\n{gathers}rules:\n\
                     - {{verbs: {:?}, apiGroups: {:?}, resources: {:?}, resourceNames: {:?}, nonResourceURLs: {:?}}}\n",
                    rule.verbs, rule.groups, rule.resources, rule.names, rule.urls
                );
            }
        }
        let output = server.kubectl(
            &[
                "create",
                "--dry-run=server",
                "--validate=false",
                "-f",
                "-",
                "-o",
                "name",
                &format!("--as={user}"),
            ],
            &manifest,
        );
        let text = String::from_utf8(output.stdout).expect("kubectl prints UTF-8");
        let said: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, expected, "{user}: {complaint}\n{manifest}");
        written += said.len();
    }
    assert!(written > 10 && written < 150, "{written} of 160 could be written");
}

fn place(namespace: &str, kind: &str) -> (String, String) {
    if namespace.is_empty() {
        (String::new(), format!("Cluster{kind}"))
    } else {
        (format!(", namespace: {namespace}"), kind.to_owned())
    }
}
