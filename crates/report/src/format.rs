//! The names of the formats, and what a renderer needs beyond the report.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::SystemTime;

use crate::Report;

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// Seawall's own versioned JSON.
    Json,
    /// Static Analysis Results Interchange Format 2.1.0.
    Sarif,
    /// JUnit XML, as CI servers read it.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's SAST report.
    Gitlab,
    /// Comma-separated values.
    Csv,
    /// Markdown for a comment on a pull request.
    Markdown,
    /// One self-contained page for a browser.
    Html,
}

/// What a renderer needs that is not part of the result.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Colour the text for a terminal.
    pub colour: bool,
    /// Show in the text also what is suppressed and what holds no object.
    pub verbose: bool,
    /// When the scan began and ended; GitLab's reports must say so.
    pub times: (SystemTime, SystemTime),
}

impl Format {
    /// All formats, in the order of the help.
    pub const ALL: [Format; 9] = [
        Format::Text,
        Format::Json,
        Format::Sarif,
        Format::Junit,
        Format::Github,
        Format::Gitlab,
        Format::Csv,
        Format::Markdown,
        Format::Html,
    ];

    /// The name for `--output`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
            Format::Html => "html",
        }
    }

    /// Writes a report in this format.
    ///
    /// # Errors
    ///
    /// Fails where `out` fails.
    pub fn render(
        self,
        report: &Report<'_>,
        options: &Options,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        match self {
            Format::Text => crate::text::render(report, out, options.colour, options.verbose),
            Format::Json => crate::json::render(report, out),
            Format::Sarif => crate::sarif::render(report, out),
            Format::Junit => crate::junit::render(report, out),
            Format::Github => crate::github::render(report, out),
            Format::Gitlab => crate::gitlab::render(report, out, options.times),
            Format::Csv => crate::csv::render(report, out),
            Format::Markdown => crate::markdown::render(report, out),
            Format::Html => crate::html::render(report, out),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no output format; use {names}", names = Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_are_refused_with_the_list() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let error = "yaml".parse::<Format>().expect_err("yaml is no format");
        assert_eq!(
            error.to_string(),
            "\"yaml\" is no output format; \
             use text, json, sarif, junit, github, gitlab, csv, markdown, html"
        );
    }
}
