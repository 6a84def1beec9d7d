//! Which policy a pod gets.
//!
//! Policies are tried by name. The first that fits, may be used and leaves the pod as it is wins;
//! failing that, the first that fits by changing it. Then the API server copies seccomp profiles
//! between annotations and fields and asks the plugin again, which may now change nothing and tries
//! the policy of the annotation first (`computeSecurityContext`).

use seawall_model::document::{Kind, Node};

use super::place::Rejection;
use super::pod::Pod;
use super::policy::Policy;
use super::seccomp;

/// Where the plugin notes the policy of a pod.
pub const ANNOTATION: &str = "kubernetes.io/psp";

/// What the plugin asks the authorizer: may this one `use` the policy in the pod's namespace?
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Who.
    pub asker: Asker,
    /// Name of the policy.
    pub policy: &'q str,
    /// API group of `podsecuritypolicies`: `policy`, and then `extensions`.
    pub group: &'static str,
}

/// Who may let a pod use a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The pod's service account; asked first.
    ServiceAccount,
    /// Whoever makes the pod: a user, or the controller's own account.
    User,
}

/// Answers the plugin's questions.
pub type MayUse<'f> = dyn Fn(Question<'_>) -> bool + 'f;

/// Through whom a policy may be used; `None` where nobody may.
pub type Authorised = Option<Asker>;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether the pod is admitted, and how.
    pub verdict: Verdict,
    /// Every policy, by name.
    pub attempts: Vec<Attempt>,
}

/// Whether a pod is admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, by this policy; the pod as it would be stored.
    Admitted {
        /// Name of the policy.
        policy: String,
        /// The pod with what the policy and the API server set.
        pod: Box<Pod>,
    },
    /// There is no policy that could be used at all.
    NoPolicy,
    /// No policy that may be used fits.
    Rejected,
    /// The policy that fitted the pod does not fit what the API server made of it: the plugin's
    /// second look refuses it.
    RejectedAfterDefaults {
        /// Name of the policy.
        policy: String,
    },
}

/// One policy tried on a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Name of the policy.
    pub policy: String,
    /// Through whom it may be used.
    pub authorised: Authorised,
    /// Whether it fits.
    pub outcome: Outcome,
}

/// Whether a policy fits a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the pod is.
    Fits,
    /// After changes.
    FitsChanged,
    /// It does not.
    Violated(Vec<Rejection>),
}

/// Through whom a policy may be used: the service account, else whoever makes the pod; in the group
/// `policy`, else in `extensions`.
fn authorised(pod: &Pod, policy: &str, may_use: &MayUse<'_>) -> Authorised {
    let account = (!pod.service_account.is_empty()).then_some(Asker::ServiceAccount);
    account.into_iter().chain([Asker::User]).find(|asker| {
        ["policy", "extensions"]
            .iter()
            .any(|group| may_use(Question { asker: *asker, policy, group }))
    })
}

/// Tries a policy on a pod; also the pod as the policy would have it.
fn attempt(policy: &Policy, pod: &Pod, may_use: &MayUse<'_>) -> (Attempt, Pod) {
    let mut changed = pod.clone();
    policy.default_pod(&mut changed);
    let violations = policy.violations(&changed);
    let outcome = if !violations.is_empty() {
        Outcome::Violated(violations)
    } else if changed == *pod {
        Outcome::Fits
    } else {
        Outcome::FitsChanged
    };
    let authorised = authorised(pod, &policy.name, may_use);
    (Attempt { policy: policy.name.clone(), authorised, outcome }, changed)
}

/// Policies in the order in which they are tried: by name, after the one hinted at.
fn ordered<'p>(policies: &'p [Policy], hint: &str) -> Vec<&'p Policy> {
    let mut ordered: Vec<&Policy> = policies.iter().collect();
    ordered.sort_by_key(|policy| (policy.name != hint, &policy.name));
    ordered
}

/// Decides on a pod that is made.
pub fn admit(policies: &[Policy], pod: &Pod, may_use: &MayUse<'_>) -> Decision {
    let mut attempts = Vec::with_capacity(policies.len());
    let (mut unchanged, mut changed) = (None, None);
    for policy in ordered(policies, "") {
        let (attempt, defaulted) = attempt(policy, pod, may_use);
        if attempt.authorised.is_some() {
            let slot = match attempt.outcome {
                Outcome::Fits => &mut unchanged,
                Outcome::FitsChanged => &mut changed,
                Outcome::Violated(_) => &mut None,
            };
            slot.get_or_insert_with(|| (policy.name.clone(), defaulted));
        }
        attempts.push(attempt);
    }
    let verdict = match unchanged.or(changed) {
        _ if policies.is_empty() => Verdict::NoPolicy,
        None => Verdict::Rejected,
        Some((policy, mut pod)) => {
            pod.annotations.insert(ANNOTATION.to_owned(), policy.clone());
            seccomp::sync(&mut pod);
            match validated(policies, &pod, may_use) {
                Some(_) => Verdict::Admitted { policy, pod: Box::new(pod) },
                None => Verdict::RejectedAfterDefaults { policy },
            }
        }
    };
    Decision { verdict, attempts }
}

/// The policy that fits a pod as it is.
fn validated(policies: &[Policy], pod: &Pod, may_use: &MayUse<'_>) -> Option<String> {
    let hint = pod.annotations.get(ANNOTATION).map_or("", String::as_str);
    ordered(policies, hint)
        .into_iter()
        .map(|policy| attempt(policy, pod, may_use).0)
        .find(|attempt| attempt.outcome == Outcome::Fits && attempt.authorised.is_some())
        .map(|attempt| attempt.policy)
}

/// Decides on a pod that is changed: nothing is set, and the policy that it got is tried first.
/// Changes of [`bookkeeping`] alone are not looked at.
pub fn update(policies: &[Policy], pod: &Pod, may_use: &MayUse<'_>) -> Decision {
    let hint = pod.annotations.get(ANNOTATION).map_or("", String::as_str);
    let attempts: Vec<Attempt> =
        ordered(policies, hint).into_iter().map(|policy| attempt(policy, pod, may_use).0).collect();
    let verdict = match validated(policies, pod, may_use) {
        _ if policies.is_empty() => Verdict::NoPolicy,
        Some(policy) => Verdict::Admitted { policy, pod: Box::new(pod.clone()) },
        None => Verdict::Rejected,
    };
    Decision { verdict, attempts }
}

/// Whether two versions of an object differ in nothing but what the garbage collector changes
/// (`IsOnlyMutatingGCFields`): owners, finalizers, and what the API server notes for itself.
pub fn bookkeeping(old: Node<'_>, new: Node<'_>) -> bool {
    const KEYS: &[&str] = &["ownerReferences", "finalizers", "selfLink", "managedFields"];
    same_entries(old, new, |key, old, new| match key {
        "metadata" => match (old, new) {
            (Some(old), Some(new)) => {
                same_entries(old, new, |key, old, new| KEYS.contains(&key) || same(old, new))
            }
            _ => same(old, new),
        },
        _ => same(old, new),
    })
}

/// Null, empty lists and empty maps are absent.
fn same(old: Option<Node<'_>>, new: Option<Node<'_>>) -> bool {
    let there = |node: &Node<'_>| match node.kind() {
        Kind::Null => false,
        Kind::Seq => node.items().next().is_some(),
        Kind::Map => node.entries().next().is_some(),
        _ => true,
    };
    match (old.filter(there), new.filter(there)) {
        (None, None) => true,
        (Some(old), Some(new)) if old.kind() == new.kind() => match old.kind() {
            Kind::Map => same_entries(old, new, |_, old, new| same(old, new)),
            Kind::Seq => {
                old.items().count() == new.items().count()
                    && old.items().zip(new.items()).all(|(old, new)| same(Some(old), Some(new)))
            }
            Kind::Bool => old.as_bool() == new.as_bool(),
            Kind::Int => old.as_i64() == new.as_i64() && old.as_i64().is_some(),
            _ => old.text() == new.text(),
        },
        _ => false,
    }
}

fn same_entries<'a>(
    old: Node<'a>,
    new: Node<'a>,
    same: impl Fn(&str, Option<Node<'a>>, Option<Node<'a>>) -> bool,
) -> bool {
    let known = |key: &str| old.get(key).is_some();
    old.entries().all(|(key, value)| same(key.text(), Some(value), new.get(key.text())))
        && new
            .entries()
            .filter(|(key, _)| !known(key.text()))
            .all(|(key, value)| same(key.text(), None, Some(value)))
}
