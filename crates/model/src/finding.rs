//! What a scan says: findings, and what keeps them recognisable from one scan to the next.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use crate::check::{Check, Evidence, UndecidedAt};
use crate::document::{Kind, Node, Segment};
use crate::object::{Object, ObjectId};
use crate::severity::Severity;
use crate::source::{Location, Position};

/// A number that stays the same while the finding is the same: when lines move, containers are
/// reordered, documents renumbered, files renamed, or values reformatted.
///
/// It is a hash over the check, the object's kind, namespace and name, the container's name, and
/// the way to the field, in which a list's item counts by its name or content and not by its
/// position. The wording of messages does not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Fingerprint)
    }
}

impl Fingerprint {
    /// The fingerprint of a finding that has no place in a document, from what names it.
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = Xxh3::new();
        for part in parts {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        Fingerprint(hash.digest128())
    }

    /// The fingerprint of the `n`th finding (from 1) that is otherwise the same as others.
    pub fn nth(self, n: u32) -> Self {
        if n <= 1 { self } else { Self::of(&[&self.to_string(), &n.to_string()]) }
    }

    fn of_evidence(check: &str, evidence: &Evidence<'_>) -> Self {
        let id = evidence.object.id();
        let mut hash = Xxh3::new();
        let mut put = |part: &str| {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        };
        put(check);
        put(&id.kind);
        put(id.namespace.as_deref().unwrap_or(""));
        put(&id.name);
        put(evidence.container);
        for segment in evidence.node.path_from(evidence.object.root()).segments() {
            match segment {
                Segment::Key(key) => put(key),
                Segment::Item { item, .. } => match segment.name() {
                    Some(name) => {
                        put("[]");
                        put(name);
                    }
                    None => put_content(*item, &mut put),
                },
            }
        }
        // A field that is missing counts as if it stood there: what lives in a cluster has its
        // defaults written out or not, as its manifest had or not.
        if !evidence.detail.is_empty() {
            evidence.detail.split('.').for_each(&mut put);
        }
        put("");
        Fingerprint(hash.digest128())
    }
}

/// What is in an item, whatever the order of its keys, and whether defaults are written out as a
/// server does.
fn put_content(node: Node<'_>, put: &mut impl FnMut(&str)) {
    /// Fields with the same default wherever the API has them.
    const DEFAULTS: &[(&str, &str)] = &[("protocol", "TCP"), ("scope", "*")];
    match node.kind() {
        Kind::Map => {
            put("{}");
            let mut entries: Vec<(&str, Node<'_>)> = node
                .entries()
                .map(|(key, value)| (key.text(), value))
                .filter(|(key, value)| {
                    !value.is_null() && !DEFAULTS.contains(&(*key, value.text()))
                })
                .collect();
            entries.sort_by_key(|(key, _)| *key);
            for (key, value) in entries {
                put(key);
                put_content(value, put);
            }
        }
        Kind::Seq => {
            put("[]");
            node.items().for_each(|item| put_content(item, put));
        }
        _ => put(node.text()),
    }
}

/// Whose finding it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The object.
    pub object: Arc<ObjectId>,
    /// The container; `None` where none is at fault by itself.
    pub container: Option<Box<str>>,
}

impl Subject {
    fn new(object: Object<'_>, container: &str) -> Self {
        Subject {
            object: Arc::clone(object.id()),
            container: (!container.is_empty()).then(|| container.into()),
        }
    }
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Where the decision was made.
    pub origin: Origin,
    /// Why; empty for a baseline.
    pub reason: String,
}

/// Where a decision not to count a finding was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// An exception in `seawall.yaml`.
    Config,
    /// A comment in the manifest.
    Comment,
    /// An annotation of the object or its pod template.
    Annotation,
    /// The baseline file.
    Baseline,
    /// A label, annotation or comment in the manifest that is written for another tool.
    Peer(Peer),
    /// A file of another tool.
    PeerFile(Peer),
}

impl Origin {
    /// The word for reports; of another tool its name.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Config => "config",
            Origin::Comment => "comment",
            Origin::Annotation => "annotation",
            Origin::Baseline => "baseline",
            Origin::Peer(peer) | Origin::PeerFile(peer) => peer.name(),
        }
    }
}

/// Another tool whose suppressions are honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    /// kubeaudit.
    Kubeaudit,
    /// KubeLinter.
    KubeLinter,
    /// Checkov.
    Checkov,
    /// kube-score.
    KubeScore,
    /// Polaris.
    Polaris,
    /// Trivy.
    Trivy,
    /// Kubescape.
    Kubescape,
}

impl Peer {
    /// All of them.
    pub const ALL: [Peer; 7] = [
        Peer::Kubeaudit,
        Peer::KubeLinter,
        Peer::Checkov,
        Peer::KubeScore,
        Peer::Polaris,
        Peer::Trivy,
        Peer::Kubescape,
    ];

    /// Its name, which is also the prefix of its ids in [`Check::covers`].
    pub fn name(self) -> &'static str {
        match self {
            Peer::Kubeaudit => "kubeaudit",
            Peer::KubeLinter => "kube-linter",
            Peer::Checkov => "checkov",
            Peer::KubeScore => "kube-score",
            Peer::Polaris => "polaris",
            Peer::Trivy => "trivy",
            Peer::Kubescape => "kubescape",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static Check,
    /// How bad it is here, after configuration.
    pub severity: Severity,
    /// Whose it is.
    pub subject: Subject,
    /// What is wrong and what to write instead.
    pub message: String,
    /// The field, as `spec.containers[app].image`; with what is missing below it.
    pub path: Box<str>,
    /// Where the field stands, or the nearest parent of one that is missing.
    pub location: Location,
    /// Line and column of the location's start.
    pub start: Position,
    /// What recognises it in the next scan.
    pub fingerprint: Fingerprint,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Suppression>,
    /// Whether what stands at the location is confidential: no report shows the source there.
    pub secret: bool,
    /// The field in the inventory that was checked, for fixes; `None` of a finding that has no
    /// place in one.
    pub place: Option<Place>,
}

/// Where a finding's field stands in the inventory that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// [`Object::index`].
    pub object: u32,
    /// [`Node::index`], in the object's document.
    pub node: u32,
}

impl Finding {
    /// Makes a finding of a check's evidence; `severity` is what the check has here.
    pub fn new(check: &'static Check, severity: Severity, evidence: Evidence<'_>) -> Self {
        let fingerprint = Fingerprint::of_evidence(check.id, &evidence);
        let mut path = evidence.node.path_from(evidence.object.root()).to_string();
        if !evidence.detail.is_empty() {
            let dot = if path.is_empty() { "" } else { "." };
            // Writing to a String can't fail.
            let _infallible = write!(path, "{dot}{}", evidence.detail);
        }
        let location = anchor(evidence.node, evidence.object);
        let own = std::ptr::eq(evidence.node.document(), evidence.object.root().document());
        let place =
            own.then(|| Place { object: evidence.object.index(), node: evidence.node.index() });
        let severity = if evidence.lesser { severity.lower() } else { severity };
        Finding {
            check,
            severity,
            subject: Subject::new(evidence.object, evidence.container),
            message: evidence.message,
            path: path.into(),
            start: location.start(),
            location,
            fingerprint,
            suppressed: None,
            secret: evidence.secret,
            place,
        }
    }
}

/// The place that a finding marks; of a whole object its `kind`.
fn anchor(node: Node<'_>, object: Object<'_>) -> Location {
    let node = if node == object.root() { object.head() } else { node };
    Location { source: Arc::clone(node.document().source()), span: node.anchor() }
}

/// Something that a check could not decide.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The check.
    pub check: &'static Check,
    /// Whose it is.
    pub subject: Subject,
    /// Why.
    pub reason: String,
    /// The value that could not be understood.
    pub location: Location,
}

impl Unknown {
    /// Makes an answer of what a check left undecided; `None` where it named no object.
    pub fn new(check: &'static Check, at: UndecidedAt<'_>) -> Option<Self> {
        let object = at.object?;
        Some(Unknown {
            check,
            subject: Subject::new(object, at.container),
            reason: at.undecided.why.into_owned(),
            location: anchor(at.undecided.node, object),
        })
    }
}

/// Something about the team's own decisions that needs a look.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What it is.
    pub kind: NoticeKind,
    /// What it says, in a sentence.
    pub message: String,
    /// Where the decision stands.
    pub location: Location,
}

/// What a [`Notice`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeKind {
    /// An exception is past its date and no longer holds.
    ExpiredException,
    /// An exception matches nothing.
    UnusedException,
    /// An exception in a manifest gives no reason, or names no check, and so does not hold.
    InvalidException,
    /// A finding of the baseline is gone.
    StaleBaseline,
    /// A suppression written for another tool does not hold here, or holds for more than one check.
    PeerSuppression,
}

impl NoticeKind {
    /// The name for reports.
    pub fn name(self) -> &'static str {
        match self {
            NoticeKind::ExpiredException => "expired-exception",
            NoticeKind::UnusedException => "unused-exception",
            NoticeKind::InvalidException => "invalid-exception",
            NoticeKind::StaleBaseline => "stale-baseline",
            NoticeKind::PeerSuppression => "peer-suppression",
        }
    }
}
