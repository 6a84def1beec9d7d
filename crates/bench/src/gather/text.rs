//! Many nodes for people: the nodes, then each control that is not well on all of them.

use std::io::{self, Write};

use super::{Across, Gathered};
use seawall_report::visible;

use crate::outcome::Verdict;
use crate::report::{ControlResult, Report, Tally};

/// Names of nodes that are written out behind a control.
const NAMED: usize = 5;

/// Writes what was gathered; `all` shows the controls that are well too.
///
/// # Errors
///
/// Where `out` fails.
pub fn render(gathered: &Gathered, all: bool, out: &mut dyn Write) -> io::Result<()> {
    nodes(&gathered.reports, out)?;
    for (index, (node, why)) in gathered.missing().enumerate() {
        let heading = if index == 0 { "\nNot read\n" } else { "" };
        writeln!(out, "{heading}  {}: {}", visible(node), visible(why))?;
    }
    for (benchmark, controls) in gathered.controls() {
        let shown: Vec<&Across<'_>> = controls
            .iter()
            .filter(|across| {
                all || across
                    .results()
                    .any(|result| !matches!(result.verdict, Verdict::Pass | Verdict::NotApplicable))
            })
            .collect();
        writeln!(out, "\n{benchmark}")?;
        for across in shown {
            control(across, out)?;
        }
    }
    Ok(())
}

fn nodes(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 8]> = reports
        .iter()
        .map(|report| {
            let tally = Tally::of(&report.results);
            let count = |count: u32| count.to_string();
            [
                visible(report.node.as_deref().unwrap_or("-")).into_owned(),
                visible(&report.benchmark).into_owned(),
                visible(&report.time).into_owned(),
                count(tally.fail),
                count(tally.unknown),
                count(tally.manual),
                count(tally.pass),
                count(tally.not_applicable),
            ]
        })
        .collect();
    let head = ["NODE", "BENCHMARK", "TIME", "FAIL", "UNKNOWN", "MANUAL", "PASS", "N/A"];
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: [&str; 8], out: &mut dyn Write| {
        let cells = cells.iter().zip(&widths);
        let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", padded.join("   ").trim_end())
    };
    line(head, out)?;
    rows.iter().try_for_each(|row| line(row.each_ref().map(String::as_str), out))
}

fn control(across: &Across<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {} {}", across.first.id, visible(&across.first.title))?;
    for verdict in Verdict::ALL.into_iter().rev() {
        let nodes: Vec<String> = across
            .nodes
            .iter()
            .filter(|(_, result)| result.verdict == verdict)
            .map(|(node, _)| visible(node.unwrap_or("-")).into_owned())
            .collect();
        if nodes.is_empty() {
            continue;
        }
        let names = if nodes.len() == across.nodes.len() && nodes.len() > 1 {
            format!("all {} nodes", nodes.len())
        } else {
            let more = nodes.len().saturating_sub(NAMED);
            let named = nodes[..nodes.len() - more].join(", ");
            if more > 0 { format!("{named} and {more} more") } else { named }
        };
        let reason = reason(across, verdict);
        writeln!(out, "    {:14} {names}{reason}", verdict.name())?;
    }
    Ok(())
}

/// The reason, where all nodes of a verdict have the same and it is no pass.
fn reason(across: &Across<'_>, verdict: Verdict) -> String {
    let mut reasons: Vec<&str> = across
        .results()
        .filter(|result| result.verdict == verdict)
        .map(|result| result.reason.as_str())
        .collect();
    reasons.dedup();
    match reasons[..] {
        [reason] if verdict != Verdict::Pass && !reason.is_empty() => {
            format!(": {}", visible(reason))
        }
        _ => String::new(),
    }
}

impl<'a> Across<'a> {
    fn results(&self) -> impl Iterator<Item = &'a ControlResult> {
        self.nodes.iter().map(|(_, result)| *result)
    }
}
