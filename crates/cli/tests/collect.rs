//! `seawall collect` where there is nothing to collect: each error says what to do.

#![cfg(feature = "cluster")]

mod common;

use common::{folder, seawall_in};

const KUBECONFIG: &str = "apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
";

#[test]
fn errors_say_what_to_do() {
    let plugin = KUBECONFIG.replace(
        "token: t",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, \
         interactiveMode: Never}",
    );
    let files = [
        ("good", KUBECONFIG),
        ("malformed", "contexts: [\n"),
        ("empty", ""),
        ("no-current", &KUBECONFIG.replace("current-context: here\n", "")),
        ("plugin", &plugin),
        ("no-file", &KUBECONFIG.replace("token: t", "client-certificate: x, client-key: x")),
        ("no-cluster", &KUBECONFIG.replace("cluster: c,", "cluster: d,")),
    ];
    let folder = folder(&files);
    for (arguments, words) in [
        (&["--kubeconfig", "missing"][..], "that --kubeconfig names, can't be read"),
        (&["--kubeconfig", "malformed"], "malformed is malformed"),
        (&["--kubeconfig", "empty"], "fetch a kubeconfig"),
        (&["--kubeconfig", "no-current"], "choose one with --context: here"),
        (&["--kubeconfig", "good", "--context", "there"], "choose one with --context: here"),
        (&["--kubeconfig", "plugin"], "the credential plugin no-such-plugin"),
        (&["--kubeconfig", "no-file"], "can't be used"),
        (&["--kubeconfig", "no-cluster"], "names the cluster \"d\", which is not in it"),
        (&["--kubeconfig", "good", "-n", "A b"], "is no name of a namespace"),
        (&["--kubeconfig", "good", "-o", "no/such/b.tar.zst"], "there is no directory no/such"),
        (&["--kubeconfig", "good", "-o", "."], "name a file in it"),
        (&["--kubeconfig", "good"], "nothing listens there; is the cluster up"),
    ] {
        let run = seawall_in(folder.path(), &[&["collect"][..], arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{arguments:?}: {}", run.stderr);
    }
    let written = std::fs::read_dir(folder.path()).expect("it can be listed").count();
    assert_eq!(written, files.len(), "nothing is left behind");
}
