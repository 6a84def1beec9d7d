//! Where reports go.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::SystemTime;

use anyhow::Context as _;
use seawall_report::{Format, Options, Report};

use crate::global::Global;

/// `FORMAT` or `FORMAT=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct Output<F = Format> {
    /// The format.
    pub(crate) format: F,
    /// Where it goes; none is standard output.
    pub(crate) file: Option<PathBuf>,
}

impl<F: FromStr<Err: Display>> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("no file behind the =".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = format.parse().map_err(|error: F::Err| error.to_string())?;
        Ok(Output { format, file })
    }
}

impl<F> Output<F> {
    /// Whether it goes to standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Writes in large pieces to where it goes.
    pub(crate) fn to(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return to_stdout(write) };
        let written = std::fs::File::create(path).and_then(|file| {
            let mut out = BufWriter::with_capacity(1 << 16, file);
            write(&mut out)?;
            out.flush()
        });
        written.with_context(|| format!("can't write {}", path.display()))
    }
}

impl Output {
    /// People's text on standard output.
    pub(crate) fn text() -> Self {
        Output { format: Format::Text, file: None }
    }

    /// Writes the report of a scan that began at `began`.
    pub(crate) fn write(
        &self,
        report: &Report<'_>,
        global: &Global,
        began: SystemTime,
    ) -> anyhow::Result<()> {
        let options = Options {
            colour: self.is_stdout() && global.coloured(&io::stdout()),
            verbose: global.is_verbose(),
            times: (began, SystemTime::now()),
        };
        self.to(|out| self.format.render(report, &options, out))
    }
}

/// Writes to standard output in large pieces. A reader that has seen enough (`| head`) is no error.
pub(crate) fn to_stdout(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("can't write to standard output"),
    }
}
