//! The plugin's configuration file: what holds where a namespace does not say, and exemptions.

use seawall_model::Undecided;
use seawall_model::document::Node;

use super::{Exemptions, LevelVersion, Modes};

/// `PodSecurityConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What holds where labels do not say.
    pub defaults: Modes,
    /// Who and what is exempt.
    pub exemptions: Exemptions,
}

/// A configuration that the API server would not start with.
#[derive(Clone, Debug)]
pub struct ConfigurationError<'a> {
    /// The value at fault.
    pub node: Node<'a>,
    /// What is wrong.
    pub why: String,
}

impl<'a> From<Undecided<'a>> for ConfigurationError<'a> {
    fn from(why: Undecided<'a>) -> Self {
        ConfigurationError { node: why.node, why: why.why.into_owned() }
    }
}

fn wrong<T>(node: Node<'_>, why: impl Into<String>) -> Result<T, ConfigurationError<'_>> {
    Err(ConfigurationError { node, why: why.into() })
}

/// Reads a document: a `PodSecurityConfiguration`, or an `AdmissionConfiguration` that holds one
/// for the plugin `PodSecurity`. `None` where the plugin is not configured in it.
///
/// # Errors
///
/// Where the API server would not take it, or the plugin's configuration stands in another file
/// (`path`), which must then be read itself.
pub fn configuration(root: Node<'_>) -> Result<Option<Configuration>, ConfigurationError<'_>> {
    let kind = root.field("kind")?.map_or("", Node::text);
    let group = root.get("apiVersion").map_or("", Node::text);
    let group = group.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("pod-security.admission.config.k8s.io", "PodSecurityConfiguration") => {
            plugin(root).map(Some)
        }
        ("apiserver.config.k8s.io" | "apiserver.k8s.io", "AdmissionConfiguration") => {
            let Some(plugins) = root.field("plugins")? else { return Ok(None) };
            for item in plugins.list()? {
                if item.field("name")?.map(Node::text) != Some("PodSecurity") {
                    continue;
                }
                return match (item.get("configuration"), item.get("path")) {
                    (Some(configuration), _) => plugin(configuration).map(Some),
                    (None, Some(path)) => wrong(
                        path,
                        format!("the plugin's configuration is in {}: give that file", path.text()),
                    ),
                    (None, None) => Ok(Some(Configuration::default())),
                };
            }
            Ok(None)
        }
        _ => wrong(root, "neither an AdmissionConfiguration nor a PodSecurityConfiguration"),
    }
}

fn plugin(node: Node<'_>) -> Result<Configuration, ConfigurationError<'_>> {
    const FIELDS: &[&str] = &["apiVersion", "kind", "defaults", "exemptions"];
    known(node, FIELDS)?;
    let mut configuration = Configuration::default();
    if let Some(defaults) = node.field("defaults")? {
        known(
            defaults,
            &["enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version"],
        )?;
        let modes = &mut configuration.defaults;
        mode(defaults, "enforce", "enforce-version", &mut modes.enforce)?;
        mode(defaults, "audit", "audit-version", &mut modes.audit)?;
        mode(defaults, "warn", "warn-version", &mut modes.warn)?;
    }
    if let Some(node) = node.field("exemptions")? {
        known(node, &["usernames", "namespaces", "runtimeClasses"])?;
        let exemptions = &mut configuration.exemptions;
        exemptions.usernames = names(node, "usernames")?;
        exemptions.namespaces = names(node, "namespaces")?;
        exemptions.runtime_classes = names(node, "runtimeClasses")?;
    }
    Ok(configuration)
}

/// The API server decodes strictly.
fn known<'a>(node: Node<'a>, fields: &[&str]) -> Result<(), ConfigurationError<'a>> {
    for (key, _) in node.map()? {
        if !fields.contains(&key.text()) {
            return wrong(key, format!("there is no field {:?} here", key.text()));
        }
    }
    Ok(())
}

/// An empty text counts as absent.
fn mode<'a>(
    defaults: Node<'a>,
    level: &str,
    version: &str,
    mode: &mut LevelVersion,
) -> Result<(), ConfigurationError<'a>> {
    let text = |key| -> Result<_, ConfigurationError<'a>> {
        let read = defaults.field(key)?.map(Node::string).transpose()?;
        Ok(read.filter(|read| !read.value.is_empty()))
    };
    if let Some(read) = text(level)? {
        mode.level = read.value.parse().or_else(|why| wrong(read.node, format!("{why}")))?;
    }
    if let Some(read) = text(version)? {
        mode.version = read.value.parse().or_else(|why| wrong(read.node, format!("{why}")))?;
    }
    Ok(())
}

/// Names, none of them empty and none twice.
fn names<'a>(node: Node<'a>, key: &str) -> Result<Vec<String>, ConfigurationError<'a>> {
    let Some(list) = node.field(key)? else { return Ok(Vec::new()) };
    let mut names: Vec<String> = Vec::new();
    for item in list.list()? {
        let name = item.string()?.value;
        if name.is_empty() {
            return wrong(item, "an empty name exempts nobody");
        }
        if names.iter().any(|known| known == name) {
            return wrong(item, format!("{name} stands here twice"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}
