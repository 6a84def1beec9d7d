//! From a kubeconfig, or the pod that this runs in, to a client; and what to do where that fails.

use std::io;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::StatusCode;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use x509_parser::pem::Pem;

use crate::api::{Failure, chain};
use crate::{Error, Options};

/// A cluster that can be asked.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// The server's address.
    pub(crate) server: String,
    /// The context's name; empty inside a cluster.
    pub(crate) context: String,
    /// What is known to be wrong with the credentials.
    expired: Option<String>,
}

impl Connection {
    /// Why nothing can be read at all, and what to do.
    pub(crate) fn refused(&self, failure: &Failure) -> Error {
        let advice = match failure.status {
            Some(StatusCode::UNAUTHORIZED) => {
                let why = self.expired.as_deref().unwrap_or(
                    "the token or client certificate may have expired, or be of another cluster",
                );
                format!("the credentials are not accepted: {why}; log in anew")
            }
            Some(StatusCode::FORBIDDEN) if failure.message.contains("system:anonymous") => {
                "nobody is logged in: the kubeconfig's user has no token, certificate or plugin"
                    .to_owned()
            }
            Some(StatusCode::FORBIDDEN) => "the user may not ask what there is: grant what the \
                                            cluster role system:discovery does"
                .to_owned(),
            Some(_) => "is this the address of an API server?".to_owned(),
            None => advice_on(&failure.message).to_owned(),
        };
        let cause =
            if advice.is_empty() { failure.to_string() } else { format!("{failure}: {advice}") };
        Error::Server { server: self.server.clone(), cause }
    }
}

/// What to do about an error of the transport, which reaches us in words alone.
fn advice_on(message: &str) -> &'static str {
    const ADVICE: &[(&str, &str)] = &[
        ("Connection refused", "nothing listens there; is the cluster up, and the address right?"),
        (
            "dns error",
            "the server's name is not known here; is the address right, and a VPN needed?",
        ),
        (
            "UnknownIssuer",
            "another authority signed the server's certificate than the one in the \
                           kubeconfig; fetch the kubeconfig anew",
        ),
        (
            "certificate expired",
            "the server's certificate has expired; renew it on the control \
                                 plane, as by `kubeadm certs renew apiserver`",
        ),
        (
            "not valid for name",
            "the server's certificate is for other names; use one of them in the \
                                kubeconfig, or set its tls-server-name",
        ),
        ("CertificateExpired", "the client certificate has expired; log in anew"),
        ("timed out", "nothing answers; is the address right, and a VPN or proxy needed?"),
        (
            "deadline has elapsed",
            "nothing answers; is the address right, and a VPN or proxy needed?",
        ),
        ("auth", "the credential plugin of the kubeconfig fails; log in with its own tool"),
    ];
    ADVICE.iter().find(|(words, _)| message.contains(words)).map_or("", |(_, advice)| advice)
}

/// Finds the cluster as kubectl does.
pub(crate) async fn connect(options: &Options) -> Result<Connection, Error> {
    let (mut config, context) = match kubeconfig(options)? {
        Some(kubeconfig) => from_kubeconfig(kubeconfig, options).await?,
        // As kubectl: without a kubeconfig, the pod's own service account.
        None => match Config::incluster() {
            Ok(config) => (config, String::new()),
            Err(no_pod) => {
                let of_pod = match std::env::var_os("KUBERNETES_SERVICE_HOST") {
                    Some(_) => {
                        format!("the pod's service account can't be used: {}", chain(&no_pod))
                    }
                    None => "this is no pod of a cluster".to_owned(),
                };
                return Err(Error::Config(format!(
                    "there is no kubeconfig, and {of_pod}; name a kubeconfig by --kubeconfig or \
                     KUBECONFIG"
                )));
            }
        },
    };
    config.connect_timeout = Some(Duration::from_secs(10));
    config.read_timeout = Some(Duration::from_secs(60));
    config.default_retry = false;
    let server = config.cluster_url.to_string();
    let expired = expired(&config.auth_info);
    let plugin = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
    let client = Client::try_from(config).map_err(|error| {
        let cause = chain(&error);
        Error::Config(match plugin {
            Some(plugin) => format!(
                "the credential plugin {plugin} of the kubeconfig fails: {cause}; install it or log \
                 in with it, or use a kubeconfig with a token or certificate"
            ),
            None => format!("context {context:?} of the kubeconfig can't be used: {cause}"),
        })
    })?;
    Ok(Connection { client, server, context, expired })
}

/// The namespace that kubectl asks about where none is named: that of the context, or in a pod the
/// pod's own.
pub(crate) fn namespace(options: &Options) -> Result<String, Error> {
    const DEFAULT: &str = "default";
    let Some(kubeconfig) = kubeconfig(options)? else {
        return Ok(Config::incluster().map_or(DEFAULT.to_owned(), |it| it.default_namespace));
    };
    let name = options.context.as_ref().or(kubeconfig.current_context.as_ref());
    let named = kubeconfig.contexts.into_iter().find(|context| Some(&context.name) == name);
    let namespace = named.and_then(|named| named.context).and_then(|context| context.namespace);
    Ok(namespace.filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT.to_owned()))
}

/// The kubeconfig that is named, or the one in its usual place, if there is one.
fn kubeconfig(options: &Options) -> Result<Option<Kubeconfig>, Error> {
    let read = match &options.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let named = options.kubeconfig.is_some() || options.context.is_some();
    match read {
        // An empty file is as good as none.
        Ok(empty) if !named && empty.contexts.is_empty() && empty.current_context.is_none() => {
            Ok(None)
        }
        Ok(kubeconfig) => Ok(Some(kubeconfig)),
        Err(KubeconfigError::ReadConfig(error, path)) => {
            let unset = std::env::var_os("KUBECONFIG").is_none_or(|value| value.is_empty());
            if error.kind() == io::ErrorKind::NotFound && !named && unset {
                return Ok(None);
            }
            let whose = match (&options.kubeconfig, unset) {
                (Some(_), _) => "that --kubeconfig names",
                (None, false) => "that KUBECONFIG names",
                (None, true) => "in its usual place",
            };
            let path = path.display();
            Err(Error::Config(format!("the kubeconfig {path}, {whose}, can't be read: {error}")))
        }
        Err(KubeconfigError::FindPath) if !named => Ok(None),
        Err(error) => {
            let path = options.kubeconfig.as_deref().map_or_else(
                || "the kubeconfig".to_owned(),
                |path: &Path| format!("the kubeconfig {}", path.display()),
            );
            // The parser draws the place below the first line.
            let text = chain(&error);
            let cause = text.lines().next().unwrap_or_default();
            Err(Error::Config(format!("{path} is malformed: {cause}")))
        }
    }
}

async fn from_kubeconfig(
    kubeconfig: Kubeconfig,
    options: &Options,
) -> Result<(Config, String), Error> {
    let names: Vec<&str> = kubeconfig.contexts.iter().map(|context| &*context.name).collect();
    let names = match names.len() {
        0 => "it has no contexts; fetch a kubeconfig from the cluster or its provider".to_owned(),
        _ => format!("choose one with --context: {}", names.join(", ")),
    };
    let context = options.context.clone().or_else(|| kubeconfig.current_context.clone());
    let context = context.filter(|name| !name.is_empty()).unwrap_or_default();
    let chosen = KubeConfigOptions { context: options.context.clone(), ..Default::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &chosen).await.map_err(|error| {
        Error::Config(match &error {
            KubeconfigError::CurrentContextNotSet => {
                format!("the kubeconfig has no current context; {names}")
            }
            KubeconfigError::LoadContext(name) if name.is_empty() => {
                format!("the kubeconfig has no current context; {names}")
            }
            KubeconfigError::LoadContext(name) => {
                format!("the kubeconfig has no context {name:?}; {names}")
            }
            KubeconfigError::LoadClusterOfContext(name) => format!(
                "context {context:?} of the kubeconfig names the cluster {name:?}, which is not in \
                 it; {names}"
            ),
            _ => format!("context {context:?} of the kubeconfig can't be used: {}", chain(&error)),
        })
    })?;
    Ok((config, context))
}

/// Says when the client certificate expired, if it did. One that can't be read is the server's to
/// judge.
fn expired(credentials: &AuthInfo) -> Option<String> {
    let text = match (&credentials.client_certificate_data, &credentials.client_certificate) {
        (Some(data), _) => BASE64.decode(data).ok()?,
        (None, Some(path)) => match std::fs::read(path) {
            Ok(text) => text,
            Err(error) => return Some(format!("its client certificate {path}: {error}")),
        },
        (None, None) => return None,
    };
    let pem = Pem::iter_from_buffer(&text).next()?.ok()?;
    let certificate = pem.parse_x509().ok()?;
    let end = certificate.validity().not_after;
    let now = x509_parser::time::ASN1Time::now();
    (end < now).then(|| format!("the client certificate expired on {end}"))
}
