//! Reads a live cluster through its API server.
//!
//! ```text
//! kubeconfig ─► Api (pace, retries, bounds) ─► discovery ─► lists ─► print (redacts) ─► Member
//!                                                  │
//!                                                  └─ what may not be read ─► Manifest::unread
//! ```
//!
//! Everything that the server lists is read, custom resources included, but what is of no use to
//! anybody later: leases, metrics, revisions. Values of Secrets go no further than the page that
//! they came in: what leaves this crate holds their names, types and keys.

mod api;
mod connect;
mod discovery;
mod facts;
mod list;
mod print;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use seawall_collect::bundle::{FORMAT, Manifest, Member, Unread};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc;

use api::Api;
use list::Lists;

/// What to read, and with whose rights.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The kubeconfig; without one, what `KUBECONFIG` names, `~/.kube/config`, or the service
    /// account of the pod that this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it; without one, the current context.
    pub context: Option<String>,
    /// Only these resources; empty for all. The server is not asked what it has then.
    pub only: Vec<Resources>,
    /// Only these namespaces; empty for all, and for what belongs to the cluster.
    pub namespaces: Vec<String>,
    /// Leave out the values in ConfigMaps, and keep their keys.
    pub no_config_map_data: bool,
    /// Read what is no object: the kubelets' configurations and events.
    pub facts: bool,
    /// Read the last lines of the logs of failing pods.
    pub logs: bool,
}

/// Resources that are read together for a question that needs no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resources {
    /// Roles, ClusterRoles and their bindings.
    Roles,
    /// Service accounts.
    ServiceAccounts,
    /// CustomResourceDefinitions.
    Definitions,
    /// Nodes.
    Nodes,
}

/// The cluster can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no usable kubeconfig, and this is no pod.
    #[error("no cluster to read: {0}")]
    Config(String),
    /// The server can't be reached or does not let anybody in.
    #[error("can't read the cluster at {server}: {cause}")]
    Server {
        /// Its address.
        server: String,
        /// What went wrong.
        cause: String,
    },
    /// What was read can't be handed on.
    #[error("{0}")]
    Sink(#[from] io::Error),
}

/// Pages that wait to be taken: a slow disk slows the reading, and memory stays bounded.
const WAITING: usize = 4;

/// The namespace that a question is about where it names none, as kubectl has it.
///
/// # Errors
///
/// Where the kubeconfig can't be read.
pub fn default_namespace(options: &Options) -> Result<String, Error> {
    connect::namespace(options)
}

/// Reads a cluster and hands on its objects, in no order, as they come; `version` is Seawall's.
///
/// # Errors
///
/// Where nothing can be read at all, or `sink` fails. What else can't be read is in the manifest.
pub fn collect(
    options: &Options,
    version: &str,
    mut sink: impl FnMut(Vec<Member>) -> io::Result<()>,
) -> Result<Manifest, Error> {
    let collected = OffsetDateTime::now_utc().format(&Rfc3339).map_err(io::Error::other)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let options = Arc::new(options.clone());
    let reading = runtime.spawn(read(options, sender));
    let mut taken = Ok(());
    while let Some(members) = receiver.blocking_recv() {
        taken = sink(members);
        if taken.is_err() {
            // The readers find the channel closed and end.
            break;
        }
    }
    drop(receiver);
    taken?;
    let manifest = runtime.block_on(reading).map_err(io::Error::other)??;
    runtime.shutdown_background();
    Ok(Manifest { seawall: version.to_owned(), collected, ..manifest })
}

async fn read(options: Arc<Options>, sink: mpsc::Sender<Vec<Member>>) -> Result<Manifest, Error> {
    let connection = connect::connect(&options).await?;
    let api = Arc::new(Api::new(connection.client.clone()));
    let refused = |failure| connection.refused(&failure);
    let server_version = discovery::version(&api).await.map_err(refused)?;
    let (found, mut unread) = if options.only.is_empty() {
        discovery::resources(&api).await.map_err(refused)?
    } else {
        (options.only.iter().flat_map(|only| discovery::known(*only)).collect(), Vec::new())
    };
    let lists = Lists { api: Arc::clone(&api), options: Arc::clone(&options), sink: sink.clone() };
    let read = lists.run(found).await;
    unread.extend(read.unread);
    if options.namespaces.is_empty() {
        if options.facts {
            unread.extend(facts::nodes(&api, &read.nodes, &sink).await);
        }
    } else {
        unread.push(Unread {
            what: "cluster".to_owned(),
            cause: "only namespaces were asked for: what belongs to the whole cluster is not read"
                .to_owned(),
        });
    }
    if options.no_config_map_data {
        unread.push(Unread {
            what: "core/v1/configmaps".to_owned(),
            cause: "only names and keys were asked for: values are not searched".to_owned(),
        });
    }
    if options.facts {
        unread.extend(facts::events(&api, &options.namespaces, &sink).await);
    }
    if options.logs {
        unread.extend(facts::logs(&api, &read.failing, &sink).await);
    }
    unread.sort();
    let mut resources = read.resources;
    resources.sort();
    let namespaces = options.namespaces.clone();
    Ok(Manifest {
        format: FORMAT,
        server_version,
        context: connection.context,
        namespaces,
        resources,
        unread,
        ..Manifest::default()
    })
}
