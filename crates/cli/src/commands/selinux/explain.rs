//! `seawall selinux explain`: what each option asks for.

use clap::Args;
use seawall_model::workload::pods_of;
use seawall_podsecurity::selinux::{Options, explain};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::NamedSources;

/// Say what the SELinux options of containers ask for
#[derive(Args)]
#[command(after_help = "Examples:
  seawall selinux explain deploy/
  seawall selinux explain --cluster -o json

Exit codes: 0 explained; 2 usage or input error; also 2 with --strict when something could not be
read.")]
pub(super) struct Explain {
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: NamedSources,
}

#[derive(Serialize)]
struct Row {
    object: String,
    container: String,
    option: &'static str,
    meaning: String,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("OBJECT", |it| it.object.clone()),
    Column::new("CONTAINER", |it| it.container.clone()),
    Column::new("OPTION", |it| it.option.to_owned()),
    Column::new("MEANING", |it| it.meaning.clone()),
];

impl Explain {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let mut rows = Vec::new();
        for pod in read.inventory.objects().filter(|it| !it.is_built_in()).flat_map(pods_of) {
            for container in pod.containers() {
                let lines = match Options::of(container) {
                    Ok(Some(options)) => explain(&options),
                    Ok(None) => vec![(
                        "none",
                        "the runtime gives container_t and two categories of the pod's own"
                            .to_owned(),
                    )],
                    Err(why) => vec![("unknown", why.why.into_owned())],
                };
                rows.extend(lines.into_iter().map(|(option, meaning)| Row {
                    object: pod.object.id().to_string(),
                    container: container.name.to_owned(),
                    option,
                    meaning,
                }));
            }
        }
        to_stdout(|out| list::render(self.output, COLUMNS, &rows, &read.unread(), out))?;
        Ok(read.outcome(Outcome::Clean))
    }
}
