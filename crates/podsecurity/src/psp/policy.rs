//! A PodSecurityPolicy: its 24 fields and four annotations, what it sets and what it refuses.

use seawall_model::document::Node;
use seawall_model::workload::ContainerType;
use seawall_model::{Object, Undecided};

use super::app_armor::{self, AppArmorRule};
use super::capabilities;
use super::container::Container;
use super::groups::GroupRule;
use super::place::{Place, Rejection};
use super::pod::Pod;
use super::read::{Range, flag, list, optional_flag, optional_text, ranges, text, texts};
use super::se_linux::{SeLinux, SeLinuxRule};
use super::seccomp::{self, SeccompRule};
use super::sysctls;
use super::user::UserRule;
use super::valid;
use super::volumes::{self, HostPath};

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct Policy {
    pub name: String,
    pub privileged: bool,
    pub default_add_capabilities: Vec<String>,
    pub required_drop_capabilities: Vec<String>,
    pub allowed_capabilities: Vec<String>,
    pub volumes: Vec<String>,
    pub host_network: bool,
    pub host_ports: Vec<Range>,
    pub host_pid: bool,
    pub host_ipc: bool,
    pub se_linux: SeLinuxRule,
    pub run_as_user: UserRule,
    pub run_as_group: GroupRule,
    pub supplemental_groups: GroupRule,
    pub fs_group: GroupRule,
    pub read_only_root_filesystem: bool,
    pub default_allow_privilege_escalation: Option<bool>,
    /// True where the policy does not say.
    pub allow_privilege_escalation: bool,
    pub allowed_host_paths: Vec<HostPath>,
    /// The drivers.
    pub allowed_flex_volumes: Vec<String>,
    /// The drivers.
    pub allowed_csi_drivers: Vec<String>,
    pub allowed_unsafe_sysctls: Vec<String>,
    pub forbidden_sysctls: Vec<String>,
    pub allowed_proc_mount_types: Vec<String>,
    pub runtime_class: Option<RuntimeClasses>,
    /// Its annotations on seccomp.
    pub seccomp: SeccompRule,
    /// Its annotations on AppArmor.
    pub app_armor: AppArmorRule,
}

/// `runtimeClass` of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the Kubernetes field of that name")]
pub struct RuntimeClasses {
    pub allowed_runtime_class_names: Vec<String>,
    pub default_runtime_class_name: Option<String>,
}

/// A policy that the plugin can't use, or that the API server would not have.
#[derive(Clone, Debug)]
pub struct Unusable<'a> {
    /// The policy.
    pub object: Object<'a>,
    /// The value at fault, or the nearest parent of one that is missing.
    pub node: Node<'a>,
    /// What is wrong.
    pub why: String,
}

/// Why a policy can't be read.
enum Flaw<'a> {
    /// A value of another type.
    Type(Undecided<'a>),
    /// A rule or what belongs to it.
    Rule(Node<'a>, String),
}

impl<'a> From<Undecided<'a>> for Flaw<'a> {
    fn from(why: Undecided<'a>) -> Self {
        Flaw::Type(why)
    }
}

impl Policy {
    /// Reads a policy of `policy/v1beta1` or `extensions/v1beta1`.
    ///
    /// # Errors
    ///
    /// Where a value has another type, a rule is unknown or lacks what it needs (of such a policy the
    /// plugin makes nothing: `CreateStrategies`), or the API server would refuse the policy.
    pub fn read(object: Object<'_>) -> Result<Policy, Unusable<'_>> {
        Self::parse(object).map_err(|flaw| match flaw {
            Flaw::Type(why) => Unusable { object, node: why.node, why: why.why.into_owned() },
            Flaw::Rule(node, why) => Unusable { object, node, why },
        })
    }

    fn parse(object: Object<'_>) -> Result<Policy, Flaw<'_>> {
        let root = object.root();
        let Some(spec) = root.field("spec")? else {
            return Err(Flaw::Rule(root, "the policy has no spec".to_owned()));
        };
        let annotations = match object.metadata() {
            Some(metadata) => metadata.field("annotations")?,
            None => None,
        };
        let annotation = |key| -> Result<Option<&str>, Undecided<'_>> {
            let Some(annotations) = annotations else { return Ok(None) };
            Ok(annotations.field(key)?.map(Node::string).transpose()?.map(|text| text.value))
        };
        let names = |key, name| list(spec, key, |item| text(item, name));
        let host_path = |item| -> Result<HostPath, Undecided<'_>> {
            Ok(HostPath {
                path_prefix: text(item, "pathPrefix")?,
                read_only: flag(item, "readOnly")?,
            })
        };
        let runtime_class = |node| -> Result<RuntimeClasses, Undecided<'_>> {
            Ok(RuntimeClasses {
                allowed_runtime_class_names: texts(node, "allowedRuntimeClassNames")?,
                default_runtime_class_name: optional_text(node, "defaultRuntimeClassName")?,
            })
        };
        let policy = Policy {
            name: object.name().to_owned(),
            privileged: flag(spec, "privileged")?,
            default_add_capabilities: texts(spec, "defaultAddCapabilities")?,
            required_drop_capabilities: texts(spec, "requiredDropCapabilities")?,
            allowed_capabilities: texts(spec, "allowedCapabilities")?,
            volumes: texts(spec, "volumes")?,
            host_network: flag(spec, "hostNetwork")?,
            host_ports: ranges(spec, "hostPorts")?,
            host_pid: flag(spec, "hostPID")?,
            host_ipc: flag(spec, "hostIPC")?,
            se_linux: se_linux(spec)?,
            run_as_user: run_as_user(spec)?,
            run_as_group: match spec.field("runAsGroup")? {
                Some(_) => groups(spec, "runAsGroup")?,
                None => GroupRule::RunAsAny,
            },
            supplemental_groups: groups(spec, "supplementalGroups")?,
            fs_group: groups(spec, "fsGroup")?,
            read_only_root_filesystem: flag(spec, "readOnlyRootFilesystem")?,
            default_allow_privilege_escalation: optional_flag(
                spec,
                "defaultAllowPrivilegeEscalation",
            )?,
            allow_privilege_escalation: optional_flag(spec, "allowPrivilegeEscalation")?
                .unwrap_or(true),
            allowed_host_paths: list(spec, "allowedHostPaths", host_path)?,
            allowed_flex_volumes: names("allowedFlexVolumes", "driver")?,
            allowed_csi_drivers: names("allowedCSIDrivers", "name")?,
            allowed_unsafe_sysctls: texts(spec, "allowedUnsafeSysctls")?,
            forbidden_sysctls: texts(spec, "forbiddenSysctls")?,
            allowed_proc_mount_types: texts(spec, "allowedProcMountTypes")?,
            runtime_class: spec.field("runtimeClass")?.map(runtime_class).transpose()?,
            seccomp: SeccompRule::new(annotation(seccomp::DEFAULT)?, annotation(seccomp::ALLOWED)?),
            app_armor: AppArmorRule::new(
                annotation(app_armor::DEFAULT)?,
                annotation(app_armor::ALLOWED)?,
            ),
        };
        match valid::problem(spec, &policy)? {
            Some(why) => Err(Flaw::Rule(spec, why)),
            None => Ok(policy),
        }
    }

    /// Gives a pod what it lacks (`MutatePod`).
    pub fn default_pod(&self, pod: &mut Pod) {
        let context = &mut pod.security;
        if context.supplemental_groups.is_none() {
            context.supplemental_groups = self.supplemental_groups.default().map(|id| vec![id]);
        }
        if context.fs_group.is_none() {
            context.fs_group = self.fs_group.default();
        }
        self.se_linux.default_pod(pod);
        self.seccomp.default_pod(pod);
        if let Some(classes) = &self.runtime_class
            && pod.runtime_class.is_none()
        {
            pod.runtime_class.clone_from(&classes.default_runtime_class_name);
        }
        let mut containers = std::mem::take(&mut pod.containers);
        for container in &mut containers {
            self.default_container(pod, container);
        }
        pod.containers = containers;
    }

    fn default_container(&self, pod: &mut Pod, container: &mut Container) {
        self.run_as_user.default_user(pod, container);
        self.run_as_group.default_container(pod, container);
        self.app_armor.default_container(pod, &container.name);
        self.run_as_user.default_non_root(pod, container);
        capabilities::default_container(self, container);
        if self.read_only_root_filesystem
            && container.own(|own| own.read_only_root_filesystem).is_none()
        {
            container.context().read_only_root_filesystem = Some(true);
        }
        let escalation = self
            .default_allow_privilege_escalation
            .or((!self.allow_privilege_escalation).then_some(false));
        if let Some(escalation) = escalation
            && container.own(|own| own.allow_privilege_escalation).is_none()
        {
            container.context().allow_privilege_escalation = Some(escalation);
        }
    }

    /// What the policy refuses of a pod that it has defaulted (`ValidatePod`).
    pub fn violations(&self, pod: &Pod) -> Vec<Rejection> {
        let mut found = Vec::new();
        let context = &pod.security;
        let field = |name| move || Place::spec(&["securityContext", name]);
        self.fs_group.check(context.fs_group.as_slice(), field("fsGroup"), &mut found);
        let groups = context.supplemental_groups.as_deref().unwrap_or_default();
        self.supplemental_groups.check(groups, field("supplementalGroups"), &mut found);
        self.seccomp.check_pod(pod, &mut found);
        self.se_linux.check_pod(pod, &mut found);
        for (name, used, allowed) in [
            ("hostNetwork", pod.host_network, self.host_network),
            ("hostPID", pod.host_pid, self.host_pid),
            ("hostIPC", pod.host_ipc, self.host_ipc),
        ] {
            if used && !allowed {
                let reason = format!("the policy does not allow {name}");
                found.push(Rejection::new(Place::spec(&[name]), reason));
            }
        }
        sysctls::check(self, pod, &mut found);
        volumes::check(self, pod, &mut found);
        self.check_runtime_class(pod, &mut found);
        for container in &pod.containers {
            self.check_container(pod, container, &mut found);
        }
        found
    }

    /// A pod without a class is always allowed.
    fn check_runtime_class(&self, pod: &Pod, found: &mut Vec<Rejection>) {
        let (Some(classes), Some(class)) = (&self.runtime_class, &pod.runtime_class) else {
            return;
        };
        let allowed = &classes.allowed_runtime_class_names;
        if !allowed.iter().any(|name| name == "*" || name == class) {
            let names = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            let reason = format!("the runtime class is {class}; allowed are {names}");
            found.push(Rejection::new(Place::spec(&["runtimeClassName"]), reason));
        }
    }

    fn check_container(&self, pod: &Pod, container: &Container, found: &mut Vec<Rejection>) {
        let place = |field| container.place(&["securityContext", field]);
        self.run_as_user.check(pod, container, found);
        self.run_as_group.check_container(pod, container, found);
        self.se_linux.check_container(pod, container, found);
        self.app_armor.check(pod, container, found);
        self.seccomp.check_container(pod, container, found);
        if !self.privileged && container.own(|own| own.privileged) == Some(true) {
            let reason = "the policy does not allow privileged containers";
            found.push(Rejection::new(place("privileged"), reason));
        }
        self.check_proc_mount(container, found);
        capabilities::check(self, container, found);
        self.check_host_ports(container, found);
        if self.read_only_root_filesystem
            && container.own(|own| own.read_only_root_filesystem) != Some(true)
        {
            let reason = "the root file system must be read-only";
            found.push(Rejection::new(place("readOnlyRootFilesystem"), reason));
        }
        if !self.allow_privilege_escalation
            && container.own(|own| own.allow_privilege_escalation) != Some(false)
        {
            let reason = "the policy does not allow privilege escalation";
            found.push(Rejection::new(place("allowPrivilegeEscalation"), reason));
        }
    }

    /// An empty list allows `Default`.
    fn check_proc_mount(&self, container: &Container, found: &mut Vec<Rejection>) {
        let own = container.own(|own| own.proc_mount.as_deref()).unwrap_or("Default");
        let allowed = &self.allowed_proc_mount_types;
        let fits =
            if allowed.is_empty() { own == "Default" } else { allowed.iter().any(|t| t == own) };
        if !fits {
            let names = if allowed.is_empty() { "Default".to_owned() } else { allowed.join(", ") };
            let reason = format!("the proc mount is {own}; allowed are {names}");
            found.push(Rejection::new(container.place(&["securityContext", "procMount"]), reason));
        }
    }

    fn check_host_ports(&self, container: &Container, found: &mut Vec<Rejection>) {
        if container.container_type == ContainerType::Ephemeral {
            return;
        }
        for (index, port) in container.ports.iter().enumerate() {
            if port.host > 0 && !Range::any_holds(&self.host_ports, port.host) {
                let allowed = Range::list(&self.host_ports);
                let allowed = if allowed.is_empty() { "none" } else { &allowed };
                let reason = format!("it takes host port {}; allowed are {allowed}", port.host);
                let place = container.place(&["ports"]).item(index).keys(&["hostPort"]);
                found.push(Rejection::new(place, reason));
            }
        }
    }
}

/// The rule of a strategy and what it stands in.
fn rule<'a>(spec: Node<'a>, key: &'static str) -> Result<(Node<'a>, &'a str), Flaw<'a>> {
    let Some(node) = spec.field(key)? else {
        return Err(Flaw::Rule(spec, format!("{key} is missing: it needs a rule")));
    };
    match node.field("rule")? {
        Some(rule) => Ok((node, rule.string()?.value)),
        None => Err(Flaw::Rule(node, format!("{key} has no rule"))),
    }
}

fn unknown<'a, T>(node: Node<'a>, key: &str, rule: &str) -> Result<T, Flaw<'a>> {
    Err(Flaw::Rule(node, format!("{rule:?} is no rule of {key}")))
}

/// Ranges, of which there must be one.
fn some_ranges<'a>(node: Node<'a>, key: &str, rule: &str) -> Result<Vec<Range>, Flaw<'a>> {
    let ranges = ranges(node, "ranges")?;
    if ranges.is_empty() {
        return Err(Flaw::Rule(node, format!("{key} has the rule {rule} and no ranges")));
    }
    Ok(ranges)
}

fn groups<'a>(spec: Node<'a>, key: &'static str) -> Result<GroupRule, Flaw<'a>> {
    let (node, rule) = rule(spec, key)?;
    match rule {
        "RunAsAny" => Ok(GroupRule::RunAsAny),
        "MustRunAs" => Ok(GroupRule::MustRunAs(some_ranges(node, key, rule)?)),
        "MayRunAs" => Ok(GroupRule::MayRunAs(some_ranges(node, key, rule)?)),
        _ => unknown(node, key, rule),
    }
}

fn run_as_user(spec: Node<'_>) -> Result<UserRule, Flaw<'_>> {
    const KEY: &str = "runAsUser";
    let (node, rule) = rule(spec, KEY)?;
    match rule {
        "RunAsAny" => Ok(UserRule::RunAsAny),
        "MustRunAsNonRoot" => Ok(UserRule::MustRunAsNonRoot),
        "MustRunAs" => Ok(UserRule::MustRunAs(some_ranges(node, KEY, rule)?)),
        _ => unknown(node, KEY, rule),
    }
}

fn se_linux(spec: Node<'_>) -> Result<SeLinuxRule, Flaw<'_>> {
    const KEY: &str = "seLinux";
    let (node, rule) = rule(spec, KEY)?;
    match rule {
        "RunAsAny" => Ok(SeLinuxRule::RunAsAny),
        "MustRunAs" => match SeLinux::read(node)? {
            Some(options) => Ok(SeLinuxRule::MustRunAs(options)),
            None => Err(Flaw::Rule(node, "seLinux has the rule MustRunAs and no options".into())),
        },
        _ => unknown(node, KEY, rule),
    }
}
