//! What a check is: data, and a plain function.

use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

use crate::document::Node;
use crate::fix::{Fix, NoFix};
use crate::inventory::Inventory;
use crate::object::{Object, ObjectKind};
use crate::read::Undecided;
use crate::settings::Settings;
use crate::severity::Severity;
use crate::workload::{Container, Pod};

/// A rule that objects can break.
///
/// The text fields are Markdown; they make the check's page in the book, `seawall explain` and the
/// rule help of SARIF.
#[derive(Debug)]
pub struct Check {
    /// Kebab-case name that says what is wrong, such as `privileged-container`.
    pub id: &'static str,
    /// What is wrong, as a short sentence without a full stop.
    pub title: &'static str,
    /// How bad it is unless configured otherwise.
    pub severity: Severity,
    /// Why it matters: what an attacker does with it.
    pub rationale: &'static str,
    /// What to do, with an example where it helps.
    pub remedy: &'static str,
    /// Where published frameworks ask for it.
    pub mapping: Mapping,
    /// The rules of other tools that this check covers, as `tool:id`, such as `kubescape:C-0057`.
    pub covers: &'static [&'static str],
    /// Pages to read further.
    pub links: &'static [&'static str],
    /// What it looks at, and how.
    pub scope: Scope,
    /// How its findings are put right without a person who decides, or why they are not.
    pub fix: Result<Fix, NoFix>,
    /// Its cases, in YAML, beside the check's file.
    pub cases: &'static str,
}

impl PartialEq for Check {
    /// Checks are known by their id.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Where published frameworks ask for a check.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mapping {
    /// NSA/CISA Kubernetes Hardening Guidance, by kubescape's control ids (`C-0057`).
    pub nsa: &'static [&'static str],
    /// CIS Kubernetes Benchmark sections (`5.2.2`).
    pub cis: &'static [&'static str],
    /// The Pod Security level that forbids it.
    pub pss: Option<Level>,
    /// MITRE ATT&CK for Containers techniques (`T1611`).
    pub mitre: &'static [&'static str],
}

impl Mapping {
    /// No framework asks for it.
    pub const NONE: Mapping = Mapping { nsa: &[], cis: &[], pss: None, mitre: &[] };

    /// Whether no framework asks for it.
    pub fn is_empty(&self) -> bool {
        self.nsa.is_empty() && self.cis.is_empty() && self.pss.is_none() && self.mitre.is_empty()
    }
}

/// A level of the Pod Security Standards that forbids something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Forbidden by `baseline`, and so by `restricted`.
    Baseline,
    /// Forbidden by `restricted` alone.
    Restricted,
}

impl Level {
    /// The level's name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// What comes of looking: `Err` where something could not be understood.
pub type Outcome<'a> = Result<(), Undecided<'a>>;

/// What a check looks at, and the function that looks.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// Each container of each pod.
    Container(for<'a> fn(&Container<'a>, &mut Cx<'a>) -> Outcome<'a>),
    /// Each pod or pod template.
    Pod(for<'a> fn(&Pod<'a>, &mut Cx<'a>) -> Outcome<'a>),
    /// Each object of some kinds.
    Object(&'static [ObjectKind], for<'a> fn(Object<'a>, &mut Cx<'a>) -> Outcome<'a>),
    /// Every object, whatever its kind.
    AnyObject(for<'a> fn(Object<'a>, &mut Cx<'a>) -> Outcome<'a>),
    /// The inventory as a whole, for what only several objects show.
    Inventory(for<'a> fn(&mut Cx<'a>)),
    /// Each object, through a rule that was made at run time.
    Rule(&'static dyn Rule),
}

/// What a check looks for, where that is made at run time and no plain function can hold it.
///
/// Such a rule lives as long as the process: checks are compared, selected and reported as
/// `&'static Check`, wherever they come from.
pub trait Rule: std::fmt::Debug + Send + Sync {
    /// What it looks at, such as `each Deployment`.
    fn looks_at(&self) -> String;

    /// Looks at an object.
    ///
    /// # Errors
    ///
    /// With what could not be decided.
    fn look<'a>(&self, object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a>;
}

/// What a check said of one thing that it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Pass,
    /// The rule does not apply here.
    NotApplicable,
    /// Something is wrong; the evidence says what.
    Fail,
    /// It can't be told, with the reason.
    Unknown(Cow<'static, str>),
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The object.
    pub object: Object<'a>,
    /// The container, where one is at fault; empty otherwise.
    pub container: &'a str,
    /// The field at fault, or the nearest parent of one that is missing.
    pub node: Node<'a>,
    /// What is missing below `node`, or what else tells this from another failure at the same
    /// field.
    pub detail: Cow<'static, str>,
    /// What is wrong and what to write instead, with the actual values.
    pub message: Cow<'static, str>,
    /// Whether it is one step less bad than the check's severity says.
    pub lesser: bool,
    /// Whether what stands at `node` is confidential: no report shows the source there.
    pub secret: bool,
}

/// What a check sees, and where it puts what it finds.
#[derive(Debug)]
pub struct Cx<'a> {
    inventory: &'a Inventory,
    settings: &'a Settings,
    object: Option<Object<'a>>,
    container: &'a str,
    evidence: Vec<Evidence<'a>>,
    undecided: Vec<(Option<Object<'a>>, &'a str, Undecided<'a>)>,
    not_applicable: bool,
    shared: Option<(u32, Rc<dyn Any>)>,
}

impl<'a> Cx<'a> {
    /// A context for checks over an inventory.
    pub fn new(inventory: &'a Inventory, settings: &'a Settings) -> Self {
        Cx {
            inventory,
            settings,
            object: None,
            container: "",
            evidence: Vec::new(),
            undecided: Vec::new(),
            not_applicable: false,
            shared: None,
        }
    }

    /// Everything that is known.
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// The team's own rules.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Work on an object that several checks share: done for the first that asks, and kept while
    /// the same object is looked at.
    pub fn shared<T: 'static>(&mut self, object: Object<'a>, work: impl FnOnce() -> T) -> Rc<T> {
        let kept = self.shared.as_ref().filter(|(index, _)| *index == object.index());
        if let Some(kept) = kept.and_then(|(_, value)| Rc::clone(value).downcast().ok()) {
            return kept;
        }
        let value = Rc::new(work());
        self.shared = Some((object.index(), Rc::<T>::clone(&value)));
        value
    }

    /// The field at `node` is wrong.
    pub fn fail(&mut self, node: Node<'a>, message: impl Into<Cow<'static, str>>) {
        self.fail_at(node, "", message);
    }

    /// Below `node`, `missing` should stand.
    pub fn fail_missing(
        &mut self,
        node: Node<'a>,
        missing: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.fail_at(node, missing, message);
    }

    /// The field at `node` is wrong in a way that `detail` tells from others at the same field.
    pub fn fail_at(
        &mut self,
        node: Node<'a>,
        detail: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.leave(node, detail.into(), message.into(), (false, false));
    }

    /// As [`Cx::fail_at`], of a value that is confidential: no report shows the source
    /// there. `lesser` as in [`Cx::fail_lesser`].
    pub fn fail_secret(
        &mut self,
        node: Node<'a>,
        detail: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
        lesser: bool,
    ) {
        self.leave(node, detail.into(), message.into(), (lesser, true));
    }

    /// As [`Cx::fail_at`], but one step less bad than the check's severity says: the rule is
    /// broken within narrow bounds, which the message names.
    pub fn fail_lesser(
        &mut self,
        node: Node<'a>,
        detail: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.leave(node, detail.into(), message.into(), (true, false));
    }

    fn leave(
        &mut self,
        node: Node<'a>,
        detail: Cow<'static, str>,
        message: Cow<'static, str>,
        (lesser, secret): (bool, bool),
    ) {
        // The engine names an object before every check that has one.
        if let Some(object) = self.object.filter(|object| !object.is_built_in()) {
            let container = self.container;
            self.evidence.push(Evidence {
                object,
                container,
                node,
                detail,
                message,
                lesser,
                secret,
            });
        }
    }

    /// For checks over the inventory: the object that the next failures are about.
    pub fn about(&mut self, object: Object<'a>) -> &mut Self {
        self.object = Some(object);
        self.container = "";
        self
    }

    /// For checks over objects: the container that the next failures are about.
    pub fn in_container(&mut self, name: &'a str) -> &mut Self {
        self.container = name;
        self
    }

    /// One part can't be decided, but the rest can.
    pub fn undecided(&mut self, undecided: Undecided<'a>) {
        self.undecided.push((self.object, self.container, undecided));
    }

    /// The rule does not apply to what is looked at.
    pub fn not_applicable(&mut self) {
        self.not_applicable = true;
    }

    /// Looks at a container.
    pub fn run_container(
        &mut self,
        container: &Container<'a>,
        run: impl FnOnce(&Container<'a>, &mut Cx<'a>) -> Outcome<'a>,
    ) -> Verdict {
        self.object = Some(container.pod.object);
        self.container = container.name;
        self.judge(|cx| run(container, cx))
    }

    /// Looks at a pod.
    pub fn run_pod(
        &mut self,
        pod: &Pod<'a>,
        run: impl FnOnce(&Pod<'a>, &mut Cx<'a>) -> Outcome<'a>,
    ) -> Verdict {
        self.about(pod.object).judge(|cx| run(pod, cx))
    }

    /// Looks at an object.
    pub fn run_object(
        &mut self,
        object: Object<'a>,
        run: impl FnOnce(Object<'a>, &mut Cx<'a>) -> Outcome<'a>,
    ) -> Verdict {
        self.about(object).judge(|cx| run(object, cx))
    }

    /// Looks at the inventory.
    pub fn run_inventory(&mut self, run: impl FnOnce(&mut Cx<'a>)) -> Verdict {
        self.object = None;
        self.judge(|cx| {
            run(cx);
            Ok(())
        })
    }

    fn judge(&mut self, run: impl FnOnce(&mut Self) -> Outcome<'a>) -> Verdict {
        let (evidence, undecided) = (self.evidence.len(), self.undecided.len());
        self.not_applicable = false;
        if let Err(why) = run(self) {
            self.undecided(why);
        }
        if self.evidence.len() > evidence {
            Verdict::Fail
        } else if let Some((_, _, first)) = self.undecided.get(undecided) {
            Verdict::Unknown(first.why.clone())
        } else if self.not_applicable {
            Verdict::NotApplicable
        } else {
            Verdict::Pass
        }
    }

    /// Takes out what was found to be wrong since the last time.
    pub fn take_evidence(&mut self) -> impl Iterator<Item = Evidence<'a>> + '_ {
        self.evidence.drain(..)
    }

    /// Takes out what could not be decided since the last time.
    pub fn take_undecided(&mut self) -> impl Iterator<Item = UndecidedAt<'a>> + '_ {
        self.undecided.drain(..).map(|(object, container, undecided)| UndecidedAt {
            object,
            container,
            undecided,
        })
    }
}

/// Something that a check could not decide, and whose it is.
#[derive(Clone, Debug)]
pub struct UndecidedAt<'a> {
    /// The object.
    pub object: Option<Object<'a>>,
    /// The container; empty where none is concerned.
    pub container: &'a str,
    /// The value and the reason.
    pub undecided: Undecided<'a>,
}
