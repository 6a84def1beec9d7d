//! `seawall collect`: from a cluster to a bundle.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use seawall_cluster::{Error, Options};
use seawall_collect::bundle::{Manifest, Writer};

use crate::Outcome;
use crate::cluster::Access;
use crate::output::to_stdout;

/// What a bundle is called by default.
const NAME: &str = "bundle.tar.zst";

/// Read a cluster into a bundle, to scan it elsewhere
#[derive(Args)]
#[command(after_help = "Examples:
  seawall collect -o bundle.tar.zst
  seawall collect -o shop.tar.zst --context production -n shop --logs
  seawall scan bundle.tar.zst

Of Secrets, a bundle holds names, types and keys, and no value. What may not be read is told, and is
in the bundle as not read.

Exit codes: 0 the bundle is written, 2 usage or input error; also 2 with --strict when something
could not be read.")]
pub(crate) struct Collect {
    /// Write the bundle to this file
    #[arg(short, long, value_name = "FILE", default_value = NAME)]
    output: PathBuf,
    #[command(flatten)]
    access: Access,
    /// Read only this namespace; may be given several times [default: the whole cluster]
    #[arg(short, long = "namespace", value_name = "NAME")]
    namespaces: Vec<String>,
    /// Read the whole cluster, which is the default
    #[arg(short = 'A', long, conflicts_with = "namespaces")]
    all_namespaces: bool,
    /// Add the last lines of the logs of failing containers
    #[arg(long)]
    logs: bool,
    /// Leave out the values in ConfigMaps, which are then not searched for credentials
    #[arg(long)]
    no_configmap_data: bool,
    /// Exit with 2 when something could not be read
    #[arg(long)]
    strict: bool,
}

impl Collect {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let options = Options {
            facts: true,
            logs: self.logs,
            no_config_map_data: self.no_configmap_data,
            ..self.access.options(self.namespaces.clone())?
        };
        let manifest = write(&self.output, &options)?;
        to_stdout(|out| {
            let objects: u64 = manifest.resources.iter().map(|resource| resource.objects).sum();
            let kinds = manifest.resources.iter().filter(|r| r.objects > 0).count();
            writeln!(out, "{}: {objects} objects of {kinds} kinds", self.output.display())?;
            if !manifest.unread.is_empty() {
                writeln!(out, "\nNot read:")?;
            }
            for gap in &manifest.unread {
                writeln!(out, "  {}: {}", gap.what, gap.cause)?;
            }
            Ok(())
        })?;
        let complete = manifest.unread.is_empty();
        Ok(if self.strict && !complete { Outcome::InputError } else { Outcome::Clean })
    }
}

/// Writes beside the file first, so that a bundle is whole or not there; only its owner may read it.
fn write(path: &Path, options: &Options) -> anyhow::Result<Manifest> {
    let unwritten = || format!("can't write {}", path.display());
    if path.is_dir() {
        bail!(
            "{}: it is a directory; name a file in it, as {}",
            unwritten(),
            path.join(NAME).display()
        );
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("{}: there is no directory {}; make it first", unwritten(), folder.display());
    }
    let file = tempfile::NamedTempFile::new_in(folder).with_context(unwritten)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let mut bundle = Writer::new(BufWriter::with_capacity(1 << 16, file), now)?;
    let version = env!("CARGO_PKG_VERSION");
    let manifest = seawall_cluster::collect(options, version, |members| {
        members.iter().try_for_each(|member| bundle.add(member))
    })
    .map_err(|error| match error {
        Error::Sink(error) => anyhow!(error).context(unwritten()),
        error => error.into(),
    })?;
    let finish = || -> anyhow::Result<()> {
        let mut buffer = bundle.finish(&manifest)?;
        buffer.flush()?;
        let file = buffer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    finish().with_context(unwritten)?;
    Ok(manifest)
}
