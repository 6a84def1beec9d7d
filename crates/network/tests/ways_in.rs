//! Ways into the cluster, and what they make of exposure, generation and resolved policies.

mod support;

use std::convert::Infallible;

use seawall_network::generate::{Options, declared, generate, resolve, verify};
use seawall_network::{
    Action, Bounds, Direction, Focus, Network, Services, Through, exposure, flows, resolved,
    ways_in,
};

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web, pod-template-hash: x1}}
    spec:
      containers:
      - name: c
        image: i
        ports: [{name: http, containerPort: 8080}, {containerPort: 9090}]
        env:
        - {name: DB_HOST, value: db}
        - {name: CACHE_URL, value: 'redis://cache.data.svc.cluster.local:6379/0'}
        - {name: MODE, value: db}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache, namespace: data}
spec:
  template:
    metadata: {labels: {app: cache}}
    spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: main, port: 80, targetPort: http}, {name: admin, port: 90, targetPort: 9090}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, clusterIP: 10.96.0.5, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: data}
spec: {selector: {app: cache}, ports: [{port: 6379}]}
---
";

fn lines(text: &str) -> Vec<String> {
    let inventory = support::inventory(&format!("{SHOP}{text}"));
    let network = Network::of(&inventory);
    let (services, problems) = Services::of(&network);
    assert!(problems.is_empty());
    let mut lines = Vec::new();
    let done: Result<(), Infallible> =
        Bounds::of(&network).lines(&services, &Focus::default(), |line| {
            if line.from.to_string() == "{ingress-controller}" {
                lines.push(line.to_string());
            }
            Ok(())
        });
    match done {
        Ok(()) => lines,
    }
}

#[test]
fn ingresses_of_all_versions() {
    let new = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: shop}
spec: {rules: [{http: {paths: [{backend: {service: {name: web, port: {name: main}}}}]}}]}
";
    assert_eq!(lines(new), ["{ingress-controller} => shop/web[Deployment] : TCP 8080"]);
    let old = "
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: i, namespace: shop}
spec: {backend: {serviceName: web, servicePort: 90}}
";
    assert_eq!(lines(old), ["{ingress-controller} => shop/web[Deployment] : TCP 9090"]);
    let missing = new.replace("name: web", "name: wep");
    assert!(lines(&missing).is_empty());
}

#[test]
fn routes_name_ports_of_pods() {
    let route = |port: &str| {
        format!(
            "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {{name: r, namespace: shop}}\n\
             spec: {{to: {{kind: Service, name: web}}{port}}}\n"
        )
    };
    let only =
        |port: &str| vec![format!("{{ingress-controller}} => shop/web[Deployment] : {port}")];
    assert_eq!(lines(&route("")), only("TCP 8080,9090"));
    assert_eq!(lines(&route(", port: {targetPort: 9090}")), only("TCP 9090"));
    assert_eq!(lines(&route(", port: {targetPort: http}")), only("TCP 8080"));
    assert_eq!(lines(&route(", port: {targetPort: admin}")), only("TCP 9090"));
}

#[test]
fn gateway_routes_need_a_gateway_and_a_grant() {
    let route = |parent: &str, backend: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, namespace: shop}}\n\
             spec: {{parentRefs: [{parent}], rules: [{{backendRefs: [{backend}]}}]}}\n---\n"
        )
    };
    let own = route("{name: g}", "{name: web, port: 80}");
    assert_eq!(lines(&own), ["{ingress-controller} => shop/web[Deployment] : TCP 8080"]);
    assert!(lines(&route("{kind: Service, name: g}", "{name: web, port: 80}")).is_empty());
    let other = route("{name: g}", "{name: cache, namespace: data, port: 6379}");
    assert!(lines(&other).is_empty(), "no grant");
    let grant = "
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: data}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}], to: [{group: '', kind: Service}]}
";
    let found = lines(&format!("{other}{grant}"));
    assert_eq!(found, ["{ingress-controller} => data/cache[StatefulSet] : TCP 6379"]);
}

#[test]
fn policies_stand_between_ways_in_and_pods() {
    let text = format!(
        "{SHOP}
apiVersion: v1
kind: Service
metadata: {{name: open, namespace: shop}}
spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: 80, targetPort: http}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: shop}}
spec: {{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: 203.0.113.0/24}}}}]}}]}}
"
    );
    let inventory = support::inventory(&text);
    let network = Network::of(&inventory);
    let (services, _) = Services::of(&network);
    let (ways, _) = ways_in(&network, &services);
    assert_eq!(ways.len(), 1);
    assert_eq!(ways[0].through, Through::LoadBalancer);
    let found = exposure(&mut Bounds::of(&network), &services);
    let web = found
        .iter()
        .find(|one| network.workloads()[one.workload].name == "web")
        .expect("the workload is there");
    assert!(web.ingress.selected && web.ingress.cluster.is_empty());
    assert!(web.ingress.everywhere.is_empty() && web.ingress.somewhere.is_all());
    assert_eq!(web.ways.len(), 1);
    assert_eq!(web.ways[0].connections.to_string(), "TCP 8080");
    assert!(!web.egress.selected && web.egress.cluster.is_all());
    let class = network.class_of(network.workloads()[web.workload].pods[0]);
    let tiers = resolved(&network, Direction::Ingress, class);
    assert_eq!((tiers.len(), tiers[0].drops_rest), (1, true));
    let rule = &tiers[0].rules[0];
    assert_eq!((rule.action, rule.parts.len(), rule.doubt), (Action::Allow, 1, None));
    assert!(rule.parts[0].pods.is_empty() && !rule.parts[0].nodes);
    assert_eq!(rule.parts[0].addresses[0].blocks(), ["203.0.113.0/24"]);
}

#[test]
fn manifests_declare_links() {
    let inventory = support::inventory(SHOP);
    let network = Network::of(&inventory);
    let (services, _) = Services::of(&network);
    let links = declared(&network, &services);
    let said: Vec<String> = links
        .iter()
        .map(|link| {
            format!(
                "{} {} {} {}",
                link.from.name(&network),
                link.to.name(&network),
                link.protocol,
                link.port
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "shop/web[Deployment] data/cache[StatefulSet] TCP 6379",
            "shop/web[Deployment] shop/db[Deployment] TCP 5432",
        ]
    );
    let (yaml, notes) = generate(&network, &links, &Options::default());
    assert!(notes.is_empty(), "{notes:?}");
    assert_eq!(yaml.matches("name: default-deny").count(), 2, "{yaml}");
    assert_eq!(yaml.matches("name: allow-dns").count(), 2);
    assert!(!yaml.contains("pod-template-hash"));
    assert_eq!(verify(&inventory, &yaml, &links), Ok(Vec::new()));
    let bare = Options { default_deny: false, dns: false, ..Options::default() };
    let (yaml, _) = generate(&network, &links, &bare);
    assert!(!yaml.contains("default-deny") && !yaml.contains("allow-dns"));
}

#[test]
fn flows_find_their_workloads() {
    let inventory = support::inventory(SHOP);
    let network = Network::of(&inventory);
    let (services, _) = Services::of(&network);
    let text = "source,destination,protocol,port\n\
                shop/web-5f4-abcde,10.96.0.5,tcp,5432\n\
                shop/web,198.51.100.7,tcp,443\n\
                shop/nobody,shop/db,tcp,1\n\
                198.51.100.7,198.51.100.8,tcp,1\n";
    let flows = flows::read("f.csv", text, None).expect("the flows can be read");
    let (links, lost) = resolve(&network, &services, &flows.flows);
    let said: Vec<String> =
        links.iter().map(|link| format!("{} {}", link.to.name(&network), link.port)).collect();
    assert_eq!(said, ["shop/db[Deployment] 5432", "198.51.100.7 443"]);
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].line, 4);
}
