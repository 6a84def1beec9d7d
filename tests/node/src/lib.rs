//! A whole real node with its control plane, for tests: etcd, API server, controller manager,
//! scheduler, kubelet, containerd, runc and a pod network.
//!
//! ```no_run
//! use seawall_node_tests::{BUSYBOX, Node, Setup};
//!
//! // As kubeadm would have it.
//! let Some(node) = Node::start() else { return };
//! let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: \
//!     [{{name: c, image: {BUSYBOX}, args: [sh, -c, sleep 600]}}]}}}}");
//! node.apply(&pod).expect("it is taken");
//! node.until(&["wait", "--for=condition=Ready", "pod/a"]);
//! // Any program sees the node's processes, files and network.
//! let ports = node.command("cat").arg("/var/lib/kubelet/config.yaml").output();
//!
//! // With further arguments of its components, of which the last of a name counts.
//! let Some(node) = Setup::new()
//!     .flag("kubelet", "--anonymous-auth=true")
//!     .flag("kube-apiserver", "--profiling=false")
//!     .start() else { return };
//! ```
//!
//! It runs in namespaces of its own, where paths and ports are those of kubeadm:
//! `/etc/kubernetes/{admin,controller-manager,scheduler,kubelet}.conf`, `/etc/kubernetes/pki`,
//! `/etc/kubernetes/manifests` (static pods), `/var/lib/kubelet/config.yaml`, `/var/lib/etcd`,
//! `/etc/cni/net.d`, `/run/containerd/containerd.sock`; API server 6443, kubelet 10250 on 10.99.0.1,
//! etcd 2379, controller manager 10257, scheduler 10259. There is no kube-proxy and no DNS: Services
//! have addresses that lead nowhere, unless a test asks for that of the API server
//! ([`Node::serve`]). No network leads out. The host's files are there to be read,
//! and `/tmp` is the host's; what is written to `/etc`, `/var/lib`, `/var/log` and `/run` is gone
//! with the node.
//!
//! It takes Linux, root, and what `tests/cluster/build` builds; where that is missing, a test says
//! so and ends, but never in continuous integration (see `left_out` of `tests/cluster`).
//! Whatever becomes of the test, nothing of the node stays behind.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use seawall_cluster_tests::{ETCD, KUBERNETES, has, programs, with_input};

/// The containerd that runs, by its folder among the programs.
pub const CONTAINERD: &str = "containerd-2.4.2";
const RUNC: &str = "runc-1.5.2";
const CNI: &str = "cni-1.9.1";

/// An image that is there: busybox, without an entry point.
pub const BUSYBOX: &str = "localhost/busybox:test";

/// How long [`Node::until`] tries.
const PATIENCE: Duration = Duration::from_secs(180);

/// What node to start.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// A component and an argument.
    flags: Vec<(String, String)>,
}

impl Setup {
    /// A node as it comes.
    pub fn new() -> Self {
        Setup::default()
    }

    /// A further argument of a component (`etcd`, `kube-apiserver`, `kube-controller-manager`,
    /// `kube-scheduler`, `containerd`, `kubelet`); it counts more than one of the same name before.
    #[must_use]
    pub fn flag(mut self, component: &str, flag: &str) -> Self {
        self.flags.push((component.to_owned(), flag.to_owned()));
        self
    }

    /// Starts the node; `None` where this machine can't have one.
    ///
    /// # Panics
    ///
    /// Where it should start, and does not.
    pub fn start(self) -> Option<Node> {
        for (tool, arguments) in [
            ("unshare", ["--mount", "--net", "--pid", "--fork", "true"].as_slice()),
            ("nsenter", &["--version"]),
            ("ip", &["-V"]),
            ("openssl", &["version"]),
            ("busybox", &["true"]),
        ] {
            has(tool, arguments)?;
        }
        let kubernetes = format!("kubernetes-{KUBERNETES}");
        let of = |project: &str, files: &[&str]| -> Vec<String> {
            files.iter().map(|file| format!("{project}/{file}")).collect()
        };
        let wanted = [
            of(ETCD, &["etcd"]),
            of(
                &kubernetes,
                &[
                    "kube-apiserver",
                    "kube-controller-manager",
                    "kube-scheduler",
                    "kubelet",
                    "kubectl",
                ],
            ),
            of(CONTAINERD, &["containerd", "containerd-shim-runc-v2", "ctr"]),
            of(RUNC, &["runc"]),
            of(CNI, &["bridge", "loopback", "host-local"]),
        ]
        .concat();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let tools = programs(&wanted)?;
        let folder = tempfile::tempdir().expect("a folder can be made");
        let flags = folder.path().join("flags");
        fs::create_dir(&flags).expect("the folder is writable");
        let mut components: Vec<&str> = self.flags.iter().map(|(name, _)| &**name).collect();
        components.sort_unstable();
        components.dedup();
        for component in components {
            let own = self.flags.iter().filter(|(name, _)| name == component);
            let lines: String = own.map(|(_, flag)| format!("{flag}\n")).collect();
            fs::write(flags.join(component), lines).expect("the folder is writable");
        }
        let images = folder.path().join("images");
        fs::create_dir(&images).expect("the folder is writable");
        // It reaps what is left to it, and ends when asked.
        let pause = r#"["sh","-c","trap exit INT TERM; while :; do sleep 3600 & wait $!; done"]"#;
        image("localhost/pause:test", &images.join("pause.tar"), pause, &[]);
        image(BUSYBOX, &images.join("busybox.tar"), "[]", &[]);
        let log = fs::File::create(folder.path().join("start.log")).expect("it is writable");
        let mut running = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/start"))
            .arg(folder.path())
            .env("ETCD", tools.join(ETCD))
            .env("KUBERNETES", tools.join(&kubernetes))
            .env("CONTAINERD", tools.join(CONTAINERD))
            .env("RUNC", tools.join(RUNC))
            .env("CNI", tools.join(CNI))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the script is there");
        let stdout = running.stdout.take().expect("it is piped");
        let kubectl = tools.join(kubernetes).join("kubectl");
        let ctr = tools.join(CONTAINERD).join("ctr");
        let mut node = Node { folder, kubectl, ctr, running, first: 0 };
        let mut said = String::new();
        BufReader::new(stdout).read_line(&mut said).expect("the script writes text");
        let log = || fs::read_to_string(node.path("start.log")).unwrap_or_default();
        assert_eq!(said, "ready\n", "the node does not start: {}", log());
        node.first = first_process(node.running.id());
        Some(node)
    }
}

/// A running node; it ends when this is dropped, or the process does.
pub struct Node {
    folder: tempfile::TempDir,
    kubectl: PathBuf,
    ctr: PathBuf,
    running: Child,
    /// The first process of its namespaces, as the host counts.
    first: u32,
}

impl Node {
    /// Starts the node of [`Setup::new`]; `None` where this machine can't have one.
    ///
    /// # Panics
    ///
    /// Where it should start, and does not.
    pub fn start() -> Option<Node> {
        Setup::new().start()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder that goes with the node, inside and outside of it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The kubeconfig of the admin. The address in it is the node's own: see [`command`].
    ///
    /// [`command`]: Node::command
    pub fn kubeconfig(&self) -> PathBuf {
        self.path("admin.kubeconfig")
    }

    /// A command inside the node's namespaces: with its files, processes and network.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--target={}", self.first));
        command.args(["--mount", "--net", "--pid", "--ipc", "--uts", "--wdns=/", "--"]);
        command.arg(program);
        command
    }

    /// Runs kubectl as the admin, with a text on standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(&self.kubectl);
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(arguments);
        with_input(command, input)
    }

    /// Creates or changes what a manifest says; what kubectl complains of where the server refuses.
    pub fn apply(&self, manifest: &str) -> Result<(), String> {
        let output = self.kubectl(&["apply", "-f", "-"], manifest);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(complaint) }
    }

    /// Runs kubectl until it succeeds; what it wrote.
    ///
    /// # Panics
    ///
    /// Where it does not succeed within three minutes.
    pub fn until(&self, arguments: &[&str]) -> String {
        let began = Instant::now();
        loop {
            let output = self.kubectl(arguments, "");
            if output.status.success() {
                return String::from_utf8_lossy(&output.stdout).into_owned();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "kubectl {arguments:?}: {}\n{}",
                String::from_utf8_lossy(&output.stderr),
                self.log("kubelet")
            );
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// What a component said last.
    pub fn log(&self, component: &str) -> String {
        let path = self.path(&format!("logs/{component}.log"));
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    /// Makes an image of busybox and further files, each a source and its target, and brings it to
    /// the node; `entrypoint` is a list in JSON.
    ///
    /// # Panics
    ///
    /// Where a file is missing.
    pub fn image(&self, name: &str, entrypoint: &str, files: &[(&str, &str)]) {
        let archive = self.path("further.tar");
        image(name, &archive, entrypoint, files);
        let mut command = self.command(&self.ctr);
        command.args(["--namespace=k8s.io", "images", "import"]).arg(archive);
        let output = with_input(command, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Node {
    /// Makes an image of programs that are linked to the host's libraries, as [`Node::image`], with
    /// these libraries.
    ///
    /// # Panics
    ///
    /// Where a program is missing, or `ldd` is.
    pub fn image_of(&self, name: &str, entrypoint: &str, programs: &[(&str, &str)]) {
        let paths = programs.iter().map(|(path, _)| path);
        let output = Command::new("ldd").args(paths).output().expect("there is ldd");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout);
        // `libc.so.6 => /lib/libc.so.6 (0x7f…)` and `/lib64/ld-linux.so.2 (0x7f…)`.
        let libraries: BTreeSet<&str> = said
            .split_whitespace()
            .filter(|word| word.starts_with('/') && !word.ends_with(':'))
            .collect();
        let mut files = programs.to_vec();
        files.extend(libraries.iter().map(|path| (*path, path.trim_start_matches('/'))));
        self.image(name, entrypoint, &files);
    }

    /// Lets pods reach the API server at its Service, as kube-proxy does; `None` where this machine
    /// has no `nft`.
    ///
    /// # Panics
    ///
    /// Where the rules are refused.
    pub fn serve(&self) -> Option<()> {
        has("nft", &["--version"])?;
        let chain = |hook: &str| {
            format!(
                "chain {hook} {{\ntype nat hook {hook} priority -100\n\
                 ip daddr 10.96.0.1 tcp dport 443 dnat to 10.99.0.1:6443\n}}\n"
            )
        };
        let rules = format!("table ip services {{\n{}{}}}\n", chain("output"), chain("prerouting"));
        let mut nft = self.command("nft");
        nft.args(["-f", "-"]);
        let output = with_input(nft, &rules);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.running.stdin.take());
        self.running.wait().expect("a child can be waited for");
    }
}

/// Makes an image archive.
fn image(name: &str, out: &Path, entrypoint: &str, files: &[(&str, &str)]) {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/image"));
    command.arg(name).arg(out).arg(entrypoint);
    command.args(files.iter().map(|(source, target)| format!("{source}={target}")));
    let output = with_input(command, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The first process of the namespaces, which `unshare`, a child of the script, has made.
fn first_process(script: u32) -> u32 {
    let child = |of: u32| {
        let children = fs::read_to_string(format!("/proc/{of}/task/{of}/children"));
        let children = children.expect("the kernel tells of children");
        children.split_whitespace().next_back().and_then(|pid| pid.parse().ok())
    };
    let unshare = child(script).expect("the script waits for it");
    child(unshare).expect("it waits for the first process")
}
