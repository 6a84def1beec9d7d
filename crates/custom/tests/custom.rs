//! Custom checks from the text of a `seawall.yaml` to findings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seawall_checks::{Results, Selection, run};
use seawall_custom::{checks_of, try_cases};
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Settings, Severity, Source};

fn inventory(text: &str) -> Inventory {
    let mut inventory = Inventory::new();
    let source = Arc::new(Source::new("manifest.yaml", text.to_owned()));
    for chunk in chunks(&source) {
        let reading = read(&source, chunk, &Limits::default());
        assert!(reading.error.is_none(), "{:?}", reading.error);
        for document in reading.documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    inventory
}

fn scan(config: &str, manifest: &str) -> Results {
    let checks = checks_of("seawall.yaml", config).unwrap_or_else(|errors| panic!("{errors}"));
    let selection = Selection::new(checks.into_iter().map(|check| (check, check.severity)));
    run(&inventory(manifest), &selection, &Settings::default())
}

/// A config with one expression.
fn asks(scope: &str, expression: &str) -> String {
    format!(
        "custom-checks:\n  - id: mine\n    severity: low\n    match: {{scope: {scope}}}\n    \
         expression: >-\n      {expression}\n"
    )
}

/// `Ok(passes)`, or why it is unknown.
fn judge(expression: &str, manifest: &str) -> Result<bool, String> {
    let results = scan(&asks("object", expression), manifest);
    match results.unknown.first() {
        Some(unknown) => Err(unknown.reason.clone()),
        None => Ok(results.findings.is_empty()),
    }
}

fn errors(config: &str) -> String {
    checks_of("seawall.yaml", config).expect_err("should be refused").to_string()
}

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop-eu
  labels: {app: web, tier: front, zone: eu}
  annotations: {owner: ~}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - {name: app, image: 'registry.example.com/web:1.0', args: ['-v', '--fast']}
        - {name: proxy, image: 'docker.io/proxy:2'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: other}
data: {a: '1'}
";

const TEAM: &str = "\
custom-checks:
  - id: team-label
    title: Workload names no team
    severity: medium
    match: {kinds: [Deployment, StatefulSet], namespaces: [shop-*]}
    expression: has(object.metadata.labels) && 'team' in object.metadata.labels
    message-expression: \"'label team is missing on ' + object.metadata.name\"
    remedy: Add the label `team`.
  - id: own-registry
    severity: high
    match: {scope: container}
    expression: container.image.startsWith('registry.example.com/')
    message: the image is from a registry that is not ours
  - id: one-voice
    severity: info
    match: {scope: pod, kinds: [Deployment]}
    expression: size(pod.containers) == 1
";

#[test]
fn findings_are_like_those_of_other_checks() {
    let results = scan(TEAM, SHOP);
    assert!(results.unknown.is_empty(), "{:?}", results.unknown);
    let said: Vec<String> = results
        .findings
        .iter()
        .map(|finding| {
            let container = finding.site.subject.container.as_deref().unwrap_or("-");
            let (check, line) = (finding.check, finding.site.start.line);
            format!("{line} {} {} {container}: {}", check.id, finding.severity, finding.message)
        })
        .collect();
    assert_eq!(
        said,
        [
            "2 team-label medium -: label team is missing on web",
            "11 one-voice info -: not true: size(pod.containers) == 1",
            "14 own-registry high proxy: the image is from a registry that is not ours",
        ]
    );
    let team = results.tallies[0];
    assert_eq!((team.0.title, team.0.severity), ("Workload names no team", Severity::Medium));
    assert_eq!((team.1.fail, team.1.not_applicable), (1, 1), "the ConfigMap is no workload");
    let page = seawall_checks::page(team.0);
    assert!(page.contains("looks at each Deployment, StatefulSet"), "{page}");
}

#[test]
fn manifests_are_values_as_the_api_server_reads_them() {
    for holds in [
        "object.kind != 'Deployment' || object.spec.replicas == 2",
        "!has(object.metadata.annotations) || !has(object.metadata.annotations.owner)",
        "!has(object.spec) || object.spec.template.spec.containers[0].args == ['-v', '--fast']",
        "!has(object.spec) || ['-v', '--fast'] == object.spec.template.spec.containers[0].args",
        "!has(object.spec) || object.metadata.labels == {'app': 'web', 'tier': 'front', 'zone': 'eu'}",
        "!has(object.spec) || object.metadata.labels.map(k, k) == ['app', 'tier', 'zone']",
        "!has(object.spec) || object.spec.template.spec.containers.all(c, c.image.contains('/'))",
        "!has(object.spec) || object.spec.template.spec.containers.exists_one(c, has(c.args))",
        "!has(object.spec) || object.spec.template.spec.containers.filter(c, !has(c.args)).size() == 1",
        "object.metadata.name.matches('^[a-z]+$') && object.metadata.name.split('').size() > 2",
    ] {
        assert_eq!(judge(holds, SHOP), Ok(true), "{holds}");
    }
    assert_eq!(judge("object.metadata.namespace == 'shop-eu'", SHOP), Ok(false));
}

#[test]
fn what_is_not_evaluated_is_unknown() {
    for (expression, why) in [
        ("object.spec.replicas > 1", "there is no spec; ask has(…) first"),
        ("object.metadata.name", "it gives string, not true or false"),
        ("object.metadata.name > 1", "no matching overload"),
        ("object.metadata.name + 1 == 'a'", "it uses add on what"),
        ("1 / (size(object.metadata.name) - size(object.metadata.name)) == 1", "divides by zero"),
        ("object.metadata[0] == 'a'", ""),
        ("[1][3] == 1", "no item of that number"),
    ] {
        let said = judge(expression, SHOP).expect_err(expression);
        assert!(said.starts_with("the check's expression was not evaluated: "), "{said}");
        assert!(said.contains(why) && !said.contains("web"), "{expression}: {said}");
    }
}

#[test]
fn one_container_that_is_unknown_hides_no_other() {
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  \
                    - {name: a}\n  - {name: b, image: x}\n";
    let results = scan(&asks("container", "container.image == 'y'"), manifest);
    assert_eq!((results.findings.len(), results.unknown.len()), (1, 1));
    assert_eq!(results.unknown[0].subject.container.as_deref(), Some("a"));
}

#[test]
fn costly_expressions_end_as_unknown_and_soon() {
    let big: String = (0..3_000).map(|n| format!("  k{n}: '{}'\n", "x".repeat(400))).collect();
    let big = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big}}\ndata:\n{big}");
    let twenty = format!("[{}]", (0..20).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let doubled =
        format!("['xxxxxxxxxxxxxxxx']{}.size() > 0", ".map(x, x+x+x+x+x+x+x+x)".repeat(8));
    for expression in [
        "object.data.all(a, object.data.all(b, object.data.all(c, a + b != c + 'y')))".to_owned(),
        // Errors of the budget are swallowed on the way, and still it does not pass.
        "object.data.all(a, object.data.all(b, a != b + 'y')) || true".to_owned(),
        "true || object.data.all(a, object.data.all(b, object == object))".to_owned()
            + " || object.data.all(a, object.data.all(b, object == object))",
        format!("{twenty}.all(a, {twenty}.all(b, {twenty}.all(c, {twenty}.all(d, a+b+c+d >= 0))))"),
        "object.data.map(a, object.data.map(b, object)).size() > 0".to_owned(),
        "object.data.all(k, object.data[k].matches('x+'))".to_owned(),
        doubled,
        "object.data.map(k, object.data[k].split('')).size() > 0 && 'x'.split('x').size() > 0"
            .to_owned(),
    ] {
        let began = Instant::now();
        let said = judge(&expression, &big);
        assert!(began.elapsed() < Duration::from_secs(20), "{expression}: {:?}", began.elapsed());
        if expression.starts_with("true ||") {
            assert_eq!(said, Ok(true), "what is not evaluated costs nothing");
        } else {
            let said = said.expect_err(&expression);
            assert!(said.ends_with("it takes more than 1000000 steps"), "{expression}: {said}");
        }
    }
    assert_eq!(judge("object.data.all(k, object.data[k].size() == 400)", &big), Ok(true));
}

#[test]
fn objects_that_are_too_large_are_unknown() {
    let text = "x".repeat(5 << 20);
    let manifest =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: '{text}'}}\n");
    let said = judge("has(object.data)", &manifest).expect_err("it is too large");
    assert!(said.contains("larger than custom checks look at"), "{said}");
}

#[test]
fn errors_name_their_place() {
    for (expression, at) in [
        ("object.metadata.name = 1", "6:28: no CEL expression: "),
        ("objekt.metadata.name == 'a'", "6:7: there is no \"objekt\" here; there is object"),
        ("container.image == 'a'", "6:7: there is no \"container\" here"),
        ("object.kind == 'ä' && objects", "6:29: there is no \"objects\" here"),
        ("object.all(x, y)", "6:21: there is no \"y\" here; there is object, x"),
        ("object.name.indexOf('a') == 1", "there is no function \"indexOf\""),
        ("'a'.replace('a', 'b') == ''", "there is no function \"replace\""),
        ("optional.of(1) == 1", "there is no function \"of\""),
        ("Pod{name: 'a'} == object", "there is no type \"Pod\""),
        ("object.kind.matches(object.kind)", "must be a text that is written out"),
        ("object.kind.matches('(')", "no pattern"),
        ("object.kind.matches('((a{1000}){1000}){1000}')", "the pattern is too large"),
        ("@charge(1) == 1", "no CEL expression"),
    ] {
        let said = errors(&asks("object", expression));
        assert!(said.starts_with("seawall.yaml:6:") && said.contains(at), "{expression}: {said}");
    }
    let block = "custom-checks:\n- id: a\n  severity: low\n  expression: |\n    has(object.spec) &&\n    \
                 has(objekt.spec)\n";
    assert!(
        errors(block).starts_with("seawall.yaml:6:9: there is no \"objekt\""),
        "{}",
        errors(block)
    );
}

#[test]
fn definitions_are_held_to_their_form() {
    let said = errors(
        "custom-checks:\n- {id: Team_Label, severity: loud, expression: 'true', mesage: x}\n\
         - {id: privileged-container, severity: low, expression: 'true'}\n- {id: a}\n- 7\n\
         - {id: b, severity: low, expression: 'true', match: {scope: node, kind: Pod}}\n\
         - {id: b, severity: low, expression: 'true'}\n",
    );
    for word in [
        ":2:8: an id is words",
        "is no severity",
        "unknown key \"mesage\"",
        ":3:8: there is a check privileged-container already",
        ":4:3: the check has no severity",
        ":4:3: the check has no expression",
        ":5:3: ",
        "\"node\" is no scope",
        "unknown key \"kind\"; a match has",
        "there are two custom checks b",
    ] {
        assert!(said.contains(word), "{word} in {said}");
    }
    assert!(errors("custom-checks: {}\n").contains("a list"));
    let none = checks_of("seawall.yaml", "fail-on: high\n").unwrap_or_else(|e| panic!("{e}"));
    assert!(none.is_empty());
}

#[test]
fn no_expression_is_too_deep_or_too_long() {
    let sum = vec!["1"; 2_000].join("+");
    for (name, expression) in [
        ("long sums", format!("{sum} > 0")),
        ("brackets", format!("{}true{}", "(".repeat(1_500), ")".repeat(1_500))),
        ("lists", format!("{}{}.size() == 0", "[".repeat(1_500), "]".repeat(1_500))),
        ("fields", format!("object{}", ".a".repeat(1_900))),
        ("conditions", format!("{}false", "true ? true : ".repeat(280))),
        ("ors", vec!["true"; 600].join("||")),
        ("loops", "object.all(a, ".repeat(6) + "true" + &")".repeat(6)),
        ("bytes", format!("'{}' == ''", "x".repeat(5_000))),
    ] {
        let result = checks_of("seawall.yaml", &asks("object", &expression));
        assert!(result.is_err(), "{name}");
    }
    for (name, expression) in [
        ("nots", format!("{}true", "!".repeat(4_000))),
        ("minuses", format!("{}1 == 1", "-".repeat(4_000))),
    ] {
        assert_eq!(judge(&expression, SHOP), Ok(true), "{name} cancel out");
    }
}

/// The deepest that is accepted fits the stack of the engine's threads.
#[test]
fn what_is_accepted_can_be_evaluated() {
    let deep: [(&str, &dyn Fn(usize) -> String); 4] = [
        ("lists", &|n| format!("{}{} != 1", "[".repeat(n), "]".repeat(n))),
        ("maps", &|n| format!("[1]{}.size() == 1", ".map(x, x + 1)".repeat(n))),
        ("calls", &|n| format!("{}object.kind{} != ''", "string(".repeat(n), ")".repeat(n))),
        ("choices", &|n| format!("{}true", "object.kind != 'Job' ? true : ".repeat(n))),
    ];
    for (name, spelt) in deep {
        let accepted = |n: &usize| checks_of("seawall.yaml", &asks("object", &spelt(*n))).is_ok();
        let most = (1..60).rev().find(accepted).expect("some depth is accepted");
        assert!(most >= 8, "{name}: {most}");
        assert_eq!(judge(&spelt(most), SHOP), Ok(true), "{name}");
    }
}

const WITH_CASES: &str = "custom-checks:
  - id: team-label
    severity: low
    match: {kinds: [Pod]}
    expression: has(object.metadata.labels) && 'team' in object.metadata.labels
    message: no team
    cases:
      - name: no labels
        fails:   # at all
          apiVersion: v1
          kind: Pod
          metadata:
            name: web
        says: no team
      - fails: {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {team: a}}}
      - passes: {apiVersion: v1, kind: Pod, metadata: {name: web, labels: {team: a}}}
      - name: another kind
        passes: |
          apiVersion: v1
          kind: Service
          metadata: {name: web}
          ---
          apiVersion: v1
          kind: Pod
          metadata: {name: web}
";

#[test]
fn cases_are_tried() {
    let checks = checks_of("seawall.yaml", WITH_CASES).unwrap_or_else(|errors| panic!("{errors}"));
    let tried = try_cases(checks[0], &Settings::default());
    let tried: Vec<_> =
        tried.iter().map(|tried| (tried.name.as_str(), tried.wrong.as_deref())).collect();
    assert_eq!(
        tried,
        [
            ("no labels", None),
            ("fails, 2", Some("it should fail, and passes")),
            ("passes, 1", None),
            ("another kind", Some("it should pass, but: no team")),
        ]
    );
    let page = seawall_checks::page(checks[0]);
    let shown = "## Fails\n\n```yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n```";
    assert!(page.contains(shown), "{page}");
}

#[test]
fn cases_that_are_none_are_refused() {
    for (from, to, why) in [
        ("says: no team", "sais: no team", "unknown key \"sais\""),
        ("fails:   # at all", "fehlt:", "unknown key \"fehlt\""),
        ("  - passes: {", "  - says: x\n        passes: {", "a case that passes says nothing"),
        ("- fails: {", "- passes: 1\n        fails: {", "either fails or passes"),
        ("- passes: {apiVersion: v1", "- passes: '#'\n      - fails: {apiVersion: v1", "no object"),
    ] {
        let told = errors(&WITH_CASES.replacen(from, to, 1));
        assert!(told.contains(why), "{to}: {told}");
    }
}
