//! Any edits of any text: the patcher answers or refuses, and what it gives out can be read.

use std::sync::Arc;

use seawall_model::document::{Document, Limits, Node, chunks, read};
use seawall_model::{Change, Edit, Source, Value};
use seawall_patch::patch;

/// Makes edits of a text as `choices` say, three bytes each, one by one and all together.
pub fn check(text: &str, choices: &[u8]) {
    let source = Arc::new(Source::new("any.yaml", text.to_owned()));
    let documents = documents(&source);
    let nodes: Vec<Node<'_>> = documents.iter().flat_map(Document::nodes).take(4096).collect();
    if nodes.is_empty() {
        return;
    }
    let edits: Vec<Edit<'_>> = choices
        .chunks_exact(3)
        .take(8)
        .map(|choice| {
            let at = nodes[(usize::from(choice[0]) << 8 | usize::from(choice[1])) % nodes.len()];
            Edit { at, change: change(choice[2]) }
        })
        .collect();
    for edit in &edits {
        try_out(&source, &documents, std::slice::from_ref(edit));
    }
    try_out(&source, &documents, &edits);
}

fn documents(source: &Arc<Source>) -> Vec<Document> {
    let limits = Limits::default();
    chunks(source).into_iter().flat_map(|chunk| read(source, chunk, &limits).documents).collect()
}

fn change(choice: u8) -> Change {
    let set = |path: &[&'static str], value| Change::Set {
        path: path.iter().map(|key| (*key).into()).collect(),
        value,
    };
    match choice % 10 {
        0 => set(&["securityContext", "privileged"], Value::Bool(false)),
        1 => set(&["new key"], Value::List(vec![Value::str("a"), Value::Map(vec![])])),
        2 => set(&[], Value::Bool(true)),
        3 => set(&[], Value::str("it's \"odd\": # \u{1}\u{2028}")),
        4 => set(&[], Value::entry("a", Value::Int(i64::from(choice)))),
        5 | 6 => Change::Remove,
        7 => Change::Rename("renamed".into()),
        8 => Change::Append(Value::str("ALL")),
        _ => Change::Append(Value::entry("name", Value::List(vec![Value::Int(1)]))),
    }
}

fn try_out(source: &Arc<Source>, before: &[Document], edits: &[Edit<'_>]) {
    let Ok(text) = patch(source, edits) else { return };
    let edited = Arc::new(Source::new("any.yaml", text));
    assert_eq!(documents(&edited).len(), before.len(), "{edits:?}: {:?}", edited.text());
}
