//! `seawall rbac graph`: subjects, bindings and roles as a picture.

use anyhow::ensure;
use clap::{Args, ValueEnum};
use seawall_rbac::graph::{Graph as Picture, Selection, dot, html, mermaid, svg};
use seawall_report::list;

use super::named::subjects;
use super::records::Asked;
use crate::Outcome;
use crate::global::Global;
use crate::output::to_stdout;
use crate::sources::{Sources, Wanted};

/// Most nodes of a picture that is laid out: nobody reads more.
const MOST_NODES: usize = 5_000;

/// Draw subjects, bindings and roles
#[derive(Args)]
#[command(
    disable_version_flag = true,
    after_help = "Examples:
  seawall rbac graph --risky -f bundle.tar.zst -o html > rbac.html
  seawall rbac graph sa/shop/web group/developers --cluster -o svg > rbac.svg
  seawall rbac graph -n shop -f deploy/ -o mermaid
  seawall rbac graph -f deploy/ -o dot | dot -Tpng > rbac.png

Colours tell the worst risk that goes through a subject, binding or role. The HTML page stands on its
own: it searches, and a click shows the rules and lights the way.

Exit codes: 0, 2 usage or input error; also 2 with --strict when something could not be read."
)]
pub(super) struct Graph {
    /// Only these subjects: user/NAME, group/NAME, sa/NAMESPACE/NAME, or bare names
    #[arg(value_name = "SUBJECT")]
    only: Vec<String>,
    /// Only what holds in this namespace, or in the whole cluster
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Only what makes a risk
    #[arg(long)]
    risky: bool,
    /// What Kubernetes made, too
    #[arg(long)]
    all: bool,
    /// Write it as this
    #[arg(short, long, value_name = "FORMAT", default_value = "dot")]
    output: Format,
    #[command(flatten)]
    sources: Sources,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For Graphviz
    Dot,
    /// A picture
    Svg,
    /// For Markdown
    Mermaid,
    /// A page that stands on its own
    Html,
}

impl Graph {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let asked = Asked::new(&self.sources, &[Wanted::Roles], global)?;
        asked.doubt_namespace(self.namespace.as_deref());
        let policy = &asked.policy;
        let mut ids = Vec::new();
        for name in &self.only {
            for subject in subjects(policy, name)? {
                match policy.find_subject(&subject) {
                    Some(id) => ids.push(id),
                    None => tracing::warn!("no binding names {subject}"),
                }
            }
        }
        let nobody = !self.only.is_empty() && ids.is_empty();
        let selection = Selection {
            // Named subjects are drawn with what Kubernetes gave them.
            defaults: self.all || !ids.is_empty(),
            subjects: ids,
            namespace: self.namespace.clone(),
            risky: self.risky,
        };
        let mut picture = if nobody {
            Picture::default()
        } else {
            Picture::new(policy, &policy.risks(), &selection)
        };
        picture.note = list::lacking(&asked.unread).map(|lacking| format!("Incomplete: {lacking}"));
        ensure!(
            picture.nodes.len() <= MOST_NODES || self.output == Format::Dot,
            "the picture would have {} nodes, and at most {MOST_NODES} are drawn: choose subjects, \
             --namespace or --risky, or -o dot",
            picture.nodes.len()
        );
        let text = match self.output {
            Format::Dot => dot(&picture),
            Format::Svg => svg(&picture),
            Format::Mermaid => mermaid(&picture),
            Format::Html => html(&picture),
        };
        to_stdout(|out| out.write_all(text.as_bytes()))?;
        Ok(asked.outcome(Outcome::Clean))
    }
}
