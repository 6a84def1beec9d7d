//! Puts what many tasks said into one order, which does not depend on how the work was split.
//!
//! Tasks take runs of objects, so nearly all is in order as it comes and is moved once; only what
//! checks over the whole inventory said has to be fitted in.

use std::collections::HashMap;

use rayon::prelude::*;
use seawall_model::{Finding, Fingerprint, Unknown};

/// What is said of a place: sorted by object, place and check.
pub(crate) trait Said {
    fn start(&self) -> u32;
    fn check(&self) -> &'static str;
}

impl Said for Finding {
    fn start(&self) -> u32 {
        self.site.location.span.start
    }

    fn check(&self) -> &'static str {
        self.check.id
    }
}

impl Said for Unknown {
    fn start(&self) -> u32 {
        self.location.span.start
    }

    fn check(&self) -> &'static str {
        self.check.id
    }
}

/// What was said while one object after the other was looked at.
pub(crate) struct Run<T> {
    /// In the order of the objects, sorted within each.
    of_objects: Vec<T>,
    /// For each object with any, its number and the end of its part of `of_objects`.
    ends: Vec<(u32, usize)>,
    /// What was said of an object while none, or another, was looked at.
    pub(crate) anywhere: Vec<(u32, T)>,
}

impl<T> Default for Run<T> {
    fn default() -> Self {
        Run { of_objects: Vec::new(), ends: Vec::new(), anywhere: Vec::new() }
    }
}

impl<T: Said> Run<T> {
    pub(crate) fn push(&mut self, looked_at: Option<u32>, object: u32, said: T) {
        if looked_at == Some(object) {
            self.of_objects.push(said);
        } else {
            self.anywhere.push((object, said));
        }
    }

    /// Ends the run: many are kept until the last is done.
    pub(crate) fn finish(&mut self) {
        self.of_objects.shrink_to_fit();
    }

    /// Ends the part of an object.
    pub(crate) fn end(&mut self, object: u32) {
        let from = self.ends.last().map_or(0, |(_, end)| *end);
        if self.of_objects.len() > from {
            // Stable, so that failures of one check at one place keep the check's order.
            self.of_objects[from..].sort_by_key(|said| (said.start(), said.check()));
            self.ends.push((object, self.of_objects.len()));
        }
    }
}

/// Runs that follow one another, and among them what belongs anywhere.
pub(crate) struct Merge<T> {
    runs: Vec<Run<T>>,
    pub(crate) anywhere: Vec<(u32, T)>,
}

impl<T> Default for Merge<T> {
    fn default() -> Self {
        Merge { runs: Vec::new(), anywhere: Vec::new() }
    }
}

impl<T: Said> Merge<T> {
    pub(crate) fn add(&mut self, mut run: Run<T>) {
        self.anywhere.append(&mut run.anywhere);
        self.runs.push(run);
    }

    pub(crate) fn finish(mut self) -> Vec<T> {
        let key = |object: u32, said: &T| (object, said.start(), said.check());
        // Stable, as above.
        self.anywhere.sort_by_key(|(object, said)| key(*object, said));
        let count = self.runs.iter().map(|run| run.of_objects.len()).sum::<usize>();
        let mut all = Vec::with_capacity(count + self.anywhere.len());
        let mut anywhere = self.anywhere.into_iter().peekable();
        for run in self.runs {
            let mut of_objects = run.of_objects.into_iter();
            let mut from = 0;
            for (object, end) in run.ends {
                for said in of_objects.by_ref().take(end - from) {
                    let here = key(object, &said);
                    while let Some((_, earlier)) =
                        anywhere.next_if(|(object, other)| key(*object, other) < here)
                    {
                        all.push(earlier);
                    }
                    all.push(said);
                }
                from = end;
            }
        }
        all.extend(anywhere.map(|(_, said)| said));
        all
    }
}

/// Tells findings apart that are otherwise the same.
pub(crate) fn number(findings: &mut [Finding]) {
    let mut sorted: Vec<Fingerprint> = findings.iter().map(|f| f.fingerprint).collect();
    sorted.par_sort_unstable();
    // Nearly always there is none.
    let mut repeated: HashMap<Fingerprint, u32> =
        sorted.windows(2).filter(|two| two[0] == two[1]).map(|two| (two[0], 0)).collect();
    if repeated.is_empty() {
        return;
    }
    for finding in findings {
        if let Some(count) = repeated.get_mut(&finding.fingerprint) {
            *count += 1;
            finding.fingerprint = finding.fingerprint.nth(*count);
        }
    }
}
