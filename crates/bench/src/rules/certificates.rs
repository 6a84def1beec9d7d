//! Certificates hold for a while yet, and have strong keys and signatures.

use std::collections::BTreeSet;

use seawall_model::document::Node;
use time::OffsetDateTime;

use crate::component::Component;
use crate::context::Cx;
use crate::distribution::File;
use crate::etcd;
use crate::evidence::certificate::{self, Certificate};
use crate::evidence::document;
use crate::evidence::host::{FileKind, Host, Unread};
use crate::outcome::{Evidence, OriginKind, Outcome, Verdict};
use crate::setting::{Setting, unread};

/// Days before the end from which on a certificate fails.
const DAYS: i64 = 30;
const DAY: i64 = 24 * 60 * 60;

/// The certificates of one file.
pub fn judge(cx: &Cx<'_>, path: &str, all: &[Certificate]) -> Outcome {
    let each = all.iter().map(|one| {
        let left = (one.not_after - cx.input.now).div_euclid(DAY);
        let date = |seconds: i64| {
            OffsetDateTime::from_unix_timestamp(seconds)
                .map_or_else(|_| seconds.to_string(), |time| time.date().to_string())
        };
        let end = date(one.not_after);
        let evidence = Evidence::new(
            format!("certificate {}", one.subject),
            format!("{}, until {end}", one.key),
            OriginKind::File,
            path,
        );
        let name = format!("{path} ({})", one.subject);
        if one.not_before > cx.input.now {
            Outcome::fail(format!("{name} does not hold before {}", date(one.not_before)))
        } else if one.not_after < cx.input.now {
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

/// The certificates of the control plane: those that its components name, and the others of its PKI.
pub fn of_control_plane(cx: &Cx<'_>) -> Outcome {
    let parts = [Component::ApiServer, Component::ControllerManager, Component::Etcd];
    let mut outcomes = Vec::new();
    let mut seen = BTreeSet::new();
    for component in parts {
        for instance in cx.components.instances(component) {
            for flag in flags(component) {
                let setting = match component {
                    Component::Etcd => etcd::setting(cx.input.host, instance, flag),
                    _ => Setting::flag(instance, flag, None),
                };
                let path = match setting.value {
                    Ok(path) => path.filter(|path| !path.is_empty()),
                    Err(why) => {
                        outcomes.push(Outcome::unknown(format!("{}: {why}", setting.item)));
                        continue;
                    }
                };
                let Some(path) = path else { continue };
                // What is inside a container is no file of the PKI.
                seen.extend(instance.node_path(&path).ok());
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
    match rest_of_pki(cx, &seen) {
        Ok(more) => outcomes.extend(more),
        Err(outcome) if outcome.verdict == Verdict::NotApplicable => {}
        Err(outcome) => outcomes.push(outcome),
    }
    Outcome::worst(outcomes, "")
}

/// What nobody names, such as the certificate of etcd's probes.
fn rest_of_pki(cx: &Cx<'_>, seen: &BTreeSet<String>) -> Result<Vec<Outcome>, Outcome> {
    // Without a node there is no directory to look through.
    let Some(host) = cx.input.host else { return Ok(Vec::new()) };
    let mut outcomes = Vec::new();
    for directory in cx.files(File::Pki)? {
        for (path, metadata) in cx.below(&directory)? {
            let is_one = metadata.kind == FileKind::File && path.ends_with(".crt");
            if !is_one || seen.contains(&path) {
                continue;
            }
            let read = host.read_bytes(&path).map(Option::unwrap_or_default);
            outcomes.push(match read.and_then(|bytes| certificate::read(&path, &bytes)) {
                Ok(all) => judge(cx, &path, &all),
                Err(why) => unread(&why),
            });
        }
    }
    Ok(outcomes)
}

/// The client certificates in the kubeconfigs of the control plane and the kubelet.
pub fn of_kubeconfigs(cx: &Cx<'_>) -> Outcome {
    let host = match cx.host() {
        Ok(host) => host,
        Err(outcome) => return outcome,
    };
    let kinds =
        [File::AdminConf, File::ControllerManagerConf, File::SchedulerConf, File::KubeletConf];
    let mut outcomes = Vec::new();
    for kind in kinds {
        let paths = match cx.files(kind) {
            Ok(paths) => paths,
            Err(outcome) if outcome.verdict == Verdict::NotApplicable => continue,
            Err(outcome) => return outcome,
        };
        for path in paths {
            match of_kubeconfig(host, &path) {
                Ok(all) => outcomes.extend(all.iter().map(|(name, all)| judge(cx, name, all))),
                Err(why) => outcomes.push(unread(&why)),
            }
        }
    }
    Outcome::worst(outcomes, "no kubeconfig here holds a client certificate")
}

/// The certificates that a kubeconfig holds or names, with their files.
fn of_kubeconfig(host: &Host, path: &str) -> Result<Vec<(String, Vec<Certificate>)>, Unread> {
    let Some(document) = document::of_file(host, path)? else { return Ok(Vec::new()) };
    let users = document.root().get("users").into_iter().flat_map(Node::items);
    let mut found = Vec::new();
    for user in users.filter_map(|user| user.get("user")) {
        if let Some(data) = user.get("client-certificate-data") {
            let bytes = data_encoding::BASE64
                .decode(data.text().trim().as_bytes())
                .map_err(|error| Unread::new(document::place(data), &error))?;
            found.push((path.to_owned(), certificate::read(path, &bytes)?));
        } else if let Some(file) = user.get("client-certificate") {
            // Relative to the kubeconfig, as client-go has it.
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let file = match file.text() {
                file if file.starts_with('/') => file.to_owned(),
                file => format!("{directory}/{file}"),
            };
            let bytes = host
                .read_bytes(&file)?
                .ok_or_else(|| Unread::new(&file, "there is no such file"))?;
            found.push((file.clone(), certificate::read(&file, &bytes)?));
        }
    }
    Ok(found)
}
