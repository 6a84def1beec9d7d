//! Some doors must never face the street.

use seawall_model::{
    Check, Cx, Inventory, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Selector, Severity,
    Undecided,
};

use super::ports::{Target, of_service};
use super::service::is_exposed;
use crate::image::image_of;
use crate::ingress::backends;

/// A Service of type NodePort or LoadBalancer, or the backend of an Ingress, behind which stands a
/// program that is known to be asked for by attackers: by the image of its pods, or by its port or
/// name where no pod was read. A load balancer that is internal is not meant.
pub const CHECK: Check = Check {
    id: "sensitive-interface-exposed",
    title: "Sensitive interface is open to the outside",
    severity: Severity::Medium,
    rationale: "Dashboards, databases, job servers and the interfaces of the cluster's own \
                components are made for the inside. Many ask for no login as they come; attackers \
                look for exactly these ports and pages, and mine, steal or take over within \
                hours.",
    remedy: "Keep the Service at `ClusterIP` without an Ingress, and reach it by `kubectl \
             port-forward`; or put a login in front that is not its own.",
    mapping: Mapping { mitre: &["T1133"], ..Mapping::NONE },
    covers: &["kubescape:C-0021", "kubescape:C-0274"],
    links: &[
        "https://www.microsoft.com/en-us/security/blog/2021/03/23/secure-containerized-environments-with-updated-threat-matrix-for-kubernetes/",
    ],
    scope: Scope::Object(&[ObjectKind::Service, ObjectKind::Ingress], run),
    fix: Err(NoFix::Decision),
    cases: include_str!("sensitive_interface_exposed.yaml"),
};

/// Last parts of image repositories, and names of Services, with what they are.
const PROGRAMS: &[(&str, &str)] = &[
    ("adminer", "Adminer"),
    ("airflow", "Apache Airflow"),
    ("alertmanager", "Alertmanager"),
    ("argo-server", "Argo Workflows"),
    ("argocd", "Argo CD"),
    ("argocd-server", "Argo CD"),
    ("argocli", "Argo Workflows"),
    ("cassandra", "Apache Cassandra"),
    ("centraldashboard", "Kubeflow"),
    ("consul", "Consul"),
    ("couchdb", "CouchDB"),
    ("dashboard-web", "Kubernetes Dashboard"),
    ("elasticsearch", "Elasticsearch"),
    ("etcd", "etcd"),
    ("grafana", "Grafana"),
    ("influxdb", "InfluxDB"),
    ("istio-ingressgateway-kubeflow", "Kubeflow"),
    ("jenkins", "Jenkins"),
    ("jupyterhub", "JupyterHub"),
    ("k8s-hub", "JupyterHub"),
    ("kafka", "Apache Kafka"),
    ("kiali", "Kiali"),
    ("kibana", "Kibana"),
    ("kubernetes-dashboard", "Kubernetes Dashboard"),
    ("longhorn-ui", "Longhorn"),
    ("mariadb", "MariaDB"),
    ("memcached", "Memcached"),
    ("mongo", "MongoDB"),
    ("mongo-express", "mongo-express"),
    ("mongodb", "MongoDB"),
    ("mysql", "MySQL"),
    ("nifi", "Apache NiFi"),
    ("nifi-service", "Apache NiFi"),
    ("notebook", "Jupyter"),
    ("opensearch", "OpenSearch"),
    ("pgadmin4", "pgAdmin"),
    ("phpmyadmin", "phpMyAdmin"),
    ("portainer", "Portainer"),
    ("portainer-ce", "Portainer"),
    ("postgres", "PostgreSQL"),
    ("postgresql", "PostgreSQL"),
    ("prometheus", "Prometheus"),
    ("rabbitmq", "RabbitMQ"),
    ("redis", "Redis"),
    ("scope", "Weave Scope"),
    ("spark", "Apache Spark"),
    ("valkey", "Valkey"),
    ("weave-scope-app", "Weave Scope"),
    ("zookeeper", "Apache ZooKeeper"),
];

/// Ports that say what listens there, whatever image does.
const PORTS: &[(i64, &str)] = &[
    (2375, "the Docker API"),
    (2376, "the Docker API"),
    (2379, "etcd"),
    (2380, "etcd"),
    (4040, "Weave Scope"),
    (10250, "the kubelet"),
    (10255, "the kubelet"),
];

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let inventory = cx.inventory();
    if object.kind() == ObjectKind::Service {
        if is_exposed(object)?
            && let Some(what) = behind(object, inventory)?
        {
            let node = object.spec().and_then(|spec| spec.get("type")).unwrap_or(object.root());
            let message = format!(
                "Service {} puts {what} before everybody who reaches its port; use ClusterIP",
                object.name()
            );
            cx.fail(node, message);
        }
        return Ok(());
    }
    for backend in backends(object)? {
        for service in inventory.named(ObjectKind::Service, object.namespace(), backend.service) {
            if let Some(what) = behind(service, inventory)? {
                let message = format!(
                    "Ingress {} puts {what} (Service {}) before everybody who reaches it; remove \
                     the backend or put a login in front",
                    object.name(),
                    backend.service
                );
                cx.fail(backend.node, message);
                break;
            }
        }
    }
    Ok(())
}

/// What stands behind a Service, if it is known.
fn behind<'a>(
    service: Object<'a>,
    inventory: &'a Inventory,
) -> Result<Option<&'static str>, Undecided<'a>> {
    let program =
        |name: &str| PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, what)| *what);
    for port in of_service(service)? {
        if let Some(Target::Number(number)) = port.target
            && let Some((_, what)) = PORTS.iter().find(|(known, _)| *known == number)
        {
            return Ok(Some(what));
        }
    }
    let mut pods = 0;
    if let Some(selector) = Selector::of_object(service)? {
        for pod in inventory.pods_selected(service.namespace(), &selector) {
            pods += 1;
            for container in pod.pod().containers() {
                // An image that can't be read is reported by `invalid-image-reference`.
                let Ok(Some(image)) = image_of(container) else { continue };
                let dashboard = image.value.components().any(|part| part == "kubernetesui");
                let what = program(image.value.base_name());
                if let Some(what) = what.or(dashboard.then_some("Kubernetes Dashboard")) {
                    return Ok(Some(what));
                }
            }
        }
    }
    Ok(if pods == 0 { program(service.name()) } else { None })
}
