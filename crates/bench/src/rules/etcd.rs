//! What is asked about etcd.

use crate::component::Component;
use crate::context::Cx;
use crate::distribution::{File, Platform};
use crate::etcd::setting;
use crate::outcome::{OriginKind, Outcome};
use crate::rules::tls;
use crate::setting::{Setting, Want, unread};

/// Clients reach etcd by TLS.
pub fn client_tls(cx: &Cx<'_>) -> Outcome {
    by_tls(cx, &["cert-file", "key-file"], "listen-client-urls")
}

/// Peers reach etcd by TLS.
pub fn peer_tls(cx: &Cx<'_>) -> Outcome {
    by_tls(cx, &["peer-cert-file", "peer-key-file"], "listen-peer-urls")
}

/// A certificate and its key are set, and no address is told that is served without them: of one
/// with `http` etcd ignores both (`embed/etcd.go`, `configureClientListeners`).
fn by_tls(cx: &Cx<'_>, files: &[&str], urls: &str) -> Outcome {
    cx.each(Component::Etcd, |instance| {
        let host = cx.input.host;
        let set = files.iter().map(|flag| setting(host, instance, flag).judge(Want::Set));
        let listens = setting(host, instance, urls);
        let plain = match &listens.value {
            Ok(told) => {
                let told = told.as_deref().unwrap_or_default().split(',').map(str::trim);
                let plain: Vec<&str> = told.filter(|url| url.starts_with("http:")).collect();
                // The default is for nobody but this machine.
                let is_default = listens.origin.kind == OriginKind::Default;
                (!plain.is_empty() && !is_default).then(|| {
                    Outcome::fail(format!("it listens without TLS on {}", plain.join(", ")))
                })
            }
            Err(why) => Some(Outcome::unknown(format!("{}: {why}", listens.item))),
        };
        Outcome::worst(set.chain(plain.map(|outcome| outcome.with([listens.evidence()]))), "")
    })
}

/// etcd's data belongs to a user of its own, where etcd is a program of its own.
pub fn data_owner(cx: &Cx<'_>) -> Outcome {
    match cx.platform {
        Platform::K3s | Platform::MicroK8s => Outcome::not_applicable(format!(
            "{} stores within its own process, which is root's",
            cx.platform
        )),
        _ => crate::files::owner(cx, File::EtcdData, "etcd", "etcd"),
    }
}

/// The oldest version of TLS.
pub fn tls_version(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Etcd, |instance| {
        tls::version(&setting(cx.input.host, instance, "tls-min-version"))
    })
}

/// No weak cipher suite.
pub fn ciphers(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Etcd, |instance| {
        let of = |flag| setting(cx.input.host, instance, flag);
        tls::suites(&of("cipher-suites"), &of("tls-min-version"))
    })
}

/// etcd trusts a certificate authority that the API server's clients don't have certificates of.
pub fn own_ca(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Etcd, |etcd| {
        let trusted = setting(cx.input.host, etcd, "trusted-ca-file");
        let evidence = trusted.evidence();
        let path = match &trusted.value {
            Ok(Some(path)) => path,
            Ok(None) => return trusted.judge(Want::Set),
            Err(why) => return Outcome::unknown(why.clone()),
        };
        let servers = cx.components.instances(Component::ApiServer);
        let Some(server) = servers.first() else {
            return Outcome::manual(
                "No API server runs here to compare with: does etcd trust another certificate \
                 authority than the API server?",
            )
            .with([evidence]);
        };
        let clients = Setting::flag(server, "client-ca-file", None);
        let evidence = [evidence, clients.evidence()];
        let other = match &clients.value {
            Ok(Some(other)) => other,
            Ok(None) => {
                return Outcome::pass("the API server has no certificate authority for clients")
                    .with(evidence);
            }
            Err(why) => return Outcome::unknown(why.clone()).with(evidence),
        };
        let both = etcd.node_path(path).and_then(|own| Ok((own, server.node_path(other)?)));
        if both.is_ok_and(|(own, other)| own == other) {
            return Outcome::fail(format!("etcd and the API server trust the same file {path}"))
                .with(evidence);
        }
        let read = || Ok((cx.certificates(etcd, path)?, cx.certificates(server, other)?));
        match read() {
            Err(why) => {
                let why: crate::evidence::host::Unread = why;
                unread(&why)
            }
            Ok((own, other)) => {
                match own.iter().find(|one| other.iter().any(|known| known.der == one.der)) {
                    Some(shared) => Outcome::fail(format!(
                        "etcd and the API server trust the same certificate authority, {}",
                        shared.subject
                    )),
                    None => Outcome::pass("etcd trusts a certificate authority of its own"),
                }
            }
        }
        .with(evidence)
    })
}
