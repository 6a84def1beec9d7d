//! An object is held against the API's schema once, for all checks of the family.

use std::rc::Rc;

use seawall_model::{Cx, Edit, Edits, Flaw, Object, Outcome, Unfixed, Value};
use seawall_schema::{Api, ApiStatus, Expected, Hint, Problem, ProblemKind, Schema, Version};

/// Which check reports a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    DeprecatedApiVersion,
    DroppedSecurityField,
    InvalidValue,
    MissingField,
    RemovedApiVersion,
    UnknownField,
    WrongType,
}

struct Found {
    class: Class,
    /// Index of the node in the object's document.
    node: u32,
    /// The name of a missing field.
    missing: &'static str,
    message: String,
}

/// Reports the problems of one class.
pub(super) fn report<'a>(class: Class, object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    let version = version(cx);
    let found: Rc<Vec<Found>> = cx.shared(object, || validate(object, version));
    for problem in found.iter().filter(|problem| problem.class == class) {
        let node = object.root().document().node(problem.node);
        cx.fail_at(node, problem.missing, problem.message.clone());
    }
    Ok(())
}

/// The version aimed at. The configuration admits only known ones.
fn version(cx: &Cx<'_>) -> Version {
    cx.settings()
        .kubernetes_minor
        .and_then(|minor| Version::all().find(|version| version.minor() == minor))
        .unwrap_or_default()
}

fn validate(object: Object<'_>, version: Version) -> Vec<Found> {
    let id = object.id();
    let mut found = Vec::new();
    Schema::of(version).validate(&id.api_version, &id.kind, object.root(), &mut |problem| {
        let missing = match problem.kind {
            ProblemKind::MissingField { name } => name,
            _ => "",
        };
        if let Some(class) = class_of(&problem, object) {
            let message = problem.to_string();
            found.push(Found { class, node: problem.node.index(), missing, message });
        }
    });
    found
}

fn class_of(problem: &Problem<'_>, object: Object<'_>) -> Option<Class> {
    Some(match &problem.kind {
        ProblemKind::UnknownField { .. } if guards(problem, object) => Class::DroppedSecurityField,
        ProblemKind::UnknownField { .. } => Class::UnknownField,
        ProblemKind::WrongType { .. } => Class::WrongType,
        ProblemKind::MissingField { .. } => Class::MissingField,
        ProblemKind::UnknownValue { .. } => Class::InvalidValue,
        ProblemKind::Api { status, .. } => match status {
            ApiStatus::Deprecated { .. } => Class::DeprecatedApiVersion,
            ApiStatus::Removed { .. } => Class::RemovedApiVersion,
            ApiStatus::NotYet { .. } | ApiStatus::Unknown { .. } => Class::InvalidValue,
            ApiStatus::Current | ApiStatus::Custom => return None,
        },
    })
}

/// Whether a dropped field would have guarded something: it stands in a security context, it is
/// (a misspelling of) a field that restricts, or it belongs to an object that is all about
/// restricting.
fn guards(problem: &Problem<'_>, object: Object<'_>) -> bool {
    const OBJECTS: &[&str] = &[
        "NetworkPolicy",
        "PodSecurityPolicy",
        "ResourceQuota",
        "LimitRange",
        "Role",
        "ClusterRole",
        "RoleBinding",
        "ClusterRoleBinding",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ];
    const FIELDS: &[&str] = &[
        "securitycontext",
        "privileged",
        "allowprivilegeescalation",
        "readonlyrootfilesystem",
        "runasnonroot",
        "runasuser",
        "runasgroup",
        "capabilities",
        "seccompprofile",
        "apparmorprofile",
        "selinuxoptions",
        "procmount",
        "hostnetwork",
        "hostpid",
        "hostipc",
        "hostusers",
        "automountserviceaccounttoken",
        "serviceaccountname",
        "enableservicelinks",
        "imagepullpolicy",
        "readonly",
        "limits",
        "resources",
        "runtimeclassname",
    ];
    if OBJECTS.contains(&object.id().kind.as_str()) {
        return true;
    }
    let ProblemKind::UnknownField { name, hint } = &problem.kind else { return false };
    let meant = match hint {
        Some(Hint::Similar(field)) => field,
        _ => *name,
    };
    let is_guard = |name: &str| FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field));
    is_guard(meant) || is_guard(name) || {
        let path = problem.node.path_from(object.root()).to_string();
        path.contains("securityContext") || path.contains("SecurityContext")
    }
}

/// What a fix may write at a problem.
pub(super) enum Meant {
    /// A value of this type.
    Type(Expected),
    /// A field of this name.
    Field(&'static str),
    /// This API.
    Api(Api),
    /// This value.
    Value(&'static str),
}

/// What was meant where a finding stands, by the newest version.
pub(super) fn meant(flaw: &Flaw<'_>) -> Option<Meant> {
    let id = flaw.object.id();
    let mut meant = None;
    let version = Version::default();
    Schema::of(version).validate(&id.api_version, &id.kind, flaw.object.root(), &mut |problem| {
        if problem.node != flaw.node {
            return;
        }
        meant = match problem.kind {
            ProblemKind::WrongType { expected } => Some(Meant::Type(expected)),
            ProblemKind::UnknownField { hint: Some(Hint::Similar(name)), .. } => {
                Some(Meant::Field(name))
            }
            ProblemKind::UnknownValue { value, ref allowed } => {
                let alike = |known: &&&str| known.eq_ignore_ascii_case(value);
                allowed.iter().find(alike).map(|known| Meant::Value(known))
            }
            ProblemKind::Api {
                status:
                    ApiStatus::Removed { replacement: Some(api), .. }
                    | ApiStatus::Deprecated { replacement: Some(api), .. },
                ..
            } => Some(Meant::Api(api)),
            _ => return,
        };
    });
    meant
}

/// Gives a misspelt field the name that is meant.
pub(super) fn renamed<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let Some(Meant::Field(name)) = meant(flaw) else {
        return Err("which field is meant is not known".into());
    };
    // The finding stands at the key; its value follows it.
    let value = flaw.node.document().node(flaw.node.index() + 1);
    Ok(vec![Edit::rename(value, name)])
}

/// Writes the API version that replaces another, if the object is valid there as it stands.
pub(super) fn moved<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    let root = flaw.object.root();
    let (Some(Meant::Api(api)), Some(written)) = (meant(flaw), root.get("apiVersion")) else {
        return Err("nothing replaces it as it stands".into());
    };
    if api.kind != flaw.object.id().kind {
        return Err(format!("{api} replaces it").into());
    }
    let mut first = None;
    Schema::of(Version::default()).validate(api.api_version, api.kind, root, &mut |problem| {
        if first.is_none() {
            first = Some(format!("it would not fit {api}: {problem}"));
        }
    });
    match first {
        Some(why) => Err(Unfixed::Refused(why.into())),
        None => Ok(vec![Edit::set(written, &[], Value::str(api.api_version))]),
    }
}
