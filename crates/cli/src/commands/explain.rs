//! `seawall explain`: what a check is about, by its own id or by another tool's.

use anyhow::bail;
use clap::Args;

use crate::Outcome;
use crate::configuration::Configuration;
use crate::output::to_stdout;

/// Explain a check: why it matters, what to do, an example
#[derive(Args)]
#[command(after_help = "Examples:\n  seawall explain privileged-container\n  seawall explain \
                  KSV-0017             # Trivy's id\n  seawall explain kubescape:C-0057\n\nExit codes: 0, 2 there is \
                  no such check.")]
pub(crate) struct Explain {
    /// A check, or the id of a rule of kubeaudit, kubescape, Trivy, checkov, kube-linter, Polaris or
    /// kube-score
    id: String,
    #[command(flatten)]
    configuration: Configuration,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        if seawall_checks::find(&self.id).is_none() {
            // It may be a custom one.
            self.configuration.read(&[])?;
        }
        let checks = match seawall_checks::find(&self.id) {
            Some(check) => vec![check],
            None => seawall_checks::covering(&self.id),
        };
        if checks.is_empty() {
            match seawall_checks::nearest(&self.id) {
                Some(near) => bail!("there is no check {:?}; did you mean {near:?}?", self.id),
                None => bail!("there is no check {:?}; `seawall checks` lists them", self.id),
            }
        }
        to_stdout(|out| {
            for (i, check) in checks.iter().enumerate() {
                if i > 0 {
                    out.write_all(b"\n")?;
                }
                out.write_all(seawall_checks::page(check).as_bytes())?;
            }
            Ok(())
        })?;
        Ok(Outcome::Clean)
    }
}
