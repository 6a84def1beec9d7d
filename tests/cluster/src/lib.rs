//! A real API server with its etcd, on free ports of the loopback, for tests.
//!
//! Both are built once from the Go module proxy and kept in `~/.cache/seawall-tests`. Where Go,
//! `openssl` or `kubectl` is missing, and in continuous integration (`CI`), there is no cluster, and
//! a test that wants one says so and ends. There are no controllers and no nodes: a test makes by
//! hand what they would make.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const ETCD: &str = "etcd-3.7.3";
const API_SERVER: &str = "kube-apiserver-1.36.3";

/// How long the server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running control plane; it ends when this is dropped.
pub struct Cluster {
    folder: tempfile::TempDir,
    running: Vec<Child>,
}

/// Why there is no cluster to test against, as a plain word.
#[derive(Debug)]
pub struct NoCluster(pub String);

impl Cluster {
    /// Starts a cluster with the users `admin` and `limited`, who has no rights until a test gives
    /// them some.
    ///
    /// # Errors
    ///
    /// Where this machine can't have one.
    pub fn start() -> Result<Cluster, NoCluster> {
        let bin = binaries()?;
        let fail = |error: std::io::Error| NoCluster(error.to_string());
        let folder = tempfile::tempdir().map_err(fail)?;
        let mut cluster = Cluster { folder, running: Vec::new() };
        let [client, peer, api] = free_ports().map_err(fail)?;
        let path = |name: &str| cluster.path(name).to_string_lossy().into_owned();
        command("openssl", &["genrsa", "-out", &path("sa.key"), "2048"])?;
        let tokens = "admintoken,admin,1,system:masters\nlimitedtoken,limited,2\n";
        fs::write(cluster.path("tokens.csv"), tokens).map_err(fail)?;
        for user in ["admin", "limited"] {
            let text = kubeconfig(api, &path("certificates/apiserver.crt"), user);
            fs::write(cluster.kubeconfig(user), text).map_err(fail)?;
        }
        let etcd = [
            format!("--data-dir={}", path("etcd")),
            format!("--listen-client-urls=http://127.0.0.1:{client}"),
            format!("--advertise-client-urls=http://127.0.0.1:{client}"),
            format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
            "--unsafe-no-fsync".to_owned(),
        ];
        let server = [
            format!("--etcd-servers=http://127.0.0.1:{client}"),
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
        cluster.run(&bin.join(ETCD), &etcd).map_err(fail)?;
        cluster.run(&bin.join(API_SERVER), &server).map_err(fail)?;
        let began = Instant::now();
        while !cluster.kubectl(&["get", "--raw", "/readyz"], "").status.success() {
            if began.elapsed() > PATIENCE {
                return Err(NoCluster(format!("the API server is not ready: {}", cluster.log())));
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(cluster)
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

    /// Runs kubectl as the admin, with a text on standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new("kubectl")
            .arg("--kubeconfig")
            .arg(self.kubeconfig("admin"))
            .arg("--request-timeout=20s")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl was found before");
        let mut stdin = child.stdin.take().expect("it is piped");
        // kubectl may end without reading.
        let written = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("kubectl ends");
        assert!(written.is_ok() || !output.status.success(), "kubectl did not read: {written:?}");
        output
    }

    /// Creates or changes what a manifest says; what kubectl complains of where the server refuses.
    pub fn apply(&self, manifest: &str) -> Result<(), String> {
        let output = self.kubectl(&["apply", "-f", "-"], manifest);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(complaint) }
    }

    fn run(&mut self, program: &Path, arguments: &[String]) -> std::io::Result<()> {
        let log = fs::File::create(self.path(&format!("{}.log", self.running.len())))?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.running.push(child);
        Ok(())
    }

    fn log(&self) -> String {
        let text = fs::read_to_string(self.path("1.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        lines.join(" | ")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The API server first; it does not end by itself once etcd is gone, so neither is asked.
        for child in self.running.iter_mut().rev() {
            // It may have ended by itself.
            if child.kill().is_ok() {
                child.wait().expect("a child that was killed can be waited for");
            }
        }
    }
}

fn binaries() -> Result<PathBuf, NoCluster> {
    if std::env::var_os("CI").is_some() {
        return Err(NoCluster("continuous integration runs without a cluster".to_owned()));
    }
    for (tool, argument) in [("openssl", "version"), ("kubectl", "help")] {
        command(tool, &[argument])?;
    }
    let home = std::env::var_os("HOME").ok_or_else(|| NoCluster("no HOME".to_owned()))?;
    let bin = Path::new(&home).join(".cache/seawall-tests/bin");
    if !bin.join(ETCD).exists() || !bin.join(API_SERVER).exists() {
        command("go", &["version"])?;
        let build = concat!(env!("CARGO_MANIFEST_DIR"), "/build");
        command(build, &[&bin.to_string_lossy()])?;
    }
    Ok(bin)
}

fn command(program: &str, arguments: &[&str]) -> Result<(), NoCluster> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match output {
        Err(error) => Err(NoCluster(format!("{program}: {error}"))),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(NoCluster(format!("{program} failed: {}", said.trim())))
        }
    }
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

fn kubeconfig(port: u16, authority: &str, user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: test
  cluster: {{server: \"https://127.0.0.1:{port}\", certificate-authority: {authority}}}
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
