//! Nodes made of files, for tests: what /proc, /etc and /var hold where Kubernetes runs.

#![allow(dead_code, reason = "each test uses its share")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use seawall_bench::{
    Benchmark, ControlResult, Cx, Filter, Header, Host, Input, Platform, Report, Role, Verdict, run,
};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};

/// A node's file system in a temporary directory.
pub struct Node {
    root: tempfile::TempDir,
}

impl Node {
    /// A node that runs nothing.
    pub fn new() -> Self {
        let node = Node { root: tempfile::tempdir().expect("a temporary directory") };
        for directory in ["etc", "var/lib", "usr/lib", "run", "sys", "dev", "proc/1", "proc/sys"] {
            fs::create_dir_all(node.path(directory)).expect("a directory");
        }
        node.file("proc/1/net/dev", "").file("proc/self/net/dev", "");
        node.in_network("self").process(1, &["/usr/lib/systemd/systemd"]);
        node.file("proc/2/comm", "kthreadd\n");
        node.file("proc/2/cmdline", "");
        node.file("etc/passwd", "root:x:0:0::/root:/bin/sh\netcd:x:997:996::/:/bin/false\n");
        node.file("etc/group", "root:x:0:\netcd:x:996:\n");
        node.file("etc/hostname", "node1\n");
        node
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// Writes a file with mode 600.
    pub fn file(&self, path: &str, text: &str) -> &Self {
        let full = self.path(path);
        fs::create_dir_all(full.parent().expect("a parent")).expect("a directory");
        fs::write(&full, text).expect("a file");
        self.mode(path, 0o600)
    }

    pub fn mode(&self, path: &str, bits: u32) -> &Self {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(bits)).expect("a mode");
        self
    }

    pub fn remove(&self, path: &str) -> &Self {
        let full = self.path(path);
        if full.is_dir() {
            fs::remove_dir_all(full).expect("a directory to remove");
        } else {
            fs::remove_file(full).expect("a file to remove");
        }
        self
    }

    /// A running process; the variables are few.
    pub fn process(&self, pid: u32, words: &[&str]) -> &Self {
        let mut line = words.join("\0");
        line.push('\0');
        self.file(&format!("proc/{pid}/cmdline"), &line);
        self.file(&format!("proc/{pid}/cgroup"), "0::/system.slice/a.service\n");
        self.file(&format!("proc/{pid}/environ"), "PATH=/bin\0");
        if pid == 1 { self } else { self.in_network(&pid.to_string()) }
    }

    /// Puts a process into the network of process 1, whose files are then the same.
    pub fn in_network(&self, process: &str) -> &Self {
        let path = self.path(&format!("proc/{process}/net/dev"));
        self.file(&format!("proc/{process}/net/dev"), "");
        fs::remove_file(&path).expect("it was written");
        fs::hard_link(self.path("proc/1/net/dev"), path).expect("a second name");
        self
    }

    /// Gives a process a network of its own.
    pub fn own_network(&self, pid: u32) -> &Self {
        let path = format!("proc/{pid}/net/dev");
        self.remove(&path).file(&path, "")
    }

    /// Appends words to the command line of a process.
    pub fn with(&self, pid: u32, words: &[&str]) -> &Self {
        let path = format!("proc/{pid}/cmdline");
        let mut line = fs::read_to_string(self.path(&path)).expect("a process");
        for word in words {
            line.push_str(word);
            line.push('\0');
        }
        self.file(&path, &line)
    }

    /// Replaces a text in a file.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.path(path)).expect("a file");
        assert!(text.contains(from), "{path} does not hold {from:?}");
        self.file(path, &text.replace(from, to))
    }

    /// Drops a word of a process.
    pub fn without(&self, pid: u32, word: &str) -> &Self {
        self.replace(&format!("proc/{pid}/cmdline"), &format!("{word}\0"), "")
    }

    /// The directory that is its root.
    pub fn root(&self) -> &std::path::Path {
        self.root.path()
    }

    pub fn host(&self) -> Host {
        Host::new(self.root.path()).expect("a host")
    }

    pub fn report(&self, benchmark: &str) -> Report {
        report(Some(&self.host()), None, benchmark, &[])
    }

    /// What one control of CIS comes to.
    pub fn control(&self, id: &str) -> ControlResult {
        one(&self.report("cis-2.0"), id)
    }

    pub fn verdict(&self, id: &str) -> Verdict {
        self.control(id).verdict
    }
}

/// The day on which tests run, in seconds since 1970: 2026-06-01.
pub const NOW: i64 = 1_780_272_000;

pub fn report(
    host: Option<&Host>,
    inventory: Option<&Inventory>,
    benchmark: &str,
    roles: &[Role],
) -> Report {
    let input = Input {
        host,
        inventory,
        node: None,
        platform: None::<Platform>,
        minor: None,
        roles: roles.to_vec(),
        now: NOW,
    };
    let header =
        Header { seawall: "0".to_owned(), node: None, time: "2026-06-01T00:00:00Z".to_owned() };
    let benchmark = Benchmark::find(benchmark).expect("a benchmark");
    run(&Cx::new(input), benchmark, &Filter::default(), &header)
}

pub fn one(report: &Report, id: &str) -> ControlResult {
    report.results.iter().find(|result| result.id == id).expect("a control").clone()
}

/// An inventory of manifests.
pub fn inventory(text: &str) -> Inventory {
    inventory_of("objects.yaml", text)
}

/// An inventory of one file.
pub fn inventory_of(name: &str, text: &str) -> Inventory {
    let mut inventory = Inventory::new();
    for entry in entries(name, text) {
        inventory.add(entry);
    }
    inventory
}

/// The documents of one file.
pub fn entries(name: &str, text: &str) -> Vec<Entry> {
    let source = Arc::new(Source::new(name, text.to_owned()));
    let mut entries = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{:?}", reading.error);
        for document in reading.documents {
            let number = entries.len() as u32 + 1;
            entries.push(Entry::new(document, number));
        }
    }
    entries
}

/// The pids of the components of [`kubeadm`].
pub const API_SERVER: u32 = 100;
pub const CONTROLLER_MANAGER: u32 = 101;
pub const SCHEDULER: u32 = 102;
pub const ETCD: u32 = 103;
pub const KUBELET: u32 = 104;
pub const PROXY: u32 = 105;

const API_SERVER_FLAGS: &[&str] = &[
    "--anonymous-auth=false",
    "--audit-log-maxage=30",
    "--audit-log-maxbackup=10",
    "--audit-log-maxsize=100",
    "--audit-log-path=/var/log/kubernetes/audit.log",
    "--audit-policy-file=/etc/kubernetes/audit.yaml",
    "--authorization-mode=Node,RBAC",
    "--client-ca-file=/etc/kubernetes/pki/ca.crt",
    "--enable-admission-plugins=NodeRestriction,AlwaysPullImages,EventRateLimit,DenyServiceExternalIPs",
    "--encryption-provider-config=/etc/kubernetes/encryption.yaml",
    "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
    "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt",
    "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
    "--etcd-servers=https://127.0.0.1:2379",
    "--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt",
    "--kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt",
    "--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key",
    "--profiling=false",
    "--service-account-extend-token-expiration=false",
    "--service-account-key-file=/etc/kubernetes/pki/sa.pub",
    "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt",
    "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
];

const CONTROLLER_MANAGER_FLAGS: &[&str] = &[
    "--bind-address=127.0.0.1",
    "--kubeconfig=/etc/kubernetes/controller-manager.conf",
    "--profiling=false",
    "--root-ca-file=/etc/kubernetes/pki/ca.crt",
    "--service-account-private-key-file=/etc/kubernetes/pki/sa.key",
    "--terminated-pod-gc-threshold=100",
    "--use-service-account-credentials=true",
];

const SCHEDULER_FLAGS: &[&str] = &[
    "--bind-address=127.0.0.1",
    "--kubeconfig=/etc/kubernetes/scheduler.conf",
    "--profiling=false",
];

const ETCD_FLAGS: &[&str] = &[
    "--cert-file=/etc/kubernetes/pki/etcd/server.crt",
    "--client-cert-auth=true",
    "--data-dir=/var/lib/etcd",
    "--key-file=/etc/kubernetes/pki/etcd/server.key",
    "--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt",
    "--peer-client-cert-auth=true",
    "--peer-key-file=/etc/kubernetes/pki/etcd/peer.key",
    "--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
];

pub const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
";

pub const ENCRYPTION: &str = "apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox:
      keys:
      - name: key1
        secret: bm90IGEga2V5LCBidXQgMzIgYnl0ZXMgbG9uZyE=
  - identity: {}
";

pub const KUBELET_CONFIG: &str = "apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
eventRecordQPS: 5
podPidsLimit: 4096
readOnlyPort: 0
rotateCertificates: true
seccompDefault: true
serverTLSBootstrap: true
staticPodPath: /etc/kubernetes/manifests
tlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
";

/// The manifest of a static pod whose files of /etc/kubernetes and /var/lib/etcd are the node's.
pub fn manifest(program: &str, flags: &[&str]) -> String {
    let flags: String = flags.iter().map(|flag| format!("    - {flag}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {program}\n  namespace: kube-system\nspec:\n  \
         containers:\n  - name: {program}\n    image: registry.k8s.io/{program}:v1.34.1\n    \
         command:\n    - {program}\n{flags}    volumeMounts:\n    - name: conf\n      mountPath: \
         /etc/kubernetes\n    - name: data\n      mountPath: /var/lib/etcd\n  volumes:\n  - name: \
         conf\n    hostPath:\n      path: /etc/kubernetes\n  - name: data\n    hostPath:\n      path: \
         /var/lib/etcd\n"
    )
}

/// A control plane node of kubeadm as CIS wants it, but for owners, which only root can give.
pub fn kubeadm() -> Node {
    let node = Node::new();
    let components: [(u32, &str, &[&str]); 4] = [
        (API_SERVER, "kube-apiserver", API_SERVER_FLAGS),
        (CONTROLLER_MANAGER, "kube-controller-manager", CONTROLLER_MANAGER_FLAGS),
        (SCHEDULER, "kube-scheduler", SCHEDULER_FLAGS),
        (ETCD, "etcd", ETCD_FLAGS),
    ];
    for (pid, program, flags) in components {
        let words: Vec<&str> = [program].into_iter().chain(flags.iter().copied()).collect();
        node.process(pid, &words);
        node.file(&format!("etc/kubernetes/manifests/{program}.yaml"), &manifest(program, flags));
    }
    node.process(
        KUBELET,
        &[
            "/usr/bin/kubelet",
            "--kubeconfig=/etc/kubernetes/kubelet.conf",
            "--config=/var/lib/kubelet/config.yaml",
        ],
    );
    node.process(PROXY, &["/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"]);
    node.file(&format!("proc/{PROXY}/cgroup"), "0::/kubepods.slice/pod1/cri-2.scope\n");
    node.file(
        &format!("proc/{PROXY}/root/var/lib/kube-proxy/config.conf"),
        "kind: KubeProxyConfiguration\nmetricsBindAddress: \"\"\n",
    );
    node.file("var/lib/kubelet/config.yaml", KUBELET_CONFIG);
    node.file("etc/kubernetes/audit.yaml", AUDIT_POLICY);
    node.file("etc/kubernetes/encryption.yaml", ENCRYPTION);
    for name in ["admin", "scheduler", "controller-manager", "kubelet"] {
        node.file(&format!("etc/kubernetes/{name}.conf"), "kind: Config\n");
    }
    for name in ["ca", "apiserver", "etcd/ca", "etcd/server"] {
        node.file(&format!("etc/kubernetes/pki/{name}.crt"), "")
            .mode(&format!("etc/kubernetes/pki/{name}.crt"), 0o644);
        node.file(&format!("etc/kubernetes/pki/{name}.key"), "");
    }
    node.file("etc/cni/net.d/10-calico.conflist", "{}");
    node.file(
        "usr/lib/systemd/system/kubelet.service",
        "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n",
    );
    node.file("var/lib/etcd/member/snap/db", "").mode("var/lib/etcd", 0o700);
    node
}
