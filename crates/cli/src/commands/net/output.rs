//! What a command found, in each format: a title, tables, and where it makes sense a picture.

use std::io::{self, Write};

use anyhow::bail;
use clap::ValueEnum;
use seawall_network::picture::Picture;
use seawall_report::list::{self, ListFormat};
use serde_json::{Value, json};

use crate::output::to_stdout;

/// Most arrows that a picture is drawn with.
const MOST_ARROWS: usize = 20_000;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[value(alias = "table")]
    Text,
    Json,
    Yaml,
    Csv,
    /// Graphviz
    Dot,
    Svg,
    Mermaid,
    /// One page with a picture and tables
    Html,
    /// Markdown
    Md,
}

/// Cells below headings.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) title: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[&str]) -> Self {
        Table {
            title: None,
            columns: columns.iter().map(|name| name.to_uppercase()).collect(),
            rows: Vec::new(),
        }
    }
}

/// What people get.
pub(super) enum Text {
    /// The tables.
    Tables,
    /// Where tables are not how it is best said.
    Prose(String),
    /// What is to be applied.
    Yaml(String),
}

impl Text {
    /// What is said where there is nothing for the tables.
    pub(super) fn or_tables(nothing: Option<&str>) -> Self {
        nothing.map_or(Text::Tables, |said| Text::Prose(said.to_owned()))
    }
}

/// What a command found.
pub(super) struct Document {
    pub(super) title: String,
    pub(super) tables: Vec<Table>,
    pub(super) picture: Option<Picture>,
    /// For programs; `notes` and `unread` are added to it.
    pub(super) json: Value,
    pub(super) text: Text,
    /// What the answer rests on.
    pub(super) notes: Vec<String>,
}

impl Document {
    /// Writes it to standard output, with what could not be read.
    pub(super) fn write(mut self, format: Format, unread: &[String]) -> anyhow::Result<()> {
        if let (Some(picture), Some(lacking)) = (&mut self.picture, list::lacking(unread)) {
            picture.remark(&format!("incomplete: {lacking}"));
        }
        if matches!(format, Format::Md | Format::Html) {
            self.notes.extend(unread.iter().map(|what| format!("not read: {what}")));
        }
        let picture = || match &self.picture {
            None => bail!("there is no picture of this: use -o text, json, yaml, csv, md or html"),
            Some(picture) if picture.arrows().len() > MOST_ARROWS => bail!(
                "{} arrows are too many for a picture: narrow it down with --focus or --namespace, \
                 or use `seawall net map`",
                picture.arrows().len()
            ),
            Some(picture) => Ok(picture),
        };
        let text = match format {
            Format::Text => {
                return to_stdout(|out| {
                    self.text(out)?;
                    match (&self.text, list::lacking(unread)) {
                        (Text::Yaml(_), Some(lacking)) => writeln!(out, "# Incomplete: {lacking}."),
                        _ => list::remainder(unread, out),
                    }
                });
            }
            Format::Csv => return to_stdout(|out| self.csv(out)),
            Format::Md => return to_stdout(|out| self.markdown(out)),
            Format::Json | Format::Yaml => {
                let mut value = self.json;
                if let Some(object) = value.as_object_mut() {
                    object.insert("notes".to_owned(), json!(self.notes));
                    object.insert("unread".to_owned(), json!(unread));
                }
                let list = if format == Format::Yaml { ListFormat::Yaml } else { ListFormat::Json };
                return to_stdout(|out| list::record(list, &value, out));
            }
            Format::Dot => picture()?.dot(),
            Format::Svg => picture()?.svg(),
            Format::Mermaid => picture()?.mermaid(),
            Format::Html => {
                let svg = match &self.picture {
                    Some(picture) if picture.arrows().len() <= MOST_ARROWS => picture.svg(),
                    _ => String::new(),
                };
                return to_stdout(|out| self.html(&svg, out));
            }
        };
        to_stdout(|out| out.write_all(text.as_bytes()))
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Text::Prose(text) | Text::Yaml(text) = &self.text {
            return out.write_all(printable(text).as_bytes());
        }
        for (number, table) in self.tables.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            if let Some(title) = &table.title {
                writeln!(out, "{}", printable(title))?;
            }
            columns(table, out)?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        for (number, table) in self.tables.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            csv_row(out, &table.columns)?;
            for row in &table.rows {
                csv_row(out, row)?;
            }
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# {}\n", markdown(&self.title))?;
        if let Some(picture) = &self.picture
            && picture.arrows().len() <= 200
        {
            writeln!(out, "```mermaid\n{}```\n", picture.mermaid())?;
        }
        for table in &self.tables {
            if let Some(title) = &table.title {
                writeln!(out, "## {}\n", markdown(title))?;
            }
            let cells = |row: &[String]| -> String {
                row.iter().map(|cell| format!(" {} |", markdown(cell))).collect()
            };
            writeln!(out, "|{}", cells(&table.columns))?;
            writeln!(out, "|{}", " --- |".repeat(table.columns.len()))?;
            for row in &table.rows {
                writeln!(out, "|{}", cells(row))?;
            }
            writeln!(out)?;
        }
        for note in &self.notes {
            writeln!(out, "- {}", markdown(note))?;
        }
        Ok(())
    }

    fn html(&self, svg: &str, out: &mut dyn Write) -> io::Result<()> {
        let title = html(&self.title);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\
             body{{font:14px/1.5 sans-serif;margin:2rem;color:#1f2933}}\
             .picture{{overflow:auto;border:1px solid #cbd2d9;max-height:80vh}}\
             table{{border-collapse:collapse;margin:1rem 0}}\
             th,td{{border:1px solid #cbd2d9;padding:.25rem .6rem;text-align:left;vertical-align:top}}\
             th{{background:#f4f6f8;position:sticky;top:0}}tr:hover td{{background:#f7fbff}}\
             </style></head><body>\n<h1>{title}</h1>\n"
        )?;
        if !svg.is_empty() {
            writeln!(out, "<div class=\"picture\">{svg}</div>")?;
        }
        for table in &self.tables {
            if let Some(title) = &table.title {
                writeln!(out, "<h2>{}</h2>", html(title))?;
            }
            writeln!(out, "<table><thead><tr>")?;
            for name in &table.columns {
                write!(out, "<th>{}</th>", html(name))?;
            }
            writeln!(out, "</tr></thead><tbody>")?;
            for row in &table.rows {
                write!(out, "<tr>")?;
                for cell in row {
                    write!(out, "<td>{}</td>", html(cell))?;
                }
                writeln!(out, "</tr>")?;
            }
            writeln!(out, "</tbody></table>")?;
        }
        if !self.notes.is_empty() {
            writeln!(out, "<h2>Notes</h2><ul>")?;
            for note in &self.notes {
                writeln!(out, "<li>{}</li>", html(note))?;
            }
            writeln!(out, "</ul>")?;
        }
        writeln!(out, "</body></html>")
    }
}

/// Columns as kubectl has them.
fn columns(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let mut widths: Vec<usize> = table.columns.iter().map(|name| name.chars().count()).collect();
    for row in &table.rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut line = |cells: &[String]| -> io::Result<()> {
        let last = cells.len().saturating_sub(1);
        for (number, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let cell = printable(cell);
            if number == last {
                writeln!(out, "{cell}")?;
            } else {
                write!(out, "{cell:width$}   ")?;
            }
        }
        Ok(())
    };
    line(&table.columns)?;
    for row in &table.rows {
        line(row)?;
    }
    Ok(())
}

/// Text without what would steer a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// One row; a cell that a spreadsheet would take for a formula is marked as text.
pub(super) fn csv_row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (number, cell) in cells.iter().enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        let guarded = if cell.len() > 1 && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            format!("'{cell}")
        } else {
            cell.clone()
        };
        if guarded.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", guarded.replace('"', "\"\""))?;
        } else {
            out.write_all(guarded.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '\n' => escaped.push_str("<br>"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn html(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
