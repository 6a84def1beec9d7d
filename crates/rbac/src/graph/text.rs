//! The picture as DOT and as Mermaid.

use std::fmt::Write as _;

use seawall_model::Severity;

use super::{Graph, GraphNode, NodeKind};

/// As DOT, for Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from(
        "digraph rbac {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=11];\n",
    );
    if let Some(note) = &graph.note {
        writeln!(out, "  label={};", quoted(note)).expect("a string takes all");
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let shape = match node.kind {
            NodeKind::Subject => "ellipse",
            NodeKind::Binding => "box",
            NodeKind::Role => "note",
        };
        let style = if node.is_missing { "dashed" } else { "filled" };
        writeln!(
            out,
            "  n{number} [label={}, shape={shape}, style={style}, fillcolor=\"{}\"];",
            quoted(&node.label),
            fill(node)
        )
        .expect("a string takes all");
    }
    for (from, to) in &graph.edges {
        writeln!(out, "  n{from} -> n{to};").expect("a string takes all");
    }
    out.push_str("}\n");
    out
}

/// As Mermaid, which GitHub and GitLab draw in Markdown.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::new();
    if let Some(note) = &graph.note {
        writeln!(out, "---\ntitle: {}\n---", quoted(note)).expect("a string takes all");
    }
    out.push_str("flowchart LR\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let label = entity(&node.label);
        let drawn = match node.kind {
            NodeKind::Subject => format!("([\"{label}\"])"),
            NodeKind::Binding => format!("[\"{label}\"]"),
            NodeKind::Role => format!("[[\"{label}\"]]"),
        };
        writeln!(out, "  n{number}{drawn}").expect("a string takes all");
    }
    for (from, to) in &graph.edges {
        writeln!(out, "  n{from} --> n{to}").expect("a string takes all");
    }
    for (number, node) in graph.nodes.iter().enumerate().filter(|(_, node)| is_marked(node)) {
        let dashes = if node.is_missing { ",stroke-dasharray:4" } else { "" };
        writeln!(out, "  style n{number} fill:{}{dashes}", fill(node)).expect("a string takes all");
    }
    out
}

fn is_marked(node: &GraphNode) -> bool {
    node.severity.is_some() || node.is_missing
}

/// The colour of a node, by the worst risk that goes through it.
pub(super) fn fill(node: &GraphNode) -> &'static str {
    match node.severity {
        Some(Severity::Critical) => "#f6b8b0",
        Some(Severity::High) => "#fbd5b5",
        Some(Severity::Medium) => "#fbeeb8",
        Some(Severity::Low | Severity::Info) => "#e3eedb",
        None => "#eef1f5",
    }
}

/// A string of DOT, and of the YAML before Mermaid: quotes and backslashes are escaped, and what is no letter left out.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

/// What Mermaid might read as its own, as numbered entities.
fn entity(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if letter.is_alphanumeric() || " -_./:@".contains(letter) {
            out.push(letter);
        } else {
            write!(out, "#{};", u32::from(letter)).expect("a string takes all");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_not_leave_their_label() {
        assert_eq!(quoted("a\"]; b\n\\"), "\"a\\\"]; b\\\\\"");
        assert_eq!(entity("a\"] --> x"), "a#34;#93; --#62; x");
    }
}
