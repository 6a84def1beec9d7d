//! A cluster, and what comes of it.

use serde_json::{Value, json};

use super::*;
use crate::bundle::{Resource, Unread, object_path};

fn member(object: &Value) -> Member {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = match text("/apiVersion").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", text("/apiVersion")),
    };
    let resource = text("/kind").to_lowercase() + "s";
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let path = object_path(group, version, &resource, namespace, name);
    Member { path, text: object.to_string() }
}

fn inventory(objects: &[Value]) -> Inventory {
    let mut observed = Observed::new("cluster", Limits::default());
    // One by one and backwards: the order in which they come must not matter.
    for object in objects.iter().rev() {
        observed.add(vec![member(object)]);
    }
    observed.into_inventory(&Manifest::default())
}

fn names(inventory: &Inventory) -> Vec<String> {
    inventory.objects().map(|object| object.id().to_string()).collect()
}

fn owner(kind: &str, uid: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": "x", "uid": uid, "controller": true}])
}

fn pod_spec(image: &str) -> Value {
    json!({"containers": [{"name": "web", "image": image}]})
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "d"},
        "spec": {"template": {"spec": pod_spec("web:1")}}})
}

fn replica_set(name: &str, uid: &str, image: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": "shop", "uid": uid,
                     "ownerReferences": owner("Deployment", "d")},
        "spec": {"replicas": replicas, "template": {"spec": pod_spec(image)}}})
}

fn pod(name: &str, owners: &Value, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "ownerReferences": owners},
        "spec": spec})
}

/// What the API server and the scheduler write into the pod of a template.
fn admitted(mut spec: Value) -> Value {
    spec["serviceAccount"] = json!("default");
    spec["serviceAccountName"] = json!("default");
    spec["nodeName"] = json!("node1");
    spec["priority"] = json!(0);
    spec["volumes"] = json!([{"name": "kube-api-access-x", "projected": {"defaultMode": 420}}]);
    spec["containers"][0]["volumeMounts"] =
        json!([{"name": "kube-api-access-x", "mountPath": "/var/run/secrets"}]);
    spec["containers"][0]["resources"] = json!({"limits": {"cpu": "1"}});
    spec
}

#[test]
fn pods_fold_into_the_deployment_that_made_them() {
    let mut objects = vec![
        deployment(),
        replica_set("web-1", "r1", "web:1", 200),
        // What was rolled out before runs nothing.
        replica_set("web-0", "r0", "web:0", 0),
    ];
    for number in 0..200 {
        let name = format!("web-1-{number}");
        objects.push(pod(&name, &owner("ReplicaSet", "r1"), &admitted(pod_spec("web:1"))));
    }
    assert_eq!(names(&inventory(&objects)), ["Deployment shop/web"]);
}

#[test]
fn jobs_fold_into_their_cron_job() {
    let template = json!({"spec": {"template": {"spec": pod_spec("job:1")}}});
    let objects = [
        json!({"apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "nightly", "namespace": "shop", "uid": "c"},
            "spec": {"jobTemplate": template}}),
        json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "nightly-1", "namespace": "shop", "uid": "j",
                         "ownerReferences": owner("CronJob", "c")},
            "spec": template["spec"]}),
        pod("nightly-1-x", &owner("Job", "j"), &pod_spec("job:1")),
    ];
    assert_eq!(names(&inventory(&objects)), ["CronJob shop/nightly"]);
}

#[test]
fn a_pod_that_only_claims_an_owner_is_looked_at() {
    let mut spec = pod_spec("web:1");
    spec["hostPID"] = json!(true);
    let objects = [
        deployment(),
        replica_set("web-1", "r1", "web:1", 1),
        pod("claims", &owner("ReplicaSet", "r1"), &spec),
    ];
    assert_eq!(names(&inventory(&objects)), ["Deployment shop/web", "Pod shop/claims"]);
    // A template that is being rolled out, and not the Deployment's any more, runs too.
    let objects = [deployment(), replica_set("web-0", "r0", "web:0", 1)];
    assert_eq!(names(&inventory(&objects)), ["Deployment shop/web", "ReplicaSet shop/web-0"]);
}

#[test]
fn one_pod_of_each_kind_speaks_for_an_owner_that_was_not_read() {
    let unread = owner("Rollout", "u");
    let objects = [
        pod("a", &unread, &pod_spec("a:1")),
        pod("b", &unread, &pod_spec("a:1")),
        pod("c", &unread, &pod_spec("a:2")),
        pod("d", &owner("Rollout", "v"), &pod_spec("a:1")),
    ];
    assert_eq!(names(&inventory(&objects)), ["Pod shop/a", "Pod shop/c", "Pod shop/d"]);
}

#[test]
fn pods_of_files_on_nodes_and_of_nobody_stay() {
    let objects = [
        pod("mirror", &owner("Node", "n"), &pod_spec("a:1")),
        pod("mirror2", &owner("Node", "n"), &pod_spec("a:1")),
        pod("bare", &json!([]), &pod_spec("a:1")),
    ];
    assert_eq!(
        names(&inventory(&objects)),
        ["Pod shop/bare", "Pod shop/mirror", "Pod shop/mirror2"]
    );
}

/// The object as JSON, without what nobody declared.
fn declared(object: &Value) -> String {
    let inventory = inventory(std::slice::from_ref(object));
    let mut text = String::new();
    show(inventory.object(0).root(), &mut text);
    text
}

fn show(node: Node<'_>, out: &mut String) {
    use seawall_model::document::Kind;
    match node.kind() {
        Kind::Map => {
            out.push('{');
            for (key, value) in node.entries() {
                out.push_str(key.text());
                out.push(':');
                show(value, out);
            }
            out.push('}');
        }
        Kind::Seq => {
            out.push('[');
            node.items().for_each(|item| show(item, out));
            out.push(']');
        }
        _ => {
            out.push_str(node.text());
            out.push(' ');
        }
    }
}

#[test]
fn what_the_server_fills_in_is_left_out() {
    let mut spec = admitted(pod_spec("web:1"));
    spec["restartPolicy"] = json!("Always");
    spec["securityContext"] = json!({});
    spec["containers"][0]["resources"] = json!({});
    spec["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
    spec["containers"][0]["terminationMessagePath"] = json!("/dev/termination-log");
    spec["tolerations"] = json!([
        {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute", "tolerationSeconds": 300}]);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec});
    assert_eq!(
        declared(&pod),
        "{apiVersion:v1 kind:Pod metadata:{name:web }\
         spec:{containers:[{image:web:1 name:web }]nodeName:node1 }}"
    );
}

#[test]
fn what_was_declared_stays() {
    let spec = json!({
        "serviceAccount": "old", "serviceAccountName": "new", "restartPolicy": "Never",
        "securityContext": {"runAsUser": 1},
        "containers": [{"name": "a", "image": "a", "imagePullPolicy": "Never"},
                       {"name": "b", "image": "r:5000/b@sha256:00", "imagePullPolicy": "Always"}]});
    let object = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "x"}, "spec": {"replicas": 3, "template": {"spec": spec}},
        "status": {"replicas": 3}});
    let text = declared(&object);
    for kept in ["old", "new", "Never", "runAsUser", "Always", "replicas:3"] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    assert!(!text.contains("status"), "{text}");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"},
        "spec": {"clusterIP": "None", "clusterIPs": ["None"], "type": "ClusterIP"}});
    assert!(declared(&service).ends_with("spec:{clusterIP:None }}"), "{}", declared(&service));
}

#[test]
fn what_kubernetes_makes_for_itself_is_built_in_until_somebody_changes_it() {
    let built_in = |object: &Value| inventory(std::slice::from_ref(object)).object(0).is_built_in();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata":
        {"name": "default", "labels": {"kubernetes.io/metadata.name": "default"}}});
    assert!(built_in(&namespace));
    let mut labelled = namespace.clone();
    labelled["metadata"]["labels"]["team"] = json!("shop");
    assert!(!built_in(&labelled));
    let binding = |subjects: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "cluster-admin",
                         "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": subjects})
    };
    let masters = json!({"kind": "Group", "name": "system:masters"});
    let guest = json!({"kind": "User", "name": "system:anonymous"});
    assert!(built_in(&binding(json!([masters]))));
    assert!(!built_in(&binding(json!([masters, guest]))));
    let role = |name: &str, resource: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "rules": [{"verbs": ["create"], "apiGroups": ["authentication.k8s.io"],
                       "resources": [resource]}]})
    };
    assert!(built_in(&role("system:auth-delegator", "tokenreviews")));
    assert!(!built_in(&role("system:auth-delegator", "*")));
    assert!(!built_in(&role("system:nobody-made-this", "tokenreviews")));
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "shop"}});
    assert!(built_in(&account));
    let mut said = account.clone();
    said["automountServiceAccountToken"] = json!(false);
    assert!(!built_in(&said));
}

#[test]
fn what_is_missing_or_broken_is_unread() {
    let mut observed = Observed::new("cluster", Limits::default());
    let path = object_path("", "v1", "pods", "shop", "web");
    assert_eq!(path, "objects/core/v1/pods/shop/web.json");
    observed.add(vec![Member { path, text: "{\"apiVersion\":".to_owned() }]);
    let unread = Unread { what: "core/v1/secrets".to_owned(), cause: "forbidden".to_owned() };
    let resource = |resource: &str, objects| Resource {
        group: String::new(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        objects,
    };
    let manifest = Manifest {
        unread: vec![unread],
        resources: vec![resource("pods", 1), resource("services", 2)],
        ..Manifest::default()
    };
    let inventory = observed.into_inventory(&manifest);
    let files: Vec<&str> = inventory.coverage().unread().map(|part| &*part.file).collect();
    let expected = [
        "cluster/core/v1/pods/shop/web.json",
        "cluster/core/v1/secrets",
        "cluster/core/v1/services",
    ];
    assert_eq!(files, expected);
}
