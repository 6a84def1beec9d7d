//! What a control sees: the node, the objects, and what was made of them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use seawall_checks::Selection;
use seawall_model::document::Document;
use seawall_model::{Inventory, Settings};

use crate::component::{Component, Components, Instance, Presence};
use crate::distribution::{File, Platform};
use crate::evidence::certificate::{self, Certificate};
use crate::evidence::confined::{self, Confined};
use crate::evidence::host::{FileKind, Host, Metadata, Unread};
use crate::evidence::netfilter::Loaded;
use crate::evidence::packages::Packages;
use crate::evidence::process::Processes;
use crate::evidence::unit;
use crate::kubelet::Kubelet;
use crate::objects::Objects;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::rules::guard::{self, NotLoaded};
use crate::setting::{Setting, unread};
use crate::versions::{self, Version};

/// Most files below a directory that are looked at.
const FILES: usize = 10_000;
/// Deepest nesting below a directory.
const DEPTH: usize = 8;

/// The part that a node is said to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It runs the API server, the controller manager and the scheduler.
    ControlPlane,
    /// It runs etcd.
    Etcd,
    /// It runs pods.
    Worker,
}

impl Role {
    fn of(component: Component) -> Role {
        match component {
            Component::ApiServer | Component::ControllerManager | Component::Scheduler => {
                Role::ControlPlane
            }
            Component::Etcd => Role::Etcd,
            Component::Kubelet | Component::Proxy => Role::Worker,
        }
    }
}

/// Everything that a run looks at.
#[derive(Debug)]
pub struct Input<'a> {
    /// The node; none where files or objects alone are looked at.
    pub host: Option<&'a Host>,
    /// The objects; none where none were asked for.
    pub inventory: Option<&'a Inventory>,
    /// Of the components among the objects those on this node alone; all where there is none.
    pub node: Option<&'a str>,
    /// The distribution, where it is given.
    pub platform: Option<Platform>,
    /// The minor version of Kubernetes, where it is given.
    pub minor: Option<u32>,
    /// The parts that the node is said to play: then a missing component is no excuse.
    pub roles: Vec<Role>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// What a control sees.
#[derive(Debug)]
pub struct Cx<'a> {
    /// What was put in.
    pub input: Input<'a>,
    /// The distribution.
    pub platform: Platform,
    /// The node's processes.
    pub processes: Result<Processes, Unread>,
    /// The components.
    pub components: Components,
    objects: OnceCell<Objects>,
    packages: OnceCell<Packages>,
    installed: OnceCell<Result<Option<Version>, Unread>>,
    containers: OnceCell<Result<Vec<Confined>, Outcome>>,
    loaded: OnceCell<Result<Loaded, NotLoaded>>,
}

impl<'a> Cx<'a> {
    /// Looks at the node and the objects, as far as all controls need it.
    pub fn new(input: Input<'a>) -> Self {
        let processes = match input.host {
            Some(host) => Processes::read(host),
            None => Err(Unread::new("/proc", "no node was read")),
        };
        let platform = input.platform.unwrap_or_else(|| {
            // A node that can't be told apart is taken for an ordinary one; what can't be read
            // shows in the controls that need it.
            Platform::detect(input.host, &processes, input.inventory).unwrap_or(Platform::Other)
        });
        let mut components = Components::find(&input, &processes, platform);
        if let Some(minor) = input.minor {
            components.set_minor(minor);
        }
        Cx {
            input,
            platform,
            processes,
            components,
            objects: OnceCell::new(),
            packages: OnceCell::new(),
            installed: OnceCell::new(),
            containers: OnceCell::new(),
            loaded: OnceCell::new(),
        }
    }

    /// The containers that run on the node. Looked at once: there may be thousands of processes.
    ///
    /// # Errors
    ///
    /// With the outcome where they can't be told.
    pub fn containers(&self) -> Result<&[Confined], Outcome> {
        let all = self.containers.get_or_init(|| {
            let processes = self.processes.as_ref().map_err(unread)?;
            if processes.contained() {
                let why = "/proc shows only the processes of a container";
                return Err(Outcome::unknown(why));
            }
            confined::containers(self.host()?, processes).map_err(|why| unread(&why))
        });
        all.as_deref().map_err(Clone::clone)
    }

    /// The firewall rules that are loaded in the node's kernel.
    ///
    /// # Errors
    ///
    /// Where they can't be read.
    pub fn loaded(&self) -> Result<&Loaded, &NotLoaded> {
        self.loaded.get_or_init(|| guard::loaded(self)).as_ref()
    }

    /// The node.
    ///
    /// # Errors
    ///
    /// With the outcome where there is none.
    pub fn host(&self) -> Result<&'a Host, Outcome> {
        self.input.host.ok_or_else(|| {
            Outcome::unknown("no node was read: files and processes are in no object")
        })
    }

    /// The minor version of Kubernetes, where it is known.
    pub fn minor(&self) -> Option<u32> {
        self.input
            .minor
            .or_else(|| {
                Component::ALL
                    .into_iter()
                    .flat_map(|component| self.components.instances(component))
                    .find_map(|instance| instance.minor)
            })
            // What can't be read leaves the version unknown, and what depends on it says so.
            .or_else(|| self.installed().unwrap_or_default()?.minor())
    }

    /// The packages of the node.
    ///
    /// # Errors
    ///
    /// With the outcome where there is no node.
    pub fn packages(&self) -> Result<&Packages, Outcome> {
        let host = self.host()?;
        Ok(self.packages.get_or_init(|| Packages::read(host)))
    }

    /// The version of Kubernetes that is installed here, and where that is said.
    ///
    /// # Errors
    ///
    /// Where something that may tell it can't be read.
    pub fn installed(&self) -> Result<Option<&Version>, Unread> {
        let found = self.installed.get_or_init(|| versions::kubernetes(self));
        found.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The version of Kubernetes as far as it is known, such as `1.34`.
    pub fn version(&self) -> Option<String> {
        self.minor().map(|minor| format!("1.{minor}"))
    }

    /// The node's name: what the kubelet is told to call it, else what it calls itself.
    pub fn node_name(&self) -> Option<String> {
        let host = self.input.host?;
        let kubelet = self.components.instances(Component::Kubelet).first();
        let told = kubelet.and_then(|kubelet| kubelet.arguments.last("hostname-override"));
        // A name that can't be read is only a name less in the report.
        let own = || host.read("/etc/hostname").unwrap_or_default();
        told.map(str::to_owned)
            .or_else(own)
            .map(|name| name.trim().to_lowercase())
            .filter(|name| !name.is_empty())
    }

    /// What is found out of each instance of a component, as one outcome.
    pub fn each(&self, component: Component, look: impl FnMut(&Instance) -> Outcome) -> Outcome {
        match self.components.get(component) {
            Presence::Found(instances) => Outcome::worst(instances.iter().map(look), ""),
            Presence::Unknown(why) => Outcome::unknown(why.clone()),
            Presence::Absent(why) if self.input.roles.contains(&Role::of(component)) => {
                Outcome::unknown(format!("{why}, though the node is said to run it"))
            }
            Presence::Absent(why) => Outcome::not_applicable(why.clone()),
        }
    }

    /// What is found out of each kubelet's configuration, as one outcome.
    pub fn each_kubelet(&self, mut look: impl FnMut(&Kubelet<'_>) -> Outcome) -> Outcome {
        self.each(Component::Kubelet, |instance| match Kubelet::read(self.input.host, instance) {
            Ok(kubelet) => look(&kubelet),
            Err(why) => unread(&why),
        })
    }

    /// What the checks and the questions about objects came to.
    ///
    /// # Errors
    ///
    /// With the outcome where there are no objects.
    pub fn objects(&self) -> Result<(&'a Inventory, &Objects), Outcome> {
        let Some(inventory) = self.input.inventory else {
            return Err(Outcome::unknown(
                "no objects were read: name a cluster, a bundle or manifests",
            ));
        };
        let objects = self.objects.get_or_init(|| {
            let asked = crate::benchmarks::checks();
            let selection = Selection::new(
                seawall_checks::all()
                    .filter(|check| !check.mapping.cis.is_empty() || asked.contains(check.id))
                    .map(|check| (check, check.severity)),
            );
            Objects::new(seawall_checks::run(inventory, &selection, &Settings::default()))
        });
        Ok((inventory, objects))
    }

    /// The files of a kind that are there: those that a component names, else those at the places
    /// where the distribution has them.
    ///
    /// # Errors
    ///
    /// With the outcome where there are none, or that can't be told.
    pub fn files(&self, file: File) -> Result<Vec<String>, Outcome> {
        let host = self.host()?;
        let mut named = BTreeSet::new();
        self.named(host, file, &mut named)?;
        let places = self.platform.layout().places(file);
        let candidates: BTreeSet<String> = if named.is_empty() {
            places.iter().map(|place| (*place).to_owned()).collect()
        } else {
            named
        };
        let mut there = Vec::new();
        for path in &candidates {
            if host.metadata(path).map_err(|why| unread(&why))?.is_some() {
                there.push(path.clone());
            }
        }
        if !there.is_empty() {
            return Ok(there);
        }
        // Without a file nothing is known unless it is known that nothing runs here that has one.
        let component = match file {
            File::ApiServerManifest | File::AdminConf | File::Pki => Component::ApiServer,
            File::ControllerManagerManifest | File::ControllerManagerConf => {
                Component::ControllerManager
            }
            File::SchedulerManifest | File::SchedulerConf => Component::Scheduler,
            File::EtcdManifest | File::EtcdData => Component::Etcd,
            File::ProxyConf => Component::Proxy,
            File::Cni
            | File::KubeletService
            | File::KubeletConf
            | File::ClientCa
            | File::KubeletConfig
            | File::AzureJson => Component::Kubelet,
        };
        Err(match self.components.get(component) {
            Presence::Unknown(why) => Outcome::unknown(why.clone()),
            Presence::Absent(why) if self.input.roles.contains(&Role::of(component)) => {
                Outcome::unknown(format!("{why}, though the node is said to run it"))
            }
            Presence::Absent(why) => Outcome::not_applicable(why.clone()),
            Presence::Found(_) if candidates.is_empty() => Outcome::not_applicable(format!(
                "{} has no file for {}",
                self.platform,
                file.noun()
            )),
            Presence::Found(_) => Outcome::not_applicable(format!(
                "nothing is there of {}: no {}",
                file.noun(),
                candidates.into_iter().collect::<Vec<_>>().join(", no ")
            )),
        })
    }

    /// The files of a kind that processes and units name.
    fn named(&self, host: &Host, file: File, out: &mut BTreeSet<String>) -> Result<(), Outcome> {
        let mut flag = |component, flag| -> Result<(), Outcome> {
            for instance in self.components.instances(component) {
                if let Some(path) = instance.arguments.last(flag).filter(|path| !path.is_empty())
                    // What is inside a container is no file of the node.
                    && let Ok(path) = instance.node_path(path)
                {
                    out.insert(path);
                }
            }
            Ok(())
        };
        match file {
            File::SchedulerConf => self.named_by(Component::Scheduler, out)?,
            File::ControllerManagerConf => flag(Component::ControllerManager, "kubeconfig")?,
            File::KubeletConf => flag(Component::Kubelet, "kubeconfig")?,
            File::ProxyConf => self.named_by(Component::Proxy, out)?,
            File::EtcdData => {
                for instance in self.components.instances(Component::Etcd) {
                    let setting = crate::etcd::setting(Some(host), instance, "data-dir");
                    if let Ok(Some(path)) = setting.value
                        && let Ok(path) = instance.node_path(&path)
                    {
                        out.insert(path);
                    }
                }
            }
            File::KubeletConfig | File::ClientCa => {
                for instance in self.components.instances(Component::Kubelet) {
                    let kubelet =
                        Kubelet::read(Some(host), instance).map_err(|why| unread(&why))?;
                    if file == File::KubeletConfig {
                        out.extend(kubelet.files().map(str::to_owned));
                    } else if let Ok(Some(path)) = kubelet.setting("client-ca-file").value
                        && let Ok(path) = instance.node_path(&path)
                    {
                        out.insert(path);
                    }
                }
            }
            File::KubeletService => {
                let unit = unit::read(host, "kubelet.service").map_err(|why| unread(&why))?;
                out.extend(unit.into_iter().flat_map(|unit| unit.files));
            }
            File::ApiServerManifest => self.manifests(Component::ApiServer, out),
            File::ControllerManagerManifest => self.manifests(Component::ControllerManager, out),
            File::SchedulerManifest => self.manifests(Component::Scheduler, out),
            File::EtcdManifest => self.manifests(Component::Etcd, out),
            File::Cni => {
                // Up to Kubernetes 1.23; beside the usual place, where others still look.
                flag(Component::Kubelet, "cni-conf-dir")?;
                out.extend(self.platform.layout().places(file).iter().map(|p| (*p).to_owned()));
            }
            File::AdminConf | File::Pki | File::AzureJson => {}
        }
        Ok(())
    }

    /// The kubeconfig of a component whose file of `--config`, where it has one, names it.
    fn named_by(&self, component: Component, out: &mut BTreeSet<String>) -> Result<(), Outcome> {
        for instance in self.components.instances(component) {
            let given = |flag: &str| instance.arguments.last(flag).filter(|path| !path.is_empty());
            let path = match given("config") {
                None => given("kubeconfig").map(str::to_owned),
                Some(file) => {
                    let document =
                        self.configuration(instance, file).map_err(|why| unread(&why))?;
                    let node = document.root().at_path(&["clientConnection", "kubeconfig"]);
                    node.map(|node| node.text().to_owned()).filter(|path| !path.is_empty())
                }
            };
            // What is inside a container is no file of the node.
            out.extend(path.and_then(|path| instance.node_path(&path).ok()));
        }
        Ok(())
    }

    fn manifests(&self, component: Component, out: &mut BTreeSet<String>) {
        let sources = self.components.instances(component).iter();
        out.extend(
            sources.filter_map(|instance| Some(instance.source.as_ref()?.name().to_string())),
        );
    }

    /// A path with everything below it that is a file, where it is a directory; with owner and
    /// mode.
    ///
    /// # Errors
    ///
    /// Where something on the way can't be looked at, or there is too much.
    pub fn below(&self, path: &str) -> Result<Vec<(String, Metadata)>, Outcome> {
        let host = self.host()?;
        let mut found = Vec::new();
        let mut pending = vec![(path.to_owned(), 0)];
        while let Some((path, depth)) = pending.pop() {
            let Some(metadata) = host.metadata(&path).map_err(|why| unread(&why))? else {
                continue;
            };
            if metadata.kind == FileKind::Directory {
                if depth > DEPTH || found.len() > FILES {
                    let why = Unread::new(&path, "there are too many files, or they nest too deep");
                    return Err(unread(&why));
                }
                let names = host.list(&path).map_err(|why| unread(&why))?.unwrap_or_default();
                pending
                    .extend(names.iter().rev().map(|name| (format!("{path}/{name}"), depth + 1)));
            }
            found.push((path, metadata));
        }
        Ok(found)
    }

    /// A file of configuration that a flag of an instance names: of the node, or among the texts
    /// that were given.
    ///
    /// # Errors
    ///
    /// Where it can't be read, is malformed, or is not there.
    pub fn configuration(&self, instance: &Instance, path: &str) -> Result<Document, Unread> {
        instance.locate(self.input.host, path)?.document()
    }

    /// The certificates of a file that an instance names.
    ///
    /// # Errors
    ///
    /// As [`Cx::configuration`].
    pub fn certificates(
        &self,
        instance: &Instance,
        path: &str,
    ) -> Result<Vec<Certificate>, Unread> {
        let located = instance.locate(self.input.host, path)?;
        certificate::read(&located.name, &located.bytes()?)
    }

    /// The names of users and groups by id: `(users, groups)`.
    ///
    /// # Errors
    ///
    /// Where the node's lists can't be read.
    pub fn accounts(&self) -> Result<(Names, Names), Outcome> {
        let host = self.host()?;
        let read = |path: &str| -> Result<Names, Outcome> {
            let text = host.read(path).map_err(|why| unread(&why))?.unwrap_or_default();
            Ok(text
                .lines()
                .filter_map(|line| {
                    let mut fields = line.split(':');
                    let name = fields.next()?.to_owned();
                    Some((fields.nth(1)?.parse().ok()?, name))
                })
                .collect())
        };
        Ok((read("/etc/passwd")?, read("/etc/group")?))
    }

    /// The kernel's value of a path below /proc/sys, without blanks around it.
    ///
    /// # Errors
    ///
    /// With the outcome where it can't be read; none where the kernel has no such setting.
    pub fn sysctl(&self, name: &str) -> Result<Option<(String, Evidence)>, Outcome> {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        let host = self.host()?;
        // What is of the network is of the reader's network, wherever /proc was mounted.
        if name.starts_with("net.") && !host.shares_network() {
            return Err(Outcome::unknown(format!(
                "{name} is that of another network: read it with the node's (hostNetwork: true)"
            )));
        }
        let value = host.read(&path).map_err(|why| unread(&why))?;
        // What a mounted /proc leaves out is not what a kernel lacks.
        let whole = || host.metadata("/proc/sys/kernel").map_err(|why| unread(&why));
        if value.is_none() && whole()?.is_none() {
            return Err(Outcome::unknown("the kernel's settings are not below /proc/sys"));
        }
        Ok(value.map(|value| {
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let evidence = Evidence::new(name, value.clone(), OriginKind::Kernel, &path);
            (value, evidence)
        }))
    }

    /// A flag of every instance of a component, held against what is wanted.
    pub fn flag(
        &self,
        component: Component,
        flag: &str,
        default: Option<&str>,
        want: crate::setting::Want,
    ) -> Outcome {
        self.each(component, |instance| Setting::flag(instance, flag, default).judge(want))
    }
}

/// Names by id.
pub type Names = BTreeMap<u32, String>;

/// `Ok` and `Err` of an outcome are the same to who reports it.
pub fn either(result: Result<Outcome, Outcome>) -> Outcome {
    result.unwrap_or_else(|outcome| outcome)
}
