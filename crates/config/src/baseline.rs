//! What was there before: findings that do not fail a scan because they are not new.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use seawall_model::{Finding, Fingerprint, Location, Source, Span, Subject};
use serde::{Deserialize, Serialize};

/// The findings of an earlier scan, by fingerprint.
#[derive(Clone, Debug)]
pub struct Baseline {
    source: Arc<Source>,
    known: BTreeMap<Fingerprint, Known>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    fingerprint: String,
    check: String,
    subject: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    findings: Vec<Known>,
}

const VERSION: u32 = 1;

/// Why a baseline can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not the JSON that `--write-baseline` writes.
    #[error("{name}: {cause}; write it anew with --write-baseline")]
    Malformed {
        /// The file.
        name: String,
        /// What is wrong, with line and column.
        cause: serde_json::Error,
    },
    /// It is of another version.
    #[error("{name}: baseline version {version} is not known to this seawall")]
    Version {
        /// The file.
        name: String,
        /// Its version.
        version: u32,
    },
    /// A fingerprint is no fingerprint.
    #[error("{name}: {fingerprint:?} is no fingerprint; write it anew with --write-baseline")]
    Fingerprint {
        /// The file.
        name: String,
        /// What stands there.
        fingerprint: String,
    },
}

impl Baseline {
    /// Reads the text of a baseline file; `name` is for messages.
    ///
    /// # Errors
    ///
    /// Where it is not what [`Baseline::write`] writes.
    pub fn parse(name: &str, text: String) -> Result<Baseline, BaselineError> {
        let file: File = serde_json::from_str(&text)
            .map_err(|cause| BaselineError::Malformed { name: name.to_owned(), cause })?;
        if file.version != VERSION {
            return Err(BaselineError::Version { name: name.to_owned(), version: file.version });
        }
        let known = file
            .findings
            .into_iter()
            .map(|known| {
                let fingerprint =
                    known.fingerprint.parse().map_err(|_| BaselineError::Fingerprint {
                        name: name.to_owned(),
                        fingerprint: known.fingerprint.clone(),
                    })?;
                Ok((fingerprint, known))
            })
            .collect::<Result<_, BaselineError>>()?;
        Ok(Baseline { source: Arc::new(Source::new(name, text)), known })
    }

    /// The baseline file of findings: those that count, in the order of their fingerprints so that
    /// two baselines compare line by line.
    pub fn write(findings: &[Finding]) -> String {
        let known: BTreeMap<Fingerprint, Known> = findings
            .iter()
            .filter(|finding| finding.suppressed.is_none())
            .map(|finding| {
                let Subject { object, container } = &finding.site.subject;
                let container =
                    container.as_ref().map_or(String::new(), |name| format!(" [{name}]"));
                let known = Known {
                    fingerprint: finding.fingerprint.to_string(),
                    check: finding.check.id.to_owned(),
                    subject: format!("{object}{container}"),
                };
                (finding.fingerprint, known)
            })
            .collect();
        let mut text = format!("{{\n  \"version\": {VERSION},\n  \"findings\": [");
        for (i, known) in known.values().enumerate() {
            text.push_str(if i == 0 { "\n    " } else { ",\n    " });
            // Strings always have a form in JSON.
            text.push_str(&serde_json::to_string(known).expect("strings serialise"));
        }
        text.push_str(if known.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        text
    }

    pub(crate) fn holds(&self, fingerprint: Fingerprint) -> bool {
        self.known.contains_key(&fingerprint)
    }

    /// The known findings that are not among `seen`, with where they stand.
    pub(crate) fn gone(
        &self,
        seen: &std::collections::HashSet<Fingerprint>,
    ) -> Vec<(Location, String)> {
        let gone = self.known.iter().filter(|(fingerprint, _)| !seen.contains(fingerprint));
        let gone: Vec<&Known> = gone.map(|(_, known)| known).collect();
        let places = if gone.is_empty() { HashMap::new() } else { self.places() };
        gone.into_iter()
            .map(|known| {
                let start = places.get(&*known.fingerprint).copied().unwrap_or(0);
                let span = Span { start, end: start + known.fingerprint.len() as u32 };
                let location = Location { source: Arc::clone(&self.source), span };
                (location, format!("{} of {} is gone", known.check, known.subject))
            })
            .collect()
    }

    /// Where each fingerprint stands in the text.
    fn places(&self) -> HashMap<&str, u32> {
        let text = self.source.text();
        memchr::memmem::find_iter(text.as_bytes(), FINGERPRINT_KEY)
            .filter_map(|at| {
                let start = at + FINGERPRINT_KEY.len();
                let open = start + text[start..].find('"')? + 1;
                let end = open + text[open..].find('"')?;
                Some((&text[open..end], open as u32))
            })
            .collect()
    }
}

const FINGERPRINT_KEY: &str = "\"fingerprint\"";
