//! kube-bench's JSON, written and read.
//!
//! Key for key what `kube-bench --json` writes, and in its order. Beside `Controls` and `Totals`
//! stand the node's name and the time, which kube-bench leaves out and its readers pass over.

use serde::{Deserialize, Serialize};

use super::check::{Judged, State};
use super::controls::Check;
use super::run::{CheckResult, ControlsResult, GroupResult, Run, Summary};
use super::{Error, go};

#[derive(Serialize, Deserialize)]
struct OverallView {
    #[serde(rename = "Controls")]
    controls: Vec<ControlsView>,
    #[serde(rename = "Totals", default)]
    totals: SummaryView,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ControlsView {
    #[serde(default)]
    id: String,
    #[serde(default)]
    version: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detected_version: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    node_type: String,
    tests: Option<Vec<GroupView>>,
    #[serde(flatten)]
    summary: SummaryView,
}

#[derive(Default, Serialize, Deserialize)]
struct SummaryView {
    #[serde(default)]
    total_pass: u32,
    #[serde(default)]
    total_fail: u32,
    #[serde(default)]
    total_warn: u32,
    #[serde(default)]
    total_info: u32,
}

#[derive(Serialize, Deserialize)]
struct GroupView {
    #[serde(default)]
    section: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    pass: u32,
    #[serde(default)]
    fail: u32,
    #[serde(default)]
    warn: u32,
    #[serde(default)]
    info: u32,
    #[serde(default)]
    desc: String,
    results: Option<Vec<CheckView>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CheckView {
    test_number: String,
    #[serde(default)]
    test_desc: String,
    #[serde(default)]
    audit: String,
    #[serde(default, rename = "AuditEnv")]
    audit_env: String,
    #[serde(default, rename = "AuditConfig")]
    audit_config: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    remediation: String,
    test_info: Option<Vec<String>>,
    status: State,
    #[serde(default)]
    actual_value: String,
    #[serde(default)]
    scored: bool,
    #[serde(default, rename = "IsMultiple")]
    is_multiple: bool,
    #[serde(default)]
    expected_result: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

/// Where and when a run was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The node's name.
    pub node: Option<String>,
    /// The time, in RFC 3339.
    pub time: Option<String>,
}

/// Writes a run on one line; without totals as the bare list of controls, which has no place for
/// the stamp.
///
/// # Errors
///
/// Where it can't be written as JSON.
pub fn write_json(run: &Run, stamp: &Stamp, totals: bool) -> serde_json::Result<String> {
    let controls: Vec<ControlsView> = run.controls.iter().map(ControlsView::of).collect();
    if !totals {
        return go::json(&controls);
    }
    go::json(&OverallView {
        controls,
        totals: SummaryView::of(Summary::of(run.results())),
        node: stamp.node.clone(),
        time: stamp.time.clone(),
    })
}

/// Reads what [`write_json`] or kube-bench wrote, with totals or without; `name` is for errors.
///
/// # Errors
///
/// Where it is no such JSON.
pub fn read_json(name: &str, text: &str) -> Result<(Run, Stamp), Error> {
    let invalid = |error: serde_json::Error| Error::Invalid {
        file: name.to_owned(),
        line: error.line() as u32,
        cause: format!("no report of kube-bench: {error}"),
    };
    let (controls, stamp) = if text.trim_start().starts_with('[') {
        (serde_json::from_str::<Vec<ControlsView>>(text).map_err(invalid)?, Stamp::default())
    } else {
        let OverallView { controls, node, time, .. } =
            serde_json::from_str(text).map_err(invalid)?;
        (controls, Stamp { node, time })
    };
    let benchmark = controls.first().map(|controls| controls.version.clone()).unwrap_or_default();
    let controls = controls.into_iter().map(ControlsView::back).collect();
    Ok((Run { benchmark, controls, ..Run::default() }, stamp))
}

impl SummaryView {
    fn of(summary: Summary) -> Self {
        SummaryView {
            total_pass: summary.pass,
            total_fail: summary.fail,
            total_warn: summary.warn,
            total_info: summary.info,
        }
    }
}

impl ControlsView {
    fn of(controls: &ControlsResult) -> Self {
        let groups: Vec<GroupView> = controls.groups.iter().map(GroupView::of).collect();
        ControlsView {
            id: controls.id.clone(),
            version: controls.version.clone(),
            detected_version: controls.detected_version.clone(),
            text: controls.text.clone(),
            node_type: controls.node_type.clone(),
            // A nil slice is null in Go.
            tests: (!groups.is_empty()).then_some(groups),
            summary: SummaryView::of(Summary::of(controls.results())),
        }
    }

    fn back(self) -> ControlsResult {
        let groups = self.tests.unwrap_or_default().into_iter().map(|group| GroupResult {
            id: group.section,
            text: group.desc,
            checks: group.results.unwrap_or_default().into_iter().map(CheckView::back).collect(),
        });
        ControlsResult {
            groups: groups.collect(),
            id: self.id,
            version: self.version,
            detected_version: self.detected_version,
            text: self.text,
            node_type: self.node_type,
        }
    }
}

impl GroupView {
    fn of(group: &GroupResult) -> Self {
        let summary = Summary::of(&group.checks);
        GroupView {
            section: group.id.clone(),
            r#type: String::new(),
            pass: summary.pass,
            fail: summary.fail,
            warn: summary.warn,
            info: summary.info,
            desc: group.text.clone(),
            results: Some(group.checks.iter().map(CheckView::of).collect()),
        }
    }
}

impl CheckView {
    pub(super) fn of(result: &CheckResult) -> Self {
        let CheckResult { check, judged } = result;
        CheckView {
            test_number: check.id.clone(),
            test_desc: check.text.clone(),
            audit: check.audit.clone(),
            audit_env: check.audit_env.clone(),
            audit_config: check.audit_config.clone(),
            r#type: check.kind.clone(),
            remediation: check.remediation.clone(),
            test_info: Some(check.test_info.clone()),
            status: judged.state,
            actual_value: judged.actual.clone(),
            scored: check.scored,
            is_multiple: check.multiple,
            expected_result: judged.expected.clone(),
            reason: judged.reason.clone(),
        }
    }

    fn back(self) -> CheckResult {
        CheckResult {
            check: Check {
                id: self.test_number,
                text: self.test_desc,
                audit: self.audit,
                audit_config: self.audit_config,
                audit_env: self.audit_env,
                kind: self.r#type,
                remediation: self.remediation,
                test_info: self.test_info.unwrap_or_default(),
                scored: self.scored,
                multiple: self.is_multiple,
                ..Check::default()
            },
            judged: Judged {
                state: self.status,
                actual: self.actual_value,
                expected: self.expected_result,
                reason: self.reason,
            },
        }
    }
}
