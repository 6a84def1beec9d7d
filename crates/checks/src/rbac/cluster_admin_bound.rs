//! cluster-admin is the cluster.

use seawall_model::{Check, Cx, Mapping, NoFix, Object, ObjectKind, Outcome, Scope, Severity};

use super::bindings::{BINDINGS, each_subject, role_ref};

/// A binding to the ClusterRole `cluster-admin` beside the one that comes with Kubernetes, which
/// binds it to `system:masters`. In a RoleBinding it is everything in one namespace, and lesser.
pub const CHECK: Check = Check {
    id: "cluster-admin-bound",
    title: "Subject is bound to cluster-admin",
    severity: Severity::High,
    rationale: "`cluster-admin` grants every verb on every resource. Whoever gets the credentials \
                of one of its subjects has all Secrets, all nodes and all that they run. Bound to \
                a service account it is one compromised pod away.",
    remedy: "Bind a role with the rights that are needed. Keep `cluster-admin` for a few people, \
             in a group whose use is watched.",
    mapping: Mapping { nsa: &["C-0035"], cis: &["5.1.1"], mitre: &["T1098.006"], ..Mapping::NONE },
    covers: &[
        "kubescape:C-0035",
        "kubescape:C-0185",
        "trivy:KSV-0111",
        "kube-linter:cluster-admin-role-binding",
        "polaris:clusterrolebindingClusterAdmin",
        "polaris:rolebindingClusterAdminClusterRole",
        "polaris:rolebindingClusterAdminRole",
    ],
    links: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    scope: Scope::Object(BINDINGS, run),
    fix: Err(NoFix::Rights),
    cases: include_str!("cluster_admin_bound.yaml"),
};

fn run<'a>(binding: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let role = role_ref(binding)?;
    if role.name != "cluster-admin" || role.kind != "ClusterRole" {
        return Ok(());
    }
    let namespace = binding.namespace().filter(|_| binding.kind() == ObjectKind::RoleBinding);
    each_subject(binding, cx, |subject, cx| {
        if binding.name() == "cluster-admin" && subject.is_group("system:masters") {
            return;
        }
        let who = subject.shown();
        let less = "bind a role with the rights that are needed";
        if binding.kind() == ObjectKind::RoleBinding {
            let place = namespace.unwrap_or("its binding");
            let message =
                format!("{who} may do everything in namespace {place} as cluster-admin; {less}");
            cx.fail_lesser(subject.node, "", message);
        } else {
            let message =
                format!("{who} may do everything in the cluster as cluster-admin; {less}");
            cx.fail(subject.node, message);
        }
    })
}
