//! Files as they come: what changes is what was meant, byte for byte.

mod support;

use seawall_model::document::Node;
use seawall_model::{Change, Edit, Value};
use seawall_patch::Refused;
use support::Text;

/// The node at a way of keys and positions, such as `2/spec/containers/0`: first the number
/// of the document from 1.
fn at<'a>(text: &'a Text, way: &str) -> Node<'a> {
    let mut steps = way.split('/');
    let document: usize =
        steps.next().expect("there is a first step").parse().expect("a document's number");
    steps.fold(text.documents[document - 1].root(), |node, step| {
        let child = match step.parse::<usize>() {
            Ok(index) if node.key().is_none() || node.items().next().is_some() => {
                node.items().nth(index)
            }
            _ => node.entries().find(|(key, _)| key.text() == step).map(|(_, value)| value),
        };
        child.unwrap_or_else(|| panic!("no {step} of {way}"))
    })
}

/// Edits as `(way, change)`.
fn patched(text: &str, edits: &[(&str, Change)]) -> Result<String, Refused> {
    let text = Text::new(text);
    let edits: Vec<Edit<'_>> = edits
        .iter()
        .map(|(way, change)| Edit { at: at(&text, way), change: change.clone() })
        .collect();
    text.patched(&edits)
}

fn set(path: &[&'static str], value: Value) -> Change {
    Change::Set { path: path.iter().map(|key| (*key).into()).collect(), value }
}

fn yes() -> Value {
    Value::Bool(true)
}

fn no() -> Value {
    Value::Bool(false)
}

/// Asserts that edits make `after` of `before`, and that doing it again changes nothing.
#[track_caller]
fn becomes(before: &str, edits: &[(&str, Change)], after: &str) {
    let result = patched(before, edits).expect("the edits go through");
    assert_eq!(result, after, "\nis:\n{result}\nshould be:\n{after}");
}

fn drop_all() -> Change {
    set(&["securityContext", "capabilities", "drop"], Value::List(vec![Value::str("ALL")]))
}

fn seccomp() -> Change {
    set(&["securityContext", "seccompProfile", "type"], Value::str("RuntimeDefault"))
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web   # the shop
spec:
  containers:
  # first
  - name: web
    image: nginx:1.27   # pinned

    # resources:
    #   limits: {}

  # second
  - name: side
    image: 'side:1'
  volumes: []
";

#[test]
fn missing_maps_are_made_in_the_style_of_the_file() {
    becomes(
        POD,
        &[
            ("1/spec/containers/0", set(&["securityContext", "privileged"], no())),
            ("1/spec/containers/0", drop_all()),
            ("1/spec/containers/1", seccomp()),
        ],
        "\
apiVersion: v1
kind: Pod
metadata:
  name: web   # the shop
spec:
  containers:
  # first
  - name: web
    image: nginx:1.27   # pinned
    securityContext:
      privileged: false
      capabilities:
        drop:
        - ALL

    # resources:
    #   limits: {}

  # second
  - name: side
    image: 'side:1'
    securityContext:
      seccompProfile:
        type: RuntimeDefault
  volumes: []
",
    );
}

#[test]
fn windows_line_ends_and_a_missing_last_one_stay() {
    becomes(
        "kind: Pod\r\nspec:\r\n    containers:\r\n        - name: a\r\n          image: b # c\t",
        &[("1/spec/containers/0", seccomp()), ("1/spec", set(&["hostUsers"], no()))],
        "kind: Pod\r\nspec:\r\n    containers:\r\n        - name: a\r\n          image: b # c\t\
         \r\n          securityContext:\r\n              seccompProfile:\r\n                  type: \
         RuntimeDefault\r\n    hostUsers: false",
    );
}

#[test]
fn brackets_on_one_line() {
    becomes(
        "{apiVersion: v1, kind: Pod, spec: { containers: [{name: a}, {name: b, securityContext: {}}] } }\n",
        &[
            ("1/spec/containers/0", drop_all()),
            ("1/spec/containers/1", seccomp()),
            ("1/spec", set(&["hostPID"], no())),
        ],
        "{apiVersion: v1, kind: Pod, spec: { containers: [{name: a, securityContext: \
         {capabilities: {drop: [ALL]}}}, {name: b, securityContext: {seccompProfile: {type: \
         RuntimeDefault}}}], hostPID: false } }\n",
    );
}

#[test]
fn brackets_within_block_style() {
    becomes(
        "spec:\n  containers:\n    - {name: a, securityContext: {runAsUser: 1,}}   \n    - name: b\n      securityContext: {}\n",
        &[
            ("1/spec/containers/0", set(&["securityContext", "privileged"], no())),
            ("1/spec/containers/1", set(&["securityContext", "privileged"], no())),
        ],
        "spec:\n  containers:\n    - {name: a, securityContext: {runAsUser: 1, privileged: false,}}   \n    - name: b\n      securityContext: {privileged: false}\n",
    );
}

#[test]
fn json_spread_over_lines() {
    becomes(
        "{\n\t\"kind\": \"Pod\",\n\t\"spec\": {\n\t\t\"containers\": [\n\t\t\t{\n\t\t\t\t\"name\": \"a\"\n\t\t\t}\n\t\t],\n\t\t\"securityContext\": {}\n\t}\n}",
        &[
            ("1/spec/containers/0", drop_all()),
            ("1/spec", set(&["securityContext", "runAsNonRoot"], yes())),
        ],
        "{\n\t\"kind\": \"Pod\",\n\t\"spec\": {\n\t\t\"containers\": [\n\t\t\t{\n\t\t\t\t\"name\": \"a\",\n\t\t\t\t\"securityContext\": {\n\t\t\t\t\t\"capabilities\": {\n\t\t\t\t\t\t\"drop\": [\n\t\t\t\t\t\t\t\"ALL\"\n\t\t\t\t\t\t]\n\t\t\t\t\t}\n\t\t\t\t}\n\t\t\t}\n\t\t],\n\t\t\"securityContext\": {\n\t\t\t\"runAsNonRoot\": true\n\t\t}\n\t}\n}",
    );
}

#[test]
fn json_without_blanks() {
    becomes(
        r#"{"kind":"Pod","spec":{"containers":[{"name":"a"}],"hostPID":true,"x":{}}}"#,
        &[
            ("1/spec/containers/0", drop_all()),
            ("1/spec/hostPID", set(&[], no())),
            ("1/spec/x", set(&["y"], Value::Int(1))),
        ],
        r#"{"kind":"Pod","spec":{"containers":[{"name":"a","securityContext":{"capabilities":{"drop":["ALL"]}}}],"hostPID":false,"x":{"y":1}}}"#,
    );
}

#[test]
fn scalars_keep_their_quotes_and_their_comments() {
    becomes(
        "a: true  # why\nb: 'x'\nc: \"y\"\nd: plain\ne:\nf: ~ # nothing\ng: \"true\"\n",
        &[
            ("1/a", set(&[], no())),
            ("1/b", set(&[], Value::str("it's"))),
            ("1/c", set(&[], Value::str("a \"b\"\n"))),
            ("1/d", set(&[], Value::str("on"))),
            ("1/e", set(&[], yes())),
            ("1/f", set(&[], Value::Int(-1))),
            ("1/g", set(&[], yes())),
        ],
        "a: false  # why\nb: 'it''s'\nc: \"a \\\"b\\\"\\n\"\nd: \"on\"\ne: true\nf: -1 # nothing\ng: true\n",
    );
}

#[test]
fn a_key_with_nothing_behind_it_gets_a_map() {
    becomes(
        "spec:\n  securityContext: # later\n  x: 1\nstatus:",
        &[
            ("1/spec", set(&["securityContext", "runAsNonRoot"], yes())),
            ("1", set(&["status", "phase"], Value::str("Failed"))),
            ("1", set(&["more"], Value::str("x"))),
        ],
        "spec:\n  securityContext: # later\n    runAsNonRoot: true\n  x: 1\nstatus:\n  phase: Failed\nmore: x",
    );
}

#[test]
fn entries_go_with_their_lines() {
    becomes(
        "spec:\n  # of the node\n  hostPID: true # all\n  hostIPC: true\n  containers:\n  - image: a\n    name: b\n    args:\n    - x\n    - y\n  - stdin: true\n\n    name: c\n  - tty: true # t\n    # its name\n    name: d\n",
        &[
            ("1/spec/hostPID", Change::Remove),
            ("1/spec/hostIPC", Change::Remove),
            ("1/spec/containers/0/args/0", Change::Remove),
            ("1/spec/containers/1/stdin", Change::Remove),
            ("1/spec/containers/2/tty", Change::Remove),
        ],
        "spec:\n  # of the node\n  containers:\n  - image: a\n    name: b\n    args:\n    - y\n  - name: c\n  -\n    # its name\n    name: d\n",
    );
}

#[test]
fn the_last_entry_leaves_empty_brackets() {
    becomes(
        "a:\n  b: 1\nc: # list\n- 2\n- 3\nd: 4",
        &[
            ("1/a/b", Change::Remove),
            ("1/c/0", Change::Remove),
            ("1/c/1", Change::Remove),
            ("1/d", Change::Remove),
        ],
        "a: {}\nc: [] # list",
    );
}

#[test]
fn entries_go_from_brackets_with_a_comma() {
    becomes(
        "a: {x: 1, w: 2, z: 3}\nb: {x: 1, w: 2, z: 3}\nc: [ 1, 2 , 3 ]\nd: {x: 1}\ne: [1, 2,]\nf: {x: 1, w: 2, z: 3}\n",
        &[
            ("1/a/x", Change::Remove),
            ("1/b/z", Change::Remove),
            ("1/c/1", Change::Remove),
            ("1/d/x", Change::Remove),
            ("1/e/1", Change::Remove),
            ("1/f/w", Change::Remove),
            ("1/f/z", Change::Remove),
        ],
        "a: {w: 2, z: 3}\nb: {x: 1, w: 2}\nc: [ 1, 3 ]\nd: {}\ne: [1, ]\nf: {x: 1}\n",
    );
}

#[test]
fn json_lines_go_with_a_comma() {
    becomes(
        "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": 2\n  },\n  \"d\": 3\n}\n",
        &[("1/b", Change::Remove), ("1/d", Change::Remove)],
        "{\n  \"a\": 1\n}\n",
    );
    becomes("{\n  \"a\": 1,\n  \"b\": 2\n}\n", &[("1/a", Change::Remove)], "{\n  \"b\": 2\n}\n");
}

#[test]
fn brackets_over_lines_with_comments() {
    becomes(
        "a: {\n  x: 1,  # one\n  y: 2   # two\n}\nb: [\n  1, # one\n  2, # two\n]\n",
        &[("1/a", set(&["z"], yes())), ("1/b", Change::Append(Value::Int(3)))],
        "a: {\n  x: 1,  # one\n  y: 2,   # two\n  z: true\n}\nb: [\n  1, # one\n  2, # two\n  3,\n]\n",
    );
}

#[test]
fn keys_are_renamed_in_their_quotes() {
    becomes(
        "serviceAccount: shop # who\n\"b\": 1\n'c' : 2\n",
        &[
            ("1/serviceAccount", Change::Rename("serviceAccountName".into())),
            ("1/b", Change::Rename("d".into())),
            ("1/c", Change::Rename("true".into())),
        ],
        "serviceAccountName: shop # who\n\"d\": 1\n'true' : 2\n",
    );
}

#[test]
fn documents_of_a_stream_are_edited_each_for_itself() {
    becomes(
        "# head\n---\na: 1\n---\n# two\nb:\n- c\n# tail\n--- # three\n{d: 2}\n...\n",
        &[
            ("1", set(&["x"], yes())),
            ("2/b", Change::Append(Value::str("e"))),
            ("3", set(&["x"], yes())),
        ],
        "# head\n---\na: 1\nx: true\n---\n# two\nb:\n- c\n- e\n# tail\n--- # three\n{d: 2, x: true}\n...\n",
    );
}

#[test]
fn comments_of_entries_that_were_commented_out_stay_with_them() {
    becomes(
        "spec:\n  containers:\n  - name: a\n    args:\n    - x\n    # - y\n\t# tab\n  # next\n  - name: b\n",
        &[
            ("1/spec/containers/0", set(&["tty"], no())),
            ("1/spec/containers/0/args", Change::Append(Value::str("z"))),
        ],
        "spec:\n  containers:\n  - name: a\n    args:\n    - x\n    # - y\n    - z\n    tty: false\n\t# tab\n  # next\n  - name: b\n",
    );
}

#[test]
fn block_scalars_are_not_touched() {
    let script = "data:\n  run: |\n    set -e\n\n    # no comment\n    key: value\n\n\nnext: >-\n  folded\n  text\n";
    becomes(
        script,
        &[("1/data", set(&["other"], Value::str("x y"))), ("1", set(&["last"], yes()))],
        "data:\n  run: |\n    set -e\n\n    # no comment\n    key: value\n  other: \"x y\"\n\n\nnext: >-\n  folded\n  text\nlast: true\n",
    );
    let kept = patched("data:\n  run: |+\n    a\n\nb: 1\n", &[("1/data", set(&["x"], yes()))]);
    assert!(matches!(kept, Err(Refused::Unproven(_))), "{kept:?}");
}

#[test]
fn mixed_indentation_follows_the_map_itself() {
    becomes(
        "a:\n      b:\n       - c: 1\n         d:\n            e: 2\n",
        &[("1/a/b/0", set(&["x"], yes())), ("1/a/b/0/d", set(&["w"], yes()))],
        "a:\n      b:\n       - c: 1\n         d:\n            e: 2\n            w: true\n         x: true\n",
    );
}

const SHARED: &str =
    "base: &base\n  x: 1\na: *base\nb:\n  <<: *base\n  w: 2\nc: &own {z: 1}\nd: [&s s, *s]\n";

#[test]
fn what_would_change_other_places_is_refused() {
    for (way, change) in [
        // The anchor is where the others look.
        ("1/base/x", set(&[], Value::Int(7))),
        ("1/d/0", Change::Remove),
        // An item has no key to write the value behind, and nothing takes back what is merged.
        ("1/d/1", set(&[], yes())),
        ("1/b/x", Change::Remove),
        ("1/b/x", Change::Rename("y".into())),
    ] {
        assert_eq!(patched(SHARED, &[(way, change)]), Err(Refused::Shared), "{way}");
    }
    // What is merged would get the new key too.
    let grown = patched(SHARED, &[("1/base", set(&["k"], yes()))]);
    assert!(grown.is_err(), "{grown:?}");
}

#[test]
fn what_is_merged_into_may_be_added_to() {
    // And an anchor that nobody uses shares nothing.
    becomes(
        SHARED,
        &[
            ("1/b", set(&["k"], yes())),
            ("1/c", set(&["k"], yes())),
            ("1/b/w", set(&[], Value::Int(3))),
        ],
        &SHARED.replace("  w: 2\n", "  w: 3\n  k: true\n").replace("{z: 1}", "{z: 1, k: true}"),
    );
    becomes(
        "a: &a {x: 1}\nb: {<<: *a}\nc: { w: 1, <<: *a , }\n",
        &[("1/b", set(&["k"], yes())), ("1/c", set(&["k"], no()))],
        "a: &a {x: 1}\nb: {<<: *a, k: true}\nc: { w: 1, <<: *a , k: false, }\n",
    );
}

#[test]
fn a_key_of_its_own_overrides_what_is_merged() {
    becomes(
        SHARED,
        &[("1/b/x", set(&[], Value::Int(7)))],
        &SHARED.replace("  w: 2\n", "  w: 2\n  x: 7\n"),
    );
    becomes(
        "x-base: &base\n  image: app:1 # the app\n  securityContext:\n    privileged: false\n    capabilities:\n      drop: [ALL]\n      add: []\ncontainers:\n  - <<: *base\n    name: a\n  - {<<: *base, name: b}\n",
        &[
            ("1/containers/0", set(&["securityContext", "runAsUser"], Value::Int(7))),
            ("1/containers/1/securityContext/capabilities/add", Change::Remove),
            ("1/containers/1", set(&["stdin"], no())),
        ],
        "x-base: &base\n  image: app:1 # the app\n  securityContext:\n    privileged: false\n    capabilities:\n      drop: [ALL]\n      add: []\ncontainers:\n  - <<: *base\n    name: a\n    securityContext:\n      privileged: false\n      capabilities:\n        drop:\n          - ALL\n        add: []\n      runAsUser: 7\n  - {<<: *base, name: b, stdin: false, securityContext: {privileged: false, capabilities: {drop: [ALL]}}}\n",
    );
}

#[test]
fn an_alias_that_changes_alone_is_written_out() {
    becomes(
        SHARED,
        &[("1/a", set(&["k"], yes()))],
        &SHARED.replace("a: *base\n", "a:\n  x: 1\n  k: true\n"),
    );
    becomes(SHARED, &[("1/a", Change::Remove)], &SHARED.replace("a: *base\n", ""));
    becomes(
        SHARED,
        &[("1/a", Change::Rename("e".into()))],
        &SHARED.replace("a: *base", "e: *base"),
    );
    becomes(
        "a: &id 0   # root\nb: { x: *id, y: *id }\nc:   *id # too\n",
        &[("1/b/x", set(&[], Value::Int(5))), ("1/c", set(&[], Value::Int(6)))],
        "a: &id 0   # root\nb: { x: 5, y: *id }\nc: 6 # too\n",
    );
    becomes(
        "a: &m {x: [1]}\nb: *m   # as a\nc: {d: *m}\n",
        &[("1/b/x", Change::Append(Value::Int(2))), ("1/c/d/x", Change::Remove)],
        "a: &m {x: [1]}\nb:   # as a\n  x:\n    - 1\n    - 2\nc: {d: {}}\n",
    );
}

#[test]
fn what_all_copies_want_is_written_at_the_anchor() {
    let no = || set(&[], no());
    becomes(
        "a: &a\n  tty: true # on\nb: *a\nc:\n  <<: *a\n  k: 1\n",
        &[("1/a/tty", no()), ("1/b/tty", no()), ("1/c/tty", no())],
        "a: &a\n  tty: false # on\nb: *a\nc:\n  <<: *a\n  k: 1\n",
    );
    // All but the anchor: each is on its own.
    becomes(
        "a: &a\n  tty: true # on\nb: *a\nc:\n  <<: *a\n  k: 1\n",
        &[("1/b/tty", no()), ("1/c/tty", no())],
        "a: &a\n  tty: true # on\nb:\n  tty: false\nc:\n  <<: *a\n  k: 1\n  tty: false\n",
    );
}

#[test]
fn what_can_not_be_written_again_is_refused() {
    let text = "a: &a {x: 1.5, w: 1}\nb: *a\nc: &c {x: , w: 1}\nd: {<<: *c}\n";
    for way in ["1/b/w", "1/d"] {
        let change = if way == "1/d" { set(&["x", "k"], yes()) } else { set(&[], yes()) };
        let refused = patched(text, &[(way, change)]);
        assert_eq!(refused.is_err(), way == "1/b/w", "{way}: {refused:?}");
    }
    let many: String = (0..300).map(|n| format!("  k{n}: v\n")).collect();
    let large = format!("a: &a\n{many}b: *a\n");
    assert!(matches!(patched(&large, &[("1/b", set(&["x"], yes()))]), Err(Refused::Layout(_))));
}

#[test]
fn edits_that_meet_are_refused() {
    let text = "a:\n  b: 1\n  c: 2\n";
    let conflict = |edits: &[(&str, Change)]| {
        assert_eq!(patched(text, edits), Err(Refused::Conflict), "{edits:?}");
    };
    conflict(&[("1/a", Change::Remove), ("1/a/b", set(&[], yes()))]);
    conflict(&[("1/a/b", set(&[], yes())), ("1/a/b", set(&[], no()))]);
    conflict(&[("1/a", set(&["x"], yes())), ("1/a", set(&["x"], no()))]);
    conflict(&[("1/a/c", Change::Remove), ("1/a", set(&["x"], yes()))]);
    // The same edit twice is one edit.
    becomes(
        text,
        &[
            ("1/a", set(&["x", "w"], yes())),
            ("1/a", set(&["x", "w"], yes())),
            ("1/a", set(&["x", "z"], no())),
        ],
        "a:\n  b: 1\n  c: 2\n  x:\n    w: true\n    z: false\n",
    );
}

#[test]
fn what_has_no_place_is_refused_with_the_reason() {
    let said = |text: &str, way: &str, change: Change| {
        patched(text, &[(way, change)]).expect_err("the edit is refused").to_string()
    };
    assert_eq!(
        said("securityContext: none\n", "1", set(&["securityContext", "x"], yes())),
        "securityContext is a string where a map belongs"
    );
    assert_eq!(said("a: 1\nb: 2\n", "1/a", Change::Rename("b".into())), "there is a b already");
    assert_eq!(said("a: 1\n", "1", Change::Remove), "it is the whole document");
    assert!(said("a: !!str 1\n", "1/a", set(&[], yes())).contains("would not read as intended"));
}

#[test]
fn a_key_that_stands_twice_is_not_brought_back() {
    let removed = patched("a: 1\nb: 2\na: 3\n", &[("1/a", Change::Remove)]);
    assert!(removed.is_err(), "{removed:?}");
}

#[test]
fn a_comment_behind_the_dash_is_no_dash() {
    let text = "args:\n- # ü\n  a: 1\n- # one -\n  b: 2\n";
    becomes(
        text,
        &[("1/args/0", set(&["c"], yes()))],
        &text.replace("a: 1\n", "a: 1\n  c: true\n"),
    );
    for edits in [("1/args/0", Change::Remove), ("1/args", Change::Append(Value::Int(3)))] {
        assert!(matches!(patched(text, &[edits]), Err(Refused::Layout(_))));
    }
}
