//! Where each distribution keeps the files that controls ask about.
//!
//! What a process or the kubelet's configuration says comes first; these are the places that
//! nothing says.

use seawall_model::{Inventory, ObjectKind};

use super::Platform;

/// A kind of file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is named as what it holds")]
pub enum File {
    ApiServerManifest,
    ControllerManagerManifest,
    SchedulerManifest,
    EtcdManifest,
    Cni,
    EtcdData,
    AdminConf,
    SchedulerConf,
    ControllerManagerConf,
    Pki,
    KubeletService,
    ProxyConf,
    KubeletConf,
    ClientCa,
    KubeletConfig,
    AzureJson,
}

impl File {
    /// In words.
    pub fn noun(self) -> &'static str {
        match self {
            File::ApiServerManifest => "the API server's manifest",
            File::ControllerManagerManifest => "the controller manager's manifest",
            File::SchedulerManifest => "the scheduler's manifest",
            File::EtcdManifest => "etcd's manifest",
            File::Cni => "the network plugin's files",
            File::EtcdData => "etcd's data directory",
            File::AdminConf => "the administrator's kubeconfig",
            File::SchedulerConf => "the scheduler's kubeconfig",
            File::ControllerManagerConf => "the controller manager's kubeconfig",
            File::Pki => "the PKI directory",
            File::KubeletService => "the kubelet's unit",
            File::ProxyConf => "kube-proxy's kubeconfig",
            File::KubeletConf => "the kubelet's kubeconfig",
            File::ClientCa => "the client CA",
            File::KubeletConfig => "the kubelet's configuration",
            File::AzureJson => "the credentials for Azure",
        }
    }
}

/// The places of a distribution's files; of each kind all that exist count.
#[derive(Debug)]
pub struct Layout {
    /// Directories of static pods.
    pub static_pods: &'static [&'static str],
    files: &'static [(File, &'static [&'static str])],
}

impl Layout {
    /// The places of a kind of file.
    pub fn places(&self, file: File) -> &'static [&'static str] {
        self.files.iter().find(|(kind, _)| *kind == file).map_or(&[], |(_, places)| places)
    }
}

const KUBEADM: Layout = Layout {
    static_pods: &["/etc/kubernetes/manifests"],
    files: &[
        (File::ApiServerManifest, &["/etc/kubernetes/manifests/kube-apiserver.yaml"]),
        (
            File::ControllerManagerManifest,
            &["/etc/kubernetes/manifests/kube-controller-manager.yaml"],
        ),
        (File::SchedulerManifest, &["/etc/kubernetes/manifests/kube-scheduler.yaml"]),
        (File::EtcdManifest, &["/etc/kubernetes/manifests/etcd.yaml"]),
        (File::Cni, &["/etc/cni/net.d"]),
        (File::EtcdData, &["/var/lib/etcd"]),
        (File::AdminConf, &["/etc/kubernetes/admin.conf", "/etc/kubernetes/super-admin.conf"]),
        (File::SchedulerConf, &["/etc/kubernetes/scheduler.conf"]),
        (File::ControllerManagerConf, &["/etc/kubernetes/controller-manager.conf"]),
        (File::Pki, &["/etc/kubernetes/pki"]),
        (
            File::KubeletService,
            &[
                "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
                "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
                "/etc/systemd/system/kubelet.service",
                "/usr/lib/systemd/system/kubelet.service",
                "/lib/systemd/system/kubelet.service",
            ],
        ),
        (File::ProxyConf, &["/etc/kubernetes/proxy.conf", "/var/lib/kube-proxy/kubeconfig.conf"]),
        (File::KubeletConf, &["/etc/kubernetes/kubelet.conf"]),
        (File::ClientCa, &["/etc/kubernetes/pki/ca.crt"]),
        (File::KubeletConfig, &["/var/lib/kubelet/config.yaml"]),
    ],
};

const RKE2: Layout = Layout {
    static_pods: &["/var/lib/rancher/rke2/agent/pod-manifests"],
    files: &[
        (
            File::ApiServerManifest,
            &["/var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml"],
        ),
        (
            File::ControllerManagerManifest,
            &["/var/lib/rancher/rke2/agent/pod-manifests/kube-controller-manager.yaml"],
        ),
        (
            File::SchedulerManifest,
            &["/var/lib/rancher/rke2/agent/pod-manifests/kube-scheduler.yaml"],
        ),
        (File::EtcdManifest, &["/var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml"]),
        (File::Cni, &["/etc/cni/net.d", "/var/lib/rancher/rke2/agent/etc/cni/net.d"]),
        (File::EtcdData, &["/var/lib/rancher/rke2/server/db/etcd"]),
        (
            File::AdminConf,
            &["/var/lib/rancher/rke2/server/cred/admin.kubeconfig", "/etc/rancher/rke2/rke2.yaml"],
        ),
        (File::SchedulerConf, &["/var/lib/rancher/rke2/server/cred/scheduler.kubeconfig"]),
        (File::ControllerManagerConf, &["/var/lib/rancher/rke2/server/cred/controller.kubeconfig"]),
        (File::Pki, &["/var/lib/rancher/rke2/server/tls"]),
        (File::ProxyConf, &["/var/lib/rancher/rke2/agent/kubeproxy.kubeconfig"]),
        (File::KubeletConf, &["/var/lib/rancher/rke2/agent/kubelet.kubeconfig"]),
        (File::ClientCa, &["/var/lib/rancher/rke2/agent/client-ca.crt"]),
        (File::KubeletConfig, &["/var/lib/rancher/rke2/agent/etc/kubelet.conf.d"]),
    ],
};

const K3S: Layout = Layout {
    static_pods: &["/var/lib/rancher/k3s/agent/pod-manifests"],
    files: &[
        (File::Cni, &["/var/lib/rancher/k3s/agent/etc/cni/net.d"]),
        (File::EtcdData, &["/var/lib/rancher/k3s/server/db/etcd"]),
        (
            File::AdminConf,
            &["/var/lib/rancher/k3s/server/cred/admin.kubeconfig", "/etc/rancher/k3s/k3s.yaml"],
        ),
        (File::SchedulerConf, &["/var/lib/rancher/k3s/server/cred/scheduler.kubeconfig"]),
        (File::ControllerManagerConf, &["/var/lib/rancher/k3s/server/cred/controller.kubeconfig"]),
        (File::Pki, &["/var/lib/rancher/k3s/server/tls"]),
        (File::ProxyConf, &["/var/lib/rancher/k3s/agent/kubeproxy.kubeconfig"]),
        (File::KubeletConf, &["/var/lib/rancher/k3s/agent/kubelet.kubeconfig"]),
        (File::ClientCa, &["/var/lib/rancher/k3s/agent/client-ca.crt"]),
        (File::KubeletConfig, &["/var/lib/rancher/k3s/agent/etc/kubelet.conf.d"]),
    ],
};

const MICROK8S: Layout = Layout {
    static_pods: &[],
    files: &[
        (File::Cni, &["/var/snap/microk8s/current/args/cni-network"]),
        (File::EtcdData, &["/var/snap/microk8s/current/var/kubernetes/backend"]),
        (File::AdminConf, &["/var/snap/microk8s/current/credentials/client.config"]),
        (File::SchedulerConf, &["/var/snap/microk8s/current/credentials/scheduler.config"]),
        (
            File::ControllerManagerConf,
            &["/var/snap/microk8s/current/credentials/controller.config"],
        ),
        (File::Pki, &["/var/snap/microk8s/current/certs"]),
        (File::KubeletService, &["/etc/systemd/system/snap.microk8s.daemon-kubelite.service"]),
        (File::ProxyConf, &["/var/snap/microk8s/current/credentials/proxy.config"]),
        (File::KubeletConf, &["/var/snap/microk8s/current/credentials/kubelet.config"]),
        (File::ClientCa, &["/var/snap/microk8s/current/certs/ca.crt"]),
        (File::KubeletConfig, &["/var/snap/microk8s/current/args/kubelet"]),
    ],
};

const EKS: Layout = Layout {
    static_pods: &["/etc/kubernetes/manifests", "/etc/kubernetes/static-pods"],
    files: &[
        (File::Cni, &["/etc/cni/net.d"]),
        (
            File::KubeletService,
            &["/etc/systemd/system/kubelet.service", "/usr/lib/systemd/system/kubelet.service"],
        ),
        (File::KubeletConf, &["/var/lib/kubelet/kubeconfig", "/etc/kubernetes/kubelet/kubeconfig"]),
        (File::ClientCa, &["/etc/kubernetes/pki/ca.crt"]),
        (
            File::KubeletConfig,
            &[
                "/etc/kubernetes/kubelet/config.json",
                "/etc/kubernetes/kubelet/kubelet-config.json",
                "/etc/kubernetes/kubelet/config",
            ],
        ),
    ],
};

const AKS: Layout = Layout {
    static_pods: &["/etc/kubernetes/manifests"],
    files: &[
        (File::Cni, &["/etc/cni/net.d"]),
        (File::KubeletService, &["/etc/systemd/system/kubelet.service"]),
        (File::KubeletConf, &["/var/lib/kubelet/kubeconfig"]),
        (File::ClientCa, &["/etc/kubernetes/certs/ca.crt"]),
        (File::KubeletConfig, &["/etc/default/kubelet", "/etc/default/kubeletconfig.json"]),
        (File::AzureJson, &["/etc/kubernetes/azure.json"]),
    ],
};

const GKE: Layout = Layout {
    static_pods: &["/etc/kubernetes/manifests"],
    files: &[
        (File::Cni, &["/etc/cni/net.d"]),
        (File::KubeletService, &["/etc/systemd/system/kubelet.service"]),
        (File::ProxyConf, &["/var/lib/kube-proxy/kubeconfig"]),
        (File::KubeletConf, &["/var/lib/kubelet/kubeconfig"]),
        (File::ClientCa, &["/etc/srv/kubernetes/pki/ca-certificates.crt"]),
        (File::KubeletConfig, &["/home/kubernetes/kubelet-config.yaml"]),
    ],
};

pub(super) fn of(platform: Platform) -> &'static Layout {
    match platform {
        Platform::Kubeadm | Platform::Other => &KUBEADM,
        Platform::Rke2 => &RKE2,
        Platform::K3s => &K3S,
        Platform::MicroK8s => &MICROK8S,
        Platform::Eks => &EKS,
        Platform::Aks => &AKS,
        Platform::Gke => &GKE,
    }
}

/// Whether a node bears the label that AKS gives to all of its own.
pub(super) fn has_azure_nodes(inventory: &Inventory) -> bool {
    inventory
        .of_kind(ObjectKind::Node)
        .any(|node| node.label("kubernetes.azure.com/cluster").is_some())
}
