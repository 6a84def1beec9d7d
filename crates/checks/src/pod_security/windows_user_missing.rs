//! A Windows container runs as whom its image says, or as the container's administrator.

use seawall_model::document::Node;
use seawall_model::workload::Container;
use seawall_model::{Check, Cx, Fix, Mapping, Outcome, Safety, Scope, Severity, Value};

use crate::fix;

use super::missing::fail_missing;

/// A Windows container without `runAsUserName`, or with that of the administrator.
pub const CHECK: Check = Check {
    id: "windows-user-missing",
    title: "Windows container names no user without rights",
    severity: Severity::Low,
    rationale: "Windows pods have no numeric users: `runAsUserName` or a group managed service \
                account says who the process is. Where it is missing the image decides, which is \
                often `ContainerAdministrator`, who may change the container's services and \
                programs.",
    remedy: "Set `windowsOptions: {runAsUserName: ContainerUser}` in the pod's security context; \
             where the application needs an identity in Active Directory, give it a group managed \
             service account with `gmsaCredentialSpecName`.",
    mapping: Mapping { nsa: &[], cis: &["5.6.3"], pss: None, mitre: &[] },
    covers: &["kubescape:C-0211"],
    links: &["https://kubernetes.io/docs/tasks/configure-pod-container/configure-runasusername/"],
    scope: Scope::Container(run),
    fix: Ok(Fix {
        safety: Safety::Unsafe("What needs the rights of the container's administrator fails."),
        edits: |flaw| {
            let path = &["securityContext", "windowsOptions", "runAsUserName"];
            fix::in_container(flaw, path, Value::str("ContainerUser"))
        },
    }),
    cases: include_str!("windows_user_missing.yaml"),
};

fn run<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    // A HostProcess container is a user of the node: `windows-host-process` says it.
    if !container.pod.is_windows() || container.host_process()?.is_some_and(|flag| flag.value) {
        cx.not_applicable();
        return Ok(());
    }
    let mut user = None;
    for security in [container.security, container.pod.security] {
        if let (None, Some(options)) = (user, security.windows_options) {
            user = options.field("runAsUserName")?.map(Node::string).transpose()?;
        }
    }
    match user {
        Some(user) if is_administrator(user.value) => cx.fail(
            user.node,
            format!(
                "{} runs as {}; use `ContainerUser` or a user of its own",
                container.noun(),
                user.value
            ),
        ),
        Some(_) => {}
        None => {
            let message = format!(
                "{} runs as the user that its image names; set `runAsUserName: ContainerUser`",
                container.noun()
            );
            fail_missing(container, "windowsOptions.runAsUserName", message, cx);
        }
    }
    Ok(())
}

/// The account, with or without a domain, in any case.
fn is_administrator(user: &str) -> bool {
    let account = user.rsplit('\\').next().unwrap_or(user);
    ["ContainerAdministrator", "Administrator"]
        .iter()
        .any(|administrator| account.eq_ignore_ascii_case(administrator))
}
