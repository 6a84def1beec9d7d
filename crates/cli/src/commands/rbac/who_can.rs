//! `seawall rbac who-can`: every grant by which somebody may do something.

use clap::Args;
use seawall_rbac::{Reach, Request};
use seawall_report::list::{Column, ListFormat};

use super::question::Question;
use super::records::{Asked, GrantRecord};
use crate::Outcome;
use crate::global::Global;
use crate::sources::Sources;

/// Tell who may do something, and by which binding, role and rule
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac who-can get secrets -f bundle.tar.zst
  seawall rbac who-can create deploy -n shop --cluster
  seawall rbac who-can create pods --subresource exec -n shop -f deploy/
  seawall rbac who-can get secrets/token -n shop -f deploy/ -o wide
  seawall rbac who-can get /metrics --cluster

Without -n, every namespace is asked about. Members of system:masters may do everything, whatever
roles say. Of a live cluster only roles and bindings are read.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read."
)]
pub(super) struct WhoCan {
    #[command(flatten)]
    question: Question,
    /// Ask about one namespace: what holds there, and in the whole cluster
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Ask about every namespace, which is the default
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    all_namespaces: bool,
    /// List also who may do it with objects of some names alone
    #[arg(long)]
    any_name: bool,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: Sources,
}

fn columns<'a>() -> [Column<GrantRecord<'a>>; 8] {
    [
        Column::new("SUBJECT", |grant| grant.subject.to_string()),
        Column::new("NAMESPACE", GrantRecord::scope),
        Column::new("BINDING", |grant| grant.binding.to_string()),
        Column::new("ROLE", |grant| grant.role.to_string()),
        Column::new("RULE", |grant| grant.rule.to_string()),
        Column::wide("DEFAULT", |grant| if grant.default { "yes" } else { "no" }.to_owned()),
        Column::wide("BINDING AT", |grant| grant.binding_at.clone().unwrap_or_default()),
        Column::wide("RULE AT", |grant| grant.rule_at.clone().unwrap_or_default()),
    ]
}

impl WhoCan {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let asked = Asked::new(&self.sources, &self.question.wanted(), global)?;
        asked.doubt_namespace(self.namespace.as_deref());
        let question = self.question.resolve(&asked.read.inventory, true)?;
        let namespace = self.namespace.as_deref();
        let request = question.request(namespace.unwrap_or_default());
        let reach = reach(&request, question.is_namespaced(), namespace);
        let mut who = asked.policy.who(&request, reach);
        let of_some_names = who.of_some_names.len();
        if self.any_name {
            who.grants.append(&mut who.of_some_names);
        } else if of_some_names > 0 {
            tracing::warn!(
                "{of_some_names} more hold for objects of some names alone: --any-name lists them"
            );
        }
        let grants: Vec<GrantRecord<'_>> = who
            .grants
            .iter()
            .map(|grant| GrantRecord::new(&asked.policy, &asked.read.inventory, *grant))
            .collect();
        let nothing = format!("Nobody but system:masters may {}.", said(&request, reach));
        asked.write(self.output, &columns(), &grants, &nothing)?;
        Ok(asked.outcome(Outcome::Clean))
    }
}

fn reach<'a>(request: &Request<'a>, namespaced: bool, namespace: Option<&'a str>) -> Reach<'a> {
    match (namespaced, namespace) {
        (true, None) => Reach::Anywhere,
        (true, Some(namespace)) => Reach::Namespace(namespace),
        // A namespace is asked about in itself.
        (false, _) if !request.namespace().is_empty() => Reach::Namespace(request.namespace()),
        (false, _) => Reach::Cluster,
    }
}

fn said(request: &Request<'_>, reach: Reach<'_>) -> String {
    let words = request.to_string();
    match reach {
        Reach::Anywhere => words.replace("in the whole cluster", "in any namespace"),
        _ => words,
    }
}
