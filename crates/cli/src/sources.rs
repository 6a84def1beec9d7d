//! Where the objects come from, for the commands that ask questions about them.
//!
//! `scan` names its targets as arguments; commands whose arguments are the question take them as
//! kubectl does, with `-f`. Files and clusters are both asked for: a question that silently went
//! to the wrong cluster would be worse than none. So would an answer from nothing, which is an
//! error, and an answer from a part that looks like one from the whole: [`Read::unread`] goes into
//! every answer.

use std::collections::BTreeSet;

use anyhow::bail;
use clap::Args;
use seawall_collect::{Collected, Options, Rendering};
use seawall_model::document::Limits;
use seawall_model::{Coverage, Inventory, Object, ObjectKind, PartOutcome};

use crate::Outcome;
#[cfg(feature = "cluster")]
use crate::cluster::Access;
use crate::global::Global;
use crate::progress::Progress;

/// Which objects a question is about.
#[derive(Clone, Args)]
#[command(next_help_heading = "Objects")]
pub(crate) struct Sources {
    /// Read these files, directories, globs, Helm charts, kustomizations or bundles, or - for
    /// standard input
    #[arg(short = 'f', long = "filename", value_name = "TARGET", num_args = 1..)]
    targets: Vec<String>,
    /// Read the live cluster of the kubeconfig
    #[cfg(feature = "cluster")]
    #[arg(long, conflicts_with = "targets")]
    cluster: bool,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    access: Access,
    /// Exit with 2 when something could not be read
    #[arg(long)]
    strict: bool,
}

/// As [`Sources`], of commands whose arguments are no question: these take the targets, too, as
/// those of `scan` do.
#[derive(Clone, Args)]
pub(crate) struct NamedSources {
    /// Files, directories, globs, Helm charts, kustomizations or bundles, or - for standard input
    #[arg(value_name = "TARGET")]
    #[cfg_attr(feature = "cluster", arg(conflicts_with = "cluster"))]
    named: Vec<String>,
    #[command(flatten)]
    sources: Sources,
}

impl NamedSources {
    /// All that is named, in either way.
    pub(crate) fn all(&self) -> Sources {
        let mut sources = self.sources.clone();
        sources.targets.splice(0..0, self.named.iter().cloned());
        sources
    }

    /// As [`Sources::read`].
    pub(crate) fn read(&self, global: &Global) -> anyhow::Result<Read> {
        self.all().read(global)
    }
}

/// What a question needs of a live cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Roles and bindings.
    Roles,
    /// Service accounts.
    ServiceAccounts,
    /// CustomResourceDefinitions.
    Definitions,
    /// Nodes.
    Nodes,
}

/// What was read.
pub(crate) struct Read {
    /// All objects.
    pub(crate) inventory: Inventory,
    /// When they were read from clusters, in RFC 3339; none for manifests.
    pub(crate) collected: BTreeSet<String>,
    /// Whether a target that the user named could not be used.
    target_failed: bool,
    strict: bool,
}

impl Sources {
    /// One target that an option names.
    pub(crate) fn of(target: String) -> Self {
        Sources {
            targets: vec![target],
            #[cfg(feature = "cluster")]
            cluster: false,
            #[cfg(feature = "cluster")]
            access: Access::default(),
            strict: false,
        }
    }

    /// Whether what can't be read is an error.
    pub(crate) fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether a live cluster is read.
    pub(crate) fn is_cluster(&self) -> bool {
        #[cfg(feature = "cluster")]
        if self.cluster {
            return true;
        }
        false
    }

    /// The namespace that a question is about where it names none: of a live cluster that of the
    /// kubeconfig's context, as with kubectl.
    pub(crate) fn default_namespace(&self) -> anyhow::Result<String> {
        #[cfg(feature = "cluster")]
        if self.cluster {
            return self.access.default_namespace();
        }
        Ok("default".to_owned())
    }

    /// The same with other targets, and no cluster.
    pub(crate) fn with_only(&self, targets: Vec<String>) -> Self {
        let mut other = self.clone();
        other.targets = targets;
        #[cfg(feature = "cluster")]
        {
            other.cluster = false;
        }
        other
    }

    /// Whether any objects are named.
    pub(crate) fn are_named(&self) -> bool {
        #[cfg(feature = "cluster")]
        if self.cluster {
            return true;
        }
        !self.targets.is_empty()
    }

    /// Whether what can't be read is an error.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Reads all of it, and says what can't be read, to who wants quiet too.
    pub(crate) fn read(&self, global: &Global) -> anyhow::Result<Read> {
        self.read_wanted(global, &[])
    }

    /// As [`Sources::read`], for a question that needs only some of what a live cluster holds.
    pub(crate) fn read_wanted(&self, global: &Global, wanted: &[Wanted]) -> anyhow::Result<Read> {
        global.start_threads()?;
        self.read_more(global, wanted)
    }

    /// Reads what a command compares with what it has read before.
    pub(crate) fn read_further(&self, global: &Global) -> anyhow::Result<Read> {
        self.read_more(global, &[])
    }

    /// As [`Sources::read_further`], for a question that needs only some of what a live cluster
    /// holds.
    pub(crate) fn read_more(&self, global: &Global, wanted: &[Wanted]) -> anyhow::Result<Read> {
        let Collected { inventory, target_failed, collected, .. } = self.collect(global, wanted)?;
        let read = Read { inventory, collected, target_failed, strict: self.strict };
        let unread = read.unread();
        tell(&unread);
        let coverage = read.inventory.coverage();
        if self.is_cluster() && coverage.counts().objects == 0 {
            bail!(
                "no object of the cluster could be read; look at what was refused, or name another \
                 context with --context"
            );
        }
        refuse_nothing(&self.targets, coverage)?;
        Ok(read)
    }

    #[cfg_attr(not(feature = "cluster"), expect(unused_variables, reason = "files are read whole"))]
    fn collect(&self, global: &Global, wanted: &[Wanted]) -> anyhow::Result<Collected> {
        #[cfg(feature = "cluster")]
        if self.cluster {
            return self.access.collect(Vec::new(), wanted, Limits::default());
        }
        if self.targets.is_empty() {
            bail!(
                "say what to read: files, directories, charts, kustomizations or bundles with -f, \
                 or --cluster"
            );
        }
        let progress = Progress::new(global.is_quiet());
        let rendering = Rendering::default();
        let options = Options {
            limits: Limits::default(),
            rendering: Some(&rendering),
            progress: &|step| progress.step(step),
            ..Options::default()
        };
        Ok(seawall_collect::collect(&self.targets, &options)?)
    }
}

/// Names that are there, behind a name that is not; not all of many.
pub(crate) fn instead(known: &[&str]) -> String {
    const MOST: usize = 5;
    match known.len() {
        0 => String::new(),
        1 => format!("; there is {}", known[0]),
        count if count <= MOST => format!("; there are {}", known.join(", ")),
        count => format!("; there are {} and {} more", known[..MOST].join(", "), count - MOST),
    }
}

/// Refuses to answer from nothing, and says what to do.
pub(crate) fn refuse_nothing(targets: &[String], coverage: &Coverage) -> anyhow::Result<()> {
    if coverage.counts().objects > 0 {
        return Ok(());
    }
    let targets = targets.join(", ");
    if coverage.unread().next().is_some() {
        bail!(
            "{targets}: no Kubernetes object could be read; mend what could not be read, or name \
             other targets"
        );
    }
    let others = match coverage.other_files {
        0 => String::new(),
        1 => " (1 file of another name was not looked into)".to_owned(),
        many => format!(" ({many} files of other names were not looked into)"),
    };
    bail!(
        "{targets}: there is no Kubernetes object{others}; name manifests, or a directory, chart, \
         kustomization or bundle that holds some"
    );
}

/// Says what an answer may lack, to who wants quiet too.
pub(crate) fn tell(unread: &[String]) {
    for what in unread {
        tracing::error!("the answer may lack something: {what}");
    }
}

impl Read {
    /// What could not be read, with its place and reason.
    pub(crate) fn unread(&self) -> Vec<String> {
        let of_part = |part: &seawall_model::Part| {
            let column = match part.outcome {
                PartOutcome::Unreadable { column, .. } => column,
                _ => 0,
            };
            match (part.line, column) {
                (0, _) => format!("{}: {}", part.file, part.outcome),
                (line, 0) => format!("{}:{line}: {}", part.file, part.outcome),
                (line, column) => format!("{}:{line}:{column}: {}", part.file, part.outcome),
            }
        };
        self.inventory.coverage().unread().map(of_part).collect()
    }

    /// Refuses namespaces that nothing that was read is of: mostly a slip of the pen.
    pub(crate) fn refuse_strange<'n>(
        &self,
        names: impl IntoIterator<Item = &'n String>,
        default: &str,
    ) -> anyhow::Result<()> {
        let objects = || self.inventory.objects().filter(|object| !object.is_built_in());
        for name in names {
            let is_known = objects().any(|object| match object.kind() {
                ObjectKind::Namespace => object.name() == name,
                _ => object.namespace().unwrap_or(default) == name,
            });
            if !is_known {
                let mut known: BTreeSet<&str> = objects().filter_map(Object::namespace).collect();
                known.extend(self.inventory.of_kind(ObjectKind::Namespace).map(Object::name));
                let known: Vec<&str> = known.into_iter().collect();
                bail!("there is no namespace {name}{}", instead(&known));
            }
        }
        Ok(())
    }

    /// What could not be read, and what was read and not understood, which this says.
    pub(crate) fn with_gaps(&self, gaps: Vec<String>) -> Vec<String> {
        tell(&gaps);
        let mut unread = self.unread();
        unread.extend(gaps);
        unread
    }

    /// Whether what can't be read is an error.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether a target that the user named could not be used.
    pub(crate) fn target_failed(&self) -> bool {
        self.target_failed
    }

    /// What the command comes to: `outcome`, unless what was not read forbids it.
    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        self.outcome_with(outcome, false)
    }

    /// As [`Read::outcome`], where something was read and perhaps not understood.
    pub(crate) fn outcome_with(&self, outcome: Outcome, gaps: bool) -> Outcome {
        let unread = gaps || self.inventory.coverage().unread().next().is_some();
        if self.target_failed || (self.strict && unread) { Outcome::InputError } else { outcome }
    }
}
