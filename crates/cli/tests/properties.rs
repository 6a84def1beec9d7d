//! What holds for any manifest: fingerprints know findings again however they are written, and no
//! input brings the analysis down.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use seawall_checks::{Results, Selection, run};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Settings, Source};
use serde_json::{Value, json};

fn analyse(text: &str) -> Results {
    let source = Arc::new(Source::new("any.yaml", text.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    run(&inventory, &Selection::everything(), &Settings::default())
}

fn fingerprints(results: &Results) -> BTreeSet<String> {
    results.findings.iter().map(|finding| finding.fingerprint.to_string()).collect()
}

/// A security context with some of its fields, some of the wrong type.
fn security_context() -> impl Strategy<Value = Value> {
    let flag = prop_oneof![Just(json!(true)), Just(json!(false)), Just(json!("true"))];
    let user = prop_oneof![Just(json!(0)), Just(json!(1000)), Just(json!(20000))];
    let drop =
        prop_oneof![Just(json!(["ALL"])), Just(json!(["NET_RAW", "CHOWN"])), Just(json!([]))];
    (prop::option::of(flag.clone()), prop::option::of(flag), prop::option::of(user), drop).prop_map(
        |(privileged, escalation, user, drop)| {
            let mut context = serde_json::Map::new();
            for (key, value) in [
                ("privileged", privileged),
                ("allowPrivilegeEscalation", escalation),
                ("runAsUser", user),
            ] {
                if let Some(value) = value {
                    context.insert(key.to_owned(), value);
                }
            }
            context.insert("capabilities".to_owned(), json!({ "drop": drop }));
            Value::Object(context)
        },
    )
}

fn container(name: String) -> impl Strategy<Value = Value> {
    let image = prop_oneof![Just("nginx"), Just("nginx:latest"), Just("r.example.com/x:1")];
    let port = prop::option::of(1u16..9000);
    (image, security_context(), port).prop_map(move |(image, security, port)| {
        json!({
            "name": name,
            "image": image,
            "securityContext": security,
            "ports": port.map(|port| json!([{"containerPort": port, "hostPort": port}])),
        })
    })
}

fn pod() -> impl Strategy<Value = Value> {
    let containers = (container("a".into()), container("b".into()), container("c".into()));
    (containers, any::<bool>(), security_context()).prop_map(|((a, b, c), host, security)| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": "n"},
            "spec": {
                "hostNetwork": host,
                "securityContext": security,
                "containers": [a, b, c],
                "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}],
            },
        })
    })
}

/// A value as block YAML, keys in order or in reverse, with comments and blank lines or without.
fn yaml(value: &Value, indent: usize, reverse: bool, airy: bool, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            if reverse {
                entries.reverse();
            }
            for (key, value) in entries {
                if airy {
                    out.push_str(&format!("\n{pad}# about {key}\n"));
                }
                match value {
                    Value::Object(map) if !map.is_empty() => {
                        out.push_str(&format!("{pad}{key}:\n"));
                        yaml(value, indent + 2, reverse, airy, out);
                    }
                    Value::Array(items) if !items.is_empty() => {
                        out.push_str(&format!("{pad}{key}:\n"));
                        for item in items {
                            out.push_str(&format!("{pad}  - {item}\n"));
                        }
                    }
                    _ => out.push_str(&format!("{pad}{key}: {value}\n")),
                }
            }
        }
        other => out.push_str(&format!("{pad}{other}\n")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn fingerprints_survive_reformatting(pod in pod(), airy in any::<bool>()) {
        let original = fingerprints(&analyse(&pod.to_string()));
        prop_assert!(!original.is_empty());
        let mut block = String::new();
        yaml(&pod, 0, true, airy, &mut block);
        prop_assert_eq!(&fingerprints(&analyse(&block)), &original, "{}", block);
        prop_assert_eq!(&fingerprints(&analyse(&block.replace('\n', "\r\n"))), &original);
        let renumbered = format!("kind: Note\napiVersion: example.com/v1\n---\n{block}");
        prop_assert!(fingerprints(&analyse(&renumbered)).is_superset(&original));
        let mut reordered = pod.clone();
        if let Some(containers) = reordered["spec"]["containers"].as_array_mut() {
            containers.rotate_left(1);
        }
        prop_assert_eq!(&fingerprints(&analyse(&reordered.to_string())), &original);
    }

    #[test]
    fn fingerprints_are_unique(pod in pod()) {
        let results = analyse(&format!("{pod}\n---\n{pod}\n"));
        prop_assert_eq!(fingerprints(&results).len(), results.findings.len());
    }

    #[test]
    fn no_text_brings_the_analysis_down(text in "\\PC{0,200}") {
        analyse(&text);
    }

    /// Real manifests with pieces cut out, doubled or overwritten.
    #[test]
    fn no_broken_manifest_brings_the_analysis_down(
        pick in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0usize..60,
        insert in prop::sample::select(vec!["", ": ", "- ", "[", "{", "\"", "null", "&a ", "*a", "\n", "  ", "{}", "9999999999999999999"]),
    ) {
        let manifests = manifests();
        let text = pick.get(&manifests);
        let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        let at = from.index(places.len());
        let end = places.get(at + length).copied().unwrap_or(text.len());
        analyse(&format!("{}{insert}{}", &text[..places[at]], &text[end..]));
    }
}

fn manifests() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    let mut texts: Vec<String> = std::fs::read_dir(folder)
        .expect("the example is there")
        .filter_map(|file| {
            let path = file.expect("the example can be read").path();
            path.extension()
                .is_some_and(|e| e == "yaml" || e == "json")
                .then(|| std::fs::read_to_string(&path).expect("manifests are text"))
        })
        .collect();
    texts.sort();
    texts
}
