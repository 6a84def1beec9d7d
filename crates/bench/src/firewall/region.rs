//! Packets that rules have told nothing apart of yet.
//!
//! What is asked is fixed (a new TCP connection to one port); free are where it comes from, which
//! of the node's addresses it is sent to, its source port, and the interface. A region is a product
//! of four sets, and every rule splits regions into regions.

use std::rc::Rc;

use super::ranges::Ranges;

/// What is free of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The source address.
    Source,
    /// The destination address.
    Destination,
    /// The source port.
    SourcePort,
    /// The interface that it comes in on: its place in the list of interfaces.
    Interface,
}

impl Dimension {
    const ALL: [Dimension; 4] =
        [Dimension::Source, Dimension::Destination, Dimension::SourcePort, Dimension::Interface];
}

/// A product of sets of sources, destinations, source ports and interfaces. None is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region([Rc<Ranges>; 4]);

impl Region {
    /// The product; none where one of the sets is empty.
    pub fn new(sets: [Ranges; 4]) -> Option<Self> {
        (!sets.iter().any(Ranges::is_empty)).then(|| Region(sets.map(Rc::new)))
    }

    /// Its set in a dimension.
    pub fn get(&self, dimension: Dimension) -> &Ranges {
        &self.0[dimension as usize]
    }

    fn with(&self, dimension: Dimension, set: Ranges) -> Option<Region> {
        if set.is_empty() {
            return None;
        }
        let mut region = self.clone();
        region.0[dimension as usize] = Rc::new(set);
        Some(region)
    }

    /// The part inside a box, and the parts outside it, which do not overlap.
    pub fn split(&self, inside: &Bounds) -> (Option<Region>, Vec<Region>) {
        let mut outside = Vec::new();
        let mut rest = self.clone();
        for dimension in Dimension::ALL {
            let Some(bound) = &inside.0[dimension as usize] else { continue };
            let own = rest.get(dimension);
            outside.extend(rest.with(dimension, own.difference(bound)));
            match rest.with(dimension, own.intersection(bound)) {
                Some(narrower) => rest = narrower,
                None => return (None, outside),
            }
        }
        (Some(rest), outside)
    }

    /// Whether the other holds all of it.
    pub fn is_subset(&self, other: &Region) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(own, theirs)| Rc::ptr_eq(own, theirs) || own.is_subset(theirs))
    }

    /// What is left of it without another.
    pub fn difference(&self, other: &Region) -> Vec<Region> {
        let bounds = Bounds(other.0.clone().map(Some));
        self.split(&bounds).1
    }
}

/// A box: in each dimension a set, or all.
#[derive(Clone, Debug, Default)]
pub struct Bounds([Option<Rc<Ranges>>; 4]);

impl Bounds {
    /// A box that bounds one dimension alone.
    pub fn one(dimension: Dimension, set: Ranges) -> Self {
        let mut bounds = Bounds::default();
        bounds.0[dimension as usize] = Some(Rc::new(set));
        bounds
    }

    /// The box narrowed in a dimension.
    pub fn narrow(&mut self, dimension: Dimension, set: Ranges) {
        let own = &mut self.0[dimension as usize];
        let set = match own {
            Some(known) => known.intersection(&set),
            None => set,
        };
        *own = Some(Rc::new(set));
    }

    /// The box that both share.
    pub fn and(&mut self, other: &Bounds) {
        for dimension in Dimension::ALL {
            if let Some(set) = &other.0[dimension as usize] {
                self.narrow(dimension, Ranges::clone(set));
            }
        }
    }

    /// The only dimension that it bounds, with its set.
    pub fn single(&self) -> Option<(Dimension, &Ranges)> {
        let mut bound = Dimension::ALL
            .into_iter()
            .filter_map(|dimension| Some((dimension, self.0[dimension as usize].as_deref()?)));
        let first = bound.next()?;
        bound.next().is_none().then_some(first)
    }
}
