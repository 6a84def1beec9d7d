//! Against a real API server: what it does when a list expires, or does not let somebody in.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use seawall_cluster::{Options, collect};
use seawall_cluster_tests::{Cluster, Setup};
use seawall_collect::bundle::Manifest;

/// More pages than may wait to be taken: the reader has to wait for us.
const MAPS: usize = 1500;

fn read(
    kubeconfig: PathBuf,
    mut on_page: impl FnMut(usize),
) -> Result<(usize, Manifest), seawall_cluster::Error> {
    let options = Options { kubeconfig: Some(kubeconfig), ..Options::default() };
    let mut maps = 0;
    let manifest = collect(&options, "0", |members| {
        let of = |path: &str| path.starts_with("objects/core/v1/configmaps/many/");
        maps += members.iter().filter(|member| of(&member.path)).count();
        on_page(maps);
        Ok(())
    })?;
    Ok((maps, manifest))
}

/// Asks etcd, whose gateway speaks JSON.
fn etcd(cluster: &Cluster, path: &str, body: &str) -> String {
    let address = cluster.etcd().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("etcd listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("etcd reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("etcd answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// Drops all revisions but the present one.
fn compact(cluster: &Cluster) {
    // A write makes the present later than the list's snapshot.
    cluster
        .apply("{apiVersion: v1, kind: Namespace, metadata: {name: later}}")
        .expect("it is taken");
    let answer = etcd(cluster, "/v3/kv/range", r#"{"key":"AA==","limit":1}"#);
    let revision: String = answer
        .split("\"revision\":\"")
        .nth(1)
        .expect("etcd tells the revision")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    etcd(cluster, "/v3/kv/compaction", &format!(r#"{{"revision":"{revision}","physical":true}}"#));
}

#[test]
fn a_list_that_expires_between_pages_is_read_to_its_end() {
    // From its cache the server would give old snapshots for a while.
    let Some(cluster) = Setup::new().flag("--watch-cache=false").flag("--v=3").start() else {
        return;
    };
    cluster
        .apply("{apiVersion: v1, kind: Namespace, metadata: {name: many}}")
        .expect("it is taken");
    let maps: Vec<String> = (0..MAPS)
        .map(|number| {
            format!(
                r#"{{"apiVersion":"v1","kind":"ConfigMap",
                    "metadata":{{"name":"m{number:05}","namespace":"many"}}}}"#
            )
        })
        .collect();
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, maps.join(","));
    let created = cluster.kubectl(&["create", "-f", "-"], &list);
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let mut compacted = false;
    let (read, manifest) = read(cluster.kubeconfig("admin"), |maps| {
        if maps > 0 && !compacted {
            compact(&cluster);
            compacted = true;
        }
    })
    .expect("the cluster is read");
    assert!(compacted);
    assert_eq!(manifest.unread, Vec::new());
    assert_eq!(read, MAPS);
    // The server did answer so: its log tells of each request.
    let log = std::fs::read_to_string(cluster.folder().join("kube-apiserver.log"));
    let log = log.expect("the server writes a log");
    let expired = |line: &str| line.contains("/api/v1/configmaps") && line.contains("resp=410");
    assert!(log.lines().any(expired), "nothing expired");
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output();
    let output = output.expect("openssl was there for the cluster");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    if seawall_cluster_tests::has("openssl", &["version"]).is_none() {
        return;
    }
    let key = ["-newkey", "rsa:2048", "-nodes"];
    let of = |more: &[&str]| openssl(folder.path(), &[&["req"], &key[..], more].concat());
    of(&["-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca"]);
    of(&["-keyout", "u.key", "-out", "u.csr", "-subj", "/CN=u"]);
    // It ended a day before it began.
    let sign = ["x509", "-req", "-in", "u.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "-1"];
    std::fs::write(folder.path().join("usage"), "extendedKeyUsage=clientAuth\n")
        .expect("the folder is writable");
    let more = ["-CAcreateserial", "-extfile", "usage", "-out", "u.crt"];
    openssl(folder.path(), &[&sign[..], &more[..]].concat());
    let authority = folder.path().join("ca.crt");
    let setup = Setup::new().flag(format!("--client-ca-file={}", authority.display()));
    let Some(cluster) = setup.start() else { return };
    let admin = std::fs::read_to_string(cluster.kubeconfig("admin")).expect("it was written");
    let refused = |from: &str, to: &str| {
        let path = folder.path().join("kubeconfig");
        assert!(admin.contains(from));
        std::fs::write(&path, admin.replace(from, to)).expect("the folder is writable");
        read(path, |_| ()).expect_err("it is refused").to_string()
    };
    let expired = "{client-certificate: u.crt, client-key: u.key}";
    let said = refused("{token: admintoken}", expired);
    assert!(said.contains("the client certificate expired on"), "{said}");
    let said = refused("{token: admintoken}", "{token: other}");
    assert!(said.contains("the token or client certificate may have expired"), "{said}");
    let said = refused("{token: admintoken}", "{}");
    assert!(said.contains("nobody is logged in"), "{said}");
    let said = refused("apiserver.crt", "../ca.crt");
    assert!(said.contains("can't be used"), "{said}");
    let other = cluster.folder().join("other.crt");
    std::fs::copy(&authority, other).expect("the folder is writable");
    let said = refused("certificates/apiserver.crt", "other.crt");
    assert!(said.contains("another authority signed the server's certificate"), "{said}");
    let said = refused("https://127.0.0.1:", "https://localhost.invalid:");
    assert!(said.contains("the server's name is not known here"), "{said}");
    let said = refused(cluster.address(), "https://127.0.0.1:1");
    assert!(said.contains("nothing listens there"), "{said}");
}
