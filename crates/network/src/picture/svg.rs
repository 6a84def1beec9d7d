//! SVG drawn here, so that no other program is needed.
//!
//! Groups are laid out in columns of like height, boxes below each other inside. Arrows leave at
//! the right and arrive at the left. Those between the same two ends are one, with all its labels;
//! a pointer over an arrow or a box shows what it is and makes it stand out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Picture, Place, Style};

const BOX_HEIGHT: f64 = 26.0;
const BOX_GAP: f64 = 10.0;
const HEADER: f64 = 26.0;
const PADDING: f64 = 14.0;
const COLUMN_GAP: f64 = 190.0;
const GROUP_GAP: f64 = 28.0;
const CHARACTER: f64 = 7.0;
const MARGIN: f64 = 24.0;
/// Colours of arrows by who sends, so that they can be followed.
const SENDERS: [&str; 8] =
    ["#3b6ea5", "#2f7f6f", "#8c5a2b", "#6b4fa0", "#a0456e", "#4d7c1f", "#5a6b7b", "#b0641a"];
/// Longest label of an arrow that is written on it.
const SHOWN: usize = 26;

#[derive(Clone, Copy, Debug, Default)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER + 2.0 * PADDING
}

struct Layout {
    groups: Vec<Area>,
    boxes: Vec<Area>,
    width: f64,
    height: f64,
}

impl Picture {
    fn layout(&self) -> Layout {
        let mut layout = Layout {
            groups: vec![Area::default(); self.groups.len()],
            boxes: vec![Area::default(); self.boxes.len()],
            width: 0.0,
            height: 0.0,
        };
        // Columns: lone boxes that only send, then the groups, then lone boxes that receive.
        let lone: Vec<usize> =
            (0..self.boxes.len()).filter(|number| self.boxes[*number].1.is_none()).collect();
        let receives =
            |number: &usize| self.arrows.iter().any(|arrow| arrow.to == Place::Box(*number));
        let (right, left): (Vec<usize>, Vec<usize>) = lone.into_iter().partition(receives);
        let members: Vec<Vec<usize>> =
            (0..self.groups.len()).map(|group| self.members(group).into_iter().collect()).collect();
        let height = |group: usize| {
            HEADER + 2.0 * PADDING + members[group].len() as f64 * (BOX_HEIGHT + BOX_GAP)
        };
        let total: f64 = (0..self.groups.len()).map(|group| height(group) + GROUP_GAP).sum();
        let columns = (self.groups.len() as f64).sqrt().ceil().max(1.0);
        let target = total / columns;
        let mut x = MARGIN;
        x = self.lone_column(&left, x, &mut layout);
        let mut y = MARGIN + HEADER;
        let mut column_width: f64 = 0.0;
        for (group, name) in self.groups.iter().enumerate() {
            if y > MARGIN + HEADER
                && y + height(group) > target + MARGIN + HEADER + height(group) / 2.0
            {
                x += column_width + COLUMN_GAP;
                y = MARGIN + HEADER;
                column_width = 0.0;
            }
            let labels = members[group].iter().map(|number| text_width(&self.boxes[*number].0));
            let width = labels.fold(text_width(name), f64::max) + 2.0 * PADDING;
            layout.groups[group] = Area { x, y, width, height: height(group) };
            for (row, &number) in members[group].iter().enumerate() {
                layout.boxes[number] = Area {
                    x: x + PADDING,
                    y: y + HEADER + PADDING + row as f64 * (BOX_HEIGHT + BOX_GAP),
                    width: width - 2.0 * PADDING,
                    height: BOX_HEIGHT,
                };
            }
            column_width = column_width.max(width);
            y += height(group) + GROUP_GAP;
            layout.height = layout.height.max(y);
        }
        if !self.groups.is_empty() {
            x += column_width + COLUMN_GAP;
        }
        x = self.lone_column(&right, x, &mut layout);
        layout.width = x - COLUMN_GAP + MARGIN + 60.0;
        layout.height += MARGIN;
        layout
    }

    /// Lays lone boxes out below each other; the place of the next column.
    fn lone_column(&self, boxes: &[usize], x: f64, layout: &mut Layout) -> f64 {
        let width =
            boxes.iter().map(|number| text_width(&self.boxes[*number].0)).fold(0.0, f64::max);
        let mut y = MARGIN + 2.0 * HEADER;
        for &number in boxes {
            layout.boxes[number] = Area { x, y, width, height: BOX_HEIGHT };
            y += BOX_HEIGHT + 3.0 * BOX_GAP;
            layout.height = layout.height.max(y);
        }
        if boxes.is_empty() { x } else { x + width + COLUMN_GAP }
    }

    /// The picture in SVG.
    pub fn svg(&self) -> String {
        let layout = self.layout();
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" width=\"{:.0}\" \
             height=\"{:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n<style>\
             .group{{fill:#f4f6f8;stroke:#9aa5b1}}.box{{fill:#ffffff;stroke:#52606d}}\
             .lone{{fill:#eef4ff;stroke:#3b6ea5}}.arrow{{fill:none;stroke-width:1.4;opacity:.75}}\
             g.a:hover .arrow{{stroke-width:4;opacity:1}}g.a:hover text{{font-weight:bold}}\
             .label{{font-size:10px;paint-order:stroke;stroke:#ffffff;stroke-width:3px}}</style>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<text x=\"{MARGIN}\" y=\"{MARGIN}\" \
             font-size=\"15\" font-weight=\"bold\">{}</text>\n<defs>",
            layout.width,
            layout.height,
            layout.width,
            layout.height,
            escaped(&self.title)
        );
        let styles = [Style::Unknown, Style::Denied, Style::Added, Style::Changed];
        for colour in styles.map(Style::colour).iter().chain(&SENDERS) {
            text.push_str(&format!(
                "<marker id=\"m{}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
                 markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{colour}\"/></marker>",
                &colour[1..]
            ));
        }
        text.push_str("</defs>\n");
        for (group, name) in self.groups.iter().enumerate() {
            let Area { x, y, width, height } = layout.groups[group];
            text.push_str(&format!(
                "<rect class=\"group\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
                 rx=\"6\"/><text x=\"{:.0}\" y=\"{:.0}\" font-weight=\"bold\">{}</text>\n",
                x + PADDING,
                y + 18.0,
                escaped(name)
            ));
        }
        let mut bundles: BTreeMap<(Place, Place, Style), Vec<&str>> = BTreeMap::new();
        for arrow in &self.arrows {
            bundles.entry((arrow.from, arrow.to, arrow.style)).or_default().push(&arrow.label);
        }
        for ((from, to, style), labels) in &bundles {
            self.draw(&mut text, &layout, (*from, *to), *style, &labels.join(", "));
        }
        for (number, (label, group)) in self.boxes.iter().enumerate() {
            let Area { x, y, width, height } = layout.boxes[number];
            let class = if group.is_some() { "box" } else { "lone" };
            text.push_str(&format!(
                "<rect class=\"{class}\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
                 rx=\"4\"/><text x=\"{:.0}\" y=\"{:.0}\">{}</text>\n",
                x + PADDING,
                y + 17.0,
                escaped(label)
            ));
        }
        text.push_str("</svg>\n");
        text
    }

    fn draw(
        &self,
        text: &mut String,
        layout: &Layout,
        (from, to): (Place, Place),
        style: Style,
        label: &str,
    ) {
        let area = |place| match place {
            Place::Box(number) => layout.boxes[number],
            // An arrow meets a group at its name.
            Place::Group(number) => Area { height: HEADER, ..layout.groups[number] },
        };
        let (start, end) = (area(from), area(to));
        // Arrows go from right to left side, backwards from left to right, and within a column
        // round at the right.
        let (left, right) = (|a: Area| a.x, |a: Area| a.x + a.width);
        let (y1, mut y2) = (start.y + start.height / 2.0, end.y + end.height / 2.0);
        if from == to {
            y2 += 8.0;
        }
        let height = (y2 - y1).abs();
        let (x1, c1, c2, x2) = if right(end) < left(start) {
            let bend = ((left(start) - right(end)) / 2.0).max(40.0);
            (left(start), left(start) - bend, right(end) + bend, right(end))
        } else if left(end) > right(start) {
            let bend = ((left(end) - right(start)) / 2.0).max(40.0);
            (right(start), right(start) + bend, left(end) - bend, left(end))
        } else {
            let bend = right(start).max(right(end)) + 30.0 + (height * 0.45).min(150.0);
            (right(start), bend, bend, right(end))
        };
        // The label stands nearer to the end, where arrows are apart.
        let at = |a: f64, b: f64, c: f64, d: f64| {
            let (t, u) = (0.72, 0.28);
            u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
        };
        let (label_x, label_y) = (at(x1, c1, c2, x2), at(y1, y1, y2, y2));
        let title = escaped(&format!("{} to {}: {label}", self.name(from), self.name(to)));
        let mut shown: String = label.chars().take(SHOWN).collect();
        if shown.len() < label.len() {
            shown.push('…');
        }
        let dash = if style.is_dashed() { " stroke-dasharray=\"5 4\"" } else { "" };
        let colour = match (style, from) {
            (Style::Plain, Place::Box(number) | Place::Group(number)) => {
                SENDERS[number % SENDERS.len()]
            }
            (other, _) => other.colour(),
        };
        writeln!(
            text,
            "<g class=\"a\"><title>{title}</title><path class=\"arrow\" stroke=\"{colour}\"{dash} \
             marker-end=\"url(#m{})\" d=\"M{x1:.0} {y1:.0}C{c1:.0} {y1:.0} {c2:.0} {y2:.0} {x2:.0} \
             {y2:.0}\"/><text class=\"label\" text-anchor=\"middle\" x=\"{label_x:.0}\" y=\"{:.0}\">{}</text></g>",
            &colour[1..],
            label_y - 3.0,
            escaped(&shown)
        )
        .expect("a string can be written to");
    }
}
