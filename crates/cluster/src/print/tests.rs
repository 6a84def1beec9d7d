use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Limits, chunks, read};

use super::*;

const SECRET: Redaction = Redaction::Secret;

fn print(text: &str, kind: &str, redaction: Redaction) -> String {
    let source = Arc::new(Source::new("t", text.to_owned()));
    let mut reading = read(&source, chunks(&source)[0], &Limits::default());
    let document = reading.documents.remove(0);
    let printed = object(document.root(), "v1", kind, redaction);
    serde_json::from_str::<serde_json::Value>(&printed).expect("it is JSON");
    printed
}

/// Values in every place where a Secret of a cluster was seen to hold them.
fn hostile_secret(kind: &str) -> String {
    serde_json::json!({
        "metadata": {
            "name": "db", "namespace": "shop", "uid": "u-1",
            "managedFields": [{"fieldsV1": {"f:data": {"f:password": {"v": "hunter2"}}}}],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration":
                    "{\"data\":{\"password\":\"aHVudGVyMg==\"}}",
                "kapp.k14s.io/original": "{\"stringData\":{\"password\":\"hunter2\"}}",
                "objectset.rio.cattle.io/applied": "hunter2",
                "note": "hunter2",
                "kubernetes.io/service-account.name": "builder",
                "meta.helm.sh/release-name": "shop"
            }
        },
        "type": kind,
        "immutable": true,
        "data": {"password": "aHVudGVyMg==", "release": "SDRzSUFBaHVudGVyMg=="},
        "stringData": {"token": "hunter2"},
        "values": {"later": "hunter2"}
    })
    .to_string()
}

#[test]
fn no_value_of_a_secret_is_printed() {
    for kind in ["Opaque", "helm.sh/release.v1", "bootstrap.kubernetes.io/token"] {
        let printed = print(&hostile_secret(kind), "Secret", SECRET);
        for value in ["hunter2", "aHVudGVyMg", "last-applied", "managedFields", "SDRz"] {
            assert!(!printed.contains(value), "{value} in {printed}");
        }
        let read: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
        assert_eq!(read["type"], kind);
        assert_eq!(read["kind"], "Secret");
        assert_eq!(read["immutable"], true);
        assert_eq!(read["data"], serde_json::json!({"password": "", "release": ""}));
        assert_eq!(read["stringData"], serde_json::json!({"token": ""}));
        let annotations = &read["metadata"]["annotations"];
        assert_eq!(annotations["kubernetes.io/service-account.name"], "builder");
        assert_eq!(annotations["meta.helm.sh/release-name"], "shop");
        assert_eq!(annotations["note"], "REDACTED");
    }
}

#[test]
fn a_value_of_an_odd_type_is_not_printed_either() {
    let printed =
        print(r#"{"metadata":{},"data":"hunter2","stringData":["hunter2"]}"#, "Secret", SECRET);
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[test]
fn config_maps_keep_their_values_unless_asked() {
    let text = r#"{"metadata":{"name":"a"},"data":{"k":"v1"},"binaryData":{"b":"djI="}}"#;
    let kept = print(text, "ConfigMap", Redaction::None);
    assert!(kept.contains("v1") && kept.contains("djI="), "{kept}");
    let gone = print(text, "ConfigMap", Redaction::ConfigMap);
    assert!(gone.contains("\"k\"") && gone.contains("\"b\""), "{gone}");
    assert!(!gone.contains("v1\"\n }") && !gone.contains("djI="), "{gone}");
}

#[test]
fn every_object_loses_copies_of_itself_and_nothing_else() {
    let text = r#"{"metadata":{"name":"a\n\"b\\","annotations":{
        "kubectl.kubernetes.io/last-applied-configuration":"{}","x":"y"},"managedFields":[]},
        "spec":{"list":[1,-2.5e3,true,null,{},[],{"a":[]}],"text":"€"}}"#;
    let printed = print(text, "Pod", Redaction::None);
    let read: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
    let mut expected: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    expected["apiVersion"] = "v1".into();
    expected["kind"] = "Pod".into();
    let metadata = expected["metadata"].as_object_mut().expect("it is a map");
    metadata.remove("managedFields");
    metadata["annotations"]
        .as_object_mut()
        .expect("it is a map")
        .remove("kubectl.kubernetes.io/last-applied-configuration");
    assert_eq!(read, expected);
    assert!(printed.starts_with("{\n \"apiVersion\": \"v1\",\n \"kind\": \"Pod\",\n"), "{printed}");
}
