//! What a control comes to, and why: a verdict that shows nothing is worth nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a control comes to on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// What was asked for was seen.
    Pass,
    /// What was asked for does not apply here: the component does not run, the file is not used.
    NotApplicable,
    /// A person must answer; the reason is the question.
    Manual,
    /// It could not be told; the reason says what could not be read or understood.
    Unknown,
    /// Something else was seen than what was asked for.
    Fail,
}

impl Verdict {
    /// All verdicts, the best first.
    pub const ALL: [Verdict; 5] =
        [Verdict::Pass, Verdict::NotApplicable, Verdict::Manual, Verdict::Unknown, Verdict::Fail];

    /// The verdict in words: `not applicable`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::NotApplicable => "not applicable",
            Verdict::Manual => "manual",
            Verdict::Unknown => "unknown",
            Verdict::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A verdict with everything that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, as a sentence without a full stop; of [`Verdict::Manual`] the question.
    pub reason: String,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What would make it pass, where that is a concrete change.
    pub patches: Vec<Patch>,
}

impl Outcome {
    /// An outcome without evidence.
    pub fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Outcome { verdict, reason: reason.into(), evidence: Vec::new(), patches: Vec::new() }
    }

    /// It passes.
    pub fn pass(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, reason)
    }

    /// It fails.
    pub fn fail(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, reason)
    }

    /// It could not be told.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown, reason)
    }

    /// It does not apply.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::new(Verdict::NotApplicable, reason)
    }

    /// A person must answer the question.
    pub fn manual(question: impl Into<String>) -> Self {
        Self::new(Verdict::Manual, question)
    }

    /// With what was seen.
    #[must_use]
    pub fn with(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// With what would put it right.
    #[must_use]
    pub fn patched(mut self, patches: impl IntoIterator<Item = Patch>) -> Self {
        self.patches.extend(patches);
        self
    }

    /// Several outcomes of one control as one: the worst verdict, the reasons of all that have it,
    /// and all evidence. Of none it is not applicable for `why_none`.
    pub fn worst(outcomes: impl IntoIterator<Item = Outcome>, why_none: &str) -> Self {
        let mut all: Option<Outcome> = None;
        for next in outcomes {
            match &mut all {
                None => all = Some(next),
                Some(all) => {
                    match next.verdict.cmp(&all.verdict) {
                        std::cmp::Ordering::Greater => {
                            all.verdict = next.verdict;
                            all.reason = next.reason;
                        }
                        std::cmp::Ordering::Equal if !all.reason.contains(&next.reason) => {
                            all.reason.push_str("; ");
                            all.reason.push_str(&next.reason);
                        }
                        _ => {}
                    }
                    all.evidence.extend(next.evidence);
                    all.patches.extend(next.patches);
                }
            }
        }
        all.unwrap_or_else(|| Outcome::not_applicable(why_none))
    }
}

/// One thing that was seen, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What: `kube-apiserver --anonymous-auth`, `mode of /etc/kubernetes/admin.conf`.
    pub item: String,
    /// Its value; none where it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
}

impl Evidence {
    /// A value with its origin.
    pub fn new(
        item: impl Into<String>,
        value: impl Into<Option<String>>,
        kind: OriginKind,
        place: impl Into<String>,
    ) -> Self {
        let origin = Origin { kind, place: place.into() };
        Evidence { item: item.into(), value: value.into(), origin }
    }
}

impl fmt::Display for Evidence {
    /// `mode of /etc/a: 644 (file metadata: /etc/a)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("not set");
        write!(f, "{}: {value} ({})", self.item, self.origin)
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What kind of source.
    pub kind: OriginKind,
    /// Which one: a path with a line, a process with its id, a version, an object.
    pub place: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.place.as_str()) {
            (kind, "") => f.write_str(kind.name()),
            (kind, place) => write!(f, "{}: {place}", kind.name()),
        }
    }
}

/// The kinds of sources a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// Nobody set it: what the component does then.
    Default,
    /// A configuration file.
    File,
    /// A file in a drop-in directory.
    DropIn,
    /// An argument of a running process.
    Flag,
    /// A variable of a running process.
    Environment,
    /// An argument in a static-pod manifest or unit that was not seen running.
    Manifest,
    /// A file's mode, owner or existence.
    Metadata,
    /// The kernel, through /proc or /sys.
    Kernel,
    /// An object of the cluster.
    Object,
    /// What a command of a kube-bench configuration printed.
    Command,
}

impl OriginKind {
    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            OriginKind::Default => "default",
            OriginKind::File => "file",
            OriginKind::DropIn => "drop-in",
            OriginKind::Flag => "flag",
            OriginKind::Environment => "environment",
            OriginKind::Manifest => "manifest",
            OriginKind::Metadata => "metadata",
            OriginKind::Kernel => "kernel",
            OriginKind::Object => "object",
            OriginKind::Command => "command",
        }
    }
}

/// A concrete change that would put a failure right. Shown, never made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Patch {
    /// Permission bits of a file, in octal.
    Mode {
        /// The file.
        path: String,
        /// As it is, such as `644`.
        from: String,
        /// As it should be.
        to: String,
    },
    /// Owner and group of a file.
    Owner {
        /// The file.
        path: String,
        /// As it is, such as `1000:1000`.
        from: String,
        /// As it should be.
        to: String,
    },
    /// A flag of a component.
    Flag {
        /// The component, such as `kube-apiserver`.
        component: String,
        /// The manifest that it stands in, where one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// The flag without dashes.
        flag: String,
        /// Its value; none where it is not set.
        from: Option<String>,
        /// The value that it should have; none where it should go.
        to: Option<String>,
    },
    /// A field of a file in YAML or JSON.
    Field {
        /// The file.
        file: String,
        /// The field, with dots.
        field: String,
        /// Its value; none where it is not set.
        from: Option<String>,
        /// The value that it should have; none where it should go.
        to: Option<String>,
    },
    /// A line of a file of settings, such as those of `sysctl.d`.
    Line {
        /// The file.
        file: String,
        /// The line that it should have.
        line: String,
    },
}
