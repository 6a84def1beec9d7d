//! Remarks on what workloads ask for, as records.

use seawall_model::document::Node;
use seawall_model::{Location, Object, Undecided};
use seawall_podsecurity::{Remark, Weight};
use seawall_report::list::Column;
use serde::Serialize;

/// A remark with its subject and place.
#[derive(Serialize)]
pub(crate) struct Record {
    pub(crate) object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    pub(crate) weight: String,
    pub(crate) id: &'static str,
    pub(crate) message: String,
    pub(crate) field: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    #[serde(skip)]
    pub(crate) rank: Weight,
}

/// The columns of remarks.
pub(crate) const COLUMNS: &[Column<Record>] = &[
    Column::new("OBJECT", |it| it.object.clone()),
    Column::new("CONTAINER", |it| it.container.clone().unwrap_or_default()),
    Column::new("WEIGHT", |it| it.weight.clone()),
    Column::new("REMARK", |it| it.message.clone()),
    Column::wide("ID", |it| it.id.to_owned()),
    Column::wide("FIELD", |it| it.field.clone()),
    Column::wide("PLACE", |it| format!("{}:{}:{}", it.file, it.line, it.column)),
];

impl Record {
    /// A remark on an object.
    pub(crate) fn new(object: Object<'_>, container: Option<&str>, remark: &Remark<'_>) -> Self {
        Record::at(
            object,
            container,
            remark.node,
            (remark.id, remark.weight),
            remark.message.clone(),
        )
    }

    /// What could not be understood.
    pub(crate) fn undecided(
        object: Object<'_>,
        container: Option<&str>,
        why: &Undecided<'_>,
    ) -> Self {
        let message = format!("can't be decided: {}", why.why);
        Record::at(object, container, why.node, ("undecided", Weight::Error), message)
    }

    fn at(
        object: Object<'_>,
        container: Option<&str>,
        node: Node<'_>,
        (id, rank): (&'static str, Weight),
        message: String,
    ) -> Self {
        let source = node.document().source();
        let at = Location { source: source.clone(), span: node.anchor() }.start();
        Record {
            object: object.id().to_string(),
            container: container.map(str::to_owned),
            weight: rank.to_string(),
            id,
            message,
            field: node.path_from(object.root()).to_string(),
            file: source.name().to_string(),
            line: at.line,
            column: at.column,
            rank,
        }
    }
}
