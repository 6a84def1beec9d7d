//! Certificates hold for a while yet, and have strong keys and signatures.

use time::OffsetDateTime;

use crate::component::Component;
use crate::context::Cx;
use crate::evidence::certificate::Certificate;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// Days before the end from which on a certificate fails.
const DAYS: i64 = 30;
const DAY: i64 = 24 * 60 * 60;

/// The certificates of one file.
pub fn judge(cx: &Cx<'_>, path: &str, all: &[Certificate]) -> Outcome {
    let each = all.iter().map(|one| {
        let left = (one.not_after - cx.input.now).div_euclid(DAY);
        let end = OffsetDateTime::from_unix_timestamp(one.not_after)
            .map_or_else(|_| one.not_after.to_string(), |time| time.date().to_string());
        let evidence = Evidence::new(
            format!("certificate {}", one.subject),
            format!("{}, until {end}", one.key),
            OriginKind::File,
            path,
        );
        let name = format!("{path} ({})", one.subject);
        if one.not_after < cx.input.now {
            Outcome::fail(format!("{name} ended on {end}"))
        } else if left < DAYS {
            Outcome::fail(format!("{name} ends on {end}, in {left} days"))
        } else if one.weak_key {
            Outcome::fail(format!("{name} has a weak key: {}", one.key))
        } else if let Some(algorithm) = one.weak_signature {
            Outcome::fail(format!("{name} is signed with {algorithm}"))
        } else {
            Outcome::pass(format!("{name} holds until {end}"))
        }
        .with([evidence])
    });
    Outcome::worst(each, "there is no certificate")
}

/// The flags that name certificates of a component.
fn flags(component: Component) -> &'static [&'static str] {
    match component {
        Component::ApiServer => &[
            "tls-cert-file",
            "client-ca-file",
            "kubelet-client-certificate",
            "kubelet-certificate-authority",
            "etcd-cafile",
            "etcd-certfile",
            "proxy-client-cert-file",
            "requestheader-client-ca-file",
        ],
        Component::ControllerManager => &["root-ca-file", "cluster-signing-cert-file"],
        Component::Etcd => {
            &["cert-file", "peer-cert-file", "trusted-ca-file", "peer-trusted-ca-file"]
        }
        Component::Scheduler | Component::Kubelet | Component::Proxy => &[],
    }
}

/// The certificates of the control plane.
pub fn of_control_plane(cx: &Cx<'_>) -> Outcome {
    let parts = [Component::ApiServer, Component::ControllerManager, Component::Etcd];
    let mut outcomes = Vec::new();
    for component in parts {
        for instance in cx.components.instances(component) {
            for flag in flags(component) {
                let path = if component == Component::Etcd {
                    crate::etcd::setting(cx.input.host, instance, flag).value.ok().flatten()
                } else {
                    instance.arguments.last(flag).map(str::to_owned)
                };
                let Some(path) = path.filter(|path| !path.is_empty()) else { continue };
                outcomes.push(match cx.certificates(instance, &path) {
                    Ok(all) => judge(cx, &path, &all),
                    Err(why) => unread(&why),
                });
            }
        }
    }
    if outcomes.is_empty() {
        return cx.each(Component::ApiServer, |_| {
            Outcome::unknown("the API server names no certificate")
        });
    }
    Outcome::worst(outcomes, "")
}
