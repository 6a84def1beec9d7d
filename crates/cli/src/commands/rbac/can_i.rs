//! `seawall rbac can-i`: may this caller do that?

use anyhow::bail;
use clap::Args;
use seawall_rbac::{Caller, Decision};
use seawall_report::list::{self, ListFormat};
use serde::Serialize;

use super::question::Question;
use super::records::{Asked, GrantRecord};
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::Sources;

/// Tell whether a user or service account may do something
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac can-i get secrets --as alice -n shop -f deploy/
  seawall rbac can-i list pods --as system:serviceaccount:shop:web -A -f bundle.tar.zst
  seawall rbac can-i create pods --subresource exec --as alice --as-group dev --cluster -o wide
  seawall rbac can-i get /metrics --as-group monitoring --cluster

The groups that Kubernetes adds count: system:authenticated, and those of service accounts.

Exit codes: 0 yes, 1 no, 2 usage or input error; also 2 with --strict when something could not be
read."
)]
pub(super) struct CanI {
    #[command(flatten)]
    question: Question,
    /// The user, or a service account as system:serviceaccount:NAMESPACE:NAME
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// A group of the user; may be given several times
    #[arg(long = "as-group", value_name = "GROUP")]
    groups: Vec<String>,
    /// In which namespace [default: with --cluster that of the kubeconfig's context, else default]
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// In all namespaces at once
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    all_namespaces: bool,
    /// Write it as table, wide (with the reason), json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Serialize)]
struct Answer<'a> {
    allowed: bool,
    user: &'a str,
    groups: &'a [String],
    request: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantRecord<'a>>,
    unread: Vec<String>,
}

impl CanI {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        if self.user.is_none() && self.groups.is_empty() {
            bail!("say who: --as USER, --as-group GROUP or both");
        }
        let asked = Asked::new(&self.sources, &self.question.wanted(), global)?;
        let question = self.question.resolve(&asked.read.inventory, true)?;
        let namespace = match self.namespace {
            _ if self.all_namespaces => String::new(),
            Some(name) => name,
            None => self.sources.default_namespace()?,
        };
        let request = question.request(&namespace);
        let caller = Caller::new(self.user.as_deref().unwrap_or_default(), self.groups.clone());
        let decision = asked.policy.may(&caller, &request);
        let grant = match decision {
            Decision::Allowed(grant) => {
                Some(GrantRecord::new(&asked.policy, &asked.read.inventory, grant))
            }
            Decision::Master | Decision::Denied => None,
        };
        let reason = match (decision, &grant) {
            (Decision::Master, _) => "a member of system:masters may do everything".to_owned(),
            (_, Some(grant)) => {
                format!(
                    "{} gives {} to {}: {}",
                    grant.binding, grant.role, grant.subject, grant.rule
                )
            }
            _ => "no rule that applies allows it".to_owned(),
        };
        let answer = Answer {
            allowed: decision.is_allowed(),
            user: &caller.user,
            groups: &caller.groups,
            request: request.to_string(),
            reason,
            grant,
            unread: asked.unread.clone(),
        };
        // Nothing takes rights away: only a no may be wrong for want of a role or binding.
        let lacking = list::lacking(&answer.unread).filter(|_| !answer.allowed);
        let (word, lacking) = match lacking {
            None => (if answer.allowed { "yes" } else { "no" }, String::new()),
            Some(lacking) => ("no, as far as was read", format!("; {lacking}")),
        };
        to_stdout(|out| match self.output {
            ListFormat::Table => writeln!(out, "{word}{lacking}"),
            ListFormat::Wide => writeln!(out, "{word} - {}{lacking}", answer.reason),
            ListFormat::Csv => {
                let columns = [
                    list::Column::new("ALLOWED", |a: &Answer<'_>| a.allowed.to_string()),
                    list::Column::new("REQUEST", |a: &Answer<'_>| a.request.clone()),
                    list::Column::new("REASON", |a: &Answer<'_>| a.reason.clone()),
                ];
                list::render(self.output, &columns, std::slice::from_ref(&answer), &[], out)
            }
            ListFormat::Json | ListFormat::Yaml => list::record(self.output, &answer, out),
        })?;
        let outcome = if answer.allowed { Outcome::Clean } else { Outcome::Findings };
        Ok(asked.outcome(outcome))
    }
}
