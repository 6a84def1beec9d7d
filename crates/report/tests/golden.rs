//! Each renderer on one fixed input, byte for byte; and the contracts of the formats.

mod support;

use std::path::Path;
use std::time::{Duration, SystemTime};

use rayon::ThreadPoolBuilder;
use seawall_report::{Format, Options, html, json};
use serde_json::Value;
use support::fixed::fixed;
use support::scan::Scan;

fn options() -> Options {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    Options { colour: false, verbose: false, times: (start, start + Duration::from_secs(2)) }
}

fn rendered(scan: &Scan, format: Format, options: &Options) -> String {
    let mut bytes = Vec::new();
    format.render(&scan.report(), options, &mut bytes).expect("a Vec takes all");
    String::from_utf8(bytes).expect("reports are UTF-8")
}

fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
    }
    let expected = std::fs::read_to_string(&path).expect("the golden file can be read");
    assert!(
        expected == actual,
        "{name} differs; see it with UPDATE_GOLDEN=1 and `git diff`:\n{actual}"
    );
}

#[test]
fn each_renderer_says_what_it_said() {
    let scan = fixed();
    for (format, name) in [
        (Format::Text, "report.txt"),
        (Format::Json, "report.json"),
        (Format::Sarif, "report.sarif"),
        (Format::Junit, "report.junit.xml"),
        (Format::Github, "report.github.txt"),
        (Format::Gitlab, "report.gitlab.json"),
        (Format::Csv, "report.csv"),
        (Format::Markdown, "report.md"),
    ] {
        golden(name, &rendered(&scan, format, &options()));
    }
    // Style and script have files of their own to be read in.
    let page = rendered(&scan, Format::Html, &options());
    golden("report.html", &page.replace(html::STYLE, "…").replace(html::SCRIPT, "…"));
    let verbose = Options { verbose: true, colour: true, ..options() };
    golden("report.verbose-colour.txt", &rendered(&scan, Format::Text, &verbose));
    golden("empty.txt", &rendered(&Scan::of([]), Format::Text, &options()));
}

fn parsed(scan: &Scan, format: Format) -> Value {
    serde_json::from_str(&rendered(scan, format, &options())).expect("the report is JSON")
}

fn assert_valid(schema: &Value, report: &Value) {
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_keeps_its_schema() {
    let schema: Value = serde_json::from_str(json::SCHEMA).expect("the schema is JSON");
    for scan in [fixed(), Scan::of([])] {
        assert_valid(&schema, &parsed(&scan, Format::Json));
    }
    let broken = serde_json::json!({"version": 1, "findings": []});
    assert!(!jsonschema::is_valid(&schema, &broken), "the schema asks for something");
}

#[test]
fn sarif_keeps_the_official_schema_also_with_no_result() {
    let schema = include_str!("sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    // Two patterns have a stray bracket, which ECMAScript allows and the validator does not. The
    // renderer writes no `language`.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        assert!(language["pattern"].take().is_string());
        *language = serde_json::json!({"type": "string"});
    }
    for scan in [fixed(), Scan::of([])] {
        let log = parsed(&scan, Format::Sarif);
        assert_valid(&schema, &log);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), scan.results.findings.len());
        for result in results {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
    }
}

/// What `sast-report-format.json` 15.0.6 requires.
#[test]
fn gitlab_has_every_required_field() {
    for scan in [fixed(), Scan::of([])] {
        let report = parsed(&scan, Format::Gitlab);
        let time = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$";
        let text = serde_json::json!({"type": "string", "minLength": 1});
        let tool = serde_json::json!({
            "required": ["id", "name", "version", "vendor"],
            "properties": {"id": text, "name": text, "version": text,
                           "vendor": {"required": ["name"]}},
        });
        let identifier = serde_json::json!({
            "required": ["type", "name", "value"],
            "properties": {"type": text, "name": text, "value": text},
        });
        let schema = serde_json::json!({
            "required": ["scan", "version", "vulnerabilities"],
            "properties": {
                "version": {"pattern": "^15\\.[0-9]+\\.[0-9]+$"},
                "scan": {
                    "required": ["analyzer", "end_time", "scanner", "start_time", "status", "type"],
                    "properties": {
                        "analyzer": tool, "scanner": tool,
                        "start_time": {"type": "string", "pattern": time},
                        "end_time": {"type": "string", "pattern": time},
                        "status": {"enum": ["success", "failure"]},
                        "type": {"const": "sast"},
                        "messages": {"type": "array", "items": {
                            "required": ["level", "value"],
                            "properties": {"level": {"enum": ["info", "warn", "fatal"]}, "value": text},
                        }},
                    },
                },
                "vulnerabilities": {"type": "array", "items": {
                    "required": ["id", "identifiers", "location"],
                    "properties": {
                        "id": text,
                        "name": {"type": "string", "maxLength": 255},
                        "description": {"type": "string", "maxLength": 1_048_576},
                        "solution": {"type": "string", "maxLength": 7000},
                        "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
                        "identifiers": {"type": "array", "minItems": 1, "items": identifier},
                        "links": {"items": {"required": ["url"],
                                            "properties": {"url": {"pattern": "^https?://.+"}}}},
                        "location": {"properties": {"file": {"type": "string"},
                                                    "start_line": {"type": "number"},
                                                    "end_line": {"type": "number"}}},
                    },
                }},
            },
        });
        assert_valid(&schema, &report);
    }
}

#[test]
fn no_number_of_threads_changes_a_byte() {
    let deployment = |n: usize| {
        let container =
            |c| format!("\n        - {{name: c{c}, securityContext: {{privileged: true}}}}");
        let containers: String = (0..7).map(container).collect();
        let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ";
        let spec = "spec:\n  template:\n    spec:\n      containers:";
        (format!("d/{n}.yaml"), format!("{head}web-{n}}}\n{spec}{containers}\n"))
    };
    let scan = Scan::of((0..400).map(deployment));
    assert!(scan.results.findings.len() > 3_000);
    for format in Format::ALL {
        let with = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| rendered(&scan, format, &options()))
        };
        let one = with(1);
        assert!(one == with(2) && one == with(7), "{format}");
        if format == Format::Markdown {
            assert!(one.chars().count() <= seawall_report::markdown::MOST);
            assert!(one.contains("left out"), "what is cut is said");
        }
    }
}
