//! A real API server with its etcd, on free ports of the loopback, for tests.
//!
//! ```no_run
//! use seawall_cluster_tests::{Cluster, Setup};
//!
//! // The newest Kubernetes, as it comes.
//! let Some(cluster) = Cluster::start() else { return };
//! cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}").expect("it is taken");
//!
//! // Another version, with further arguments, of which the last of a name counts.
//! let old = Setup::new()
//!     .kubernetes("1.24.17")
//!     .flag("--enable-admission-plugins=PodSecurityPolicy")
//!     .flag("--disable-admission-plugins=ServiceAccount")
//!     .user("developer", &["developers"]);
//! let Some(cluster) = old.start() else { return };
//! let admitted = cluster.kubectl_as("developer", &["create", "-f", "-"], "kind: Pod");
//! ```
//!
//! The programs are built once from the Go module proxy and kept by version outside the checkout
//! ([`programs`]). Where Go or `openssl` is missing there is no cluster, and the test that wants
//! one says so and ends; never in continuous integration (`CI`), where it fails ([`left_out`]).
//! Whatever becomes of the test, nothing of the cluster stays behind.
//!
//! There are no controllers and no nodes: a test makes by hand what they would make, or takes a
//! whole node of `tests/node`.

#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod programs;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub use programs::{ETCD, KUBERNETES, SONOBUOY, has, left_out, programs};

/// How long the server may take to be ready: there may be other work for the machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs a program until standard input ends, as it does when the test does, however that comes.
const GUARD: &str = r#""$@" < /dev/null & read -r end; kill -9 $!; wait"#;

/// What cluster to start.
#[derive(Clone, Debug)]
pub struct Setup {
    kubernetes: String,
    flags: Vec<String>,
    /// Names with their groups.
    users: Vec<(String, Vec<String>)>,
}

impl Default for Setup {
    fn default() -> Self {
        Setup::new()
    }
}

impl Setup {
    /// The newest Kubernetes with RBAC, and the users `admin`, who may do everything, and
    /// `limited`, who has no rights until a test gives them some.
    pub fn new() -> Self {
        let user = |name: &str, groups: &[&str]| {
            (name.to_owned(), groups.iter().map(|&group| group.to_owned()).collect())
        };
        Setup {
            kubernetes: KUBERNETES.to_owned(),
            flags: Vec::new(),
            users: vec![user("admin", &["system:masters"]), user("limited", &[])],
        }
    }

    /// A version of Kubernetes, such as `1.24.17`: anything that the Go module proxy has.
    #[must_use]
    pub fn kubernetes(mut self, version: &str) -> Self {
        version.clone_into(&mut self.kubernetes);
        self
    }

    /// A further argument of the API server; it counts more than one of the same name before.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// A further user, without rights but those of the groups.
    #[must_use]
    pub fn user(mut self, name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        self.users.push((name.to_owned(), groups));
        self
    }

    /// Starts the cluster; `None` where this machine can't have one.
    ///
    /// # Panics
    ///
    /// Where it should start, and does not.
    pub fn start(self) -> Option<Cluster> {
        let server = format!("kubernetes-{}/kube-apiserver", self.kubernetes);
        let etcd = format!("{ETCD}/etcd");
        let kubectl = format!("kubernetes-{KUBERNETES}/kubectl");
        has("openssl", &["version"])?;
        let tools = programs(&[&etcd, &server, &kubectl])?;
        let folder = tempfile::tempdir().expect("a folder can be made");
        let [client, peer, api] = free_ports().expect("there are free ports");
        let mut cluster = Cluster {
            folder,
            kubectl: tools.join(kubectl),
            address: format!("https://127.0.0.1:{api}"),
            etcd: format!("http://127.0.0.1:{client}"),
            running: Vec::new(),
        };
        let path = |name: &str| cluster.path(name).to_string_lossy().into_owned();
        let key = ["genrsa", "-out", &path("sa.key"), "2048"];
        let key = Command::new("openssl").args(key).output().expect("it was there before");
        assert!(key.status.success(), "{}", String::from_utf8_lossy(&key.stderr));
        let mut tokens = String::new();
        for (number, (name, groups)) in self.users.iter().enumerate() {
            tokens.push_str(&format!("{name}token,{name},{number},\"{}\"\n", groups.join(",")));
            let text = kubeconfig(&cluster.address, &path("certificates/apiserver.crt"), name);
            fs::write(cluster.kubeconfig(name), text).expect("the folder is writable");
        }
        fs::write(cluster.path("tokens.csv"), tokens).expect("the folder is writable");
        let of_etcd = [
            format!("--data-dir={}", path("etcd")),
            format!("--listen-client-urls={}", cluster.etcd),
            format!("--advertise-client-urls={}", cluster.etcd),
            format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
            "--unsafe-no-fsync".to_owned(),
        ];
        let mut of_server = vec![
            format!("--etcd-servers={}", cluster.etcd),
            format!("--cert-dir={}", path("certificates")),
            format!("--secure-port={api}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", path("sa.key")),
            format!("--service-account-signing-key-file={}", path("sa.key")),
            format!("--token-auth-file={}", path("tokens.csv")),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/16".to_owned(),
            "--allow-privileged=true".to_owned(),
        ];
        of_server.extend(self.flags);
        cluster.run("etcd", &tools.join(etcd), &of_etcd);
        cluster.run("kube-apiserver", &tools.join(server), &of_server);
        let began = Instant::now();
        while !cluster.kubectl(&["get", "--raw", "/readyz"], "").status.success() {
            assert!(
                began.elapsed() < PATIENCE,
                "the API server is not ready: {}",
                cluster.log("kube-apiserver")
            );
            std::thread::sleep(Duration::from_millis(300));
        }
        Some(cluster)
    }
}

/// A running control plane; it ends when this is dropped, or the process does.
pub struct Cluster {
    folder: tempfile::TempDir,
    kubectl: PathBuf,
    address: String,
    etcd: String,
    running: Vec<Child>,
}

impl Cluster {
    /// Starts the cluster of [`Setup::new`]; `None` where this machine can't have one.
    ///
    /// # Panics
    ///
    /// Where it should start, and does not.
    pub fn start() -> Option<Cluster> {
        Setup::new().start()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder that goes with the cluster.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The kubeconfig of a user.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.path(&format!("{user}.kubeconfig"))
    }

    /// The address of the API server, such as `https://127.0.0.1:41234`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address of etcd, which asks for no credentials.
    pub fn etcd(&self) -> &str {
        &self.etcd
    }

    /// What a component, `etcd` or `kube-apiserver`, said last.
    pub fn log(&self, component: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("{component}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    /// Runs kubectl as the admin, with a text on standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Output {
        self.kubectl_as("admin", arguments, input)
    }

    /// Runs kubectl as a user, with a text on standard input.
    pub fn kubectl_as(&self, user: &str, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(self.kubeconfig(user)).arg("--request-timeout=20s");
        command.args(arguments);
        with_input(command, input)
    }

    /// Creates or changes what a manifest says; what kubectl complains of where the server refuses.
    pub fn apply(&self, manifest: &str) -> Result<(), String> {
        let output = self.kubectl(&["apply", "-f", "-"], manifest);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(complaint) }
    }

    fn run(&mut self, name: &str, program: &Path, arguments: &[String]) {
        let log = fs::File::create(self.path(&format!("{name}.log"))).expect("it is writable");
        let child = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn();
        self.running.push(child.expect("there is a shell"));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The API server first, since it does not end by itself once etcd is gone.
        for child in self.running.iter_mut().rev() {
            drop(child.stdin.take());
            child.wait().expect("a child can be waited for");
        }
    }
}

/// Runs a command to its end, with a text on standard input.
///
/// # Panics
///
/// Where the command is not there, or succeeds without having read the text.
pub fn with_input(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program is there");
    let mut stdin = child.stdin.take().expect("it is piped");
    // The program may end without reading.
    let written = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("a child can be waited for");
    assert!(written.is_ok() || !output.status.success(), "the text was not read: {written:?}");
    output
}

/// Ports that were free a moment ago.
fn free_ports() -> std::io::Result<[u16; 3]> {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let listeners = [bind()?, bind()?, bind()?];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn kubeconfig(address: &str, authority: &str, user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: test
  cluster: {{server: \"{address}\", certificate-authority: {authority}}}
users:
- name: {user}
  user: {{token: {user}token}}
contexts:
- name: test
  context: {{cluster: test, user: {user}}}
current-context: test
"
    )
}
