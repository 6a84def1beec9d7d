//! Charts and kustomizations, with programs that misbehave in place of helm and kustomize.

#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use seawall_collect::{Collected, Options, Rendering, collect};
use seawall_model::PartOutcome;

const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n";

/// A folder with a chart, other files, and a program in place of helm. There is one at a time: a
/// program that another thread starts meanwhile would hold a script open for writing, and the
/// system refuses to run such a file.
struct Place(tempfile::TempDir, #[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        // Another test's failure is its own.
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Place(tempfile::tempdir().expect("a folder can be made"), alone);
        place.write("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
        place.write("shop/values.yaml", "a: b\n");
        place.write("shop/templates/web.yaml", TEMPLATE);
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("it can be made");
        std::fs::write(&path, text).expect("it can be written");
        path
    }

    /// A script in place of helm.
    fn program(&self, script: &str) -> Rendering {
        let helm = self.write("bin/helm.sh", &format!("#!/bin/sh\n{script}\n"));
        let executable = PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&helm, executable).expect("it can be made executable");
        Rendering {
            kustomize: helm.clone(),
            kubectl: "/no/such/kubectl".into(),
            helm,
            timeout: Duration::from_secs(20),
            ..Rendering::default()
        }
    }

    fn scan(&self, target: &str, rendering: &Rendering) -> Scanned<'_> {
        let options = Options { rendering: Some(rendering), ..Options::default() };
        let target = self.0.path().join(target);
        let collected = collect(&[target.to_string_lossy().into_owned()], &options);
        Scanned { collected: collected.expect("the target is there"), root: self.0.path() }
    }
}

struct Scanned<'a> {
    collected: Collected,
    root: &'a Path,
}

impl Scanned<'_> {
    /// Each part as `file:line outcome`, with what is said of it.
    fn parts(&self) -> Vec<(String, String)> {
        let parts = &self.collected.inventory.coverage().parts;
        let name = |file: &str| {
            let root = self.root.to_string_lossy();
            file.strip_prefix(&*root).unwrap_or(file).trim_start_matches('/').to_owned()
        };
        parts
            .iter()
            .map(|part| {
                let place = format!("{}:{} {}", name(&part.file), part.line, part.outcome.name());
                (place, part.outcome.to_string())
            })
            .collect()
    }

    fn says(&self, place: &str, what: &str) {
        let parts = self.parts();
        let found = parts.iter().find(|(at, said)| at == place && said.contains(what));
        assert!(found.is_some(), "{place}: {what}\n{parts:#?}");
    }
}

const RENDERED: &str = "cat <<'END'
---
# Source: shop/templates/web.yaml
apiVersion: v1
kind: Pod
metadata:
  name: web
END";

#[test]
fn a_chart_is_one_whole_and_its_files_are_told_once() {
    let place = Place::new(&[("shop/templates/off.yaml", "{{ if .x }}{{ end }}")]);
    let scanned = place.scan("shop", &place.program(RENDERED));
    let said = |place: &str, what: &str| (place.to_owned(), what.to_owned());
    assert_eq!(
        scanned.parts(),
        [
            said(
                "shop/Chart.yaml:0 not-kubernetes",
                "a Helm chart: helm rendered 1 object from it"
            ),
            said(
                "shop/templates/off.yaml:0 not-kubernetes",
                "a template that gives nothing with these values"
            ),
            said("shop/templates/web.yaml:1 scanned", "1 object"),
            said("shop/values.yaml:0 not-kubernetes", "part of a chart"),
        ]
    );
    assert!(!scanned.collected.target_failed);
}

#[test]
fn what_is_not_rendered_is_unread_and_its_files_are_read_as_they_stand() {
    let plain = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: plain\n";
    let place = Place::new(&[("shop/templates/plain.yaml", plain)]);
    let missing = Rendering { helm: "/no/such/helm".into(), ..place.program("") };
    for target in ["shop", "."] {
        let scanned = place.scan(target, &missing);
        let prefix = if target == "." { "./" } else { "" };
        scanned.says(&format!("{prefix}shop/Chart.yaml:0 unreadable"), "https://get.helm.sh");
        scanned.says(&format!("{prefix}shop/templates/web.yaml:1 template"), "Helm");
        scanned.says(&format!("{prefix}shop/templates/plain.yaml:1 scanned"), "1 object");
        assert_eq!(scanned.collected.target_failed, target == "shop");
    }
}

#[test]
fn helm_s_own_words_come_with_their_place() {
    let place = Place::new(&[]);
    let said = "echo 'Error: template: shop/templates/web.yaml:4:11: executing \"x\" at <.y>: no' \
                >&2; echo >&2; echo 'Use --debug flag to see more' >&2; exit 1";
    let scanned = place.scan("shop", &place.program(said));
    scanned.says("shop/templates/web.yaml:4 unreadable", "executing \"x\" at <.y>: no");
    assert!(scanned.parts().iter().all(|(_, said)| !said.contains("--debug")));
    let parts = &scanned.collected.inventory.coverage().parts;
    let column = |outcome: &PartOutcome| match outcome {
        PartOutcome::Unreadable { column, .. } => Some(*column),
        _ => None,
    };
    assert_eq!(parts.iter().find_map(|part| column(&part.outcome)), Some(11));
}

#[test]
fn programs_are_bounded() {
    let place = Place::new(&[]);
    let began = Instant::now();
    let slow = Rendering { timeout: Duration::from_millis(200), ..place.program("sleep 30") };
    place.scan("shop", &slow).says("shop/Chart.yaml:0 unreadable", "more than 0.2 s");
    assert!(began.elapsed() < Duration::from_secs(10));
    let endless = Rendering { output_bytes: 5000, ..place.program("yes") };
    place.scan("shop", &endless).says("shop/Chart.yaml:0 unreadable", "more than 5000 bytes");
    let chatty = place.program("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");
    let scanned = place.scan("shop", &chatty);
    scanned.says("shop/Chart.yaml:0 unreadable", "xxx");
    assert!(scanned.parts().iter().all(|(_, said)| said.len() < 3000));
}

#[test]
fn garbage_is_unread_under_the_name_of_its_template() {
    let place = Place::new(&[]);
    let garbage = "printf '%s\\n' '---' '# Source: shop/templates/web.yaml' 'a: [b' 'c: }'";
    let scanned = place.scan("shop", &place.program(garbage));
    assert!(
        scanned.parts().iter().any(|(at, _)| {
            at.starts_with("shop/templates/web.yaml") && at.ends_with("unreadable")
        }),
        "{:#?}",
        scanned.parts()
    );
    let nowhere = place.program("printf '%s\\n' 'kind: Pod' 'apiVersion: v1'");
    assert_eq!(place.scan("shop", &nowhere).collected.inventory.coverage().counts().objects, 1);
    let binary = place.program(r"printf '\377\376'");
    place.scan("shop", &binary).says("shop/Chart.yaml:0 unreadable", "UTF-8");
}

#[test]
fn a_chart_that_merely_lies_there_may_not_lead_out_of_itself() {
    let place = Place::new(&[]);
    symlink("/etc", place.0.path().join("shop/files")).expect("a link can be made");
    let rendering = place.program(RENDERED);
    place.scan(".", &rendering).says("./shop/Chart.yaml:0 unreadable", "files is a link out");
    let named = place.scan("shop", &rendering);
    assert_eq!(named.collected.inventory.coverage().counts().objects, 1);
}

#[test]
fn a_chart_whose_templates_are_ignored_is_not_rendered() {
    let place = Place::new(&[(".seawallignore", "shop/templates/\n")]);
    let scanned = place.scan(".", &place.program(RENDERED));
    assert_eq!(scanned.collected.inventory.coverage().counts().objects, 0);
    assert!(scanned.collected.inventory.coverage().unread().next().is_none());
}

#[test]
fn only_kustomizations_that_no_other_uses_are_rendered() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n";
    let place = Place::new(&[
        ("k/base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("k/base/pod.yaml", pod),
        ("k/base/loose.yaml", pod),
        ("k/over/kustomization.yaml", "resources: [../base]\npatches: [{path: patch.yaml}]\n"),
        ("k/over/patch.yaml", pod),
        ("k/part/kustomization.yaml", "kind: Component\npatches: [{path: patch.yaml}]\n"),
        ("k/part/patch.yaml", "spec: {}\n"),
    ]);
    let log = place.0.path().join("log");
    let script = format!("echo built >> {}\nprintf '%s\\n' '{pod}'", log.display());
    let scanned = place.scan("k", &place.program(&script));
    assert_eq!(std::fs::read_to_string(log).expect("it was built"), "built\n");
    scanned.says("k/over/kustomization.yaml:0 not-kubernetes", "rendered 1 object");
    scanned.says("k/base/kustomization.yaml:0 not-kubernetes", "part of a kustomization");
    scanned.says("k/over/patch.yaml:0 not-kubernetes", "part of a kustomization");
    scanned.says("k/base/loose.yaml:1 scanned", "1 object");
    scanned.says("k/part/patch.yaml:1 not-kubernetes", "");
    assert_eq!(scanned.collected.inventory.coverage().counts().objects, 2);
}

#[test]
fn a_kustomization_without_a_program_is_unread_and_its_files_are_read() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n";
    let place = Place::new(&[("k/kustomization.yaml", "resources: [p.yaml]\n"), ("k/p.yaml", pod)]);
    let none = Rendering { kustomize: "/no/such/kustomize".into(), ..place.program("") };
    let scanned = place.scan("k", &none);
    scanned.says("k/kustomization.yaml:0 unreadable", "install");
    scanned.says("k/p.yaml:1 scanned", "1 object");
    assert!(scanned.collected.target_failed);
}

#[test]
fn without_rendering_files_are_read_as_they_stand() {
    let place = Place::new(&[]);
    let target = place.0.path().join("shop").to_string_lossy().into_owned();
    let Collected { inventory, target_failed, .. } =
        collect(&[target], &Options::default()).expect("the target is there");
    assert_eq!(inventory.coverage().counts().templates, 1);
    assert!(!target_failed);
}
