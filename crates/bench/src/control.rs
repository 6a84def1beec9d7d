//! What a control is: data, and where data can't say it, a plain function.

use crate::component::Component;
use crate::context::{Cx, Role, either};
use crate::distribution::File;
use crate::etcd;
use crate::files;
use crate::outcome::Outcome;
use crate::report::Assessment;
use crate::setting::{Setting, Want};

/// One control of a benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// Its number, or a kebab-case name, in its benchmark.
    pub id: &'static str,
    /// What it asks for, without a full stop.
    pub title: &'static str,
    /// How the benchmark says that it is assessed.
    pub assessment: Assessment,
    /// What to do, as sentences.
    pub remedy: &'static str,
    /// How it is decided.
    pub decide: Decide,
}

/// How a control is decided.
#[derive(Clone, Copy, Debug)]
pub enum Decide {
    /// The files of a kind have no permission bits but these.
    Mode(File, u32),
    /// The files of a kind belong to this user and group.
    Owner(File, &'static str, &'static str),
    /// A flag of a component, with what holds where it isn't set.
    Flag(Component, &'static str, Option<&'static str>, Want),
    /// Flags that must all be set.
    AllSet(Component, &'static [&'static str]),
    /// A setting of the kubelet, by its flag.
    Kubelet(&'static str, Want),
    /// A setting of etcd, by its flag.
    Etcd(&'static str, Want),
    /// A function.
    With(fn(&Cx<'_>) -> Outcome),
    /// The checks that map to a control of CIS.
    Objects(&'static str),
    /// These checks.
    Checks(&'static [&'static str]),
    /// Nobody but a person.
    Ask(&'static str),
}

impl Decide {
    /// What a control comes to.
    pub fn outcome(self, cx: &Cx<'_>) -> Outcome {
        match self {
            Decide::Mode(file, bits) => files::mode(cx, file, bits),
            Decide::Owner(file, user, group) => files::owner(cx, file, user, group),
            Decide::Flag(component, flag, default, want) => cx.flag(component, flag, default, want),
            Decide::AllSet(component, flags) => cx.each(component, |instance| {
                let each = flags.iter().map(|flag| Setting::flag(instance, flag, None));
                Outcome::worst(each.map(|setting| setting.judge(Want::Set)), "")
            }),
            Decide::Kubelet(flag, want) => {
                cx.each_kubelet(|kubelet| kubelet.setting(flag).judge(want))
            }
            Decide::Etcd(flag, want) => cx.each(Component::Etcd, |instance| {
                etcd::setting(cx.input.host, instance, flag).judge(want)
            }),
            Decide::With(function) => function(cx),
            Decide::Objects(control) => either(cx.objects().map(|(inventory, objects)| {
                objects.outcome(inventory, |check| check.mapping.cis.contains(&control))
            })),
            Decide::Checks(ids) => either(cx.objects().map(|(inventory, objects)| {
                objects.outcome(inventory, |check| ids.contains(&check.id))
            })),
            Decide::Ask(question) => Outcome::manual(question),
        }
    }
}

/// Controls under one heading.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its number and title.
    pub title: &'static str,
    /// The part of a node that it is about; none where it is about any, or the cluster.
    pub role: Option<Role>,
    /// Its controls.
    pub controls: Vec<Control>,
}

/// A control that a program is to assess.
pub const fn automated(
    id: &'static str,
    title: &'static str,
    decide: Decide,
    remedy: &'static str,
) -> Control {
    Control { id, title, assessment: Assessment::Automated, remedy, decide }
}

/// A control that a person is to assess, though a program may decide it.
pub const fn manual(
    id: &'static str,
    title: &'static str,
    decide: Decide,
    remedy: &'static str,
) -> Control {
    Control { id, title, assessment: Assessment::Manual, remedy, decide }
}
