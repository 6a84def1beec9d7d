//! `seawall selinux lint`: levels that tenants share, types that confine nothing.

use clap::Args;
use seawall_model::workload::pods_of;
use seawall_model::{Object, ObjectKind};
use seawall_podsecurity::selinux::{Held, Options, lint, of_namespace, shared};
use seawall_report::list::{self, ListFormat};

use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::remarks::{COLUMNS, Record};
use crate::sources::NamedSources;
use crate::weighed::Threshold;

/// Find levels shared between namespaces, custom and unconfined types, and invalid options
#[derive(Args)]
#[command(after_help = "Examples:
  seawall selinux lint deploy/
  seawall selinux lint --cluster -o wide

A level that is set by hand is held against those of all other namespaces, and against the level
that OpenShift gives a namespace (openshift.io/sa.scc.mcs).

Exit codes: 0 nothing at or above the threshold; 1 something; 2 usage or input error; also 2 with
--strict when something could not be read.")]
pub(super) struct Lint {
    /// Exit with 1 from this weight on
    #[arg(long, value_enum, default_value = "warning", value_name = "WEIGHT")]
    fail_on: Threshold,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: NamedSources,
}

impl Lint {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let read = self.sources.read(global)?;
        let inventory = &read.inventory;
        let mut records = Vec::new();
        let mut held: Vec<Held<'_>> = Vec::new();
        let mut holders: Vec<(Object<'_>, Option<&str>)> = Vec::new();
        for namespace in inventory.of_kind(ObjectKind::Namespace) {
            match of_namespace(namespace) {
                Ok(Some(level)) => {
                    holders.push((namespace, None));
                    held.push(Held {
                        namespace: namespace.name(),
                        text: level.value,
                        node: level.node,
                    });
                }
                Ok(None) => {}
                Err(why) => records.push(Record::undecided(namespace, None, &why)),
            }
        }
        for pod in inventory.objects().filter(|it| !it.is_built_in()).flat_map(pods_of) {
            let of_pod = (None, Options::of_pod(&pod));
            let own = pod.containers().iter().filter(|it| it.security.se_linux_options.is_some());
            let of_containers = own.map(|it| (Some(it.name), Options::of(it)));
            for (container, options) in std::iter::once(of_pod).chain(of_containers) {
                match options {
                    Ok(None) => {}
                    Ok(Some(options)) => {
                        let remarks = lint(&options);
                        records.extend(
                            remarks.iter().map(|it| Record::new(pod.object, container, it)),
                        );
                        if !options.level.is_empty() {
                            holders.push((pod.object, container));
                            held.push(Held {
                                namespace: pod.object.namespace().unwrap_or("default"),
                                text: options.level,
                                node: options.node.get("level").unwrap_or(options.node),
                            });
                        }
                    }
                    Err(why) => records.push(Record::undecided(pod.object, container, &why)),
                }
            }
        }
        for remark in shared(&held) {
            let holder = held.iter().position(|it| it.node == remark.node);
            if let Some((object, container)) = holder.map(|index| holders[index]) {
                records.push(Record::new(object, container, &remark));
            }
        }
        let (unread, nothing) = (read.unread(), "Nothing is wrong with the SELinux options.");
        to_stdout(|out| list::answer(self.output, COLUMNS, &records, nothing, &unread, out))?;
        let failed = records.iter().any(|it| self.fail_on.met(it.rank));
        Ok(read.outcome(if failed { Outcome::Findings } else { Outcome::Clean }))
    }
}
