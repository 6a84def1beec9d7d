//! The classes of risky rights.
//!
//! The union of what kubescape, rbac-police, rbac-tool, KubiScan and IceKube look for, with the
//! conditions of Kubernetes' own good practices
//! (<https://kubernetes.io/docs/concepts/security/rbac-good-practices/>).

use seawall_model::Severity::{Critical, High, Medium};

use super::class::{Ask, Class, Place};

const CORE: &[&str] = &[""];
const RBAC: &[&str] = &["rbac.authorization.k8s.io"];
const APPS: &[&str] = &["apps", "extensions"];
const CERTIFICATES: &[&str] = &["certificates.k8s.io"];
const WRITE: &[&str] = &["create", "update", "patch"];
const CHANGE: &[&str] = &["update", "patch"];
const ANY_WRITE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];
const DELETE: &[&str] = &["delete", "deletecollection"];

const CONTROLLERS: &[&str] = &["deployments", "daemonsets", "statefulsets", "replicasets"];

const CREATE_WORKLOADS: &[Ask] = &[
    Ask::on(CORE, &["pods", "replicationcontrollers"], &["create"]),
    Ask::on(APPS, CONTROLLERS, &["create"]),
    Ask::on(&["batch"], &["jobs", "cronjobs"], &["create"]),
];

/// All classes, in the order of reports.
pub const CLASSES: &[Class] = &[
    Class {
        id: "everything",
        title: "act on every resource",
        severity: Critical,
        why: "`*` as a resource is every resource that there is and that will be: Secrets, pods and \
              their shells, roles. Even one verb on all of them reads every Secret or deletes the \
              cluster.",
        opens: "With every verb its holder is an administrator; with `get` or `list` it has every \
                credential that a Secret holds.",
        ways: &[&[&[Ask::anything()]]],
    },
    Class {
        id: "secrets",
        title: "read or write Secrets",
        severity: High,
        why: "Secrets hold credentials, those of service accounts included. `list` and `watch` \
              give the contents as `get` does; to write one is to replace a credential, or to have \
              a token minted into a new one of type `kubernetes.io/service-account-token`.",
        opens: "The rights of every account whose credentials lie in reach.",
        ways: &[&[&[Ask::on(
            CORE,
            &["secrets"],
            &["get", "list", "watch", "create", "update", "patch"],
        )]]],
    },
    Class {
        id: "tokens",
        title: "create tokens of service accounts",
        severity: High,
        why: "`serviceaccounts/token` gives a token of any service account in reach, for as long \
              as it is asked to last, without a trace in the workload that owns it.",
        opens: "The sum of the rights of all service accounts in reach.",
        ways: &[&[&[Ask::on(CORE, &["serviceaccounts/token"], &["create"])]]],
    },
    Class {
        id: "pods",
        title: "create or change pods",
        severity: High,
        why: "A pod runs as any service account of its namespace, mounts any Secret there and, \
              where Pod Security lets it, the node's file system. To change a pod is to change its \
              image.",
        opens: "All service accounts and Secrets of the namespace; the nodes, where no Pod Security \
                level is enforced.",
        ways: &[&[&[Ask::on(CORE, &["pods"], WRITE)]]],
    },
    Class {
        id: "workloads",
        title: "create or change workloads",
        severity: High,
        why: "A workload is a template of pods: whoever writes it decides over image, service \
              account, Secrets and volumes, as with pods themselves.",
        opens: "All service accounts and Secrets of the namespace; the nodes, where no Pod Security \
                level is enforced.",
        ways: &[&[&[
            Ask::on(CORE, &["replicationcontrollers"], WRITE),
            Ask::on(APPS, CONTROLLERS, WRITE),
            Ask::on(&["batch"], &["jobs", "cronjobs"], WRITE),
        ]]],
    },
    Class {
        id: "exec",
        title: "run commands in pods, attach to them, or reach their ports",
        severity: High,
        why: "A shell in a pod has its Secrets, its files and its service account's token. `get` \
              was enough over WebSocket before Kubernetes 1.35.",
        opens: "Whatever the pods in reach may do; in a privileged pod the node.",
        ways: &[&[&[Ask::on(
            CORE,
            &["pods/exec", "pods/attach", "pods/portforward"],
            &["create", "get"],
        )]]],
    },
    Class {
        id: "debug-containers",
        title: "add debug containers to pods",
        severity: High,
        why: "An ephemeral container is one of the holder's choice inside a running pod, with its \
              network, volumes and service account; it needs no right to create pods.",
        opens: "Whatever the pods in reach may do; the node, where admission lets the container be \
                privileged.",
        ways: &[&[&[Ask::on(CORE, &["pods/ephemeralcontainers"], CHANGE)]]],
    },
    Class {
        id: "kubelet",
        title: "use the kubelets through the API server",
        severity: Critical,
        why: "`nodes/proxy` reaches the kubelet's own API, which runs commands in every pod of the \
              node, past admission and without a line in the audit log that says which. `get` \
              suffices over WebSocket.",
        opens: "Every pod of every node, those of the control plane included.",
        ways: &[&[&[Ask::cluster(CORE, &["nodes/proxy"], &["get", "create"])]]],
    },
    Class {
        id: "roles",
        title: "widen roles",
        severity: Critical,
        why: "`escalate` on roles writes rules that the writer does not hold, and `bind` gives \
              roles that the writer does not have. Without them a writer of roles hands on no more \
              than it holds.",
        opens: "With `escalate` or `bind` on ClusterRoles: cluster-admin.",
        ways: &[&[&[
            Ask::on(RBAC, &["roles", "clusterroles"], &["bind"]).telling(&["cluster-admin"]),
            Ask::on(RBAC, &["roles"], &["escalate"]),
            Ask::cluster(RBAC, &["clusterroles"], &["escalate"]),
            Ask::on(RBAC, &["roles"], WRITE).bounded(),
            Ask::cluster(RBAC, &["clusterroles"], WRITE).bounded(),
        ]]],
    },
    Class {
        id: "bindings",
        title: "give roles to others",
        severity: High,
        why: "A writer of bindings gives every role that it holds, or may `bind`, to anybody: to \
              an account that nobody watches, or to a group.",
        opens: "Together with `bind` any role; without it a second holder of what the writer has.",
        ways: &[&[&[
            Ask::on(RBAC, &["rolebindings"], WRITE),
            Ask::cluster(RBAC, &["clusterrolebindings"], WRITE),
        ]]],
    },
    Class {
        id: "impersonation",
        title: "act as somebody else",
        severity: Critical,
        why: "An impersonated request is judged as that of the other. The audit log has the real \
              name only in a second field.",
        opens: "Whoever has most: on groups that is system:masters, which no rule holds back.",
        ways: &[&[&[
            Ask::cluster(&["", "authentication.k8s.io"], &["groups"], &["impersonate"])
                .telling(&["system:masters"]),
            Ask::cluster(
                &["", "authentication.k8s.io"],
                &["users", "uids", "userextras/"],
                &["impersonate", "impersonate:user-info"],
            ),
            Ask::on(CORE, &["serviceaccounts"], &["impersonate", "impersonate:serviceaccount"]),
            Ask::cluster(
                &["authentication.k8s.io"],
                &["nodes"],
                &["impersonate:arbitrary-node", "impersonate:associated-node"],
            ),
        ]]],
    },
    Class {
        id: "certificates",
        title: "issue client certificates",
        severity: Critical,
        why: "Whoever requests a certificate, approves it and may approve for its signer becomes \
              any user, for as long as the certificate lasts; it can't be revoked.",
        opens: "Any user and, by the signer of clients, any group but system:masters.",
        ways: &[&[
            &[Ask::cluster(CERTIFICATES, &["certificatesigningrequests"], &["create"])],
            &[Ask::cluster(CERTIFICATES, &["certificatesigningrequests/approval"], CHANGE)],
            &[Ask::cluster(CERTIFICATES, &["signers"], &["approve"]).telling(&[
                "kubernetes.io/*",
                "kubernetes.io/kube-apiserver-client",
                "kubernetes.io/kube-apiserver-client-kubelet",
            ])],
        ]],
    },
    Class {
        id: "admission",
        title: "change admission control",
        severity: Critical,
        why: "A webhook sees every object that is written, Secrets included, and a mutating one \
              changes it. To delete one, or to narrow a policy, switches the guard off.",
        opens: "What everybody else writes: images, service accounts and privileges of all new \
                pods.",
        ways: &[&[&[Ask::cluster(
            &["admissionregistration.k8s.io"],
            &[
                "mutatingwebhookconfigurations",
                "validatingwebhookconfigurations",
                "validatingadmissionpolicies",
                "validatingadmissionpolicybindings",
                "mutatingadmissionpolicies",
                "mutatingadmissionpolicybindings",
            ],
            ANY_WRITE,
        )]]],
    },
    Class {
        id: "storage",
        title: "create volumes",
        severity: Medium,
        why: "A PersistentVolume of type hostPath is any folder of a node, past the Pod Security \
              levels that forbid hostPath in pods. Claims and storage classes decide whose data a \
              pod gets.",
        opens: "The nodes' file systems, and volumes of others.",
        ways: &[&[&[
            Ask::cluster(CORE, &["persistentvolumes"], &["create"]),
            Ask::on(CORE, &["persistentvolumeclaims"], ANY_WRITE).bounded(),
            Ask::cluster(
                &["storage.k8s.io"],
                &[
                    "storageclasses",
                    "volumeattachments",
                    "csidrivers",
                    "csinodes",
                    "volumeattributesclasses",
                ],
                ANY_WRITE,
            )
            .bounded(),
            Ask::on(&["storage.k8s.io"], &["csistoragecapacities"], ANY_WRITE).bounded(),
        ]]],
    },
    Class {
        id: "pod-theft",
        title: "draw pods to a node of its choice",
        severity: High,
        why: "Whoever makes nodes attractive or others unschedulable, and has pods evicted or \
              deleted, moves any workload to a node that it has already, with its token and its \
              Secrets.",
        opens: "The service accounts of pods of other nodes.",
        ways: &[&[
            &[
                Ask::on(CORE, &["pods"], &["delete", "deletecollection", "update", "patch"]),
                Ask::on(CORE, &["pods/eviction"], &["create"]),
                Ask::on(CORE, &["pods/status"], CHANGE),
                Ask::cluster(CORE, &["nodes"], ANY_WRITE),
            ],
            &[Ask::cluster(CORE, &["nodes", "nodes/status"], CHANGE)],
        ]],
    },
    Class {
        id: "status",
        title: "write the status of pods, nodes or Services",
        severity: Medium,
        why: "Controllers and the scheduler believe a status. The address in that of a Service \
              takes the traffic that others send to it (CVE-2020-8554); that of a pod decides \
              whether Services send to it.",
        opens: "Traffic of others, and where their pods run.",
        ways: &[&[&[
            Ask::on(CORE, &["pods/status", "services/status"], CHANGE),
            Ask::cluster(CORE, &["nodes/status"], CHANGE),
        ]]],
    },
    Class {
        id: "cluster-configuration",
        title: "change what configures the cluster",
        severity: High,
        why: "The ConfigMaps of kube-system steer name resolution (`coredns`), kube-proxy and, on \
              EKS, who is in which group (`aws-auth`).",
        opens: "The traffic of all pods; on EKS system:masters.",
        ways: &[&[&[Ask::on(CORE, &["configmaps"], CHANGE)
            .at(Place::Only("kube-system"))
            .only(&["aws-auth", "coredns", "coredns-custom", "kube-dns", "kube-proxy"])]]],
    },
    Class {
        id: "destruction",
        title: "delete workloads, data or traces",
        severity: Medium,
        why: "To delete workloads, Secrets or Services ends a service and destroys what it keeps; \
              to delete events wipes the traces.",
        opens: "Outage, loss of data, and nobody who sees it.",
        ways: &[&[&[
            Ask::on(&["", "events.k8s.io"], &["events"], DELETE),
            Ask::on(
                CORE,
                &[
                    "pods",
                    "services",
                    "secrets",
                    "configmaps",
                    "persistentvolumeclaims",
                    "replicationcontrollers",
                ],
                DELETE,
            ),
            Ask::on(APPS, CONTROLLERS, DELETE),
            Ask::on(&["batch"], &["jobs", "cronjobs"], DELETE),
            Ask::cluster(CORE, &["namespaces", "persistentvolumes"], DELETE),
        ]]],
    },
    Class {
        id: "traffic",
        title: "change who reaches whom, and what guards it",
        severity: Medium,
        why: "Services, endpoints and routes decide where requests go, network policies who may \
              send them, and the objects of a policy engine what is refused at all. A new resource \
              definition changes what the API serves.",
        opens: "Requests of others with the credentials in them, and guards that are switched off.",
        ways: &[&[&[
            Ask::on(CORE, &["services", "endpoints"], ANY_WRITE),
            Ask::on(&["discovery.k8s.io"], &["endpointslices"], ANY_WRITE),
            Ask::on(
                &["networking.k8s.io", "extensions"],
                &["ingresses", "networkpolicies"],
                ANY_WRITE,
            ),
            Ask::on(
                &["gateway.networking.k8s.io"],
                &[
                    "gateways",
                    "httproutes",
                    "grpcroutes",
                    "tcproutes",
                    "tlsroutes",
                    "udproutes",
                    "referencegrants",
                ],
                ANY_WRITE,
            ),
            Ask::cluster(&["apiextensions.k8s.io"], &["customresourcedefinitions"], ANY_WRITE),
            Ask::cluster(&["kyverno.io"], &["clusterpolicies"], ANY_WRITE),
            Ask::on(&["kyverno.io"], &["policies", "policyexceptions"], ANY_WRITE),
            Ask::cluster(&["templates.gatekeeper.sh"], &["constrainttemplates"], ANY_WRITE),
            Ask::cluster(&["constraints.gatekeeper.sh"], &["*"], ANY_WRITE),
            Ask::cluster(
                &["policies.kubewarden.io"],
                &["clusteradmissionpolicies", "policyservers"],
                ANY_WRITE,
            ),
            Ask::on(&["cilium.io"], &["ciliumnetworkpolicies"], ANY_WRITE),
            Ask::cluster(&["cilium.io"], &["ciliumclusterwidenetworkpolicies"], ANY_WRITE),
            Ask::on(
                &["crd.projectcalico.org", "projectcalico.org"],
                &["networkpolicies"],
                ANY_WRITE,
            ),
            Ask::cluster(
                &["crd.projectcalico.org", "projectcalico.org"],
                &["globalnetworkpolicies"],
                ANY_WRITE,
            ),
        ]]],
    },
    Class {
        id: "guard-bypass",
        title: "take a guard away and use what it guards",
        severity: High,
        why: "The Pod Security level of a namespace is a label on it: whoever changes the \
              namespace and creates workloads in it runs what the level forbids. Whoever creates \
              Secrets and lists them has a token of any service account minted and reads it.",
        opens: "The nodes, or all service accounts of the namespace.",
        ways: &[
            &[&[Ask::on(CORE, &["namespaces"], CHANGE).at(Place::Itself)], CREATE_WORKLOADS],
            &[
                &[Ask::on(CORE, &["secrets"], &["create"])],
                &[Ask::on(CORE, &["secrets"], &["list", "watch"])],
            ],
        ],
    },
    Class {
        id: "everybody",
        title: "do more than Kubernetes lets everybody do, or act in the cloud",
        severity: High,
        why: "What system:authenticated, system:unauthenticated or system:anonymous holds is in \
              the hands of every pod or of the internet. A service account with a cloud identity \
              carries that identity into whatever pod uses it.",
        opens: "The right to whoever reaches the API server; the cloud account's rights to whoever \
                takes the service account.",
        // Decided by who holds it, not by what.
        ways: &[],
    },
];

/// The class that is decided by who holds a right.
pub(super) const EVERYBODY: &str = "everybody";
/// The class that says all there is to say where every verb is held.
pub(super) const EVERYTHING: &str = "everything";

const _: () = assert!(CLASSES.len() == 21);
