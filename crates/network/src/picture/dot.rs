//! The DOT language of Graphviz.

use std::fmt::Write as _;

use super::{Picture, Place, plain};

impl Picture {
    /// The picture in DOT.
    pub fn dot(&self) -> String {
        let mut text = format!(
            "digraph {{\n  graph [label=\"{}\", rankdir=LR, compound=true, fontname=\"sans-serif\"]\n  \
             node [shape=box, fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\", fontsize=10]\n",
            plain(&self.title)
        );
        for (group, name) in self.groups.iter().enumerate() {
            text.push_str(&format!(
                "  subgraph cluster_{group} {{\n    label=\"{}\"\n    g{group} [shape=point, style=invis]\n",
                plain(name)
            ));
            for number in self.members(group) {
                text.push_str(&format!(
                    "    b{number} [label=\"{}\"]\n",
                    plain(&self.boxes[number].0)
                ));
            }
            text.push_str("  }\n");
        }
        for (number, (label, _)) in
            self.boxes.iter().enumerate().filter(|(_, (_, group))| group.is_none())
        {
            text.push_str(&format!("  b{number} [label=\"{}\", style=rounded]\n", plain(label)));
        }
        for arrow in &self.arrows {
            let name = |place| match place {
                Place::Box(number) => format!("b{number}"),
                Place::Group(number) => format!("g{number}"),
            };
            let mut options =
                format!("label=\"{}\", color=\"{}\"", plain(&arrow.label), arrow.style.colour());
            if arrow.style.is_dashed() {
                options.push_str(", style=dashed");
            }
            for (end, option) in [(arrow.from, "ltail"), (arrow.to, "lhead")] {
                if let Place::Group(group) = end {
                    write!(options, ", {option}=cluster_{group}")
                        .expect("a string can be written to");
                }
            }
            text.push_str(&format!("  {} -> {} [{options}]\n", name(arrow.from), name(arrow.to)));
        }
        text.push_str("}\n");
        text
    }
}
