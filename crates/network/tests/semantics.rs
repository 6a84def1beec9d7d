//! Semantics one by one, with the answer that the documentation of each API gives.

mod support;

use seawall_network::{
    Answer, Bounds, Connections, Endpoint, Name, Network, Peer, Protocol, Reason, explain,
};

/// Two workloads in two namespaces; policies are added.
const PODS: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: b}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, role: front}}
spec:
  serviceAccountName: web
  containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec:
  containers: [{name: c, image: i, ports: [{name: sql, containerPort: 5432}, {name: dns, protocol: UDP, containerPort: 53}]}]
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.1.1}
---
";

fn pod(network: &Network<'_>, name: &str) -> Endpoint {
    let number = network.pods().iter().position(|pod| pod.name == name);
    Endpoint::Pod(number.expect("the pod is there"))
}

/// What one pod may have with another: what is sure, and what is unknown.
fn between(policies: &str, from: &str, to: &str) -> (String, String) {
    let inventory = support::inventory(&format!("{PODS}{policies}"));
    let network = Network::of(&inventory);
    let (from, to) = (pod(&network, from).peer(&network), pod(&network, to).peer(&network));
    let (sure, unknown) = Bounds::of(&network).between(from, to);
    (sure.to_string(), unknown.to_string())
}

fn sure(policies: &str, from: &str, to: &str) -> String {
    let (sure, unknown) = between(policies, from, to);
    assert_eq!(unknown, "No Connections", "{policies}");
    sure
}

/// What a pod may send to an address.
fn to_address(policies: &str, from: &str, address: &str) -> (String, String) {
    let inventory = support::inventory(&format!("{PODS}{policies}"));
    let network = Network::of(&inventory);
    let address = address.parse().expect("an address");
    let part = network
        .destinations()
        .iter()
        .position(|range| range.contains(address))
        .expect("every address is in a part");
    let from = pod(&network, from).peer(&network);
    let (sure, unknown) = Bounds::of(&network).between(from, Peer::Outside(part));
    (sure.to_string(), unknown.to_string())
}

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

const ALL: &str = "All Connections";
const NONE: &str = "No Connections";

#[test]
fn policy_types_default_as_the_api_server_has_it() {
    assert_eq!(sure(&policy("{podSelector: {}}"), "web", "db"), NONE);
    assert_eq!(sure(&policy("{podSelector: {}}"), "web", "probe"), ALL, "egress is not touched");
    assert_eq!(sure(&policy("{podSelector: {}, egress: []}"), "web", "probe"), ALL);
    let both =
        policy("{podSelector: {matchLabels: {app: web}}, egress: [{to: [{podSelector: {}}]}]}");
    assert_eq!(sure(&both, "web", "probe"), NONE, "egress rules make it an egress policy");
    assert_eq!(sure(&both, "web", "db"), ALL);
    assert_eq!(sure(&policy("{podSelector: {}, ingress: [{}]}"), "probe", "db"), ALL);
    assert_eq!(sure(&policy("{podSelector: {}, policyTypes: [Egress]}"), "probe", "db"), ALL);
}

#[test]
fn peers_in_one_item_are_joined_by_and() {
    let peers =
        |peers: &str| policy(&format!("{{podSelector: {{}}, ingress: [{{from: {peers}}}]}}"));
    let and = peers(
        "[{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: web}}}]",
    );
    assert_eq!(sure(&and, "probe", "db"), NONE);
    assert_eq!(sure(&and, "web", "db"), NONE);
    let or = peers(
        "[{namespaceSelector: {matchLabels: {team: b}}}, {podSelector: {matchLabels: {app: web}}}]",
    );
    assert_eq!(sure(&or, "probe", "db"), ALL);
    assert_eq!(sure(&or, "web", "db"), ALL);
    let own = peers("[{podSelector: {}}]");
    assert_eq!(sure(&own, "probe", "db"), NONE, "a pod selector alone means the own namespace");
    assert_eq!(sure(&own, "web", "db"), ALL);
}

#[test]
fn named_ports_are_those_of_the_receiver_and_the_protocol() {
    let ports =
        |ports: &str| policy(&format!("{{podSelector: {{}}, ingress: [{{ports: {ports}}}]}}"));
    assert_eq!(sure(&ports("[{port: sql}]"), "web", "db"), "TCP 5432");
    assert_eq!(sure(&ports("[{port: sql}]"), "db", "web"), NONE);
    assert_eq!(sure(&ports("[{port: dns}]"), "web", "db"), NONE, "dns is UDP");
    assert_eq!(sure(&ports("[{port: dns, protocol: UDP}]"), "web", "db"), "UDP 53");
    assert_eq!(
        sure(&ports("[{port: 80, endPort: 90}, {protocol: SCTP}]"), "web", "db"),
        "SCTP 1-65535,TCP 80-90"
    );
    let egress = policy(
        "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: sql}]}]}",
    );
    assert_eq!(sure(&egress, "web", "db"), "TCP 5432");
    assert_eq!(sure(&egress, "web", "probe"), NONE);
    assert_eq!(to_address(&egress, "web", "8.8.8.8").0, NONE, "no names outside");
}

#[test]
fn except_subtracts_from_its_own_block_only() {
    let blocks = policy(
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, \
         {ipBlock: {cidr: 10.1.2.0/24}}, {ipBlock: {cidr: 'fd00::/8'}}]}]}",
    );
    for (address, expected) in [
        ("10.2.0.1", ALL),
        ("10.1.0.1", NONE),
        ("10.1.2.9", ALL),
        ("11.0.0.1", NONE),
        ("fd12::1", ALL),
        ("fe80::1", NONE),
    ] {
        assert_eq!(to_address(&blocks, "web", address).0, expected, "{address}");
    }
}

#[test]
fn what_no_cluster_would_hold_is_unknown() {
    for spec in [
        "{podSelector: {matchExpressions: [{key: a, operator: Near}]}}",
        "{podSelector: {}, policyTypes: [Inward]}",
        "{podSelector: {}, ingress: [{from: [{}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 0}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: '80'}]}]}",
        "{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}",
        "[no, map]",
    ] {
        let (sure, unknown) = between(&policy(spec), "web", "db");
        assert_eq!((sure.as_str(), unknown.as_str()), (NONE, ALL), "{spec}");
        assert_eq!(
            between(&policy(spec), "db", "probe").0,
            NONE,
            "egress of its namespace: {spec}"
        );
        assert_eq!(between(&policy(spec), "probe", "probe").0, ALL, "another namespace: {spec}");
        let inventory = support::inventory(&policy(spec));
        let network = Network::of(&inventory);
        assert_eq!(network.problems().len(), 1, "{spec}");
        assert!(!network.problems()[0].why.is_empty());
    }
}

fn admin(kind: &str, name: &str, spec: &str) -> String {
    let version = if kind == "ClusterNetworkPolicy" { "v1alpha2" } else { "v1alpha1" };
    format!(
        "apiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"
    )
}

#[test]
fn administrators_go_first_and_last() {
    let rule = |action: &str, rest: &str| {
        format!("ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]{rest}}}]")
    };
    let anp = |action: &str| {
        admin(
            "AdminNetworkPolicy",
            "a",
            &format!("{{priority: 5, subject: {{namespaces: {{}}}}, {}}}", rule(action, "")),
        )
    };
    let banp = admin(
        "BaselineAdminNetworkPolicy",
        "default",
        &format!("{{subject: {{namespaces: {{}}}}, {}}}", rule("Deny", "")),
    );
    let open = policy("{podSelector: {}, ingress: [{}]}");
    let shut = policy("{podSelector: {}}");
    assert_eq!(sure(&format!("{}{open}", anp("Deny")), "web", "db"), NONE);
    assert_eq!(sure(&format!("{}{shut}", anp("Allow")), "web", "db"), ALL);
    assert_eq!(sure(&format!("{}{shut}", anp("Pass")), "web", "db"), NONE);
    assert_eq!(sure(&format!("{}{banp}", anp("Pass")), "web", "db"), NONE);
    assert_eq!(sure(&format!("{banp}{open}"), "web", "db"), ALL, "a NetworkPolicy is final");
    assert_eq!(sure(&banp, "web", "db"), NONE);
    let other = admin(
        "AdminNetworkPolicy",
        "b",
        &format!(
            "{{priority: 4, subject: {{namespaces: {{}}}}, {}}}",
            rule("Allow", ", ports: [{portNumber: {port: 80}}]")
        ),
    );
    assert_eq!(
        sure(&format!("{}{other}", anp("Deny")), "web", "db"),
        "TCP 80",
        "lower numbers first"
    );
}

#[test]
fn cluster_policies_have_tiers_and_fail_closed() {
    let spec = |tier: &str, priority: u32, rules: &str| {
        format!("{{tier: {tier}, priority: {priority}, subject: {{namespaces: {{}}}}, {rules}}}")
    };
    let first = admin(
        "ClusterNetworkPolicy",
        "a",
        &spec(
            "Baseline",
            1,
            "ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}]",
        ),
    );
    let second = admin(
        "ClusterNetworkPolicy",
        "b",
        &spec("Baseline", 2, "ingress: [{action: Deny, from: [{namespaces: {}}]}]"),
    );
    assert_eq!(sure(&format!("{first}{second}"), "web", "db"), "TCP 80", "several baselines");
    let unknown = |action: &str| {
        admin(
            "ClusterNetworkPolicy",
            "c",
            &spec(
                "Admin",
                1,
                &format!("ingress: [{{action: {action}, from: [{{planets: {{}}}}]}}]"),
            ),
        )
    };
    assert_eq!(sure(&unknown("Accept"), "web", "db"), ALL);
    assert_eq!(sure(&unknown("Deny"), "web", "db"), NONE);
    assert_eq!(sure(&unknown("Pass"), "web", "db"), NONE);
    let networks = admin(
        "ClusterNetworkPolicy",
        "d",
        &spec("Admin", 1, "egress: [{action: Deny, to: [{networks: [10.0.0.2/32]}]}]"),
    );
    assert_eq!(sure(&networks, "web", "db"), NONE, "networks match pods too");
    assert_eq!(sure(&networks, "web", "probe"), ALL);
    let named = admin(
        "ClusterNetworkPolicy",
        "e",
        &spec(
            "Admin",
            1,
            "ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [{destinationNamedPort: dns}]}, {action: Deny, from: [{namespaces: {}}]}]",
        ),
    );
    assert_eq!(sure(&named, "web", "db"), "UDP 53");
}

#[test]
fn domain_names_are_conditional() {
    let names = admin(
        "AdminNetworkPolicy",
        "a",
        "{priority: 1, subject: {namespaces: {}}, egress: [{action: Allow, to: [{domainNames: ['*.example.com']}]}, \
         {action: Deny, to: [{networks: [0.0.0.0/0]}]}]}",
    );
    let (sure, unknown) = to_address(&names, "web", "93.184.216.34");
    assert_eq!((sure.as_str(), unknown.as_str()), (NONE, ALL));
    let inventory = support::inventory(&format!("{PODS}{names}"));
    let network = Network::of(&inventory);
    let outside = Endpoint::Peer(Peer::Outside(0));
    let found = explain(&network, pod(&network, "web"), outside, Protocol::Tcp, 443);
    assert_eq!(found.answer, Answer::Unknown);
    assert!(found.egress.doubts.iter().any(|why| why.contains("*.example.com")));
}

fn calico(kind: &str, metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n---\n"
    )
}

#[test]
fn calico_orders_tiers_and_policies() {
    let deny = calico(
        "GlobalNetworkPolicy",
        "{name: deny}",
        "{order: 20, selector: all(), types: [Ingress], ingress: [{action: Deny}]}",
    );
    let allow = calico(
        "NetworkPolicy",
        "{name: allow, namespace: shop}",
        "{order: 10, selector: \"app == 'db'\", ingress: [{action: Allow, protocol: TCP, source: {selector: \"role == 'front'\"}, destination: {ports: [5432, '6000:6002']}}]}",
    );
    assert_eq!(sure(&format!("{deny}{allow}"), "web", "db"), "TCP 5432,6000-6002");
    assert_eq!(sure(&format!("{deny}{allow}"), "probe", "db"), NONE);
    let alone = calico(
        "NetworkPolicy",
        "{name: allow, namespace: shop}",
        "{selector: \"app == 'db'\", ingress: [{action: Allow, source: {namespaceSelector: \"team == 'b'\"}}]}",
    );
    assert_eq!(sure(&alone, "probe", "db"), ALL);
    assert_eq!(sure(&alone, "web", "db"), NONE, "a tier that applies and matches nothing drops");
    let tier = |action: &str| {
        format!(
            "{}{}",
            calico("Tier", "{name: security}", &format!("{{order: 100, defaultAction: {action}}}")),
            calico(
                "GlobalNetworkPolicy",
                "{name: security.x}",
                "{tier: security, selector: all(), types: [Ingress], ingress: [{action: Deny, source: {selector: \"app == 'probe'\"}}]}"
            )
        )
    };
    assert_eq!(sure(&tier("Deny"), "web", "db"), NONE);
    assert_eq!(sure(&tier("Pass"), "web", "db"), ALL);
    assert_eq!(sure(&tier("Pass"), "probe", "db"), NONE);
    let pass = calico(
        "GlobalNetworkPolicy",
        "{name: p}",
        "{selector: all(), types: [Ingress], ingress: [{action: Pass}]}",
    );
    assert_eq!(sure(&pass, "web", "db"), ALL, "what passes the last tier is permitted");
}

#[test]
fn calico_matches_nets_sets_accounts_and_protocols() {
    let rule = |rule: &str| {
        calico(
            "NetworkPolicy",
            "{name: p, namespace: shop}",
            &format!("{{selector: all(), types: [Egress], egress: [{rule}]}}"),
        )
    };
    let net = rule(
        "{action: Allow, destination: {nets: [8.8.8.0/24, 10.0.0.2/32], notNets: [8.8.8.8/32]}}",
    );
    assert_eq!(to_address(&net, "web", "8.8.8.9").0, ALL);
    assert_eq!(to_address(&net, "web", "8.8.8.8").0, NONE);
    assert_eq!(sure(&net, "web", "db"), ALL, "the address of a pod");
    assert_eq!(sure(&net, "web", "probe"), NONE);
    let sets =
        calico("GlobalNetworkSet", "{name: s, labels: {kind: good}}", "{nets: [1.1.1.1/32]}");
    let by_set = rule(
        "{action: Allow, destination: {namespaceSelector: 'global()', selector: \"kind == 'good'\"}}",
    );
    assert_eq!(to_address(&format!("{sets}{by_set}"), "web", "1.1.1.1").0, ALL);
    assert_eq!(to_address(&format!("{sets}{by_set}"), "web", "1.1.1.2").0, NONE);
    let not = rule("{action: Allow, notProtocol: TCP}");
    assert_eq!(sure(&not, "web", "db"), "SCTP 1-65535,UDP 1-65535");
    assert_eq!(sure(&rule("{action: Allow, protocol: ICMP}"), "web", "db"), NONE);
    let ports = rule("{action: Allow, protocol: TCP, destination: {notPorts: [22, '1:9']}}");
    assert_eq!(sure(&ports, "web", "db"), "TCP 10-21,23-65535");
    let account = calico(
        "NetworkPolicy",
        "{name: p, namespace: shop}",
        "{selector: \"app == 'db'\", ingress: [{action: Allow, source: {serviceAccounts: {names: [web]}}}]}",
    );
    assert_eq!(sure(&account, "web", "db"), ALL);
    assert_eq!(sure(&account, "db", "web"), ALL);
    // A name that stands for a port under notPorts stands for nothing.
    let named =
        rule("{action: Allow, protocol: TCP, destination: {ports: [sql], notPorts: [5432]}}");
    assert_eq!(sure(&named, "web", "db"), NONE);
    let http = rule("{action: Allow, http: {methods: [GET]}}");
    assert_eq!(between(&http, "web", "db"), (NONE.to_owned(), ALL.to_owned()));
}

#[test]
fn calico_selectors_mean_endpoints_and_network_sets_of_a_namespace() {
    let rule = |kind: &str, place: &str, other: &str| {
        calico(
            kind,
            &format!("{{name: p{place}}}"),
            &format!(
                "{{selector: \"app == 'web'\", types: [Egress], egress: [{{action: Allow, \
                 destination: {other}}}]}}"
            ),
        )
    };
    let own = |other: &str| rule("NetworkPolicy", ", namespace: shop", other);
    let global = |other: &str| rule("GlobalNetworkPolicy", "", other);
    // A notSelector means the policy's namespace, too, and of a global policy everything else.
    let not_db = "{notSelector: \"app == 'db'\"}";
    assert_eq!(sure(&own(not_db), "web", "probe"), NONE);
    assert_eq!(to_address(&own(not_db), "web", "1.1.1.1").0, NONE);
    assert_eq!(sure(&global(not_db), "web", "db"), NONE);
    assert_eq!(sure(&global(not_db), "web", "probe"), ALL);
    assert_eq!(to_address(&global(not_db), "web", "1.1.1.1").0, ALL);
    // A network set has the labels of its namespace, and a pod may have an address in it.
    let set = calico(
        "NetworkSet",
        "{name: s, namespace: ops, labels: {app: db}}",
        "{nets: [1.1.1.1/32, 10.0.0.2/32]}",
    );
    let with_set = |policy: String| format!("{set}{policy}");
    let of_team = |team| with_set(own(&format!("{{namespaceSelector: \"team == '{team}'\"}}")));
    assert_eq!(to_address(&of_team("b"), "web", "1.1.1.1").0, ALL);
    assert_eq!(to_address(&of_team("a"), "web", "1.1.1.1").0, NONE);
    assert_eq!(sure(&of_team("b"), "web", "db"), ALL);
    assert_eq!(to_address(&with_set(global(not_db)), "web", "1.1.1.1").0, NONE);
    // A pod on the network of its node is no endpoint.
    let agent = "apiVersion: v1\nkind: Pod\nmetadata: {name: agent, namespace: shop, labels: {app: db}}\n\
                 spec: {hostNetwork: true, containers: [{name: c, image: i}]}\n\
                 status: {podIP: 192.168.0.9}\n---\n";
    let to_db = format!("{agent}{}", own("{selector: \"app == 'db'\"}"));
    assert_eq!(sure(&to_db, "web", "agent"), NONE);
    assert_eq!(sure(&to_db, "web", "db"), ALL);
}

fn cilium(spec: &str) -> String {
    format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: p, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

#[test]
fn cilium_denies_over_allows_and_isolates() {
    let db = |rules: &str| {
        cilium(&format!("{{endpointSelector: {{matchLabels: {{'k8s:app': db}}}}, {rules}}}"))
    };
    let front = db(
        "ingress: [{fromEndpoints: [{matchLabels: {role: front}}], toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]",
    );
    assert_eq!(sure(&front, "web", "db"), "TCP 5432");
    assert_eq!(sure(&front, "probe", "db"), NONE);
    assert_eq!(sure(&front, "db", "web"), ALL);
    assert_eq!(sure(&db("ingress: [{}]"), "web", "db"), NONE, "an empty rule permits nothing");
    assert_eq!(sure(&db("ingress: []"), "web", "db"), ALL);
    assert_eq!(sure(&db("ingress: [{fromEndpoints: [{}]}]"), "probe", "db"), NONE, "own namespace");
    assert_eq!(sure(&db("ingress: [{fromEndpoints: [{}]}]"), "web", "db"), ALL);
    let named =
        "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': ops}}]}]";
    assert_eq!(sure(&db(named), "probe", "db"), ALL);
    let labelled = "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': b}}]}]";
    assert_eq!(sure(&db(labelled), "probe", "db"), ALL);
    let deny = db(
        "ingress: [{fromEntities: [cluster]}], ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: '22'}]}]}]",
    );
    let open = policy("{podSelector: {}, ingress: [{}]}");
    assert_eq!(
        sure(&format!("{deny}{open}"), "web", "db"),
        "SCTP 1-21,23-65535,TCP 1-21,23-65535,UDP 1-21,23-65535"
    );
    let soft = db("enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host]}]");
    assert_eq!(sure(&soft, "web", "db"), ALL);
    let world = cilium(
        "{endpointSelector: {}, egress: [{toEntities: [world]}, {toCIDRSet: [{cidr: 10.0.0.0/8}]}]}",
    );
    assert_eq!(to_address(&world, "web", "8.8.8.8").0, ALL);
    assert_eq!(sure(&world, "web", "db"), NONE, "a CIDR does not mean pods");
    let names = cilium("{endpointSelector: {}, egress: [{toFQDNs: [{matchName: example.com}]}]}");
    assert_eq!(to_address(&names, "web", "8.8.8.8"), (NONE.to_owned(), ALL.to_owned()));
    let l7 = db(
        "ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]}]",
    );
    assert_eq!(between(&l7, "web", "db"), (NONE.to_owned(), "TCP 80".to_owned()));
}

#[test]
fn reasons_name_the_rule_or_the_absence() {
    let text = format!(
        "{PODS}{}",
        policy(
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}"
        )
    );
    let inventory = support::inventory(&text);
    let network = Network::of(&inventory);
    let ask = |from, to, port| {
        explain(&network, pod(&network, from), pod(&network, to), Protocol::Tcp, port)
    };
    let yes = ask("web", "db", 5432);
    assert!(matches!(yes.ingress.reason, Reason::Rule(_, rule) if rule.index == 0));
    assert!(matches!(yes.egress.reason, Reason::NotSelected));
    let no = ask("probe", "db", 5432);
    assert!(matches!(&no.ingress.reason, Reason::Isolated(policies) if policies.len() == 1));
    assert_eq!(no.answer, Answer::No);
    let own = ask("db", "db", 1);
    assert_eq!((own.answer, own.always.is_some()), (Answer::Yes, true));
}

#[test]
fn workloads_and_their_pods_are_counted_once() {
    let inventory = support::inventory(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1-a, namespace: shop, labels: {app: web}, ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: done, namespace: shop}
spec: {containers: [{name: c, image: i}]}
status: {phase: Succeeded}
---
apiVersion: v1
kind: Pod
metadata: {name: etcd, namespace: kube-system, ownerReferences: [{kind: Node, name: n, controller: true}]}
spec: {hostNetwork: true, containers: [{name: c, image: i}]}
",
    );
    let network = Network::of(&inventory);
    let names: Vec<String> = network.workloads().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["kube-system/etcd[Pod]", "shop/web[Deployment]", "{ingress-controller}"]);
    assert_eq!(network.pods().len(), 3);
}

#[test]
fn names_of_peers_are_read() {
    for (text, wanted) in [
        ("external", Name::Outside),
        ("{nodes}", Name::Nodes),
        ("{ingress-controller}", Name::Controller),
    ] {
        assert_eq!(text.parse(), Ok(wanted));
    }
    assert!(matches!("10.0.0.0/8".parse(), Ok(Name::Address(_))));
    assert!(matches!(
        "shop/web".parse(),
        Ok(Name::Workload { namespace: Some(_), kind: None, .. })
    ));
    for wrong in ["", "/", "a/b/c/d", "/web", "shop/"] {
        assert!(wrong.parse::<Name>().is_err(), "{wrong}");
    }
    let ports =
        |text: &str| seawall_network::parse_connections(text).map(|c: Connections| c.to_string());
    assert_eq!(ports("80"), Ok("TCP 80".to_owned()));
    assert_eq!(ports("udp/53-60"), Ok("UDP 53-60".to_owned()));
    assert_eq!(ports("SCTP"), Ok("SCTP 1-65535".to_owned()));
    for wrong in ["", "0", "99999", "tcp/", "tcp/9-8", "icmp/1"] {
        assert!(ports(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_policy_of_too_many_rules_is_unknown_not_slow() {
    let rules: Vec<String> =
        (0..3_000).map(|n| format!("{{ports: [{{port: {}}}]}}", n % 60_000 + 1)).collect();
    let huge = policy(&format!("{{podSelector: {{}}, ingress: [{}]}}", rules.join(", ")));
    assert_eq!(between(&huge, "web", "db"), (NONE.to_owned(), ALL.to_owned()));
}
