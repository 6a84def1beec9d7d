//! From a kubeconfig, or the pod that this runs in, to a client.

use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::api::chain;
use crate::{Error, Options};

/// The client, the server's address, and the context's name.
pub(crate) async fn connect(options: &Options) -> Result<(Client, String, String), Error> {
    let bad = |error: &dyn std::error::Error| Error::Config(chain(error));
    let kubeconfig = match &options.kubeconfig {
        Some(path) => Some(Kubeconfig::read_from(path).map_err(|e| bad(&e))?),
        None if options.context.is_some() => Some(Kubeconfig::read().map_err(|e| bad(&e))?),
        None => None,
    };
    let (mut config, context) = match kubeconfig {
        Some(kubeconfig) => from_kubeconfig(kubeconfig, options).await?,
        None => match Kubeconfig::read() {
            Ok(kubeconfig) => from_kubeconfig(kubeconfig, options).await?,
            // As kubectl: without a kubeconfig, the pod's own service account.
            Err(no_file) => {
                let in_cluster = Config::incluster().map_err(|no_pod| {
                    Error::Config(format!("{}; and {}", chain(&no_file), chain(&no_pod)))
                })?;
                (in_cluster, String::new())
            }
        },
    };
    config.connect_timeout = Some(Duration::from_secs(10));
    config.read_timeout = Some(Duration::from_secs(60));
    config.default_retry = false;
    let server = config.cluster_url.to_string();
    let client = Client::try_from(config).map_err(|e| bad(&e))?;
    Ok((client, server, context))
}

async fn from_kubeconfig(
    kubeconfig: Kubeconfig,
    options: &Options,
) -> Result<(Config, String), Error> {
    let context =
        options.context.clone().or_else(|| kubeconfig.current_context.clone()).unwrap_or_default();
    let chosen = KubeConfigOptions { context: options.context.clone(), ..Default::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &chosen)
        .await
        .map_err(|error| Error::Config(chain(&error)))?;
    Ok((config, context))
}
