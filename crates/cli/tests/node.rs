//! Against a whole node: what real controllers, a real kubelet and real containers come to.

#![cfg(all(feature = "cluster", target_os = "linux"))]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use seawall_node_tests::{BUSYBOX, Node};
use serde_json::Value;

const SEAWALL: &str = env!("CARGO_BIN_EXE_seawall");

/// Runs the program where it sees the node's network; its code and what it wrote.
fn seawall(node: &Node, arguments: &[&str]) -> (i32, String, String) {
    let mut command = node.command(SEAWALL);
    let output = command.args(arguments).output().expect("nsenter is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it exits"), text(&output.stdout), text(&output.stderr))
}

/// One of each kind whose pods a controller makes, with something wrong in it.
fn workloads() -> String {
    let template = format!(
        "
    metadata: {{labels: {{app: web}}}}
    spec:
      hostPID: true
      containers:
      - name: c
        image: {BUSYBOX}
        args: [sleep, '600']
        ports: [{{containerPort: 8080, name: http}}]
        env: [{{name: A, value: b}}]
"
    );
    let job_template = template
        .replace('\n', "\n    ")
        .replace("hostPID: true", "hostPID: true\n          restartPolicy: Never");
    let of = |kind: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {}, namespace: shop}}\nspec:\n  \
             selector: {{matchLabels: {{app: web}}}}{more}\n  template:{template}",
            kind.to_lowercase()
        )
    };
    [
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n".to_owned(),
        of("Deployment", "\n  replicas: 2"),
        of("StatefulSet", "\n  serviceName: web"),
        of("DaemonSet", ""),
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: cronjob, namespace: shop}}\n\
             spec:\n  schedule: '0 0 1 1 *'\n  jobTemplate:\n    spec:\n      template:{}\n",
            job_template.trim_end()
        ),
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: alone, namespace: shop}}\nspec:\n  \
             hostNetwork: true\n  containers:\n  - name: c\n    image: {BUSYBOX}\n    \
             args: [sleep, '600']\n    ports: [{{containerPort: 8081}}]\n"
        ),
    ]
    .join("---\n")
}

const READER: &str = "apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: reader, namespace: shop}]
";

/// Findings of one namespace: which object, check and field.
fn findings(report: &str) -> BTreeSet<String> {
    let report: Value = serde_json::from_str(report).unwrap_or_else(|e| panic!("{e}: {report}"));
    let all = report["findings"].as_array().expect("a report has findings");
    all.iter()
        .filter(|finding| finding["subject"]["namespace"] == "shop")
        .map(|finding| {
            format!("{} {} {}", finding["fingerprint"], finding["check"], finding["subject"])
        })
        .collect()
}

#[test]
fn a_real_node_is_read_whole() {
    let Some(node) = Node::start() else { return };
    let manifests = node.folder().join("shop.yaml");
    std::fs::write(&manifests, workloads()).expect("the folder is writable");
    node.apply(&workloads()).expect("it is taken");
    node.until(&["-n", "shop", "create", "job", "now", "--from=cronjob/cronjob"]);
    let ready = ["-n", "shop", "wait", "pod", "--all", "--for=condition=Ready", "--timeout=5s"];
    // Controllers make their pods one after the other, and those that are there may all be ready.
    let mut made = String::new();
    for _ in 0..100 {
        node.until(&ready);
        made = node.until(&["-n", "shop", "get", "pods", "-o", "name"]);
        if made.lines().count() >= 6 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    node.until(&ready);
    assert_eq!(made.lines().count(), 6, "{made}");

    real_controllers_fold(&node, &manifests);
    what_is_no_object_is_collected(&node);
    a_pod_reads_with_its_own_account(&node);
}

fn real_controllers_fold(node: &Node, manifests: &Path) {
    let kubeconfig = node.kubeconfig();
    let kubeconfig = kubeconfig.to_str().expect("the path is text");
    let manifests = manifests.to_str().expect("the path is text");
    let scan = ["scan", "--no-config", "-o", "json"];
    // A namespace's default account and its ConfigMap are there without a manifest.
    let (code, expected, said) = seawall(node, &[&scan[..], &[manifests]].concat());
    assert_eq!(code, 1, "{said}");
    let live = ["--cluster", "--kubeconfig", kubeconfig];
    let (code, found, said) = seawall(node, &[&scan[..], &live[..]].concat());
    assert_eq!(code, 1, "{said}");
    let (expected, found) = (findings(&expected), findings(&found));
    let less: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(less.is_empty() && more.is_empty(), "missing {less:#?}, and beyond {more:#?}");
    assert!(found.len() > 30, "{}", found.len());
}

fn what_is_no_object_is_collected(node: &Node) {
    let failing = |name: &str, restart: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  \
             restartPolicy: {restart}\n  containers:\n  - name: c\n    image: {BUSYBOX}\n    \
             args: [sh, -c, 'echo starting; echo cannot open the ledger >&2; exit 3']\n"
        )
    };
    for (name, restart) in [("broken", "Never"), ("again", "Always")] {
        node.apply(&failing(name, restart)).expect("it is taken");
    }
    let phase = "--for=jsonpath={.status.phase}=Failed";
    node.until(&["wait", "pod/broken", phase, "--timeout=5s"]);
    let restarted = "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=3";
    node.until(&["wait", "pod/again", restarted, "--timeout=5s"]);

    let bundle = node.folder().join("node.tar.zst");
    let bundle = bundle.to_str().expect("the path is text");
    let kubeconfig = node.kubeconfig();
    let kubeconfig = kubeconfig.to_str().expect("the path is text");
    let collect =
        || seawall(node, &["collect", "--logs", "-o", bundle, "--kubeconfig", kubeconfig]);
    // The kubelet decides how long it keeps the log of a run before; where it has none any more,
    // that is told, and nothing else is missing.
    let mut collected = collect();
    for _ in 0..8 {
        if !collected.1.contains("Not read") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
        collected = collect();
    }
    let (code, said, errors) = collected;
    assert_eq!(code, 0, "{errors}");
    let told = said.split_once("Not read:\n").map_or("", |(_, told)| told.trim());
    let gone = "logs/default/again/c.previous.log: the kubelet no longer has it";
    assert!(told.is_empty() || told == gone, "{told}");
    let unpacked = node.folder().join("unpacked");
    std::fs::create_dir(&unpacked).expect("the folder is writable");
    let packed = std::fs::read(bundle).expect("it was written");
    let tar = zstd::decode_all(&packed[..]).expect("it is compressed");
    std::fs::write(node.folder().join("node.tar"), tar).expect("the folder is writable");
    let mut untar = Command::new("tar");
    untar.arg("-xf").arg(node.folder().join("node.tar")).arg("-C").arg(&unpacked);
    assert!(untar.status().expect("there is tar").success());
    let read = |path: &str| {
        std::fs::read_to_string(unpacked.join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let json = |path: &str| -> Value { serde_json::from_str(&read(path)).expect("it is JSON") };

    // The kubelet's own configuration, and what it tells of its node.
    let config = json("nodes/node1/configz.json");
    let config = &config["kubeletconfig"];
    assert_eq!(config["authentication"]["anonymous"]["enabled"], false, "{config}");
    assert_eq!(config["authorization"]["mode"], "Webhook");
    assert_eq!(config["staticPodPath"], "/etc/kubernetes/manifests");
    let info = json("objects/core/v1/nodes/node1.json")["status"]["nodeInfo"].clone();
    let kubelet = info["kubeletVersion"].as_str().expect("a node tells of its kubelet");
    assert_eq!(format!("v{}", seawall_cluster_tests::KUBERNETES), kubelet);
    assert!(info["containerRuntimeVersion"].as_str().is_some_and(|v| v.starts_with("containerd:")));
    assert_eq!(json("bundle.json")["serverVersion"], kubelet);

    // What a container said before it ended, now and in the run before.
    let previous = told.is_empty().then_some("again/c.previous.log");
    for log in ["broken/c.log"].into_iter().chain(previous) {
        let log = read(&format!("logs/default/{log}"));
        assert!(log.contains("starting") && log.contains("cannot open the ledger"), "{log}");
    }
    assert!(!unpacked.join("logs/shop").exists(), "only what failed is read");
    let events = read("events.jsonl");
    assert!(events.lines().any(|event| event.contains("\"Scheduled\"")), "{events}");
    let (code, said, errors) = seawall(node, &["scan", "--no-config", "--strict", bundle]);
    let end = said.split("What to do").last().unwrap_or_default();
    assert_eq!(code, if told.is_empty() { 1 } else { 2 }, "{errors}{end}");
}

fn a_pod_reads_with_its_own_account(node: &Node) {
    node.apply(READER).expect("it is taken");
    // The host's libraries, since the program is linked to them.
    node.image("localhost/host:test", "[]", &[("->usr/lib64", "lib64"), ("->usr/lib", "lib")]);
    let folder = Path::new(SEAWALL).parent().expect("a file has a folder").display();
    // There is no kube-proxy: the API server is where it listens, instead of at its Service.
    let pod = format!(
        "apiVersion: v1
kind: Pod
metadata: {{name: seawall, namespace: shop}}
spec:
  serviceAccountName: reader
  hostNetwork: true
  containers:
  - name: c
    image: localhost/host:test
    args: [sleep, '600']
    env:
    - {{name: KUBERNETES_SERVICE_HOST, value: 10.99.0.1}}
    - {{name: KUBERNETES_SERVICE_PORT, value: '6443'}}
    volumeMounts:
    - {{name: usr, mountPath: /usr, readOnly: true}}
    - {{name: seawall, mountPath: /seawall, readOnly: true}}
  volumes:
  - {{name: usr, hostPath: {{path: /usr}}}}
  - {{name: seawall, hostPath: {{path: '{folder}'}}}}
"
    );
    node.apply(&pod).expect("it is taken");
    node.until(&["-n", "shop", "wait", "pod/seawall", "--for=condition=Ready", "--timeout=5s"]);
    let run = |arguments: &[&str]| {
        let exec = ["-n", "shop", "exec", "seawall", "--", "/seawall/seawall"];
        let output = node.kubectl(&[&exec[..], arguments].concat(), "");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let said = run(&["collect", "-o", "/tmp/b.tar.zst", "--namespace", "shop"]);
    assert!(said.contains("/tmp/b.tar.zst: ") && said.contains("objects of"), "{said}");
    let secrets =
        "core/v1/secrets/shop: forbidden: grant \"list\" on \"secrets\" in namespace shop";
    assert!(said.contains(secrets), "{said}");
    let said = run(&["scan", "--no-config", "/tmp/b.tar.zst"]);
    assert!(said.contains("Deployment shop/deployment"), "{said}");
    assert!(said.contains("core/v1/secrets/shop"), "{said}");
    // Nothing in the whole cluster may be read: each list is told.
    let said = run(&["scan", "--no-config", "--cluster"]);
    assert!(said.contains("in the whole cluster"), "{said}");
}
