//! The way of packets through the chains of a ruleset.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::branch::{Branch, Marks, join};
use super::load::Stage;
use super::packet::Question;
use super::region::Dimension;
use super::rule::Context;
use super::ruleset::{Chain, Expression, Hook, Rule, Ruleset, Table, Verdict};

/// Most jumps from chain to chain, as in the kernel (`NFT_JUMP_STACK_SIZE`).
const JUMPS: usize = 16;
/// Most rules that branches are sent through, each counting, and more the more there is to compare.
const STEPS: usize = 200_000;
/// Ranges and entries of sets that count as much as a rule.
const WEIGHT: usize = 64;
/// Most branches at once.
const BRANCHES: usize = 2_000;
/// Most rules that are named as refusing.
const NAMED: usize = 8;
/// `NF_IP_PRI_NAT_DST`: rewritten packets are what they are after it.
const REWRITES: i32 = -100;

/// The rules take more than is given to telling what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules split packets in more ways than are followed")]
pub struct TooMany;

/// Where packets ended.
#[derive(Debug, Default)]
pub struct Ends {
    /// They were let through.
    pub accepted: Vec<Branch>,
    /// They may have been refused: a rule on their way could not be decided.
    pub doubted: Vec<Branch>,
    /// Rules and policies that refused packets, the first few.
    pub refusing: BTreeSet<Rc<str>>,
}

impl Ends {
    /// Packets that no rule left a doubt about are on no other way as well, so that their end need
    /// not be held against others.
    fn refuse(&mut self, mut branch: Branch, by: &Rc<str>) {
        if branch.unlikely {
            return;
        }
        if self.refusing.len() < NAMED {
            self.refusing.insert(by.clone());
        }
        if branch.doubt.is_some() {
            branch.by = Some(by.clone());
            join(&mut self.doubted, branch);
        }
    }
}

/// Sends all packets of a question through the rules.
///
/// # Errors
///
/// Where that takes too much.
pub fn walk(ruleset: &Ruleset, question: &Question<'_>) -> Result<Ends, TooMany> {
    let Some(region) = question.region() else { return Ok(Ends::default()) };
    let mut bases: Vec<(&Table, &str, &Chain, Stage, bool)> = Vec::new();
    for table in &ruleset.tables {
        if !table.family.concerns(question.version) {
            continue;
        }
        for (name, chain) in &table.chains {
            let Some(base) = chain.base else { continue };
            let stage = Stage { hook: base.hook, priority: base.priority };
            let gone =
                question.rewritten && base.hook == Hook::Prerouting && base.priority <= REWRITES;
            if !gone {
                bases.push((table, name, chain, stage, base.accepts));
            }
        }
    }
    bases.sort_by(|a, b| {
        let place = |one: &(&Table, &str, &Chain, Stage, bool)| (one.3.hook, one.3.priority);
        let name = |one: &(&Table, &str, &Chain, Stage, bool)| {
            (one.0.family, one.0.name.clone(), one.1.to_owned())
        };
        place(a).cmp(&place(b)).then_with(|| name(a).cmp(&name(b)))
    });
    let mut branches = vec![Branch {
        region,
        marks: Marks::NEW,
        untracked: false,
        unlikely: false,
        doubt: None,
        by: None,
    }];
    let mut ends = Ends::default();
    let mut steps = 0;
    for (table, name, chain, stage, accepts) in bases {
        let mut walk = Walk {
            context: Context { question, table, stage },
            accepted: Vec::new(),
            ends: &mut ends,
            steps: &mut steps,
        };
        let left = walk.chain(name, chain, branches, 0)?;
        let mut accepted = walk.accepted;
        let policy: Rc<str> = format!(
            "the policy {} of {} {} {name}",
            if accepts { "accept" } else { "drop" },
            table.family,
            table.name
        )
        .into();
        for mut branch in left {
            if accepts {
                // A rule that let it through before says more.
                branch.by.get_or_insert_with(|| policy.clone());
                join(&mut accepted, branch);
            } else {
                ends.refuse(branch, &policy);
            }
        }
        branches = accepted;
        if branches.is_empty() {
            break;
        }
    }
    ends.accepted = branches;
    Ok(ends)
}

struct Walk<'a> {
    context: Context<'a>,
    accepted: Vec<Branch>,
    ends: &'a mut Ends,
    steps: &'a mut usize,
}

impl Walk<'_> {
    /// Sends branches through a chain; what comes back left it at its end or by a return.
    fn chain(
        &mut self,
        name: &str,
        chain: &Chain,
        branches: Vec<Branch>,
        depth: usize,
    ) -> Result<Vec<Branch>, TooMany> {
        let table = self.context.table;
        let mut current = branches;
        let mut back = Vec::new();
        for rule in &chain.rules {
            if current.is_empty() {
                break;
            }
            if !rule.acts() {
                continue;
            }
            let place: Rc<str> =
                format!("rule {} of {} {} {name}", rule.handle, table.family, table.name).into();
            let mut next = Vec::new();
            let mut away: Vec<(Verdict, Vec<Branch>)> = Vec::new();
            let entries = self.entries(rule);
            for branch in current {
                let ranges = branch.region.get(Dimension::Source).len();
                *self.steps += 1 + (next.len() + ranges + entries) / WEIGHT;
                if *self.steps > STEPS {
                    return Err(TooMany);
                }
                let done = self.context.apply(rule, &place, branch);
                for branch in done.rest {
                    join(&mut next, branch);
                }
                for branch in done.steered {
                    self.end(branch.clone(), &place, true);
                    self.end(branch, &place, false);
                }
                for (branch, verdict) in done.decided {
                    match verdict {
                        Verdict::Accept => self.end(branch, &place, true),
                        Verdict::Drop => self.end(branch, &place, false),
                        Verdict::Continue => join(&mut next, branch),
                        Verdict::Return => join(&mut back, branch),
                        Verdict::Queue => {
                            let mut branch = branch;
                            branch.doubt.get_or_insert_with(|| place.clone());
                            self.end(branch.clone(), &place, true);
                            self.end(branch, &place, false);
                        }
                        Verdict::Jump(_) | Verdict::Goto(_) => {
                            match away.iter_mut().find(|(known, _)| *known == verdict) {
                                Some((_, all)) => join(all, branch),
                                None => away.push((verdict, vec![branch])),
                            }
                        }
                    }
                }
            }
            for (verdict, branches) in away {
                let (target, list) = match &verdict {
                    Verdict::Jump(target) => (target, &mut next),
                    Verdict::Goto(target) => (target, &mut back),
                    _ => continue,
                };
                if depth >= JUMPS {
                    return Err(TooMany);
                }
                let Some(chain) = table.chains.get(target) else { return Err(TooMany) };
                for branch in self.chain(target, chain, branches, depth + 1)? {
                    join(list, branch);
                }
            }
            let held = next.len() + back.len() + self.accepted.len();
            if held.max(self.ends.doubted.len()) > BRANCHES {
                return Err(TooMany);
            }
            current = next;
        }
        for branch in current {
            join(&mut back, branch);
        }
        Ok(back)
    }

    /// How many entries the sets of a rule have.
    fn entries(&self, rule: &Rule) -> usize {
        let sets = rule.expressions.iter().filter_map(|expression| match expression {
            Expression::Lookup { set, .. } => self.context.table.sets.get(set),
            _ => None,
        });
        sets.map(|set| set.entries.len()).sum()
    }

    fn end(&mut self, mut branch: Branch, place: &Rc<str>, accepted: bool) {
        if accepted {
            branch.by = Some(place.clone());
            join(&mut self.accepted, branch);
        } else {
            self.ends.refuse(branch, place);
        }
    }
}
