//! What is asked about the kubelet.

use crate::context::Cx;
use crate::evidence::arguments::boolean;
use crate::evidence::document;
use crate::kubelet::Kubelet;
use crate::outcome::{Evidence, OriginKind, Outcome, Verdict};
use crate::rules::tls;
use crate::setting::{Setting, Want, unread};

fn is_on(setting: &Setting) -> Result<bool, Outcome> {
    let value = setting.value.clone().map_err(Outcome::unknown)?.unwrap_or_default();
    boolean(&value)
        .ok_or_else(|| Outcome::unknown(format!("{}: {value:?} is no boolean", setting.item)))
}

/// The kubelet serves with a certificate that somebody else signed.
pub fn serving_certificate(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| {
        let bootstrap = kubelet.setting("rotate-server-certificates");
        match is_on(&bootstrap) {
            Ok(true) => {
                return Outcome::pass("the kubelet asks the cluster for its serving certificate")
                    .with([bootstrap.evidence()]);
            }
            Ok(false) => {}
            Err(outcome) => return outcome,
        }
        let each = ["tls-cert-file", "tls-private-key-file"];
        Outcome::worst(each.map(|flag| kubelet.setting(flag).judge(Want::Set)), "")
    })
}

/// The kubelet renews its client certificate, if it has one.
pub fn client_rotation(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| {
        let outcome = kubelet.setting("rotate-certificates").judge(Want::Bool(true));
        if outcome.verdict != Verdict::Fail {
            return outcome;
        }
        // Who logs in with a token or a program has no certificate to renew.
        match login(cx, kubelet) {
            Some((how, evidence)) => {
                Outcome::not_applicable(format!("the kubelet logs in with {how}")).with([evidence])
            }
            None => outcome,
        }
    })
}

/// How a kubelet logs in, if its kubeconfig says that it is with no certificate.
fn login(cx: &Cx<'_>, kubelet: &Kubelet<'_>) -> Option<(&'static str, Evidence)> {
    let path = kubelet.instance.arguments.last("kubeconfig")?;
    // What can't be read excuses nothing.
    let document = cx.configuration(kubelet.instance, path).ok()?;
    let user = document.root().get("users")?.items().next()?.get("user")?;
    let has = |key: &str| user.get(key).is_some();
    if has("client-certificate") || has("client-certificate-data") {
        return None;
    }
    let (how, key) = if has("exec") {
        ("a program", "exec")
    } else if has("tokenFile") {
        ("a token", "tokenFile")
    } else if has("token") {
        ("a token", "token")
    } else {
        return None;
    };
    let node = user.get(key)?;
    let evidence = Evidence::new(
        format!("{key} of the kubelet's kubeconfig"),
        "set".to_owned(),
        OriginKind::File,
        document::place(node),
    );
    Some((how, evidence))
}

/// The kubelet renews its serving certificate.
pub fn server_rotation(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| {
        if let Some(gate) = kubelet.feature("RotateKubeletServerCertificate") {
            let outcome = gate.judge(Want::Bool(true));
            if outcome.verdict != Verdict::Pass {
                return outcome;
            }
        }
        let bootstrap = kubelet.setting("rotate-server-certificates");
        let outcome = bootstrap.judge(Want::Bool(true));
        let certificate = kubelet.setting("tls-cert-file");
        match (&outcome.verdict, &certificate.value) {
            (Verdict::Fail, Ok(Some(path))) => Outcome::not_applicable(format!(
                "the kubelet is given its serving certificate {path}; whoever gives it renews it"
            ))
            .with([bootstrap.evidence(), certificate.evidence()]),
            _ => outcome,
        }
    })
}

/// No weak cipher suite.
pub fn ciphers(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| {
        tls::suites(&kubelet.setting("tls-cipher-suites"), &kubelet.setting("tls-min-version"))
    })
}

/// No sysctl beyond the safe ones may be asked for by pods.
pub fn unsafe_sysctls(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| kubelet.setting("allowed-unsafe-sysctls").judge(Want::Unset))
}

/// The certificates that the kubelet uses hold for a while, and have strong keys.
pub fn certificates(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| {
        let mut paths = Vec::new();
        for flag in ["client-ca-file", "tls-cert-file"] {
            match kubelet.setting(flag).value {
                Ok(Some(path)) => paths.push(path),
                Ok(None) => {}
                Err(why) => return Outcome::unknown(why),
            }
        }
        let each = paths.iter().map(|path| match cx.certificates(kubelet.instance, path) {
            Ok(all) => super::certificates::judge(cx, path, &all),
            Err(why) => unread(&why),
        });
        Outcome::worst(each, "the kubelet names no certificate")
    })
}

/// The oldest version of TLS.
pub fn tls_version(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| tls::version(&kubelet.setting("tls-min-version")))
}
