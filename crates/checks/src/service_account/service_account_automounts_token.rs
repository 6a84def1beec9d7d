//! An account that hands its token to every pod hands it to the careless one too.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edit, Fix, Mapping, Object, ObjectKind, Outcome, Safety, Scope, Severity, Value,
};

use super::token::DEFAULT;

/// A ServiceAccount without `automountServiceAccountToken: false`.
pub const CHECK: Check = Check {
    id: "service-account-automounts-token",
    title: "Service account gives its token to every pod that uses it",
    severity: Severity::Low,
    rationale: "An account that does not say no has its token mounted into every container of \
                every pod that uses it and says nothing itself. Of the account `default` these \
                are all pods whose author thought of no account at all.",
    remedy: "Set `automountServiceAccountToken: false` on the account, and `true` in the spec of \
             the pods that talk to the API server.",
    mapping: Mapping {
        nsa: &["C-0034"],
        cis: &["5.1.5", "5.1.6"],
        pss: None,
        mitre: &["T1528", "T1552.007"],
    },
    covers: &["kubescape:C-0034", "kubescape:C-0189", "kubescape:C-0190", "checkov:CKV_K8S_41"],
    links: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
    ],
    scope: Scope::Object(&[ObjectKind::ServiceAccount], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "Pods of the account that talk to the API server and do not ask for \
             the token themselves lose it.",
        ),
        edits: |flaw| {
            Ok(vec![Edit::set(
                flaw.object.root(),
                &["automountServiceAccountToken"],
                Value::Bool(false),
            )])
        },
    }),
    cases: include_str!("service_account_automounts_token.yaml"),
};

fn run<'a>(account: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let whose = if account.name() == DEFAULT {
        "every pod that names no account"
    } else {
        "every pod that uses it"
    };
    let name = account.name();
    match account.root().get("automountServiceAccountToken").map(Node::boolean).transpose()? {
        Some(flag) if !flag.value => {}
        Some(flag) => cx.fail(
            flag.node,
            format!(
                "service account {name} says automountServiceAccountToken: true, and so {whose} \
                 gets its token; write false"
            ),
        ),
        None => cx.fail_missing(
            account.root(),
            "automountServiceAccountToken",
            format!(
                "service account {name} does not say automountServiceAccountToken: false, and so \
                 {whose} gets its token"
            ),
        ),
    }
    Ok(())
}
