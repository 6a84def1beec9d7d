//! The page of a check, in Markdown: for the book, for `seawall explain` and for rule help.

use std::fmt::Write as _;

use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::{Check, Fix, NoFix, ObjectKind, Scope, Source};

use crate::registry::{FAMILIES, all};

/// A check's page.
pub fn page(check: &Check) -> String {
    let mut page = format!(
        "# {}\n\n`{}` — severity **{}**, looks at {}.\n\n## Why\n\n{}\n\n## What to do\n\n{}\n",
        check.title,
        check.id,
        check.severity,
        looks_at(check.scope),
        check.rationale,
        check.remedy
    );
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            // Writing to a String can't fail.
            let _infallible = write!(page, "\n## {title}\n\n{}\n", lines.join("\n"));
        }
    };
    section("Fix", vec![fix(check.fix)]);
    let examples = examples(check.cases);
    section("Fails", examples.0.map(|text| fenced(&text)).into_iter().collect());
    section("Passes", examples.1.map(|text| fenced(&text)).into_iter().collect());
    section("Asked for by", frameworks(check));
    section("Covers", covers(check));
    section("Read further", check.links.iter().map(|link| format!("- <{link}>")).collect());
    page
}

fn fix(fix: Result<Fix, NoFix>) -> String {
    let fix = match fix {
        Ok(fix) => fix,
        Err(none) => return format!("There is no automatic fix. {}", none.why()),
    };
    let (option, kind) = if fix.safety.is_safe() { ("", "Safe") } else { (" --unsafe", "Unsafe") };
    format!("`seawall fix{option}` does it where it can. {kind}: {}", fix.safety.why())
}

fn looks_at(scope: Scope) -> String {
    match scope {
        Scope::Container(_) => "each container".to_owned(),
        Scope::Pod(_) => "each pod".to_owned(),
        Scope::Object(kinds, _) => {
            let name = |kind: &ObjectKind| match kind {
                ObjectKind::Custom => "custom resource",
                known => known.name(),
            };
            let kinds: Vec<&str> = kinds.iter().map(name).collect();
            format!("each {}", kinds.join(", "))
        }
        Scope::AnyObject(_) => "each object".to_owned(),
        Scope::Rule(rule) => rule.looks_at(),
        Scope::Inventory(_) => "all objects together".to_owned(),
    }
}

fn frameworks(check: &Check) -> Vec<String> {
    let mapping = check.mapping;
    let row = |name: &str, ids: &[&str]| {
        (!ids.is_empty()).then(|| format!("- {name}: {}", ids.join(", ")))
    };
    [
        row("NSA/CISA Kubernetes Hardening Guidance", mapping.nsa),
        row("CIS Kubernetes Benchmark", mapping.cis),
        mapping.pss.map(|level| format!("- Pod Security Standards: {}", level.name())),
        row("MITRE ATT&CK for Containers", mapping.mitre),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn covers(check: &Check) -> Vec<String> {
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    for rule in check.covers {
        let (tool, id) = rule.split_once(':').unwrap_or(("", rule));
        match rows.iter_mut().find(|(name, _)| *name == tool) {
            Some((_, ids)) => ids.push(id),
            None => rows.push((tool, vec![id])),
        }
    }
    rows.into_iter().map(|(tool, ids)| format!("- {tool}: {}", ids.join(", "))).collect()
}

fn fenced(text: &str) -> String {
    format!("```yaml\n{}\n```", text.trim_end())
}

/// The first failing and the first passing case.
fn examples(cases: &'static str) -> (Option<String>, Option<String>) {
    let source = std::sync::Arc::new(Source::new("cases", cases.to_owned()));
    let (mut fails, mut passes) = (None, None);
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            let first = |verdict: &str| {
                let case = document.root().get(verdict)?.items().next()?;
                ["manifest", "pod", "container"]
                    .iter()
                    .find_map(|key| case.get(key))
                    .map(|text: Node<'_>| text.text().to_owned())
            };
            fails = fails.or_else(|| first("fail"));
            passes = passes.or_else(|| first("pass"));
        }
    }
    (fails, passes)
}

/// The page that lists all checks.
pub fn index() -> String {
    let mut page =
        format!("# Checks\n\n{} checks in {} families.\n", all().count(), FAMILIES.len());
    for family in FAMILIES {
        // Writing to a String can't fail.
        let _infallible = write!(
            page,
            "\n## {}\n\n| Check | Severity | What is wrong |\n| --- | --- | --- |\n",
            family.title
        );
        for check in family.checks {
            let _infallible = writeln!(
                page,
                "| [`{id}`]({id}.md) | {} | {} |",
                check.severity,
                check.title,
                id = check.id
            );
        }
    }
    page
}

/// The lines of the book's summary that list the pages, nested under the index.
pub fn summary_lines() -> String {
    all().fold(String::new(), |mut lines, check| {
        // Writing to a String can't fail.
        let _infallible = writeln!(lines, "  - [{id}](checks/{id}.md)", id = check.id);
        lines
    })
}
