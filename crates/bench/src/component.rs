//! Which components run here, and with which arguments?
//!
//! The running process is the truth. Where none is seen, a static-pod manifest, a systemd unit or
//! the configuration of a distribution says what would run, and the evidence says so. A component
//! that is nowhere is absent only if every place could be looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seawall_model::document::{Document, Node};
use seawall_model::{Inventory, ObjectKind, Source};

use crate::context::Input;
use crate::distribution::{self, Platform};
use crate::evidence::arguments::Arguments;
use crate::evidence::container::Standing;
use crate::evidence::host::{FileKind, Host, Unread};
use crate::evidence::manifest::{self, Command};
use crate::evidence::process::{self, Process, Processes};
use crate::evidence::{document, mounts, unit};
use crate::kubelet::Kubelet;
use crate::outcome::OriginKind;

/// The components of Kubernetes that run on nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the component of that name")]
pub enum Component {
    ApiServer,
    ControllerManager,
    Scheduler,
    Etcd,
    Kubelet,
    Proxy,
}

impl Component {
    /// All of them.
    pub const ALL: [Component; 6] = [
        Component::ApiServer,
        Component::ControllerManager,
        Component::Scheduler,
        Component::Etcd,
        Component::Kubelet,
        Component::Proxy,
    ];

    /// The name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Component::ApiServer => "kube-apiserver",
            Component::ControllerManager => "kube-controller-manager",
            Component::Scheduler => "kube-scheduler",
            Component::Etcd => "etcd",
            Component::Kubelet => "kubelet",
            Component::Proxy => "kube-proxy",
        }
    }

    /// The component of a program's name.
    fn of(program: &str) -> Option<Component> {
        Component::ALL.into_iter().find(|component| component.program() == program)
    }
}

/// A component as it runs, or would run, in one place.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Which one.
    pub component: Component,
    /// Its arguments.
    pub arguments: Arguments,
    /// What kind of place the arguments were seen in.
    pub kind: OriginKind,
    /// That place: `pid 812`, `/etc/kubernetes/manifests/etcd.yaml:12`.
    pub place: String,
    /// Its process.
    pub pid: Option<u32>,
    /// Its variables, or why they can't be read.
    pub environment: Result<BTreeMap<String, String>, Unread>,
    /// Where it is in a container: what of the node the container sees, `(container, node)`.
    pub mounts: Option<Vec<(String, String)>>,
    /// Whether it runs in a container whose mounts aren't known.
    pub contained: bool,
    /// The directory that relative paths start at.
    pub directory: Option<String>,
    /// The manifest that a flag is changed in.
    pub source: Option<Arc<Source>>,
    /// Its image, where it has one.
    pub image: Option<String>,
    /// Its minor version, where the image tells it.
    pub minor: Option<u32>,
    /// Why not all of its arguments are known, where that is so.
    pub incomplete: Option<String>,
    /// The node, where it is not the one that is read.
    pub node: Option<String>,
    /// Configuration that was given instead of read from the node.
    pub given: Option<Given>,
}

/// The field of `/configz` that holds the kubelet's configuration.
pub const CONFIGZ: &str = "kubeletconfig";

/// A document of configuration that was given with the objects.
#[derive(Clone, Debug)]
pub struct Given {
    source: Arc<Source>,
    start: u32,
}

impl Given {
    /// The document again.
    ///
    /// # Errors
    ///
    /// Never for what was read before.
    pub fn document(&self) -> Result<Option<Document>, Unread> {
        let all = document::all(self.source.name(), self.source.text().to_owned())?;
        Ok(all.into_iter().find(|document| document.root().span().start == self.start))
    }
}

impl Instance {
    fn new(component: Component, arguments: Arguments, kind: OriginKind, place: String) -> Self {
        Instance {
            component,
            arguments,
            kind,
            place,
            pid: None,
            environment: Ok(BTreeMap::new()),
            mounts: None,
            contained: false,
            directory: None,
            source: None,
            image: None,
            minor: None,
            incomplete: None,
            node: None,
            given: None,
        }
    }

    /// An instance that a distribution runs inside a program of its own.
    pub fn embedded(
        component: Component,
        arguments: Arguments,
        place: String,
        incomplete: Option<String>,
    ) -> Self {
        Instance { incomplete, ..Self::new(component, arguments, OriginKind::File, place) }
    }

    fn of_command(component: Component, command: Command) -> Self {
        let words = command.words.iter().map(String::as_str);
        Instance {
            environment: Ok(command.environment),
            mounts: Some(command.mounts),
            source: Some(command.source),
            minor: minor_of_image(&command.image),
            image: Some(command.image),
            node: command.node,
            ..Self::new(component, Arguments::parse(words), OriginKind::Manifest, command.place)
        }
    }

    fn of_process(host: &Host, component: Component, process: &Process) -> Result<Self, Unread> {
        let words = process.words.iter().skip(1).map(String::as_str);
        Ok(Instance {
            pid: Some(process.pid),
            environment: environment(host, component, process.pid),
            contained: process::is_contained(host, process.pid)?,
            directory: host.link(&format!("/proc/{}/cwd", process.pid)).unwrap_or_default(),
            ..Self::new(
                component,
                Arguments::parse(words),
                OriginKind::Flag,
                format!("pid {}", process.pid),
            )
        })
    }

    /// The component with its place, for messages: `kube-apiserver (pid 812)`.
    pub fn name(&self) -> String {
        match &self.node {
            Some(node) => format!("{} on {node}", self.component.program()),
            None => self.component.program().to_owned(),
        }
    }

    /// The node's path of a path that the component uses.
    ///
    /// # Errors
    ///
    /// Where it is inside the component's container, or relative to a directory that isn't known.
    pub fn node_path(&self, path: &str) -> Result<String, Unread> {
        let path = self.absolute(path)?;
        let inside = || Unread::new(&path, "it is inside the container of the component");
        let Some(mounts) = &self.mounts else {
            return if self.contained { Err(inside()) } else { Ok(path) };
        };
        mounts
            .iter()
            .filter_map(|(inside, outside)| {
                let inside = inside.trim_end_matches('/');
                let rest = path.strip_prefix(inside)?;
                (rest.is_empty() || rest.starts_with('/'))
                    .then(|| (inside.len(), format!("{}{rest}", outside.trim_end_matches('/'))))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, path)| path)
            .ok_or_else(inside)
    }

    /// Where a path that the component uses is read: the file system, the path in it, and the name
    /// to show. What is inside a container is read through its process.
    ///
    /// # Errors
    ///
    /// Where no node was read, or the path is in a container that isn't running.
    pub fn locate(&self, host: Option<&Host>, path: &str) -> Result<Located, Unread> {
        let host = host.ok_or_else(|| Unread::new(path, "no node was read"))?;
        match (self.node_path(path), self.pid) {
            (Ok(path), _) => Ok(Located { host: host.clone(), name: path.clone(), path }),
            (Err(_), Some(pid)) => {
                let path = self.absolute(path)?;
                match host.of_process(pid) {
                    Ok(host) => Ok(Located { host, name: format!("/proc/{pid}/root{path}"), path }),
                    // Debuggers alone may follow it; what is mounted there is the node's too.
                    Err(_) => {
                        let (directory, path) = mounts::on_node(host, pid, &path)?;
                        let name = format!("{directory}{path}");
                        Ok(Located { host: host.below(&directory)?, path, name })
                    }
                }
            }
            (Err(why), None) => Err(why),
        }
    }

    fn absolute(&self, path: &str) -> Result<String, Unread> {
        if path.starts_with('/') {
            return Ok(path.to_owned());
        }
        match &self.directory {
            Some(directory) => Ok(format!("{}/{path}", directory.trim_end_matches('/'))),
            None => Err(Unread::new(path, "it is relative, to an unknown directory")),
        }
    }
}

/// Where a file is read.
#[derive(Clone, Debug)]
pub struct Located {
    /// The file system.
    pub host: Host,
    /// The path in it.
    pub path: String,
    /// The name to show.
    pub name: String,
}

impl Located {
    /// The first document of the file.
    ///
    /// # Errors
    ///
    /// Where it is not there, can't be read, is malformed or empty.
    pub fn document(&self) -> Result<Document, Unread> {
        let text = self.host.read(&self.path)?.ok_or_else(|| self.missing())?;
        let mut all = document::all(&self.name, text)?;
        if all.is_empty() {
            return Err(Unread::new(&self.name, "it is empty"));
        }
        Ok(all.swap_remove(0))
    }

    /// The bytes of the file.
    ///
    /// # Errors
    ///
    /// Where it is not there or can't be read.
    pub fn bytes(&self) -> Result<Vec<u8>, Unread> {
        self.host.read_bytes(&self.path)?.ok_or_else(|| self.missing())
    }

    fn missing(&self) -> Unread {
        Unread::new(&self.name, "there is no such file")
    }
}

/// What is known of a component on a node.
#[derive(Clone, Debug)]
pub enum Presence {
    /// It runs, or would: at least one instance.
    Found(Vec<Instance>),
    /// It does not run here; why that is known.
    Absent(String),
    /// Whether it runs can't be told, and why.
    Unknown(String),
}

/// What is known of every component.
#[derive(Clone, Debug)]
pub struct Components {
    all: Vec<(Component, Presence)>,
}

impl Components {
    /// What is known of one.
    pub fn get(&self, component: Component) -> &Presence {
        &self.all[component as usize].1
    }

    /// The instances of one, however many.
    pub fn instances(&self, component: Component) -> &[Instance] {
        match self.get(component) {
            Presence::Found(instances) => instances,
            Presence::Absent(_) | Presence::Unknown(_) => &[],
        }
    }

    /// Sets the version that was given.
    pub fn set_minor(&mut self, minor: u32) {
        for (_, presence) in &mut self.all {
            if let Presence::Found(instances) = presence {
                instances.iter_mut().for_each(|instance| instance.minor = Some(minor));
            }
        }
    }

    /// Finds the components of a node, and those that objects tell of.
    pub fn find(
        input: &Input<'_>,
        processes: &Result<Processes, Unread>,
        platform: Platform,
    ) -> Self {
        let (host, inventory) = (input.host, input.inventory);
        let commands = host.map(|host| static_pods(host, processes, platform));
        let mut all: Vec<(Component, Presence)> = Vec::new();
        for component in Component::ALL {
            let mut presence = match host {
                Some(host) => on_host(host, processes, &commands, platform, component)
                    .unwrap_or_else(|unread| Presence::Unknown(unread.to_string())),
                None => Presence::Unknown("no node was read".to_owned()),
            };
            if !matches!(presence, Presence::Found(_))
                && let Some(inventory) = inventory
            {
                let instances = in_objects(inventory, component, input.node);
                if !instances.is_empty() {
                    presence = Presence::Found(instances);
                } else if host.is_none() {
                    presence = Presence::Unknown(format!(
                        "no object tells of {}, and no node was read",
                        component.program()
                    ));
                }
            }
            all.push((component, presence));
        }
        Components { all }
    }
}

type StaticPods = Result<Vec<(Component, Command)>, Unread>;

fn on_host(
    host: &Host,
    processes: &Result<Processes, Unread>,
    commands: &Option<StaticPods>,
    platform: Platform,
    component: Component,
) -> Result<Presence, Unread> {
    let none: StaticPods = Ok(Vec::new());
    let commands = commands.as_ref().unwrap_or(&none);
    let Running { mut instances, unclear, foreign } =
        running(host, processes, component, commands.as_deref().unwrap_or_default())?;
    let manifests: Vec<&Command> =
        commands.iter().flatten().filter(|(of, _)| *of == component).map(|(_, c)| c).collect();
    if instances.is_empty() {
        let all = manifests.into_iter().map(|c| Instance::of_command(component, c.clone()));
        instances.extend(all.map(|instance| Instance { node: None, ..instance }));
    } else if let [command] = manifests[..] {
        // What the process is given and the manifest says of its container belong together.
        for instance in &mut instances {
            instance.mounts = Some(command.mounts.clone());
            instance.source = Some(Arc::clone(&command.source));
            instance.minor = minor_of_image(&command.image);
            instance.image = Some(command.image.clone());
            if instance.environment.is_err() && !command.has_more_variables {
                instance.environment = Ok(command.environment.clone());
            }
        }
    }
    if instances.is_empty() {
        instances.extend(distribution::embedded(host, processes, platform, component)?);
    }
    let program = component.program();
    let mut unclear = unclear;
    if instances.is_empty()
        && let Some(unit) = unit::read(host, &format!("{program}.service"))?
    {
        let place = unit.files.join(", ");
        match unit.command.split_first() {
            Some((first, words)) if first.rsplit('/').next() == Some(program) => {
                let arguments = Arguments::parse(words.iter().map(String::as_str));
                instances.push(Instance::new(component, arguments, OriginKind::Manifest, place));
            }
            // A script may start it with any arguments.
            Some((first, _)) => unclear.push(format!("{place} starts {first}")),
            None => {}
        }
    }
    Ok(match (instances.is_empty(), processes, commands) {
        (false, ..) => Presence::Found(instances),
        (true, ..) if !unclear.is_empty() => {
            Presence::Unknown(format!("whether {program} runs here: {}", unclear.join("; ")))
        }
        (true, Err(unread), _) | (true, _, Err(unread)) => Presence::Unknown(unread.to_string()),
        (true, Ok(processes), _) if processes.contained() => Presence::Unknown(format!(
            "{program} is not seen, but /proc shows only the processes of a container"
        )),
        (true, ..) if !foreign.is_empty() => Presence::Absent(format!(
            "{program} of the node does not run here: no process of its own, no static pod and no unit \
             of it is there; {}",
            foreign.join("; ")
        )),
        (true, ..) => Presence::Absent(format!(
            "{program} does not run here: no process, no static pod and no unit of it is there"
        )),
    })
}

/// The processes of a component's name.
struct Running {
    /// Those that are the node's own.
    instances: Vec<Instance>,
    /// Why of some it can't be told.
    unclear: Vec<String>,
    /// Why others are not.
    foreign: Vec<String>,
}

/// Processes named in reasons; more tell nothing more.
const REASONS: usize = 3;

fn running(
    host: &Host,
    processes: &Result<Processes, Unread>,
    component: Component,
    commands: &[(Component, Command)],
) -> Result<Running, Unread> {
    let statics: Vec<&str> =
        commands.iter().filter_map(|(_, command)| command.uid.as_deref()).collect();
    // kube-proxy is a pod of a DaemonSet nearly everywhere.
    let is_pod = component == Component::Proxy;
    let mut running = Running { instances: Vec::new(), unclear: Vec::new(), foreign: Vec::new() };
    let Ok(processes) = processes else { return Ok(running) };
    for process in processes.called(component.program()) {
        let (reasons, why) = match processes.standing(process.pid, is_pod, &statics) {
            Standing::Own => {
                running.instances.push(Instance::of_process(host, component, process)?);
                continue;
            }
            Standing::Unclear(why) => (&mut running.unclear, why),
            Standing::Foreign(why) => (&mut running.foreign, why),
        };
        if reasons.len() < REASONS {
            reasons.push(why);
        }
    }
    Ok(running)
}

/// The variables of a process, or those that its unit sets where it is a service and its own may not
/// be read.
fn environment(
    host: &Host,
    component: Component,
    pid: u32,
) -> Result<BTreeMap<String, String>, Unread> {
    let own = process::environment(host, pid);
    let Err(why) = own else { return own };
    let name = format!("{}.service", component.program());
    let groups = host.read(&format!("/proc/{pid}/cgroup"))?.unwrap_or_default();
    let is_service = groups.lines().any(|line| line.rsplit('/').next() == Some(&*name));
    match unit::read(host, &name)? {
        Some(unit) if is_service && !unit.passes_more => Ok(unit.environment),
        _ => Err(why),
    }
}

/// The components in the node's static pods: those of the distribution's directories, and of the
/// one that a kubelet is told.
fn static_pods(
    host: &Host,
    processes: &Result<Processes, Unread>,
    platform: Platform,
) -> StaticPods {
    let layout = platform.layout().static_pods;
    let mut directories: BTreeSet<String> = layout.iter().map(|path| (*path).to_owned()).collect();
    for process in processes.iter().flat_map(|all| all.named(Component::Kubelet.program())) {
        let instance = Instance::of_process(host, Component::Kubelet, process)?;
        let told = Kubelet::read(Some(host), &instance)?.setting("pod-manifest-path").value;
        if let Ok(Some(path)) = told
            && let Ok(path) = instance.node_path(&path)
        {
            directories.insert(path.trim_end_matches('/').to_owned());
        }
    }
    let mut commands = Vec::new();
    for directory in &directories {
        // The kubelet takes a single file as well.
        let is_file = host.metadata(directory)?.is_some_and(|found| found.kind == FileKind::File);
        let paths: Vec<String> = if is_file {
            vec![directory.clone()]
        } else {
            // It leaves hidden files alone, and no others (`pkg/kubelet/config/file.go`).
            let names = host.list(directory)?.unwrap_or_default();
            let names = names.into_iter().filter(|name| !name.starts_with('.'));
            names.map(|name| format!("{directory}/{name}")).collect()
        };
        for path in paths {
            // What is below a directory in it is no pod of its.
            if host.metadata(&path)?.is_some_and(|found| found.kind == FileKind::Directory) {
                continue;
            }
            let Some(text) = host.read(&path)? else { continue };
            for document in document::all(&path, text)? {
                for command in manifest::commands(document.root()) {
                    commands.extend(Component::of(&command.program).map(|of| (of, command)));
                }
            }
        }
    }
    Ok(commands)
}

/// The components that objects tell of: mirror pods and manifests of static pods, kube-proxy's
/// DaemonSet, and what kubelets say of themselves.
fn in_objects(inventory: &Inventory, component: Component, node: Option<&str>) -> Vec<Instance> {
    let mut instances = Vec::new();
    let mut add = |root: Node<'_>, component: Component| {
        for command in manifest::commands(root) {
            if Component::of(&command.program) == Some(component) {
                instances.push(Instance::of_command(component, command));
            }
        }
    };
    for pod in inventory.of_kind(ObjectKind::Pod).filter(|pod| may_be_component(pod.root())) {
        add(pod.root(), component);
    }
    if instances.is_empty() && component == Component::Proxy {
        let mut add = |root: Node<'_>| {
            for command in manifest::commands(root) {
                if Component::of(&command.program) == Some(component) {
                    instances.push(Instance::of_command(component, command));
                }
            }
        };
        for set in inventory.of_kind(ObjectKind::DaemonSet) {
            if let Some(template) = set.root().at_path(&["spec", "template"]) {
                add(template);
            }
        }
    }
    if component == Component::Kubelet {
        instances.extend(inventory.documents().iter().filter_map(configz));
    }
    // What a DaemonSet's template tells holds for each node.
    let is_here = |instance: &Instance| match (node, &instance.node) {
        (Some(node), Some(own)) => node == own,
        _ => true,
    };
    instances.retain(is_here);
    instances
}

/// Whether a pod may be a part of a node or its control plane, and is no application's that has a
/// program of the same name: the mirror of a static pod, a pod of the system in the node's network,
/// or a manifest that may be one of these.
fn may_be_component(pod: Node<'_>) -> bool {
    let at = |path: &[&str]| pod.at_path(path);
    let owners = at(&["metadata", "ownerReferences"]).into_iter().flat_map(Node::items);
    let of_node = owners.filter_map(|owner| owner.get("kind")).any(|kind| kind.text() == "Node");
    let is_mirror =
        of_node || at(&["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some();
    let namespace = at(&["metadata", "namespace"]).map(Node::text);
    let of_system = namespace == Some("kube-system");
    let in_network = at(&["spec", "hostNetwork"]).and_then(Node::as_bool) == Some(true);
    let runs = at(&["spec", "nodeName"]).is_some();
    is_mirror
        || if runs {
            of_system && in_network
        } else {
            of_system || in_network || namespace.is_none()
        }
}

/// A kubelet by what it says of itself at `/configz`, which `seawall collect` keeps as
/// `nodes/NAME/configz.json`: its effective configuration, flags included, but for those flags that
/// are in no configuration.
fn configz(document: &Document) -> Option<Instance> {
    let source = document.source();
    let node = source.name().strip_suffix("/configz.json")?.rsplit('/').next()?;
    document.root().get(CONFIGZ)?;
    let why = "what the kubelet tells of its configuration holds no such flag".to_owned();
    Some(Instance {
        given: Some(Given { source: Arc::clone(source), start: document.root().span().start }),
        incomplete: Some(why),
        node: Some(node.to_owned()),
        ..Instance::new(
            Component::Kubelet,
            Arguments::default(),
            OriginKind::Object,
            source.name().to_string(),
        )
    })
}

/// The minor version of an image such as `registry.k8s.io/kube-apiserver:v1.34.1`.
fn minor_of_image(image: &str) -> Option<u32> {
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    let (major, rest) = tag.strip_prefix('v')?.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    (major == "1").then(|| minor.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_tag_tells_the_version() {
        assert_eq!(minor_of_image("registry.k8s.io/kube-apiserver:v1.34.1"), Some(34));
        assert_eq!(minor_of_image("rancher/hardened-kubernetes:v1.31.4-rke2r1-build2"), Some(31));
        assert_eq!(minor_of_image("host:5000/kube-apiserver@sha256:00"), None);
        assert_eq!(minor_of_image("registry.k8s.io/etcd:3.6.4-0"), None);
    }
}
