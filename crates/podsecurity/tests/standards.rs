//! What each version of the standards forbids, where versions or levels differ, and what can't be
//! decided.

mod evaluated;
mod reading;

use evaluated::evaluated;
use seawall_model::Level;
use seawall_podsecurity::standards::{CHECKS, Standard, Version};

const BASELINE: Level = Level::Baseline;
const RESTRICTED: Level = Level::Restricted;

/// A pod that is allowed by `restricted` at every version, with more fields of its spec, of its
/// security context and of its container.
fn restricted(spec: &str, context: &str, container: &str) -> String {
    format!(
        r#"{{apiVersion: v1, kind: Pod, metadata: {{name: case}}, spec: {{{spec}
            securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}, {context}}},
            containers: [{{name: app, {container} securityContext: {{
                allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}}}]}}}}"#
    )
}

/// A pod of one container that has nothing but this.
fn bare(metadata: &str, spec: &str, container: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: case, {metadata}}}, spec: {{{spec} \
         containers: [{{name: app, {container}}}]}}}}"
    )
}

/// The checks that forbid a pod at `v1.minor`.
fn at(minor: u32, level: Level, manifest: &str) -> Vec<&'static str> {
    let evaluated = evaluated(manifest, level, Version::v1(minor));
    assert_eq!(evaluated.undecided, Vec::<String>::new(), "{manifest}");
    evaluated.forbidden_by
}

/// Asserts that `check` alone forbids a pod up to `v1.(since - 1)`, and nothing from then on.
fn allowed_since(since: u32, level: Level, check: &str, manifest: &str) {
    assert_eq!(at(since - 1, level, manifest), [check], "v1.{}", since - 1);
    assert_eq!(at(since, level, manifest), [""; 0], "v1.{since}");
}

#[test]
fn the_checks_of_the_newest_version_are_upstream_s() {
    let ids = |level| -> Vec<_> {
        Standard::new(level, Version::LATEST).checks().map(|check| check.id).collect()
    };
    assert_eq!(ids(BASELINE).len(), 12);
    assert_eq!(
        ids(RESTRICTED),
        [
            "appArmorProfile",
            "hostNamespaces",
            "hostPorts",
            "hostProbesAndHostLifecycle",
            "privileged",
            "seLinuxOptions",
            "sysctls",
            "windowsHostProcess",
            "allowPrivilegeEscalation",
            "capabilities_restricted",
            "procMount_restricted",
            "restrictedVolumes",
            "runAsNonRoot",
            "runAsUser",
            "seccompProfile_restricted",
        ]
    );
    assert_eq!(CHECKS.len(), 19);
}

#[test]
fn revisions_and_overrides_are_well_formed() {
    for check in CHECKS {
        assert!(check.revisions.is_sorted_by_key(|revision| revision.since), "{}", check.id);
        for overridden in check.revisions.iter().filter_map(|revision| revision.overrides) {
            assert_eq!(check.level, RESTRICTED, "{}", check.id);
            let other = CHECKS.iter().find(|other| other.id == overridden).expect("it exists");
            assert_eq!(other.level, BASELINE, "{overridden}");
        }
    }
    for (level, name) in [(BASELINE, "baseline"), (RESTRICTED, "restricted")] {
        let ids: Vec<_> = CHECKS.iter().filter(|c| c.level == level).map(|c| c.id).collect();
        assert!(ids.is_sorted(), "{name}");
    }
}

#[test]
fn versions_above_the_newest_count_as_the_newest() {
    let newest: Vec<_> = Standard::new(RESTRICTED, Version::NEWEST).checks().collect();
    for version in [Version::v1(99), Version::LATEST] {
        assert_eq!(Standard::new(RESTRICTED, version).checks().collect::<Vec<_>>(), newest);
    }
}

#[test]
fn a_restricted_pod_is_allowed_by_every_version() {
    for minor in 0..=37 {
        for level in [BASELINE, RESTRICTED] {
            assert_eq!(at(minor, level, &restricted("", "", "")), [""; 0], "v1.{minor}");
        }
    }
}

#[test]
fn sysctls_are_allowed_since_their_version() {
    for (since, sysctl) in [
        (27, "net.ipv4.ip_local_reserved_ports"),
        (29, "net.ipv4.tcp_keepalive_time"),
        (29, "net.ipv4.tcp_keepalive_probes"),
        (32, "net.ipv4.tcp_rmem"),
        (32, "net.ipv4.tcp_wmem"),
        (37, "net.ipv4.tcp_slow_start_after_idle"),
        (37, "net.ipv4.tcp_notsent_lowat"),
    ] {
        let pod = restricted("", &format!("sysctls: [{{name: {sysctl}, value: '1'}}]"), "");
        allowed_since(since, BASELINE, "sysctls", &pod);
        allowed_since(since, RESTRICTED, "sysctls", &pod);
    }
}

#[test]
fn the_selinux_type_of_engines_is_allowed_since_1_31() {
    let pod = restricted("", "seLinuxOptions: {type: container_engine_t}", "");
    allowed_since(31, BASELINE, "seLinuxOptions", &pod);
    let user = restricted("", "seLinuxOptions: {type: container_t, user: u, role: r}", "");
    let evaluated = evaluated(&user, BASELINE, Version::LATEST);
    assert_eq!(
        evaluated.violations,
        [
            "spec.securityContext.seLinuxOptions.user: the pod sets the SELinux user \"u\"; remove it",
            "spec.securityContext.seLinuxOptions.role: the pod sets the SELinux role \"r\"; remove it",
        ]
    );
}

#[test]
fn hosts_of_probes_and_hooks_are_forbidden_since_1_34() {
    for container in [
        "livenessProbe: {httpGet: {port: 1, host: h}},",
        "readinessProbe: {tcpSocket: {port: 1, host: h}},",
        "startupProbe: {httpGet: {port: 1, host: h}},",
        "lifecycle: {postStart: {httpGet: {port: 1, host: h}}},",
        "lifecycle: {preStop: {tcpSocket: {port: 1, host: h}}},",
    ] {
        let pod = restricted("", "", container);
        assert_eq!(at(33, BASELINE, &pod), [""; 0], "{container}");
        assert_eq!(at(34, BASELINE, &pod), ["hostProbesAndHostLifecycle"], "{container}");
        assert_eq!(at(34, RESTRICTED, &pod), ["hostProbesAndHostLifecycle"], "{container}");
    }
    let empty = restricted("", "", "livenessProbe: {httpGet: {port: 1, host: ''}},");
    assert_eq!(at(34, BASELINE, &empty), [""; 0]);
}

#[test]
fn a_user_namespace_relaxes_rules_since_1_35() {
    let root = "hostUsers: false, securityContext: {seccompProfile: {type: RuntimeDefault}, \
                runAsUser: 0, runAsNonRoot: false},";
    let container = "securityContext: {allowPrivilegeEscalation: false, \
                     capabilities: {drop: [ALL]}}";
    let pod = bare("", root, container);
    assert_eq!(at(34, RESTRICTED, &pod), ["runAsNonRoot", "runAsUser"]);
    assert_eq!(at(35, RESTRICTED, &pod), [""; 0]);
    let shared = pod.replace("hostUsers: false", "hostUsers: true");
    assert_eq!(at(35, RESTRICTED, &shared), ["runAsNonRoot", "runAsUser"]);

    let unmasked = "securityContext: {procMount: Unmasked, allowPrivilegeEscalation: false, \
                    capabilities: {drop: [ALL]}}";
    let pod = bare("", root, unmasked);
    assert_eq!(at(34, BASELINE, &pod), ["procMount"]);
    assert_eq!(at(35, BASELINE, &pod), [""; 0]);
    assert_eq!(at(35, RESTRICTED, &pod), ["procMount_restricted"]);
    assert_eq!(at(35, BASELINE, &bare("", "", unmasked)), ["procMount"]);
}

#[test]
fn windows_pods_are_exempt_from_three_checks_since_1_25() {
    let pod = bare("", "os: {name: windows}, securityContext: {runAsNonRoot: true},", "");
    assert_eq!(
        at(24, RESTRICTED, &pod),
        ["allowPrivilegeEscalation", "capabilities_restricted", "seccompProfile_restricted"]
    );
    assert_eq!(at(25, RESTRICTED, &pod), [""; 0]);
    let host = bare(
        "",
        "os: {name: windows}, securityContext: {windowsOptions: {hostProcess: true}},",
        "",
    );
    assert_eq!(at(25, RESTRICTED, &host), ["windowsHostProcess", "runAsNonRoot"]);
}

#[test]
fn seccomp_moves_from_annotations_to_fields_in_1_19() {
    let key = "container.seccomp.security.alpha.kubernetes.io/app";
    let annotated = bare(&format!("annotations: {{{key}: unconfined}}"), "", "");
    allowed_since(19, BASELINE, "seccompProfile_baseline", &annotated);
    let elsewhere = annotated.replace("io/app", "io/other");
    assert_eq!(at(18, BASELINE, &elsewhere), [""; 0]);
    let null = annotated.replace("unconfined", "null");
    assert_eq!(at(18, BASELINE, &null), ["seccompProfile_baseline"]);
    let field = restricted("", "", "").replace("type: RuntimeDefault", "type: Unconfined");
    assert_eq!(at(18, RESTRICTED, &field), [""; 0]);
    assert_eq!(at(19, BASELINE, &field), ["seccompProfile_baseline"]);
    assert_eq!(at(19, RESTRICTED, &field), ["seccompProfile_restricted"]);
    let untyped = field.replace("type: Unconfined", "localhostProfile: app.json");
    assert_eq!(at(19, BASELINE, &untyped), ["seccompProfile_baseline"]);
}

#[test]
fn app_armor_annotations_count_for_containers_that_are_not_there() {
    let key = "container.apparmor.security.beta.kubernetes.io/other";
    for (value, expected) in [
        ("unconfined", &["appArmorProfile"][..]),
        ("docker/default", &["appArmorProfile"]),
        ("''", &[]),
        ("null", &[]),
        ("runtime/default", &[]),
        ("localhost/", &[]),
    ] {
        let pod = bare(&format!("annotations: {{{key}: {value}}}"), "", "");
        assert_eq!(at(30, BASELINE, &pod), expected, "{value}");
    }
}

#[test]
fn a_volume_without_a_source_is_an_empty_dir() {
    for (volume, expected) in [
        ("name: v", &[][..]),
        ("name: v, emptyDir: null", &[]),
        ("name: v, image: {reference: a}", &[]),
        ("name: v, hostPath: {path: /}", &["restrictedVolumes"]),
        ("name: v, hostPath: {}", &["restrictedVolumes"]),
        ("name: v, gitRepo: {repository: r}", &["restrictedVolumes"]),
    ] {
        let pod = restricted(&format!("volumes: [{{{volume}}}],"), "", "");
        assert_eq!(at(30, RESTRICTED, &pod), expected, "{volume}");
    }
    let host = restricted("volumes: [{name: v, hostPath: {path: /}}],", "", "");
    assert_eq!(at(30, BASELINE, &host), ["hostPathVolumes"]);
}

#[test]
fn capability_names_are_compared_exactly() {
    let with = |add: &str, drop: &str| {
        bare("", "", &format!("securityContext: {{capabilities: {{add: {add}, drop: {drop}}}}}"))
    };
    assert_eq!(at(30, BASELINE, &with("[CAP_CHOWN]", "[]")), ["capabilities_baseline"]);
    assert_eq!(at(30, BASELINE, &with("[chown]", "[]")), ["capabilities_baseline"]);
    assert_eq!(at(30, BASELINE, &with("[CHOWN]", "[all]")), [""; 0]);
    assert_eq!(at(30, BASELINE, &with("[NET_RAW]", "[ALL]")), ["capabilities_baseline"]);
    let lower = restricted("", "", "").replace("[ALL]", "[all]");
    assert_eq!(at(30, RESTRICTED, &lower), ["capabilities_restricted"]);
    assert_eq!(at(21, RESTRICTED, &lower), [""; 0]);
}

#[test]
fn every_list_of_containers_is_looked_at_and_named() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: case}, spec: {
        initContainers: [{name: a, securityContext: {privileged: true}}],
        containers: [{name: b, ports: [{hostPort: 80}, {hostPort: 0}]}],
        ephemeralContainers: [{name: c, securityContext: {privileged: true}}]}}";
    assert_eq!(
        evaluated(pod, BASELINE, Version::LATEST).violations,
        [
            "spec.containers[b].ports[0].hostPort: container b takes port 80 of the node; remove \
             `hostPort` and use a Service",
            "spec.initContainers[a].securityContext.privileged: init container a runs privileged; \
             remove `privileged: true` and add only the capabilities it needs",
            "spec.ephemeralContainers[c].securityContext.privileged: ephemeral container c runs \
             privileged; remove `privileged: true` and add only the capabilities it needs",
        ]
    );
}

#[test]
fn what_is_malformed_is_neither_allowed_nor_forbidden() {
    let context = |fields: &str| bare("", "", &format!("securityContext: {{{fields}}}"));
    for (pod, why) in [
        (context("privileged: 'true'"), "privileged is a string"),
        (context("procMount: 1"), "procMount is an integer"),
        (context("capabilities: ALL"), "capabilities is a string"),
        (context("capabilities: {add: CHOWN}"), "add is a string"),
        (context("capabilities: {add: [1]}"), "an integer (1) where a string belongs"),
        (context("seLinuxOptions: {type: [a]}"), "type is a list"),
        (context("seccompProfile: Unconfined"), "seccompProfile is a string"),
        (context("appArmorProfile: {type: 1}"), "type is an integer"),
        (context("windowsOptions: {hostProcess: 'true'}"), "hostProcess is a string"),
        (bare("", "", "securityContext: privileged"), "securityContext is a string"),
        (bare("", "securityContext: [],", ""), "securityContext is a list"),
        (bare("", "securityContext: {sysctls: {a: b}},", ""), "sysctls is a map"),
        (bare("", "securityContext: {sysctls: [{name: 1}]},", ""), "name is an integer"),
        (bare("", "hostNetwork: 'true',", ""), "hostNetwork is a string"),
        (bare("", "hostPID: 1,", ""), "hostPID is an integer"),
        (bare("", "hostUsers: 'false',", ""), "hostUsers is a string"),
        (bare("", "volumes: {hostPath: {path: /}},", ""), "volumes is a map"),
        (bare("", "volumes: [hostPath],", ""), "a string (\"hostPath\") where a map belongs"),
        (bare("", "initContainers: {name: a},", ""), "initContainers is a map"),
        (bare("", "ephemeralContainers: [a],", ""), "a string (\"a\") where a map belongs"),
        (bare("", "", "ports: {hostPort: 80}"), "ports is a map"),
        (bare("", "", "ports: [{hostPort: '80'}]"), "hostPort is a string"),
        (bare("", "", "livenessProbe: {httpGet: h}"), "httpGet is a string"),
        (bare("", "", "lifecycle: {preStop: [h]}"), "preStop is a list"),
        (bare("annotations: a", "", ""), "annotations is a string"),
    ] {
        let evaluated = evaluated(&pod, BASELINE, Version::LATEST);
        assert_eq!(evaluated.violations, [""; 0], "{pod}");
        let [said] = evaluated.undecided.as_slice() else {
            panic!("{:?}: {pod}", evaluated.undecided)
        };
        assert!(said.contains(why), "{said}: {pod}");
    }
    let volume = restricted("volumes: [{name: v, emptydir: {}}],", "", "");
    assert_eq!(
        evaluated(&volume, RESTRICTED, Version::LATEST).undecided,
        ["emptydir is no volume type that Kubernetes is known to have"]
    );
}

#[test]
fn one_malformed_field_does_not_hide_what_is_forbidden() {
    let pod = bare(
        "",
        "hostNetwork: 'true', hostPID: true,",
        "securityContext: {capabilities: {add: [1, SYS_ADMIN]}}",
    );
    let evaluated = evaluated(&pod, BASELINE, Version::LATEST);
    assert_eq!(evaluated.forbidden_by, ["capabilities_baseline", "hostNamespaces"]);
    assert_eq!(evaluated.undecided.len(), 2);
}
