//! `seawall rbac rules`: all that a subject may do, merged.

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::Args;
use seawall_rbac::{Caller, Rule, covers, merge};
use seawall_report::list::{Column, ListFormat};
use serde::Serialize;

use super::named::subject;
use super::records::Asked;
use crate::Outcome;
use crate::global::Global;
use crate::sources::{Sources, Wanted};

/// Tell all that a subject may do, merged into as few rules as it takes
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac rules alice -f bundle.tar.zst
  seawall rbac rules sa/shop/web --cluster -o yaml
  seawall rbac rules user/alice --as-group dev -n shop -f deploy/

The merged rules decide every request as the rules that they were made of. What the whole cluster
gives is not said again of a namespace.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read."
)]
pub(super) struct Rules {
    /// user/NAME, group/NAME, sa/NAMESPACE/NAME, system:serviceaccount:NAMESPACE:NAME, or the bare
    /// name of a subject of some binding
    subject: String,
    /// A group that the subject is in; may be given several times
    #[arg(long = "as-group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Only what holds in this namespace
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Serialize)]
struct Row<'a> {
    /// Nothing for the whole cluster.
    namespace: Option<&'a str>,
    #[serde(flatten)]
    rule: Rule<'a>,
}

fn columns<'a>() -> [Column<Row<'a>>; 3] {
    [
        Column::new("NAMESPACE", |row| row.namespace.unwrap_or("*").to_owned()),
        Column::new("VERBS", |row| row.rule.verbs.join(",")),
        Column::new("OBJECTS", |row| row.rule.objects()),
    ]
}

impl Rules {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let asked = Asked::new(&self.sources, &[Wanted::Roles], global)?;
        asked.doubt_namespace(self.namespace.as_deref());
        let policy = &asked.policy;
        let subject = subject(policy, &self.subject)?;
        let mut caller = subject.caller();
        caller.groups.extend(self.groups.iter().cloned());
        let mut places: BTreeMap<Option<&str>, Vec<Rule<'_>>> = BTreeMap::new();
        for namespace in self.namespaces(&asked, &caller) {
            let rules = policy.rules_for(&caller, namespace.unwrap_or_default());
            let mut rules: Vec<Rule<'_>> =
                rules.into_iter().map(|rule| policy.rule(rule)).collect();
            if namespace.is_some() {
                // Paths are not granted in namespaces.
                rules.iter_mut().for_each(|rule| rule.urls.clear());
                rules.retain(|rule| !rule.resources.is_empty());
            }
            let too_large = || format!("the rules of {subject} can't be merged");
            if let Some(everywhere) = places.get(&None) {
                rules = covers(everywhere, &rules).with_context(too_large)?;
            }
            places.insert(namespace, merge(&rules).with_context(too_large)?);
        }
        let rows: Vec<Row<'_>> = places
            .into_iter()
            .flat_map(|(namespace, rules)| {
                rules.into_iter().map(move |rule| Row { namespace, rule })
            })
            .collect();
        let nothing = format!("{subject} may do nothing.");
        asked.write(self.output, &columns(), &rows, &nothing)?;
        Ok(asked.outcome(Outcome::Clean))
    }

    /// The whole cluster, and each namespace in which the caller has something.
    fn namespaces<'a>(&self, asked: &'a Asked, caller: &Caller) -> Vec<Option<&'a str>> {
        let policy = &asked.policy;
        let user = (!caller.user.is_empty()).then(|| seawall_rbac::Subject::user(&caller.user));
        let groups = caller.groups.iter().cloned().map(seawall_rbac::Subject::Group);
        let mut places: Vec<Option<&str>> = vec![None];
        for name in user.into_iter().chain(groups) {
            let Some(id) = policy.find_subject(&name) else { continue };
            let of_binding = |id| policy.binding(id).scope().namespace();
            places.extend(policy.bindings_of(id).map(of_binding));
        }
        places.retain(|place| match (&self.namespace, place) {
            (Some(asked), Some(at)) => asked == at,
            _ => true,
        });
        places.sort_unstable();
        places.dedup();
        places
    }
}
