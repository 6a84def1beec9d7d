//! Where the nodes of a picture stand: a layered layout of three columns.
//!
//! Nodes are put beside what they are joined to: each column is ordered by the mean place of its
//! neighbours, back and forth a few times (the barycentre heuristic of Sugiyama's method). Then
//! each stands as near to the middle of its neighbours as the distance to the next allows.

use super::{Graph, NodeKind};

/// Height that a node takes, in pixels.
pub(super) const ROW: f64 = 30.0;
/// Width between two columns.
const CHANNEL: f64 = 160.0;
/// Room around it all.
pub(super) const MARGIN: f64 = 24.0;
/// Width of a letter of the label's font, at most.
pub(super) const LETTER: f64 = 7.3;
/// Most letters that a label shows.
pub(super) const MOST_LETTERS: usize = 52;
const SWEEPS: usize = 8;

/// Places and sizes in pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// Left edge and middle of each node.
    pub(super) places: Vec<(f64, f64)>,
    /// Width of each node.
    pub(super) widths: Vec<f64>,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) fn layout(graph: &Graph) -> Layout {
    let mut columns: [Vec<usize>; 3] = Default::default();
    for (number, node) in graph.nodes.iter().enumerate() {
        columns[column(node.kind)].push(number);
    }
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for &(from, to) in &graph.edges {
        neighbours[from].push(to);
        neighbours[to].push(from);
    }
    let beside = |number: usize, of: usize| {
        neighbours[number]
            .iter()
            .copied()
            .filter(move |other| column(graph.nodes[*other].kind) == of)
    };
    let mut order: Vec<f64> = vec![0.0; graph.nodes.len()];
    let renumber = |column: &[usize], order: &mut Vec<f64>| {
        for (place, &number) in column.iter().enumerate() {
            order[number] = place as f64;
        }
    };
    for column in &columns {
        renumber(column, &mut order);
    }
    for sweep in 0..SWEEPS {
        let turns = if sweep % 2 == 0 { [(1, 0), (2, 1)] } else { [(1, 2), (0, 1)] };
        for (moved, fixed) in turns {
            let mean = |number: usize, order: &[f64]| mean(beside(number, fixed), order);
            let mut keyed: Vec<(f64, usize)> = columns[moved]
                .iter()
                .map(|&number| (mean(number, &order).unwrap_or(order[number]), number))
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            columns[moved] = keyed.into_iter().map(|(_, number)| number).collect();
            renumber(&columns[moved], &mut order);
        }
    }
    let mut height: Vec<f64> = order.iter().map(|place| place * ROW).collect();
    // From the longest column outwards.
    let longest = (0..3).max_by_key(|at| columns[*at].len()).unwrap_or(1);
    let turns = match longest {
        0 => [(1, 0), (2, 1)],
        2 => [(1, 2), (0, 1)],
        _ => [(0, 1), (2, 1)],
    };
    for (moved, fixed) in turns {
        settle(&columns[moved], &mut height, |number, height| mean(beside(number, fixed), height));
    }
    placed(graph, &columns, &height)
}

fn column(kind: NodeKind) -> usize {
    match kind {
        NodeKind::Subject => 0,
        NodeKind::Binding => 1,
        NodeKind::Role => 2,
    }
}

fn mean(numbers: impl Iterator<Item = usize>, of: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for number in numbers {
        sum += of[number];
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}

/// Moves the nodes of a column towards where they want to be, a row apart, without changing their
/// order: neighbours that want the same place share its middle.
fn settle(column: &[usize], height: &mut [f64], wanted: impl Fn(usize, &[f64]) -> Option<f64>) {
    // Blocks of nodes that touch: the sum of where their first would like to be, and how many.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &number in column {
        blocks.push((wanted(number, height).unwrap_or(height[number]), 1));
        while let [.., before, last] = blocks.as_mut_slice() {
            let end = before.0 / before.1 as f64 + before.1 as f64 * ROW;
            if last.0 / last.1 as f64 >= end {
                break;
            }
            // The nodes of the last block stand behind those of the one before.
            before.0 += last.0 - last.1 as f64 * before.1 as f64 * ROW;
            before.1 += last.1;
            blocks.pop();
        }
    }
    let mut next = column.iter();
    for (sum, count) in blocks {
        let first = sum / count as f64;
        for (place, &number) in next.by_ref().take(count).enumerate() {
            height[number] = first + place as f64 * ROW;
        }
    }
}

fn placed(graph: &Graph, columns: &[Vec<usize>; 3], height: &[f64]) -> Layout {
    let top = height.iter().copied().fold(f64::INFINITY, f64::min);
    let bottom = height.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut layout = Layout {
        places: vec![(0.0, 0.0); graph.nodes.len()],
        widths: vec![0.0; graph.nodes.len()],
        ..Layout::default()
    };
    let mut left = MARGIN;
    for column in columns {
        let letters = |number: &usize| graph.nodes[*number].label.chars().count().min(MOST_LETTERS);
        let widest = column.iter().map(letters).max().unwrap_or(8) as f64 * LETTER + 22.0;
        for &number in column {
            layout.widths[number] = widest;
            layout.places[number] = (left, height[number] - top + ROW + 2.0 * MARGIN);
        }
        left += widest + CHANNEL;
    }
    layout.width = left - CHANNEL + MARGIN;
    layout.height =
        if graph.nodes.is_empty() { 4.0 * MARGIN } else { bottom - top + ROW + 4.0 * MARGIN };
    layout
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::GraphNode;

    fn node(kind: NodeKind, label: &str) -> GraphNode {
        GraphNode {
            kind,
            label: label.to_owned(),
            detail: Vec::new(),
            severity: None,
            is_default: false,
            is_missing: false,
        }
    }

    #[test]
    fn nodes_of_a_column_do_not_overlap_and_edges_do_not_cross() {
        let mut graph = Graph::default();
        for (kind, letter) in
            [(NodeKind::Subject, 's'), (NodeKind::Binding, 'b'), (NodeKind::Role, 'r')]
        {
            graph.nodes.extend((0..5).map(|number| node(kind, &format!("{letter}{number}"))));
        }
        // Subject n to binding 4 - n to role n: without crossings once a column is turned over.
        graph.edges = (0..5).flat_map(|n| [(n, 9 - n), (9 - n, 10 + n)]).collect();
        let layout = layout(&graph);
        for first in 0..graph.nodes.len() {
            for second in 0..first {
                let (a, b) = (layout.places[first], layout.places[second]);
                assert!(a.0 != b.0 || (a.1 - b.1).abs() >= ROW - 0.01, "{first} and {second}");
            }
        }
        for n in 0..5 {
            assert!((layout.places[n].1 - layout.places[9 - n].1).abs() < 0.01);
        }
        assert!(layout.places.iter().all(|(x, y)| *x >= 0.0 && *y >= 0.0 && *y <= layout.height));
    }

    #[test]
    fn nothing_has_a_layout_too() {
        assert!(layout(&Graph::default()).height > 0.0);
    }
}
