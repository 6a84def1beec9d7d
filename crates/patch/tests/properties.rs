//! For any document in any layout: the edited text is the intended tree, and what was there before
//! is still there, byte for byte.

mod support;

use proptest::prelude::*;
use seawall_model::document::{Kind, Node};
use seawall_model::{Change, Edit, Value};
use support::Text;

/// A tree of its own, so that the proof does not rest on what it proves.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Null,
    Scalar(Kind, String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    fn of(node: Node<'_>) -> Tree {
        match node.kind() {
            Kind::Null => Tree::Null,
            Kind::Map => {
                Tree::Map(node.entries().map(|(k, v)| (k.text().to_owned(), Tree::of(v))).collect())
            }
            Kind::Seq => Tree::List(node.items().map(Tree::of).collect()),
            kind => Tree::Scalar(kind, node.text().to_owned()),
        }
    }

    fn of_value(value: &Value) -> Tree {
        match value {
            Value::Bool(value) => Tree::Scalar(Kind::Bool, value.to_string()),
            Value::Int(value) => Tree::Scalar(Kind::Int, value.to_string()),
            Value::Str(value) => Tree::Scalar(Kind::Str, value.to_string()),
            Value::List(items) => Tree::List(items.iter().map(Tree::of_value).collect()),
            Value::Map(entries) => {
                Tree::Map(entries.iter().map(|(k, v)| (k.to_string(), Tree::of_value(v))).collect())
            }
        }
    }

    /// The subtree at a way of positions.
    fn at(&mut self, way: &[usize]) -> &mut Tree {
        way.iter().fold(self, |tree, &step| match tree {
            Tree::Map(entries) => &mut entries[step].1,
            Tree::List(items) => &mut items[step],
            other => other,
        })
    }
}

/// How the text of a tree is laid out: drawn from bytes, used up one by one.
struct Author {
    choices: Vec<u8>,
    next: usize,
    step: usize,
    list_step: usize,
    eol: &'static str,
}

impl Author {
    fn choose(&mut self, of: u8) -> u8 {
        let choice = self.choices.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        choice % of
    }

    fn end_line(&mut self, text: &mut String) {
        match self.choose(8) {
            0 => text.push_str("  # behind, with: [a, {b"),
            1 => text.push_str("  "),
            _ => {}
        }
        text.push_str(self.eol);
        if self.choose(6) == 0 {
            text.push_str("# at the margin - a: b");
            text.push_str(self.eol);
        }
        if self.choose(8) == 0 {
            text.push_str(self.eol);
        }
    }

    fn scalar(&mut self, kind: Kind, value: &str) -> String {
        match (kind, self.choose(3)) {
            (Kind::Str, 0) => format!("'{value}'"),
            (Kind::Str, 1) => format!("\"{value}\""),
            _ => value.to_owned(),
        }
    }

    fn brackets(&mut self, tree: &Tree) -> String {
        match tree {
            Tree::Null => "null".to_owned(),
            Tree::Scalar(kind, value) => self.scalar(*kind, value),
            Tree::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.brackets(item)).collect();
                let last = if items.is_empty() || self.choose(4) > 0 { "" } else { ", " };
                format!("[{}{last}]", items.join(", "))
            }
            Tree::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(k, v)| format!("{k}: {}", self.brackets(v))).collect();
                match self.choose(3) {
                    0 => format!("{{ {} }}", entries.join(" , ")),
                    _ => format!("{{{}}}", entries.join(",  ")),
                }
            }
        }
    }

    /// Writes the tree; `text` stands at `column` of a line.
    fn block(&mut self, tree: &Tree, column: usize, text: &mut String) {
        match tree {
            Tree::Map(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        text.push_str(&" ".repeat(column));
                    }
                    text.push_str(key);
                    text.push(':');
                    let step =
                        if matches!(value, Tree::List(_)) { self.list_step } else { self.step };
                    self.below(value, column + step, text);
                }
            }
            Tree::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push_str(&" ".repeat(column));
                    }
                    text.push('-');
                    match item {
                        Tree::Map(entries) if !entries.is_empty() && self.choose(4) > 0 => {
                            text.push(' ');
                            self.block(item, column + 2, text);
                        }
                        item => {
                            text.push(' ');
                            text.push_str(&self.brackets(item));
                            self.end_line(text);
                        }
                    }
                }
            }
            other => {
                text.push_str(&self.brackets(other));
                self.end_line(text);
            }
        }
    }

    fn below(&mut self, value: &Tree, column: usize, text: &mut String) {
        let full = match value {
            Tree::Map(entries) => !entries.is_empty(),
            Tree::List(items) => !items.is_empty(),
            _ => false,
        };
        if full && self.choose(4) > 0 {
            self.end_line(text);
            text.push_str(&" ".repeat(column));
            self.block(value, column, text);
        } else if *value == Tree::Null && self.choose(2) == 0 {
            self.end_line(text);
        } else {
            text.push(' ');
            text.push_str(&self.brackets(value));
            self.end_line(text);
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        Just(Tree::Scalar(Kind::Bool, "true".into())),
        (0..99).prop_map(|n: i32| Tree::Scalar(Kind::Int, n.to_string())),
        "[a-z]{2,6}x".prop_map(|s| Tree::Scalar(Kind::Str, s)),
    ];
    let inner = leaf.prop_recursive(4, 24, 4, |inner| {
        let entries = prop::collection::btree_map("[a-z]{2,4}x", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Tree::List),
            entries.prop_map(|entries| Tree::Map(entries.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z]{2,4}x", inner, 1..5)
        .prop_map(|entries| Tree::Map(entries.into_iter().collect()))
}

fn texts() -> impl Strategy<Value = (Tree, String)> {
    let style =
        (prop::collection::vec(any::<u8>(), 0..200), 1..5_usize, 0..3_usize, any::<[bool; 2]>());
    (trees(), style).prop_map(|(tree, (choices, step, list_step, [windows, ended]))| {
        let eol = if windows { "\r\n" } else { "\n" };
        let mut author = Author { choices, next: 0, step, list_step, eol };
        let mut text = String::new();
        author.block(&tree, 0, &mut text);
        if !ended {
            text.truncate(text.trim_end().len());
        }
        (tree, text)
    })
}

/// Ways to all nodes below the root.
fn ways(tree: &Tree, way: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    let children: Vec<&Tree> = match tree {
        Tree::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        Tree::List(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for (index, child) in children.into_iter().enumerate() {
        way.push(index);
        all.push(way.clone());
        ways(child, way, all);
        way.pop();
    }
}

fn node_at<'a>(text: &'a Text, way: &[usize]) -> Node<'a> {
    way.iter().fold(text.documents[0].root(), |node, &step| match node.kind() {
        Kind::Map => node.entries().nth(step).expect("there is such an entry").1,
        _ => node.items().nth(step).expect("there is such an item"),
    })
}

/// Whether `kept` can be had from `text` by leaving bytes out.
fn is_within(kept: &str, text: &str) -> bool {
    let mut rest = text.bytes();
    kept.bytes().all(|byte| rest.by_ref().any(|other| other == byte))
}

fn value(choice: u8) -> Value {
    match choice % 4 {
        0 => Value::Bool(false),
        1 => Value::str("a: b # c"),
        2 => Value::List(vec![Value::str("ALL"), Value::entry("k", Value::Int(1))]),
        _ => Value::Map(vec![
            ("one".into(), Value::entry("two", Value::Bool(true))),
            ("three".into(), Value::List(vec![])),
        ]),
    }
}

/// A tree whose maps are compared by key: what overrides a merge key stands elsewhere.
fn sorted(tree: Tree) -> Tree {
    match tree {
        Tree::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            Tree::Map(entries)
        }
        Tree::List(items) => Tree::List(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several additions at once: nothing that was there goes, and the tree is the intended one.
    #[test]
    fn additions_keep_every_byte((tree, text) in texts(), picks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let read = Text::new(&text);
        prop_assert_eq!(&Tree::of(read.documents[0].root()), &tree, "the test's own text: {:?}", text);
        let mut all = vec![Vec::new()];
        ways(&tree, &mut Vec::new(), &mut all);
        let mut meant = tree.clone();
        let mut edits: Vec<Edit<'_>> = Vec::new();
        for (number, (pick, choice)) in picks.iter().enumerate() {
            let way = pick.get(&all);
            let node = node_at(&read, way);
            let value = value(*choice);
            match meant.at(way) {
                Tree::Map(entries) => {
                    let key = ["new-0", "new-1", "new-2", "new-3"][number];
                    entries.push((key.to_owned(), Tree::of_value(&value)));
                    edits.push(Edit::set(node, &[key], value));
                }
                Tree::List(items) if !edits.iter().any(|edit| edit.at == node) => {
                    items.push(Tree::of_value(&value));
                    edits.push(Edit::append(node, value));
                }
                _ => {}
            }
        }
        let result = read.patched(&edits);
        let result = result.map_err(|why| TestCaseError::fail(format!("{why}\n{text}\n{edits:?}")))?;
        let after = Text::new(&result);
        prop_assert_eq!(Tree::of(after.documents[0].root()), meant, "{}\n{}", text, result);
        prop_assert!(is_within(text.trim_end(), &result), "{}\n{}", text, result);
        let lone = result.matches('\n').count() - result.matches("\r\n").count();
        prop_assert!(!text.contains("\r\n") || lone == 0, "line ends are mixed: {:?}", result);
        prop_assert_eq!(text.ends_with('\n'), result.ends_with('\n'));
    }

    /// A scalar that is replaced leaves all before and behind it as it was.
    #[test]
    fn replacing_a_scalar_touches_nothing_else((tree, text) in texts(), pick in any::<prop::sample::Index>()) {
        let read = Text::new(&text);
        let mut all = Vec::new();
        ways(&tree, &mut Vec::new(), &mut all);
        let mut meant = tree.clone();
        all.retain(|way| matches!(meant.at(way), Tree::Scalar(..)));
        if all.is_empty() {
            return Ok(());
        }
        let way = pick.get(&all);
        let node = node_at(&read, way);
        *meant.at(way) = Tree::Scalar(Kind::Str, "other".to_owned());
        let result = read.patched(&[Edit::set(node, &[], Value::str("other"))]).expect("a scalar can be replaced");
        let span = node.span();
        prop_assert!(result.starts_with(&text[..span.start as usize]), "{}\n{}", text, result);
        prop_assert!(result.ends_with(&text[span.end as usize..]), "{}\n{}", text, result);
        prop_assert_eq!(Tree::of(Text::new(&result).documents[0].root()), meant);
    }

    /// What is removed is gone, and nothing else; or the removal is refused.
    #[test]
    fn removals_remove_what_they_say((tree, text) in texts(), pick in any::<prop::sample::Index>()) {
        let read = Text::new(&text);
        let mut all = Vec::new();
        ways(&tree, &mut Vec::new(), &mut all);
        let way = pick.get(&all);
        let (last, parent) = way.split_last().expect("a way has a last step");
        let mut meant = tree.clone();
        match meant.at(parent) {
            Tree::Map(entries) => drop(entries.remove(*last)),
            Tree::List(items) => drop(items.remove(*last)),
            _ => {}
        }
        let removed = read.patched(&[Edit { at: node_at(&read, way), change: Change::Remove }]);
        if let Ok(result) = removed {
            prop_assert_eq!(Tree::of(Text::new(&result).documents[0].root()), meant.clone(), "{}\n{}", text, result);
            let comments = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
            // What stands inside goes: inside the entry, or inside what is left empty.
            let emptied = matches!(meant.at(parent), Tree::Map(e) if e.is_empty())
                || matches!(meant.at(parent), Tree::List(i) if i.is_empty());
            let outer = node_at(&read, if emptied { parent } else { way });
            let start = outer.key().unwrap_or(outer).span().start as usize;
            let inside = comments(&text[start..outer.span().end as usize]);
            prop_assert!(comments(&result) + inside >= comments(&text), "{}\n{}", text, result);
        } else {
            // Only the single entry of a list's item, and the root's, have nowhere to leave brackets.
            let only = match meant.at(parent) {
                Tree::Map(entries) => entries.is_empty(),
                Tree::List(items) => items.is_empty(),
                _ => false,
            };
            prop_assert!(only, "{:?}\n{}", removed, text);
        }
    }

    /// Making the same edits again changes nothing.
    #[test]
    fn setting_twice_is_setting_once((tree, text) in texts(), pick in any::<prop::sample::Index>(), choice in any::<u8>()) {
        let read = Text::new(&text);
        let mut all = vec![Vec::new()];
        ways(&tree, &mut Vec::new(), &mut all);
        all.retain(|way| matches!(tree.clone().at(way), Tree::Map(_)));
        let way = pick.get(&all);
        let path = &["deep", "deeper"];
        let value = if choice % 2 == 0 { Value::Bool(true) } else { Value::str("x") };
        let once = read.patched(&[Edit::set(node_at(&read, way), path, value.clone())]).expect("a map can be added to");
        let again = Text::new(&once);
        let twice = again.patched(&[Edit::set(node_at(&again, way), path, value)]).expect("and again");
        prop_assert_eq!(once, twice);
    }

    /// An edit of a value that stands in three places changes the one that it is of, or is refused.
    #[test]
    fn shared_values_change_where_they_should((tree, _) in texts(), choices in prop::collection::vec(any::<u8>(), 0..60), pick in any::<prop::sample::Index>(), choice in any::<u8>(), block in any::<bool>()) {
        let mut author = Author { choices, next: 0, step: 2, list_step: 2, eol: "\n" };
        let mut text = String::from("one: &one ");
        if block {
            text.push_str("\n  ");
            author.block(&tree, 2, &mut text);
        } else {
            text.push_str(&author.brackets(&tree));
            text.push('\n');
        }
        text.push_str("two: *one  # too\nthree:\n  <<: *one\n  own: 1\nfour: {list: [1, 2], <<: *one}\n");
        let read = Text::new(&text);
        let whole = Tree::of(read.documents[0].root());
        let mut all = Vec::new();
        ways(&whole, &mut Vec::new(), &mut all);
        let way = pick.get(&all);
        let mut meant = whole.clone();
        let value = value(choice);
        let change = match meant.at(way) {
            Tree::Map(entries) if choice % 2 == 0 => {
                entries.push(("new".to_owned(), Tree::of_value(&value)));
                Change::Set { path: vec!["new".into()], value }
            }
            other => {
                *other = Tree::of_value(&value);
                Change::Set { path: Vec::new(), value }
            }
        };
        if let Ok(result) = read.patched(&[Edit { at: node_at(&read, way), change }]) {
            let after = Tree::of(Text::new(&result).documents[0].root());
            prop_assert_eq!(sorted(after), sorted(meant), "{}\n{}", text, result);
            prop_assert!(result.contains("&one"), "the anchor is gone: {}", result);
        } else {
            prop_assert!(way != &[2] || choice % 2 == 1, "could be written: {} {:?}", text, way);
        }
    }
}
