//! Which version of a program runs here, and who says so?
//!
//! The program itself is asked before the list of packages, which says what was installed and not
//! what was started. What neither tells is not known.

use crate::context::Cx;
use crate::evidence::host::{Host, Unread};
use crate::evidence::program::{self, Marks};
use crate::outcome::{Evidence, OriginKind};

/// A version with where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The version as it was written there, without a `v`.
    pub text: String,
    /// What it is of, such as `package containerd`.
    pub item: String,
    /// Where it was found.
    pub place: String,
    /// Whether the distribution packed it, which may mend it longer than its makers do.
    pub is_distributions: bool,
}

impl Version {
    fn new(text: &str, item: impl Into<String>, place: impl Into<String>) -> Self {
        let text = text.strip_prefix('v').unwrap_or(text).to_owned();
        Version { text, item: item.into(), place: place.into(), is_distributions: false }
    }

    /// The program's own version: what a distribution or a build appends is not of it.
    pub fn upstream(&self) -> &str {
        self.text.split(['-', '+', '~', '_', '^']).next().unwrap_or(&self.text)
    }

    /// The minor version of Kubernetes.
    pub fn minor(&self) -> Option<u32> {
        let (major, rest) = self.text.split_once('.')?;
        (major == "1").then(|| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())?
    }

    /// It as evidence.
    pub fn evidence(&self) -> Evidence {
        Evidence::new(&self.item, self.text.clone(), OriginKind::File, &self.place)
    }
}

/// Where the version of a program is found.
#[derive(Debug)]
pub struct Program {
    /// Its name in the table of ends of life.
    pub product: &'static str,
    /// The names of its processes.
    pub processes: &'static [&'static str],
    /// What in its binary tells the version.
    pub marks: Marks,
    /// The packages that its makers publish.
    pub makers: &'static [&'static str],
    /// The packages that distributions make of it.
    pub distributions: &'static [&'static str],
}

const KUBERNETES: Program = Program {
    product: "kubernetes",
    processes: &["kubelet", "kubelite", "k3s", "k3s-server", "k3s-agent"],
    marks: Marks {
        variables: &["k8s.io/component-base/version.gitVersion"],
        modules: &["k8s.io/kubernetes"],
    },
    makers: &["kubelet"],
    distributions: &["kubernetes-kubelet", "kubernetes-node"],
};

/// etcd.
pub const ETCD: Program = Program {
    product: "etcd",
    processes: &["etcd"],
    // Its version is written in its source, so that only its module tells it.
    marks: Marks {
        variables: &[],
        modules: &["go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/v3", "go.etcd.io/etcd"],
    },
    makers: &[],
    distributions: &["etcd-server", "etcd"],
};

/// The engines that run containers.
pub const ENGINES: &[Program] = &[
    Program {
        product: "docker",
        processes: &["dockerd"],
        marks: Marks {
            variables: &[
                "github.com/docker/docker/dockerversion.Version",
                "github.com/moby/moby/v2/dockerversion.Version",
            ],
            modules: &["github.com/docker/docker"],
        },
        makers: &["docker-ce"],
        distributions: &["docker.io", "moby-engine", "docker-engine", "docker"],
    },
    Program {
        product: "containerd",
        processes: &["containerd"],
        marks: Marks {
            variables: &[
                "github.com/containerd/containerd/version.Version",
                "github.com/containerd/containerd/v2/version.Version",
                "github.com/k3s-io/containerd/version.Version",
                "github.com/k3s-io/containerd/v2/version.Version",
            ],
            modules: &["github.com/containerd/containerd", "github.com/containerd/containerd/v2"],
        },
        makers: &["containerd.io"],
        distributions: &["containerd", "moby-containerd"],
    },
    // CRI-O bears Kubernetes' numbers, and is mended as long:
    // <https://github.com/cri-o/cri-o#compatibility-matrix-cri-o--kubernetes>
    Program {
        product: "kubernetes",
        processes: &["crio"],
        marks: Marks {
            variables: &["github.com/cri-o/cri-o/internal/version.Version"],
            modules: &["github.com/cri-o/cri-o"],
        },
        makers: &["cri-o"],
        distributions: &[],
    },
];

impl Program {
    /// Whether it runs among the node's own processes.
    pub fn runs(&self, cx: &Cx<'_>) -> bool {
        let processes = cx.processes.as_ref();
        processes
            .is_ok_and(|all| self.processes.iter().any(|name| all.named(name).next().is_some()))
    }

    /// Its version by the programs that run, or by the packages.
    ///
    /// # Errors
    ///
    /// Where neither tells, and one of them can't be read.
    pub fn version(&self, cx: &Cx<'_>) -> Result<Option<Version>, Unread> {
        let Some(host) = cx.input.host else { return Ok(None) };
        let mut unread = None;
        let processes = cx
            .processes
            .iter()
            .flat_map(|all| self.processes.iter().flat_map(move |name| all.named(name)));
        for process in processes {
            match program::version(host, process.pid, &self.marks) {
                Ok(Some((version, path))) => {
                    let item = format!("program of {} (pid {})", process.name, process.pid);
                    return Ok(Some(Version::new(&version, item, path)));
                }
                Ok(None) => {}
                Err(why) => unread = Some(why),
            }
        }
        let Ok(packages) = cx.packages() else { return Ok(None) };
        for (names, is_distributions) in [(self.makers, false), (self.distributions, true)] {
            if let Some(found) = packages.find(names)? {
                let item = format!("package {}", found.package.name);
                let version = Version::new(&found.package.version, item, &found.place);
                return Ok(Some(Version { is_distributions, ..version }));
            }
        }
        unread.map_or(Ok(None), Err)
    }
}

/// The version of Kubernetes that is installed on a node.
pub fn kubernetes(cx: &Cx<'_>) -> Result<Option<Version>, Unread> {
    let Some(host) = cx.input.host else { return Ok(None) };
    if let Some(found) = of_distribution(host)? {
        return Ok(Some(found));
    }
    KUBERNETES.version(cx)
}

/// The version that a distribution of Kubernetes keeps beside its programs.
fn of_distribution(host: &Host) -> Result<Option<Version>, Unread> {
    let path = "/snap/microk8s/current/meta/snap.yaml";
    let snap = host.read(path)?.unwrap_or_default();
    let version = snap.lines().find_map(|line| {
        Some(line.strip_prefix("version:")?.trim().trim_matches(['\'', '"']).to_owned())
    });
    if let Some(version) = version {
        return Ok(Some(Version::new(&version, "snap microk8s", path)));
    }
    // RKE2 unpacks its programs to a folder of its version: data/v1.33.4-rke2r1-0a1b2c/bin.
    let path = "/var/lib/rancher/rke2/bin";
    let target = host.link(path)?.unwrap_or_default();
    let version = target.rsplit('/').find(|part| {
        part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    Ok(version.map(|version| Version::new(version, "programs of RKE2", path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_not_the_programs() {
        for (text, upstream, minor) in [
            ("v1.33.4+k3s1", "1.33.4", Some(33)),
            ("1.33.4-rke2r1-0a1b2c", "1.33.4", Some(33)),
            ("1.30", "1.30", Some(30)),
            ("20.10.24+dfsg1", "20.10.24", None),
            ("1.6.20~ds1", "1.6.20", Some(6)),
            ("2.4.0-rc.1", "2.4.0", None),
        ] {
            let version = Version::new(text, "", "");
            assert_eq!((version.upstream(), version.minor()), (upstream, minor), "{text}");
        }
    }
}
