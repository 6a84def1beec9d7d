//! Scans to render, from the text of files to the report.
//!
//! The checks are the tests' own, so that the goldens change only when a renderer does.

use std::sync::Arc;

use seawall_checks::{Framework, Results, Selection, run};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::workload::{Container, Pod};
use seawall_model::{
    Check, Coverage, Cx, Entry, Inventory, Level, Mapping, Notice, Outcome, Scope, Settings,
    Severity, Source,
};
use seawall_report::Report;

static PRIVILEGED: Check = Check {
    id: "privileged",
    title: "Container runs privileged",
    severity: Severity::High,
    rationale: "A privileged container is root on the node: it mounts the node's disk and reads \
                the credentials of every pod there.",
    remedy: "Remove `privileged: true`. Where one privilege is needed, add the single capability \
             that gives it:\n\n```yaml\nsecurityContext:\n  capabilities: {add: [NET_BIND_SERVICE]}\n```",
    mapping: Mapping {
        nsa: &["C-0057"],
        cis: &["5.2.2"],
        pss: Some(Level::Baseline),
        mitre: &["T1611"],
    },
    covers: &["kubescape:C-0057"],
    links: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    scope: Scope::Container(privileged),
    fix: Err(seawall_model::NoFix::Custom),
    cases: "",
};

static NO_USER: Check = Check {
    id: "no-user",
    title: "Pod does not name its user",
    severity: Severity::Low,
    rationale: "The image then decides who the process is.",
    remedy: "Set `runAsUser`.",
    mapping: Mapping { nsa: &["C-0013"], ..Mapping::NONE },
    covers: &[],
    links: &[],
    scope: Scope::Pod(no_user),
    fix: Err(seawall_model::NoFix::Custom),
    cases: "",
};

static QUIET: Check = Check {
    id: "quiet",
    title: "Nothing is ever wrong",
    severity: Severity::Info,
    rationale: "So that a check with no finding is in the report.",
    remedy: "Nothing.",
    mapping: Mapping { nsa: &["C-0034"], ..Mapping::NONE },
    covers: &[],
    links: &[],
    scope: Scope::Pod(quiet),
    fix: Err(seawall_model::NoFix::Custom),
    cases: "",
};

fn privileged<'a>(container: &Container<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if let Some(privileged) = container.privileged()?
        && privileged.value
    {
        let message = format!("{} runs privileged; remove `privileged`", container.noun());
        cx.fail(privileged.node, message);
    }
    Ok(())
}

fn no_user<'a>(pod: &Pod<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if pod.spec.at_path(&["securityContext", "runAsUser"]).is_none() {
        cx.fail_missing(pod.spec, "securityContext.runAsUser", "the pod does not name its user");
    }
    Ok(())
}

fn quiet<'a>(_: &Pod<'a>, _: &mut Cx<'a>) -> Outcome<'a> {
    Ok(())
}

/// A report that owns what it borrows from.
pub struct Scan {
    pub results: Results,
    pub coverage: Coverage,
    pub notices: Vec<Notice>,
    pub framework: Option<&'static Framework>,
    pub fail_on: Severity,
}

impl Scan {
    pub fn report(&self) -> Report<'_> {
        Report {
            version: "1.2.3",
            findings: &self.results.findings,
            unknown: &self.results.unknown,
            coverage: &self.coverage,
            tallies: &self.results.tallies,
            notices: &self.notices,
            framework: self.framework,
            fail_on: self.fail_on,
        }
    }

    /// A scan of some files.
    pub fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut inventory = Inventory::new();
        for (name, text) in files {
            let source = Arc::new(Source::new(name, text));
            for chunk in chunks(&source) {
                let reading = read(&source, chunk, &Limits::default());
                assert!(reading.error.is_none(), "{:?}", reading.error);
                for document in reading.documents {
                    inventory.add(Entry::new(document, chunk.ordinal));
                }
            }
        }
        let checks = [&PRIVILEGED, &NO_USER, &QUIET].map(|check| (check, check.severity));
        let results = run(&inventory, &Selection::new(checks), &Settings::default());
        Scan {
            results,
            coverage: inventory.coverage().clone(),
            notices: Vec::new(),
            framework: None,
            fail_on: Severity::High,
        }
    }
}
