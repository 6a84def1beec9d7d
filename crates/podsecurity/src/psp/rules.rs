//! A policy's rules as expressions of CEL, for a ValidatingAdmissionPolicy.
//!
//! Each rule says what the policy demands of a pod that is complete: what the policy would have set
//! must stand in the workload. A rule that a level of the Pod Security Standards implies is marked
//! with it and need not be written where the namespace enforces that level.
//!
//! Where CEL sees other fields than the plugin did, the rule says the same in today's: profiles are
//! fields, not annotations, and dropping `ALL` drops what must be dropped.
//!
//! Expressions use optional fields and the libraries of Kubernetes 1.29 and later.

use super::groups::GroupRule;
use super::policy::Policy;
use super::read::Range;
use super::se_linux::{SeLinux, SeLinuxRule};
use super::sysctls::SAFE;
use super::user::UserRule;
use super::volumes;
use crate::admission::PodLevel;
use crate::standards::capabilities_baseline;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CelRule {
    /// The policy's field.
    pub field: &'static str,
    /// True of pods that fit.
    pub expression: String,
    /// What is wrong with the others.
    pub message: String,
    /// The laxest level that refuses all that the rule refuses.
    pub implied_by: Option<PodLevel>,
}

/// The variable that the expressions read: its name and its expression. Ephemeral containers are
/// none of a pod that is created.
pub const CONTAINERS: (&str, &str) =
    ("containers", "object.spec.containers + object.spec.?initContainers.orValue([])");

const BASELINE: Option<PodLevel> = Some(PodLevel::Baseline);
const RESTRICTED: Option<PodLevel> = Some(PodLevel::Restricted);

/// What holds of every container `c`.
fn each(expression: &str) -> String {
    format!("variables.containers.all(c, {expression})")
}

/// A field of the container's security context, else of the pod's.
fn effective(field: &str) -> String {
    format!("c.?securityContext.?{field}.or(object.spec.?securityContext.?{field})")
}

/// What holds of every volume `v`.
fn each_volume(expression: &str) -> String {
    format!("object.spec.?volumes.orValue([]).all(v, {expression})")
}

/// A text as CEL writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn quoted_list<T: AsRef<str>>(texts: &[T]) -> String {
    let all: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", all.join(", "))
}

fn in_ranges(name: &str, ranges: &[Range]) -> String {
    let tests: Vec<String> = ranges
        .iter()
        .map(|Range { min, max }| match min == max {
            true => format!("{name} == {min}"),
            false => format!("({name} >= {min} && {name} <= {max})"),
        })
        .collect();
    if tests.is_empty() { "false".to_owned() } else { tests.join(" || ") }
}

impl Policy {
    /// All rules, those left out that refuse nothing.
    pub fn rules(&self) -> Vec<CelRule> {
        let mut rules = Vec::new();
        let mut add = |field, expression: String, message: &str, implied_by| {
            let message = message.to_owned();
            rules.push(CelRule { field, expression, message, implied_by });
        };
        if !self.privileged {
            let test = each("!c.?securityContext.?privileged.orValue(false)");
            add("privileged", test, "privileged containers are not allowed", BASELINE);
        }
        for (field, allowed) in [
            ("hostNetwork", self.host_network),
            ("hostPID", self.host_pid),
            ("hostIPC", self.host_ipc),
        ] {
            if !allowed {
                let test = format!("!object.spec.?{field}.orValue(false)");
                add(field, test, &format!("{field} is not allowed"), BASELINE);
            }
        }
        let all_ports = self.host_ports.iter().any(|r| r.min <= 1 && r.max >= 65535);
        if !all_ports {
            let mut fits = "p.?hostPort.orValue(0) == 0".to_owned();
            if !self.host_ports.is_empty() {
                fits.push_str(&format!(" || {}", in_ranges("p.hostPort", &self.host_ports)));
            }
            let test = each(&format!("c.?ports.orValue([]).all(p, {fits})"));
            let allowed = Range::list(&self.host_ports);
            let allowed = if allowed.is_empty() { "none" } else { &allowed };
            add("hostPorts", test, &format!("allowed host ports: {allowed}"), BASELINE);
        }
        rules.extend(self.volume_rules());
        rules.extend(self.identity_rules());
        rules.extend(self.container_rules());
        rules.extend(self.sysctl_rules());
        rules.extend(self.profile_rules());
        if let Some(classes) = &self.runtime_class
            && !classes.allowed_runtime_class_names.iter().any(|name| name == "*")
        {
            let names = &classes.allowed_runtime_class_names;
            let allowed = quoted_list(names);
            rules.push(CelRule {
                field: "runtimeClass",
                expression: format!(
                    "object.spec.?runtimeClassName.optMap(n, n in {allowed}).orValue(true)"
                ),
                message: format!("allowed runtime classes: {}", names.join(", ")),
                implied_by: None,
            });
        }
        rules
    }

    fn volume_rules(&self) -> Vec<CelRule> {
        let mut rules = Vec::new();
        let allows = |name: &str| self.volumes.iter().any(|v| v == name || v == "*");
        if !allows("*") {
            let mut tests: Vec<String> = volumes::keys()
                .filter(|(_, name)| allows(name))
                .map(|(key, _)| format!("has(v.{key})"))
                .collect();
            if allows("secret") && !allows("projected") {
                tests.push(TOKEN_ONLY.to_owned());
            }
            let any = if tests.is_empty() { "false".to_owned() } else { tests.join(" || ") };
            // What restricted allows, and what baseline does: all but host paths.
            let of_restricted = [
                "configMap",
                "csi",
                "downwardAPI",
                "emptyDir",
                "ephemeral",
                "persistentVolumeClaim",
                "projected",
                "secret",
            ];
            let implied_by = if volumes::keys().all(|(_, n)| n == "hostPath" || allows(n)) {
                BASELINE
            } else if of_restricted.iter().all(|name| allows(name)) {
                RESTRICTED
            } else {
                None
            };
            rules.push(CelRule {
                field: "volumes",
                expression: each_volume(&any),
                message: format!("allowed volume types: {}", self.volumes.join(", ")),
                implied_by,
            });
        }
        if allows("hostPath") && !self.allowed_host_paths.is_empty() {
            let read_only = "variables.containers.all(c, c.?volumeMounts.orValue([]).all(m, \
                             m.name != v.name || m.?readOnly.orValue(false)))";
            let tests: Vec<String> = self
                .allowed_host_paths
                .iter()
                .map(|path| {
                    let cut = path.path_prefix.strip_suffix('/').unwrap_or(&path.path_prefix);
                    let under = quoted(&format!("{cut}/"));
                    let test = format!("(v.hostPath.path + \"/\").startsWith({under})");
                    if path.read_only { format!("({test} && {read_only})") } else { test }
                })
                .collect();
            let shown: Vec<String> = self
                .allowed_host_paths
                .iter()
                .map(|path| {
                    let how = if path.read_only { " (read-only)" } else { "" };
                    format!("{}{how}", path.path_prefix)
                })
                .collect();
            rules.push(CelRule {
                field: "allowedHostPaths",
                expression: each_volume(&format!("!has(v.hostPath) || {}", tests.join(" || "))),
                message: format!("allowed host paths: {}", shown.join(", ")),
                implied_by: BASELINE,
            });
        }
        for (field, key, drivers, implied_by) in [
            ("allowedFlexVolumes", "flexVolume", &self.allowed_flex_volumes, RESTRICTED),
            ("allowedCSIDrivers", "csi", &self.allowed_csi_drivers, None),
        ] {
            if !drivers.is_empty() && allows(key) {
                let allowed = quoted_list(drivers);
                rules.push(CelRule {
                    field,
                    expression: each_volume(&format!(
                        "!has(v.{key}) || v.{key}.driver in {allowed}"
                    )),
                    message: format!("allowed {key} drivers: {}", drivers.join(", ")),
                    implied_by,
                });
            }
        }
        rules
    }

    fn identity_rules(&self) -> Vec<CelRule> {
        let mut rules = Vec::new();
        let mut add = |field, expression, message: String, implied_by| {
            rules.push(CelRule { field, expression, message, implied_by });
        };
        let (user, non_root) = (effective("runAsUser"), effective("runAsNonRoot"));
        match &self.run_as_user {
            UserRule::RunAsAny => {}
            UserRule::MustRunAsNonRoot => add(
                "runAsUser",
                each(&format!("{non_root}.orValue({user}.hasValue()) && {user}.orValue(1) != 0")),
                "containers must not run as root".to_owned(),
                RESTRICTED,
            ),
            UserRule::MustRunAs(ranges) => add(
                "runAsUser",
                each(&format!("{user}.optMap(u, {}).orValue(false)", in_ranges("u", ranges))),
                format!("allowed users: {}", Range::list(ranges)),
                None,
            ),
        }
        if let Some((ranges, unset)) = group_ranges(&self.run_as_group) {
            let group = effective("runAsGroup");
            let test = format!("{group}.optMap(g, {}).orValue({unset})", in_ranges("g", ranges));
            add(
                "runAsGroup",
                each(&test),
                format!("allowed groups: {}", Range::list(ranges)),
                None,
            );
        }
        if let Some((ranges, unset)) = group_ranges(&self.fs_group) {
            let inside = in_ranges("g", ranges);
            let test = format!(
                "object.spec.?securityContext.?fsGroup.optMap(g, {inside}).orValue({unset})"
            );
            add("fsGroup", test, format!("allowed fsGroups: {}", Range::list(ranges)), None);
        }
        if let Some((ranges, unset)) = group_ranges(&self.supplemental_groups) {
            let groups = "object.spec.?securityContext.?supplementalGroups.orValue([])";
            let inside = in_ranges("g", ranges);
            let some = if unset { String::new() } else { format!("{groups}.size() > 0 && ") };
            let test = format!("{some}{groups}.all(g, {inside})");
            let message = format!("allowed supplemental groups: {}", Range::list(ranges));
            add("supplementalGroups", test, message, None);
        }
        if let SeLinuxRule::MustRunAs(options) = &self.se_linux {
            let fits = |options_of: &str| {
                format!("{options_of}.optMap(o, {}).orValue(false)", same_options(options))
            };
            let pod = fits("object.spec.?securityContext.?seLinuxOptions");
            let containers = each(&fits(&effective("seLinuxOptions")));
            let shown: Vec<String> =
                options.entries().map(|(key, value)| format!("{key} {value}")).collect();
            let message = format!("SELinux options must be: {}", shown.join(", "));
            add("seLinux", format!("{pod} && {containers}"), message, None);
        }
        rules
    }

    fn container_rules(&self) -> Vec<CelRule> {
        let mut rules = Vec::new();
        let mut add = |field, test: &str, message: String, implied_by| {
            rules.push(CelRule { field, expression: each(test), message, implied_by });
        };
        if self.read_only_root_filesystem {
            let test = "c.?securityContext.?readOnlyRootFilesystem.orValue(false)";
            let message = "the root file system must be read-only".to_owned();
            add("readOnlyRootFilesystem", test, message, None);
        }
        if !self.allow_privilege_escalation {
            let test = "!c.?securityContext.?allowPrivilegeEscalation.orValue(true)";
            let message = "privilege escalation must be ruled out".to_owned();
            add("allowPrivilegeEscalation", test, message, RESTRICTED);
        }
        let any = self.allowed_capabilities.iter().any(|name| name == "*");
        if !any {
            let mut allowed = self.allowed_capabilities.clone();
            allowed.extend(self.default_add_capabilities.iter().cloned());
            let has = |name: &str| allowed.iter().any(|a| a == name);
            let implied_by = if capabilities_baseline::ALLOWED.iter().all(|name| has(name)) {
                BASELINE
            } else if has("NET_BIND_SERVICE") {
                RESTRICTED
            } else {
                None
            };
            let test = format!(
                "c.?securityContext.?capabilities.?add.orValue([]).all(n, n in {})",
                quoted_list(&allowed)
            );
            let shown = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            let message = format!("capabilities that may be added: {shown}");
            add("allowedCapabilities", &test, message, implied_by);
            if !self.required_drop_capabilities.is_empty() {
                let drop = "c.?securityContext.?capabilities.?drop.orValue([])";
                let test = format!(
                    "\"ALL\" in {drop} || {}.all(n, n in {drop})",
                    quoted_list(&self.required_drop_capabilities)
                );
                let names = self.required_drop_capabilities.join(", ");
                let message = format!("capabilities that must be dropped: {names}");
                add("requiredDropCapabilities", &test, message, RESTRICTED);
            }
        }
        let default = [String::from("Default")];
        let types = &self.allowed_proc_mount_types;
        let types: &[String] = if types.is_empty() { &default } else { types };
        let has = |name: &str| types.iter().any(|t| t == name);
        if !(has("Default") && has("Unmasked")) {
            let test = format!(
                "c.?securityContext.?procMount.orValue(\"Default\") in {}",
                quoted_list(types)
            );
            let implied_by = if has("Default") { BASELINE } else { None };
            let message = format!("allowed proc mounts: {}", types.join(", "));
            add("allowedProcMountTypes", &test, message, implied_by);
        }
        rules
    }

    fn sysctl_rules(&self) -> Vec<CelRule> {
        let matches = |patterns: &[String]| -> Vec<String> {
            let test = |pattern: &String| match pattern.strip_suffix('*') {
                Some("") => "true".to_owned(),
                Some(prefix) => format!("s.name.startsWith({})", quoted(prefix)),
                None => format!("s.name == {}", quoted(pattern)),
            };
            patterns.iter().map(test).collect()
        };
        let each = |test: &str| {
            format!("object.spec.?securityContext.?sysctls.orValue([]).all(s, {test})")
        };
        let mut rules = Vec::new();
        if !self.forbidden_sysctls.is_empty() {
            rules.push(CelRule {
                field: "forbiddenSysctls",
                expression: each(&format!("!({})", matches(&self.forbidden_sysctls).join(" || "))),
                message: format!("forbidden sysctls: {}", self.forbidden_sysctls.join(", ")),
                implied_by: None,
            });
        }
        if !self.allowed_unsafe_sysctls.iter().any(|pattern| pattern == "*") {
            let mut tests = vec![format!("s.name in {}", quoted_list(SAFE))];
            tests.extend(matches(&self.allowed_unsafe_sysctls));
            let allowed = self.allowed_unsafe_sysctls.join(", ");
            let allowed = if allowed.is_empty() { "none" } else { &allowed };
            rules.push(CelRule {
                field: "allowedUnsafeSysctls",
                expression: each(&tests.join(" || ")),
                message: format!("allowed sysctls beside the safe ones: {allowed}"),
                implied_by: BASELINE,
            });
        }
        rules
    }

    /// Of a policy without a list of seccomp profiles there is no rule: it would forbid to set any,
    /// which the standards ask for.
    fn profile_rules(&self) -> Vec<CelRule> {
        let mut rules = Vec::new();
        let mut add = |field, key: &str, names: &[String], pod_wide: bool| {
            let fits = profile_fits(names);
            let profile = effective(key);
            let mut test = each(&format!("{profile}.optMap(p, {fits}).orValue(false)"));
            if pod_wide {
                let pod = format!("object.spec.?securityContext.?{key}");
                test = format!("{pod}.optMap(p, {fits}).orValue(true) && {test}");
            }
            let message = format!("allowed profiles: {}", names.join(", "));
            rules.push(CelRule { field, expression: test, message, implied_by: None });
        };
        let some = self.seccomp.allowed.iter().any(|name| !name.is_empty());
        if !self.seccomp.allows_any() && some {
            add("allowedProfileNames (seccomp)", "seccompProfile", &self.seccomp.allowed, true);
        }
        if let Some(names) = &self.app_armor.allowed {
            add("allowedProfileNames (AppArmor)", "appArmorProfile", names, false);
        }
        rules
    }
}

/// A projected volume of nothing but what the ServiceAccount plugin projects.
const TOKEN_ONLY: &str = "(has(v.projected) && v.projected.?sources.orValue([]).all(s, \
    (has(s.serviceAccountToken) || has(s.configMap) || has(s.downwardAPI)) && \
    (!has(s.serviceAccountToken) || (s.serviceAccountToken.path == \"token\" && \
    s.serviceAccountToken.?audience.orValue(\"\") == \"\")) && \
    (!has(s.configMap) || s.configMap.?name.orValue(\"\") == \"kube-root-ca.crt\") && \
    (!has(s.downwardAPI) || s.downwardAPI.?items.orValue([]).all(i, i.path == \"namespace\" && \
    i.?fieldRef.?fieldPath.orValue(\"\") == \"metadata.namespace\"))))";

/// The ranges of a rule, and whether no group fits as well.
fn group_ranges(rule: &GroupRule) -> Option<(&[Range], bool)> {
    match rule {
        GroupRule::RunAsAny => None,
        GroupRule::MustRunAs(ranges) => Some((ranges, false)),
        GroupRule::MayRunAs(ranges) => Some((ranges, true)),
    }
}

/// Whether SELinux options `o` are these; categories have no order.
fn same_options(options: &SeLinux) -> String {
    let same = |key: &str, value: &str| format!("o.?{key}.orValue(\"\") == {}", quoted(value));
    let mut tests = vec![
        same("role", &options.role),
        same("type", &options.r#type),
        same("user", &options.user),
    ];
    let level = same("level", &options.level);
    tests.push(match options.level.split_once(':') {
        None => level,
        Some((sensitivity, categories)) => {
            let prefix = quoted(&format!("{sensitivity}:"));
            let length = sensitivity.chars().count() + 1;
            let categories: Vec<&str> = categories.split(',').collect();
            let wanted = quoted_list(&categories);
            format!(
                "({level} || (o.?level.orValue(\"\").startsWith({prefix}) && \
                 o.level.split(\",\").size() == {} && \
                 sets.equivalent(o.level.substring({length}).split(\",\"), {wanted})))",
                categories.len()
            )
        }
    });
    tests.join(" && ")
}

/// Whether a profile field `p` is one of those that annotations name.
fn profile_fits(names: &[String]) -> String {
    let tests: Vec<String> = names
        .iter()
        .filter_map(|name| match name.as_str() {
            "runtime/default" | "docker/default" => Some("p.type == \"RuntimeDefault\"".to_owned()),
            "unconfined" => Some("p.type == \"Unconfined\"".to_owned()),
            other => other.strip_prefix("localhost/").map(|path| {
                let path = quoted(path);
                format!("(p.type == \"Localhost\" && p.?localhostProfile.orValue(\"\") == {path})")
            }),
        })
        .collect();
    if tests.is_empty() { "false".to_owned() } else { tests.join(" || ") }
}
