//! What one rule does with packets.
//!
//! A condition that nobody can decide ends nothing: its packets both go on to the next rule and
//! meet the verdict. One that is only likely sends the others on a way marked as unlikely.

use std::rc::Rc;

use super::branch::{Branch, Marks};
use super::condition::{Condition, Shape, Truth};
use super::load::{self, Stage, Tracking};
use super::packet::Question;
use super::region::Region;
use super::register::{Byte, From, Registers};
use super::ruleset::{Comparison, Data, Expression, Rule, Set, Table, Verdict};
use super::{compat, lookup};

/// What a rule did with the packets of a branch.
#[derive(Debug, Default)]
pub struct Done {
    /// Those that go on to the next rule.
    pub rest: Vec<Branch>,
    /// Those that met a verdict.
    pub decided: Vec<(Branch, Verdict)>,
    /// Those that may be let through, refused or neither.
    pub steered: Vec<Branch>,
}

/// Where a rule stands, and what is asked.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What is asked.
    pub question: &'a Question<'a>,
    /// The table.
    pub table: &'a Table,
    /// The hook and priority.
    pub stage: Stage,
}

/// Packets on their way through a rule.
#[derive(Clone)]
struct Piece {
    branch: Branch,
    registers: Registers,
    /// Whether they match.
    truth: Truth,
    /// Their marks where they don't.
    otherwise: Marks,
}

impl Context<'_> {
    /// How wide addresses are, and which interfaces there are.
    pub fn shape(&self) -> Shape<'_> {
        let question = self.question;
        Shape { address: question.version.bytes(), interfaces: question.interfaces }
    }

    /// Sends packets through a rule; `name` is what it is called where it can't be decided.
    pub fn apply(&self, rule: &Rule, name: &Rc<str>, branch: Branch) -> Done {
        let mut run = Run { context: self, name, done: Done::default() };
        let otherwise = branch.marks;
        let mut pieces =
            vec![Piece { branch, registers: Registers::new(), truth: Truth::Yes, otherwise }];
        for expression in &rule.expressions {
            let mut next = Vec::new();
            for piece in pieces {
                run.step(expression, piece, &mut next);
            }
            pieces = next;
            if pieces.is_empty() {
                break;
            }
        }
        for piece in pieces {
            run.finish(piece, Verdict::Continue);
        }
        run.done
    }
}

struct Run<'a> {
    context: &'a Context<'a>,
    name: &'a Rc<str>,
    done: Done,
}

impl Run<'_> {
    fn step(&mut self, expression: &Expression, mut piece: Piece, next: &mut Vec<Piece>) {
        let question = self.context.question;
        let stage = self.context.stage;
        match expression {
            Expression::Payload { header, offset, length, to } => {
                piece.registers.set(*to, &load::payload(question, *header, *offset, *length));
            }
            Expression::Meta { key, to } => {
                let bytes = load::meta(question, &piece.branch, *key);
                piece.registers.set(*to, &bytes);
            }
            Expression::Conntrack { key, reply, to } => {
                let bytes = load::conntrack(question, &piece.branch, stage, *key, *reply);
                piece.registers.set(*to, &bytes);
            }
            Expression::Route { result, flags, to } => {
                piece.registers.set(*to, &load::route(*result, *flags));
            }
            Expression::Option { presence: true, to, .. } => {
                piece.registers.set(*to, &[Byte::likely(0)]);
            }
            Expression::Option { length, to, .. } => {
                piece.registers.set(*to, &vec![Byte::free(From::Anything); *length]);
                return self.only(&piece, &Condition::all(Truth::Unlikely), false, next);
            }
            Expression::Immediate { data, to } => {
                let bytes: Vec<Byte> = data.iter().copied().map(Byte::known).collect();
                piece.registers.set(*to, &bytes);
            }
            Expression::Bitwise { from, mask, xor, to } => {
                match piece.registers.get(*from, mask.len()) {
                    Some(bytes) => {
                        let pairs = bytes.iter().zip(mask.iter().zip(xor));
                        let bytes: Vec<Byte> =
                            pairs.map(|(byte, (mask, xor))| byte.masked(*mask, *xor)).collect();
                        piece.registers.set(*to, &bytes);
                    }
                    None => piece.registers.forget(),
                }
            }
            Expression::Byteorder { from, length, size, to } => {
                match piece.registers.get(*from, *length) {
                    Some(bytes) => {
                        let mut bytes = bytes.to_vec();
                        if cfg!(target_endian = "little") {
                            bytes.chunks_mut((*size).max(1)).for_each(<[Byte]>::reverse);
                        }
                        piece.registers.set(*to, &bytes);
                    }
                    None => piece.registers.forget(),
                }
            }
            Expression::Compare { from, how, data } => {
                let (condition, inverted) = match piece.registers.get(*from, data.len()) {
                    Some(bytes) => compare(self.context.shape(), bytes, *how, data),
                    None => (Condition::all(Truth::Maybe), false),
                };
                return self.only(&piece, &condition, inverted, next);
            }
            Expression::Between { from, inverted, low, high } => {
                let condition = match piece.registers.get(*from, low.len().min(high.len())) {
                    Some(bytes) => self.context.shape().between(bytes, low, high),
                    None => Condition::all(Truth::Maybe),
                };
                return self.only(&piece, &condition, *inverted, next);
            }
            Expression::Lookup { from, set, inverted, to } => {
                match self.context.table.sets.get(set) {
                    Some(set) => return self.lookup(&piece, set, *from, *inverted, *to, next),
                    None => return self.steer(piece, next),
                }
            }
            Expression::Limit { over } => {
                let truth = if *over { Truth::Unlikely } else { Truth::Likely };
                return self.only(&piece, &Condition::all(truth), false, next);
            }
            Expression::SetMark { from } | Expression::SetConnectionMark { from } => {
                let unknown = [Byte::free(From::Anything); 4];
                let certain = piece.truth == Truth::Yes;
                let value = piece.registers.get(*from, 4).filter(|_| certain);
                let value = value.and_then(|bytes| bytes.try_into().ok()).unwrap_or(unknown);
                if matches!(expression, Expression::SetMark { .. }) {
                    piece.branch.marks.packet = value;
                } else {
                    piece.branch.marks.connection = value;
                }
                self.marked(&mut piece);
            }
            Expression::Mark { value, mask } => {
                let bits = mask.to_ne_bytes().into_iter().zip(value.to_ne_bytes());
                for (own, (mask, value)) in piece.branch.marks.packet.iter_mut().zip(bits) {
                    *own = own.masked(!mask, value);
                }
                self.marked(&mut piece);
            }
            Expression::ForgetMark { connection } => {
                let marks = &mut piece.branch.marks;
                let own = if *connection { &mut marks.connection } else { &mut marks.packet };
                *own = [Byte::likely(0); 4];
                self.marked(&mut piece);
            }
            Expression::Untracked => {
                if stage.tracking(&piece.branch) == Tracking::NotYet {
                    if piece.truth != Truth::Yes {
                        return self.steer(piece, next);
                    }
                    piece.branch.untracked = true;
                }
            }
            Expression::Verdict(verdict) => return self.finish(piece, verdict.clone()),
            Expression::Match(what) => {
                let (condition, inverted) = compat::matches(self.context, what, &piece.branch);
                return self.only(&piece, &condition, inverted, next);
            }
            Expression::Undecidable(_) => {
                piece.registers.forget();
                return self.only(&piece, &Condition::all(Truth::Maybe), false, next);
            }
            Expression::Steers(_) => return self.steer(piece, next),
        }
        next.push(piece);
    }

    /// Marks of packets that may or may not have matched are not known any more.
    fn marked(&self, piece: &mut Piece) {
        if piece.truth == Truth::Yes {
            piece.otherwise = piece.branch.marks;
        } else {
            let unknown = [Byte::free(From::Anything); 4];
            piece.branch.marks = Marks { packet: unknown, connection: unknown };
            piece.otherwise = piece.branch.marks;
        }
    }

    /// Goes on with those that a condition holds for.
    fn only(
        &mut self,
        piece: &Piece,
        condition: &Condition,
        inverted: bool,
        next: &mut Vec<Piece>,
    ) {
        let (inside, outside) = piece.branch.region.split(&condition.bounds);
        let (of_inside, of_outside) = match inverted {
            true => (condition.truth.not(), Truth::Yes),
            false => (condition.truth, Truth::No),
        };
        for region in outside {
            self.go_on(piece, region, of_outside, next);
        }
        if let Some(region) = inside {
            self.go_on(piece, region, of_inside, next);
        }
    }

    fn go_on(&mut self, piece: &Piece, region: Region, truth: Truth, next: &mut Vec<Piece>) {
        let branch = piece.branch.of(region);
        if truth == Truth::No {
            self.done.rest.push(branch);
        } else {
            next.push(Piece { branch, truth: piece.truth.and(truth), ..piece.clone() });
        }
    }

    fn doubt(&self, branch: &mut Branch) {
        if branch.doubt.is_none() {
            branch.doubt = Some(self.name.clone());
        }
    }

    /// The end of the rule, for those that did not leave it before.
    fn finish(&mut self, piece: Piece, verdict: Verdict) {
        let Piece { mut branch, truth, otherwise, .. } = piece;
        if truth == Truth::Yes {
            return self.decide(branch, verdict);
        }
        let mut missed = branch.clone();
        missed.marks = otherwise;
        let idle = verdict == Verdict::Continue && missed.marks == branch.marks;
        if idle {
            return self.done.rest.push(branch);
        }
        match truth {
            Truth::Likely => {
                missed.unlikely = true;
                self.doubt(&mut missed);
            }
            Truth::Unlikely => {
                branch.unlikely = true;
                self.doubt(&mut branch);
            }
            Truth::Yes | Truth::Maybe | Truth::No => {
                self.doubt(&mut missed);
                self.doubt(&mut branch);
            }
        }
        self.done.rest.push(missed);
        self.decide(branch, verdict);
    }

    fn decide(&mut self, branch: Branch, verdict: Verdict) {
        match verdict {
            Verdict::Continue => self.done.rest.push(branch),
            verdict => self.done.decided.push((branch, verdict)),
        }
    }

    /// Nobody can tell what becomes of the packets.
    fn steer(&mut self, mut piece: Piece, next: &mut Vec<Piece>) {
        self.doubt(&mut piece.branch);
        self.done.steered.push(piece.branch.clone());
        piece.truth = piece.truth.and(Truth::Maybe);
        piece.registers.forget();
        next.push(piece);
    }

    /// Looks a value up in a set or map.
    fn lookup(
        &mut self,
        piece: &Piece,
        set: &Set,
        from: usize,
        inverted: bool,
        to: Option<usize>,
        next: &mut Vec<Piece>,
    ) {
        let boxes = lookup::boxes(self.context.shape(), &piece.registers, set, from);
        // Regions, and whether an entry may have been theirs already.
        let mut remaining = vec![(piece.branch.region.clone(), false)];
        for (condition, data) in boxes {
            let mut left = Vec::new();
            for (region, perhaps) in remaining {
                let (inside, outside) = region.split(&condition.bounds);
                left.extend(outside.into_iter().map(|region| (region, perhaps)));
                let Some(inside) = inside else { continue };
                let truth = if inverted { condition.truth.not() } else { condition.truth };
                if *data != Data::None && truth != Truth::Yes {
                    // Another entry may be the one.
                    left.push((inside.clone(), true));
                }
                let truth = if perhaps { truth.and(Truth::Maybe) } else { truth };
                let mut found = Vec::new();
                self.go_on(piece, inside, truth, &mut found);
                for mut piece in found {
                    match (data, to) {
                        (Data::Verdict(verdict), _) => self.finish(piece, verdict.clone()),
                        (Data::Value(value), Some(to)) => {
                            let bytes: Vec<Byte> = value.iter().copied().map(Byte::known).collect();
                            piece.registers.set(to, &bytes);
                            next.push(piece);
                        }
                        (Data::Value(_) | Data::None, _) => next.push(piece),
                    }
                }
            }
            remaining = left;
        }
        // What packets put in later is not in it now.
        let missing = if set.dynamic { Truth::Unlikely } else { Truth::No };
        let missing = if inverted { missing.not() } else { missing };
        for (region, perhaps) in remaining {
            if perhaps {
                let mut branch = piece.branch.of(region);
                self.doubt(&mut branch);
                self.done.rest.push(branch);
                continue;
            }
            let mut found = Vec::new();
            self.go_on(piece, region, missing, &mut found);
            for mut piece in found {
                match (set.dynamic, to) {
                    (true, Some(to)) => {
                        piece.registers.set(to, &[Byte::free(From::Anything); 16]);
                        next.push(piece);
                    }
                    _ => next.push(piece),
                }
            }
        }
    }
}

/// The condition, and whether it must not hold.
fn compare(shape: Shape<'_>, bytes: &[Byte], how: Comparison, data: &[u8]) -> (Condition, bool) {
    let lowest = vec![0; data.len()];
    let highest = vec![0xff; data.len()];
    match how {
        Comparison::Equal => (shape.equal(bytes, data), false),
        Comparison::NotEqual => (shape.equal(bytes, data), true),
        Comparison::LessOrEqual => (shape.between(bytes, &lowest, data), false),
        Comparison::Greater => (shape.between(bytes, &lowest, data), true),
        Comparison::GreaterOrEqual => (shape.between(bytes, data, &highest), false),
        Comparison::Less => (shape.between(bytes, data, &highest), true),
    }
}
