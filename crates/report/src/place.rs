//! Where a finding stands, as every format says it.

use seawall_model::{Finding, LineOrigin, Location, Position};

/// A place with both ends; the end is just past the last character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// A file's name for services that know files by their way from the root of the repository.
pub(crate) fn in_repository(file: &str) -> &str {
    file.strip_prefix("./").unwrap_or(file)
}

impl<'a> Place<'a> {
    pub(crate) fn of(location: &'a Location) -> Self {
        Self::from(location, location.start())
    }

    pub(crate) fn of_finding(finding: &'a Finding) -> Self {
        Self::from(&finding.location, finding.start)
    }

    fn from(location: &'a Location, start: Position) -> Self {
        let span = location.span;
        let marked = location.source.text().get(span.start as usize..span.end as usize);
        let end = match marked {
            // Counting on from the start spares a second walk along a line that may be the file.
            Some(marked) if !marked.contains('\n') && is_verbatim(location) => {
                Position { line: start.line, column: start.column + marked.chars().count() as u32 }
            }
            _ => location.end(),
        };
        Place { file: location.source.name(), start, end }
    }
}

/// Whether the marked text stands in the file that the place is in, character for character.
fn is_verbatim(location: &Location) -> bool {
    matches!(location.origin(), None | Some(LineOrigin::Same { .. }))
}
