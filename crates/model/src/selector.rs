//! Label selectors: which pods a Service, a policy or a budget means.
//!
//! Matching is that of `k8s.io/apimachinery/pkg/labels`: requirements are joined by *and*, `NotIn`
//! and `DoesNotExist` also match where the label is missing, and a selector without requirements
//! matches everything.

use crate::document::Node;
use crate::object::{Object, ObjectKind};
use crate::read::Undecided;

/// The labels of an object or a pod, known to be strings.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    node: Option<Node<'a>>,
}

impl<'a> Labels<'a> {
    /// No labels.
    pub const NONE: Labels<'static> = Labels { node: None };

    /// Reads a map of labels. A value that is no string is undecided: the API server refuses the
    /// whole object for it.
    pub fn of(node: Option<Node<'a>>) -> Result<Self, Undecided<'a>> {
        if let Some(node) = node {
            for (_, value) in node.map()? {
                text(value)?;
            }
        }
        Ok(Labels { node })
    }

    /// Reads `labels` of a `metadata`.
    pub fn of_metadata(metadata: Option<Node<'a>>) -> Result<Self, Undecided<'a>> {
        match metadata {
            Some(metadata) => Self::of(metadata.field("labels")?),
            None => Ok(Labels { node: None }),
        }
    }

    /// The value of a label.
    pub fn get(self, key: &str) -> Option<&'a str> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Names and values. A null is the empty string, as it is to the API server.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let entries = self.node.into_iter().flat_map(Node::entries);
        entries.map(|(key, value)| (key.text(), if value.is_null() { "" } else { value.text() }))
    }
}

/// What labels must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector<'a> {
    requirements: Vec<Requirement<'a>>,
}

/// What one label must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement<'a> {
    /// The label's name.
    pub key: &'a str,
    /// What its value must be.
    pub test: Test<'a>,
}

/// What a label's value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test<'a> {
    /// This value.
    Is(&'a str),
    /// One of these values.
    In(Vec<&'a str>),
    /// None of these values, or the label is missing.
    NotIn(Vec<&'a str>),
    /// Any value.
    Exists,
    /// The label is missing.
    DoesNotExist,
}

impl Requirement<'_> {
    fn matches(&self, labels: Labels<'_>) -> bool {
        self.test.holds_for(labels.get(self.key))
    }
}

impl Test<'_> {
    /// Whether a label's value, if there is one, is as it must be.
    pub fn holds_for(&self, value: Option<&str>) -> bool {
        match self {
            Test::Is(wanted) => value == Some(wanted),
            Test::In(wanted) => value.is_some_and(|value| wanted.contains(&value)),
            Test::NotIn(refused) => value.is_none_or(|value| !refused.contains(&value)),
            Test::Exists => value.is_some(),
            Test::DoesNotExist => value.is_none(),
        }
    }
}

impl<'a> Selector<'a> {
    /// Reads a `metav1.LabelSelector`: `matchLabels` and `matchExpressions`. What the API server
    /// refuses is undecided.
    pub fn of(node: Node<'a>) -> Result<Self, Undecided<'a>> {
        let mut requirements = Vec::new();
        if let Some(labels) = node.field("matchLabels")? {
            equalities(labels, &mut requirements)?;
        }
        for expression in
            node.field("matchExpressions")?.map(Node::list).transpose()?.into_iter().flatten()
        {
            requirements.push(requirement(expression)?);
        }
        Ok(Selector { requirements })
    }

    /// Reads a plain map of labels, as a Service has.
    pub fn of_labels(node: Node<'a>) -> Result<Self, Undecided<'a>> {
        let mut requirements = Vec::new();
        equalities(node, &mut requirements)?;
        Ok(Selector { requirements })
    }

    /// How an object selects pods of its namespace; `None` where it selects none.
    ///
    /// - A Service without a selector, or of type ExternalName, has no pods of its own.
    /// - A NetworkPolicy's `podSelector` selects all where it is empty or absent.
    /// - A PodDisruptionBudget without a selector selects none, with an empty one all, but none in
    ///   `policy/v1beta1`.
    pub fn of_object(object: Object<'a>) -> Result<Option<Self>, Undecided<'a>> {
        let Some(spec) = object.root().field("spec")? else { return Ok(None) };
        Ok(match object.kind() {
            ObjectKind::Service => {
                if spec.get("type").and_then(Node::as_str) == Some("ExternalName") {
                    return Ok(None);
                }
                let selector = spec.field("selector")?.map(Self::of_labels).transpose()?;
                selector.filter(|selector| !selector.is_everything())
            }
            ObjectKind::NetworkPolicy => Some(match spec.field("podSelector")? {
                Some(selector) => Self::of(selector)?,
                None => Selector { requirements: Vec::new() },
            }),
            ObjectKind::PodDisruptionBudget => {
                let selector = spec.field("selector")?.map(Self::of).transpose()?;
                let beta = object.id().api_version.ends_with("/v1beta1");
                selector.filter(|selector| !(beta && selector.is_everything()))
            }
            _ => None,
        })
    }

    /// Whether it has no requirement, and so matches everything.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The requirements, all of which must hold.
    pub fn requirements(&self) -> &[Requirement<'a>] {
        &self.requirements
    }

    /// Whether labels are as they must be.
    pub fn matches(&self, labels: Labels<'_>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// For each requirement that names the values that it takes, the label's name and the values:
    /// what matches has one of them.
    pub fn required(&self) -> impl Iterator<Item = (&'a str, &[&'a str])> {
        self.requirements.iter().filter_map(|requirement| match &requirement.test {
            Test::Is(value) => Some((requirement.key, std::slice::from_ref(value))),
            Test::In(values) => Some((requirement.key, values.as_slice())),
            _ => None,
        })
    }
}

fn equalities<'a>(
    labels: Node<'a>,
    requirements: &mut Vec<Requirement<'a>>,
) -> Result<(), Undecided<'a>> {
    for (key, value) in labels.map()? {
        requirements.push(Requirement { key: key.text(), test: Test::Is(text(value)?) });
    }
    Ok(())
}

/// As `NewRequirement` and `ValidateLabelSelectorRequirement` of apimachinery have it.
fn requirement(expression: Node<'_>) -> Result<Requirement<'_>, Undecided<'_>> {
    let undecided = |why: &'static str| Undecided { node: expression, why: why.into() };
    let Some(key) = expression.field("key")? else {
        return Err(undecided("the label selector's requirement has no key"));
    };
    let Some(operator) = expression.field("operator")? else {
        return Err(undecided("the label selector's requirement has no operator"));
    };
    let mut values = Vec::new();
    for value in expression.field("values")?.map(Node::list).transpose()?.into_iter().flatten() {
        values.push(text(value)?);
    }
    let test = match (operator.string()?.value, values.is_empty()) {
        ("In", false) => Test::In(values),
        ("NotIn", false) => Test::NotIn(values),
        ("Exists", true) => Test::Exists,
        ("DoesNotExist", true) => Test::DoesNotExist,
        ("In" | "NotIn", true) => {
            return Err(undecided("the label selector's requirement has no values"));
        }
        ("Exists" | "DoesNotExist", false) => {
            return Err(undecided("the label selector's requirement has values, and may not"));
        }
        (other, _) => {
            let why = format!("{other} is no operator of label selectors");
            return Err(Undecided { node: operator, why: why.into() });
        }
    };
    Ok(Requirement { key: key.string()?.value, test })
}

fn text(value: Node<'_>) -> Result<&str, Undecided<'_>> {
    if value.is_null() { Ok("") } else { Ok(value.string()?.value) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::document::{Document, Limits, chunks, read};
    use crate::source::Source;

    fn document(text: &str) -> Document {
        let source = Arc::new(Source::new("test.yaml", text.to_owned()));
        let chunk = chunks(&source).into_iter().next().expect("the text is not empty");
        let mut reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{:?}", reading.error);
        reading.documents.remove(0)
    }

    fn matches(selector: &str, labels: &str) -> bool {
        let (selector, labels) = (document(selector), document(labels));
        let selector = Selector::of(selector.root()).expect("the selector is one");
        selector.matches(Labels::of(Some(labels.root())).expect("the labels are some"))
    }

    fn refused(selector: &str) -> String {
        let selector = document(selector);
        Selector::of(selector.root()).expect_err("the selector is none").why.into_owned()
    }

    #[test]
    fn no_requirement_matches_everything() {
        assert!(matches("{}", "{}"));
        assert!(matches("{matchLabels: {}, matchExpressions: []}", "{app: web}"));
        assert!(matches("{matchLabels: null}", "{app: web}"));
    }

    #[test]
    fn labels_are_joined_by_and() {
        assert!(matches("{matchLabels: {app: web}}", "{app: web, tier: front}"));
        assert!(!matches("{matchLabels: {app: web, tier: back}}", "{app: web, tier: front}"));
        assert!(!matches("{matchLabels: {app: web}}", "{}"));
        assert!(!matches("{matchLabels: {app: web}}", "{app: Web}"));
    }

    #[test]
    fn an_empty_value_is_not_a_missing_label() {
        assert!(matches("{matchLabels: {app: ''}}", "{app: ''}"));
        assert!(matches("{matchLabels: {app: null}}", "{app: }"));
        assert!(!matches("{matchLabels: {app: ''}}", "{}"));
    }

    #[test]
    fn expressions_are_those_of_apimachinery() {
        let one = |operator: &str, values: &str, labels: &str| {
            let selector =
                format!("{{matchExpressions: [{{key: app, operator: {operator}{values}}}]}}");
            matches(&selector, labels)
        };
        assert!(one("In", ", values: [web, api]", "{app: api}"));
        assert!(!one("In", ", values: [web, api]", "{app: db}"));
        assert!(!one("In", ", values: [web, api]", "{}"));
        assert!(!one("NotIn", ", values: [web]", "{app: web}"));
        assert!(one("NotIn", ", values: [web]", "{app: db}"));
        assert!(one("NotIn", ", values: [web]", "{}"), "a missing label is not in");
        assert!(one("Exists", "", "{app: x}"));
        assert!(!one("Exists", "", "{tier: x}"));
        assert!(one("DoesNotExist", ", values: []", "{tier: x}"));
        assert!(!one("DoesNotExist", "", "{app: x}"));
    }

    #[test]
    fn labels_and_expressions_are_joined_by_and() {
        let selector = "
            matchLabels: {app: web}
            matchExpressions: [{key: canary, operator: DoesNotExist}]";
        assert!(matches(selector, "{app: web}"));
        assert!(!matches(selector, "{app: web, canary: '1'}"));
    }

    #[test]
    fn what_the_api_server_refuses_is_undecided() {
        let expression = |rest: &str| refused(&format!("{{matchExpressions: [{{{rest}}}]}}"));
        assert!(expression("key: a, operator: In").contains("has no values"));
        assert!(expression("key: a, operator: In, values: []").contains("has no values"));
        assert!(expression("key: a, operator: Exists, values: [b]").contains("may not"));
        assert!(expression("key: a, operator: Gt, values: ['1']").contains("no operator"));
        assert!(expression("key: a, operator: in, values: [b]").contains("no operator"));
        assert!(expression("operator: Exists").contains("no key"));
        assert!(expression("key: a").contains("no operator"));
        assert!(refused("{matchLabels: {version: 1}}").contains("where a string belongs"));
        assert!(refused("[a]").contains("where a map belongs"));
    }

    #[test]
    fn labels_that_are_no_strings_are_undecided() {
        let labels = document("{app: web, version: 1.0}");
        assert!(Labels::of(Some(labels.root())).is_err());
    }
}
