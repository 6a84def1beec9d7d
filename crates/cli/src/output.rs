//! Where reports go.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::SystemTime;

use anyhow::Context as _;
use seawall_report::{Format, Options, Report};

use crate::global::Global;

/// `FORMAT` or `FORMAT=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("no file behind the =".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = format.parse().map_err(|error| format!("{error}"))?;
        Ok(Output { format, file })
    }
}

impl Output {
    /// People's text on standard output.
    pub(crate) fn text() -> Self {
        Output { format: Format::Text, file: None }
    }

    /// Whether it goes to standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Writes the report of a scan that began at `began`.
    pub(crate) fn write(
        &self,
        report: &Report<'_>,
        global: &Global,
        began: SystemTime,
    ) -> anyhow::Result<()> {
        let mut options = Options {
            colour: false,
            verbose: global.is_verbose(),
            times: (began, SystemTime::now()),
        };
        match &self.file {
            None => {
                options.colour = global.coloured(&io::stdout());
                to_stdout(|out| self.format.render(report, &options, out))
            }
            Some(path) => {
                let write = || {
                    let mut out = BufWriter::with_capacity(1 << 16, std::fs::File::create(path)?);
                    self.format.render(report, &options, &mut out)?;
                    out.flush()
                };
                write().with_context(|| format!("can't write {}", path.display()))
            }
        }
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
