//! Progress of long work: on a terminal, and only once the work is long.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(400);

/// A bar that counts files.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    shown: OnceLock<()>,
}

impl Progress {
    /// A bar, or none where the user wants quiet; in a pipe indicatif draws nothing.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (!quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            // The template is fixed, and a test would show if it were wrong.
            let style = ProgressStyle::with_template("reading {pos} of {len} files {wide_bar}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Progress { bar, started: Instant::now(), shown: OnceLock::new() }
    }

    /// Takes a step.
    pub(crate) fn step(&self, step: seawall_collect::Progress) {
        let Some(bar) = &self.bar else { return };
        match step {
            seawall_collect::Progress::Found(files) => bar.set_length(files as u64),
            seawall_collect::Progress::Read => {
                bar.inc(1);
                if self.started.elapsed() > PATIENCE {
                    self.shown.get_or_init(|| bar.set_draw_target(ProgressDrawTarget::stderr()));
                }
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
