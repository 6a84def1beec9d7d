//! CIS Kubernetes Benchmark 1.12 (Kubernetes up to 1.33) and 2.0 (1.34 and 1.35): the same 131
//! controls, in the project's own words.
//!
//! The titles are those of the framework `cis` that scans summarise by; here is how each is
//! decided on a node.

use crate::component::Component::{ApiServer, ControllerManager, Scheduler};
use crate::context::Role;
use crate::control::{Control, Decide, Group};
use crate::distribution::File;
use crate::report::Assessment;
use crate::rules::{apiserver, controller, etcd, kubelet, network_plugin, provenance, proxy};
use crate::setting::Want;

use Decide::{AllSet, Ask, Flag, Mode, Objects, Owner, With};

const MODE_600: &str = "Take away all permissions but the owner's to read and write: chmod 600.";
const MODE_644: &str = "Take away all permissions to write but the owner's: chmod 644.";
const ROOT: &str = "Give the file to root: chown root:root.";
const NAMED_SUBJECTS: &str =
    "Take the right away from whoever does not need it, and name the resources where it is needed.";

fn title(id: &str) -> &'static str {
    seawall_checks::FRAMEWORKS
        .iter()
        .filter(|framework| framework.id == "cis")
        .flat_map(|framework| framework.controls)
        .find(|control| control.id == id)
        .map_or("", |control| control.title)
}

fn automated(id: &'static str, decide: Decide, remedy: &'static str) -> Control {
    Control { id, title: title(id), assessment: Assessment::Automated, remedy, decide }
}

fn manual(id: &'static str, decide: Decide, remedy: &'static str) -> Control {
    Control { id, title: title(id), assessment: Assessment::Manual, remedy, decide }
}

/// A control of section 5, which checks over objects decide.
fn objects(id: &'static str, remedy: &'static str) -> Control {
    manual(id, Objects(id), remedy)
}

/// A control by its number, for benchmarks that ask for the same.
pub(super) fn control(id: &str) -> Option<Control> {
    groups().into_iter().flat_map(|group| group.controls).find(|control| control.id == id)
}

/// All groups of controls.
pub(super) fn groups() -> Vec<Group> {
    vec![
        Group {
            title: "1.1 Control plane files",
            role: Some(Role::ControlPlane),
            controls: files(),
        },
        Group { title: "1.2 API server", role: Some(Role::ControlPlane), controls: api_server() },
        Group {
            title: "1.3 Controller manager",
            role: Some(Role::ControlPlane),
            controls: controller_manager(),
        },
        Group { title: "1.4 Scheduler", role: Some(Role::ControlPlane), controls: scheduler() },
        Group { title: "2 etcd", role: Some(Role::Etcd), controls: etcd_controls() },
        Group { title: "3.1 Authentication", role: Some(Role::ControlPlane), controls: users() },
        Group { title: "3.2 Logging", role: Some(Role::ControlPlane), controls: logging() },
        Group { title: "4.1 Worker files", role: Some(Role::Worker), controls: worker_files() },
        Group { title: "4.2 Kubelet", role: Some(Role::Worker), controls: kubelet_controls() },
        Group {
            title: "4.3 kube-proxy",
            role: Some(Role::Worker),
            controls: vec![automated(
                "4.3.1",
                With(proxy::metrics_address),
                "Set metricsBindAddress of kube-proxy's configuration to 127.0.0.1:10249.",
            )],
        },
        Group { title: "5.1 RBAC and service accounts", role: None, controls: rbac() },
        Group { title: "5.2 Pod security", role: None, controls: pods() },
        Group { title: "5.3 to 5.6 Policies", role: None, controls: others() },
    ]
}

fn files() -> Vec<Control> {
    use File::{
        AdminConf, ApiServerManifest, Cni, ControllerManagerConf, ControllerManagerManifest,
        EtcdData, EtcdManifest, Pki, SchedulerConf, SchedulerManifest,
    };
    let root = |file| Owner(file, "root", "root");
    vec![
        automated("1.1.1", Mode(ApiServerManifest, 0o600), MODE_600),
        automated("1.1.2", root(ApiServerManifest), ROOT),
        automated("1.1.3", Mode(ControllerManagerManifest, 0o600), MODE_600),
        automated("1.1.4", root(ControllerManagerManifest), ROOT),
        automated("1.1.5", Mode(SchedulerManifest, 0o600), MODE_600),
        automated("1.1.6", root(SchedulerManifest), ROOT),
        automated("1.1.7", Mode(EtcdManifest, 0o600), MODE_600),
        automated("1.1.8", root(EtcdManifest), ROOT),
        manual("1.1.9", Mode(Cni, 0o600), MODE_600),
        manual("1.1.10", root(Cni), ROOT),
        automated(
            "1.1.11",
            Mode(EtcdData, 0o700),
            "Let nobody but the owner into etcd's data: chmod 700.",
        ),
        automated(
            "1.1.12",
            With(etcd::data_owner),
            "Run etcd as a user of its own and give it the data: chown etcd:etcd.",
        ),
        automated("1.1.13", Mode(AdminConf, 0o600), MODE_600),
        automated("1.1.14", root(AdminConf), ROOT),
        automated("1.1.15", Mode(SchedulerConf, 0o600), MODE_600),
        automated("1.1.16", root(SchedulerConf), ROOT),
        automated("1.1.17", Mode(ControllerManagerConf, 0o600), MODE_600),
        automated("1.1.18", root(ControllerManagerConf), ROOT),
        automated(
            "1.1.19",
            root(Pki),
            "Give the directory and all in it to root: chown -R root:root.",
        ),
        manual("1.1.20", With(|cx| crate::files::pki(cx, ".crt", 0o644)), MODE_644),
        manual("1.1.21", With(|cx| crate::files::pki(cx, ".key", 0o600)), MODE_600),
    ]
}

fn api_server() -> Vec<Control> {
    let flag = |name, default, want| Flag(ApiServer, name, default, want);
    vec![
        manual(
            "1.2.1",
            With(apiserver::anonymous),
            "Set --anonymous-auth=false, or let an AuthenticationConfiguration allow the health \
             endpoints alone.",
        ),
        automated(
            "1.2.2",
            flag("token-auth-file", None, Want::Unset),
            "Remove --token-auth-file and give its users other credentials: such tokens never end.",
        ),
        manual(
            "1.2.3",
            With(|cx| apiserver::plugin_on(cx, "DenyServiceExternalIPs")),
            "Add DenyServiceExternalIPs to --enable-admission-plugins.",
        ),
        automated(
            "1.2.4",
            AllSet(ApiServer, &["kubelet-client-certificate", "kubelet-client-key"]),
            "Give the API server a client certificate and its key for kubelets.",
        ),
        automated(
            "1.2.5",
            AllSet(ApiServer, &["kubelet-certificate-authority"]),
            "Set --kubelet-certificate-authority, and let kubelets have serving certificates of it.",
        ),
        automated(
            "1.2.6",
            With(|cx| apiserver::authorizer(cx, "AlwaysAllow", false)),
            "Take AlwaysAllow out of the authorization modes.",
        ),
        automated(
            "1.2.7",
            With(|cx| apiserver::authorizer(cx, "Node", true)),
            "Add Node to the authorization modes.",
        ),
        automated(
            "1.2.8",
            With(|cx| apiserver::authorizer(cx, "RBAC", true)),
            "Add RBAC to the authorization modes.",
        ),
        manual(
            "1.2.9",
            With(|cx| apiserver::plugin_on(cx, "EventRateLimit")),
            "Add EventRateLimit to --enable-admission-plugins, and its limits to \
             --admission-control-config-file.",
        ),
        automated(
            "1.2.10",
            With(|cx| apiserver::plugin_off(cx, "AlwaysAdmit")),
            "Take AlwaysAdmit out of --enable-admission-plugins.",
        ),
        manual(
            "1.2.11",
            With(|cx| apiserver::plugin_on(cx, "AlwaysPullImages")),
            "Add AlwaysPullImages to --enable-admission-plugins.",
        ),
        automated(
            "1.2.12",
            With(|cx| apiserver::plugin_on(cx, "ServiceAccount")),
            "Take ServiceAccount out of --disable-admission-plugins.",
        ),
        automated(
            "1.2.13",
            With(|cx| apiserver::plugin_on(cx, "NamespaceLifecycle")),
            "Take NamespaceLifecycle out of --disable-admission-plugins.",
        ),
        automated(
            "1.2.14",
            With(|cx| apiserver::plugin_on(cx, "NodeRestriction")),
            "Add NodeRestriction to --enable-admission-plugins.",
        ),
        automated(
            "1.2.15",
            flag("profiling", Some("true"), Want::Bool(false)),
            "Set --profiling=false.",
        ),
        automated(
            "1.2.16",
            flag("audit-log-path", None, Want::Set),
            "Set --audit-log-path to a file, and --audit-policy-file to what belongs in it.",
        ),
        automated(
            "1.2.17",
            With(|cx| apiserver::audit_log(cx, "audit-log-maxage", Want::AtLeast(30, "30"))),
            "Set --audit-log-maxage=30 or more.",
        ),
        automated(
            "1.2.18",
            With(|cx| apiserver::audit_log(cx, "audit-log-maxbackup", Want::AtLeast(10, "10"))),
            "Set --audit-log-maxbackup=10 or more.",
        ),
        automated(
            "1.2.19",
            With(|cx| apiserver::audit_log(cx, "audit-log-maxsize", Want::AtLeast(100, "100"))),
            "Set --audit-log-maxsize=100 or more.",
        ),
        manual(
            "1.2.20",
            With(apiserver::request_timeout),
            "Set --request-timeout as short as your slowest clients allow.",
        ),
        automated(
            "1.2.21",
            flag("service-account-lookup", Some("true"), Want::Bool(true)),
            "Remove --service-account-lookup=false.",
        ),
        automated(
            "1.2.22",
            With(apiserver::service_account_keys),
            "Set --service-account-key-file to a key that serves nothing else.",
        ),
        automated(
            "1.2.23",
            With(|cx| apiserver::towards_etcd(cx, &["etcd-certfile", "etcd-keyfile"])),
            "Set --etcd-certfile and --etcd-keyfile.",
        ),
        automated(
            "1.2.24",
            AllSet(ApiServer, &["tls-cert-file", "tls-private-key-file"]),
            "Set --tls-cert-file and --tls-private-key-file.",
        ),
        automated("1.2.25", With(apiserver::client_ca), "Set --client-ca-file."),
        automated(
            "1.2.26",
            With(|cx| apiserver::towards_etcd(cx, &["etcd-cafile"])),
            "Set --etcd-cafile.",
        ),
        manual(
            "1.2.27",
            flag("encryption-provider-config", None, Want::Set),
            "Write an EncryptionConfiguration for Secrets and set --encryption-provider-config.",
        ),
        manual(
            "1.2.28",
            With(apiserver::encryption),
            "Let kms, secretbox or aescbc be the first provider of secrets.",
        ),
        manual(
            "1.2.29",
            With(apiserver::ciphers),
            "Set --tls-cipher-suites to suites with GCM or ChaCha20, or --tls-min-version=VersionTLS13.",
        ),
        automated(
            "1.2.30",
            flag("service-account-extend-token-expiration", Some("true"), Want::Bool(false)),
            "Set --service-account-extend-token-expiration=false, once no client keeps old tokens.",
        ),
    ]
}

fn controller_manager() -> Vec<Control> {
    let flag = |name, default, want| Flag(ControllerManager, name, default, want);
    vec![
        manual(
            "1.3.1",
            With(controller::finished_pods),
            "Set --terminated-pod-gc-threshold to what your nodes can hold.",
        ),
        automated(
            "1.3.2",
            flag("profiling", Some("true"), Want::Bool(false)),
            "Set --profiling=false.",
        ),
        automated(
            "1.3.3",
            flag("use-service-account-credentials", Some("false"), Want::Bool(true)),
            "Set --use-service-account-credentials=true.",
        ),
        automated(
            "1.3.4",
            AllSet(ControllerManager, &["service-account-private-key-file"]),
            "Set --service-account-private-key-file.",
        ),
        automated("1.3.5", AllSet(ControllerManager, &["root-ca-file"]), "Set --root-ca-file."),
        automated(
            "1.3.6",
            With(controller::kubelet_certificates),
            "Remove RotateKubeletServerCertificate=false from --feature-gates.",
        ),
        automated(
            "1.3.7",
            flag("bind-address", Some("0.0.0.0"), Want::Localhost),
            "Set --bind-address=127.0.0.1.",
        ),
    ]
}

fn scheduler() -> Vec<Control> {
    vec![
        automated(
            "1.4.1",
            With(controller::scheduler_profiling),
            "Set --profiling=false, or enableProfiling: false in the file of --config.",
        ),
        automated(
            "1.4.2",
            Flag(Scheduler, "bind-address", Some("0.0.0.0"), Want::Localhost),
            "Set --bind-address=127.0.0.1.",
        ),
    ]
}

fn etcd_controls() -> Vec<Control> {
    vec![
        automated(
            "2.1",
            With(etcd::client_tls),
            "Set --cert-file and --key-file, and listen for clients on https:// alone.",
        ),
        automated(
            "2.2",
            Decide::Etcd("client-cert-auth", Want::Bool(true)),
            "Set --client-cert-auth=true and --trusted-ca-file.",
        ),
        automated("2.3", Decide::Etcd("auto-tls", Want::Bool(false)), "Remove --auto-tls."),
        automated(
            "2.4",
            With(etcd::peer_tls),
            "Set --peer-cert-file and --peer-key-file, and listen for peers on https:// alone.",
        ),
        automated(
            "2.5",
            Decide::Etcd("peer-client-cert-auth", Want::Bool(true)),
            "Set --peer-client-cert-auth=true and --peer-trusted-ca-file.",
        ),
        automated(
            "2.6",
            Decide::Etcd("peer-auto-tls", Want::Bool(false)),
            "Remove --peer-auto-tls.",
        ),
        manual(
            "2.7",
            With(etcd::own_ca),
            "Give etcd a certificate authority that signs nothing else.",
        ),
    ]
}

fn users() -> Vec<Control> {
    vec![
        manual(
            "3.1.1",
            With(apiserver::client_certificates_of_users),
            "Let users log in through OIDC or a webhook: a certificate can't be revoked.",
        ),
        manual(
            "3.1.2",
            Ask("Does any person log in with the token of a service account? Look at the \
                 kubeconfigs that are handed out"),
            "Let users log in through OIDC or a webhook; leave service accounts to programs.",
        ),
        manual(
            "3.1.3",
            With(apiserver::bootstrap_tokens),
            "Delete bootstrap tokens when nodes have joined, or set --enable-bootstrap-token-auth=false.",
        ),
    ]
}

fn logging() -> Vec<Control> {
    vec![
        manual(
            "3.2.1",
            With(apiserver::audit_policy),
            "Write an audit policy and set --audit-policy-file.",
        ),
        manual(
            "3.2.2",
            With(apiserver::audit_coverage),
            "Log Secrets, ConfigMaps and TokenReviews as Metadata, changes of pods and workloads, \
             and pods/exec, pods/portforward, pods/proxy and services/proxy at least as Metadata.",
        ),
    ]
}

fn worker_files() -> Vec<Control> {
    use File::{ClientCa, KubeletConf, KubeletConfig, KubeletService, ProxyConf};
    let root = |file| Owner(file, "root", "root");
    vec![
        automated("4.1.1", Mode(KubeletService, 0o600), MODE_600),
        automated("4.1.2", root(KubeletService), ROOT),
        manual("4.1.3", Mode(ProxyConf, 0o600), MODE_600),
        manual("4.1.4", root(ProxyConf), ROOT),
        automated("4.1.5", Mode(KubeletConf, 0o600), MODE_600),
        automated("4.1.6", root(KubeletConf), ROOT),
        manual("4.1.7", Mode(ClientCa, 0o644), MODE_644),
        manual("4.1.8", root(ClientCa), ROOT),
        automated("4.1.9", Mode(KubeletConfig, 0o600), MODE_600),
        automated("4.1.10", root(KubeletConfig), ROOT),
    ]
}

fn kubelet_controls() -> Vec<Control> {
    use Decide::Kubelet as Setting;
    vec![
        automated(
            "4.2.1",
            Setting("anonymous-auth", Want::Bool(false)),
            "Set authentication.anonymous.enabled to false.",
        ),
        automated(
            "4.2.2",
            Setting("authorization-mode", Want::Not("AlwaysAllow", "Webhook")),
            "Set authorization.mode to Webhook.",
        ),
        automated(
            "4.2.3",
            Setting("client-ca-file", Want::Set),
            "Set authentication.x509.clientCAFile.",
        ),
        manual("4.2.4", Setting("read-only-port", Want::Zero), "Set readOnlyPort to 0."),
        manual(
            "4.2.5",
            Setting("streaming-connection-idle-timeout", Want::SomeTime("4h0m0s")),
            "Set streamingConnectionIdleTimeout to some minutes or hours.",
        ),
        automated(
            "4.2.6",
            Setting("make-iptables-util-chains", Want::Bool(true)),
            "Set makeIPTablesUtilChains to true.",
        ),
        manual(
            "4.2.7",
            With(kubelet::hostname),
            "Remove --hostname-override, and let the machine bear the name.",
        ),
        manual(
            "4.2.8",
            Setting("event-qps", Want::AtLeast(0, "50")),
            "Set eventRecordQPS to a number that loses no events.",
        ),
        manual(
            "4.2.9",
            With(kubelet::serving_certificate),
            "Set tlsCertFile and tlsPrivateKeyFile, or serverTLSBootstrap to true.",
        ),
        automated("4.2.10", With(kubelet::client_rotation), "Set rotateCertificates to true."),
        manual(
            "4.2.11",
            With(kubelet::server_rotation),
            "Set serverTLSBootstrap to true, and approve the certificate requests of nodes.",
        ),
        manual(
            "4.2.12",
            With(kubelet::ciphers),
            "Set tlsCipherSuites to suites with GCM or ChaCha20, or tlsMinVersion to VersionTLS13.",
        ),
        manual(
            "4.2.13",
            Setting("pod-max-pids", Want::Positive("4096")),
            "Set podPidsLimit to a number above 0.",
        ),
        manual(
            "4.2.14",
            Setting("seccomp-default", Want::Bool(true)),
            "Set seccompDefault to true.",
        ),
    ]
}

fn rbac() -> Vec<Control> {
    vec![
        objects("5.1.1", "Bind narrower roles than cluster-admin."),
        objects("5.1.2", NAMED_SUBJECTS),
        objects("5.1.3", "Name the verbs and resources that are needed."),
        objects("5.1.4", NAMED_SUBJECTS),
        objects("5.1.5", "Give each workload a service account of its own."),
        objects("5.1.6", "Set automountServiceAccountToken to false where no token is used."),
        objects(
            "5.1.7",
            "Bind roles to other groups: RBAC can't take away what system:masters may.",
        ),
        objects("5.1.8", NAMED_SUBJECTS),
        objects("5.1.9", NAMED_SUBJECTS),
        objects("5.1.10", NAMED_SUBJECTS),
        objects("5.1.11", NAMED_SUBJECTS),
        objects("5.1.12", NAMED_SUBJECTS),
        objects("5.1.13", NAMED_SUBJECTS),
    ]
}

fn pods() -> Vec<Control> {
    vec![
        objects("5.2.1", "Label namespaces for Pod Security, or run another admission policy."),
        objects("5.2.2", "Enforce the level baseline or restricted."),
        objects("5.2.3", "Enforce the level baseline or restricted."),
        objects("5.2.4", "Enforce the level baseline or restricted."),
        objects("5.2.5", "Enforce the level baseline or restricted."),
        objects("5.2.6", "Set allowPrivilegeEscalation to false; enforce the level restricted."),
        objects("5.2.7", "Set runAsNonRoot to true; enforce the level restricted."),
        objects("5.2.8", "Drop the capability NET_RAW; enforce the level restricted."),
        objects("5.2.9", "Drop all capabilities; enforce the level restricted."),
        objects("5.2.10", "Enforce the level baseline or restricted."),
        objects("5.2.11", "Enforce the level baseline or restricted."),
        objects("5.2.12", "Enforce the level baseline or restricted."),
    ]
}

fn others() -> Vec<Control> {
    vec![
        manual(
            "5.3.1",
            With(network_plugin::enforces),
            "Run a network plugin that enforces NetworkPolicies.",
        ),
        objects("5.3.2", "Write NetworkPolicies for every namespace, first one that denies all."),
        objects("5.4.1", "Mount Secrets as files."),
        objects("5.4.2", "Keep secrets in an external store."),
        manual(
            "5.5.1",
            With(provenance::checked),
            "Verify signatures of images at admission: ImagePolicyWebhook, or a policy engine.",
        ),
        objects("5.6.1", "Give each application and team namespaces of their own."),
        objects("5.6.2", "Set seccompProfile.type to RuntimeDefault."),
        objects("5.6.3", "Set a security context for every pod and container."),
        objects("5.6.4", "Move what is in the namespace default to another."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_131_controls_are_there_in_order_and_have_titles() {
        let all: Vec<Control> = groups().into_iter().flat_map(|group| group.controls).collect();
        assert_eq!(all.len(), 131);
        let framework = seawall_checks::FRAMEWORKS.iter().find(|f| f.id == "cis").expect("cis");
        let ids: Vec<&str> = framework.controls.iter().map(|control| control.id).collect();
        assert_eq!(all.iter().map(|control| control.id).collect::<Vec<_>>(), ids);
        assert!(all.iter().all(|control| !control.title.is_empty() && !control.remedy.is_empty()));
    }
}
