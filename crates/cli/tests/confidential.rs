//! No report shows a credential: neither in words nor in the source lines that it quotes.

mod common;

use common::{root, seawall_in};

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
