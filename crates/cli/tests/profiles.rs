//! `seawall apparmor`, `selinux`, `sysctls` and `podsecurity profiles`.

mod common;

use common::{folder, seawall_in};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: app
          image: registry.example.com/web:1.0
          ports:
            - containerPort: 8080
          securityContext:
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
              add: [NET_BIND_SERVICE]
          volumeMounts:
            - name: data
              mountPath: /data
            - name: config
              mountPath: /etc/web
      volumes:
        - name: data
          emptyDir: {}
        - name: config
          configMap: {name: web}
";

#[test]
fn a_profile_is_generated_from_what_a_workload_declares() {
    let folder = folder(&[("web.yaml", DEPLOYMENT)]);
    let run =
        seawall_in(folder.path(), &["apparmor", "generate", "web.yaml", "--output-dir", "out"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = std::fs::read_to_string(folder.path().join("out/seawall-shop-web-app"))
        .expect("a file of the profile's name");
    for line in [
        "profile seawall-shop-web-app flags=(attach_disconnected,mediate_deleted) {",
        "  capability net_bind_service,",
        "  # Ports, which AppArmor does not tell apart: 8080/TCP",
        "  /** mrix,",
        "  /data/** rwlk,",
        "  deny /etc/web/** w,",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
    let run = seawall_in(
        folder.path(),
        &["apparmor", "lint", "out/seawall-shop-web-app", "--fail-on", "error"],
    );
    assert_eq!(run.code, 0, "{}", run.stdout);
    let run = seawall_in(folder.path(), &["apparmor", "explain", "out/seawall-shop-web-app"]);
    assert!(run.stdout.contains("    CAP_NET_BIND_SERVICE\n"), "{}", run.stdout);
    assert!(run.stdout.contains("    /data/**: read, write, link, lock\n"), "{}", run.stdout);
    let json = seawall_in(
        folder.path(),
        &["apparmor", "explain", "out/seawall-shop-web-app", "-o", "json"],
    )
    .json();
    assert_eq!(json["profiles"][0]["subjects"]["capabilities"][0], "CAP_NET_BIND_SERVICE");
}

#[test]
fn apparmor_lint_points_at_what_is_wrong() {
    let folder = folder(&[
        ("complain", "profile web flags=(complain) {\n  file,\n}\n"),
        ("broken", "profile web {\n  capability frobnicate,\n}\n"),
    ]);
    let run = seawall_in(folder.path(), &["apparmor", "lint", "complain"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("complain:1:13: error: violations are logged and allowed"),
        "{}",
        run.stdout
    );
    let run = seawall_in(folder.path(), &["apparmor", "lint", "broken"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("broken:2:14: \"frobnicate\" is no capability"), "{}", run.stderr);
}

fn pod(name: &str, metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: {name}\n{metadata}spec:\n  \
         containers:\n    - name: app\n      image: web:1.0\n{spec}"
    )
}

#[test]
fn profiles_are_resolved_from_fields_and_annotations() {
    let annotations = "  annotations:
    seccomp.security.alpha.kubernetes.io/pod: docker/default
    container.apparmor.security.beta.kubernetes.io/app: localhost/web
    container.apparmor.security.beta.kubernetes.io/gone: runtime/default
    security.alpha.kubernetes.io/seccomp/pod: unconfined
";
    let fields = "      securityContext:
        seccompProfile: {type: Localhost, localhostProfile: profiles/web.json}
        appArmorProfile: {type: Localhost, localhostProfile: k8s-web}
";
    let folder = folder(&[
        ("old.yaml", &pod("old", annotations, "")),
        ("new.yaml", &pod("new", "", fields)),
        ("none.yaml", &pod("none", "", "")),
        ("node/profiles/web.json", "{}"),
        ("node/apparmor/web", "profile k8s-web flags=(attach_disconnected) {\n  file,\n}\n"),
    ]);
    let run = seawall_in(folder.path(), &["podsecurity", "profiles", "old.yaml", "-o", "json"]);
    let json = run.json();
    assert_eq!(run.code, 1);
    assert_eq!(json["items"][0]["profile"], "RuntimeDefault");
    assert_eq!(json["items"][0]["origin"], "pod annotation");
    assert_eq!(json["items"][1]["profile"], "Localhost web");
    assert_eq!(json["items"][1]["origin"], "container annotation");
    let ids = |list: &serde_json::Value| -> Vec<String> {
        let ids = list.as_array().into_iter().flatten().filter_map(|it| it["id"].as_str());
        ids.map(str::to_owned).collect()
    };
    assert_eq!(ids(&json["items"][0]["remarks"]), ["annotation-ignored", "profile-name-old"]);
    assert_eq!(ids(&json["others"]), ["annotation-without-container", "annotation-unknown"]);

    let arguments = ["podsecurity", "profiles", "new.yaml", "--profiles", "node"];
    let run = seawall_in(folder.path(), &arguments);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("Localhost profiles/web.json"), "{}", run.stdout);
    let run = seawall_in(
        folder.path(),
        &["podsecurity", "profiles", "new.yaml", "--profiles", "node/apparmor"],
    );
    assert_eq!(run.code, 1);
    assert!(
        run.stdout
            .contains("the seccomp profile profiles/web.json is not among those that nodes have"),
        "{}",
        run.stdout
    );
    let run = seawall_in(folder.path(), &["podsecurity", "profiles", "none.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("no seccomp profile is asked for"), "{}", run.stdout);
}

#[test]
fn levels_shared_between_namespaces_are_found() {
    let level = |level: &str| {
        format!("      securityContext:\n        seLinuxOptions: {{level: \"{level}\"}}\n")
    };
    let folder = folder(&[
        ("a.yaml", &pod("a", "", &level("s0:c1,c2"))),
        ("b.yaml", &pod("b", "", &level("s0:c2,c1"))),
        ("c.yaml", &pod("c", "", &level("s0:c1"))),
        (
            "d.yaml",
            &pod("d", "", "      securityContext:\n        seLinuxOptions: {type: spc_t}\n"),
        ),
    ]);
    let run = seawall_in(folder.path(), &["selinux", "lint", "."]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("s0:c1,c2 keeps nothing apart from pods of the same level in b"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("s0:c2,c1 reaches what pods write in c"), "{}", run.stdout);
    assert!(run.stdout.contains("spc_t: super privileged"), "{}", run.stdout);
    let run = seawall_in(folder.path(), &["selinux", "lint", "a.yaml", "c.yaml"]);
    assert!(run.stdout.contains("s0:c1,c2 reaches what pods write in c"), "{}", run.stdout);
    assert!(!run.stdout.contains("s0:c1 reaches"), "{}", run.stdout);
    let run = seawall_in(folder.path(), &["selinux", "lint", "a.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let run = seawall_in(folder.path(), &["selinux", "explain", "a.yaml"]);
    assert!(run.stdout.contains("2 categories in place of the two"), "{}", run.stdout);
}

#[test]
fn sysctls_are_safe_unsafe_or_forbidden() {
    let metadata = "  annotations:
    security.alpha.kubernetes.io/unsafe-sysctls: net.ipv4.ip_forward=1
";
    let spec = "  securityContext:
    sysctls:
      - {name: net.ipv4.tcp_rmem, value: \"1 2 3\"}
      - {name: kernel.msgmax, value: \"1\"}
      - {name: kernel/core_pattern, value: \"|/x\"}
";
    let folder = folder(&[("pod.yaml", &pod("a", metadata, spec))]);
    let rows = |version: &str| {
        let run = seawall_in(
            folder.path(),
            &["sysctls", "pod.yaml", "--kubernetes-version", version, "-o", "json"],
        );
        assert_eq!(run.code, 1, "{}", run.stderr);
        let json = run.json();
        let items = json["items"].as_array().cloned().expect("a list");
        items.iter().map(|it| (it["sysctl"].clone(), it["class"].clone())).collect::<Vec<_>>()
    };
    let expected = |rmem: &str| {
        [
            ("net.ipv4.tcp_rmem", rmem),
            ("kernel.msgmax", "unsafe"),
            ("kernel.core_pattern", "forbidden"),
            ("net.ipv4.ip_forward", "unsafe"),
        ]
        .map(|(name, class)| (name.into(), class.into()))
        .to_vec()
    };
    assert_eq!(rows("v1.32"), expected("safe"));
    assert_eq!(rows("v1.31"), expected("unsafe, safe from v1.32"));
    let run = seawall_in(folder.path(), &["sysctls", "--explain", "kernel.msgmax", "-o", "wide"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("--allowed-unsafe-sysctls=kernel.msgmax"), "{}", run.stdout);
    let host = "  hostNetwork: true\n  securityContext:\n    sysctls:\n      - {name: net.ipv4.tcp_syncookies, \
                value: \"1\"}\n";
    std::fs::write(folder.path().join("host.yaml"), pod("h", "", host)).expect("a file");
    let run = seawall_in(folder.path(), &["sysctls", "host.yaml"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("refused: the pod has the host's network namespace"),
        "{}",
        run.stdout
    );
    let run = seawall_in(folder.path(), &["sysctls", "--list"]);
    assert!(run.stdout.lines().count() > 50, "{}", run.stdout);
}
