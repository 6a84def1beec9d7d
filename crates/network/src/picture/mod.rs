//! Pictures of who may talk to whom, in three notations.
//!
//! A [`Picture`] is boxes in groups and arrows between boxes or whole groups. [`Picture::folded`]
//! makes one that people can read: where a workload may have the same with all of a namespace there
//! is one arrow to the namespace, and where a whole namespace may have the same there is one arrow
//! from it.

mod dot;
mod mermaid;
mod svg;

use std::collections::{BTreeMap, BTreeSet};

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    /// Permitted.
    Plain,
    /// May be permitted.
    Unknown,
    /// Denied.
    Denied,
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Not what it was.
    Changed,
}

impl Style {
    /// The colour, as in CSS.
    fn colour(self) -> &'static str {
        match self {
            Style::Plain => "#3b6ea5",
            Style::Unknown => "#b8860b",
            Style::Denied | Style::Removed => "#b22222",
            Style::Added => "#2e8b57",
            Style::Changed => "#8a2be2",
        }
    }

    /// Whether the line is broken.
    fn is_dashed(self) -> bool {
        matches!(self, Style::Unknown | Style::Denied | Style::Removed)
    }
}

/// A box or a whole group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The box of a number.
    Box(usize),
    /// The group of a number.
    Group(usize),
}

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arrow {
    /// Where it begins.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
    /// What is written on it.
    pub label: String,
    /// What it stands for.
    pub style: Style,
}

/// Boxes in groups, and arrows.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    title: String,
    groups: Vec<String>,
    /// Label and group of each box.
    boxes: Vec<(String, Option<usize>)>,
    arrows: Vec<Arrow>,
    known: BTreeMap<(Option<String>, String), usize>,
}

impl Picture {
    /// An empty picture.
    pub fn new(title: impl Into<String>) -> Self {
        Picture { title: title.into(), ..Picture::default() }
    }

    /// Adds something to its title.
    pub fn remark(&mut self, text: &str) {
        self.title = format!("{} ({text})", self.title);
    }

    /// The box of a label in a group, made if there is none.
    pub fn place(&mut self, group: Option<&str>, label: &str) -> usize {
        let key = (group.map(str::to_owned), label.to_owned());
        if let Some(&number) = self.known.get(&key) {
            return number;
        }
        let group = group.map(|name| match self.groups.iter().position(|known| known == name) {
            Some(group) => group,
            None => {
                self.groups.push(name.to_owned());
                self.groups.len() - 1
            }
        });
        self.boxes.push((label.to_owned(), group));
        self.known.insert(key, self.boxes.len() - 1);
        self.boxes.len() - 1
    }

    /// Adds an arrow between boxes.
    pub fn arrow(&mut self, from: usize, to: usize, label: impl Into<String>, style: Style) {
        let (from, to) = (Place::Box(from), Place::Box(to));
        self.arrows.push(Arrow { from, to, label: label.into(), style });
    }

    /// What a place is called.
    pub fn name(&self, place: Place) -> String {
        match place {
            Place::Box(number) => match &self.boxes[number] {
                (label, Some(group)) => format!("{}/{label}", self.groups[*group]),
                (label, None) => label.clone(),
            },
            Place::Group(number) => format!("all of {}", self.groups[number]),
        }
    }

    /// The arrows.
    pub fn arrows(&self) -> &[Arrow] {
        &self.arrows
    }

    /// The boxes of a group.
    fn members(&self, group: usize) -> BTreeSet<usize> {
        let in_group = |number: &usize| self.boxes[*number].1 == Some(group);
        (0..self.boxes.len()).filter(in_group).collect()
    }

    /// The picture with arrows to and from whole groups, where all boxes of a group have the same.
    #[must_use]
    pub fn folded(mut self) -> Self {
        let members: Vec<BTreeSet<usize>> =
            (0..self.groups.len()).map(|group| self.members(group)).collect();
        for incoming in [true, false] {
            let mut bundles: BTreeMap<(Place, usize, String, Style), BTreeSet<usize>> =
                BTreeMap::new();
            let mut rest = BTreeSet::new();
            for arrow in std::mem::take(&mut self.arrows) {
                let (near, far) =
                    if incoming { (arrow.from, arrow.to) } else { (arrow.to, arrow.from) };
                match far {
                    Place::Box(number) if self.boxes[number].1.is_some() => {
                        let group = self.boxes[number].1.unwrap_or_default();
                        bundles
                            .entry((near, group, arrow.label, arrow.style))
                            .or_default()
                            .insert(number);
                    }
                    _ => {
                        rest.insert(arrow);
                    }
                }
            }
            for ((near, group, label, style), found) in bundles {
                // A box has no arrow to itself, and is not missed in its own group.
                let mut wanted = members[group].clone();
                if let Place::Box(own) = near {
                    wanted.remove(&own);
                }
                let whole = wanted.len() > 1 && found.is_superset(&wanted);
                let ends: Vec<Place> = if whole {
                    vec![Place::Group(group)]
                } else {
                    found.into_iter().map(Place::Box).collect()
                };
                for end in ends {
                    let (from, to) = if incoming { (near, end) } else { (end, near) };
                    rest.insert(Arrow { from, to, label: label.clone(), style });
                }
            }
            self.arrows = rest.into_iter().collect();
        }
        self
    }
}

/// A text without what would break out of a quoted string.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' | '`' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_namespace_is_one_arrow() {
        let mut picture = Picture::new("test");
        let outside = picture.place(None, "internet");
        let boxes: Vec<usize> =
            ["a", "b", "c"].iter().map(|name| picture.place(Some("shop"), name)).collect();
        for &number in &boxes {
            picture.arrow(outside, number, "TCP 80", Style::Plain);
        }
        picture.arrow(outside, boxes[0], "UDP 53", Style::Plain);
        for &from in &boxes {
            for &to in boxes.iter().filter(|to| **to != from) {
                picture.arrow(from, to, "all", Style::Plain);
            }
        }
        let folded = picture.folded();
        let shop = Place::Group(0);
        let arrow = |from, to, label: &str| Arrow {
            from,
            to,
            label: label.to_owned(),
            style: Style::Plain,
        };
        assert_eq!(
            folded.arrows(),
            [
                arrow(Place::Box(outside), Place::Box(boxes[0]), "UDP 53"),
                arrow(Place::Box(outside), shop, "TCP 80"),
                arrow(shop, shop, "all"),
            ]
        );
    }

    #[test]
    fn names_do_not_break_out() {
        let mut picture = Picture::new("a\"b");
        let evil = picture.place(Some("n\"]"), "<script>\"\n");
        picture.arrow(evil, evil, "x\"--", Style::Unknown);
        assert!(!picture.dot().contains("\n\""), "{}", picture.dot());
        assert!(!picture.svg().contains("<script>"));
        assert!(!picture.mermaid().contains("<script>"));
    }
}
