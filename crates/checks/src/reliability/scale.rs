//! How many pods a workload runs, and who decides it.

use std::collections::HashMap;

use seawall_model::document::Node;
use seawall_model::{Cx, Inventory, Object, ObjectKind, Outcome, Template, Undecided};

/// An autoscaler and the fewest replicas that it keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Autoscaler<'a> {
    pub object: Object<'a>,
    pub least: i64,
}

/// Kind, namespace and name of a workload.
type Target<'a> = (&'a str, &'a str, &'a str);

/// The autoscalers of an inventory by the workload that they scale: HorizontalPodAutoscalers, and
/// the ScaledObjects that KEDA makes them of.
#[derive(Debug)]
pub(super) struct Autoscalers<'a> {
    by_target: HashMap<Target<'a>, Autoscaler<'a>>,
}

impl<'a> Autoscalers<'a> {
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut by_target = HashMap::new();
        let custom = inventory.of_kind(ObjectKind::Custom).filter(|object| {
            (object.group(), object.id().kind.as_str()) == ("keda.sh", "ScaledObject")
        });
        for object in inventory.of_kind(ObjectKind::HorizontalPodAutoscaler).chain(custom) {
            let Some(spec) = object.spec() else { continue };
            let Some(target) = spec.get("scaleTargetRef") else { continue };
            let Some(name) = target.get("name") else { continue };
            // KEDA's default.
            let kind = target.get("kind").map_or("Deployment", Node::text);
            let fields = ["minReplicas", "minReplicaCount"];
            let least = fields.iter().find_map(|field| spec.get(field)?.as_i64()).unwrap_or(1);
            let namespace = object.namespace().unwrap_or_default();
            by_target.insert((kind, namespace, name.text()), Autoscaler { object, least });
        }
        Autoscalers { by_target }
    }

    /// The autoscaler of a workload.
    pub fn of(&self, object: Object<'a>) -> Option<Autoscaler<'a>> {
        let namespace = object.namespace().unwrap_or_default();
        self.by_target.get(&(object.kind().name(), namespace, object.name())).copied()
    }
}

/// `spec.replicas`, by default 1.
pub(super) fn replicas(object: Object<'_>) -> Result<i64, Undecided<'_>> {
    let count = object.spec().and_then(|spec| spec.get("replicas"));
    Ok(count.map(Node::integer).transpose()?.map_or(1, |count| count.value))
}

/// Looks at each Deployment and StatefulSet that runs several pods, with their number where no
/// autoscaler decides it; one that can't be understood is undecided.
pub(super) fn each_of_several<'a>(
    cx: &mut Cx<'a>,
    look: fn(&Template<'a>, Option<i64>, &mut Cx<'a>) -> Outcome<'a>,
) {
    let inventory = cx.inventory();
    let autoscalers = Autoscalers::new(inventory);
    for template in inventory.pods() {
        let object = template.object;
        if !matches!(object.kind(), ObjectKind::Deployment | ObjectKind::StatefulSet) {
            continue;
        }
        let count = match autoscalers.of(object) {
            Some(_) => Ok(None),
            None => replicas(object).map(Some),
        };
        cx.about(object);
        let looked = match count {
            Ok(Some(count)) if count < 2 => Ok(()),
            Ok(count) => look(&template, count, cx),
            Err(why) => Err(why),
        };
        if let Err(why) = looked {
            cx.undecided(why);
        }
    }
}
