//! Scans texts and holds the findings against what was decided.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;

use seawall_checks::Selection;
use seawall_config::{Baseline, Config, Decisions, PeerFile};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Finding, Inventory, Notice, NoticeKind, Source};
use time::{Date, Month};

/// A pod with two privileged containers; `app` begins on line 7.
pub const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: app
      image: registry.example.com/app:1.0
      securityContext:
        privileged: true
    - name: log
      image: registry.example.com/log:1.0
      securityContext:
        privileged: true
";

/// What a scan gave.
pub struct Scan {
    pub findings: Vec<Finding>,
    pub notices: Vec<Notice>,
}

impl Scan {
    /// Origin, container and reason of the findings of a check that do not count.
    pub fn suppressed(&self, check: &str) -> Vec<(&str, &str, &str)> {
        self.findings
            .iter()
            .filter(|finding| finding.check.id == check)
            .filter_map(|finding| {
                let suppressed = finding.suppressed.as_ref()?;
                let container = finding.site.subject.container.as_deref().unwrap_or("");
                Some((suppressed.origin.name(), container, suppressed.reason.as_str()))
            })
            .collect()
    }

    /// Notices of a kind.
    pub fn told(&self, kind: NoticeKind) -> Vec<&str> {
        self.notices.iter().filter(|n| n.kind == kind).map(|n| n.message.as_str()).collect()
    }
}

/// The day of all tests.
pub fn today() -> Date {
    Date::from_calendar_date(2027, Month::March, 15).expect("there is such a day")
}

pub fn inventory(files: &[(&str, &str)]) -> Inventory {
    let mut inventory = Inventory::new();
    for (name, text) in files {
        let source = Arc::new(Source::new(*name, (*text).to_owned()));
        for chunk in chunks(&source) {
            let reading = read(&source, chunk, &Limits::default());
            assert!(reading.error.is_none(), "{:?}", reading.error);
            for document in reading.documents {
                inventory.add(Entry::new(document, chunk.ordinal));
            }
        }
    }
    inventory
}

/// Everything that may be decided.
#[derive(Default)]
pub struct Given<'g> {
    pub config: &'g str,
    pub peers: Option<&'g [PeerFile]>,
    pub baseline: Option<&'g Baseline>,
}

pub fn scan(files: &[(&str, &str)]) -> Scan {
    scan_with(files, &Given { peers: Some(&[]), ..Given::default() })
}

pub fn scan_with(files: &[(&str, &str)], given: &Given<'_>) -> Scan {
    let inventory = inventory(files);
    let config = match given.config {
        "" => Config::default(),
        text => {
            Config::parse("seawall.yaml", text.to_owned()).unwrap_or_else(|e| panic!("{e}\n{text}"))
        }
    };
    let selection = Selection::new(
        seawall_checks::all().filter_map(|check| Some((check, config.severity(check)?))),
    );
    let mut findings = seawall_checks::run(&inventory, &selection, &config.settings).findings;
    let ran: Vec<_> = selection.checks().collect();
    let decisions = Decisions {
        exceptions: &config.exceptions,
        peers: given.peers,
        baseline: given.baseline,
        today: today(),
        ran: &ran,
    };
    let notices = decisions.apply(&inventory, &mut findings);
    Scan { findings, notices }
}
