//! What is the strictest security context that a workload can bear?
//!
//! Nothing is set that is not known to be borne: from the manifest, and from the image where one is
//! at hand, whose user, ports, volumes and files say what its program can do today. What an author
//! has set is left, and what stands in the way of more is told.

use std::borrow::Cow;

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod, ProfileType, capability};
use seawall_model::{Edit, Undecided, Value};

use crate::capabilities;

/// What an image says of how it runs.
#[derive(Clone, Debug, Default)]
pub struct ImageFacts {
    /// Its user as it is written; empty is root.
    pub user_text: String,
    /// Its user's number, where it is known.
    pub user: Option<u32>,
    /// Its group's number, where it is known.
    pub group: Option<u32>,
    /// `ENTRYPOINT` and `CMD`.
    pub command: Vec<String>,
    /// Ports that it exposes.
    pub ports: Vec<u16>,
    /// Volumes that it declares, which the runtime keeps writable.
    pub volumes: Vec<String>,
    /// Directories that its user can write to, and whether the image has nothing in them.
    pub writable: Vec<(String, bool)>,
    /// Other files that its user can write to.
    pub writable_files: Vec<String>,
    /// Programs that bring capabilities of their own.
    pub capable: Vec<String>,
}

/// A setting, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The container; empty for the pod.
    pub container: String,
    /// What, such as `runAsNonRoot: true`.
    pub field: &'static str,
    /// Why it can be borne, or what stands in the way.
    pub why: String,
}

/// What is to be done to a pod.
#[derive(Clone, Debug, Default)]
pub struct Hardening<'a> {
    /// The edits.
    pub edits: Vec<Edit<'a>>,
    /// What they set.
    pub set: Vec<Said>,
    /// What can't be set.
    pub left: Vec<Said>,
}

/// Capabilities of the runtime's default set that hardly any program uses, which root keeps no
/// longer either.
const RARE: &[&str] = &["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SETPCAP", "SYS_CHROOT"];

/// Most directories for which volumes are added.
const MOST_VOLUMES: usize = 8;

/// Finds the strictest security context of a pod's containers.
///
/// # Errors
///
/// Where a field is of the wrong type.
pub fn harden<'a>(
    pod: &Pod<'a>,
    image: &dyn Fn(&Container<'a>) -> Result<Option<ImageFacts>, Undecided<'a>>,
) -> Result<Hardening<'a>, Undecided<'a>> {
    let mut work = Work { out: Hardening::default(), volumes: Vec::new(), pod: pod.clone() };
    if pod.is_windows() {
        work.leave(
            "",
            "securityContext",
            "these are settings of Linux, and the pod is for Windows",
        );
        return Ok(work.out);
    }
    work.seccomp()?;
    for container in pod.containers() {
        let facts = image(container)?;
        let user = work.user(container, facts.as_ref())?;
        work.escalation(container, facts.as_ref())?;
        work.capabilities(container, user, facts.as_ref())?;
        work.root_file_system(container, user, facts.as_ref())?;
    }
    work.finish();
    Ok(work.out)
}

struct Work<'a> {
    out: Hardening<'a>,
    pod: Pod<'a>,
    /// Names of the volumes to add.
    volumes: Vec<String>,
}

impl<'a> Work<'a> {
    fn leave(&mut self, container: &str, field: &'static str, why: impl Into<String>) {
        let container = container.to_owned();
        self.out.left.push(Said { container, field, why: why.into() });
    }

    fn set(
        &mut self,
        container: &Container<'a>,
        path: &[&'static str],
        value: Value,
        field: &'static str,
        why: impl Into<String>,
    ) {
        let path: Vec<&'static str> =
            std::iter::once("securityContext").chain(path.iter().copied()).collect();
        self.out.edits.push(Edit::set(container.node, &path, value));
        let container = container.name.to_owned();
        self.out.set.push(Said { container, field, why: why.into() });
    }

    fn seccomp(&mut self) -> Result<(), Undecided<'a>> {
        const FIELD: &str = "seccompProfile: RuntimeDefault";
        let mut missing = false;
        for container in self.pod.clone().containers() {
            match container.seccomp()?.map(|it| (it.value.profile_type, it.value.annotation)) {
                Some((ProfileType::Unconfined, false)) => {
                    self.leave(container.name, FIELD, "the manifest asks for Unconfined");
                }
                Some((_, false)) => {}
                // Nothing reads the annotations any more.
                None | Some((_, true)) => missing = true,
            }
        }
        if missing && self.pod.security.seccomp_profile.is_none() {
            let profile = Value::entry("type", Value::str("RuntimeDefault"));
            let path = ["securityContext", "seccompProfile"];
            self.out.edits.push(Edit::set(self.pod.spec, &path, profile));
            self.out.set.push(Said {
                container: String::new(),
                field: FIELD,
                why: "ordinary programs make no call that it denies".to_owned(),
            });
        }
        Ok(())
    }

    /// The user that the container runs as, where that is known, after setting that it is not root.
    fn user(
        &mut self,
        container: &Container<'a>,
        facts: Option<&ImageFacts>,
    ) -> Result<Option<u32>, Undecided<'a>> {
        const FIELD: &str = "runAsNonRoot: true";
        let name = container.name;
        let asserted = container.run_as_non_root()?.map(|it| it.value);
        if let Some(user) = container.run_as_user()? {
            let user = u32::try_from(user.value).ok();
            match (user, asserted) {
                (Some(0) | None, _) => self.leave(name, FIELD, "the manifest asks for root"),
                (Some(user), None) => {
                    let why = format!("the manifest asks for user {user}");
                    self.set(container, &["runAsNonRoot"], Value::Bool(true), FIELD, why);
                }
                (Some(_), Some(false)) => self.leave(name, FIELD, "the manifest says false"),
                (Some(_), Some(true)) => {}
            }
            return Ok(user);
        }
        let Some(facts) = facts else {
            if asserted != Some(true) {
                self.leave(
                    name,
                    FIELD,
                    "neither the manifest nor an image says as which user it runs",
                );
            }
            return Ok(None);
        };
        let text = &facts.user_text;
        match facts.user {
            Some(0) => {
                let why = match asserted {
                    Some(true) => "the image runs as root, so the container will not start",
                    _ => "the image runs as root",
                };
                self.leave(name, FIELD, why);
            }
            None => {
                let why = format!("the image's user {text:?} is not in its /etc/passwd");
                self.leave(name, FIELD, why);
            }
            Some(_) if asserted == Some(false) => {
                self.leave(name, FIELD, "the manifest says false");
            }
            Some(user) => {
                let by_name = text.split(':').next().is_some_and(|it| it.parse::<u32>().is_err());
                if by_name {
                    let why = format!(
                        "the image runs as {text:?}, of which the kubelet can't tell that it is not \
                         root"
                    );
                    let value = Value::Int(i64::from(user));
                    self.set(container, &["runAsUser"], value, "runAsUser", why);
                    if let Some(group) =
                        facts.group.filter(|_| container.security.run_as_group.is_none())
                    {
                        let why = format!("the group of {text:?}");
                        let value = Value::Int(i64::from(group));
                        self.set(container, &["runAsGroup"], value, "runAsGroup", why);
                    }
                }
                if asserted.is_none() {
                    let why = format!("the image runs as user {user}");
                    self.set(container, &["runAsNonRoot"], Value::Bool(true), FIELD, why);
                }
            }
        }
        Ok(facts.user)
    }

    fn escalation(
        &mut self,
        container: &Container<'a>,
        facts: Option<&ImageFacts>,
    ) -> Result<(), Undecided<'a>> {
        const FIELD: &str = "allowPrivilegeEscalation: false";
        let name = container.name;
        match container.allow_privilege_escalation()?.map(|it| it.value) {
            Some(false) => return Ok(()),
            Some(true) => {
                self.leave(name, FIELD, "the manifest asks for true");
                return Ok(());
            }
            None => {}
        }
        let added = added(container)?;
        if container.privileged()?.is_some_and(|it| it.value) {
            self.leave(name, FIELD, "the container is privileged");
        } else if added.iter().any(|it| it == "SYS_ADMIN") {
            self.leave(name, FIELD, "the API server refuses it beside SYS_ADMIN");
        } else if let Some(tool) = gaining(container, facts)? {
            self.leave(name, FIELD, format!("its command is {tool}, which gains privileges"));
        } else if let Some(program) = facts.and_then(|it| it.capable.first()) {
            let why = format!("the image has {program}, a program with capabilities of its own");
            self.leave(name, FIELD, why);
        } else {
            let why = match facts {
                Some(_) => "no program of the image has capabilities of its own",
                None => {
                    "only programs with the set-user-ID bit or capabilities of their own notice"
                }
            };
            self.set(container, &["allowPrivilegeEscalation"], Value::Bool(false), FIELD, why);
        }
        Ok(())
    }

    fn capabilities(
        &mut self,
        container: &Container<'a>,
        user: Option<u32>,
        facts: Option<&ImageFacts>,
    ) -> Result<(), Undecided<'a>> {
        const FIELD: &str = "capabilities";
        if container.privileged()?.is_some_and(|it| it.value) {
            self.leave(container.name, FIELD, "the container is privileged and has them all");
            return Ok(());
        }
        let dropped: Vec<String> = upper(container.capabilities_dropped()?)?;
        if dropped.iter().any(|it| it == "ALL") {
            return Ok(());
        }
        let added = added(container)?;
        let non_root = user.is_some_and(|user| user != 0);
        let capable = facts.is_some_and(|it| !it.capable.is_empty());
        let (drop, why) = if non_root && !capable {
            (vec!["ALL"], "a process that is not root has none to use".to_owned())
        } else {
            let rare: Vec<&str> = RARE
                .iter()
                .copied()
                .filter(|name| !added.iter().chain(&dropped).any(|it| it == name || it == "ALL"))
                .collect();
            let why = match user {
                Some(0) => "it runs as root, which may use the rest".to_owned(),
                Some(_) => "a program of the image has capabilities of its own".to_owned(),
                None => "it may run as root, which may use the rest".to_owned(),
            };
            (rare, why)
        };
        if drop.is_empty() {
            return Ok(());
        }
        let low = low_port(container, facts)?;
        let value = |name: &&str| Value::str((*name).to_owned());
        let field = match container.security.capabilities {
            Some(capabilities) => capabilities.field("drop")?,
            None => None,
        };
        match field {
            Some(list) => {
                self.out.edits.extend(drop.iter().map(|name| Edit::append(list, value(name))));
                let container = container.name.to_owned();
                self.out.set.push(Said { container, field: FIELD, why: why.clone() });
            }
            None => {
                let list = Value::List(drop.iter().map(value).collect());
                self.set(container, &["capabilities", "drop"], list, FIELD, why);
            }
        }
        // Without a list the runtime's own set had it.
        if let Some(port) =
            low.filter(|_| drop == ["ALL"] && !added.iter().any(|it| it == "NET_BIND_SERVICE"))
        {
            let why = format!("port {port} is below 1024");
            let names = Value::List(vec![Value::str("NET_BIND_SERVICE")]);
            let add = match container.security.capabilities {
                Some(capabilities) => capabilities.field("add")?,
                None => None,
            };
            match add {
                Some(list) => {
                    self.out.edits.push(Edit::append(list, Value::str("NET_BIND_SERVICE")));
                    let container = container.name.to_owned();
                    self.out.set.push(Said { container, field: "NET_BIND_SERVICE", why });
                }
                None => {
                    self.set(container, &["capabilities", "add"], names, "NET_BIND_SERVICE", why);
                }
            }
        }
        Ok(())
    }

    fn root_file_system(
        &mut self,
        container: &Container<'a>,
        user: Option<u32>,
        facts: Option<&ImageFacts>,
    ) -> Result<(), Undecided<'a>> {
        const FIELD: &str = "readOnlyRootFilesystem: true";
        let name = container.name;
        match container.read_only_root_filesystem()?.map(|it| it.value) {
            Some(true) => return Ok(()),
            Some(false) => {
                self.leave(name, FIELD, "the manifest says false");
                return Ok(());
            }
            None => {}
        }
        let Some(facts) = facts else {
            self.leave(name, FIELD, "without its image it is not known where it writes");
            return Ok(());
        };
        // Where the pod chooses another user than the image, the files were looked at for that one.
        match user {
            Some(0) => {
                self.leave(name, FIELD, "it runs as root, which can write anywhere; try it out");
                return Ok(());
            }
            None => {
                self.leave(
                    name,
                    FIELD,
                    "it is not known as which user it runs, and so where it writes",
                );
                return Ok(());
            }
            Some(_) => {}
        }
        let mut kept: Vec<String> = facts.volumes.clone();
        for (mount, _) in container.mounts() {
            if let Some(path) = mount.field("mountPath")? {
                kept.push(path.string()?.value.to_owned());
            }
        }
        kept.extend(["/dev", "/proc", "/sys"].map(str::to_owned));
        let is_kept = |path: &str| kept.iter().any(|it| within(path, it));
        let full: Vec<&String> = facts
            .writable
            .iter()
            .filter(|(path, empty)| !empty && !is_kept(path))
            .map(|(path, _)| path)
            .chain(facts.writable_files.iter().filter(|path| !is_kept(path)))
            .collect();
        if let Some(first) = full.first() {
            let more = match full.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let why = format!("it can write to {first}{more}, where the image has files");
            self.leave(name, FIELD, why);
            return Ok(());
        }
        let empty: Vec<&String> = facts
            .writable
            .iter()
            .filter(|(path, empty)| *empty && !is_kept(path))
            .map(|(path, _)| path)
            .collect();
        if empty.len() > MOST_VOLUMES {
            let why = format!("it can write to {} directories", empty.len());
            self.leave(name, FIELD, why);
            return Ok(());
        }
        for path in &empty {
            self.mount(container, path);
        }
        let why = match empty.as_slice() {
            [] => "there is nothing in the image that its user can write to".to_owned(),
            paths => {
                let paths: Vec<&str> = paths.iter().map(|it| it.as_str()).collect();
                format!("all that its user can write to becomes a volume: {}", paths.join(", "))
            }
        };
        self.set(container, &["readOnlyRootFilesystem"], Value::Bool(true), FIELD, why);
        Ok(())
    }

    /// Mounts an empty directory.
    fn mount(&mut self, container: &Container<'a>, path: &str) {
        let base: String = path
            .trim_matches('/')
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        // A volume's name is a DNS label of at most 63 characters.
        let base = format!("{}-{base}", container.name);
        let base: String = base.chars().take(55).collect();
        let base = base.trim_matches('-').to_owned();
        let taken = |name: &str| {
            self.volumes.iter().any(|it| it == name) || self.pod.volume(name).is_some()
        };
        let name = std::iter::once(base.clone())
            .chain((2..).map(|number| format!("{base}-{number}")))
            .find(|name| !taken(name))
            .unwrap_or(base);
        let mount = Value::Map(vec![
            (Cow::Borrowed("name"), Value::str(name.clone())),
            (Cow::Borrowed("mountPath"), Value::str(path.to_owned())),
        ]);
        match container.volume_mounts {
            Some(list) => self.out.edits.push(Edit::append(list, mount)),
            None => match self.mounts_of(container.node) {
                Some(list) => list.push(mount),
                None => {
                    let list = Value::List(vec![mount]);
                    self.out.edits.push(Edit::set(container.node, &["volumeMounts"], list));
                }
            },
        }
        self.volumes.push(name);
    }

    /// The mounts that are set already on a container without any.
    fn mounts_of(&mut self, node: Node<'a>) -> Option<&mut Vec<Value>> {
        self.out.edits.iter_mut().find_map(|edit| match &mut edit.change {
            seawall_model::Change::Set { path, value: Value::List(list) }
                if edit.at == node && path.as_slice() == ["volumeMounts"] =>
            {
                Some(list)
            }
            _ => None,
        })
    }

    /// The volumes of the mounts.
    fn finish(&mut self) {
        if self.volumes.is_empty() {
            return;
        }
        let volumes: Vec<Value> = self
            .volumes
            .iter()
            .map(|name| {
                Value::Map(vec![
                    (Cow::Borrowed("name"), Value::str(name.clone())),
                    (Cow::Borrowed("emptyDir"), Value::Map(Vec::new())),
                ])
            })
            .collect();
        match self.pod.volumes {
            Some(list) => {
                self.out.edits.extend(volumes.into_iter().map(|it| Edit::append(list, it)));
            }
            None => {
                let edit = Edit::set(self.pod.spec, &["volumes"], Value::List(volumes));
                self.out.edits.push(edit);
            }
        }
    }
}

fn within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn upper<'a>(names: seawall_model::workload::Strings<'a>) -> Result<Vec<String>, Undecided<'a>> {
    names.map(|name| Ok(capability(name?.value).to_ascii_uppercase())).collect()
}

fn added<'a>(container: &Container<'a>) -> Result<Vec<String>, Undecided<'a>> {
    upper(container.capabilities_added()?)
}

/// The program of a command that gains privileges by the set-user-ID bit.
fn gaining<'a>(
    container: &Container<'a>,
    facts: Option<&ImageFacts>,
) -> Result<Option<String>, Undecided<'a>> {
    let mut words: Vec<String> = Vec::new();
    for list in [container.command, container.args].into_iter().flatten() {
        for word in list.list()? {
            words.push(word.string()?.value.to_owned());
        }
    }
    if container.command.is_none() {
        words.extend(facts.into_iter().flat_map(|it| it.command.iter().cloned()));
    }
    let gains = |word: &str| {
        let program = word.rsplit('/').next().unwrap_or(word);
        matches!(program, "sudo" | "su" | "doas" | "pkexec" | "newgrp")
    };
    Ok(words
        .iter()
        .flat_map(|word| word.split([' ', '\t', '\n', ';', '&', '|', '(']))
        .find(|word| gains(word))
        .map(str::to_owned))
}

/// A port below 1024 that the container listens on.
fn low_port<'a>(
    container: &Container<'a>,
    facts: Option<&ImageFacts>,
) -> Result<Option<u16>, Undecided<'a>> {
    if !capabilities::of(container)?.iter().any(|it| it == "NET_BIND_SERVICE") {
        return Ok(None);
    }
    let mut ports: Vec<u16> = facts.map(|it| it.ports.clone()).unwrap_or_default();
    for port in container.ports.map(Node::list).transpose()?.into_iter().flatten() {
        if let Some(number) = port.field("containerPort")? {
            ports.extend(u16::try_from(number.integer()?.value));
        }
    }
    Ok(ports.into_iter().filter(|port| *port < 1024 && *port > 0).min())
}
