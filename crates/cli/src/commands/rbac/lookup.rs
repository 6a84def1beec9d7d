//! `seawall rbac lookup`: the roles of a subject, and what they come to.

use clap::Args;
use seawall_rbac::{Grant, Policy, Rule, Subject};
use seawall_report::list::{Column, ListFormat};
use serde::Serialize;

use super::named::subjects;
use super::records::{Asked, GrantRecord, Named, binding_of};
use crate::Outcome;
use crate::global::Global;
use crate::sources::{Sources, Wanted};

/// List the roles of a subject, or with --rules every rule that it has by them
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac lookup alice -f bundle.tar.zst
  seawall rbac lookup sa/shop/web --cluster -o wide
  seawall rbac lookup group/developers --rules -f deploy/
  seawall rbac lookup system:serviceaccount:shop:web --rules -o csv --cluster

A bare name means every subject of that name. What a subject has by the groups that Kubernetes puts
it in is listed too; VIA says by which.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read."
)]
pub(super) struct Lookup {
    /// user/NAME, group/NAME, sa/NAMESPACE/NAME, system:serviceaccount:NAMESPACE:NAME, or the bare
    /// name of a subject of some binding
    subject: String,
    /// A group that the subject is in; may be given several times
    #[arg(long = "as-group", value_name = "GROUP")]
    groups: Vec<String>,
    /// List the rules, one in a line
    #[arg(long)]
    rules: bool,
    /// Only what holds in this namespace
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Write it as table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    sources: Sources,
}

/// A role that a subject has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Held<'a> {
    subject: Subject,
    /// The subject of the binding: itself, or a group that it is in.
    via: Subject,
    namespace: Option<&'a str>,
    role: Named,
    binding: Named,
    default: bool,
    /// Whether the role is there.
    resolved: bool,
    rules: Vec<Rule<'a>>,
}

fn role_columns<'a>() -> [Column<Held<'a>>; 7] {
    [
        Column::new("SUBJECT", |held| held.subject.to_string()),
        Column::new("NAMESPACE", |held| held.namespace.unwrap_or("*").to_owned()),
        Column::new("ROLE", |held| {
            let missing = if held.resolved { "" } else { " (not there)" };
            format!("{}{missing}", held.role)
        }),
        Column::new("BINDING", |held| held.binding.to_string()),
        Column::new("VIA", |held| held.via.to_string()),
        Column::wide("DEFAULT", |held| if held.default { "yes" } else { "no" }.to_owned()),
        Column::wide("RULES", |held| {
            held.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        }),
    ]
}

fn rule_columns<'a>() -> [Column<GrantRecord<'a>>; 9] {
    [
        Column::new("VIA", |grant| grant.subject.to_string()),
        Column::new("NAMESPACE", GrantRecord::scope),
        Column::new("VERBS", |grant| grant.rule.verbs.join(",")),
        Column::new("OBJECTS", |grant| grant.rule.objects()),
        Column::new("ROLE", |grant| grant.role.to_string()),
        Column::wide("BINDING", |grant| grant.binding.to_string()),
        Column::wide("DEFAULT", |grant| if grant.default { "yes" } else { "no" }.to_owned()),
        Column::wide("BINDING AT", |grant| grant.binding_at.clone().unwrap_or_default()),
        Column::wide("RULE AT", |grant| grant.rule_at.clone().unwrap_or_default()),
    ]
}

impl Lookup {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let asked = Asked::new(&self.sources, &[Wanted::Roles], global)?;
        asked.doubt_namespace(self.namespace.as_deref());
        let policy = &asked.policy;
        let found = subjects(policy, &self.subject)?;
        let held: Vec<Held<'_>> =
            found.iter().flat_map(|subject| self.held(policy, subject)).collect();
        let nothing = format!("{} has no role.", self.subject);
        if self.rules {
            let grants = found.iter().flat_map(|subject| self.grants(policy, subject));
            let records: Vec<GrantRecord<'_>> = grants
                .map(|grant| GrantRecord::new(policy, &asked.read.inventory, grant))
                .collect();
            asked.write(self.output, &rule_columns(), &records, &nothing)?;
        } else {
            asked.write(self.output, &role_columns(), &held, &nothing)?;
        }
        Ok(asked.outcome(Outcome::Clean))
    }

    /// The subject itself, and its groups.
    fn names(&self, subject: &Subject) -> Vec<Subject> {
        let mut caller = subject.caller();
        caller.groups.extend(self.groups.iter().cloned());
        let mut names = vec![subject.clone()];
        let groups = caller.groups.into_iter().map(Subject::Group);
        names.extend(groups.filter(|group| group != subject));
        names
    }

    fn held<'a>(&self, policy: &'a Policy, subject: &Subject) -> Vec<Held<'a>> {
        let mut all = Vec::new();
        for via in self.names(subject) {
            let Some(id) = policy.find_subject(&via) else { continue };
            for binding in policy.bindings_of(id).map(|id| policy.binding(id)) {
                let namespace = binding.scope().namespace();
                if !self.holds(namespace) {
                    continue;
                }
                let reference = binding.role_ref();
                let role = binding.role();
                all.push(Held {
                    subject: subject.clone(),
                    via: via.clone(),
                    namespace,
                    role: Named {
                        kind: reference.kind.to_owned(),
                        namespace: namespace
                            .filter(|_| reference.kind == "Role")
                            .map(str::to_owned),
                        name: reference.name.to_owned(),
                    },
                    binding: binding_of(policy, binding.id),
                    default: binding.origin().is_default()
                        && role.is_none_or(|role| role.origin().is_default()),
                    resolved: role.is_some(),
                    rules: role
                        .into_iter()
                        .flat_map(|role| role.rules().iter().map(|rule| policy.rule(*rule)))
                        .collect(),
                });
            }
        }
        all
    }

    fn grants(&self, policy: &Policy, subject: &Subject) -> Vec<Grant> {
        let mut all = Vec::new();
        for via in self.names(subject) {
            let Some(id) = policy.find_subject(&via) else { continue };
            for binding in policy.bindings_of(id).map(|id| policy.binding(id)) {
                let Some(role) = binding.role().filter(|_| self.holds(binding.scope().namespace()))
                else {
                    continue;
                };
                let rules = role.rules().iter().copied();
                all.extend(rules.map(|rule| Grant {
                    subject: id,
                    binding: binding.id,
                    role: role.id,
                    rule,
                }));
            }
        }
        all
    }

    fn holds(&self, namespace: Option<&str>) -> bool {
        match (&self.namespace, namespace) {
            (Some(asked), Some(at)) => asked == at,
            _ => true,
        }
    }
}
