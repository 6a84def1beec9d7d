//! What rules are written for whom. That the kernel takes them and does what the analysis says is
//! shown by the packet tests.

mod support;

use seawall_network::Network;
use seawall_network::nft::{Placement, Ruleset, compile, read_addresses};

const SHOP: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: a}
status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: b}
status: {podIP: 10.0.1.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: db}}
spec: {nodeName: b, hostNetwork: true}
status: {podIP: 192.168.0.2}
---
apiVersion: v1
kind: Node
metadata: {name: b}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}, {type: Hostname, address: b}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 172.16.0.0/12}}]
    ports: [{port: 5432}, {port: 9000, endPort: 9100}, {protocol: UDP}]
";

fn by_status(text: &str, node: Option<&str>) -> Ruleset {
    let inventory = support::inventory(text);
    let network = Network::of(&inventory);
    let placement = Placement::of_status(&network, node).expect("addresses differ");
    compile(&network, &placement)
}

fn by_list(text: &str, list: &str, node: Option<&str>) -> Result<Ruleset, String> {
    let inventory = support::inventory(text);
    let network = Network::of(&inventory);
    let list = read_addresses("list", list).map_err(|error| error.to_string())?;
    let placement = Placement::of_list(&network, &list, node).map_err(|error| error.to_string())?;
    Ok(compile(&network, &placement))
}

/// The lines between the opening of a block and its end, without white space.
fn block(rules: &Ruleset, head: &str) -> Vec<String> {
    let mut lines = rules.text.lines().map(str::trim).skip_while(|line| *line != head);
    assert!(lines.next().is_some(), "no {head} in\n{}", rules.text);
    let mut depth = 1;
    let mut found = Vec::new();
    for line in lines {
        depth += line.matches('{').count();
        depth -= line.matches('}').count();
        if depth == 0 {
            break;
        }
        found.push(line.to_owned());
    }
    found
}

#[test]
fn an_isolated_pod_gets_what_its_policy_permits() {
    let rules = by_status(SHOP, Some("b"));
    assert_eq!(rules.filtered, 1);
    assert!(rules.text.starts_with("table inet seawall\ndelete table inet seawall\ntable inet"));
    assert_eq!(
        block(&rules, "map ingress-v4 {"),
        ["type ipv4_addr : verdict", "elements = {", "10.0.1.1 : jump ingress-0", "}"]
    );
    assert_eq!(block(&rules, "map egress-v4 {"), ["type ipv4_addr : verdict"]);
    assert_eq!(
        block(&rules, "chain ports-0 {"),
        ["tcp dport { 5432, 9000-9100 } return", "meta l4proto udp return", "drop"]
    );
    let chain = block(&rules, "chain ingress-0 {");
    assert!(chain.iter().any(|rule| rule == "ip saddr @blocks-0-v4 goto ports-0"), "{chain:?}");
    assert!(chain.iter().any(|rule| rule == "ip saddr @nodes-v4 drop"), "{chain:?}");
    assert_eq!(chain.last().map(String::as_str), Some("drop"));
    let blocks = block(&rules, "set blocks-0-v4 {");
    assert!(blocks.contains(&"172.16.0.0-172.31.255.255".to_owned()), "{blocks:?}");
}

#[test]
fn a_pod_that_nothing_selects_is_not_filtered() {
    let rules = by_status(SHOP, Some("a"));
    assert_eq!(rules.filtered, 0);
    assert_eq!(block(&rules, "map ingress-v6 {"), ["type ipv6_addr : verdict"]);
}

#[test]
fn pods_on_the_network_of_their_node_are_left_out() {
    assert!(!by_status(SHOP, None).text.contains("192.168.0.2 :"));
}

#[test]
fn the_same_input_gives_the_same_text() {
    assert_eq!(by_status(SHOP, None), by_status(SHOP, None));
    let mut documents: Vec<&str> = SHOP.split("---").collect();
    documents.reverse();
    assert_eq!(by_status(SHOP, None), by_status(&documents.join("\n---\n"), None));
}

#[test]
fn a_list_places_pods_and_what_templates_make() {
    let text = SHOP
        .replace(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: db",
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db",
        )
        .replace(
            "spec: {nodeName: b}\nstatus: {podIP: 10.0.1.1}",
            "spec: {template: {metadata: {labels: {app: db}}, spec: {}}}",
        );
    let list = "namespace,pod,workload,address,node\nshop,db-0,StatefulSet/db,10.0.1.1,b\n\
                shop,web,,10.0.0.1,a\nshop,web,,fd00::1,a\n";
    let listed = by_list(&text, list, Some("b")).expect("all are known");
    assert_eq!(
        block(&listed, "chain ingress-0 {"),
        block(&by_status(SHOP, Some("b")), "chain ingress-0 {")
    );
    for (list, why) in [
        ("namespace,pod,address\nshop,gone,10.0.0.1", "list:2: no pod shop/gone was read"),
        ("namespace,workload,address\nshop,gone,10.0.0.1", "no workload shop/gone"),
        ("namespace,pod,address\nshop,web,10.0.0.1", "list:2: the pod's node is not named"),
        (
            "namespace,pod,workload,address,node\nshop,web,,10.0.0.1,b\nshop,,db,10.0.0.1,b",
            "list:3: 10.0.0.1 is also the address of list:2",
        ),
    ] {
        let error = by_list(&text, list, Some("b")).expect_err(list);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn names_cannot_write_rules() {
    let hostile = "\"db\\n}\\nflush ruleset\\\\\"";
    let text = SHOP.replace("name: db, namespace", &format!("name: {hostile}, namespace"));
    let web = "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to: [{podSelector: {matchLabels: {app: db}}}]
";
    let rules = by_status(&format!("{text}{web}"), None);
    let lines = || rules.text.lines().map(str::trim);
    assert!(lines().any(|line| line.starts_with('#') && line.contains("db?")), "{}", rules.text);
    assert!(!lines().any(|line| !line.starts_with('#') && line.contains("flush")));
    assert!(!rules.text.contains('\\'));
}

#[test]
fn what_cannot_be_decided_is_not_let_through() {
    let text = SHOP.replace("cidr: 172.16.0.0/12", "cidr: nowhere");
    let rules = by_status(&text, Some("b"));
    assert_eq!(rules.filtered, 1);
    assert_eq!(block(&rules, "chain ingress-0 {"), ["drop"]);
}
