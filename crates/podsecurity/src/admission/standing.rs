//! What the pods of a namespace already meet, and what stands in the way of more.

use seawall_model::Undecided;
use seawall_model::workload::Pod;

use super::PodLevel;
use crate::standards::{Evaluation, Standard, Version, Violation};

/// The strictest level that all of some pods meet.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// The level.
    pub meets: PodLevel,
    /// What stands in the way of the next one, in the order of the pods.
    pub obstacles: Vec<Obstacle<'a>>,
}

/// What of a pod a level refuses.
#[derive(Clone, Debug)]
pub struct Obstacle<'a> {
    /// Which of the pods, from 0.
    pub pod: usize,
    /// What is forbidden.
    pub violations: Vec<Violation<'a>>,
    /// What could not be understood, so that nobody knows whether it is forbidden.
    pub undecided: Vec<Undecided<'a>>,
}

impl<'a> Obstacle<'a> {
    /// What a standard refuses of pods.
    pub fn all(pods: &[Pod<'a>], standard: &Standard) -> Vec<Self> {
        let evaluate = |(number, pod)| {
            let Evaluation { violations, undecided } = standard.evaluate(pod);
            let allowed = violations.is_empty() && undecided.is_empty();
            (!allowed).then_some(Obstacle { pod: number, violations, undecided })
        };
        pods.iter().enumerate().filter_map(evaluate).collect()
    }
}

/// How far pods are at a version of the standards.
pub fn standing<'a>(pods: &[Pod<'a>], version: Version) -> Standing<'a> {
    let mut meets = PodLevel::Privileged;
    while let Some(next) = meets.next() {
        let Some(level) = next.standard() else { break };
        let obstacles = Obstacle::all(pods, &Standard::new(level, version));
        if !obstacles.is_empty() {
            return Standing { meets, obstacles };
        }
        meets = next;
    }
    Standing { meets, obstacles: Vec::new() }
}
