//! Lists of records, as kubectl prints them.
//!
//! A command that answers a question gives records: the answer's columns for people and
//! spreadsheets, the serialised record for programs. What could not be read stands beside them, so
//! that a short list is not taken for a complete one.

use std::io;
use std::str::FromStr;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::csv::cell;
use crate::escape::visible;

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListFormat {
    /// Aligned columns.
    #[default]
    Table,
    /// Aligned columns, the wide ones too.
    Wide,
    /// An object with `items` and `unread`.
    Json,
    /// The same as YAML.
    Yaml,
    /// All columns, comma-separated.
    Csv,
}

impl ListFormat {
    /// Every format, in the order of the help.
    pub const ALL: [ListFormat; 5] =
        [ListFormat::Table, ListFormat::Wide, ListFormat::Json, ListFormat::Yaml, ListFormat::Csv];

    /// As the user writes it.
    pub fn name(self) -> &'static str {
        match self {
            ListFormat::Table => "table",
            ListFormat::Wide => "wide",
            ListFormat::Json => "json",
            ListFormat::Yaml => "yaml",
            ListFormat::Csv => "csv",
        }
    }

    /// Whether it is for people.
    pub fn is_table(self) -> bool {
        matches!(self, ListFormat::Table | ListFormat::Wide)
    }
}

/// There is no such format.
#[derive(Debug, thiserror::Error)]
#[error("there are table, wide, json, yaml and csv")]
pub struct UnknownListFormat;

impl FromStr for ListFormat {
    type Err = UnknownListFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ListFormat::ALL.into_iter().find(|format| format.name() == text).ok_or(UnknownListFormat)
    }
}

/// A column of a list.
pub struct Column<T> {
    /// Its heading, in capitals.
    pub name: &'static str,
    /// Whether a plain table leaves it out.
    pub wide: bool,
    /// The cell of a record.
    pub cell: fn(&T) -> String,
}

impl<T> Column<T> {
    /// A column of every table.
    pub const fn new(name: &'static str, cell: fn(&T) -> String) -> Self {
        Column { name, wide: false, cell }
    }

    /// A column of wide tables.
    pub const fn wide(name: &'static str, cell: fn(&T) -> String) -> Self {
        Column { name, wide: true, cell }
    }
}

/// Writes a list. `unread` says what could not be read, one thing a text: programs get it all, and
/// below a table stands how much it is. CSV has no place for it.
///
/// # Errors
///
/// Fails where `out` fails, or where a record can't be serialised.
pub fn render<T: Serialize>(
    format: ListFormat,
    columns: &[Column<T>],
    items: &[T],
    unread: &[String],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        ListFormat::Table | ListFormat::Wide => {
            table(columns, items, format == ListFormat::Wide, out)?;
            remainder(unread, out)
        }
        ListFormat::Json | ListFormat::Yaml => record(format, &List { items, unread }, out),
        ListFormat::Csv => separated(columns, items, out),
    }
}

/// As [`render`], with a sentence in place of a table without rows.
///
/// # Errors
///
/// As [`render`].
pub fn answer<T: Serialize>(
    format: ListFormat,
    columns: &[Column<T>],
    items: &[T],
    nothing: &str,
    unread: &[String],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if items.is_empty() && format.is_table() {
        return writeln!(out, "{}", as_far(nothing, unread));
    }
    render(format, columns, items, unread, out)
}

/// What an answer lacks, in a few words; nothing where everything was read.
pub fn lacking(unread: &[String]) -> Option<String> {
    match unread.len() {
        0 => None,
        1 => Some("1 part could not be read or understood (standard error names it)".to_owned()),
        many => Some(format!(
            "{many} parts could not be read or understood (standard error names them)"
        )),
    }
}

/// A sentence that says no more than what was read allows.
pub fn as_far(sentence: &str, unread: &[String]) -> String {
    match lacking(unread) {
        None => sentence.to_owned(),
        Some(lacking) => {
            format!("{}, as far as was read: {lacking}.", sentence.trim_end_matches('.'))
        }
    }
}

/// Writes below a text for people what it lacks, if it lacks anything.
///
/// # Errors
///
/// Fails where `out` fails.
pub fn remainder(unread: &[String], out: &mut dyn io::Write) -> io::Result<()> {
    lacking(unread).map_or(Ok(()), |lacking| writeln!(out, "\nIncomplete: {lacking}."))
}

/// Writes one record as YAML, or as JSON in all other formats.
///
/// # Errors
///
/// Fails where `out` fails, or where the record can't be serialised.
pub fn record(
    format: ListFormat,
    record: &impl Serialize,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if format == ListFormat::Yaml {
        let text = serde_saphyr::to_string(record).map_err(io::Error::other)?;
        return out.write_all(text.as_bytes());
    }
    serde_json::to_writer_pretty(&mut *out, record)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct List<'a, T> {
    items: &'a [T],
    unread: &'a [String],
}

/// What stands between two columns.
const GAP: usize = 3;

fn table<T>(
    columns: &[Column<T>],
    items: &[T],
    wide: bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let columns: Vec<&Column<T>> = columns.iter().filter(|column| wide || !column.wide).collect();
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            columns.iter().map(|column| visible(&(column.cell)(item)).into_owned()).collect()
        })
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            rows.iter().map(|row| row[at].width()).chain([column.name.len()]).max().unwrap_or(0)
        })
        .collect();
    let mut line = String::new();
    let mut write = |cells: &mut dyn Iterator<Item = &str>| {
        line.clear();
        for (cell, width) in cells.zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + GAP - cell.width()));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        out.write_all(line.as_bytes())
    };
    write(&mut columns.iter().map(|column| column.name))?;
    rows.iter().try_for_each(|row| write(&mut row.iter().map(String::as_str)))
}

fn separated<T>(columns: &[Column<T>], items: &[T], out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    let heading = columns.iter().map(|column| column.name.to_lowercase().replace(' ', "_"));
    writer.write_record(heading).map_err(io::Error::from)?;
    for item in items {
        let cells = columns.iter().map(|column| cell(&(column.cell)(item)).into_owned());
        writer.write_record(cells).map_err(io::Error::from)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        kind: &'static str,
    }

    const COLUMNS: [Column<Row>; 2] = [
        Column::new("NAME", |row| row.name.to_owned()),
        Column::wide("THE KIND", |row| row.kind.to_owned()),
    ];

    const ROWS: [Row; 2] =
        [Row { name: "=a\u{1b}", kind: "User" }, Row { name: "long-名前", kind: "Group" }];

    fn written_without(format: ListFormat, rows: &[Row], unread: &[&str]) -> String {
        let mut out = Vec::new();
        let unread: Vec<String> = unread.iter().map(|&it| it.to_owned()).collect();
        answer(format, &COLUMNS, rows, "No rows.", &unread, &mut out).expect("a vector takes all");
        String::from_utf8(out).expect("lists are text")
    }

    fn written(format: ListFormat) -> String {
        written_without(format, &ROWS, &["b.yaml:1: not YAML"])
    }

    #[test]
    fn tables_are_aligned_and_escaped() {
        let whole = |format| written_without(format, &ROWS, &[]);
        assert_eq!(whole(ListFormat::Table), "NAME\n=a\\u{1b}\nlong-名前\n");
        let wide = "NAME        THE KIND\n=a\\u{1b}    User\nlong-名前   Group\n";
        assert_eq!(whole(ListFormat::Wide), wide);
    }

    #[test]
    fn tables_say_that_they_are_incomplete() {
        let one = "Incomplete: 1 part could not be read or understood (standard error names it).";
        assert_eq!(written(ListFormat::Table), format!("NAME\n=a\\u{{1b}}\nlong-名前\n\n{one}\n"));
        let none = written_without(ListFormat::Table, &[], &[]);
        assert_eq!(none, "No rows.\n");
        let some = written_without(ListFormat::Wide, &[], &["a", "b"]);
        let said = "No rows, as far as was read: 2 parts could not be read or understood (standard \
                    error names them).\n";
        assert_eq!(some, said);
    }

    #[test]
    fn programs_are_told_of_what_is_unread() {
        let json: serde_json::Value =
            serde_json::from_str(&written(ListFormat::Json)).expect("it is JSON");
        assert_eq!(json["items"][1]["name"], "long-名前");
        assert_eq!(json["unread"][0], "b.yaml:1: not YAML");
        assert!(written(ListFormat::Yaml).contains("unread:\n"));
    }

    #[test]
    fn spreadsheets_get_all_columns_and_run_nothing() {
        assert_eq!(written(ListFormat::Csv), "name,the_kind\n'=a\\u{1b},User\nlong-名前,Group\n");
    }

    #[test]
    fn names_are_read_back() {
        for format in ListFormat::ALL {
            assert_eq!(format.name().parse::<ListFormat>().expect("its own name"), format);
        }
        assert!("xml".parse::<ListFormat>().is_err());
    }
}
