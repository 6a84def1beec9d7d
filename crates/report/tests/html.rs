//! The page: what it may load, what a stranger's text can do in it, and what it does in a browser.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seawall_report::{Format, Options, html};
use sha2::{Digest, Sha256};
use support::fixed::fixed;
use support::scan::Scan;

fn page(scan: &Scan) -> String {
    let times = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    let options = Options { colour: false, verbose: false, times };
    let mut bytes = Vec::new();
    Format::Html.render(&scan.report(), &options, &mut bytes).expect("a Vec takes all");
    String::from_utf8(bytes).expect("the page is UTF-8")
}

/// Pods, each with so many privileged containers.
fn pods(count: usize, containers: usize) -> Scan {
    Scan::of((0..count).map(|n| {
        let containers: String = (0..containers)
            .map(|c| format!("  - {{name: c{c}, securityContext: {{privileged: true}}}}\n"))
            .collect();
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-{n}\n  namespace: team-{}\nspec:\n  \
             containers:\n{containers}",
            n % 3
        );
        (format!("team-{}/{n}.yaml", n % 3), text)
    }))
}

/// The tags of a page in order, with their attributes; panics where markup is not well-formed.
fn tags(page: &str) -> Vec<String> {
    let (before, rest) = page.split_once("<style>").expect("a style");
    let (_, rest) = rest.split_once("</style>").expect("an end of it");
    let (body, _) = rest.rsplit_once("<script>").expect("a script");
    let mut tags = Vec::new();
    for part in [before, body] {
        for piece in part.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').expect("a tag ends");
            assert!(!text.contains('>'), "text is escaped: {text:?}");
            tags.push(tag.to_owned());
        }
    }
    tags
}

#[test]
fn runs_and_loads_nothing_but_its_own() {
    let page = page(&fixed());
    for text in [html::STYLE, html::SCRIPT] {
        let hash = STANDARD.encode(Sha256::digest(text));
        assert!(page.contains(&format!("'sha256-{hash}'")), "the policy must name sha256-{hash}");
        assert!(page.contains(text));
    }
    assert!(page.contains("content=\"default-src 'none'; "));
    assert!(!html::STYLE.contains("url(") && !html::STYLE.contains("@import"));
    for word in ["fetch(", "XMLHttpRequest", "import(", "eval(", "</script"] {
        assert!(!html::SCRIPT.contains(word), "{word}");
    }
    for tag in tags(&page) {
        for attribute in [" src=", " style=", " onclick=", " onload=", " onerror="] {
            assert!(!tag.contains(attribute), "{tag}");
        }
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
        assert!(!["link", "img", "iframe", "object", "embed", "base"].contains(&name), "{tag}");
    }
}

#[test]
fn hostile_names_are_words() {
    let plain = fixed();
    let mut hostile = fixed();
    let evil = "</noscript></style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\
                \u{202e}\u{0}&lt;";
    for finding in &mut hostile.results.findings {
        finding.message = evil.into();
        finding.detail = "".into();
        let site = Arc::make_mut(&mut finding.site);
        site.path = evil.into();
        let mut object = (*site.subject.object).clone();
        object.kind = evil.to_owned();
        object.api_version = evil.to_owned();
        object.namespace = Some(evil.to_owned());
        object.name.push_str(evil);
        site.subject.object = object.into();
        if let Some(suppression) = &mut finding.suppressed {
            suppression.reason = evil.to_owned();
        }
    }
    for notice in &mut hostile.notices {
        notice.message = evil.to_owned();
    }
    for unknown in &mut hostile.results.unknown {
        unknown.reason = evil.to_owned();
    }
    for part in &mut hostile.coverage.parts {
        part.file = evil.into();
    }
    let (plain, hostile) = (page(&plain), page(&hostile));
    assert!(!hostile.contains(['\u{202e}', '\0']), "what drives a display is shown as escapes");
    // The same elements, whatever the names are; a message's code and a reason aside.
    let elements = |page: &str| {
        let names = tags(page).into_iter().map(|tag| tag.split(' ').next().map(str::to_owned));
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(elements(&plain), elements(&hostile));
    let scripts = |page: &str| page.matches("<script").count();
    assert_eq!((scripts(&plain), scripts(&hostile)), (1, 1));
}

#[test]
fn what_has_no_room_is_counted() {
    let page = page(&pods(5_002, 19));
    let shown = page.matches("<li class=\"f\">").count();
    assert_eq!(shown, html::MOST_FINDINGS);
    assert!(page.contains("40 findings of the 2 resources that matter least had no room here"));
    assert!(page.len() < 64 << 20, "{} bytes", page.len());
    let opened = page.matches("<noscript>").count();
    assert!(opened > 90 && opened == page.matches("</noscript>").count());
}

/// Chromium, where there is one: named by `CHROMIUM`, or in the usual places.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// The document that a browser makes of a page, with its scripts run.
fn loaded(chromium: &Path, page: &Path, hash: &str) -> String {
    let profile = tempfile::tempdir().expect("a folder for the profile");
    let output = Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--no-first-run", "--virtual-time-budget=10000", "--timeout=60000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .expect("Chromium starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the document is UTF-8")
}

/// What the page says of its filter, and the checks whose findings it shows.
fn said(document: &str) -> (String, BTreeSet<String>) {
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} is in {text}"));
        rest.split_once(to).unwrap_or_else(|| panic!("{to} is in {rest}")).0.to_owned()
    };
    let status = between(document, "<p id=\"shown\" role=\"status\">", "</p>");
    let list = between(document, "<div id=\"list\">", "<button type=\"button\" id=\"more\"");
    let items = list.split("<li class=\"f").skip(1);
    let shown = items.filter(|item| !item.split('>').next().is_some_and(|t| t.contains("hidden")));
    (status, shown.map(|item| between(item, "href=\"#check-", "\"")).collect())
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
fn filters_in_a_browser() {
    let Some(chromium) = chromium() else {
        eprintln!("not tested: there is no Chromium here (CHROMIUM names one)");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.html");
    std::fs::write(&file, page(&fixed())).expect("the page can be written");
    let at = |hash| said(&loaded(&chromium, &file, hash));
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();

    let (status, shown) = at("");
    assert_eq!(status, "5 of 7 findings, in 3 of 4 resources", "suppressed ones wait");
    assert_eq!(shown, set(&["privileged", "no-user"]));
    assert_eq!(at("#suppressed=yes").0, "7 of 7 findings, in 4 of 4 resources");
    let (status, shown) = at("#severity=high");
    assert_eq!(status, "3 of 7 findings, in 3 of 4 resources");
    assert_eq!(shown, set(&["privileged"]));
    assert_eq!(at("#check=no-user&ns=shop").0, "1 of 7 findings, in 1 of 4 resources");
    assert_eq!(at("#q=K%C3%84SE").0, "1 of 7 findings, in 1 of 4 resources");
    assert_eq!(at("#q=alert").0, "0 of 7 findings, in 0 of 4 resources");
    assert_eq!(at("#check=no-such-check").0, "0 of 7 findings, in 0 of 4 resources");

    // Resources that wait in `<noscript>` are found like the others.
    std::fs::write(&file, page(&pods(1_500, 2))).expect("the page can be written");
    let (status, shown) = at("#kind=Pod&file=team-1/1498.yaml&q=runs+c1");
    assert_eq!(status, "1 of 4,500 findings, in 1 of 1,500 resources");
    assert_eq!(shown, set(&["privileged"]));
}
