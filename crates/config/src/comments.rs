//! Exceptions in comments: `# seawall: ignore[check-id] reason`.
//!
//! On the line of what it accepts, or on a line of its own above it. Several checks are separated
//! by commas; several comments above one line all hold for it.

use std::sync::Arc;

use seawall_model::{Location, Origin};

use crate::decision::{Decision, Scope};
use crate::file::unknown_check;
use crate::marks::{Comment, Word};

const MARK: &str = "seawall: ignore";

/// A comment or annotation that can't hold, and why.
pub(crate) type Invalid = (Location, String);

/// The decisions in comments.
pub(crate) fn find(
    comments: &[Comment],
    decisions: &mut Vec<Decision>,
    invalid: &mut Vec<Invalid>,
) {
    for comment in comments.iter().filter(|comment| comment.word == Word::Own) {
        // Directly behind a `#`, so that a comment may speak of the mark.
        let before = &comment.text()[..(comment.at - comment.span.start) as usize];
        if !before.trim_end().ends_with('#') {
            continue;
        }
        let rest = &comment.words()[MARK.len()..];
        let parsed = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((checks, reason)) = parsed else {
            let why = "write `# seawall: ignore[check-id] reason`".to_owned();
            invalid.push((comment.location(), why));
            continue;
        };
        let reason = reason.trim().trim_start_matches(['-', ':', '–', '—']).trim();
        if reason.is_empty() {
            let why = format!("`ignore[{checks}]` gives no reason; write one behind the bracket");
            invalid.push((comment.location(), why));
            continue;
        }
        for id in checks.split(',').map(str::trim) {
            let Some(check) = seawall_checks::find(id) else {
                invalid.push((comment.location(), unknown_check(id)));
                continue;
            };
            decisions.push(Decision {
                origin: Origin::Comment,
                checks: vec![check],
                scope: Scope::Line(Arc::clone(&comment.source), comment.line),
                bounds: Vec::new(),
                reason: reason.to_owned(),
                owner: None,
                expires: None,
                location: comment.location(),
                what: format!("`ignore[{id}]`"),
            });
        }
    }
}
