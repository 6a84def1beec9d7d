//! What is asked about etcd.

use crate::component::Component;
use crate::context::Cx;
use crate::etcd::setting;
use crate::outcome::Outcome;
use crate::setting::{Setting, Want, unread};

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
