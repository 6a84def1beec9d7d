//! `seawall podsecurity harden`: the strictest security context that workloads can bear.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use seawall_collect::image::{self, Image};
use seawall_model::document::Limits;
use seawall_model::workload::{Container, Pod, pods_of};
use seawall_model::{Edit, Inventory, Source, Undecided};
use seawall_patch::patch;
use seawall_podsecurity::harden::{ImageFacts, Said, harden};

use crate::Outcome;
use crate::fixing::diff;
use crate::fixing::file::File;
use crate::global::Global;
use crate::output::to_stdout;
use crate::progress::Progress;
use crate::sources::refuse_nothing;
use crate::targets::Targets;

/// Give workloads the strictest security context that they can bear
#[derive(Args)]
#[command(after_help = "Examples:
  seawall podsecurity harden deploy/web.yaml
  docker save web:1.0 -o web.tar; seawall podsecurity harden deploy/web.yaml --image web.tar
  seawall podsecurity harden deploy/ --image web.tar --image db.tar --write
  seawall podsecurity harden deploy/ | git apply

What is set is known to be borne, from the manifest and from the image: its user, entrypoint, ports
and volumes, and where its user can write. What a manifest sets already is left. An image belongs to
the containers whose image has one of its names; one without a name to all. Files are taken as they
stand: of charts and kustomizations nothing is rendered.

Exit codes: 0 there is nothing to harden, or it is written; 1 something can be, which is in the
patch; 2 usage or input error.")]
pub(super) struct Harden {
    #[command(flatten)]
    targets: Targets,
    /// An image archive: what docker save writes, or an OCI layout as tar
    #[arg(long = "image", value_name = "ARCHIVE")]
    images: Vec<PathBuf>,
    /// Print the changes as a patch for `git apply` or `patch -p1`, and write nothing [the default]
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    /// Change the files
    #[arg(long)]
    write: bool,
}

/// What was found for a workload.
struct Told {
    object: String,
    set: Vec<Said>,
    left: Vec<Said>,
}

impl Harden {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        global.start_threads()?;
        let mut images: Vec<Image> = Vec::new();
        for path in &self.images {
            images.extend(image::read(path)?);
        }
        let targets = self.targets.all();
        if targets.is_empty() {
            bail!("say what to harden: files, directories or globs");
        }
        let inventory = self.collect(&targets, global)?;
        let mut told: Vec<Told> = Vec::new();
        let mut texts: Vec<(Arc<Source>, String)> = Vec::new();
        let mut failed = inventory.coverage().unread().next().is_some();
        let mut used = vec![false; images.len()];
        let mut wanted: BTreeMap<usize, (Arc<Source>, Vec<Edit<'_>>)> = BTreeMap::new();
        for pod in inventory.objects().flat_map(pods_of) {
            let hardening = match harden(&pod, &|container| facts(container, &images)) {
                Ok(hardening) => hardening,
                Err(why) => {
                    tracing::error!("{}: not hardened, since {}", pod.object.id(), why.why);
                    failed = true;
                    continue;
                }
            };
            mark_used(&pod, &images, &mut used);
            let source = pod.spec.document().source();
            let place = Arc::as_ptr(source) as usize;
            let edits = &mut wanted.entry(place).or_insert((Arc::clone(source), Vec::new())).1;
            edits.extend(hardening.edits);
            told.push(Told {
                object: pod.object.id().to_string(),
                set: hardening.set,
                left: hardening.left,
            });
        }
        if let Some(index) = used.iter().position(|used| !used) {
            bail!("no container has the image {}", images[index].names.join(", "));
        }
        // In the order of the files, not of memory.
        let mut wanted: Vec<_> =
            wanted.into_values().filter(|(_, edits)| !edits.is_empty()).collect();
        wanted.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
        for (source, edits) in wanted {
            match patch(&source, &edits) {
                Ok(text) => texts.push((source, text)),
                Err(why) => {
                    tracing::error!("{}: not hardened: {why}", source.name());
                    failed = true;
                }
            }
        }
        if self.write {
            for (source, text) in &texts {
                File::of(source)?.replace(text)?;
            }
        } else {
            to_stdout(|out| {
                texts.iter().try_for_each(|(source, text)| {
                    diff::write(out, source.name(), source.text(), text)
                })
            })?;
        }
        if !global.is_quiet() {
            // The patch alone is the result; people read this beside it.
            if self.write {
                to_stdout(|out| tell(&told, out))?;
            } else {
                tell(&told, &mut io::stderr().lock())?;
            }
        }
        Ok(if failed {
            Outcome::InputError
        } else if !self.write && !texts.is_empty() {
            Outcome::Findings
        } else {
            Outcome::Clean
        })
    }

    fn collect(&self, targets: &[String], global: &Global) -> anyhow::Result<Inventory> {
        let progress = Progress::new(global.is_quiet());
        let options = seawall_collect::Options {
            limits: Limits::default(),
            progress: &|step| progress.step(step),
            // What is rendered can't be edited: the files are read as they stand.
            ..seawall_collect::Options::default()
        };
        let inventory = seawall_collect::collect(targets, &options)?.inventory;
        for part in inventory.coverage().unread() {
            tracing::error!(
                "{}:{}: not read, and so not hardened: {}",
                part.file,
                part.line,
                part.outcome
            );
        }
        refuse_nothing(targets, inventory.coverage())?;
        Ok(inventory)
    }
}

/// The image of a container, if it is at hand.
fn image_of<'i>(container: &Container<'_>, images: &'i [Image]) -> Option<(usize, &'i Image)> {
    let reference = container.image.map(seawall_model::document::Node::text).unwrap_or_default();
    let named = images.iter().enumerate().find(|(_, image)| image.is_named(reference));
    named.or_else(|| images.iter().enumerate().find(|(_, image)| image.names.is_empty()))
}

fn mark_used(pod: &Pod<'_>, images: &[Image], used: &mut [bool]) {
    for container in pod.containers() {
        if let Some((index, _)) = image_of(container, images) {
            used[index] = true;
        }
    }
}

fn facts<'a>(
    container: &Container<'a>,
    images: &[Image],
) -> Result<Option<ImageFacts>, Undecided<'a>> {
    let Some((_, image)) = image_of(container, images) else { return Ok(None) };
    let own = image.user();
    // Where the manifest names the user, that is whom the files are looked at for.
    let asked = container.run_as_user()?.and_then(|it| u32::try_from(it.value).ok());
    let (writable, writable_files) = match asked.or(own.user) {
        Some(user) => image.writable(user, if asked.is_some() { None } else { own.group }),
        None => (Vec::new(), Vec::new()),
    };
    let list = |words: &Option<Vec<String>>| words.clone().unwrap_or_default();
    let keys = |map: &Option<BTreeMap<String, serde_json::Value>>| -> Vec<String> {
        map.iter().flat_map(|map| map.keys().cloned()).collect()
    };
    Ok(Some(ImageFacts {
        user_text: image.config.user.clone(),
        user: own.user,
        group: own.group,
        command: [list(&image.config.entrypoint), list(&image.config.cmd)].concat(),
        ports: keys(&image.config.exposed_ports)
            .iter()
            .filter_map(|port| port.split('/').next()?.parse().ok())
            .collect(),
        volumes: keys(&image.config.volumes),
        writable: writable.into_iter().map(|it| (it.path, it.empty)).collect(),
        writable_files,
        capable: image
            .files
            .iter()
            .filter(|(_, file)| file.capable)
            .map(|(path, _)| path.clone())
            .collect(),
    }))
}

fn tell(told: &[Told], out: &mut dyn Write) -> io::Result<()> {
    for it in told {
        writeln!(out, "{}", it.object)?;
        let line = |out: &mut dyn Write, sign: char, said: &Said| {
            let container = match said.container.as_str() {
                "" => String::new(),
                name => format!("{name}: "),
            };
            let text = format!("  {sign} {container}{}: {}", said.field, said.why);
            let text: String =
                text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            writeln!(out, "{text}")
        };
        it.set.iter().try_for_each(|said| line(out, '+', said))?;
        it.left.iter().try_for_each(|said| line(out, '-', said))?;
        if it.set.is_empty() && it.left.is_empty() {
            writeln!(out, "  already as strict as it can be")?;
        }
    }
    Ok(())
}
