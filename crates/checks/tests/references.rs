//! Ids of techniques and flaws are those that MITRE and the CVE programme gave: a misspelt one would
//! send whoever follows it to something else, and no test of a check would see it.

use std::collections::BTreeSet;
use std::path::Path;

/// Techniques by their names, from <https://attack.mitre.org/techniques/enterprise/>.
const TECHNIQUES: &[(&str, &str)] = &[
    ("T1036", "Masquerading"),
    ("T1046", "Network Service Discovery"),
    ("T1053.007", "Scheduled Task/Job: Container Orchestration Job"),
    ("T1068", "Exploitation for Privilege Escalation"),
    ("T1069", "Permission Groups Discovery"),
    ("T1070", "Indicator Removal"),
    ("T1078", "Valid Accounts"),
    ("T1078.001", "Valid Accounts: Default Accounts"),
    ("T1098.006", "Account Manipulation: Additional Container Cluster Roles"),
    ("T1110", "Brute Force"),
    ("T1133", "External Remote Services"),
    ("T1136", "Create Account"),
    ("T1190", "Exploit Public-Facing Application"),
    ("T1204.003", "User Execution: Malicious Image"),
    ("T1485", "Data Destruction"),
    ("T1490", "Inhibit System Recovery"),
    ("T1496", "Resource Hijacking"),
    ("T1498", "Network Denial of Service"),
    ("T1499", "Endpoint Denial of Service"),
    ("T1525", "Implant Internal Image"),
    ("T1528", "Steal Application Access Token"),
    ("T1543", "Create or Modify System Process"),
    ("T1543.005", "Create or Modify System Process: Container Service"),
    ("T1550.001", "Use Alternate Authentication Material: Application Access Token"),
    ("T1552", "Unsecured Credentials"),
    ("T1552.001", "Unsecured Credentials: Credentials In Files"),
    ("T1552.007", "Unsecured Credentials: Container API"),
    ("T1562.001", "Impair Defenses: Disable or Modify Tools"),
    ("T1609", "Container Administration Command"),
    ("T1610", "Deploy Container"),
    ("T1611", "Escape to Host"),
    ("T1612", "Build Image on Host"),
    ("T1613", "Container and Resource Discovery"),
];

/// Flaws by their titles, from <https://www.cve.org/> and the projects' announcements.
const FLAWS: &[(&str, &str)] = &[
    ("CVE-2020-8554", "Man in the middle using LoadBalancer or ExternalIPs"),
    ("CVE-2021-25741", "Symlink exchange can allow host filesystem access"),
    ("CVE-2021-25742", "Ingress-nginx custom snippets allow retrieval of Secrets"),
    ("CVE-2022-0185", "Linux: heap overflow in legacy_parse_param"),
    ("CVE-2022-23648", "containerd: insecure handling of image volumes in the CRI plugin"),
    ("CVE-2022-24348", "Argo CD: path traversal and dereference of symlinks with Helm charts"),
    ("CVE-2022-3172", "Aggregated API server can cause clients to be redirected"),
    ("CVE-2022-39328", "Grafana: race condition allowing privilege escalation"),
    ("CVE-2022-47633", "Kyverno: bypass of image signature verification"),
    ("CVE-2024-10220", "Arbitrary command execution through gitRepo volume"),
    ("CVE-2025-1974", "ingress-nginx: RCE by the admission controller"),
];

#[test]
fn every_technique_and_flaw_that_is_named_is_known() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut named = BTreeSet::new();
    for of in ["checks", "rbac", "podsecurity", "network"] {
        read(&crates.join(of).join("src"), &mut named);
    }
    let known: BTreeSet<String> =
        TECHNIQUES.iter().chain(FLAWS).map(|(id, _)| (*id).to_owned()).collect();
    let strange: Vec<&String> = named.difference(&known).collect();
    assert!(strange.is_empty(), "nobody gave these, or they are not in the list: {strange:?}");
    let unused: Vec<&String> = known.difference(&named).collect();
    assert!(unused.is_empty(), "nothing names these: {unused:?}");
}

#[test]
fn ids_are_found_in_texts() {
    let mut named = BTreeSet::new();
    ids("(CVE-2024-10220). T1611,T1552.007; xT1046 T12 techniques/T1552/001/ CVE-20", &mut named);
    let expected = ["CVE-2024-10220", "T1552.001", "T1552.007", "T1611"].map(str::to_owned);
    assert_eq!(named, BTreeSet::from(expected));
}

/// Adds the ids in the sources and cases below a folder.
fn read(folder: &Path, named: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            read(&path, named);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "yaml") {
            ids(&std::fs::read_to_string(&path).expect("a source is text"), named);
        }
    }
}

/// Adds the ids in a text: `CVE-` with two numbers, and `T` with four digits and perhaps three more
/// behind a point, or behind a slash as in addresses.
fn ids(text: &str, named: &mut BTreeSet<String>) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let starts = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    for (at, _) in text.match_indices("CVE-").filter(|(at, _)| starts(*at)) {
        let rest = &text[at + 4..];
        let year = digits(rest);
        let number = rest[year..].strip_prefix('-').map_or(0, digits);
        if year > 0 && number > 0 {
            named.insert(text[at..at + 5 + year + number].to_owned());
        }
    }
    for (at, _) in text.match_indices('T').filter(|(at, _)| starts(*at)) {
        let rest = &text[at + 1..];
        if digits(rest) != 4 {
            continue;
        }
        let technique = &text[at..at + 5];
        let part = rest[4..].strip_prefix(['.', '/']).filter(|part| digits(part) == 3);
        named.insert(
            part.map_or_else(|| technique.to_owned(), |part| format!("{technique}.{}", &part[..3])),
        );
    }
}
