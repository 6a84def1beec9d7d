//! `seawall checks`: the list of all checks, for people, for programs and for the book.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use seawall_checks::{FAMILIES, Family, Framework, made};
use seawall_custom::try_cases;
use seawall_model::{Check, Settings};
use seawall_report::list::{self, Column, ListFormat};
use serde::Serialize;
use serde_json::json;

use crate::Outcome;
use crate::configuration::Configuration;
use crate::output::to_stdout;

/// A check and the family that it is listed in.
struct Listed {
    family: &'static str,
    check: &'static Check,
}

impl Serialize for Listed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        describe(self.family, self.check).serialize(serializer)
    }
}

const COLUMNS: [Column<Listed>; 4] = [
    Column::new("ID", |listed| listed.check.id.to_owned()),
    Column::new("SEVERITY", |listed| listed.check.severity.name().to_owned()),
    Column::new("FAMILY", |listed| listed.family.to_owned()),
    Column::new("TITLE", |listed| listed.check.title.to_owned()),
];

/// List the checks
#[derive(Args)]
#[command(
    after_help = "Examples:\n  seawall checks\n  seawall checks --covers kubescape:C-0057\n  \
                  seawall checks --framework pss-restricted -o json\n  seawall checks --test                # \
                  the cases of custom checks\n\nExit codes: 0; with --test 1 where a case comes out \
                  otherwise; 2 usage or input error."
)]
pub(crate) struct Checks {
    /// Only checks that cover this rule of another tool, such as kubescape:C-0057 or KSV-0017
    #[arg(long, value_name = "RULE")]
    covers: Option<String>,
    /// Only checks of a framework
    #[arg(long, value_name = "NAME", value_parser = super::scan::parse_framework)]
    framework: Option<&'static Framework>,
    #[command(flatten)]
    configuration: Configuration,
    /// Try the custom checks on their cases
    #[arg(long, conflicts_with_all = ["covers", "framework", "output", "book"])]
    test: bool,
    /// table, wide, json, yaml or csv
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: ListFormat,
    /// Write the book's pages of all checks into this folder, and list them in the SUMMARY.md above
    /// it
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["covers", "framework", "output"])]
    book: Option<PathBuf>,
}

impl Checks {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        if let Some(folder) = &self.book {
            write_book(folder)?;
            return Ok(Outcome::Clean);
        }
        let config = self.configuration.read(&[])?;
        if self.test {
            return test(&config.settings);
        }
        let of_family = |family: &&'static Family| {
            let id = family.id;
            family.checks.iter().map(move |check| Listed { family: id, check })
        };
        let checks: Vec<Listed> = FAMILIES
            .iter()
            .flat_map(of_family)
            .chain(made().iter().map(|check| Listed { family: "custom", check }))
            .filter(|listed| self.framework.is_none_or(|f| f.selects(listed.check)))
            .filter(|listed| {
                self.covers
                    .as_ref()
                    .is_none_or(|rule| seawall_checks::covering(rule).contains(&listed.check))
            })
            .collect();
        if checks.is_empty()
            && let Some(rule) = &self.covers
        {
            bail!("no check covers {rule:?}; ids are written as their tool writes them");
        }
        to_stdout(|out| list::render(self.output, &COLUMNS, &checks, &[], out))?;
        Ok(Outcome::Clean)
    }
}

/// Tries the cases of all custom checks.
fn test(settings: &Settings) -> anyhow::Result<Outcome> {
    if made().is_empty() {
        bail!("there are no custom checks; they stand in the custom-checks of a seawall.yaml");
    }
    let (mut all, mut wrong) = (0, 0);
    to_stdout(|out| {
        for check in made() {
            let tried = try_cases(check, settings);
            if tried.is_empty() {
                writeln!(out, "none  {} has no cases", check.id)?;
            }
            for case in tried {
                all += 1;
                match case.wrong {
                    None => writeln!(out, "ok    {}: {}", check.id, case.name)?,
                    Some(why) => {
                        wrong += 1;
                        writeln!(out, "FAIL  {}: {}: {why}", check.id, case.name)?;
                    }
                }
            }
        }
        writeln!(out, "{} of {all} cases as they should be", all - wrong)
    })?;
    Ok(if wrong > 0 { Outcome::Findings } else { Outcome::Clean })
}

fn describe(family: &str, check: &Check) -> serde_json::Value {
    json!({
        "id": check.id,
        "family": family,
        "title": check.title,
        "severity": check.severity.name(),
        "rationale": check.rationale,
        "remedy": check.remedy,
        "fix": match check.fix {
            Ok(fix) => json!({
                "safety": if fix.safety.is_safe() { "safe" } else { "unsafe" },
                "why": fix.safety.why(),
            }),
            Err(none) => json!({"safety": "none", "why": none.why()}),
        },
        "covers": check.covers,
        "links": check.links,
        "frameworks": {
            "nsa-cisa": check.mapping.nsa,
            "cis": check.mapping.cis,
            "pss": check.mapping.pss.map(seawall_model::Level::name),
            "mitre": check.mapping.mitre,
        },
    })
}

const BEGIN: &str = "<!-- checks:begin -->";
const END: &str = "<!-- checks:end -->";

/// Writes a page for each check and the index, removes pages of checks that are gone, and lists
/// the pages in the summary above the folder.
fn write_book(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let put = |path: &Path, text: &str| {
        fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
    };
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            fs::remove_file(&path).with_context(|| format!("can't remove {}", path.display()))?;
        }
    }
    put(&folder.join("index.md"), &seawall_checks::index())?;
    for check in seawall_checks::all() {
        put(&folder.join(format!("{}.md", check.id)), &seawall_checks::page(check))?;
    }
    let summary = folder.join("..").join("SUMMARY.md");
    let text = fs::read_to_string(&summary)
        .with_context(|| format!("can't read {}", summary.display()))?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        bail!("{}: no place for the list: {BEGIN} and {END} are missing", summary.display());
    };
    let lists = format!(
        "{}\n{}  {}",
        &text[..begin + BEGIN.len()],
        seawall_checks::summary_lines(),
        &text[end..]
    );
    put(&summary, &lists)
}
