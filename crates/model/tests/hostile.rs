//! Large texts made to exhaust a reader: each is refused, or read, within its bounds.

use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Limits, chunks, read};

/// How many nodes a text has, and the first error.
fn nodes(text: String) -> Result<usize, String> {
    let source = Arc::new(Source::new("hostile", text));
    let mut nodes = 0;
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(error.cause);
        }
        nodes +=
            reading.documents.iter().map(seawall_model::document::Document::len).sum::<usize>();
    }
    Ok(nodes)
}

fn refused(text: String, because: &str) {
    let cause = nodes(text).expect_err(because);
    assert!(cause.contains(because), "{cause}");
}

#[test]
fn aliases_cannot_multiply_what_was_written() {
    let levels =
        (1..12).map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    refused(format!("a0: &a0 x\n{}", levels.collect::<String>()), "alias bomb");
    // A large document does not buy a large multiple.
    let filler = "# filler\n".repeat(1_000_000);
    let wide =
        format!("a: &a [{}x]\nb: [{}x]\n{filler}", "x, ".repeat(1000), "*a, ".repeat(10_000));
    refused(wide, "alias bomb");
    let merges =
        (1..14).map(|i| format!("a{i}: &a{i} {{<<: [*a{0}, *a{0}], k{i}: *a{0}}}\n", i - 1));
    refused(format!("a0: &a0 {{k: v}}\n{}", merges.collect::<String>()), "alias bomb");
}

#[test]
fn nothing_lies_deeper_than_the_limit() {
    refused("- ".repeat(100_000), "nested deeper");
    refused("{\"a\":".repeat(100_000), "nested deeper");
    refused((0..1000).map(|i| format!("{:i$}a:\n", "")).collect(), "nested deeper");
    refused(format!("a: {}", "[".repeat(100_000)), "recursion limit");
    let chain = (1..1000).map(|i| format!("a{i}: &a{i} [*a{}]\n", i - 1));
    let filler = "# filler\n".repeat(100_000);
    refused(format!("a0: &a0 [x]\n{}{filler}", chain.collect::<String>()), "nested deeper");
}

#[test]
fn brackets_that_do_not_close_are_not_kept_for_ever() {
    refused(format!("- [{}", "1,".repeat(700_000)), "more than 1048576 characters");
    refused(format!("{{\"a\": [{}}}", "1,".repeat(700_000)), "expected");
}

#[test]
fn what_is_merely_large_is_read() {
    assert_eq!(nodes("---\na: 1\n".repeat(100_000)), Ok(300_000));
    assert_eq!(nodes((0..100_000).map(|i| format!("k{i}: {i}\n")).collect()), Ok(200_001));
    assert_eq!(nodes("a: 1\n".repeat(100_000)), Ok(3));
    assert_eq!(nodes(format!("a: >\n{}", "  line\n".repeat(100_000))), Ok(3));
    assert_eq!(nodes(format!("a: 'x'\nb: &x {{c: \"é\"}}\n{}", "k: *x\n".repeat(5))), Ok(11));
    let large: String = (0..100_000).map(|i| format!("k{i}: é\n")).collect();
    assert!(large.len() > 1 << 20);
    assert_eq!(nodes(large), Ok(200_001));
}
