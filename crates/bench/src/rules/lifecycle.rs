//! Versions are still mended, by a dated table: `data/end-of-life.csv`, which `data/refresh` writes.

use seawall_model::ObjectKind;
use time::OffsetDateTime;

use crate::component::Component;
use crate::context::{Cx, either};
use crate::evidence::packages;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

const TABLE: &str = include_str!("../../data/end-of-life.csv");

/// The date of the table, as it is written in it.
fn dated() -> &'static str {
    TABLE
        .lines()
        .find_map(|line| line.strip_prefix("# As of "))
        .map_or("", |date| date.trim_end_matches('.'))
}

/// The end of the longest version in the table that a version belongs to.
fn end(product: &str, version: &str) -> Option<(&'static str, &'static str)> {
    TABLE
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(',');
            let (name, known, end) = (fields.next()?, fields.next()?, fields.next()?);
            let rest = version.strip_prefix(known)?;
            (name == product && (rest.is_empty() || rest.starts_with('.'))).then_some((known, end))
        })
        .max_by_key(|(known, _)| known.len())
}

/// Whether a version is mended today.
fn judge(cx: &Cx<'_>, product: &str, version: &str, evidence: Evidence) -> Outcome {
    let today = OffsetDateTime::from_unix_timestamp(cx.input.now)
        .map_or_else(|_| String::new(), |time| time.date().to_string());
    match end(product, version) {
        // Dates of this form sort as they follow each other.
        Some((known, end)) if *end < *today => {
            Outcome::fail(format!("{product} {known} has not been mended since {end}"))
        }
        Some((known, end)) => Outcome::pass(format!("{product} {known} is mended until {end}")),
        None => Outcome::unknown(format!(
            "the table of {} does not know the end of {product} {version}",
            dated()
        )),
    }
    .with([evidence])
}

/// Kubernetes.
pub fn kubernetes(cx: &Cx<'_>) -> Outcome {
    let mut versions: Vec<(String, Evidence)> = Vec::new();
    let nodes = cx.input.inventory.into_iter().flat_map(|i| i.of_kind(ObjectKind::Node));
    for node in nodes {
        if let Some(version) = node.root().at_path(&["status", "nodeInfo", "kubeletVersion"]) {
            let version = version.text().trim_start_matches('v').to_owned();
            let item = format!("kubelet of {}", node.name());
            let place = node.id().to_string();
            versions
                .push((version.clone(), Evidence::new(item, version, OriginKind::Object, place)));
        }
    }
    if versions.is_empty()
        && let Some(version) = cx.version()
    {
        let evidence = Evidence::new("Kubernetes", version.clone(), OriginKind::Manifest, "");
        versions.push((version, evidence));
    }
    if versions.is_empty() {
        return Outcome::unknown(
            "the version of Kubernetes is not known: give it with --kubernetes-version",
        );
    }
    let each = versions.into_iter().map(|(version, seen)| judge(cx, "kubernetes", &version, seen));
    Outcome::worst(each, "")
}

/// etcd.
pub fn etcd(cx: &Cx<'_>) -> Outcome {
    cx.each(Component::Etcd, |instance| {
        let tag = instance.image.as_deref().and_then(|image| {
            let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
            Some(tag.trim_start_matches('v').split(['-', '+']).next()?.to_owned())
        });
        match tag {
            Some(version) => {
                let image = instance.image.clone();
                let place = instance.place.clone();
                let evidence = Evidence::new("image of etcd", image, OriginKind::Manifest, place);
                judge(cx, "etcd", &version, evidence)
            }
            None => package(cx, "etcd", &["etcd-server", "etcd"]),
        }
    })
}

/// The container engine.
pub fn engine(cx: &Cx<'_>) -> Outcome {
    let nodes = cx.input.inventory.into_iter().flat_map(|i| i.of_kind(ObjectKind::Node));
    let mut outcomes = Vec::new();
    for node in nodes {
        let path = ["status", "nodeInfo", "containerRuntimeVersion"];
        let Some(version) = node.root().at_path(&path) else { continue };
        let Some((name, number)) = version.text().split_once("://") else { continue };
        // CRI-O bears Kubernetes' numbers, and is mended as long.
        let product = if name == "cri-o" { "kubernetes" } else { name };
        let evidence = Evidence::new(
            format!("container runtime of {}", node.name()),
            version.text().to_owned(),
            OriginKind::Object,
            node.id().to_string(),
        );
        outcomes.push(judge(cx, product, number.trim_start_matches('v'), evidence));
    }
    if !outcomes.is_empty() {
        return Outcome::worst(outcomes, "");
    }
    let runs = |name: &str| cx.processes.as_ref().is_ok_and(|all| all.named(name).next().is_some());
    match () {
        () if runs("dockerd") => package(cx, "docker", &["docker-ce", "docker.io"]),
        () if runs("containerd") => package(cx, "containerd", &["containerd.io", "containerd"]),
        () if runs("crio") => package(cx, "kubernetes", &["cri-o"]),
        () => match &cx.processes {
            Err(why) => unread(why),
            Ok(_) => Outcome::not_applicable("no container engine runs here"),
        },
    }
}

/// The node's operating system.
pub fn system(cx: &Cx<'_>) -> Outcome {
    either(cx.host().and_then(|host| {
        let fields = packages::os_release(host).map_err(|why| unread(&why))?;
        let field = |name: &str| {
            fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
        };
        let (id, version) = (field("ID"), field("VERSION_ID"));
        if id.is_empty() {
            return Ok(Outcome::unknown("no os-release says which system this is"));
        }
        let name = field("PRETTY_NAME").to_owned();
        let evidence = Evidence::new("operating system", name, OriginKind::File, "/etc/os-release");
        Ok(judge(cx, id, version, evidence))
    }))
}

fn package(cx: &Cx<'_>, product: &str, names: &[&str]) -> Outcome {
    either(cx.host().map(|host| match packages::debian(host, names) {
        Err(why) => unread(&why),
        Ok(Some((version, place))) => {
            let item = format!("package of {product}");
            judge(
                cx,
                product,
                &version,
                Evidence::new(item, version.clone(), OriginKind::File, place),
            )
        }
        Ok(None) => Outcome::unknown(format!("the version of {product} is in no list of packages")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_well_formed_and_dated() {
        assert_eq!(dated().len(), 10);
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        for row in rows {
            let fields: Vec<&str> = row.split(',').collect();
            assert_eq!(fields.len(), 3, "{row}");
            assert_eq!(fields[2].len(), 10, "{row}");
        }
    }

    #[test]
    fn a_version_belongs_to_its_longest_row() {
        assert_eq!(end("kubernetes", "1.30.4"), Some(("1.30", "2025-06-28")));
        assert_eq!(end("kubernetes", "1.3"), None);
        assert_eq!(end("debian", "12"), Some(("12", "2028-06-30")));
    }
}
