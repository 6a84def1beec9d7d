//! The results of one run on one node: what is written, sent, compared and shown.

use serde::{Deserialize, Serialize};

use crate::outcome::{Evidence, Patch, Verdict};

/// How a benchmark says that a control is to be assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assessment {
    /// By a program.
    Automated,
    /// By a person; a program may still decide it.
    Manual,
}

/// What one control came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlResult {
    /// Its number in the benchmark: `1.2.1`.
    pub id: String,
    /// What it asks for.
    pub title: String,
    /// The number and title of its group: `1.2 API server`.
    pub group: String,
    /// How the benchmark says that it is assessed.
    pub assessment: Assessment,
    /// The verdict.
    pub verdict: Verdict,
    /// Why; of [`Verdict::Manual`] the question that a person must answer.
    pub reason: String,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: String,
    /// What to change, where that is concrete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
}

/// The results of one benchmark on one node, or of one set of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version of Seawall that wrote it.
    pub seawall: String,
    /// The benchmark's id: `cis-1.12`.
    pub benchmark: String,
    /// The benchmark's title.
    pub title: String,
    /// The node's name; none where files alone were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// When it was made, in RFC 3339 and UTC.
    pub time: String,
    /// What the node runs: `kubeadm`, `k3s`, `eks`.
    pub platform: String,
    /// The version of Kubernetes, where it is known: `1.34.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<String>,
    /// Why nothing of the node was read, where that is so: then there are no results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// The results in the benchmark's order.
    pub results: Vec<ControlResult>,
}

/// How many controls came to each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each counts the verdict of that name")]
pub struct Tally {
    pub pass: u32,
    pub fail: u32,
    pub not_applicable: u32,
    pub unknown: u32,
    pub manual: u32,
}

impl Tally {
    /// Counts results.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a ControlResult>) -> Self {
        let mut tally = Tally::default();
        for result in results {
            let count = match result.verdict {
                Verdict::Pass => &mut tally.pass,
                Verdict::Fail => &mut tally.fail,
                Verdict::NotApplicable => &mut tally.not_applicable,
                Verdict::Unknown => &mut tally.unknown,
                Verdict::Manual => &mut tally.manual,
            };
            *count += 1;
        }
        tally
    }
}
