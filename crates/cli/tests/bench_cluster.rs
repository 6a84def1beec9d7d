//! The manifests of `seawall bench manifests` on a real node: what their pods can tell, what Sonobuoy
//! takes of them, and what `bench gather` makes of it.

mod common;

use std::collections::BTreeMap;

use common::{Run, seawall_in, seawall_with_input};
use seawall_cluster_tests::{SONOBUOY, programs};
use seawall_node_tests::{CONTAINERD, Node, Setup};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_seawall");
const NAMESPACE: &str = "seawall-bench";
const LABEL: &str = "app.kubernetes.io/name=seawall-bench";

/// Runs the program on the node.
fn on_node(node: &Node, arguments: &[&str]) -> Run {
    let output = node.command(PROGRAM).args(arguments).output().expect("nsenter is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Applies the manifests of a kind.
fn apply(node: &Node, kind: &str, more: &[&str]) {
    let all = ["bench", "manifests", "--image", "localhost/seawall:test", "--kind", kind];
    let run = seawall_in(node.folder(), &[&all[..], more].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    node.apply(&run.stdout).expect("it is taken");
}

fn gather(node: &Node, log: &str, more: &[&str]) -> Run {
    let run = seawall_with_input(node.folder(), &[&["bench", "gather", "-"], more].concat(), log);
    assert!(run.code < 2 || !more.is_empty(), "{}", run.stderr);
    run
}

type Verdicts = BTreeMap<String, (String, String)>;

/// Verdict and reason of every control: `cis-2.0 1.2.1`.
fn verdicts(reports: &Value) -> Verdicts {
    let mut all = BTreeMap::new();
    for report in reports.as_array().expect("a list of reports") {
        assert_eq!(report["node"], "node1", "{report}");
        assert!(report["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{report}");
        for result in report["results"].as_array().expect("results") {
            let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
            let id = format!("{} {}", report["benchmark"].as_str().unwrap_or_default(), text("id"));
            all.insert(id, (text("verdict"), text("reason")));
        }
    }
    all
}

/// What a pod can't tell of what the node itself tells, with a part of the reason; for all else
/// both say the same.
fn differences(host: &Verdicts, pod: &Verdicts, known: &[(&str, &str)]) {
    assert_eq!(host.keys().collect::<Vec<_>>(), pod.keys().collect::<Vec<_>>());
    let mut used = Vec::new();
    for (id, (verdict, reason)) in host {
        let (in_pod, why) = &pod[id];
        if verdict == in_pod {
            continue;
        }
        let of = known.iter().find(|(known, _)| id.starts_with(known));
        let (known, part) = of.unwrap_or_else(|| {
            panic!("{id}: {verdict} ({reason}) on the node, but {in_pod} ({why}) in the pod")
        });
        assert!(in_pod == "unknown" && why.contains(part), "{id}: {in_pod}: {why}");
        used.push(*known);
    }
    for (id, _) in known {
        assert!(used.contains(id), "{id} is decided in the pod too");
    }
}

/// `/run` is not shown to pods: whoever sees the engine's socket there can have any container.
const SOCKET: (&str, &str) = ("container-host engine-socket", "not below the root");

/// This node's etcd was started by hand, so neither a manifest nor a unit tells its variables, and
/// its own are shown to debuggers alone.
const VARIABLES: &str = "/environ: Permission denied";

/// `/proc/sys/net` is that of who reads it.
const NETWORK: &str = "hostNetwork: true";

#[test]
fn pods_tell_what_the_node_tells() {
    let Some(node) = Setup::new()
        .flag("kube-apiserver", "--profiling=false")
        .flag("kubelet", "--pod-max-pids=1024")
        .start()
    else {
        return;
    };
    if node.serve().is_none() {
        return;
    }
    node.image_of("localhost/seawall:test", r#"["/seawall"]"#, &[(PROGRAM, "seawall")]);
    names_alone_make_no_component(&node);

    // This node's programs are not where other nodes have them.
    let program = format!("{CONTAINERD}/containerd");
    let Some(tools) = programs(&[&program]) else { return };
    let tools = tools.to_str().expect("the path is text");
    let directories = ["--host-path", &format!("/etc,/proc,/sys,/usr,/var/lib,{tools}")];
    let wanted = |more: &[&'static str]| [&directories[..], more].concat();

    // Once, with all that can be asked for: nothing is left but the socket.
    let all = ["--firewall", "--environment", "--others", "--", "--benchmark", "all"];
    apply(&node, "job", &wanted(&[&["--node", "node1"], &all[..]].concat()));
    let log = finished(&node, "seawall-bench");
    let job = gather(&node, &log, &["-o", "json"]).json();
    let host = on_node(&node, &["bench", "--benchmark", "all", "-o", "json"]);
    assert_eq!(host.code, 1, "{}", host.stderr);
    // The pod that has just run is no running container any more, so both see the same.
    let host = verdicts(&host.json());
    let without_containers = |mut all: Verdicts| {
        all.retain(|id, _| !id.starts_with("node container-"));
        all
    };
    let host = without_containers(host);
    assert!(host.values().filter(|(verdict, _)| verdict != "unknown").count() > 120);
    differences(&host, &without_containers(verdicts(&job)), &[SOCKET]);
    delete(&node);

    // On every node, with nothing more than directories, and staying.
    apply(&node, "daemonset", &wanted(&["--", "--benchmark", "all"]));
    let rollout = ["-n", NAMESPACE, "rollout", "status", "daemonset/seawall-bench", "--timeout=5s"];
    node.until(&rollout);
    let log = whole_log(&node);
    let daemon_set = gather(&node, &log, &["-o", "json"]).json();
    let known = [
        SOCKET,
        ("cis-2.0 2.", VARIABLES),
        ("nsa-cisa etcd-", VARIABLES),
        // Kernel settings, and the rules of firewalls.
        ("node ", NETWORK),
        ("nsa-cisa api-server-listens", NETWORK),
    ];
    differences(&host, &without_containers(verdicts(&daemon_set)), &known);
    // The program stays, so its pod does.
    let status = "jsonpath={.items[0].status.containerStatuses[0]['restartCount','ready']}";
    let status = node.until(&["-n", NAMESPACE, "get", "pods", "-l", LABEL, "-o", status]);
    assert_eq!(status, "0 true");
    nodes_that_are_missing_are_told(&node, &log);
    delete(&node);

    // By the clock, with the cluster's objects.
    apply(&node, "cronjob", &["--cluster"]);
    node.until(&["-n", NAMESPACE, "create", "job", "now", "--from=cronjob/seawall-bench"]);
    let log = finished(&node, "now");
    // The role leaves nothing unread but Secrets, which no control of these is about.
    let unread = log.lines().filter(|line| line.contains("may lack something"));
    let beyond: Vec<&str> = unread.filter(|line| !line.contains("core/v1/secrets: ")).collect();
    assert!(beyond.is_empty(), "{beyond:#?}");
    let cron = verdicts(&gather(&node, &log, &["-o", "json"]).json());
    for policy in ["5.1.1", "5.1.3", "5.1.7", "5.2.2", "5.3.2"] {
        let (verdict, reason) = &cron[&format!("cis-2.0 {policy}")];
        assert!(verdict == "pass" || verdict == "fail", "{policy}: {verdict}: {reason}");
    }
}

/// The log of a job that has succeeded.
fn finished(node: &Node, job: &str) -> String {
    let job = format!("job/{job}");
    node.until(&["-n", NAMESPACE, "wait", &job, "--for=condition=Complete", "--timeout=5s"]);
    node.until(&["-n", NAMESPACE, "logs", &job, "--tail=-1"])
}

/// The log of all pods, once they have run.
fn whole_log(node: &Node) -> String {
    for _ in 0..100 {
        let log = node.until(&["-n", NAMESPACE, "logs", "-l", LABEL, "--tail=-1", "--prefix"]);
        if log.lines().any(|line| line.ends_with("] ]")) {
            return log;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    panic!("no report comes: {}", node.log("kubelet"));
}

fn delete(node: &Node) {
    node.until(&["delete", "namespace", NAMESPACE, "--wait"]);
}

fn nodes_that_are_missing_are_told(node: &Node, log: &str) {
    node.apply("{apiVersion: v1, kind: Node, metadata: {name: worker-9}}").expect("it is taken");
    let results = node.folder().join("pods.log");
    std::fs::write(&results, log).expect("the folder is writable");
    let results = results.to_str().expect("the path is text");
    let kubeconfig = node.kubeconfig();
    let kubeconfig = kubeconfig.to_str().expect("the path is text");
    let cluster = ["--cluster", "--kubeconfig", kubeconfig];
    let run = on_node(node, &[&["bench", "gather", results], &cluster[..]].concat());
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stdout.contains("\nNot read\n  worker-9: "), "{}", run.stdout);
    assert!(run.stderr.contains("worker-9 did not report"), "{}", run.stderr);
    // A bundle has the kubelet's word for node1, and none of the other.
    let bundle = node.folder().join("b.tar.zst");
    let bundle = bundle.to_str().expect("the path is text");
    let collect = ["collect", "-o", bundle, "--kubeconfig", kubeconfig];
    assert_eq!(on_node(node, &collect).code, 0);
    let run = seawall_in(node.folder(), &["bench", "gather", bundle, "-o", "json"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let all = run.json();
    let of = |name: &str| {
        let mut reports = all.as_array().into_iter().flatten();
        reports.find(|report| report["node"] == name).unwrap_or_else(|| panic!("{name} in {all}"))
    };
    let kubelet = of("node1")["results"].as_array().expect("results").iter();
    let limit = kubelet.filter(|result| result["id"] == "4.2.13");
    assert_eq!(limit.map(|one| one["verdict"].as_str()).collect::<Vec<_>>(), [Some("pass")]);
    assert!(of("worker-9")["unread"].as_str().is_some_and(|why| why.contains("kubelet")), "{all}");
    node.until(&["delete", "node", "worker-9"]);
}

/// Waits for a process: a container that is ready may still be the runtime's for a moment.
fn until_runs(node: &Node, program: &str) {
    for _ in 0..100 {
        let output = node.command("sh").args(["-c", "cat /proc/[0-9]*/cmdline"]).output();
        let output = output.expect("nsenter is there");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if said.contains(&format!("{program}\0600")) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no {program} runs");
}

/// A pod with a process of a component's name is not the component, unless it may well be.
fn names_alone_make_no_component(node: &Node) {
    let sleep = ["/usr/bin/sleep", "/bin/sleep"];
    let sleep = sleep.into_iter().find(|path| std::path::Path::new(path).exists());
    let sleep = sleep.expect("every system can sleep");
    let programs = [(sleep, "etcd"), (sleep, "kube-proxy"), (sleep, "k3s")];
    node.image_of("localhost/named:test", "[]", &programs);
    let pod = |name: &str, program: &str, host: bool| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{hostNetwork: {host}, \
             terminationGracePeriodSeconds: 1, containers: \
             [{{name: c, image: 'localhost/named:test', command: [/{program}, '600']}}]}}}}\n---\n"
        )
    };
    let pods =
        [pod("etcd", "etcd", false), pod("k3s", "k3s", true), pod("proxy", "kube-proxy", false)];
    node.apply(&pods.concat()).expect("it is taken");
    let ready = ["wait", "pod", "--all", "--for=condition=Ready", "--timeout=5s"];
    node.until(&ready);
    ["/etcd", "/k3s", "/kube-proxy"].iter().for_each(|program| until_runs(node, program));
    let look = || on_node(node, &["bench", "-o", "json"]).json();
    let reports = look();
    assert_eq!(reports[0]["platform"], "kubeadm", "there is a pod with a process called k3s");
    let results = verdicts(&reports);
    let (verdict, reason) = &results["cis-2.0 4.3.1"];
    assert_eq!(verdict, "not-applicable", "{reason}");
    assert!(reason.contains("network of its own"), "{reason}");
    // The node's own etcd alone is judged: the other has no data directory that could be looked at.
    let (verdict, reason) = &results["cis-2.0 2.2"];
    assert!(verdict == "fail" && reason.matches("--client-cert-auth").count() == 1, "{reason}");
    // In the node's network it does what kube-proxy does; an etcd there may be anything.
    node.until(&["delete", "pod", "--all", "--wait"]);
    node.apply(&pod("proxy", "kube-proxy", true)).expect("it is taken");
    node.until(&ready);
    until_runs(node, "/kube-proxy");
    let (verdict, reason) = verdicts(&look())["cis-2.0 4.3.1"].clone();
    assert!(verdict == "pass" || verdict == "fail", "{verdict}: {reason}");
    node.until(&["delete", "pod", "--all", "--wait"]);
}

#[test]
fn sonobuoy_runs_the_plugin_and_shows_its_results() {
    let program = format!("{SONOBUOY}/sonobuoy");
    let Some(tools) = programs(&[&program]) else { return };
    let program = tools.join(program);
    let program = program.to_str().expect("the path is text");
    let Some(node) = Node::start() else { return };
    if node.serve().is_none() {
        return;
    }
    node.image_of("localhost/seawall:test", r#"["/seawall"]"#, &[(PROGRAM, "seawall")]);
    node.image("localhost/sonobuoy:test", r#"["/sonobuoy"]"#, &[(program, "sonobuoy")]);
    let image = ["bench", "manifests", "--image", "localhost/seawall:test"];
    let manifests = [&image[..], &["--kind", "sonobuoy"]].concat();
    let plugin = node.folder().join("plugin.yaml");
    let printed = seawall_in(node.folder(), &manifests);
    std::fs::write(&plugin, printed.stdout).expect("the folder is writable");
    let kubeconfig = node.kubeconfig();
    let sonobuoy = |arguments: &[&str]| {
        let mut command = node.command(program);
        command.env("KUBECONFIG", &kubeconfig).args(arguments);
        let output = command.output().expect("nsenter is there");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sonobuoy {arguments:?}: {said}{errors}");
        said
    };
    let plugin = plugin.to_str().expect("the path is text");
    sonobuoy(&[
        "run",
        "--plugin",
        plugin,
        "--sonobuoy-image=localhost/sonobuoy:test",
        "--image-pull-policy=IfNotPresent",
        // There is no DNS.
        "--skip-preflight=dnscheck",
        "--timeout=150",
        "--wait=4",
        "--level=error",
    ]);
    let status: Value = serde_json::from_str(&sonobuoy(&["status", "--json"])).expect("JSON");
    let of_plugin = &status["plugins"][0];
    assert_eq!(of_plugin["plugin"], "seawall-bench", "{status}");
    assert_eq!(of_plugin["node"], "node1", "{status}");
    // It has run to its end, and something failed.
    assert_eq!(of_plugin["status"], "complete", "{status}");
    assert_eq!(of_plugin["result-status"], "failed", "{status}");

    let folder = node.folder().join("retrieved");
    std::fs::create_dir(&folder).expect("the folder is writable");
    let folder = folder.to_str().expect("the path is text");
    let archive = sonobuoy(&["retrieve", folder]);
    let archive = archive.trim();
    let gathered = seawall_in(node.folder(), &["bench", "gather", archive, "-o", "json"]);
    assert_eq!(gathered.code, 1, "{}", gathered.stderr);
    let results = verdicts(&gathered.json());
    let count = |verdicts: &[&str]| {
        results.values().filter(|(verdict, _)| verdicts.contains(&verdict.as_str())).count()
    };
    // Sonobuoy counts what the report has.
    let shown = sonobuoy(&["results", archive]);
    for line in [
        "Plugin: seawall-bench".to_owned(),
        "Status: failed".to_owned(),
        format!("Total: {}", results.len()),
        format!("Passed: {}", count(&["pass"])),
        format!("Failed: {}", count(&["fail"])),
        format!("Skipped: {}", count(&["manual", "not-applicable"])),
        format!("unknown: {}", count(&["unknown"])),
        "1.3.2 No profiling of the controller manager".to_owned(),
    ] {
        assert!(shown.lines().any(|one| one == line), "{line} in {shown}");
    }
    assert!(count(&["pass"]) > 30 && count(&["fail"]) > 20, "{shown}");

    // The plugin's pod had no more than its manifest says, and neither of its containers ended.
    let mut untar = std::process::Command::new("tar");
    untar.args(["-xzf", archive, "-C", folder]);
    assert!(untar.status().expect("there is tar").success());
    let pods = format!("{folder}/resources/ns/sonobuoy/core_v1_pods.json");
    let pods = std::fs::read_to_string(&pods).unwrap_or_else(|error| panic!("{pods}: {error}"));
    let pods: Value = serde_json::from_str(&pods).expect("JSON");
    let mut all = pods["items"].as_array().expect("a list").iter();
    let pod = all.find(|pod| pod["metadata"]["labels"]["sonobuoy-component"] == "plugin");
    let pod = pod.unwrap_or_else(|| panic!("no pod of a plugin in {pods}"));
    for namespace in ["hostNetwork", "hostPID", "hostIPC"] {
        assert!(pod["spec"][namespace].is_null(), "{namespace}: {}", pod["spec"]);
    }
    assert_eq!(pod["spec"]["automountServiceAccountToken"], false);
    let containers = pod["status"]["containerStatuses"].as_array().expect("statuses");
    assert_eq!(containers.len(), 2);
    for container in containers {
        assert_eq!(container["restartCount"], 0, "{container}");
        assert!(container["state"]["running"].is_object(), "{container}");
    }
    // Unpacked, it is the same.
    let unpacked = seawall_in(node.folder(), &["bench", "gather", folder, "-o", "json"]);
    assert_eq!(verdicts(&unpacked.json()), results);
}
