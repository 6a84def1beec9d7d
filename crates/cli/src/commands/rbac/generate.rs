//! `seawall rbac generate`: the least roles that cover what an audit log shows.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{bail, ensure};
use clap::Args;
use seawall_model::Inventory;
use seawall_rbac::{Least, Needs, Policy, Rule, Subject};
use seawall_report::list;

use super::audit_log::AuditLog;
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;

/// Most subjects for which roles are made in one run.
const MOST_SUBJECTS: usize = 10_000;

/// Make the least roles that cover what an audit log shows was used
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac generate --from-audit audit.log --serviceaccount shop:web
  seawall rbac generate --from-audit audit.log.gz --user alice --name alice-from-audit
  seawall rbac generate --from-audit audit-*.log > roles.yaml      # for everybody in the log

Rights are given in the namespaces in which they were used, and in the whole cluster only where the
request was about the whole cluster. What everybody has who is logged in is left out. Requests that
were refused are left out unless --denied is given.

Exit codes: 0, 2 usage or input error; also 2 with --strict when a line could not be read."
)]
pub(super) struct Generate {
    #[command(flatten)]
    log: AuditLog,
    /// Only this user; may be given several times
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<String>,
    /// Only this service account; may be given several times
    #[arg(long = "serviceaccount", value_name = "NAMESPACE:NAME")]
    accounts: Vec<String>,
    /// Give also what was asked for and refused
    #[arg(long)]
    denied: bool,
    /// Name the objects in resourceNames where no more than this many were used
    #[arg(long, value_name = "N", default_value_t = 1)]
    max_names: usize,
    /// The name of all roles and bindings [default: audit- and the subject's name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Exit with 2 when a line could not be read
    #[arg(long)]
    strict: bool,
}

impl Generate {
    pub(super) fn run(self, _global: &Global) -> anyhow::Result<Outcome> {
        let wanted = self.wanted()?;
        let mut needs: BTreeMap<Subject, Needs> = BTreeMap::new();
        let reading = self.log.read(|used| {
            let subject = Subject::user(&used.user);
            let counts = (used.allowed || self.denied)
                && (wanted.is_empty() || wanted.contains(&subject))
                && !used.groups.iter().any(|group| group == "system:masters");
            if counts {
                needs.entry(subject).or_default().note(&used, self.max_names);
                ensure!(
                    needs.len() <= MOST_SUBJECTS,
                    "the log tells of more than {MOST_SUBJECTS} subjects: name some with --user or \
                     --serviceaccount"
                );
            }
            Ok(())
        })?;
        for subject in wanted.iter().filter(|subject| !needs.contains_key(subject)) {
            tracing::warn!("the log tells of nothing that {subject} did");
        }
        let everybody = Policy::read(&Inventory::new());
        let mut least = Vec::new();
        for (subject, needs) in &needs {
            least.push((subject, needs.least(&everybody)?));
        }
        to_stdout(|out| {
            if let Some(lacking) = list::lacking(&reading.unread) {
                writeln!(out, "# Of the log, {lacking}.")?;
            }
            least.iter().try_for_each(|(subject, least)| self.write(subject, least, out))
        })?;
        let clean = Outcome::Clean;
        Ok(reading.outcome(self.strict, clean))
    }

    fn wanted(&self) -> anyhow::Result<Vec<Subject>> {
        let mut wanted: Vec<Subject> = self.users.iter().map(|name| Subject::user(name)).collect();
        for account in &self.accounts {
            match account.split_once([':', '/']) {
                Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                    wanted.push(Subject::service_account(namespace, name));
                }
                _ => bail!("--serviceaccount {account}: write NAMESPACE:NAME"),
            }
        }
        Ok(wanted)
    }

    fn write(&self, subject: &Subject, least: &Least<'_>, out: &mut dyn Write) -> io::Result<()> {
        let name = self.name.clone().unwrap_or_else(|| format!("audit-{}", object_name(subject)));
        for (namespace, rules) in &least.places {
            let (role, prefix) = match namespace {
                Some(_) => ("Role", ""),
                None => ("ClusterRole", "Cluster"),
            };
            let head = |kind: &str| {
                let place = namespace.map(|name| format!("  namespace: {}\n", quoted(name)));
                format!(
                    "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  \
                     name: {}\n{}",
                    quoted(&name),
                    place.unwrap_or_default()
                )
            };
            writeln!(out, "{}rules:", head(role))?;
            for rule in rules {
                write_rule(rule, out)?;
            }
            write!(
                out,
                "{}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {}\n\
                 subjects:\n",
                head(&format!("{prefix}RoleBinding")),
                quoted(&name)
            )?;
            match subject.namespace() {
                Some(home) => write!(
                    out,
                    "- kind: ServiceAccount\n  name: {}\n  namespace: {}\n",
                    quoted(subject.name()),
                    quoted(home)
                )?,
                None => write!(
                    out,
                    "- apiGroup: rbac.authorization.k8s.io\n  kind: {}\n  name: {}\n",
                    subject.kind(),
                    quoted(subject.name())
                )?,
            }
        }
        Ok(())
    }
}

fn write_rule(rule: &Rule<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut first = "- ";
    for (key, words) in [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("nonResourceURLs", &rule.urls),
        ("verbs", &rule.verbs),
    ] {
        if words.is_empty() {
            continue;
        }
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        writeln!(out, "{first}{key}: [{}]", words.join(", "))?;
        first = "  ";
    }
    Ok(())
}

/// A YAML string: JSON's quotes are YAML's too. Plain where nothing can be taken for anything else.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-./".contains(c))
        && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text);
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// A name that the API server takes, made of that of a subject.
fn object_name(subject: &Subject) -> String {
    let whole = match subject.namespace() {
        Some(namespace) => format!("{namespace}-{}", subject.name()),
        None => subject.name().to_owned(),
    };
    let mut name: String = whole
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .take(200)
        .collect();
    name = name.trim_matches(['-', '.']).to_owned();
    if name.is_empty() { "subject".to_owned() } else { name }
}
