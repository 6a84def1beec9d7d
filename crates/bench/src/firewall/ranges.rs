//! Sets of numbers as ranges: addresses, ports and interfaces are split by rules far too often to
//! be listed one by one.

/// A set of numbers: inclusive ranges, ascending, with a gap between any two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u128, u128)>);

impl Ranges {
    /// Of any ranges, in any order; those that end before they begin hold nothing.
    pub fn new(mut ranges: Vec<(u128, u128)>) -> Self {
        ranges.retain(|(low, high)| low <= high);
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
                _ => merged.push((low, high)),
            }
        }
        Ranges(merged)
    }

    /// From a number to another, both included.
    pub fn span(low: u128, high: u128) -> Self {
        Ranges::new(vec![(low, high)])
    }

    /// Of single numbers.
    pub fn of(numbers: impl IntoIterator<Item = u128>) -> Self {
        Ranges::new(numbers.into_iter().map(|number| (number, number)).collect())
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many ranges it is.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The ranges, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u128, u128)> + '_ {
        self.0.iter().copied()
    }

    /// Whether it holds a number.
    pub fn contains(&self, number: u128) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < number);
        self.0.get(at).is_some_and(|(low, _)| *low <= number)
    }

    /// How many numbers it holds; all 2^128 of them count as one fewer.
    pub fn size(&self) -> u128 {
        self.0
            .iter()
            .fold(0, |sum: u128, (low, high)| sum.saturating_add((high - low).saturating_add(1)))
    }

    /// What both hold.
    pub fn intersection(&self, other: &Ranges) -> Ranges {
        let mut out = Vec::new();
        let (mut left, mut right) = (0, 0);
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                out.push((low, high));
            }
            if a.1 < b.1 { left += 1 } else { right += 1 }
        }
        Ranges(out)
    }

    /// What this holds and the other doesn't.
    pub fn difference(&self, other: &Ranges) -> Ranges {
        let mut out = Vec::new();
        let mut right = 0;
        for &(low, high) in &self.0 {
            let mut from = Some(low);
            while right < other.0.len() && other.0[right].1 < low {
                right += 1;
            }
            for &(start, end) in &other.0[right..] {
                let Some(at) = from else { break };
                if start > high {
                    break;
                }
                if start > at {
                    out.push((at, start - 1));
                }
                from = end.checked_add(1).filter(|next| *next <= high);
            }
            if let Some(at) = from {
                out.push((at, high));
            }
        }
        Ranges(out)
    }

    /// What either holds.
    pub fn union(&self, other: &Ranges) -> Ranges {
        Ranges::new(self.0.iter().chain(&other.0).copied().collect())
    }

    /// Whether the other holds all of it.
    pub fn is_subset(&self, other: &Ranges) -> bool {
        self.0.iter().all(|(low, high)| {
            let at = other.0.partition_point(|(_, end)| end < low);
            other.0.get(at).is_some_and(|(start, end)| start <= low && high <= end)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn members(set: &Ranges) -> Vec<u128> {
        (0..40).filter(|number| set.contains(*number)).collect()
    }

    fn sets() -> impl Strategy<Value = Ranges> {
        proptest::collection::vec((0..40u128, 0..40u128), 0..6).prop_map(Ranges::new)
    }

    proptest! {
        #[test]
        fn sets_are_what_their_members_say(a in sets(), b in sets()) {
            let both: Vec<u128> = members(&a).into_iter().filter(|n| b.contains(*n)).collect();
            prop_assert_eq!(members(&a.intersection(&b)), both);
            let only: Vec<u128> = members(&a).into_iter().filter(|n| !b.contains(*n)).collect();
            prop_assert_eq!(members(&a.difference(&b)), only.clone());
            prop_assert_eq!(a.is_subset(&b), only.is_empty());
            prop_assert_eq!(a.size(), members(&a).len() as u128);
            let either: Vec<u128> = (0..40).filter(|n| a.contains(*n) || b.contains(*n)).collect();
            prop_assert_eq!(members(&a.union(&b)), either);
            // Two sets of the same members are the same.
            prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a);
        }
    }

    #[test]
    fn the_last_number_is_a_number() {
        let all = Ranges::span(0, u128::MAX);
        assert_eq!(all.difference(&Ranges::of([u128::MAX])), Ranges::span(0, u128::MAX - 1));
        assert!(all.difference(&all).is_empty());
        assert_eq!(all.size(), u128::MAX);
    }
}
