//! From a node to the report of a benchmark.

use crate::benchmarks::{BENCHMARKS, Benchmark};
use crate::context::{Cx, Role};
use crate::distribution::Platform;
use crate::report::{ControlResult, Report};

/// What a report says of itself.
#[derive(Clone, Debug)]
pub struct Header {
    /// The version of Seawall.
    pub seawall: String,
    /// The node's name, where it is given.
    pub node: Option<String>,
    /// Now, in RFC 3339.
    pub time: String,
}

/// Which controls run.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Groups about these parts of a node alone; all where empty.
    pub roles: Vec<Role>,
    /// These controls or groups alone, by number; all where empty.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
}

impl Filter {
    fn takes(&self, role: Option<Role>, id: &str) -> bool {
        (self.roles.is_empty() || role.is_none_or(|role| self.roles.contains(&role)))
            && (self.only.is_empty() || self.only.iter().any(|wanted| is_below(id, wanted)))
            && !self.skip.iter().any(|wanted| is_below(id, wanted))
    }

    /// What it names that none of some benchmarks has, such as a number with a slip.
    pub fn unknown<'f>(&'f self, benchmarks: &[&Benchmark]) -> Option<&'f str> {
        let ids: Vec<&str> = benchmarks
            .iter()
            .flat_map(|benchmark| benchmark.groups())
            .flat_map(|group| group.controls)
            .map(|control| control.id)
            .collect();
        let mut named = self.only.iter().chain(&self.skip).map(String::as_str);
        named.find(|named| !ids.iter().any(|id| is_below(id, named)))
    }
}

/// Whether a control is one, or of the group: `1.2` is that of `1.2.3`, and not of `1.20.1`.
fn is_below(id: &str, wanted: &str) -> bool {
    id.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Runs a benchmark.
pub fn run(cx: &Cx<'_>, benchmark: &Benchmark, filter: &Filter, header: &Header) -> Report {
    let mut results = Vec::new();
    for group in benchmark.groups() {
        for control in group.controls {
            if !filter.takes(group.role, control.id) {
                continue;
            }
            let outcome = control.decide.outcome(cx);
            results.push(ControlResult {
                id: control.id.to_owned(),
                title: control.title.to_owned(),
                group: group.title.to_owned(),
                assessment: control.assessment,
                verdict: outcome.verdict,
                reason: outcome.reason,
                evidence: outcome.evidence,
                remedy: control.remedy.to_owned(),
                patches: outcome.patches,
            });
        }
    }
    Report {
        seawall: header.seawall.clone(),
        benchmark: benchmark.id.to_owned(),
        title: benchmark.title.to_owned(),
        node: header.node.clone().or_else(|| cx.node_name()),
        time: header.time.clone(),
        platform: cx.platform.name().to_owned(),
        kubernetes: cx.version(),
        unread: None,
        results,
    }
}

/// The benchmark that a node is held against unless another is asked for: that of its platform, in
/// the edition of its version.
pub fn benchmark_of(platform: Platform, minor: Option<u32>) -> &'static Benchmark {
    let id = match platform {
        Platform::Eks => "eks",
        Platform::Aks => "aks",
        Platform::Gke => "gke",
        _ if minor.is_some_and(|minor| minor <= 33) => "cis-1.12",
        _ => "cis-2.0",
    };
    Benchmark::find(id).expect("the benchmarks of all platforms are there")
}

/// All benchmarks that a node of a platform can be held against.
pub fn benchmarks_for(platform: Platform, minor: Option<u32>) -> Vec<&'static Benchmark> {
    let own = benchmark_of(platform, minor);
    let of_others = |id: &str| id.starts_with("cis-") || matches!(id, "eks" | "aks" | "gke");
    let rest = BENCHMARKS.iter().filter(|benchmark| !of_others(benchmark.id));
    std::iter::once(own).chain(rest).collect()
}
