//! `seawall podsecurity harden`, with image archives of both kinds.

mod common;

use std::path::Path;

use common::{folder, seawall_in};
use serde_json::json;

/// A file of an image: path, content (`None` is a directory), mode, owner.
type File<'f> = (&'f str, Option<&'f str>, u32, u64);

fn tar(files: &[File<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content, mode, user) in files {
        let mut header = tar::Header::new_gnu();
        let content = content.unwrap_or_default();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        header.set_uid(*user);
        header.set_gid(*user);
        header.set_entry_type(match files.iter().find(|it| it.0 == *path) {
            Some((_, None, ..)) => tar::EntryType::Directory,
            _ => tar::EntryType::Regular,
        });
        tar.append_data(&mut header, path, content.as_bytes()).expect("a Vec takes all");
    }
    tar.into_inner().expect("a Vec takes all")
}

fn archive(path: &Path, parts: &[(&str, &[u8])]) {
    let mut tar = tar::Builder::new(std::fs::File::create(path).expect("a file"));
    for (name, bytes) in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).expect("it is written");
    }
    tar.finish().expect("it is written");
}

/// What `docker save` writes.
fn docker(path: &Path, config: &serde_json::Value, layers: &[Vec<u8>]) {
    let names: Vec<String> = (0..layers.len()).map(|at| format!("{at}/layer.tar")).collect();
    let manifest = json!([{ "Config": "c.json", "RepoTags": ["web:1.0"], "Layers": names }]);
    let (manifest, config) = (manifest.to_string(), json!({ "config": config }).to_string());
    let mut parts: Vec<(&str, &[u8])> =
        vec![("manifest.json", manifest.as_bytes()), ("c.json", config.as_bytes())];
    parts.extend(names.iter().map(String::as_str).zip(layers.iter().map(Vec::as_slice)));
    archive(path, &parts);
}

/// An OCI image layout whose layer is compressed.
fn oci(path: &Path, config: &serde_json::Value, layer: &[u8]) {
    let config = json!({ "config": config }).to_string();
    let manifest = json!({
        "config": { "digest": "sha256:c" }, "layers": [{ "digest": "sha256:l" }],
    })
    .to_string();
    let index = json!({ "manifests": [{
        "digest": "sha256:m", "annotations": { "io.containerd.image.name": "docker.io/library/web:1.0" },
    }]})
    .to_string();
    let layer = zstd::encode_all(layer, 3).expect("a slice is read");
    archive(
        path,
        &[
            ("oci-layout", b"{}"),
            ("index.json", index.as_bytes()),
            ("blobs/sha256/m", manifest.as_bytes()),
            ("blobs/sha256/c", config.as_bytes()),
            ("blobs/sha256/l", &layer),
        ],
    );
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  # The shop's front.
  containers:
    - name: app
      image: web:1.0   # pinned
";

#[test]
fn without_an_image_only_what_is_certain_is_set() {
    let folder = folder(&[("web.yaml", POD)]);
    let run = seawall_in(folder.path(), &["podsecurity", "harden", "web.yaml"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.starts_with("--- a/web.yaml\n+++ b/web.yaml\n"), "{}", run.stdout);
    for line in
        ["+        allowPrivilegeEscalation: false", "+      type: RuntimeDefault", "NET_RAW"]
    {
        assert!(run.stdout.contains(line), "{line} in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("runAsNonRoot"), "{}", run.stdout);
    assert!(!run.stdout.contains("readOnlyRootFilesystem"), "{}", run.stdout);
    assert!(
        run.stderr.contains("- app: runAsNonRoot: true: neither the manifest nor an image"),
        "{}",
        run.stderr
    );
    let unchanged = std::fs::read_to_string(folder.path().join("web.yaml")).expect("it is there");
    assert_eq!(unchanged, POD);
}

const PASSWD: &str = "root:x:0:0::/:/bin/sh\nweb:x:101:102::/:/bin/sh\n";

#[test]
fn an_image_that_is_not_root_bears_restricted() {
    let folder = folder(&[("web.yaml", POD)]);
    let config = json!({ "User": "web", "ExposedPorts": { "80/tcp": {} }, "Entrypoint": ["/web"] });
    let layers = [
        tar(&[
            ("etc/passwd", Some(PASSWD), 0o644, 0),
            ("web", Some("x"), 0o755, 0),
            ("tmp", None, 0o1777, 0),
            ("var/cache/web", None, 0o755, 101),
            ("srv/old", None, 0o777, 0),
        ]),
        // The second layer removes what could be written to.
        tar(&[("srv/.wh.old", Some(""), 0o644, 0)]),
    ];
    docker(&folder.path().join("web.tar"), &config, &layers);
    let arguments = ["podsecurity", "harden", "web.yaml", "--image", "web.tar", "--write"];
    let run = seawall_in(folder.path(), &arguments);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let text = std::fs::read_to_string(folder.path().join("web.yaml")).expect("it is there");
    assert!(text.contains("  # The shop's front.\n") && text.contains("web:1.0   # pinned\n"));
    for part in [
        "runAsNonRoot: true",
        "runAsUser: 101",
        "runAsGroup: 102",
        "readOnlyRootFilesystem: true",
        "- ALL",
        "- NET_BIND_SERVICE",
        "mountPath: /tmp",
        "mountPath: /var/cache/web",
        "emptyDir: {}",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("/srv/old"), "{text}");
    let run =
        seawall_in(folder.path(), &["podsecurity", "check", "web.yaml", "--level", "restricted"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let run =
        seawall_in(folder.path(), &["podsecurity", "harden", "web.yaml", "--image", "web.tar"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
}

#[test]
fn an_image_that_is_root_keeps_what_root_may_need() {
    let folder = folder(&[("web.yaml", POD)]);
    oci(&folder.path().join("web.tar"), &json!({}), &tar(&[("tmp", None, 0o1777, 0)]));
    let run =
        seawall_in(folder.path(), &["podsecurity", "harden", "web.yaml", "--image", "web.tar"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("- app: runAsNonRoot: true: the image runs as root"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("- NET_RAW") && !run.stdout.contains("ALL"), "{}", run.stdout);
}

#[test]
fn files_that_a_volume_would_hide_keep_the_root_file_system_writable() {
    let folder = folder(&[("web.yaml", POD)]);
    let layer = tar(&[("app", None, 0o755, 1000), ("app/data.db", Some("x"), 0o644, 1000)]);
    oci(&folder.path().join("web.tar"), &json!({ "User": "1000" }), &layer);
    let run =
        seawall_in(folder.path(), &["podsecurity", "harden", "web.yaml", "--image", "web.tar"]);
    assert!(
        run.stderr.contains("it can write to /app, where the image has files"),
        "{}",
        run.stderr
    );
    assert!(!run.stdout.contains("readOnlyRootFilesystem"), "{}", run.stdout);
    assert!(!run.stdout.contains("runAsUser"), "the number is in the image: {}", run.stdout);
    let volumes = json!({ "User": "1000", "Volumes": { "/app": {} } });
    oci(&folder.path().join("web.tar"), &volumes, &layer);
    let run =
        seawall_in(folder.path(), &["podsecurity", "harden", "web.yaml", "--image", "web.tar"]);
    assert!(run.stdout.contains("readOnlyRootFilesystem: true"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn archives_that_are_none_are_told() {
    let folder = folder(&[("web.yaml", POD), ("text.tar", "no archive")]);
    archive(&folder.path().join("other.tar"), &[("x", b"y")]);
    for (name, said) in [
        ("text.tar", "text.tar"),
        ("other.tar", "neither what docker save writes nor an OCI layout"),
        ("none.tar", "can't read the image archive none.tar"),
    ] {
        let run =
            seawall_in(folder.path(), &["podsecurity", "harden", "web.yaml", "--image", name]);
        assert_eq!(run.code, 2, "{name}: {}", run.stdout);
        assert!(run.stderr.contains(said), "{name}: {}", run.stderr);
    }
    let config = json!({});
    docker(&folder.path().join("web.tar"), &config, &[]);
    let other = POD.replace("web:1.0", "db:1.0");
    std::fs::write(folder.path().join("db.yaml"), other).expect("a file can be written");
    let run =
        seawall_in(folder.path(), &["podsecurity", "harden", "db.yaml", "--image", "web.tar"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no container has the image web:1.0"), "{}", run.stderr);
}
