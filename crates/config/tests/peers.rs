//! How suppressions of other tools are written, in the corners that files of a whole tool leave out.

mod support;

use std::fmt::Write as _;

use seawall_config::PeerFile;
use seawall_model::NoticeKind;
use support::{Given, POD, scan, scan_with};

const CHECK: &str = "privileged-container";

fn file(name: &str, text: &str) -> PeerFile {
    PeerFile::parse(name, "", text.to_owned()).unwrap_or_else(|error| panic!("{error}"))
}

/// The pod with lines above the list item of its first container.
fn above_app(lines: &str) -> String {
    POD.replacen("    - name: app", &format!("{lines}\n    - name: app"), 1)
}

#[test]
fn ids_of_trivy_are_read_in_all_spellings() {
    for id in ["KSV017", "KSV0017", "KSV-0017", "AVD-KSV-0017", "avd-ksv-0017"] {
        let scan = scan(&[("web.yaml", &above_app(&format!("    # trivy:ignore:{id}")))]);
        assert_eq!(scan.suppressed(CHECK), [("trivy", "app", "(no reason given)")], "{id}");
    }
    for id in ["KSV-0170", "KSV-17x", "AVD-AWS-0017"] {
        let scan = scan(&[("web.yaml", &above_app(&format!("    # trivy:ignore:{id}")))]);
        assert!(scan.suppressed(CHECK).is_empty(), "{id}");
        assert_eq!(scan.told(NoticeKind::PeerSuppression).len(), 1, "{id}");
    }
}

#[test]
fn a_comment_of_trivy_holds_for_what_begins_below_it() {
    let of = |text: &str| {
        let scan = scan(&[("web.yaml", text)]);
        scan.suppressed(CHECK)
            .iter()
            .map(|(_, container, _)| container.to_string())
            .collect::<Vec<_>>()
    };
    let above = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        of(&POD.replacen(line, &format!("{indent}#trivy:ignore:*\n{line}"), 1))
    };
    assert_eq!(above("    - name: app"), ["app"]);
    assert_eq!(above("  containers:"), ["app", "log"]);
    assert_eq!(above("apiVersion: v1"), ["app", "log"]);
    assert_eq!(above("        privileged: true"), ["app"]);
    assert_eq!(above("      image: registry.example.com/app:1.0"), [""; 0]);
    let behind = POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV017", 1);
    assert_eq!(of(&behind), ["app"]);
}

#[test]
fn what_a_comment_of_trivy_depends_on_is_not_guessed() {
    for rule in ["KSV017[port=22]", "KSV017:ws:prod", "KSV017:exp:soon"] {
        let scan = scan(&[("web.yaml", &above_app(&format!("    # trivy:ignore:{rule}")))]);
        assert!(scan.suppressed(CHECK).is_empty(), "{rule}");
        assert_eq!(scan.told(NoticeKind::PeerSuppression).len(), 1, "{rule}");
    }
    // The day of the date is the first on which it no longer holds.
    for (date, holds) in [("2027-03-15", 0), ("2027-03-16", 1)] {
        let text = above_app(&format!("    # trivy:ignore:KSV017:exp:{date}"));
        assert_eq!(scan(&[("web.yaml", &text)]).suppressed(CHECK).len(), holds, "{date}");
    }
}

#[test]
fn the_only_container_of_a_pod_speaks_for_the_pod() {
    let pod = |more: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  labels:\n    \
             container.kubeaudit.io/app.allow-namespace-host-network: it-must\nspec:\n  \
             hostNetwork: true\n  containers:\n  - name: app\n{more}"
        )
    };
    let suppressed = |text: &str| scan(&[("web.yaml", text)]).suppressed("host-network").len();
    assert_eq!(suppressed(&pod("")), 1);
    assert_eq!(suppressed(&pod("  - name: log\n")), 0);
}

#[test]
fn names_of_polaris_are_beginnings_and_hold_no_globs() {
    let config = "exemptions:\n- controllerNames: ['we', 'x*']\n  rules: [runAsPrivileged]\n";
    let files = [file("polaris.yaml", config)];
    let given = Given { peers: Some(&files), ..Given::default() };
    let other = POD.replace("name: web", "name: xyz");
    let scan = scan_with(&[("a.yaml", POD), ("b.yaml", &other)], &given);
    let of: Vec<&str> = scan
        .findings
        .iter()
        .filter(|f| f.check.id == CHECK && f.suppressed.is_some())
        .map(|f| f.site.subject.object.name.as_str())
        .collect();
    assert_eq!(of, ["web", "web"]);
    let off = format!("disallowExemptions: true\n{config}");
    let files = [file("polaris.yaml", &off)];
    let given = Given { peers: Some(&files), ..Given::default() };
    assert!(scan_with(&[("a.yaml", POD)], &given).suppressed(CHECK).is_empty());
}

#[test]
fn an_alternative_of_kubescape_binds_as_it_is_built() {
    let exceptions = |name: &str| {
        format!(
            "[{{\"name\": \"x\", \"policyType\": \"postureExceptionPolicy\", \"resources\": \
             [{{\"designatorType\": \"Attributes\", \"attributes\": {{\"name\": \"{name}\"}}}}], \
             \"posturePolicies\": [{{\"controlID\": \"C-0057\"}}], \
             \"expirationDate\": \"2027-03-15T00:00:00Z\"}}]"
        )
    };
    for (name, holds) in
        [("web", 2), ("we", 0), ("w.*", 2), ("we|db", 2), ("x|eb", 2), ("x|e", 0), ("(we)b?", 2)]
    {
        let files = [file("exceptions.json", &exceptions(name))];
        let given = Given { peers: Some(&files), ..Given::default() };
        let scan = scan_with(&[("web.yaml", POD)], &given);
        assert_eq!(scan.suppressed(CHECK).len(), holds, "{name}");
    }
}

#[test]
fn an_exception_of_kubescape_without_resources_holds_for_none() {
    for resources in ["[]", "[{\"attributes\": {}}]", "[{\"designatorType\": \"Wlid\"}]"] {
        let text = format!(
            "[{{\"name\": \"x\", \"resources\": {resources}, \"posturePolicies\": \
             [{{\"controlID\": \"C-0057\"}}]}}]"
        );
        let files = [file("exceptions.json", &text)];
        let given = Given { peers: Some(&files), ..Given::default() };
        assert!(scan_with(&[("web.yaml", POD)], &given).suppressed(CHECK).is_empty(), "{text}");
    }
}

#[test]
fn a_trivyignore_holds_for_its_folder() {
    let parse = |folder: &str| {
        PeerFile::parse("x/.trivyignore", folder, "KSV017\n".to_owned()).expect("it is one")
    };
    for (folder, files) in [("", 4), ("x/", 2)] {
        let peers = [parse(folder)];
        let given = Given { peers: Some(&peers), ..Given::default() };
        let scan = scan_with(&[("x/web.yaml", POD), ("y/web.yaml", POD)], &given);
        assert_eq!(scan.suppressed(CHECK).len(), files, "{folder}");
    }
}

#[test]
fn an_unused_suppression_is_told_once_whatever_it_covers() {
    let text = POD.replace("privileged: true", "privileged: false").replacen(
        "  namespace: shop",
        "  namespace: shop\n  annotations:\n    checkov.io/skip1: CKV_K8S_16=no longer",
        1,
    );
    let scan = scan(&[("web.yaml", &text)]);
    let unused = scan.told(NoticeKind::UnusedException);
    assert_eq!(unused, ["`checkov.io/skip1` of checkov matches no finding; remove it"]);
}

#[test]
fn nothing_is_read_into_files_that_are_of_no_tool() {
    for text in ["", "a: 1\n", "apiVersion: v1\nkind: Pod\n", "[1, 2]\n", "checks: {x: off}\n"] {
        assert!(PeerFile::parse("some.yaml", "", text.to_owned()).is_err(), "{text}");
    }
    let error = PeerFile::parse("x/.checkov.yaml", "", "a: [\n".to_owned()).expect_err("no YAML");
    assert!(error.to_string().starts_with("x/.checkov.yaml:"), "{error}");
}

#[test]
fn an_imported_text_can_end_no_comment_and_add_no_key() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"a\\nchecks: {privileged-container: \
                off}\"\n  annotations:\n    ignore-check.kube-linter.io/privileged-container: \"x\\n  \
                # y: 'z' \\\"q\\\"\"\nspec:\n  containers:\n  - name: app\n    securityContext: \
                {privileged: true}\n";
    let name = "odd\nname.yaml";
    let inventory = support::inventory(&[(name, text)]);
    let import = seawall_config::import(&inventory, &[]);
    let config = seawall_config::Config::parse("seawall.yaml", import.yaml.clone())
        .unwrap_or_else(|error| panic!("{error}\n{}", import.yaml));
    assert!(config.checks.is_empty());
    let given = Given { config: &import.yaml, ..Given::default() };
    let scan = scan_with(&[(name, text)], &given);
    let reason = "x\n  # y: 'z' \"q\"";
    assert_eq!(scan.suppressed(CHECK), [("config", "app", reason)], "{}", import.yaml);
}

#[test]
fn many_comments_of_other_tools_are_matched_by_place() {
    let mut text = String::new();
    for n in 0..2000 {
        // Writing to a String can't fail.
        let _infallible = write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, namespace: shop}}\nspec:\n  \
             containers:\n  # trivy:ignore:KSV017\n  - name: app\n    image: x # \
             checkov:skip=CKV_K8S_43:no {n}\n    securityContext: {{privileged: true}}\n"
        );
    }
    let scan = scan(&[("web.yaml", &text)]);
    assert_eq!(scan.suppressed(CHECK).len(), 2000);
    let images = scan.suppressed("image-not-pinned");
    assert_eq!(images.len(), 2000);
    assert!(images.contains(&("checkov", "app", "no 1999")));
}

/// A `SecurityException` of Kubescape for C-0057 (privileged containers), with more of its spec.
fn security_exception(kind: &str, namespace: &str, more: &str) -> String {
    format!(
        "apiVersion: kubescape.io/v1beta1\nkind: {kind}\nmetadata: {{name: agents{namespace}}}\n\
         spec:\n  reason: eBPF\n  posture: [{{controlID: C-0057}}]\n{more}"
    )
}

#[test]
fn security_exceptions_of_kubescape_hold_where_they_say() {
    let labelled = POD.replace("  name: web\n", "  name: web\n  labels: {app: agent}\n");
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tier: a}}\n";
    let of = |exception: &str| {
        let files = [("web.yaml", &*labelled), ("ns.yaml", namespace), ("e.yaml", exception)];
        scan(&files).suppressed(CHECK).len()
    };
    let in_shop = ", namespace: shop";
    let matched = |more: &str| format!("  match:\n    {more}\n");
    for (kind, namespace, more, holds) in [
        ("SecurityException", in_shop, String::new(), true),
        ("SecurityException", ", namespace: web", String::new(), false),
        ("SecurityException", "", String::new(), false),
        ("ClusterSecurityException", "", String::new(), true),
        (
            "SecurityException",
            in_shop,
            matched("resources: [{kind: Deployment}, {kind: Pod}]"),
            true,
        ),
        ("SecurityException", in_shop, matched("resources: [{kind: Pod, name: we}]"), false),
        ("SecurityException", in_shop, matched("resources: [{kind: Pod, name: w.*}]"), true),
        ("SecurityException", in_shop, matched("resources: [{apiGroup: apps, kind: Pod}]"), false),
        ("SecurityException", in_shop, matched("resources: [{}]"), true),
        (
            "ClusterSecurityException",
            "",
            matched("objectSelector: {matchLabels: {app: agent}}"),
            true,
        ),
        (
            "ClusterSecurityException",
            "",
            matched("objectSelector: {matchLabels: {app: web}}"),
            false,
        ),
        ("ClusterSecurityException", "", matched("objectSelector: {}"), true),
        (
            "ClusterSecurityException",
            "",
            matched("namespaceSelector: {matchLabels: {tier: a}}"),
            true,
        ),
        (
            "ClusterSecurityException",
            "",
            matched("namespaceSelector: {matchLabels: {tier: b}}"),
            false,
        ),
        (
            "ClusterSecurityException",
            "",
            matched("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}"),
            true,
        ),
        ("ClusterSecurityException", "", "  expiresAt: '2027-03-16T00:00:00Z'\n".to_owned(), true),
        ("ClusterSecurityException", "", "  expiresAt: '2027-03-15T00:00:00Z'\n".to_owned(), false),
    ] {
        let exception = security_exception(kind, namespace, &more);
        assert_eq!(of(&exception), if holds { 2 } else { 0 }, "{exception}");
    }
}

#[test]
fn security_exceptions_are_known_by_their_origin_and_their_faults_are_told() {
    let holds = security_exception("SecurityException", ", namespace: shop", "");
    let found = scan(&[("web.yaml", POD), ("e.yaml", &holds)]);
    let expected = [("kubescape", "app", "eBPF"), ("kubescape", "log", "eBPF")];
    assert_eq!(found.suppressed(CHECK), expected);
    // Without the manifest of a namespace its labels are not known, but its name is.
    let by_name = "  match: {namespaceSelector: {matchExpressions: [{key: \
                   kubernetes.io/metadata.name, operator: In, values: [shop]}]}}\n";
    let by_name = security_exception("ClusterSecurityException", "", by_name);
    assert_eq!(scan(&[("web.yaml", POD), ("e.yaml", &by_name)]).suppressed(CHECK).len(), 2);
    for (from, to, why) in [
        ("{controlID: C-0057}", "{controlID: C-0057, action: mute}", "\"mute\" is no action"),
        ("{controlID: C-0057}", "{frameworkName: NSA}", "names no controlID"),
        ("  reason: eBPF", "  expiresAt: tomorrow", "\"tomorrow\" is no time"),
        ("  reason: eBPF", "  match: {objectSelector: [a]}", "where a map belongs"),
        ("  reason: eBPF", "  match: {resources: [{name: '('}]}", "is no pattern"),
    ] {
        let wrong = scan(&[("web.yaml", POD), ("e.yaml", &holds.replace(from, to))]);
        assert!(wrong.suppressed(CHECK).is_empty(), "{to}");
        let told = wrong.told(NoticeKind::PeerSuppression);
        assert!(told.iter().any(|told| told.contains(why)), "{to}: {told:?}");
    }
    // Of vulnerabilities it is not asked here.
    let other = holds.replace("posture: [{controlID: C-0057}]", "vulnerabilities: []");
    assert!(
        scan(&[("web.yaml", POD), ("e.yaml", &other)]).told(NoticeKind::PeerSuppression).is_empty()
    );
}
