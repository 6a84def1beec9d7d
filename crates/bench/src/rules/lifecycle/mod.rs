//! Versions are still mended, by a dated table.

mod table;

use seawall_model::ObjectKind;
use time::format_description::well_known::Iso8601;
use time::{Date, OffsetDateTime};

use crate::component::{Component, Instance};
use crate::context::{Cx, either};
use crate::evidence::packages;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;
use crate::versions::{ENGINES, ETCD, Program, Version};
use table::{End, Row};

/// After how many days a row of the table is called old. In half a year Kubernetes ends two minor
/// versions.
const OLD: i64 = 183;

/// What is known of a version today.
fn judge(cx: &Cx<'_>, product: &str, version: &str) -> Outcome {
    let Ok(now) = OffsetDateTime::from_unix_timestamp(cx.input.now) else {
        return Outcome::unknown("the clock stands outside of all calendars");
    };
    let today = now.date();
    let Some(row) = table::row(product, version) else {
        return Outcome::unknown(match table::seen(product) {
            Some(seen) => format!(
                "the table of {} does not know the end of {product} {version}",
                aged(seen, today)
            ),
            None => format!("the table of ends of life does not know {product} {version}"),
        });
    };
    let Row { version, end, seen } = row;
    let by = format!("by the table of {}", aged(seen, today));
    match end {
        // Days of this form sort as they follow each other.
        End::On(day) if *day < *today.to_string() => {
            Outcome::fail(format!("{product} {version} has not been mended since {day}, {by}"))
        }
        End::On(day) => Outcome::pass(format!("{product} {version} is mended until {day}, {by}")),
        End::Past => Outcome::fail(format!("{product} {version} is no longer mended, {by}")),
        End::Open if age(seen, today).is_some_and(|days| days <= OLD) => {
            Outcome::pass(format!("{product} {version} is mended and no end of it was set, {by}"))
        }
        End::Open => Outcome::unknown(format!(
            "{product} {version} was mended and no end of it was set, {by}: it may have ended since"
        )),
    }
}

/// A day of the table, with how long that is ago where it is long ago.
fn aged(seen: &str, today: Date) -> String {
    match age(seen, today) {
        Some(days) if days > OLD => format!("{seen} ({} months old)", days / 30),
        _ => seen.to_owned(),
    }
}

/// How many days ago a day was.
fn age(seen: &str, today: Date) -> Option<i64> {
    Date::parse(seen, &Iso8601::DATE).ok().map(|seen| (today - seen).whole_days())
}

/// What is known of a version that was found on the node.
fn judge_found(cx: &Cx<'_>, product: &str, found: &Version) -> Outcome {
    let mut outcome = judge(cx, product, found.upstream());
    if found.is_distributions && outcome.verdict == crate::outcome::Verdict::Fail {
        let reason = outcome.reason;
        outcome = Outcome::manual(format!(
            "{reason}; does the distribution that packed it still mend it?"
        ));
    }
    outcome.with([found.evidence()])
}

/// Kubernetes.
pub fn kubernetes(cx: &Cx<'_>) -> Outcome {
    let nodes = cx.input.inventory.into_iter().flat_map(|i| i.of_kind(ObjectKind::Node));
    let mut outcomes = Vec::new();
    for node in nodes {
        if let Some(version) = node.root().at_path(&["status", "nodeInfo", "kubeletVersion"]) {
            let text = version.text();
            let item = format!("kubelet of {}", node.name());
            let place = node.id().to_string();
            let seen = Evidence::new(item, text.to_owned(), OriginKind::Object, place);
            outcomes.push(judge(cx, "kubernetes", number(text)).with([seen]));
        }
    }
    if !outcomes.is_empty() {
        return Outcome::worst(outcomes, "");
    }
    // A version that was given goes before what is found.
    if cx.input.minor.is_none() {
        match cx.installed() {
            Ok(Some(found)) => return judge_found(cx, "kubernetes", found),
            Ok(None) => {}
            Err(why) if cx.version().is_none() => return unread(&why),
            // Images tell it all the same.
            Err(_) => {}
        }
    }
    let Some(version) = cx.version() else {
        return Outcome::unknown(
            "the version of Kubernetes is not known: give it with --kubernetes-version",
        );
    };
    let mut instances = Component::ALL.into_iter().flat_map(|one| cx.components.instances(one));
    let told = instances.find(|instance| instance.minor.is_some() && instance.image.is_some());
    let seen = match told {
        Some(instance) if cx.input.minor.is_none() => of_image(instance),
        _ => Evidence::new("--kubernetes-version", version.clone(), OriginKind::Flag, ""),
    };
    judge(cx, "kubernetes", &version).with([seen])
}

/// A version without what comes before and behind its numbers: `v1.33.4+k3s1`.
fn number(text: &str) -> &str {
    let text = text.trim_start_matches('v');
    text.split(['-', '+', '~']).next().unwrap_or(text)
}

fn of_image(instance: &Instance) -> Evidence {
    let item = format!("image of {}", instance.component.program());
    Evidence::new(item, instance.image.clone(), OriginKind::Manifest, &instance.place)
}

/// etcd.
pub fn etcd(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Etcd, |instance| {
        let tag = instance.image.as_deref().and_then(|image| {
            let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
            tag.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()).then_some(tag)
        });
        match tag {
            Some(tag) => judge(cx, "etcd", number(tag)).with([of_image(instance)]),
            None => of_program(cx, &ETCD),
        }
    })
}

/// The container engines.
pub fn engine(cx: &Cx<'_>) -> Outcome {
    let nodes = cx.input.inventory.into_iter().flat_map(|i| i.of_kind(ObjectKind::Node));
    let mut outcomes = Vec::new();
    for node in nodes {
        let path = ["status", "nodeInfo", "containerRuntimeVersion"];
        let Some(version) = node.root().at_path(&path) else { continue };
        let text = version.text();
        let Some((name, version)) = text.split_once("://") else { continue };
        let product = if name == "cri-o" { "kubernetes" } else { name };
        let item = format!("container runtime of {}", node.name());
        let place = node.id().to_string();
        let seen = Evidence::new(item, text.to_string(), OriginKind::Object, place);
        outcomes.push(judge(cx, product, number(version)).with([seen]));
    }
    if !outcomes.is_empty() {
        return Outcome::worst(outcomes, "");
    }
    if let Err(why) = &cx.processes {
        return unread(why);
    }
    let running = ENGINES.iter().filter(|engine| engine.runs(cx));
    Outcome::worst(running.map(|engine| of_program(cx, engine)), "no container engine runs here")
}

/// The node's operating system.
pub fn system(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let fields = packages::os_release(host).map_err(|why| unread(&why))?;
        let field = |name: &str| {
            fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        let (id, version) = (field("ID"), field("VERSION_ID").trim_start_matches('v'));
        if id.is_empty() {
            return Ok(Outcome::unknown("no os-release says which system this is"));
        }
        let name = match field("PRETTY_NAME") {
            "" => format!("{id} {version}").trim_end().to_owned(),
            name => name.to_owned(),
        };
        let evidence = Evidence::new("operating system", name, OriginKind::File, "/etc/os-release");
        // CentOS Stream calls itself as CentOS Linux did, and lives longer.
        let is_stream = id == "centos" && field("NAME").contains("Stream");
        let product = if is_stream { "centos-stream" } else { id };
        let outcome = if version.is_empty() {
            Outcome::unknown(format!("{id} says no version: it has no end to look up"))
        } else {
            judge(cx, product, version)
        };
        Ok(outcome.with([evidence]))
    }))
}

/// What is known of a program that runs on the node.
fn of_program(cx: &Cx<'_>, program: &Program) -> Outcome {
    if let Err(no_node) = cx.host() {
        return no_node;
    }
    match program.version(cx) {
        Err(why) => unread(&why),
        Ok(Some(found)) => judge_found(cx, program.product, &found),
        Ok(None) => {
            let name = program.processes.first().unwrap_or(&program.product);
            Outcome::unknown(format!(
                "the version of {name} is in no list of packages, and its program does not tell it"
            ))
        }
    }
}
