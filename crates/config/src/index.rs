//! Finds the decisions that may hold for a finding without asking each of them: there may be
//! thousands of both.

use std::collections::HashMap;
use std::sync::Arc;

use seawall_model::{Finding, Source};

use crate::decision::{Decision, Scope, address, line_of};

type CheckId = &'static str;

/// Decisions by check and place; their numbers are those in the list that it was made of.
#[derive(Default)]
pub(crate) struct Index {
    lines: HashMap<(*const Source, u32, CheckId), Vec<u32>>,
    objects: HashMap<(usize, CheckId), Vec<u32>>,
    ranges: HashMap<(*const Source, CheckId), Ranges>,
    /// By the object's name, where a decision asks for one; `None` holds the rest.
    rest: HashMap<(CheckId, Option<Box<str>>), Vec<u32>>,
}

/// Ranges of one text. They are values of a tree with all below them, so that of two either one
/// holds the other or they are apart.
#[derive(Default)]
struct Ranges {
    /// Start, end, number of the decision; by start, the outer before the inner.
    sorted: Vec<(u32, u32, u32)>,
    /// For each the next outer one.
    outer: Vec<Option<u32>>,
}

impl Index {
    pub(crate) fn new(decisions: &[Decision]) -> Self {
        let mut index = Index::default();
        for (number, decision) in decisions.iter().enumerate() {
            let number = number as u32;
            for check in decision.checks.iter().map(|check| check.id) {
                match &decision.scope {
                    Scope::Line(source, line) => {
                        let key = (Arc::as_ptr(source), *line, check);
                        index.lines.entry(key).or_default().push(number);
                    }
                    Scope::Object(object, _) => {
                        index.objects.entry((address(object), check)).or_default().push(number);
                    }
                    Scope::Objects(objects) => {
                        for object in objects {
                            index.objects.entry((*object, check)).or_default().push(number);
                        }
                    }
                    Scope::Range(source, span) => {
                        let ranges = index.ranges.entry((Arc::as_ptr(source), check)).or_default();
                        ranges.sorted.push((span.start, span.end, number));
                    }
                    Scope::Everywhere => {
                        let name = decision.object_name().map(Box::from);
                        index.rest.entry((check, name)).or_default().push(number);
                    }
                }
            }
        }
        for ranges in index.ranges.values_mut() {
            ranges.nest();
        }
        index
    }

    /// Calls `with` for each decision of the finding's check that may hold there.
    pub(crate) fn candidates(&self, finding: &Finding, mut with: impl FnMut(u32)) {
        let check = finding.check.id;
        let source = Arc::as_ptr(&finding.site.location.source);
        let mut all = |numbers: Option<&Vec<u32>>| {
            numbers.into_iter().flatten().for_each(|number| with(*number));
        };
        if !self.lines.is_empty() {
            all(self.lines.get(&(source, line_of(finding), check)));
        }
        all(self.objects.get(&(address(&finding.site.subject.object), check)));
        all(self.rest.get(&(check, None)));
        let name: Box<str> = finding.site.subject.object.name.as_str().into();
        all(self.rest.get(&(check, Some(name))));
        if let Some(ranges) = self.ranges.get(&(source, check)) {
            ranges.around(finding.site.location.span.start, with);
        }
    }
}

impl Ranges {
    fn nest(&mut self) {
        self.sorted.sort_unstable_by_key(|&(start, end, number)| (start, u32::MAX - end, number));
        let mut open: Vec<u32> = Vec::new();
        for (i, &(start, ..)) in self.sorted.iter().enumerate() {
            while open.last().is_some_and(|&outer| self.sorted[outer as usize].1 <= start) {
                open.pop();
            }
            self.outer.push(open.last().copied());
            open.push(i as u32);
        }
    }

    fn around(&self, at: u32, mut with: impl FnMut(u32)) {
        let before = self.sorted.partition_point(|&(start, ..)| start <= at);
        let mut next = before.checked_sub(1).map(|i| i as u32);
        while let Some(i) = next {
            let (_, end, number) = self.sorted[i as usize];
            if at < end {
                with(number);
            }
            next = self.outer[i as usize];
        }
    }
}
