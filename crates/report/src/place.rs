//! Where a finding stands, as every format says it.

use seawall_model::{Finding, LineOrigin, Location, Position};

/// A place with both ends; the end is just past the last character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) start: Position,
    pub(crate) end: Position,
    /// How the file and the text of the finding belong together, where they are not the same.
    pub(crate) rendered: Option<Rendered>,
}

/// How a rendered text belongs to its place in the file that it was rendered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rendered {
    /// It was made of what stands there.
    Made,
    /// It stands nowhere in the file; the place is the nearest.
    Near,
}

impl Rendered {
    /// How the text at a location belongs to the file; `None` where it stands there as it is.
    pub(crate) fn of(location: &Location) -> Option<Self> {
        match location.origin() {
            None | Some(LineOrigin::Same { .. }) => None,
            Some(LineOrigin::Made { .. }) => Some(Rendered::Made),
            Some(LineOrigin::Near { .. }) => Some(Rendered::Near),
        }
    }

    /// The name for programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Rendered::Made => "made",
            Rendered::Near => "near",
        }
    }

    /// What people read behind the place.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Rendered::Made => "as rendered",
            Rendered::Near => "or near it, as rendered",
        }
    }
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
        Self::from(&finding.site.location, finding.site.start)
    }

    fn from(location: &'a Location, start: Position) -> Self {
        let span = location.span;
        let rendered = Rendered::of(location);
        let marked = location.source.text().get(span.start as usize..span.end as usize);
        let end = match marked {
            // Counting on from the start spares a second walk along a line that may be the file.
            Some(marked) if !marked.contains('\n') && rendered.is_none() => {
                Position { line: start.line, column: start.column + marked.chars().count() as u32 }
            }
            _ => location.end(),
        };
        Place { file: location.source.name(), start, end, rendered }
    }
}
