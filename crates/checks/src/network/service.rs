//! How far a Service reaches.

use seawall_model::document::Node;
use seawall_model::{Object, Undecided};

/// The type of a Service; `ClusterIP` where it says nothing.
pub(crate) fn service_type(service: Object<'_>) -> Result<&str, Undecided<'_>> {
    let Some(spec) = service.root().field("spec")? else { return Ok("ClusterIP") };
    Ok(match spec.field("type")? {
        Some(service_type) => service_type.string()?.value,
        None => "ClusterIP",
    })
}

/// Annotations with the values by which clouds are asked for a load balancer of inner networks
/// alone; `*` is any value.
const INTERNAL: &[(&str, &str)] = &[
    ("cloud.google.com/load-balancer-type", "internal"),
    ("networking.gke.io/load-balancer-type", "internal"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", "0.0.0.0/0"),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", "*"),
];

/// Whether a Service's load balancer is asked to serve inner networks alone.
pub(crate) fn is_internal(service: Object<'_>) -> bool {
    let annotation = |key: &str| service.annotation(key).map(Node::text);
    let by_annotation = INTERNAL.iter().any(|(key, wanted)| {
        annotation(key).is_some_and(|value| {
            !value.is_empty() && (*wanted == "*" || value.eq_ignore_ascii_case(wanted))
        })
    });
    // The AWS Load Balancer Controller makes them internal unless it is told otherwise.
    let class = service.spec().and_then(|spec| spec.get("loadBalancerClass")).map(Node::text);
    let scheme = annotation("service.beta.kubernetes.io/aws-load-balancer-scheme");
    by_annotation || (class == Some("service.k8s.aws/nlb") && scheme != Some("internet-facing"))
}

/// Whether the Service itself is reached from outside the cluster.
pub(crate) fn is_exposed(service: Object<'_>) -> Result<bool, Undecided<'_>> {
    Ok(match service_type(service)? {
        "NodePort" => true,
        "LoadBalancer" => !is_internal(service),
        _ => false,
    })
}
