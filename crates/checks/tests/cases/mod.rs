//! Loads and runs the cases beside a check.

use std::fmt::Write as _;
use std::sync::Arc;

use seawall_checks::{Results, Selection, run};
use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::{Check, Entry, Finding, Flaw, Inventory, NoFix, Quantity, Settings, Source};

/// What a case expects.
enum Expected {
    Pass,
    Finds(Vec<Expectation>),
    /// A part of the reason.
    Unknown(String),
}

/// What a finding must be like.
#[derive(Debug)]
struct Expectation {
    /// The path of the field.
    at: String,
    /// A part of the message.
    says: Option<String>,
    /// The severity's name.
    severity: Option<String>,
}

impl Expectation {
    fn is(&self, finding: &Finding) -> bool {
        *self.at == *finding.path()
            && self.says.as_ref().is_none_or(|says| finding.message.contains(says))
            && self.severity.as_ref().is_none_or(|name| name == finding.severity.name())
    }
}

/// One case.
pub struct Case {
    pub name: String,
    manifest: String,
    settings: Settings,
    expected: Expected,
    /// The manifest after the check's fix.
    fixed: Option<String>,
}

impl Case {
    pub fn passes(&self) -> bool {
        matches!(self.expected, Expected::Pass)
    }

    pub fn fails(&self) -> bool {
        matches!(self.expected, Expected::Finds(_))
    }

    /// Whether it gives the manifest after the check's fix.
    pub fn is_fixed(&self) -> bool {
        self.fixed.is_some()
    }

    /// Applies the check's fix to what the check finds, and runs the check again: what was fixed
    /// must be gone, nothing new there, and another fix must find nothing to do. Gives the number
    /// of findings that were fixed.
    pub fn fix(&self, check: &'static Check) -> Result<usize, String> {
        let (manifest, findings, right) = self.fix_once(check, &self.manifest)?;
        let (again, left, more) = self.fix_once(check, &manifest)?;
        // One may take others with it: a storage class, its volumes.
        if left > findings - right {
            return Err(format!("{right} of {findings} fixed, but {left} found in\n{manifest}"));
        }
        if more > 0 || again != manifest {
            return Err(format!("a second fix changes\n{manifest}to\n{again}"));
        }
        match &self.fixed {
            Some(fixed) if *fixed != manifest => {
                Err(format!("should become\n{fixed}but becomes\n{manifest}"))
            }
            _ => Ok(right),
        }
    }

    /// A manifest with the fix, the number of findings, and how many of them the fix takes on.
    fn fix_once(
        &self,
        check: &'static Check,
        manifest: &str,
    ) -> Result<(String, usize, usize), String> {
        let fix = check.fix.map_err(NoFix::why)?;
        let inventory = inventory(manifest)?;
        let selection = Selection::new([(check, check.severity)]);
        let results = run(&inventory, &selection, &self.settings);
        let mut edits = Vec::new();
        let mut right = 0;
        for finding in &results.findings {
            let flaw = Flaw::of(finding, &inventory).ok_or("a finding has no place")?;
            if let Ok(more) = (fix.edits)(&flaw) {
                edits.extend(more);
                right += 1;
            }
        }
        let source = inventory.documents()[0].source();
        let patched = seawall_patch::patch(source, &edits).map_err(|why| why.to_string())?;
        Ok((patched, results.findings.len(), right))
    }

    /// Runs the case against one check alone.
    pub fn run(&self, check: &'static Check) -> Result<(), String> {
        let inventory = inventory(&self.manifest)?;
        let selection = Selection::new([(check, check.severity)]);
        let results = run(&inventory, &selection, &self.settings);
        let found = || {
            results.findings.iter().fold(String::new(), |mut all, finding| {
                // Writing to a String can't fail.
                let _infallible = write!(
                    all,
                    "\n        {}: {} ({})",
                    finding.path(),
                    finding.message,
                    finding.severity
                );
                all
            })
        };
        match &self.expected {
            Expected::Pass if results.findings.is_empty() && results.unknown.is_empty() => Ok(()),
            Expected::Pass => Err(format!("should pass, but:{}{}", found(), reasons(&results))),
            Expected::Unknown(why) => {
                let said = results.unknown.iter().any(|unknown| unknown.reason.contains(why));
                if said && results.findings.is_empty() {
                    Ok(())
                } else {
                    Err(format!("should be unknown ({why}), but:{}{}", found(), reasons(&results)))
                }
            }
            Expected::Finds(expected) => {
                let matches = expected.len() == results.findings.len()
                    && expected
                        .iter()
                        .zip(&results.findings)
                        .all(|(expected, finding)| expected.is(finding));
                if matches {
                    Ok(())
                } else {
                    Err(format!("should find {expected:?}, but:{}{}", found(), reasons(&results)))
                }
            }
        }
    }
}

fn reasons(results: &Results) -> String {
    results.unknown.iter().map(|u| format!("\n        unknown: {}", u.reason)).collect()
}

fn inventory(manifest: &str) -> Result<Inventory, String> {
    let source = Arc::new(Source::new("case.yaml", manifest.to_owned()));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(format!("the manifest can't be read: {error}"));
        }
        for document in reading.documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    if inventory.is_empty() {
        return Err("the manifest has no object".to_owned());
    }
    Ok(inventory)
}

/// Reads the cases of a check.
pub fn load(text: &str) -> Result<Vec<Case>, String> {
    let source = Arc::new(Source::new("cases.yaml", text.to_owned()));
    let mut cases = Vec::new();
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        if let Some(error) = reading.error {
            return Err(format!("the cases can't be read: {error}"));
        }
        for document in &reading.documents {
            for (verdict, list) in document.root().entries() {
                for item in list.items() {
                    cases.push(case(verdict.text(), item)?);
                }
            }
        }
    }
    Ok(cases)
}

fn case(verdict: &str, item: Node<'_>) -> Result<Case, String> {
    let name = item.get("name").map_or("(no name)", Node::text).to_owned();
    let text = |key| item.get(key).and_then(Node::as_str);
    let (whole, part): (fn(&str) -> String, &str) =
        match (text("manifest"), text("pod"), text("container")) {
            (Some(manifest), None, None) => (str::to_owned, manifest),
            (None, Some(pod), None) => (of_pod, pod),
            (None, None, Some(container)) => (of_container, container),
            _ => return Err(format!("case {name:?}: one of manifest, pod, container")),
        };
    let (manifest, fixed) = (whole(part), text("fixed").map(whole));
    let finds = |node: Node<'_>| {
        let part = |key| node.get(key).map(|value| value.text().to_owned());
        let at = node.as_str().map(str::to_owned).or_else(|| part("at")).unwrap_or_default();
        Expectation { at, says: part("says"), severity: part("severity") }
    };
    let expected = match verdict {
        "pass" => Expected::Pass,
        "fail" => {
            let list: Vec<_> =
                item.get("finds").into_iter().flat_map(Node::items).map(finds).collect();
            if list.is_empty() {
                return Err(format!("case {name:?} says not what it finds"));
            }
            Expected::Finds(list)
        }
        "unknown" => Expected::Unknown(text("why").unwrap_or_default().to_owned()),
        other => return Err(format!("{other} is no verdict")),
    };
    Ok(Case { name, manifest, settings: settings(item.get("settings"))?, expected, fixed })
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: case, namespace: case}\nspec:\n";

fn of_pod(spec: &str) -> String {
    format!("{POD}{}", indented(spec, "  "))
}

fn of_container(container: &str) -> String {
    let named = container.lines().any(|line| line.starts_with("name:"));
    let name = if named { "" } else { "      name: app\n" };
    format!("{POD}  containers:\n    -\n{name}{}", indented(container, "      "))
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

fn settings(node: Option<Node<'_>>) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for (key, value) in node.into_iter().flat_map(Node::entries) {
        let list = || value.items().map(|item| item.text().to_owned()).collect();
        let quantity = || Quantity::parse(value.text()).ok_or("no quantity".to_owned());
        match key.text() {
            "allowed-registries" => settings.allowed_registries = list(),
            "forbidden-registries" => settings.forbidden_registries = list(),
            "required-images" => settings.required_images = list(),
            "kubernetes-minor" => {
                let minor = value.text().parse().map_err(|_| "no minor version")?;
                settings.kubernetes_minor = Some(minor);
            }
            "max-cpu" => settings.max_cpu = Some(quantity()?),
            "max-memory" => settings.max_memory = Some(quantity()?),
            other => return Err(format!("{other} is no setting")),
        }
    }
    Ok(settings)
}
