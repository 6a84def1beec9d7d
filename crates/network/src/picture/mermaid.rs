//! Mermaid's flow charts, which GitHub and GitLab show in Markdown.

use super::{Picture, Place, Style, plain};

/// A text as Mermaid takes it between quotes, where it may read HTML.
fn quoted(text: &str) -> String {
    plain(text).replace('<', "#lt;").replace('>', "#gt;")
}

impl Picture {
    /// The picture in Mermaid.
    pub fn mermaid(&self) -> String {
        let mut text = format!("---\ntitle: \"{}\"\n---\nflowchart LR\n", quoted(&self.title));
        for (group, name) in self.groups.iter().enumerate() {
            text.push_str(&format!("  subgraph g{group}[\"{}\"]\n", quoted(name)));
            for number in self.members(group) {
                text.push_str(&format!("    b{number}[\"{}\"]\n", quoted(&self.boxes[number].0)));
            }
            text.push_str("  end\n");
        }
        for (number, (label, _)) in
            self.boxes.iter().enumerate().filter(|(_, (_, group))| group.is_none())
        {
            text.push_str(&format!("  b{number}([\"{}\"])\n", quoted(label)));
        }
        for (number, arrow) in self.arrows.iter().enumerate() {
            let name = |place| match place {
                Place::Box(number) => format!("b{number}"),
                Place::Group(number) => format!("g{number}"),
            };
            let line = if arrow.style.is_dashed() { "-.->" } else { "-->" };
            text.push_str(&format!(
                "  {} {line}|\"{}\"| {}\n",
                name(arrow.from),
                quoted(&arrow.label),
                name(arrow.to)
            ));
            if arrow.style != Style::Plain {
                text.push_str(&format!("  linkStyle {number} stroke:{}\n", arrow.style.colour()));
            }
        }
        text
    }
}
