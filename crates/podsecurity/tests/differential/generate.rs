//! Policies and pods by chance: each is permissive or plain but for a few aspects, so that they fit
//! each other about as often as not.

use fastrand::Rng;
use serde_json::{Value, json};

/// One of several.
fn one<'v>(rng: &mut Rng, values: &'v [Value]) -> &'v Value {
    rng.choice(values).expect("there is one")
}

const POLICY_ASPECTS: usize = 17;

/// A policy of a name; the API server takes all that come out of here.
pub fn policy(rng: &mut Rng, name: &str) -> Value {
    let any = json!({"rule": "RunAsAny"});
    let mut annotations = json!({
        "seccomp.security.alpha.kubernetes.io/allowedProfileNames": "*",
    });
    let mut spec = json!({
        "privileged": true, "allowedCapabilities": ["*"], "volumes": ["*"],
        "hostNetwork": true, "hostPorts": [{"min": 0, "max": 65535}],
        "hostPID": true, "hostIPC": true, "allowedUnsafeSysctls": ["*"],
        "allowedProcMountTypes": ["Default", "Unmasked"],
        "seLinux": any, "runAsUser": any, "supplementalGroups": any, "fsGroup": any,
    });
    for _ in 0..rng.usize(2..12) {
        match rng.usize(0..POLICY_ASPECTS) {
            0 => spec["privileged"] = json!(false),
            1 => {
                let (add, drop, allowed) = match rng.usize(0..5) {
                    0 => (json!(["CHOWN"]), json!(["NET_RAW"]), json!(["NET_ADMIN"])),
                    1 => (json!([]), json!(["ALL"]), json!(["NET_BIND_SERVICE"])),
                    2 => (json!(["CHOWN", "KILL"]), json!([]), json!(["*"])),
                    3 => (json!([]), json!([]), json!([])),
                    _ => (json!([]), json!(["NET_RAW", "KILL"]), json!(["CHOWN"])),
                };
                spec["defaultAddCapabilities"] = add;
                spec["requiredDropCapabilities"] = drop;
                spec["allowedCapabilities"] = allowed;
            }
            2 => {
                spec["volumes"] = one(
                    rng,
                    &[
                        json!([]),
                        json!(["secret"]),
                        json!(["projected", "emptyDir", "configMap"]),
                        json!(["secret", "hostPath", "emptyDir", "downwardAPI"]),
                        json!(["projected", "flexVolume", "csi", "persistentVolumeClaim"]),
                        json!(["projected", "ephemeral", "nfs", "cephFS", "storageos"]),
                    ],
                )
                .clone();
            }
            3 => spec["hostNetwork"] = json!(false),
            4 => {
                let some = [json!([]), json!([{"min": 80, "max": 90}, {"min": 443, "max": 443}])];
                spec["hostPorts"] = one(rng, &some).clone();
            }
            5 => spec[*rng.choice(&["hostPID", "hostIPC"]).expect("two")] = json!(false),
            6 => {
                spec["seLinux"] = json!({
                    "rule": "MustRunAs",
                    "seLinuxOptions": one(rng, &[
                        json!({"level": "s0:c1,c2"}),
                        json!({"level": "s0:c2,c1", "type": "container_t", "role": "system_r"}),
                        json!({"user": "system_u"}),
                        json!({}),
                    ]),
                });
            }
            7 => {
                spec["runAsUser"] = one(
                    rng,
                    &[
                        json!({"rule": "MustRunAsNonRoot"}),
                        json!({"rule": "MustRunAs", "ranges": [{"min": 1000, "max": 2000}]}),
                        json!({"rule": "MustRunAs",
                               "ranges": [{"min": 0, "max": 0}, {"min": 1500, "max": 1500}]}),
                    ],
                )
                .clone();
            }
            8 => {
                let field = ["runAsGroup", "supplementalGroups", "fsGroup"];
                let field = *rng.choice(&field).expect("three");
                spec[field] = group_rule(rng);
            }
            9 => spec["readOnlyRootFilesystem"] = json!(true),
            10 => {
                let (default, allow) = match rng.usize(0..5) {
                    0 => (Value::Null, json!(false)),
                    1 => (json!(false), json!(true)),
                    2 => (json!(true), json!(true)),
                    3 => (json!(false), json!(false)),
                    _ => (json!(true), Value::Null),
                };
                spec["defaultAllowPrivilegeEscalation"] = default;
                spec["allowPrivilegeEscalation"] = allow;
            }
            11 => {
                spec["allowedHostPaths"] = one(
                    rng,
                    &[
                        json!([{"pathPrefix": "/var/log", "readOnly": true}]),
                        json!([{"pathPrefix": "/var/log/", "readOnly": true},
                               {"pathPrefix": "/var/log/app"}, {"pathPrefix": "/data"}]),
                    ],
                )
                .clone();
            }
            12 => match rng.bool() {
                true => spec["allowedFlexVolumes"] = json!([{"driver": "example/a"}]),
                false => spec["allowedCSIDrivers"] = json!([{"name": "inline.example.com"}]),
            },
            13 => {
                let (allowed, forbidden) = match rng.usize(0..4) {
                    0 => (json!([]), json!([])),
                    1 => (json!(["kernel.msg*"]), json!(["net.core.*"])),
                    2 => (json!(["net.core.somaxconn"]), json!(["kernel.*"])),
                    _ => (json!([]), json!(["kernel.shm_rmid_forced"])),
                };
                spec["allowedUnsafeSysctls"] = allowed;
                spec["forbiddenSysctls"] = forbidden;
            }
            14 => {
                spec["allowedProcMountTypes"] =
                    one(rng, &[json!([]), json!(["Unmasked"]), json!(["Default"])]).clone();
            }
            15 => {
                spec["runtimeClass"] = one(
                    rng,
                    &[
                        json!({"allowedRuntimeClassNames": ["*"]}),
                        json!({"allowedRuntimeClassNames": []}),
                        json!({"allowedRuntimeClassNames": ["gvisor"],
                               "defaultRuntimeClassName": "gvisor"}),
                    ],
                )
                .clone();
            }
            _ => annotations = profile_annotations(rng),
        }
    }
    json!({
        "apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy",
        "metadata": {"name": name, "annotations": annotations}, "spec": spec,
    })
}

fn group_rule(rng: &mut Rng) -> Value {
    let rules = [
        json!({"rule": "RunAsAny"}),
        json!({"rule": "MustRunAs", "ranges": [{"min": 100, "max": 200}]}),
        json!({"rule": "MustRunAs", "ranges": [{"min": 5, "max": 5}, {"min": 100, "max": 200}]}),
        json!({"rule": "MayRunAs", "ranges": [{"min": 100, "max": 200}]}),
    ];
    one(rng, &rules).clone()
}

fn profile_annotations(rng: &mut Rng) -> Value {
    let mut annotations = json!({});
    let mut set = |key: &str, values: &[&str], rng: &mut Rng| {
        let value = *rng.choice(values).expect("there is one");
        if value != "-" {
            annotations[key] = json!(value);
        }
    };
    let names = [
        "-",
        "*",
        "docker/default",
        "runtime/default,localhost/a.json",
        "unconfined",
        "*,runtime/default",
        "",
    ];
    set("seccomp.security.alpha.kubernetes.io/allowedProfileNames", &names, rng);
    let names = ["-", "-", "docker/default", "runtime/default", "localhost/a.json"];
    set("seccomp.security.alpha.kubernetes.io/defaultProfileName", &names, rng);
    let names = ["-", "-", "runtime/default", "runtime/default,localhost/a"];
    set("apparmor.security.beta.kubernetes.io/allowedProfileNames", &names, rng);
    let names = ["-", "-", "runtime/default", "localhost/a"];
    set("apparmor.security.beta.kubernetes.io/defaultProfileName", &names, rng);
    annotations
}

/// Changes a policy into one that the API server may refuse.
#[allow(dead_code, reason = "not every test wants bad policies")]
pub fn spoil(rng: &mut Rng, policy: &mut Value) {
    let ranges = |min: i64, max: i64| json!([{"min": min, "max": max}]);
    let spec = &mut policy["spec"];
    match rng.usize(0..14) {
        0 => {
            let name = *rng.choice(&["NET_RAW", "ALL", "CHOWN"]).expect("three");
            spec["requiredDropCapabilities"] = json!([name]);
            spec["allowedCapabilities"] = json!([*rng.choice(&["*", name, "KILL"]).expect("some")]);
        }
        1 => spec["volumes"] = json!(["emptyDir", rng.choice(&["cephfs", "cephFS", "x"])]),
        2 => {
            let rule =
                *rng.choice(&["RunAsAny", "MustRunAs", "MayRunAs", "Must", ""]).expect("some");
            let field = *rng.choice(&["runAsUser", "runAsGroup", "fsGroup"]).expect("three");
            let (min, max) = (rng.i64(-1..4), rng.i64(-1..4));
            spec[field] = json!({"rule": rule, "ranges": ranges(min, max)});
        }
        3 => spec["seLinux"] = json!({"rule": *rng.choice(&["Any", "RunAsAny"]).expect("two")}),
        4 => {
            let paths = ["/a/../b", "/a..b", "", "relative", ".."];
            spec["allowedHostPaths"] = json!([{"pathPrefix": rng.choice(paths)}]);
        }
        5 => spec["allowedFlexVolumes"] = json!([{"driver": rng.choice(["", "a/b"])}]),
        6 => {
            let names = ["Inline.Example.com", "", "-a", "a_b", "a..b"];
            spec["allowedCSIDrivers"] = json!([{"name": rng.choice(names)}]);
        }
        7 => {
            spec["allowPrivilegeEscalation"] = json!(rng.bool());
            spec["defaultAllowPrivilegeEscalation"] = json!(rng.bool());
        }
        8 => spec["allowedProcMountTypes"] = json!([rng.choice(["Default", "Masked"])]),
        9 => {
            let some =
                ["*", "kernel.*", "kernel.msg*", "net.core.x", "Kernel.x", "a..b", "a*b", "k"];
            spec["allowedUnsafeSysctls"] = json!([rng.choice(some)]);
            spec["forbiddenSysctls"] = json!([rng.choice(some)]);
        }
        10 => spec["forbiddenSysctls"] = json!(["net.*", rng.choice(["*", "kernel.x"])]),
        11 => {
            let names = ["*", "gvisor", "Kata", "kata"];
            spec["runtimeClass"] = json!({
                "allowedRuntimeClassNames": [rng.choice(names), rng.choice(names)],
                "defaultRuntimeClassName": rng.choice(["gvisor", "kata"]),
            });
        }
        12 => {
            let names = ["runtime/default", "localhost/../a", "localhost//a", "docker", "*", "a,b"];
            let key = ["defaultProfileName", "allowedProfileNames"];
            let key = *rng.choice(&key).expect("two");
            policy["metadata"]["annotations"]
                [format!("seccomp.security.alpha.kubernetes.io/{key}")] = json!(rng.choice(names));
        }
        _ => {
            let names = ["runtime/default", "localhost/a", "docker/default", "unconfined,", "x"];
            let key = ["defaultProfileName", "allowedProfileNames"];
            let key = *rng.choice(&key).expect("two");
            policy["metadata"]["annotations"]
                [format!("apparmor.security.beta.kubernetes.io/{key}")] = json!(rng.choice(names));
        }
    }
}

const POD_ASPECTS: usize = 19;

/// A pod of a name.
pub fn pod(rng: &mut Rng, name: &str) -> Value {
    let mut annotations = json!({"example.com/note": "x"});
    let container = |name: &str| json!({"name": name, "image": "example.com/app:1"});
    let mut spec = json!({"containers": [container("app")]});
    if rng.usize(0..3) == 0 {
        spec["containers"].as_array_mut().expect("it is").push(container("side"));
    }
    if rng.usize(0..3) == 0 {
        spec["initContainers"] = json!([container("init")]);
    }
    for _ in 0..rng.usize(1..7) {
        let lists = if spec["initContainers"].is_array() && rng.bool() {
            "initContainers"
        } else {
            "containers"
        };
        let count = spec[lists].as_array().map_or(1, Vec::len);
        let index = rng.usize(0..count);
        match rng.usize(0..POD_ASPECTS) {
            0 => spec["hostNetwork"] = json!(true),
            1 => spec[*rng.choice(&["hostPID", "hostIPC"]).expect("two")] = json!(true),
            2 => spec[lists][index]["securityContext"]["privileged"] = json!(rng.bool()),
            3 => {
                spec[lists][index]["securityContext"]["capabilities"] = one(
                    rng,
                    &[
                        json!({"drop": ["ALL"]}),
                        json!({"add": ["NET_ADMIN"], "drop": ["NET_RAW", "KILL"]}),
                        json!({"add": ["CHOWN"]}),
                        json!({"drop": ["CHOWN"]}),
                        json!({"add": ["KILL", "CHOWN"], "drop": ["ALL", "NET_RAW"]}),
                        json!({}),
                    ],
                )
                .clone();
            }
            4 => {
                let user = json!(*rng.choice(&[0, 1000, 1500, 3000]).expect("four"));
                match rng.bool() {
                    true => spec["securityContext"]["runAsUser"] = user,
                    false => spec[lists][index]["securityContext"]["runAsUser"] = user,
                }
            }
            5 => {
                let group = json!(*rng.choice(&[0, 5, 150]).expect("three"));
                match rng.bool() {
                    true => spec["securityContext"]["runAsGroup"] = group,
                    false => spec[lists][index]["securityContext"]["runAsGroup"] = group,
                }
            }
            6 => {
                let non_root = json!(rng.usize(0..3) > 0);
                match rng.bool() {
                    true => spec["securityContext"]["runAsNonRoot"] = non_root,
                    false => spec[lists][index]["securityContext"]["runAsNonRoot"] = non_root,
                }
            }
            7 => {
                let options = one(
                    rng,
                    &[
                        json!({"level": "s0:c2,c1"}),
                        json!({"level": "s0:c1,c2", "type": "container_t", "role": "system_r"}),
                        json!({"user": "system_u"}),
                        json!({}),
                    ],
                )
                .clone();
                match rng.bool() {
                    true => spec["securityContext"]["seLinuxOptions"] = options,
                    false => spec[lists][index]["securityContext"]["seLinuxOptions"] = options,
                }
            }
            8 => {
                spec["securityContext"]["fsGroup"] =
                    json!(*rng.choice(&[5, 150, 900]).expect("three"));
            }
            9 => {
                let groups = [json!([]), json!([150]), json!([5, 150]), json!([900])];
                spec["securityContext"]["supplementalGroups"] = one(rng, &groups).clone();
            }
            10 => {
                let profiles =
                    ["docker/default", "runtime/default", "unconfined", "localhost/a.json"];
                let profile = json!(*rng.choice(&profiles).expect("four"));
                let key = match rng.bool() {
                    true => "seccomp.security.alpha.kubernetes.io/pod",
                    false => "container.seccomp.security.alpha.kubernetes.io/app",
                };
                annotations[key] = profile;
            }
            11 => {
                let profile = one(
                    rng,
                    &[
                        json!({"type": "RuntimeDefault"}),
                        json!({"type": "Unconfined"}),
                        json!({"type": "Localhost", "localhostProfile": "a.json"}),
                    ],
                )
                .clone();
                match rng.bool() {
                    true => spec["securityContext"]["seccompProfile"] = profile,
                    false => spec[lists][index]["securityContext"]["seccompProfile"] = profile,
                }
            }
            12 => {
                let profiles = ["runtime/default", "unconfined", "localhost/a"];
                annotations["container.apparmor.security.beta.kubernetes.io/app"] =
                    json!(*rng.choice(&profiles).expect("three"));
            }
            13 => {
                let names = ["kernel.shm_rmid_forced", "kernel.msgmax", "net.core.somaxconn"];
                let name = *rng.choice(&names).expect("three");
                spec["securityContext"]["sysctls"] = json!([{"name": name, "value": "1"}]);
            }
            14 => volume(rng, &mut spec, lists, index),
            15 => {
                let set = json!(rng.bool());
                spec[lists][index]["securityContext"]["readOnlyRootFilesystem"] = set;
            }
            16 => {
                let set = json!(rng.bool());
                spec[lists][index]["securityContext"]["allowPrivilegeEscalation"] = set;
            }
            17 => match rng.bool() {
                true => spec[lists][index]["securityContext"]["procMount"] = json!("Unmasked"),
                false => {
                    spec["runtimeClassName"] =
                        json!(*rng.choice(&["gvisor", "kata"]).expect("two"));
                }
            },
            _ => {
                let port = match rng.bool() {
                    true => json!({"containerPort": 8080}),
                    false => json!({"containerPort": 8081, "hostPort": 85}),
                };
                spec[lists][index]["ports"] = json!([port]);
            }
        }
    }
    match rng.usize(0..4) {
        0 => spec["automountServiceAccountToken"] = json!(false),
        1 => spec["serviceAccountName"] = json!("app"),
        _ => {}
    }
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": annotations}, "spec": spec,
    })
}

fn volume(rng: &mut Rng, spec: &mut Value, list: &str, index: usize) {
    let number = spec["volumes"].as_array().map_or(0, Vec::len);
    let name = format!("v{number}");
    let token = json!({"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}});
    let mut volume = one(
        rng,
        &[
            json!({"hostPath": {"path": "/var/log/app"}}),
            json!({"hostPath": {"path": "/var/logs"}}),
            json!({"hostPath": {"path": "/data/"}}),
            json!({"emptyDir": {}}),
            json!({}),
            json!({"secret": {"secretName": "s"}}),
            json!({"configMap": {"name": "c"}}),
            json!({"downwardAPI": {"items": []}}),
            json!({"persistentVolumeClaim": {"claimName": "p"}}),
            json!({"flexVolume": {"driver": "example/a"}}),
            json!({"flexVolume": {"driver": "example/b"}}),
            json!({"csi": {"driver": "inline.example.com"}}),
            json!({"csi": {"driver": "other.example.com"}}),
            json!({"nfs": {"server": "n", "path": "/"}}),
            json!({"cephfs": {"monitors": ["m"]}}),
            json!({"storageos": {"volumeName": "v"}}),
            json!({"projected": {"sources": [token]}}),
            json!({"projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}}),
            json!({"projected": {"sources": [{"configMap": {"name": "other"}}]}}),
            json!({"projected": {"sources": [token, {"downwardAPI": {"items": [
                {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}}]}}),
            json!({"projected": {"sources": [{"secret": {"name": "s"}}]}}),
        ],
    )
    .clone();
    volume["name"] = json!(name);
    let mount = json!({"name": name, "mountPath": format!("/m{number}"), "readOnly": rng.bool()});
    push(&mut spec["volumes"], volume);
    push(&mut spec[list][index]["volumeMounts"], mount);
}

fn push(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}
