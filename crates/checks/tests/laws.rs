//! What holds for every check there is.

mod cases;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use cases::Case;
use seawall_checks::{Decided, FAMILIES, FRAMEWORKS, Framework, all};
use seawall_model::{Check, Level, NoFix};

/// Runs `law` over all checks and reports all that break it.
fn for_all(law: impl Fn(&'static Check) -> Result<(), String>) {
    let broken: Vec<String> = all()
        .filter_map(|check| law(check).err().map(|why| format!("{}: {why}", check.id)))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn ensure(holds: bool, why: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.into()) }
}

#[test]
fn every_case_finds_what_it_says() {
    for_all(|check| {
        let cases = cases::load(check.cases)?;
        let broken: Vec<String> = cases
            .iter()
            .filter_map(|case| {
                case.run(check).err().map(|why| format!("case {:?}: {why}", case.name))
            })
            .collect();
        ensure(broken.is_empty(), broken.join("\n    "))
    });
}

#[test]
fn every_check_has_a_passing_and_a_failing_case() {
    for_all(|check| {
        let cases = cases::load(check.cases)?;
        ensure(cases.iter().any(Case::passes), "no case passes")?;
        ensure(cases.iter().any(Case::fails), "no case fails")
    });
}

#[test]
fn every_fix_makes_its_check_pass_and_has_nothing_to_do_twice() {
    for_all(|check| {
        if check.fix.is_err() {
            return Ok(());
        }
        let mut right = 0;
        for case in cases::load(check.cases)?.iter().filter(|case| case.fails()) {
            right += case.fix(check).map_err(|why| format!("case {:?}: {why}", case.name))?;
        }
        ensure(right > 0, "no case is fixed")
    });
}

#[test]
fn fixed_forms_are_those_of_checks_with_a_fix_and_one_is_written_out() {
    for_all(|check| {
        let written = cases::load(check.cases)?.iter().filter(|case| case.is_fixed()).count();
        ensure((written > 0) == check.fix.is_ok(), format!("{written} cases have a fixed form"))
    });
}

#[test]
fn every_check_says_why_its_fix_is_safe_or_not_or_missing() {
    for_all(|check| {
        let why = check.fix.map_or_else(NoFix::why, |fix| fix.safety.why());
        ensure(why.ends_with('.') && !why.contains("  "), "no sentence says why")
    });
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut seen = HashSet::new();
    for family in FAMILIES {
        assert!(!family.checks.is_empty(), "{} is empty", family.id);
    }
    for check in all() {
        assert!(seen.insert(check.id), "{} is registered twice", check.id);
        let kebab = check.id.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        assert!(kebab, "{} is not kebab-case", check.id);
    }
}

#[test]
fn every_file_of_a_check_is_registered_under_its_name() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut on_disk = BTreeSet::new();
    for family in std::fs::read_dir(&src).expect("src is there") {
        let family = family.expect("src can be read").path();
        if !family.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&family).expect("a folder can be read") {
            let file = file.expect("a folder can be read").path();
            if file.extension().is_some_and(|extension| extension == "yaml") {
                let stem = file.file_stem().expect("a file has a name");
                let family = family.file_name().expect("a folder has a name");
                on_disk.insert((
                    family.to_string_lossy().replace('_', "-"),
                    stem.to_string_lossy().replace('_', "-"),
                ));
            }
        }
    }
    let registered: BTreeSet<(String, String)> = FAMILIES
        .iter()
        .flat_map(|family| {
            family.checks.iter().map(|check| (family.id.to_owned(), check.id.to_owned()))
        })
        .collect();
    assert_eq!(on_disk, registered, "files on disk (left) and checks registered (right)");
}

#[test]
fn every_check_is_documented() {
    for_all(|check| {
        let starts_well = check.title.chars().next().is_some_and(|c| !c.is_lowercase());
        ensure(starts_well && !check.title.ends_with('.'), "the title is no title")?;
        ensure(check.rationale.len() > 60, "the rationale says too little")?;
        ensure(check.remedy.len() > 20, "the remedy says too little")?;
        for text in [check.rationale, check.remedy] {
            ensure(
                text.ends_with(['.', '`']) && !text.contains("  "),
                "a text ends or breaks oddly",
            )?;
        }
        ensure(
            check.links.iter().all(|link| link.starts_with("https://")),
            "a link is no https URL",
        )
    });
}

#[test]
fn every_check_is_mapped_or_covers_a_rule() {
    for_all(|check| {
        ensure(
            !check.mapping.is_empty() || !check.covers.is_empty() || !check.links.is_empty(),
            "no framework, no rule of another tool and no page asks for it",
        )
    });
}

#[test]
fn covered_rules_are_those_of_known_tools() {
    const TOOLS: &[&str] =
        &["kubeaudit", "kubescape", "trivy", "checkov", "kube-linter", "polaris", "kube-score"];
    for_all(|check| {
        let mut seen = HashSet::new();
        for rule in check.covers {
            let (tool, id) = rule.split_once(':').ok_or(format!("{rule} names no tool"))?;
            ensure(TOOLS.contains(&tool) && !id.is_empty(), format!("{rule} is of no known tool"))?;
            ensure(seen.insert(rule), format!("{rule} twice"))?;
        }
        Ok(())
    });
}

#[test]
fn mapped_controls_are_those_of_the_frameworks() {
    for_all(|check| {
        for framework in FRAMEWORKS {
            for id in framework.controls_of(check) {
                let control = framework.controls.iter().find(|control| control.id == *id);
                let control = control.ok_or(format!("{} has no {id}", framework.id))?;
                ensure(
                    control.decided == Decided::ByChecks,
                    format!("{} says that no check decides {id}", framework.id),
                )?;
            }
        }
        Ok(())
    });
}

#[test]
fn levels_of_pod_security_agree_with_their_frameworks() {
    for_all(|check| {
        let selected = |id| Framework::find(id).is_some_and(|framework| framework.selects(check));
        let level = check.mapping.pss;
        ensure(
            selected("pss-baseline") == (level == Some(Level::Baseline)),
            "baseline by the check or by the framework alone",
        )?;
        ensure(
            selected("pss-restricted") == level.is_some(),
            "restricted by the check or by the framework alone",
        )
    });
}

#[test]
fn every_control_is_decided_by_a_check_or_says_what_it_takes() {
    let mut broken = Vec::new();
    for framework in FRAMEWORKS {
        let decided: HashSet<&str> =
            all().flat_map(|check| framework.controls_of(check)).copied().collect();
        for control in framework.controls {
            let holds = match control.decided {
                Decided::ByChecks => decided.contains(control.id),
                Decided::Elsewhere(what) => !what.is_empty() && !what.ends_with('.'),
            };
            if !holds {
                broken.push(format!("{} {}: {:?}", framework.id, control.id, control.decided));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn controls_are_unique_and_titled() {
    for framework in FRAMEWORKS {
        let mut seen = HashSet::new();
        for control in framework.controls {
            assert!(seen.insert(control.id), "{} has {} twice", framework.id, control.id);
            assert!(
                !control.title.is_empty() && !control.title.ends_with('.'),
                "{} {}: {:?} is no title",
                framework.id,
                control.id,
                control.title
            );
        }
        assert!(
            Framework::find(framework.id).is_some_and(|found| found.id == framework.id),
            "{} is found",
            framework.id
        );
    }
}
