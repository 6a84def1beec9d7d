//! What the objects of a cluster add: which nodes there are, and what is known of a node from which
//! no result came.
//!
//! A bundle of `seawall collect` holds each kubelet's configuration and the pods of control planes,
//! so a good part of a benchmark is decided by it. What the node itself told counts more.

use std::collections::BTreeSet;

use seawall_model::{Inventory, Object, ObjectKind};

use super::Gathered;
use crate::context::{Cx, Input};
use crate::outcome::Verdict;
use crate::report::Report;
use crate::run::{Filter, Header, benchmark_of, run};

/// When and by what the objects were read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The version of Seawall.
    pub seawall: String,
    /// When, in RFC 3339.
    pub time: String,
    /// The same in seconds since 1970.
    pub seconds: i64,
}

impl Gathered {
    /// Takes note of the nodes among the objects.
    pub fn nodes_of(&mut self, inventory: &Inventory) {
        for node in inventory.of_kind(ObjectKind::Node) {
            self.expect(node.name().to_owned(), None);
        }
    }

    /// Holds what the objects tell of each node from which no result came against the benchmark of
    /// its platform, and the objects themselves against the part of it that is about them. Gives the
    /// nodes. To be called once all results were read.
    pub fn fill_from(&mut self, inventory: &Inventory, reading: &Reading) -> Vec<String> {
        self.nodes_of(inventory);
        let missing: Vec<String> = self.missing().map(|(node, _)| node.to_owned()).collect();
        let mut filled = Vec::new();
        for node in inventory.of_kind(ObjectKind::Node) {
            let name = node.name();
            if !missing.iter().any(|missing| missing == name) {
                continue;
            }
            let report = report_of(inventory, reading, Some(name), minor_of(node));
            // A question to a person is asked whatever is known.
            let decided = |verdict| !matches!(verdict, Verdict::Unknown | Verdict::Manual);
            if report.results.iter().any(|result| decided(result.verdict)) {
                filled.push(name.to_owned());
                self.put(report, None);
            } else {
                let of_kubelet = format!("/nodes/{name}/configz.json");
                let mut unread = inventory.coverage().unread();
                let why = unread.find(|part| part.file.ends_with(&of_kubelet));
                self.expect(name.to_owned(), why.map(|part| part.outcome.to_string()));
            }
        }
        let minor = inventory.of_kind(ObjectKind::Node).find_map(minor_of);
        let policies = report_of(inventory, reading, None, minor);
        if !policies.results.is_empty() {
            self.put(policies, None);
        }
        filled
    }
}

/// The controls that are about a node, or, without one, those about objects.
fn report_of(
    inventory: &Inventory,
    reading: &Reading,
    node: Option<&str>,
    minor: Option<u32>,
) -> Report {
    let cx = Cx::new(Input {
        host: None,
        inventory: Some(inventory),
        node,
        platform: None,
        minor,
        roles: Vec::new(),
        now: reading.seconds,
    });
    let benchmark = benchmark_of(cx.platform, cx.minor());
    let header = Header {
        seawall: reading.seawall.clone(),
        node: node.map(str::to_owned),
        time: reading.time.clone(),
    };
    let mut report = run(&cx, benchmark, &Filter::default(), &header);
    let wanted: BTreeSet<&str> = benchmark
        .groups()
        .into_iter()
        .filter(|group| group.role.is_some() == node.is_some())
        .map(|group| group.title)
        .collect();
    report.results.retain(|result| wanted.contains(&*result.group));
    report
}

/// The minor version of a node's kubelet, of `v1.34.1+k3s1`.
fn minor_of(node: Object<'_>) -> Option<u32> {
    let version = node.root().at_path(&["status", "nodeInfo", "kubeletVersion"])?.text();
    let (_, rest) = version.trim_start_matches('v').split_once('.')?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
