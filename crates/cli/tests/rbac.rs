//! `seawall rbac` as a user runs it.

mod common;

use std::io::Write as _;
use std::path::Path;

use common::{Run, seawall_in, seawall_with_input};

const API: &str = "apiVersion: rbac.authorization.k8s.io/v1";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    folder
}

/// A CI account in `shop`, administrators, and those on call.
fn shop() -> String {
    format!(
        "{API}
kind: Role
metadata: {{name: deployer, namespace: shop}}
rules:
- {{verbs: [get, list, create, update], apiGroups: [apps], resources: [deployments]}}
- {{verbs: [get], apiGroups: [\"\"], resources: [secrets], resourceNames: [registry]}}
---
{API}
kind: RoleBinding
metadata: {{name: ci, namespace: shop}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}}
subjects: [{{kind: ServiceAccount, name: ci}}]
---
{API}
kind: ClusterRole
metadata: {{name: on-call}}
rules:
- {{verbs: [create], apiGroups: [\"\"], resources: [pods/exec]}}
- {{verbs: [get], nonResourceURLs: [\"/logs/*\"]}}
---
{API}
kind: ClusterRoleBinding
metadata: {{name: on-call}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: on-call}}
subjects: [{{kind: Group, name: on-call, apiGroup: rbac.authorization.k8s.io}}]
---
{API}
kind: ClusterRoleBinding
metadata: {{name: bob}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}
subjects: [{{kind: User, name: bob, apiGroup: rbac.authorization.k8s.io}}]
"
    )
}

fn asked(arguments: &[&str]) -> Run {
    let text = shop();
    let folder = folder(&[("shop.yaml", &text)]);
    let all: Vec<&str> =
        ["rbac"].iter().chain(arguments).chain(&["-f", "shop.yaml"]).copied().collect();
    seawall_in(folder.path(), &all)
}

/// Subjects of a list that Kubernetes did not make.
fn subjects(run: &Run) -> Vec<String> {
    let json = run.json();
    let items = json["items"].as_array().expect("a list").clone();
    let own = items.iter().filter(|item| item["default"] != true);
    own.map(|item| item["subject"]["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn who_can_by_short_names_groups_names_and_urls() {
    for (question, expected) in [
        (vec!["get", "deploy", "-n", "shop"], vec!["bob", "ci"]),
        (vec!["get", "deployments.apps", "-n", "shop"], vec!["bob", "ci"]),
        (vec!["get", "Deployment", "-A"], vec!["bob", "ci"]),
        (vec!["get", "deploy"], vec!["bob", "ci"]),
        (vec!["get", "deploy", "-n", "other"], vec!["bob"]),
        (vec!["get", "secret/registry", "-n", "shop"], vec!["bob", "ci"]),
        (vec!["get", "secrets", "registry", "-n", "shop"], vec!["bob", "ci"]),
        (vec!["get", "secrets", "-n", "shop"], vec!["bob"]),
        (vec!["get", "secrets", "-n", "shop", "--any-name"], vec!["bob", "ci"]),
        (vec!["create", "po", "--subresource", "exec"], vec!["bob", "on-call"]),
        (vec!["create", "pods/exec", "-n", "any"], vec!["bob", "on-call"]),
        (vec!["create", "pods/web/exec", "-n", "any"], vec!["bob", "on-call"]),
        (vec!["get", "/logs/kubelet.log"], vec!["bob", "on-call"]),
        (vec!["get", "/logs"], vec!["bob"]),
        (vec!["bind", "clusterroles/edit"], vec!["bob"]),
        (vec!["get", "nodes", "-n", "shop"], vec!["bob"]),
        (vec!["list", "widgets.example.com"], vec!["bob"]),
    ] {
        let mut arguments = vec!["who-can"];
        arguments.extend(&question);
        arguments.extend(["-o", "json"]);
        let run = asked(&arguments);
        assert_eq!(run.code, 0, "{question:?}: {}", run.stderr);
        assert_eq!(subjects(&run), expected, "{question:?}");
    }
}

#[test]
fn an_answer_explains_itself() {
    let run = asked(&["who-can", "get", "deploy", "-n", "shop", "-o", "wide"]);
    let line = run.stdout.lines().find(|line| line.contains("shop/ci")).expect("it is there");
    for part in [
        "ServiceAccount shop/ci",
        "RoleBinding shop/ci",
        "Role shop/deployer",
        "deployments.apps",
        "shop.yaml:9",
        "shop.yaml:5",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    let csv = asked(&["who-can", "get", "deploy", "-n", "shop", "-o", "csv"]);
    assert!(
        csv.stdout.starts_with("subject,namespace,binding,role,rule,default,"),
        "{}",
        csv.stdout
    );
    let yaml = asked(&["who-can", "get", "deploy", "-n", "shop", "-o", "yaml"]);
    assert!(yaml.stdout.contains("apiGroups:"), "{}", yaml.stdout);
}

#[test]
fn what_is_no_question_is_refused() {
    for (question, words) in [
        (vec!["who-can", "get", "podz"], "did you mean \"pod"),
        (vec!["who-can", "get", "pods/a/b/c"], "neither RESOURCE/NAME"),
        (vec!["who-can", "pods/a", "get"], "is no verb"),
        (vec!["who-can", "get", "/logs", "name"], "a URL has no name"),
        (vec!["who-can", "get", "pods", "-n", "a", "-A"], "cannot be used with"),
        (vec!["can-i", "get", "pods"], "say who"),
        (vec!["lookup", "nobody"], "no binding names \"nobody\""),
        (vec!["lookup", "sa/shop"], "serviceaccount/NAMESPACE/NAME"),
        (vec!["risks", "--class", "x"], "secrets"),
        (vec!["diff", "shop.yaml"], "give BEFORE and AFTER"),
    ] {
        let run = asked(&question);
        assert_eq!(run.code, 2, "{question:?}: {}", run.stdout);
        assert!(run.stderr.contains(words), "{question:?}: {}", run.stderr);
    }
    let folder = folder(&[]);
    let run = seawall_in(folder.path(), &["rbac", "who-can", "get", "pods"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("-f"), "{}", run.stderr);
}

#[test]
fn can_i_says_yes_or_no() {
    for (question, code) in [
        (vec!["update", "deploy", "--as", "system:serviceaccount:shop:ci", "-n", "shop"], 0),
        (vec!["update", "deploy", "--as", "system:serviceaccount:shop:ci", "-A"], 1),
        (vec!["update", "deploy", "--as", "system:serviceaccount:shop:ci"], 1),
        (vec!["get", "/version", "--as", "anybody"], 0),
        (vec!["delete", "nodes", "--as", "x", "--as-group", "system:masters"], 0),
        (vec!["create", "pods/exec", "--as-group", "on-call"], 0),
        (vec!["*", "*", "--as", "bob"], 0),
        (vec!["*", "*", "--as", "alice"], 1),
    ] {
        let mut arguments = vec!["can-i"];
        arguments.extend(&question);
        let run = asked(&arguments);
        assert_eq!(run.code, code, "{question:?}: {}", run.stderr);
        assert_eq!(run.stdout, if code == 0 { "yes\n" } else { "no\n" }, "{question:?}");
    }
    let why = asked(&["can-i", "get", "deploy", "--as", "bob", "-o", "wide"]);
    assert!(
        why.stdout.contains("ClusterRoleBinding bob gives ClusterRole cluster-admin"),
        "{}",
        why.stdout
    );
}

#[test]
fn lookup_and_rules_say_what_a_subject_has() {
    for name in ["ci", "sa/shop/ci", "system:serviceaccount:shop:ci", "serviceaccount:shop:ci"] {
        let run = asked(&["lookup", name]);
        assert!(run.stdout.contains("Role shop/deployer"), "{name}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("Group system:authenticated"), "{name}");
    }
    let flat = asked(&["lookup", "ci", "--rules"]);
    assert!(flat.stdout.contains("secrets named registry"), "{}", flat.stdout);
    let rules = asked(&["rules", "ci", "-o", "json"]).json();
    let items = rules["items"].as_array().expect("a list");
    let own: Vec<_> = items.iter().filter(|item| item["namespace"] == "shop").collect();
    assert_eq!(own.len(), 2);
}

#[test]
fn risks_leave_defaults_out_and_fail_by_severity() {
    let run = asked(&["risks"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("everything") && !run.stdout.contains("system:masters"));
    let all = asked(&["risks", "--all", "-o", "json"]).json();
    let masters = |item: &&serde_json::Value| item["subject"]["name"] == "system:masters";
    let items = all["items"].as_array().expect("a list");
    assert_eq!(items.iter().find(masters).expect("it is there")["default"], true);
    let few = asked(&["risks", "--class", "secrets", "--fail-on", "critical"]);
    assert_eq!(few.code, 0, "{}", few.stdout);
    assert!(few.stdout.lines().all(|line| !line.contains("everything")));
}

#[test]
fn lint_tells_of_the_place() {
    let text = format!(
        "{API}\nkind: Role\nmetadata: {{name: a, namespace: shop}}\nrules:\n- {{verbs: [get], apiGroups: [\"\"], resources: [\"pods/*\"]}}\n"
    );
    let folder = folder(&[("a.yaml", &text)]);
    let run =
        seawall_in(folder.path(), &["rbac", "lint", "-f", ".", "-o", "wide", "--fail-on", "low"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("grants-nothing") && run.stdout.contains("a.yaml:5"),
        "{}",
        run.stdout
    );
}

#[test]
fn diff_tells_what_a_change_gives() {
    let before = shop();
    let after = before.replace("resources: [deployments]", "resources: [deployments, daemonsets]");
    let more = format!(
        "{API}\nkind: ClusterRoleBinding\nmetadata: {{name: eve}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}\nsubjects: [{{kind: User, name: eve}}]\n"
    );
    let folder = folder(&[("before.yaml", &before), ("after.yaml", &after), ("more.yaml", &more)]);
    let run = seawall_in(folder.path(), &["rbac", "diff", "before.yaml", "after.yaml"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("create,get,list,update daemonsets.apps"), "{}", run.stdout);
    let back = seawall_in(folder.path(), &["rbac", "diff", "after.yaml", "before.yaml"]);
    assert_eq!(back.code, 0);
    assert!(back.stdout.starts_with("CHANGE") && back.stdout.contains("lost"));
    let same = seawall_in(folder.path(), &["rbac", "diff", "after.yaml", "after.yaml"]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "No permission changes.\n"));
    let applied = seawall_in(
        folder.path(),
        &["rbac", "diff", "before.yaml", "--apply", "more.yaml", "-o", "json"],
    );
    let json = applied.json();
    let items = json["items"].as_array().expect("a list");
    assert!(!items.is_empty() && items.iter().all(|item| item["subject"]["name"] == "eve"));
}

const LOG: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"RequestReceived","requestURI":"/x","verb":"get","user":{"username":"system:serviceaccount:shop:ci"}}
{"kind":"Event","stage":"ResponseComplete","verb":"get","user":{"username":"system:serviceaccount:shop:ci","groups":["system:serviceaccounts","system:serviceaccounts:shop","system:authenticated"]},"objectRef":{"resource":"deployments","namespace":"shop","name":"web","apiGroup":"apps"},"responseStatus":{"code":200},"annotations":{"authorization.k8s.io/decision":"allow"}}
{"kind":"Event","stage":"ResponseComplete","verb":"list","user":{"username":"system:serviceaccount:shop:ci","groups":["system:authenticated"]},"objectRef":{"resource":"nodes"},"responseStatus":{"code":403},"annotations":{"authorization.k8s.io/decision":"forbid"}}
{"kind":"Event","stage":"ResponseComplete","verb":"get","requestURI":"/api/v1?timeout=32s","user":{"username":"system:serviceaccount:shop:ci","groups":["system:authenticated"]},"responseStatus":{"code":200}}
"#;

#[test]
fn an_audit_log_tells_what_is_unused_and_makes_the_least_roles() {
    let folder = folder(&[("shop.yaml", &shop()), ("audit.log", LOG)]);
    let run = |arguments: &[&str]| seawall_in(folder.path(), arguments);
    let unused =
        run(&["rbac", "unused", "--from-audit", "audit.log", "--subject", "ci", "-f", "shop.yaml"]);
    assert_eq!(unused.code, 1, "{}", unused.stderr);
    assert!(
        unused.stdout.contains("partly")
            && unused.stdout.contains("create,list,update deployments.apps"),
        "{}",
        unused.stdout
    );
    assert!(unused.stdout.contains("never"), "{}", unused.stdout);
    let made =
        run(&["rbac", "generate", "--from-audit", "audit.log", "--serviceaccount", "shop:ci"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let expected = "---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: audit-shop-ci
  namespace: shop
rules:
- apiGroups: [apps]
  resources: [deployments]
  resourceNames: [web]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: audit-shop-ci
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: audit-shop-ci
subjects:
- kind: ServiceAccount
  name: ci
  namespace: shop
";
    assert_eq!(made.stdout, expected);
    let denied = run(&["rbac", "generate", "--from-audit", "audit.log", "--denied", "--name", "x"]);
    assert!(
        denied.stdout.contains("kind: ClusterRole\nmetadata:\n  name: x\n"),
        "{}",
        denied.stdout
    );
    // What was made gives what was done.
    std::fs::write(folder.path().join("made.yaml"), made.stdout).expect("it can be written");
    let can = run(&[
        "rbac",
        "can-i",
        "get",
        "deploy/web",
        "--as",
        "system:serviceaccount:shop:ci",
        "-n",
        "shop",
        "-f",
        "made.yaml",
    ]);
    assert_eq!(can.stdout, "yes\n");
}

#[test]
fn logs_are_read_compressed_cut_short_and_broken() {
    let folder =
        folder(&[("broken.log", &format!("not json\n{LOG}")), ("pod.log", "{\"kind\":\"Pod\"}\n")]);
    let path = |name: &str| folder.path().join(name);
    let mut packed = flate2_of(LOG, &path("audit.log.gz"));
    packed.truncate(packed.len() - 12);
    std::fs::write(path("cut.log.gz"), packed).expect("it can be written");
    let run = |arguments: &[&str]| seawall_in(folder.path(), arguments);
    let whole = run(&["rbac", "generate", "--strict", "--from-audit", "audit.log.gz"]);
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    assert!(whole.stdout.contains("audit-shop-ci"));
    let broken = run(&["rbac", "generate", "--from-audit", "broken.log"]);
    assert_eq!(broken.code, 0);
    assert!(broken.stderr.contains("broken.log:1: no audit event"), "{}", broken.stderr);
    assert_eq!(run(&["rbac", "generate", "--strict", "--from-audit", "broken.log"]).code, 2);
    assert_eq!(run(&["rbac", "generate", "--strict", "--from-audit", "cut.log.gz"]).code, 2);
    let other = run(&["rbac", "generate", "--from-audit", "pod.log"]);
    assert_eq!(other.code, 2);
    assert!(other.stderr.contains("\"Pod\""), "{}", other.stderr);
    let missing = run(&["rbac", "generate", "--from-audit", "none.log"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("none.log"), "{}", missing.stderr);
    let piped = seawall_with_input(folder.path(), &["rbac", "generate", "--from-audit", "-"], LOG);
    assert!(piped.stdout.contains("audit-shop-ci"), "{}", piped.stderr);
}

/// Writes a text compressed, and gives the bytes.
fn flate2_of(text: &str, path: &Path) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("a vector takes all");
    let bytes = encoder.finish().expect("a vector takes all");
    std::fs::write(path, &bytes).expect("it can be written");
    bytes
}

#[test]
fn pictures_in_every_format() {
    for (format, start) in
        [("dot", "digraph"), ("svg", "<svg"), ("mermaid", "flowchart"), ("html", "<!doctype html>")]
    {
        let run = asked(&["graph", "-o", format]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.starts_with(start), "{format}");
        assert!(run.stdout.contains("deployer"), "{format}");
        assert!(
            !run.stdout.contains("http://") || format != "html" || !run.stdout.contains("src=")
        );
    }
    let one = asked(&["graph", "sa/shop/ci", "-o", "dot"]);
    assert!(one.stdout.contains("deployer") && !one.stdout.contains("on-call"), "{}", one.stdout);
}

#[test]
fn what_can_not_be_understood_is_told_and_strict_fails() {
    let text = format!(
        "{}---\n{API}\nkind: RoleBinding\nmetadata: {{name: odd, namespace: shop}}\nsubjects: 7\n",
        shop()
    );
    let folder = folder(&[("shop.yaml", &text)]);
    let arguments = ["rbac", "who-can", "get", "pods", "-f", "shop.yaml"];
    let run = seawall_in(folder.path(), &arguments);
    assert_eq!(run.code, 0);
    assert!(
        run.stderr.contains("shop.yaml:") && run.stderr.contains("no roleRef"),
        "{}",
        run.stderr
    );
    let strict = [&arguments[..], &["--strict"]].concat();
    assert_eq!(seawall_in(folder.path(), &strict).code, 2);
}

#[cfg(feature = "cluster")]
#[test]
fn a_live_cluster_answers_as_its_bundle_does() {
    let Some(cluster) = seawall_cluster_tests::Cluster::start() else { return };
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}";
    cluster.apply(namespace).expect("it is taken");
    cluster.apply(&shop()).expect("it is taken");
    let folder = folder(&[("no-rights.yaml", namespace)]);
    let config = cluster.kubeconfig("admin");
    let config = config.to_string_lossy();
    let live = ["--cluster", "--kubeconfig", &*config];
    let run = |arguments: &[&str]| seawall_in(folder.path(), &[arguments, &live[..]].concat());
    let who = run(&["rbac", "who-can", "get", "deploy", "-n", "shop", "-o", "json"]);
    assert_eq!(who.code, 0, "{}", who.stderr);
    assert_eq!(subjects(&who), ["bob", "ci"]);
    // Without -n the context's own namespace counts, as with kubectl.
    let ci = ["rbac", "can-i", "get", "deploy", "--as", "system:serviceaccount:shop:ci"];
    assert_eq!(run(&ci).code, 1);
    assert_eq!(run(&[&ci[..], &["-n", "shop"]].concat()).code, 0);
    let text = std::fs::read_to_string(&*config).expect("the kubeconfig is there");
    let in_shop = text.replace("{cluster: test,", "{cluster: test, namespace: shop,");
    assert_ne!(text, in_shop);
    std::fs::write(folder.path().join("shop.kubeconfig"), in_shop).expect("it is written");
    let live = ["--cluster", "--kubeconfig", "shop.kubeconfig"];
    assert_eq!(seawall_in(folder.path(), &[&ci[..], &live].concat()).code, 0);
    let diff = run(&["rbac", "diff", "no-rights.yaml"]);
    assert_eq!(
        (diff.code, diff.stdout.as_str()),
        (0, "No permission changes.\n"),
        "{}",
        diff.stderr
    );
    let risks = run(&["rbac", "risks"]);
    assert!(risks.stdout.lines().count() <= 5, "defaults are left out: {}", risks.stdout);
    let lint = run(&["rbac", "lint"]);
    assert!(!lint.stdout.contains("edited-default"), "{}", lint.stdout);
}
