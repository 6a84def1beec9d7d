//! `seawall net` as people use it.

mod common;

use std::fs;

use common::{Run, seawall_in, seawall_with_input};
use tempfile::TempDir;

const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        ports: [{name: http, containerPort: 8080}]
        env: [{name: DB_HOST, value: db}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: db:1, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
";

const POLICY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";

fn shop() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    fs::create_dir(folder.path().join("after")).expect("a folder can be made");
    write("shop.yaml", SHOP);
    write("after/shop.yaml", SHOP);
    write("after/policy.yaml", POLICY);
    write(
        "flows.csv",
        "source,destination,protocol,port\nshop/web,shop/db,TCP,5432\nshop/db,192.0.2.1,TCP,443\n",
    );
    folder
}

fn net(folder: &TempDir, arguments: &[&str]) -> Run {
    let mut all = vec!["net"];
    all.extend(arguments);
    seawall_in(folder.path(), &all)
}

#[test]
fn lists_in_every_format() {
    let shop = shop();
    let list = |format: &str| {
        let run = net(&shop, &["list", "-f", "after", "-o", format]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    };
    let text = list("text").stdout;
    assert_eq!(
        text,
        "0.0.0.0-255.255.255.255[External] => shop/web[Deployment] : All Connections\n\
         shop/web[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections\n\
         shop/web[Deployment] => shop/db[Deployment] : TCP 5432\n\
         {ingress-controller} => shop/web[Deployment] : TCP 8080\n"
    );
    let json = list("json").json();
    assert_eq!(json["connections"].as_array().map(Vec::len), Some(4));
    assert_eq!(json["connections"][2]["ports"]["TCP"][0][0], 5432);
    assert!(list("csv").stdout.contains("shop/web[Deployment],shop/db[Deployment],TCP 5432,"));
    assert!(list("dot").stdout.starts_with("digraph"));
    assert!(list("svg").stdout.starts_with("<svg"));
    assert!(list("mermaid").stdout.contains("flowchart LR"));
    assert!(list("html").stdout.contains("</html>"));
    assert!(list("md").stdout.contains("| shop/web\\[Deployment\\] | shop/db\\[Deployment\\] |"));
}

#[test]
fn focus_narrows_the_list() {
    let shop = shop();
    let list = |arguments: &[&str]| {
        let mut all = vec!["list", "-f", "after"];
        all.extend(arguments);
        net(&shop, &all)
    };
    let run = list(&["--focus", "shop/db", "--focus-direction", "ingress"]);
    assert_eq!(run.stdout, "shop/web[Deployment] => shop/db[Deployment] : TCP 5432\n");
    let run = list(&["--focus", "web", "--focus-peer", "external", "--focus-port", "tcp/443"]);
    assert_eq!(run.stdout.lines().count(), 2);
    assert!(run.stdout.lines().all(|line| line.ends_with(": TCP 443")), "{}", run.stdout);
    let run = list(&["--focus", "nobody"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no workload nobody"));
    assert_eq!(list(&["-n", "nowhere"]).code, 2);
    assert_eq!(list(&["--focus-port", "http"]).code, 2);
}

#[test]
fn eval_answers_with_the_reason() {
    let shop = shop();
    let eval = |arguments: &[&str]| {
        let mut all = vec!["eval"];
        all.extend(arguments);
        all.extend(["-f", "after"]);
        net(&shop, &all)
    };
    let yes = eval(&["shop/web", "shop/db", "5432"]);
    assert_eq!(yes.code, 0);
    assert!(
        yes.stdout.contains("Allow of ingress[0] of NetworkPolicy shop/db, after/policy.yaml:9"),
        "{}",
        yes.stdout
    );
    assert!(yes.stdout.contains("no policy selects the pod for egress"));
    let no = eval(&["198.51.100.1", "shop/db", "tcp/5432"]);
    assert_eq!(no.code, 1);
    assert!(no.stdout.contains("isolated, and no rule permits it: NetworkPolicy shop/db"));
    let json = eval(&["shop/db", "shop/web", "udp/53", "-o", "json"]);
    assert_eq!(json.code, 1);
    let json = json.json();
    assert_eq!(json["answer"], "denied");
    assert_eq!(json["results"][0]["egress"]["reason"], "isolated");
    for wrong in [["shop/wep", "shop/db", "80"], ["shop/web", "shop/db", "http"], ["", "x", "80"]] {
        assert_eq!(eval(&wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn explain_cuts_ports_where_the_decision_changes() {
    let shop = shop();
    let pair = net(&shop, &["explain", "web", "db", "-f", "after"]);
    assert_eq!(pair.code, 0);
    assert!(pair.stdout.contains(": TCP 5432 : permitted"), "{}", pair.stdout);
    assert!(pair.stdout.contains(": SCTP 1-65535,TCP 1-5431,5433-65535,UDP 1-65535 : denied"));
    let one = net(&shop, &["explain", "db", "-f", "after"]);
    assert!(
        one.stdout.contains("NetworkPolicy shop/db (tier NetworkPolicy, isolates)"),
        "{}",
        one.stdout
    );
    assert!(one.stdout.contains("TCP 5432 from shop/web[Deployment]"));
}

#[test]
fn exposure_matrix_and_map() {
    let shop = shop();
    let exposure = net(&shop, &["exposure", "-f", "after", "-o", "json"]).json();
    let web = &exposure["workloads"][1];
    assert_eq!(web["workload"], "shop/web[Deployment]");
    assert_eq!(web["waysIn"][0]["through"], "ingress controller");
    let matrix = net(&shop, &["matrix", "-f", "after", "--port", "5432", "-o", "csv"]);
    assert_eq!(
        matrix.stdout,
        "from \\ to,shop/db[Deployment],shop/web[Deployment],outside\n\
         shop/db[Deployment],#,.,.\n\
         shop/web[Deployment],+,#,+\n\
         outside,.,+,#\n"
    );
    assert_eq!(net(&shop, &["matrix", "-f", "after", "-o", "svg"]).code, 2);
    let map = net(&shop, &["map", "-f", "after"]);
    assert!(map.stdout.contains("shop/web[Deployment]"), "{}", map.stdout);
}

#[test]
fn diff_tells_what_changes() {
    let shop = shop();
    let run = net(&shop, &["diff", "shop.yaml", "after"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("changed"), "{}", run.stdout);
    let same = net(&shop, &["diff", "after", "after"]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "Nothing changes.\n"));
    let json = net(&shop, &["diff", "shop.yaml", "after", "-o", "json"]).json();
    let removed =
        json["differences"].as_array().expect("a list").iter().filter(|d| d["change"] == "removed");
    assert_eq!(removed.count(), 3);
    assert_eq!(net(&shop, &["diff", "shop.yaml", "missing"]).code, 2);
}

#[test]
fn lint_finds_mistakes() {
    let shop = shop();
    let run = net(&shop, &["lint", "-f", "after"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("namespace-without-default-deny"), "{}", run.stdout);
    let rules = net(&shop, &["lint", "--rules"]);
    assert_eq!(rules.code, 0);
    assert!(rules.stdout.contains("rule-redundant"));
}

#[test]
fn what_is_generated_is_applied_and_permits_the_flows() {
    let shop = shop();
    let generated = net(&shop, &["generate", "-f", "shop.yaml", "--flows", "flows.csv"]);
    assert_eq!(generated.code, 0, "{}", generated.stderr);
    assert!(generated.stdout.contains("cidr: \"192.0.2.1/32\""), "{}", generated.stdout);
    fs::create_dir(shop.path().join("generated")).expect("a folder can be made");
    fs::write(shop.path().join("generated/policies.yaml"), &generated.stdout).expect("written");
    let check = net(&shop, &["generate", "-f", "shop.yaml", "generated", "--check", "flows.csv"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    let blocked = net(&shop, &["generate", "-f", "after", "--check", "flows.csv"]);
    assert_eq!(blocked.code, 1);
    assert!(blocked.stdout.contains("192.0.2.1"), "{}", blocked.stdout);
    assert!(!blocked.stdout.contains("5432"));
    let declared = net(&shop, &["generate", "-f", "shop.yaml", "-o", "json"]).json();
    assert_eq!(declared["verified"], true);
    assert_eq!(declared["links"].as_array().map(Vec::len), Some(2));
    let mut arguments =
        vec!["net", "generate", "-f", "shop.yaml", "--flavor", "cilium", "--flows", "-"];
    let run = seawall_with_input(
        shop.path(),
        &arguments,
        "source,destination,port\nshop/web,shop/db,5432\n",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("kind: CiliumNetworkPolicy"));
    arguments.truncate(4);
    arguments.extend(["--flows", "-"]);
    let wrong = seawall_with_input(
        shop.path(),
        &arguments,
        "source,destination,port\nshop/web,shop/db,0\n",
    );
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("-:2: 0 is no port"), "{}", wrong.stderr);
    let lost =
        seawall_with_input(shop.path(), &arguments, "source,destination,port\nshop/x,shop/db,1\n");
    assert_eq!(lost.code, 1);
    assert!(lost.stderr.contains("no workload shop/x was read"), "{}", lost.stderr);
}

#[test]
fn what_cannot_be_read_is_told() {
    let shop = shop();
    fs::write(shop.path().join("bad.yaml"), "apiVersion: v1\nkind: [\n").expect("written");
    let broken = POLICY.replace("port: 5432", "port: 70000");
    fs::write(shop.path().join("after/policy.yaml"), broken).expect("written");
    let run = net(&shop, &["list", "-f", "after"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("after/policy.yaml:10:"), "{}", run.stderr);
    assert!(run.stderr.contains("70000 is no port"), "{}", run.stderr);
    assert!(run.stdout.contains("(unknown: All Connections)"), "{}", run.stdout);
    let strict = net(&shop, &["list", "-f", "after", "bad.yaml", "--strict"]);
    assert_eq!(strict.code, 2, "{}", strict.stderr);
    let nothing = net(&shop, &["list"]);
    assert_eq!(nothing.code, 2);
}
