//! No report shows a credential: neither in words nor in the source lines that it quotes.

mod common;

use common::{folder, root, seawall_in};

/// Credentials of the example that is insecure on purpose.
const SECRETS: &[&str] = &[
    "Tulip-Harbour-42",
    "cart-cache-2019",
    "letmein-content-bot",
    "wJalrXUtnFEMI",
    "AKIAIOSFODNN7EXAMPLE",
    "0f1e2d3c4b5a6978",
    "pk-example-9c41b7e2d65f",
];

#[test]
fn no_format_shows_a_credential() {
    let formats = ["text", "json", "sarif", "junit", "github", "gitlab", "csv", "markdown", "html"];
    for format in formats {
        let run = seawall_in(&root(), &["scan", "examples/shop", "-o", format]);
        let text = run.stdout;
        assert!(text.contains("credential-in-environment"), "{format} reports what is there");
        for secret in SECRETS {
            assert!(!text.contains(secret), "{format} shows {secret}");
        }
    }
}

/// Where a finding of another check stands on a credential's line, and no check that finds
/// credentials runs.
#[test]
fn a_line_stays_unseen_whatever_runs() {
    let manifest = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostPID: true
  containers:
    - {name: app, image: nginx, env: [{name: DB_PASSWORD, value: Tulip-Harbour-42}]}
";
    let off = "checks:\n  credential-in-environment: off\n";
    let folder = folder(&[("web.yaml", manifest), ("seawall.yaml", off)]);
    let selected = ["--check", "image-not-pinned", "--check", "host-pid", "--no-config"];
    for format in ["text", "html"] {
        for more in [&selected[..], &["--config", "seawall.yaml"]] {
            let run =
                seawall_in(folder.path(), &[&["scan", "web.yaml", "-o", format], more].concat());
            assert!(run.stdout.contains("image-not-pinned"), "{format} {more:?}: {}", run.stderr);
            assert!(run.stdout.contains("hostPID: true"), "{format} quotes other lines");
            assert!(!run.stdout.contains("Tulip-Harbour-42"), "{format} {more:?}: {}", run.stdout);
        }
    }
}
