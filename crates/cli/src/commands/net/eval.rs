//! `seawall net eval`: may this one connect to that port of that one, and why?

use std::fmt::Write as _;

use clap::Args;
use seawall_network::picture::{Picture, Style};
use seawall_network::{
    Answer, Decision, Direction, Explanation, Name, Network, Policy, Protocol, Reason, Rule,
    explain, parse_connections,
};
use serde_json::{Value, json};

use super::notes::notes;
use super::output::{Document, Format, Table, Text};
use super::peer::endpoints;
use crate::Outcome;
use crate::global::Global;
use crate::sources::Sources;

/// Say whether a connection is permitted, and which policy, rule or absence decides
#[derive(Args)]
#[command(after_help = "Examples:
  seawall net eval shop/web shop/db 5432 -f deploy/
  seawall net eval 203.0.113.9 shop/web tcp/443 --cluster
  seawall net eval shop/web 8.8.8.8 udp/53 -f deploy/

Exit codes: 0 permitted, 1 denied or unknown, 2 usage or input error; also 2 with --strict when
something could not be read.")]
pub(super) struct Eval {
    /// Who sends: NAME, NAMESPACE/NAME, NAMESPACE/KIND/NAME, an address or CIDR block, external,
    /// nodes or ingress-controller
    #[arg(value_name = "SOURCE")]
    from: Name,
    /// Who receives
    #[arg(value_name = "DESTINATION")]
    to: Name,
    /// Port: 80, udp/53
    #[arg(value_name = "PORT")]
    port: String,
    #[command(flatten)]
    sources: Sources,
    /// Format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

impl Eval {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        let (protocol, port) = one_port(&self.port)?;
        let read = self.sources.read(global)?;
        let network = Network::of(&read.inventory);
        let from = endpoints(&network, &self.from, false)?;
        let to = endpoints(&network, &self.to, true)?;
        let mut answer = Answer::Yes;
        let mut text = String::new();
        let mut table =
            Table::new(&["source", "destination", "port", "answer", "egress", "ingress"]);
        let mut results = Vec::new();
        let mut picture = Picture::new(format!("{protocol} {port}"));
        for source in &from {
            for target in &to {
                let found = explain(&network, source.endpoint, target.endpoint, protocol, port);
                answer = answer.and(found.answer);
                write!(
                    text,
                    "{} => {} : {protocol} {port} : {}\n{}",
                    source.label,
                    target.label,
                    found.answer.name(),
                    told(&network, &found)
                )?;
                table.rows.push(vec![
                    source.label.clone(),
                    target.label.clone(),
                    format!("{protocol} {port}"),
                    found.answer.name().to_owned(),
                    reason(&network, &found.egress),
                    reason(&network, &found.ingress),
                ]);
                let ends = (picture.place(None, &source.label), picture.place(None, &target.label));
                let style = match found.answer {
                    Answer::Yes => Style::Plain,
                    Answer::No => Style::Denied,
                    Answer::Unknown => Style::Unknown,
                };
                picture.arrow(
                    ends.0,
                    ends.1,
                    format!("{protocol} {port}: {}", found.answer.name()),
                    style,
                );
                results.push(json!({
                    "source": source.label,
                    "destination": target.label,
                    "protocol": protocol.name(),
                    "port": port,
                    "answer": found.answer.name(),
                    "always": found.always,
                    "egress": decision_json(&network, &found.egress),
                    "ingress": decision_json(&network, &found.ingress),
                }));
            }
        }
        let notes = notes(&network, &[], &seawall_network::address::Family::ALL);
        for note in &notes {
            tracing::warn!("{note}");
        }
        let document = Document {
            title: format!("{protocol} {port}: {}", answer.name()),
            tables: vec![table],
            picture: Some(picture),
            json: json!({ "answer": answer.name(), "results": results }),
            text: Text::Prose(text),
            notes,
        };
        document.write(self.output, &read.unread())?;
        Ok(read.outcome(if answer == Answer::Yes { Outcome::Clean } else { Outcome::Findings }))
    }
}

/// One protocol and one port.
pub(super) fn one_port(text: &str) -> anyhow::Result<(Protocol, u16)> {
    let connections = parse_connections(text).map_err(anyhow::Error::msg)?;
    let mut found = connections.iter();
    match found.next().map(|(protocol, ports)| (protocol, ports.ranges())) {
        Some((protocol, [(first, last)])) if first == last => Ok((protocol, *first)),
        _ => anyhow::bail!("{text:?} is not one port: write 80 or udp/53"),
    }
}

fn told(network: &Network<'_>, found: &Explanation<'_, '_>) -> String {
    if let Some(always) = found.always {
        return format!("  {always}\n");
    }
    let mut text = String::new();
    for decision in [&found.egress, &found.ingress] {
        text.push_str(&format!(
            "  {:8} {:9} {}\n",
            format!("{}:", decision.direction.field()),
            decision.answer.name(),
            reason(network, decision)
        ));
    }
    text
}

/// A policy with its tier where that is not plain from its kind.
pub(super) fn policy_name(policy: &Policy<'_>) -> String {
    policy.object.id().to_string()
}

/// Where a rule stands, in words and in the file.
pub(super) fn rule_name(policy: &Policy<'_>, rule: &Rule<'_>, direction: Direction) -> String {
    let location = rule.node.location();
    let line = location.source.position(location.span.start).line;
    let name = rule.name.map(|name| format!(" ({name})")).unwrap_or_default();
    format!(
        "{} of {}[{}]{name} of {}, {}:{line}",
        rule.action.name(),
        direction.field(),
        rule.index,
        policy_name(policy),
        location.source.name()
    )
}

/// Why one end decides as it does, in words.
pub(super) fn reason(network: &Network<'_>, decision: &Decision<'_, '_>) -> String {
    let names = |policies: &[&Policy<'_>]| {
        policies.iter().map(|policy| policy_name(policy)).collect::<Vec<_>>().join(", ")
    };
    let mut text = match &decision.reason {
        Reason::NoPod => "no policies there".to_owned(),
        Reason::NotSelected => {
            format!("no policy selects the pod for {}", decision.direction.field())
        }
        Reason::NotMatched(policies) => format!(
            "no rule matches, and nothing isolates the pod for {}: {}",
            decision.direction.field(),
            names(policies)
        ),
        Reason::Rule(policy, rule) => rule_name(policy, rule, decision.direction),
        Reason::Isolated(policies) => format!(
            "isolated, and no rule permits it: {} (tier {})",
            names(policies),
            network.tiers()[policies[0].tier].name
        ),
    };
    for (policy, rule) in &decision.passed {
        text.push_str(&format!("; after {}", rule_name(policy, rule, decision.direction)));
    }
    if !decision.doubts.is_empty() {
        text.push_str(&format!("; depends {}", decision.doubts.join("; ")));
    }
    text
}

fn decision_json(network: &Network<'_>, decision: &Decision<'_, '_>) -> Value {
    let rule = |policy: &Policy<'_>, rule: &Rule<'_>| {
        let location = rule.node.location();
        json!({
            "policy": policy_name(policy),
            "rule": rule.index,
            "name": rule.name,
            "action": rule.action.name(),
            "file": location.source.name().as_ref(),
            "line": location.source.position(location.span.start).line,
        })
    };
    let (kind, policies, decider) = match &decision.reason {
        Reason::NoPod => ("no-pod", Vec::new(), None),
        Reason::NotSelected => ("not-selected", Vec::new(), None),
        Reason::NotMatched(policies) => ("not-matched", policies.clone(), None),
        Reason::Isolated(policies) => ("isolated", policies.clone(), None),
        Reason::Rule(policy, found) => ("rule", vec![*policy], Some(rule(policy, found))),
    };
    json!({
        "answer": decision.answer.name(),
        "reason": kind,
        "policies": policies.iter().map(|policy| policy_name(policy)).collect::<Vec<_>>(),
        "rule": decider,
        "passed": decision.passed.iter().map(|(p, r)| rule(p, r)).collect::<Vec<_>>(),
        "doubts": decision.doubts,
        "message": reason(network, decision),
    })
}
