//! The picture as SVG.

use std::fmt::Write as _;

use super::layout::{LETTER, MARGIN, MOST_LETTERS, ROW, layout};
use super::text::fill;
use super::{Graph, NodeKind};

const BOX: f64 = 22.0;
const _: () = assert!(BOX < ROW);

const STYLE: &str = "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1b2733}\
.head{font:600 12px system-ui,sans-serif;fill:#5a6b7b}\
.edge{fill:none;stroke:#93a3b3;stroke-width:1.2}\
.node rect{stroke:#5a6b7b;stroke-width:1}.default rect{stroke-dasharray:1 2}\
.missing rect{stroke:#b3261e;stroke-dasharray:4 3}";

/// As SVG that stands on its own.
pub fn svg(graph: &Graph) -> String {
    let layout = layout(graph);
    let mut out = String::new();
    let written = write(graph, &layout, &mut out);
    written.expect("a string takes all");
    out
}

fn write(graph: &Graph, layout: &super::layout::Layout, out: &mut String) -> std::fmt::Result {
    let note = graph.note.as_deref().unwrap_or_default();
    let said = note.chars().count() as f64 * LETTER + 2.0 * MARGIN;
    let (width, height) = (layout.width.max(said).ceil(), layout.height.ceil());
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Subjects, bindings and roles\">\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
    )?;
    for (kind, title) in [
        (NodeKind::Subject, "Subjects"),
        (NodeKind::Binding, "Bindings"),
        (NodeKind::Role, "Roles"),
    ] {
        if let Some(first) = graph.nodes.iter().position(|node| node.kind == kind) {
            let x = layout.places[first].0;
            writeln!(
                out,
                "<text class=\"head\" x=\"{x:.1}\" y=\"{:.1}\">{title}</text>",
                MARGIN + 8.0
            )?;
        }
    }
    if !note.is_empty() {
        let y = height - MARGIN / 2.0;
        writeln!(out, "<text class=\"head\" x=\"{MARGIN}\" y=\"{y:.1}\">{}</text>", escaped(note))?;
    }
    for &(from, to) in &graph.edges {
        let (x1, y1) = (layout.places[from].0 + layout.widths[from], layout.places[from].1);
        let (x2, y2) = layout.places[to];
        let bend = (x2 - x1) / 2.0;
        writeln!(
            out,
            "<path class=\"edge\" data-from=\"{from}\" data-to=\"{to}\" d=\"M{x1:.1} {y1:.1}C{:.1} \
             {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}\"/>",
            x1 + bend,
            x2 - bend
        )?;
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let (x, y) = layout.places[number];
        let mut class = String::from("node");
        if node.is_default {
            class.push_str(" default");
        }
        if node.is_missing {
            class.push_str(" missing");
        }
        let round = if node.kind == NodeKind::Subject { BOX / 2.0 } else { 3.0 };
        let mut title = node.label.clone();
        for line in &node.detail {
            title.push('\n');
            title.push_str(line);
        }
        writeln!(
            out,
            "<g class=\"{class}\" data-node=\"{number}\"><title>{}</title><rect x=\"{x:.1}\" \
             y=\"{:.1}\" width=\"{:.1}\" height=\"{BOX}\" rx=\"{round}\" fill=\"{}\"/><text \
             x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            escaped(&title),
            y - BOX / 2.0,
            layout.widths[number],
            fill(node),
            x + 11.0,
            y + 4.0,
            escaped(&shortened(&node.label))
        )?;
    }
    out.push_str("</svg>\n");
    Ok(())
}

/// The beginning and the end of what is too long: both tell names apart.
fn shortened(label: &str) -> String {
    let letters: Vec<char> = label.chars().collect();
    if letters.len() <= MOST_LETTERS {
        return label.to_owned();
    }
    let end = MOST_LETTERS / 3;
    let start: String = letters[..MOST_LETTERS - end - 1].iter().collect();
    let end: String = letters[letters.len() - end..].iter().collect();
    format!("{start}…{end}")
}

/// Text for SVG and HTML; control characters, which XML forbids, as their pictures.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        let short = shortened(&format!("ServiceAccount {}/end", "x".repeat(100)));
        assert_eq!(short.chars().count(), MOST_LETTERS);
        assert!(short.starts_with("ServiceAccount x") && short.ends_with("/end"));
    }

    #[test]
    fn names_are_text() {
        assert_eq!(escaped("<a>&\"\u{1b}"), "&lt;a&gt;&amp;&quot;\u{fffd}");
    }
}
