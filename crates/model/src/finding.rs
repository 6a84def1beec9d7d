//! What a scan says: findings, and what keeps them recognisable from one scan to the next.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use crate::check::{Check, Evidence, UndecidedAt};
use crate::document::{Kind, Node, Path, Segment};
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
        Fingerprint(parts.iter().fold(Way::START, |way, part| way.then(part)).0)
    }

    /// The fingerprint of the `n`th finding (from 1) that is otherwise the same as others.
    pub fn nth(self, n: u32) -> Self {
        if n <= 1 { self } else { Self::of(&[&self.to_string(), &n.to_string()]) }
    }

    /// The fingerprint of a check's failure below a site. What is missing counts as if it stood
    /// there: what lives in a cluster has its defaults written out or not, as its manifest had or
    /// not.
    fn at(check: &Check, site: &Site, detail: &str) -> Self {
        let below = detail.split('.').filter(|key| !key.is_empty());
        let way = below.fold(site.way, Way::then);
        Fingerprint(way.then(check.id).0)
    }
}

/// A hash over names in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way(u128);

impl Way {
    const START: Way = Way(0);

    fn then(self, name: &str) -> Self {
        // Nearly all names are short, and hashing one buffer is far cheaper than feeding a hasher.
        const SHORT: usize = 112;
        let before = self.0.to_le_bytes();
        if name.len() <= SHORT {
            let mut buffer = [0; 16 + SHORT];
            buffer[..16].copy_from_slice(&before);
            buffer[16..16 + name.len()].copy_from_slice(name.as_bytes());
            return Way(xxh3_128(&buffer[..16 + name.len()]));
        }
        Way(xxh3_128(&[&before[..], name.as_bytes()].concat()))
    }

    fn of(evidence: &Evidence<'_>, path: &Path<'_>) -> Self {
        let id = evidence.object.id();
        let mut way = Way::START
            .then(&id.kind)
            .then(id.namespace.as_deref().unwrap_or(""))
            .then(&id.name)
            .then(evidence.container);
        for segment in path.segments() {
            way = match segment {
                Segment::Key(key) => way.then(key),
                Segment::Item { item, .. } => match segment.name() {
                    Some(name) => way.then("[]").then(name),
                    None => way.then_content(*item),
                },
            };
        }
        way
    }

    /// What is in an item, whatever the order of its keys, and whether defaults are written out as a
    /// server does.
    fn then_content(self, node: Node<'_>) -> Self {
        /// Fields with the same default wherever the API has them.
        const DEFAULTS: &[(&str, &str)] = &[("protocol", "TCP"), ("scope", "*")];
        match node.kind() {
            Kind::Map => {
                let mut entries: Vec<(&str, Node<'_>)> = node
                    .entries()
                    .map(|(key, value)| (key.text(), value))
                    .filter(|(key, value)| {
                        !value.is_null() && !DEFAULTS.contains(&(*key, value.text()))
                    })
                    .collect();
                entries.sort_by_key(|(key, _)| *key);
                entries
                    .into_iter()
                    .fold(self.then("{}"), |way, (key, value)| way.then(key).then_content(value))
            }
            Kind::Seq => node.items().fold(self.then("[]"), Way::then_content),
            _ => self.then(node.text()),
        }
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

/// Where something is wrong. Several checks often fail at one field, so findings share it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Whose field it is.
    pub subject: Subject,
    /// The field, as `spec.containers[app].image`; empty for a whole object.
    pub path: Box<str>,
    /// Where the field stands.
    pub location: Location,
    /// Line and column of the location's start.
    pub start: Position,
    /// The field in the inventory that was checked, for fixes; `None` of a site that has no place
    /// in one.
    pub place: Option<Place>,
    way: Way,
}

impl Site {
    /// A site that stands in no inventory, from what names it.
    pub fn new(subject: Subject, path: &str, location: Location) -> Self {
        let way = Way::START
            .then(&subject.object.kind)
            .then(subject.object.namespace.as_deref().unwrap_or(""))
            .then(&subject.object.name)
            .then(subject.container.as_deref().unwrap_or(""))
            .then(path);
        Site { subject, path: path.into(), start: location.start(), location, place: None, way }
    }

    fn of(evidence: &Evidence<'_>) -> Self {
        let root = evidence.object.root();
        let path = evidence.node.path_from(root);
        let location = anchor(evidence.node, evidence.object);
        let own = std::ptr::eq(evidence.node.document(), root.document());
        Site {
            subject: Subject::new(evidence.object, evidence.container),
            start: location.start(),
            location,
            place: own
                .then(|| Place { object: evidence.object.index(), node: evidence.node.index() }),
            way: Way::of(evidence, &path),
            path: path.text().into(),
        }
    }
}

/// Sites met last, so that failures at one field make it once.
#[derive(Debug)]
pub struct Sites<'a> {
    recent: [Option<Met<'a>>; Sites::RECENT],
}

/// A site with what it was made of.
#[derive(Debug)]
struct Met<'a> {
    node: Node<'a>,
    object: u32,
    container: &'a str,
    site: Arc<Site>,
}

impl Default for Sites<'_> {
    fn default() -> Self {
        Sites { recent: [const { None }; Sites::RECENT] }
    }
}

impl<'a> Sites<'a> {
    /// More than the fields of a pod that commonly fail.
    const RECENT: usize = 128;

    fn of(&mut self, evidence: &Evidence<'a>) -> Arc<Site> {
        let (node, container) = (evidence.node, evidence.container);
        let object = evidence.object.index();
        let slot = &mut self.recent[node.index() as usize % Sites::RECENT];
        if let Some(met) = slot
            && met.node == node
            && met.object == object
            && met.container == container
        {
            return Arc::clone(&met.site);
        }
        let site = Arc::new(Site::of(evidence));
        *slot = Some(Met { node, object, container, site: Arc::clone(&site) });
        site
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
    /// Where: the field, or the nearest parent of one that is missing.
    pub site: Arc<Site>,
    /// What is missing below the site, or what else tells this finding from another there; empty
    /// where the field itself is wrong.
    pub detail: Cow<'static, str>,
    /// What is wrong and what to write instead.
    pub message: Cow<'static, str>,
    /// What recognises it in the next scan.
    pub fingerprint: Fingerprint,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Box<Suppression>>,
    /// Whether what stands at the location is confidential: no report shows the source there.
    pub secret: bool,
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
    pub fn new<'a>(
        check: &'static Check,
        severity: Severity,
        evidence: Evidence<'a>,
        sites: &mut Sites<'a>,
    ) -> Self {
        let site = sites.of(&evidence);
        let mut message = evidence.message;
        if let Cow::Owned(text) = &mut message {
            // What is kept by the hundred thousand has no room to spare.
            text.shrink_to_fit();
        }
        Finding {
            check,
            severity: if evidence.lesser { severity.lower() } else { severity },
            fingerprint: Fingerprint::at(check, &site, &evidence.detail),
            site,
            detail: evidence.detail,
            message,
            suppressed: None,
            secret: evidence.secret,
        }
    }

    /// The field, as `spec.containers[app].image`; with what is missing below it.
    pub fn path(&self) -> Cow<'_, str> {
        match (&*self.site.path, &*self.detail) {
            (path, "") => Cow::Borrowed(path),
            ("", detail) => Cow::Borrowed(detail),
            (path, detail) => Cow::Owned(format!("{path}.{detail}")),
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
