//! Texts that a reader must survive: seeds for fuzzing and input for the bounds.

/// Hostile texts with their names, some kilobytes each at most.
pub fn texts() -> Vec<(&'static str, Vec<u8>)> {
    let text = |name, text: String| (name, text.into_bytes());
    vec![
        text("alias-bomb", alias_bomb(10, 9)),
        text("alias-chain", alias_chain(300)),
        text("merge-bomb", merge_bomb(12)),
        text("deep-flow-list", "[".repeat(3000)),
        text("deep-flow-map", "{a: ".repeat(1000)),
        text("deep-json", format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500))),
        text("deep-block-list", format!("{}x\n", "- ".repeat(1000))),
        text("deep-block-map", deep_block_map(120)),
        text("many-anchors", (0..300).map(|i| format!("k{i}: &a{i} v\n")).collect()),
        text("many-duplicates", "a: 1\n".repeat(500)),
        text("many-documents", "---\na: 1\n".repeat(400)),
        text("many-separators", "---\n".repeat(1000)),
        text("many-question-marks", "? ".repeat(1000)),
        text("long-key", format!("{}: 1\n", "k".repeat(4000))),
        text("long-scalar", format!("a: {}\n", "x ".repeat(2000))),
        text("long-number", format!("a: {}\n", "9".repeat(2000))),
        text("self-alias", "a: &x\n  b: *x\n".to_owned()),
        text("self-merge", "a: &x\n  <<: *x\n".to_owned()),
        text("unclosed", "a: [{b: \"c\n".to_owned()),
        text("tabs", "a:\n\t- b\n\t\tc\n".to_owned()),
        text("block-headers", "a: |9+\n b: >-0\n c: |2\n".to_owned()),
        text("line-ends", "a: 1\r\rb: 2\r\n\u{85}c: 3\u{2028}".to_owned()),
        text("template", "a: {{ .Values.x }}\n{{- if y }}\nb: 1\n{{- end }}\n".to_owned()),
        ("not-utf-8", b"a: \xff\xfe\xc0\x80\n".to_vec()),
        ("utf-16", b"\xff\xfea\0:\0 \x001\0\n\0".to_vec()),
        ("nul", b"a: 1\0\nb: \0\n".to_vec()),
    ]
}

fn alias_bomb(levels: usize, width: usize) -> String {
    let mut out = String::from("a0: &a0 lol\n");
    for level in 1..=levels {
        let items = vec![format!("*a{}", level - 1); width].join(", ");
        out += &format!("a{level}: &a{level} [{items}]\n");
    }
    out
}

fn alias_chain(length: usize) -> String {
    let mut out = String::from("a0: &a0 [x]\n");
    for link in 1..=length {
        out += &format!("a{link}: &a{link} [*a{}, y]\n", link - 1);
    }
    out
}

fn merge_bomb(levels: usize) -> String {
    let mut out = String::from("a0: &a0 {k0: v}\n");
    for level in 1..=levels {
        out += &format!("a{level}: &a{level} {{<<: [*a{0}, *a{0}], k{level}: *a{0}}}\n", level - 1);
    }
    out
}

fn deep_block_map(levels: usize) -> String {
    (0..levels).map(|level| format!("{:level$}a:\n", "")).collect()
}
