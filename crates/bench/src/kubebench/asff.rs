//! The AWS Security Finding Format, as kube-bench sends it to Security Hub.
//!
//! kube-bench sends the findings itself, with the credentials of the node; Seawall writes them, for
//! `aws securityhub batch-import-findings --findings file://…`, which takes a hundred at once.

use serde::Serialize;

use super::check::State;
use super::run::Run;

/// Whose findings they are, and when they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
    /// The cluster's Amazon Resource Name.
    pub cluster: String,
    /// The node's name, where it is known.
    pub node: Option<String>,
    /// The time, in RFC 3339.
    pub time: String,
}

/// Most characters of an actual result or a reason, and of a remedy.
const LONGEST: (usize, usize) = (1024, 512);
const KIND: &str =
    "Software and Configuration Checks/Industry and Regulatory Standards/CIS Kubernetes Benchmark";

/// A finding of the AWS Security Finding Format.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsffFinding {
    aws_account_id: String,
    confidence: u32,
    created_at: String,
    description: String,
    generator_id: String,
    id: String,
    product_arn: String,
    product_fields: Fields,
    remediation: Remediation,
    resources: [Resource; 1],
    schema_version: &'static str,
    severity: Severity,
    title: String,
    types: [&'static str; 1],
    updated_at: String,
}

#[derive(Clone, Debug, Serialize)]
struct Fields {
    #[serde(rename = "Actual result")]
    actual: String,
    #[serde(rename = "Expected result")]
    expected: String,
    #[serde(rename = "Reason")]
    reason: String,
    #[serde(rename = "Section")]
    section: String,
    #[serde(rename = "Subsection")]
    subsection: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation {
    recommendation: Recommendation,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation {
    text: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    id: String,
    r#type: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Severity {
    label: &'static str,
}

/// The findings of a run, one for each check that fails or warns.
pub fn asff(run: &Run, account: &Account) -> Vec<AsffFinding> {
    let Account { account: id, region, cluster, node, time } = account;
    let arn = format!("arn:aws:securityhub:{region}::product/aqua-security/kube-bench");
    let of_node = node.as_ref().map(|node| format!("+{node}")).unwrap_or_default();
    let mut findings = Vec::new();
    for controls in &run.controls {
        for group in &controls.groups {
            for result in &group.checks {
                if !matches!(result.judged.state, State::Fail | State::Warn) {
                    continue;
                }
                let (check, judged) = (&result.check, &result.judged);
                findings.push(AsffFinding {
                    aws_account_id: id.clone(),
                    confidence: 100,
                    created_at: time.clone(),
                    description: check.text.clone(),
                    generator_id: format!(
                        "{arn}/cis-kubernetes-benchmark/{}/{}",
                        controls.version, check.id
                    ),
                    id: format!("{arn}{id}EKSnodeID+{}+{cluster}{of_node}", check.id),
                    product_arn: arn.clone(),
                    product_fields: Fields {
                        actual: cut(&judged.actual, LONGEST.0),
                        expected: judged.expected.clone(),
                        reason: cut(&judged.reason, LONGEST.0),
                        section: format!("{} {}", controls.id, controls.text),
                        subsection: format!("{} {}", group.id, group.text),
                    },
                    remediation: Remediation {
                        recommendation: Recommendation { text: cut(&check.remediation, LONGEST.1) },
                    },
                    resources: [Resource { id: cluster.clone(), r#type: KIND }],
                    schema_version: "2018-10-08",
                    severity: Severity { label: "HIGH" },
                    title: format!("{} {}", check.id, check.text),
                    types: [KIND],
                    updated_at: time.clone(),
                });
            }
        }
    }
    findings
}

/// A text cut to one byte less than the bound where it is longer, as kube-bench cuts it, but never
/// within a character.
fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    text[..text.floor_char_boundary(longest - 1)].to_owned()
}
