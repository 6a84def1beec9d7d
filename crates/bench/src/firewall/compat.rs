//! Matches of iptables that came through nf_tables, on the packet that is asked about.

use super::branch::Branch;
use super::condition::{Condition, Truth};
use super::load::{self, Tracking};
use super::ranges::Ranges;
use super::region::Dimension;
use super::register::{Byte, From};
use super::rule::Context;
use super::ruleset::{Header, Match};

/// The condition, and whether it must not hold.
pub fn matches(context: &Context<'_>, what: &Match, branch: &Branch) -> (Condition, bool) {
    let question = context.question;
    let width = question.version.bytes();
    let ports = |ranges: &[(u16, u16)]| {
        Ranges::new(ranges.iter().map(|(low, high)| ((*low).into(), (*high).into())).collect())
    };
    let to_port = |ranges: &[(u16, u16)]| ports(ranges).contains(u128::from(question.port));
    let tested = |bytes: &[Byte], mask: &[u8], value: &[u8]| {
        let masked: Vec<Byte> =
            bytes.iter().zip(mask).map(|(byte, mask)| byte.masked(*mask, 0)).collect();
        context.shape().equal(&masked, value)
    };
    match what {
        Match::Constant(holds) => (Condition::all((*holds).into()), false),
        Match::SourcePorts { ranges, inverted } => {
            (Condition::within(Dimension::SourcePort, ports(ranges)), *inverted)
        }
        Match::DestinationPorts { ranges, inverted } => {
            (Condition::all(to_port(ranges).into()), *inverted)
        }
        Match::EitherPorts { ranges, inverted } if to_port(ranges) => {
            (Condition::all(Truth::Yes), *inverted)
        }
        Match::EitherPorts { ranges, inverted } => {
            (Condition::within(Dimension::SourcePort, ports(ranges)), *inverted)
        }
        Match::Flags { mask, value, inverted } => {
            let flags = load::payload(question, Header::Transport, 13, 1);
            (tested(&flags, &[*mask], &[*value]), *inverted)
        }
        Match::State { mask, inverted } => {
            (Condition::all(state(context, *mask, branch)), *inverted)
        }
        Match::Status { mask, inverted } => {
            let (set, unknown) = load::status(question);
            let truth = if context.stage.tracking(branch) != Tracking::New {
                Truth::Maybe
            } else if mask & set != 0 {
                Truth::Yes
            } else if mask & unknown != 0 {
                Truth::Maybe
            } else {
                Truth::No
            };
            (Condition::all(truth), *inverted)
        }
        Match::AddressType { source: false, mask, inverted } => {
            (Condition::all((mask & (1 << load::LOCAL) != 0).into()), *inverted)
        }
        Match::AddressType { mask, inverted, .. } => {
            let unicast = mask & (1 << 1) != 0;
            let truth = if unicast { Truth::Likely } else { Truth::Unlikely };
            (Condition::all(truth), *inverted)
        }
        Match::Mark { connection, value, mask, inverted } => {
            let marks = &branch.marks;
            let bytes = if *connection { &marks.connection } else { &marks.packet };
            (tested(bytes, &mask.to_ne_bytes(), &value.to_ne_bytes()), *inverted)
        }
        Match::Addresses { source, low, high, inverted } => {
            let from = if *source { From::Source } else { From::Destination };
            let bytes: Vec<Byte> = (0..width as u8).map(|at| Byte::free(from(at))).collect();
            let condition = match (low.get(..width), high.get(..width)) {
                (Some(low), Some(high)) => context.shape().between(&bytes, low, high),
                _ => Condition::all(Truth::Maybe),
            };
            (condition, *inverted)
        }
        Match::ReversePath { inverted } => (Condition::all(Truth::Likely), *inverted),
    }
}

/// Whether the connection is in one of iptables' states, `XT_CONNTRACK_STATE_*`.
fn state(context: &Context<'_>, mask: u32, branch: &Branch) -> Truth {
    const INVALID: u32 = 1;
    const NEW: u32 = 8;
    const DESTINATION: u32 = 1 << 7;
    const UNTRACKED: u32 = 1 << 8;
    let bits = match context.stage.tracking(branch) {
        Tracking::New if context.question.rewritten => NEW | DESTINATION,
        Tracking::New => NEW,
        Tracking::NotYet => INVALID,
        Tracking::Untracked => UNTRACKED,
        Tracking::Either => return Truth::Maybe,
    };
    (mask & bits != 0).into()
}
