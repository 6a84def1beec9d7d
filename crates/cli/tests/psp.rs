//! `seawall psp admit`, `preflight` and `migrate`, as a user runs them.

mod common;

use std::fs;
use std::path::Path;

use common::{folder, seawall_in};
use seawall_cluster_tests::Cluster;

const POLICIES: &str = include_str!("psp/policies.yaml");
const RBAC: &str = include_str!("psp/rbac.yaml");
const APPS: &str = include_str!("psp/apps.yaml");

fn shop() -> tempfile::TempDir {
    folder(&[("policies.yaml", POLICIES), ("rbac.yaml", RBAC), ("apps.yaml", APPS)])
}

/// The item of a report on an object.
fn item(report: &serde_json::Value, object: &str) -> serde_json::Value {
    let items = report["items"].as_array().expect("a list");
    items.iter().find(|item| item["object"] == object).expect("it is there").clone()
}

const ALL: [&str; 3] = ["policies.yaml", "rbac.yaml", "apps.yaml"];

#[test]
fn admit_tells_the_policy_the_changes_and_why_not_another() {
    let files = shop();
    let run = seawall_in(files.path(), &[&["psp", "admit"], &ALL[..]].concat());
    assert_eq!(run.code, 1, "{}", run.stderr);
    let said = &run.stdout;
    assert!(said.contains("Deployment shop/web: admitted by restricted\n"), "{said}");
    assert!(said.contains(
        "-              drop: [NET_RAW]
+              drop: [ALL, NET_RAW]
+            runAsNonRoot: true
+            allowPrivilegeEscalation: false
+      securityContext:
+        supplementalGroups:
+          - 1
+        fsGroup: 1
+        seccompProfile:
+          type: RuntimeDefault
"
    ));
    assert!(
        said.contains(
            "    restricted: fits with changes; the service account may use it; chosen\n"
        )
    );
    assert!(said.contains("    logs: fits as it is; nobody concerned may use it\n"));
    assert!(said.contains(
        "apps.yaml:41:11: the volume logs is of type hostPath; allowed are configMap, emptyDir, \
         projected, secret, downwardAPI, persistentVolumeClaim\n        \
         spec.template.spec.volumes[logs]\n"
    ));
    assert!(said.contains(
        "Job batch/once: rejected: the service account batch/default and its maker \
         system:serviceaccount:kube-system:job-controller may use no policy\n"
    ));
    assert!(
        said.contains("security.alpha.kubernetes.io/seccomp/pod: no API server and no kubelet")
    );
    let broken = "PodSecurityPolicy broken: runAsUser has the rule MustRunAs and no";
    assert!(run.stderr.contains(broken), "{}", run.stderr);
    assert!(
        said.ends_with(
            "\nIncomplete: 1 part could not be read or understood (standard error names it).\n"
        ),
        "{said}"
    );
}

#[test]
fn admit_asks_for_the_service_account_and_then_for_whoever_makes_the_pod() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: tools}\nspec:\n  \
               containers: [{name: p, image: registry.example.com/p:1}]\n";
    let grant = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: developers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: psp-restricted}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: developers}]
";
    let files = shop();
    fs::write(files.path().join("pod.yaml"), pod).expect("writable");
    fs::write(files.path().join("grant.yaml"), grant).expect("writable");
    let admit = |more: &[&str]| {
        let arguments =
            ["psp", "admit", "policies.yaml", "rbac.yaml", "grant.yaml", "pod.yaml", "-o", "json"];
        let run = seawall_in(files.path(), &[&arguments[..], more].concat());
        item(&run.json(), "Pod tools/p")
    };
    assert_eq!(admit(&[])["verdict"], "rejected");
    assert_eq!(admit(&["--as", "jane"])["verdict"], "rejected");
    let admitted = admit(&["--as", "jane", "--as-group", "developers"]);
    assert_eq!(admitted["policy"], "restricted");
    assert_eq!(admitted["policies"][1]["usable_by"], "maker");
}

#[test]
fn admit_looks_at_updates_without_changing_them() {
    let pod = |labels: &str, finalizers: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: shop\n  labels: \
             {labels}\n  finalizers: {finalizers}\nspec:\n  containers: [{{name: p, image: \
             registry.example.com/p:1}}]\n"
        )
    };
    let files = shop();
    for (name, text) in [
        ("old.yaml", pod("{}", "[]")),
        ("held.yaml", pod("{}", "[example.com/hold]")),
        ("new.yaml", pod("{a: b}", "[]")),
    ] {
        fs::write(files.path().join(name), text).expect("writable");
    }
    let update = |new: &str| {
        let arguments =
            ["psp", "admit", new, "policies.yaml", "rbac.yaml", "--old", "old.yaml", "-o", "json"];
        item(&seawall_in(files.path(), &arguments).json(), "Pod shop/p")
    };
    assert_eq!(update("held.yaml")["summary"], "not looked at: only owners or finalizers change");
    // The policy would have to set what it set when the pod was made.
    assert_eq!(update("new.yaml")["verdict"], "rejected");
    assert_eq!(update("new.yaml")["changes"], serde_json::json!([]));
}

#[test]
fn preflight_tells_whose_pods_would_stop_being_made() {
    let files = shop();
    let run = seawall_in(files.path(), &[&["psp", "preflight", "-f"], &ALL[..]].concat());
    assert_eq!(run.code, 1, "{}", run.stderr);
    let lines: Vec<String> = run
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for expected in [
        "batch batch/default system:serviceaccount:kube-system:job-controller none 0 Job/once",
        "logging logging/shipper system:serviceaccount:kube-system:daemon-set-controller logs 1",
        "User jane shop",
        "The pods of 1 of 3 workloads would no longer be made.",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected} in {}", run.stdout);
    }
    let without = seawall_in(files.path(), &["psp", "preflight", "-f", "apps.yaml"]);
    assert_eq!(without.code, 1);
    assert!(without.stdout.contains("There is no policy: the plugin would reject every pod."));
}

#[test]
fn migrate_writes_levels_policies_and_security_contexts() {
    let files = shop();
    let arguments = [&["psp", "migrate", "--write", "out", "-o", "json", "-f"], &ALL[..]].concat();
    let run = seawall_in(files.path(), &arguments);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = run.json();
    let levels: Vec<(&str, &str)> = report["namespaces"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| Some((row["namespace"].as_str()?, row["enforce"].as_str()?)))
        .collect();
    assert_eq!(
        levels,
        [
            ("batch", "baseline:latest"),
            ("logging", "privileged:latest"),
            ("shop", "restricted:latest")
        ]
    );
    let read = |name: &str| read(files.path(), name);
    // What is made of the files is what the report says of them.
    assert_eq!(read("report.json"), run.stdout);
    assert!(read("workloads.patch").contains("+        seccompProfile:\n+          type: Runtime"));
    assert!(!read("workloads.patch").contains("kubernetes.io/psp"));
    let policies = read("validating-admission-policies.yaml");
    assert!(policies.contains("name: psp-logs-beyond-privileged"), "{policies}");
    assert!(policies.contains(".startsWith(\"/var/log/\")"), "{policies}");
    // The patched files need no policy any more: they are restricted.
    let patched = std::process::Command::new("git")
        .args(["apply", "out/workloads.patch"])
        .current_dir(files.path())
        .output()
        .expect("git is there");
    assert!(patched.status.success(), "{}", String::from_utf8_lossy(&patched.stderr));
    let check = ["podsecurity", "namespaces", "-f", "apps.yaml", "-n", "shop", "-o", "json"];
    assert_eq!(seawall_in(files.path(), &check).json()["items"][0]["meets"], "restricted");
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("out").join(name)).expect("it was written")
}

#[test]
fn a_real_server_takes_a_migration() {
    let Some(cluster) = Cluster::start() else { return };
    let files = shop();
    let arguments = [&["psp", "migrate", "--write", "out", "-f"], &ALL[..]].concat();
    assert_eq!(seawall_in(files.path(), &arguments).code, 1);
    let apply = |what: &str, text: &str, more: &[&str]| {
        let arguments = [&["apply", "--server-side", "-f", "-"], more].concat();
        let output = cluster.kubectl(&arguments, text);
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for name in ["namespaces.yaml", "validating-admission-policies.yaml"] {
        apply(name, &read(files.path(), name), &[]);
    }
    let apps: String = APPS.split("---\n").filter(|text| text.contains("Deployment")).collect();
    apply("the Deployment", &apps, &[]);
    let manager = ["--force-conflicts", "--field-manager=psp-migration"];
    apply("workloads.yaml", &read(files.path(), "workloads.yaml"), &manager);
    let get = ["get", "deployment", "web", "-n", "shop", "-o", "jsonpath={.spec.template.spec}"];
    let stored = String::from_utf8(cluster.kubectl(&get, "").stdout).expect("text");
    let pod: serde_json::Value = serde_json::from_str(&stored).expect("JSON");
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(pod["containers"][1]["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["containers"][1]["image"], "registry.example.com/side:1.0");
}
