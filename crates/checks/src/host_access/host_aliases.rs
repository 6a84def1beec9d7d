//! Names that a pod resolves by its own list are names that nobody else checks.

use seawall_model::document::Node;
use seawall_model::workload::Pod;
use seawall_model::{Check, Cx, Mapping, NoFix, Outcome, Scope, Severity};

/// `hostAliases` of a pod.
pub const CHECK: Check = Check {
    id: "host-aliases",
    title: "Pod resolves names by a list of its own",
    severity: Severity::Low,
    rationale: "`hostAliases` writes `/etc/hosts`, which goes before DNS. Who may change the \
                manifest sends the pod's traffic for a name to an address of their choice, and \
                nothing in DNS or its logs shows it. The addresses also stay when the servers \
                move.",
    remedy: "Remove `hostAliases` and publish the name in DNS: a Service of type ExternalName, a \
             Service with EndpointSlices of its own, or a record in the cluster's resolver.",
    mapping: Mapping::NONE,
    covers: &["trivy:KSV-0007"],
    links: &["https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/"],
    scope: Scope::Pod(run),
    fix: Err(NoFix::Decision),
    cases: include_str!("host_aliases.yaml"),
};

fn run<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let Some(aliases) = pod.field("hostAliases") else { return Ok(()) };
    for alias in aliases.list()? {
        if let Err(why) = alias.map() {
            cx.undecided(why);
            continue;
        }
        let ip = alias.get("ip").map_or("(no address)", Node::text);
        let names: Vec<&str> =
            alias.get("hostnames").into_iter().flat_map(Node::items).map(Node::text).collect();
        let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
        cx.fail(
            alias,
            format!("the pod resolves {names} to {ip}, past DNS; publish the name in DNS instead"),
        );
    }
    Ok(())
}
