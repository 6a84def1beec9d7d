//! What is asked about the kubelet.

use crate::component::Component;
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

/// The node is called what its machine is called. Distributions that always set the name set it to
/// just that.
pub fn hostname(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Kubelet, |instance| {
        let setting = Setting::flag(instance, "hostname-override", None);
        let outcome = setting.judge(Want::Unset);
        let (Verdict::Fail, Ok(Some(told)), Some(host)) =
            (outcome.verdict, &setting.value, cx.input.host)
        else {
            return outcome;
        };
        match host.read("/etc/hostname") {
            Err(why) => unread(&why).with([setting.evidence()]),
            Ok(Some(own)) if own.trim().eq_ignore_ascii_case(told) => {
                Outcome::pass(format!("{} is {told}, as the machine is called", setting.item))
                    .with([setting.evidence()])
            }
            Ok(_) => outcome,
        }
    })
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

/// Where the kubelet keeps the certificates that it gets or makes itself, unless it is told
/// otherwise (`--cert-dir`).
const CERTIFICATES: &str = "/var/lib/kubelet/pki";

/// The certificates that the kubelet uses hold for a while, and have strong keys.
pub fn certificates(cx: &Cx<'_>) -> Outcome {
    cx.each_kubelet(|kubelet| {
        let told = |flag: &str| kubelet.setting(flag).value.map_err(Outcome::unknown);
        let instance = kubelet.instance;
        let paths = || -> Result<Vec<String>, Outcome> {
            let serving = told("tls-cert-file")?;
            let own = Setting::flag(instance, "cert-dir", Some(CERTIFICATES)).value;
            let directory = own.map_err(Outcome::unknown)?.unwrap_or_default();
            let mut own = vec!["kubelet-client-current.pem"];
            if serving.is_none() {
                // What it asks the cluster for, else what it signs itself.
                let asked = is_on(&kubelet.setting("rotate-server-certificates"))?;
                own.push(if asked { "kubelet-server-current.pem" } else { "kubelet.crt" });
            }
            let mut paths: Vec<String> =
                serving.into_iter().chain(told("client-ca-file")?).collect();
            let Some(host) = cx.input.host else { return Ok(paths) };
            for name in own {
                let path = format!("{directory}/{name}");
                let found = instance
                    .locate(Some(host), &path)
                    .and_then(|located| Ok(located.host.metadata(&located.path)?.is_some()));
                if found.map_err(|why| unread(&why))? {
                    paths.push(path);
                }
            }
            Ok(paths)
        };
        let paths = match paths() {
            Ok(paths) => paths,
            Err(outcome) => return outcome,
        };
        let each = paths.iter().map(|path| match cx.certificates(instance, path) {
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
