//! `seawall podsecurity profiles`: which seccomp and AppArmor profiles do containers get?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use seawall_model::workload::{Pod, pods_of};
use seawall_podsecurity::apparmor::Policy;
use seawall_podsecurity::profiles::{Available, ProfileKind, resolve, stray};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::remarks::Record;
use crate::sources::NamedSources;
use crate::weighed::Threshold;

/// Tell which seccomp and AppArmor profile each container gets, who says so, and what is wrong
/// with it
#[derive(Args)]
#[command(after_help = "Examples:
  seawall podsecurity profiles deploy/
  seawall podsecurity profiles deploy/ --profiles /var/lib/kubelet/seccomp
  seawall podsecurity profiles --cluster --profiles seccomp/ --profiles apparmor/ -o wide

Fields and the alpha and beta annotations that came before them are resolved as the API server and
the kubelet do. With --profiles, profiles that nodes do not have are found.

Exit codes: 0 nothing at or above the threshold; 1 something; 2 usage or input error; also 2 with
--strict when something could not be read.")]
pub(super) struct Profiles {
    /// What nodes have: a kubelet's seccomp directory, or one of AppArmor policy
    #[arg(long, value_name = "DIR")]
    profiles: Vec<PathBuf>,
    /// Exit with 1 from this weight on
    #[arg(long, value_enum, default_value = "warning", value_name = "WEIGHT")]
    fail_on: Threshold,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: NamedSources,
}

/// A container's profile of one kind.
#[derive(Serialize)]
struct Row {
    object: String,
    container: String,
    kind: String,
    profile: String,
    origin: String,
    remarks: Vec<Record>,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("OBJECT", |it| it.object.clone()),
    Column::new("CONTAINER", |it| it.container.clone()),
    Column::new("KIND", |it| it.kind.clone()),
    Column::new("PROFILE", |it| it.profile.clone()),
    Column::new("FROM", |it| it.origin.clone()),
    Column::wide("REMARKS", |it| {
        it.remarks.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("; ")
    }),
];

impl Profiles {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let available = match self.profiles.as_slice() {
            [] => None,
            folders => Some(available(folders)?),
        };
        let read = self.sources.read(global)?;
        let mut rows = Vec::new();
        let mut others = Vec::new();
        for pod in read.inventory.objects().filter(|it| !it.is_built_in()).flat_map(pods_of) {
            if pod.is_windows() {
                continue;
            }
            rows_of(&pod, available.as_ref(), &mut rows);
            match stray(&pod, pod.containers()) {
                Ok(remarks) => {
                    others.extend(remarks.iter().map(|it| Record::new(pod.object, None, it)));
                }
                Err(why) => others.push(Record::undecided(pod.object, None, &why)),
            }
        }
        to_stdout(|out| {
            if matches!(self.output, ListFormat::Json | ListFormat::Yaml) {
                let record = serde_json::json!({
                    "items": rows, "others": others, "unread": read.unread(),
                });
                return list::record(self.output, &record, out);
            }
            if !self.output.is_table() {
                return list::render(self.output, COLUMNS, &rows, &read.unread(), out);
            }
            list::render(self.output, COLUMNS, &rows, &[], out)?;
            let all = rows.iter().flat_map(|row| &row.remarks).chain(&others);
            for (index, it) in all.filter(|it| self.fail_on.met(it.rank)).enumerate() {
                if index == 0 {
                    writeln!(out)?;
                }
                let container =
                    it.container.as_ref().map_or_else(String::new, |it| format!(", {it}"));
                writeln!(
                    out,
                    "{}:{}:{}: {}: {}{container}: {} [{}]",
                    it.file, it.line, it.column, it.weight, it.object, it.message, it.id
                )?;
            }
            list::remainder(&read.unread(), out)
        })?;
        let failed = rows
            .iter()
            .flat_map(|row| &row.remarks)
            .chain(&others)
            .any(|it| self.fail_on.met(it.rank));
        Ok(read.outcome(if failed { Outcome::Findings } else { Outcome::Clean }))
    }
}

fn rows_of(pod: &Pod<'_>, available: Option<&Available>, rows: &mut Vec<Row>) {
    for container in pod.containers() {
        for kind in [ProfileKind::Seccomp, ProfileKind::AppArmor] {
            let name = Some(container.name);
            let (profile, origin, remarks) = match resolve(container, kind, available) {
                Ok(it) => {
                    let record = |remark| Record::new(pod.object, name, remark);
                    (it.name(), it.origin.to_string(), it.remarks.iter().map(record).collect())
                }
                Err(why) => (
                    "unknown".to_owned(),
                    String::new(),
                    vec![Record::undecided(pod.object, name, &why)],
                ),
            };
            rows.push(Row {
                object: pod.object.id().to_string(),
                container: container.name.to_owned(),
                kind: kind.to_string(),
                profile,
                origin,
                remarks,
            });
        }
    }
}

/// Most files that are looked at, and how deep.
const MOST_FILES: usize = 10_000;
const MOST_DEPTH: usize = 16;

/// The profiles in directories: JSON files are seccomp profiles by their path, others AppArmor
/// policy by the names of the profiles in it.
fn available(folders: &[PathBuf]) -> anyhow::Result<Available> {
    let mut available = Available::default();
    for root in folders {
        let mut files = BTreeSet::new();
        walk(root, MOST_DEPTH, &mut files)?;
        for path in files {
            let within = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            available.seccomp.insert(within.replace('\\', "/"));
            if path.extension().is_some_and(|it| it == "json") {
                continue;
            }
            let text = match crate::input::text(&path.to_string_lossy(), 8 << 20) {
                Ok(text) => text,
                Err(error) => {
                    tracing::warn!("{}: {error}; it may hold a profile", path.display());
                    continue;
                }
            };
            match Policy::parse(&path.to_string_lossy(), &text) {
                Ok(policy) => {
                    available.app_armor.extend(policy.profiles.into_iter().map(|it| it.name));
                }
                Err(error) => tracing::warn!("no AppArmor policy: {error}"),
            }
        }
    }
    Ok(available)
}

fn walk(folder: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("can't read the profiles in {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("can't read {}", folder.display()))?.path();
        if path.is_dir() {
            if depth > 0 {
                walk(&path, depth - 1, files)?;
            } else {
                tracing::warn!("{}: too deep, not read", path.display());
            }
        } else {
            files.insert(path);
        }
        if files.len() > MOST_FILES {
            bail!("more than {MOST_FILES} files in {}", folder.display());
        }
    }
    Ok(())
}
