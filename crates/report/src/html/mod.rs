//! One self-contained page for a browser, readable without a network and without scripts.
//!
//! The page may load and run nothing but its own style and script: its Content Security Policy
//! names them by hash, so that no text from a stranger could become either. Filters live in the
//! address (`#severity=high&check=host-network`), so that a view of the page can be passed on.
//!
//! Bounds. All findings are in the page up to [`MOST_FINDINGS`]; resources stand worst first, so
//! that what is cut is what matters least, and it is counted. Resources behind the first
//! [`FIRST`] findings stand in `<noscript>`: a browser without scripts shows them, one with
//! scripts keeps them as text until they are looked at, and so opens tens of thousands at once.
//! Remedies stand once a check, not once a finding.

mod markup;
mod page;
mod resources;

use std::io;

use crate::Report;
use page::Page;

/// Findings that the page holds at most.
pub const MOST_FINDINGS: usize = 100_000;

/// Rows of each list of what was not decided, read or scanned.
const MOST_ROWS: usize = 5_000;

/// Findings that are in the page as they are.
const FIRST: usize = 1_000;

/// Findings of one `<noscript>`.
const CHUNK: usize = 1_000;

/// The page's style.
pub const STYLE: &str = include_str!("page.css");

/// The page's script.
pub const SCRIPT: &str = include_str!("page.js");

/// The Content Security Policy, with the hashes of [`STYLE`] and [`SCRIPT`].
const POLICY: &str = "default-src 'none'; style-src 'sha256-3s9IYzBrtfhztN7CIbR/OeTc7jcY8eWUJe6UzTUquTQ='; script-src 'sha256-0KzACUCChpbwscn/RQcOVmZtbQIrUgWK/HaOqC/5vjE='; \
                      base-uri 'none'; form-action 'none'";

/// Writes the page.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let page = Page::new(report);
    let mut bytes = Vec::new();
    page.head(&mut bytes);
    out.write_all(&bytes)?;
    page.resources.write(out)?;
    bytes.clear();
    page.tail(&mut bytes);
    out.write_all(&bytes)
}
