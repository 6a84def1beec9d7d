//! What is asked about the controller manager and the scheduler.

use crate::component::{Component, Instance};
use crate::context::Cx;
use crate::evidence::arguments::boolean;
use crate::evidence::document::{place, text};
use crate::outcome::{Evidence, Origin, OriginKind, Outcome};
use crate::setting::{Place, Setting, Want, default_origin, unread};

/// Finished pods are cleared away at some number.
pub fn finished_pods(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ControllerManager, |instance| {
        let setting = Setting::flag(instance, "terminated-pod-gc-threshold", Some("12500"));
        if setting.origin.kind == OriginKind::Default && setting.value.is_ok() {
            return Outcome::manual(
                "12,500 finished pods are kept, as nobody set another number: can the cluster hold \
                 so many?",
            )
            .with([setting.evidence()]);
        }
        // Nought and less switch it off.
        setting.judge(Want::Positive("12500"))
    })
}

/// The controller manager signs kubelets' serving certificates anew.
pub fn kubelet_certificates(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::ControllerManager, |instance| {
        gate(instance, "RotateKubeletServerCertificate")
    })
}

/// A feature gate that is on unless it is switched off.
fn gate(instance: &Instance, name: &str) -> Outcome {
    let item = format!("{} --feature-gates {name}", instance.name());
    match instance.arguments.entry("feature-gates", name) {
        _ if instance.incomplete.is_some() => {
            Outcome::unknown(instance.incomplete.clone().unwrap_or_default())
        }
        None => Outcome::pass(format!("{name} is on by default")).with([Evidence {
            item,
            value: Some("true".to_owned()),
            origin: default_origin(instance),
        }]),
        Some(value) => {
            let evidence =
                Evidence::new(item, value.to_owned(), instance.kind, instance.place.clone());
            match boolean(value) {
                Some(true) => Outcome::pass(format!("{name} is on")),
                Some(false) => Outcome::fail(format!("{name} is off")),
                None => Outcome::unknown(format!("{name} is {value:?}, which is no boolean")),
            }
            .with([evidence])
        }
    }
}

/// The scheduler serves no profiles. With `--config` its file alone counts: the flag is ignored.
pub fn scheduler_profiling(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Scheduler, |instance| {
        let Some(path) = instance.arguments.last("config").filter(|path| !path.is_empty()) else {
            return Setting::flag(instance, "profiling", Some("true")).judge(Want::Bool(false));
        };
        let document = match cx.configuration(instance, path) {
            Ok(document) => document,
            Err(why) => return unread(&why),
        };
        let node = document.root().get("enableProfiling");
        Setting {
            item: format!("{} enableProfiling", instance.name()),
            value: Ok(Some(node.map_or_else(|| "true".to_owned(), text))),
            origin: match node {
                Some(node) => Origin { kind: OriginKind::File, place: place(node) },
                None => default_origin(instance),
            },
            place: Place::Field {
                file: document.source().name().to_string(),
                field: "enableProfiling".to_owned(),
            },
        }
        .judge(Want::Bool(false))
    })
}
