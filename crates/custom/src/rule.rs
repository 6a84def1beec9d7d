//! The rule of a custom check: which objects it is about, and what must hold of them.

use globset::GlobMatcher;
use seawall_model::workload::pods_of;
use seawall_model::{Cx, Object, Outcome, Rule, Undecided};

use crate::expression::{Expression, Variables};
use crate::value;

/// What an expression is evaluated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Object,
    Pod,
    Container,
}

impl Subject {
    /// The variables that it gives.
    pub(crate) fn variables(self) -> &'static [&'static str] {
        match self {
            Subject::Object => &["object"],
            Subject::Pod => &["object", "pod"],
            Subject::Container => &["object", "pod", "container"],
        }
    }
}

/// A rule of `seawall.yaml`.
#[derive(Debug)]
pub(crate) struct CelRule {
    pub(crate) subject: Subject,
    /// Kinds of the objects; all where empty.
    pub(crate) kinds: Vec<String>,
    /// Their namespaces (`default` where an object names none); all where empty.
    pub(crate) namespaces: Vec<GlobMatcher>,
    pub(crate) expression: Expression,
    pub(crate) message: String,
    /// Gives the message; where it gives none, `message` holds.
    pub(crate) message_expression: Option<Expression>,
}

impl CelRule {
    fn is_about(&self, object: Object<'_>) -> bool {
        let id = object.id();
        let namespace = object.namespace().unwrap_or("default");
        (self.kinds.is_empty() || self.kinds.contains(&id.kind))
            && (self.namespaces.is_empty()
                || self.namespaces.iter().any(|glob| glob.is_match(namespace)))
    }

    /// The message where the rule is broken.
    fn judge(&self, variables: &Variables<'_>) -> Result<Option<String>, String> {
        if self.expression.holds(variables)? {
            return Ok(None);
        }
        let message = self.message_expression.as_ref().and_then(|of| of.text(variables).ok());
        Ok(Some(message.unwrap_or_else(|| self.message.clone())))
    }
}

impl Rule for CelRule {
    fn looks_at(&self) -> String {
        let kinds = if self.kinds.is_empty() { "object".to_owned() } else { self.kinds.join(", ") };
        match self.subject {
            Subject::Object => format!("each {kinds}"),
            Subject::Pod => format!("the pods of each {kinds}"),
            Subject::Container => format!("the containers of each {kinds}"),
        }
    }

    fn look<'a>(&self, object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
        if !self.is_about(object) {
            cx.not_applicable();
            return Ok(());
        }
        let undecided = |node, why: String| Undecided {
            node,
            why: format!("the check's expression was not evaluated: {why}").into(),
        };
        let root = object.root();
        let whole = value::of(root).map_err(|why| undecided(root, why))?;
        let variables = Variables { object: Some(&*whole), ..Variables::default() };
        if self.subject == Subject::Object {
            if let Some(message) = self.judge(&variables).map_err(|why| undecided(root, why))? {
                cx.fail(root, message);
            }
            return Ok(());
        }
        let mut seen = false;
        for pod in pods_of(object) {
            let spec = value::of(pod.spec).map_err(|why| undecided(pod.spec, why))?;
            let variables = Variables { pod: Some(&*spec), ..variables };
            if self.subject == Subject::Pod {
                seen = true;
                match self.judge(&variables) {
                    Ok(None) => {}
                    Ok(Some(message)) => cx.fail(pod.spec, message),
                    Err(why) => cx.undecided(undecided(pod.spec, why)),
                }
                continue;
            }
            for container in pod.containers() {
                seen = true;
                cx.in_container(container.name);
                let outcome = value::of(container.node).and_then(|value| {
                    self.judge(&Variables { container: Some(&*value), ..variables })
                });
                match outcome {
                    Ok(None) => {}
                    Ok(Some(message)) => cx.fail(container.node, message),
                    Err(why) => cx.undecided(undecided(container.node, why)),
                }
            }
        }
        if !seen {
            cx.not_applicable();
        }
        Ok(())
    }
}
