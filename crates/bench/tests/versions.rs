//! Which versions run on a node is found in its packages and programs, and held against a table
//! whose age is told.

#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

#[path = "../../packages/tests/support/mod.rs"]
mod databases;
mod support;

use std::fs;
use std::os::unix::fs::{FileExt as _, symlink};
use std::process::Command;

use seawall_bench::{Benchmark, ControlResult, Cx, Filter, Header, Input, Verdict, run};
use seawall_packages::Package;
use support::{Node, inventory, one};

/// What a control comes to on a day.
fn on(day: &str, node: Option<&Node>, objects: Option<&str>, control: &str) -> ControlResult {
    let date = time::Date::parse(day, &time::format_description::well_known::Iso8601::DATE);
    let now = date.expect("a day").midnight().assume_utc().unix_timestamp();
    let host = node.map(Node::host);
    let objects = objects.map(inventory);
    let input = Input {
        host: host.as_ref(),
        inventory: objects.as_ref(),
        node: None,
        platform: None,
        minor: None,
        roles: Vec::new(),
        now,
    };
    let benchmark = if control == "engine-supported" { "container-host" } else { "node" };
    let benchmark = Benchmark::find(benchmark).expect("a benchmark");
    let header = Header { seawall: String::new(), node: None, time: String::new() };
    one(&run(&Cx::new(input), benchmark, &Filter::default(), &header), control)
}

fn node_object(kubelet: &str, runtime: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\nstatus:\n  nodeInfo:\n    \
         kubeletVersion: {kubelet}\n    containerRuntimeVersion: {runtime}\n"
    )
}

fn expect(result: &ControlResult, verdict: Verdict, reason: &str) {
    assert_eq!(result.verdict, verdict, "{}", result.reason);
    assert!(result.reason.contains(reason), "{:?} has no {reason:?}", result.reason);
}

#[test]
fn the_table_s_age_shows_and_an_open_end_gets_old() {
    let objects = node_object("v1.35.4+k3s1", "containerd://2.3.1");
    let on = |day, control| on(day, None, Some(&objects), control);
    let end = "mended until 2027-02-28, by the table of 2026-09-15";
    expect(&on("2026-11-21", "kubernetes-supported"), Verdict::Pass, end);
    assert!(!on("2026-11-21", "kubernetes-supported").reason.contains("months old"));
    // A pass by an old table stays one, and is told from a fresh one.
    let end = "mended until 2028-04-30, by the table of 2026-10-13 (14 months old)";
    expect(&on("2027-12-31", "engine-supported"), Verdict::Pass, end);
    // The last day is mended, the next is not.
    expect(&on("2027-02-28", "kubernetes-supported"), Verdict::Pass, "until");
    expect(&on("2027-03-01", "kubernetes-supported"), Verdict::Fail, "not been mended since");

    let newer = node_object("v1.99.0", "containerd://9.0.0");
    let unknown = |control| self::on("2026-11-21", None, Some(&newer), control);
    expect(&unknown("kubernetes-supported"), Verdict::Unknown, "the table of 2026-09-15");
    expect(&unknown("engine-supported"), Verdict::Unknown, "the table of 2026-10-13");

    let docker = node_object("v1.35.0", "docker://29.1.0");
    let open = |day| self::on(day, None, Some(&docker), "engine-supported");
    expect(&open("2026-11-21"), Verdict::Pass, "no end of it was set");
    expect(&open("2027-08-01"), Verdict::Unknown, "may have ended since");
}

#[test]
fn systems_are_looked_up_by_what_they_call_themselves() {
    let node = Node::new();
    let system = |release: &str| {
        node.file("etc/os-release", release);
        on("2026-11-21", Some(&node), None, "system-supported")
    };
    expect(&system("ID=\"rhel\"\nVERSION_ID=\"9.7\"\n"), Verdict::Fail, "rhel 9.7");
    expect(&system("ID=\"rocky\"\nVERSION_ID=\"9.7\"\n"), Verdict::Pass, "rocky 9 ");
    let linux = "NAME=\"CentOS Linux\"\nID=\"centos\"\nVERSION_ID=\"8\"\n";
    expect(&system(linux), Verdict::Fail, "centos 8 ");
    let stream = "NAME=\"CentOS Stream\"\nID=\"centos\"\nVERSION_ID=\"9\"\n";
    expect(&system(stream), Verdict::Pass, "centos-stream 9 ");
    expect(&system("ID=talos\nVERSION_ID=v1.13.2\n"), Verdict::Fail, "talos 1.13 ");
    expect(&system("ID=flatcar\nVERSION_ID=4459.2.1\n"), Verdict::Unknown, "does not know flatcar");
    expect(&system("ID=arch\n"), Verdict::Unknown, "says no version");
}

fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.to_owned(),
        epoch: Some(1),
        version: version.to_owned(),
        release: Some("3.el9".to_owned()),
        arch: Some("x86_64".to_owned()),
    }
}

#[test]
fn engines_are_found_in_the_packages_of_each_kind() {
    let node = Node::new();
    node.process(200, &["/usr/bin/containerd"]);
    let engine = || on("2026-11-21", Some(&node), None, "engine-supported");
    expect(&engine(), Verdict::Unknown, "in no list of packages");
    let header = |version| vec![databases::header(&package("containerd.io", version), 900)];
    let write = |path: &str, bytes: &[u8]| {
        let full = node.path(path);
        fs::create_dir_all(full.parent().expect("a parent")).expect("a folder");
        fs::write(full, bytes).expect("a database");
    };
    for (path, bytes) in [
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", databases::sqlite(&header("1.7.28"))),
        ("var/lib/rpm/Packages.db", databases::ndb(&header("1.7.28"))),
        ("usr/share/rpm/Packages", databases::bdb(&header("1.7.28"))),
        ("lib/apk/db/installed", b"P:containerd.io\nV:1.7.28-r0\n\n".to_vec()),
        (
            "var/lib/dpkg/status.d/containerd",
            b"Package: containerd.io\nVersion: 1.7.28-1\n".to_vec(),
        ),
    ] {
        write(path, &bytes);
        let result = engine();
        expect(&result, Verdict::Fail, "containerd 1.7 has not been mended since 2026-09-30");
        assert_eq!(result.evidence[0].origin.place, format!("/{path}"));
        // What can't be read lists nothing, and no less: the version is then unknown.
        write(path, &bytes[..bytes.len() / 2 - 7]);
        let result = engine();
        assert_eq!(result.verdict, Verdict::Unknown, "{path}: {}", result.reason);
        node.remove(path);
    }
    // The log beside a database is not left out, nor is what waits to be rolled back.
    write("var/lib/rpm/rpmdb.sqlite", &databases::sqlite(&header("2.3.0")));
    expect(&engine(), Verdict::Pass, "containerd 2.3");
    write("var/lib/rpm/rpmdb.sqlite-journal", b"something");
    expect(&engine(), Verdict::Unknown, "rolled back");
}

#[test]
fn what_a_distribution_packs_it_may_mend_itself() {
    let node = Node::new();
    node.process(200, &["/usr/bin/containerd"]);
    let status = |name: &str, version: &str| {
        format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n")
    };
    node.file("var/lib/dpkg/status", &status("containerd", "1.6.20~ds1-1+deb12u3"));
    let result = on("2026-11-21", Some(&node), None, "engine-supported");
    expect(&result, Verdict::Manual, "does the distribution that packed it still mend it?");
    assert!(result.reason.contains("containerd 1.6 has not been mended since 2025-08-23"));
    node.file("var/lib/dpkg/status", &status("containerd.io", "1.6.33-1"));
    expect(&on("2026-11-21", Some(&node), None, "engine-supported"), Verdict::Fail, "1.6");
}

/// Docker's engine runs containerd beside it, and the older of both counts.
#[test]
fn every_engine_that_runs_counts() {
    let node = Node::new();
    node.process(200, &["/usr/bin/dockerd"]).process(201, &["/usr/bin/containerd"]);
    node.file(
        "var/lib/dpkg/status",
        "Package: docker-ce\nStatus: install ok installed\nVersion: 5:29.1.0-1\n\n\
         Package: containerd.io\nStatus: install ok installed\nVersion: 1.7.28-1\n",
    );
    let result = on("2026-11-21", Some(&node), None, "engine-supported");
    expect(&result, Verdict::Fail, "containerd 1.7");
    assert_eq!(result.evidence.len(), 2);
}

#[test]
fn distributions_of_kubernetes_keep_their_version_beside_them() {
    let node = Node::new();
    fs::create_dir_all(node.path("var/lib/rancher/rke2")).expect("a folder");
    let target = "/var/lib/rancher/rke2/data/v1.33.4-rke2r1-0a1b2c3d4e5f/bin";
    symlink(target, node.path("var/lib/rancher/rke2/bin")).expect("a link");
    let kubernetes = || on("2026-11-21", Some(&node), None, "kubernetes-supported");
    expect(&kubernetes(), Verdict::Fail, "kubernetes 1.33 ");
    assert_eq!(kubernetes().evidence[0].item, "programs of RKE2");
    node.file("snap/microk8s/current/meta/snap.yaml", "name: microk8s\nversion: v1.36.1\n");
    expect(&kubernetes(), Verdict::Pass, "kubernetes 1.36 ");
}

/// A program that Go's linker made, with this module, and this variable set where it is named.
fn program(folder: &std::path::Path, module: &str, flag: Option<&str>) -> Option<Vec<u8>> {
    fs::create_dir_all(folder.join("version")).expect("a folder");
    fs::write(folder.join("go.mod"), format!("module {module}\n\ngo 1.21\n")).expect("a module");
    let source = "package version\n\nvar Version = \"1.0.0+unknown\"\n";
    fs::write(folder.join("version/version.go"), source).expect("a source");
    let source = format!(
        "package main\n\nimport \"{module}/version\"\n\nfunc main() {{ println(version.Version) }}\n"
    );
    fs::write(folder.join("main.go"), source).expect("a source");
    let mut command = Command::new("go");
    command.current_dir(folder).env("CGO_ENABLED", "0").args(["build", "-o", "program"]);
    match flag {
        Some(flag) => command.args(["-ldflags", &format!("-s -w -X {module}/version.{flag}")]),
        None => command.arg("-trimpath"),
    };
    match command.output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            Some(fs::read(folder.join("program")).expect("a program"))
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "no go: {error}");
            println!("not run: there is no go: {error}");
            None
        }
    }
}

#[test]
fn a_program_that_runs_tells_its_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = "github.com/containerd/containerd/v2";
    let built = |flag| program(folder.path(), module, flag);
    let Some(told) = built(Some("Version=v2.2.1-k3s1")) else { return };
    let silent = built(None).expect("a program");
    let node = Node::new();
    node.process(200, &["/usr/bin/containerd", "--config", "/etc/containerd/config.toml"]);
    fs::create_dir_all(node.path("usr/bin")).expect("a folder");
    let link = node.path("proc/200/exe");
    let engine = || on("2026-11-21", Some(&node), None, "engine-supported");
    let write =
        |bytes: &[u8]| fs::write(node.path("usr/bin/containerd"), bytes).expect("a program");

    symlink("/usr/bin/containerd", &link).expect("a link");
    write(&told);
    let result = engine();
    expect(&result, Verdict::Fail, "containerd 2.2 has not been mended since 2026-11-06");
    assert_eq!(result.evidence[0].value.as_deref(), Some("2.2.1-k3s1"));
    assert_eq!(result.evidence[0].origin.place, "/usr/bin/containerd");

    // What runs goes before what is installed, which may be newer and not started yet.
    let status = "Package: containerd.io\nStatus: install ok installed\nVersion: 2.3.1-1\n";
    node.file("var/lib/dpkg/status", status);
    expect(&engine(), Verdict::Fail, "containerd 2.2");
    // A program that tells nothing leaves it to the packages, and so does one that was replaced.
    write(&silent);
    expect(&engine(), Verdict::Pass, "containerd 2.3");
    fs::remove_file(&link).expect("a link");
    symlink("/usr/bin/containerd (deleted)", &link).expect("a link");
    expect(&engine(), Verdict::Pass, "containerd 2.3");
    // Neither tells it.
    node.remove("var/lib/dpkg/status");
    expect(&engine(), Verdict::Unknown, "its program does not tell it");
    // A damaged program tells nothing, and is no crash.
    fs::remove_file(&link).expect("a link");
    symlink("/usr/bin/containerd", &link).expect("a link");
    write(&told[..told.len() / 2]);
    assert_eq!(engine().verdict, Verdict::Unknown);
    write(b"#!/bin/sh\n");
    expect(&engine(), Verdict::Unknown, "ELF");
}

/// Whatever stands in the head of a program and in its table of sections, the answer is a version
/// or none.
#[test]
fn a_damaged_program_ends_in_a_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = "github.com/containerd/containerd/v2";
    let Some(told) = program(folder.path(), module, Some("Version=v2.2.1")) else { return };
    let node = Node::new();
    node.process(200, &["/usr/bin/containerd"]);
    fs::create_dir_all(node.path("usr/bin")).expect("a folder");
    fs::write(node.path("usr/bin/containerd"), &told).expect("a program");
    symlink("/usr/bin/containerd", node.path("proc/200/exe")).expect("a link");
    let file = fs::OpenOptions::new().write(true).open(node.path("usr/bin/containerd"));
    let file = file.expect("the program");
    let table = u64::from_le_bytes(told[40..48].try_into().expect("eight bytes")) as usize;
    let mut verdicts = std::collections::BTreeSet::new();
    for at in (0..64).chain((table..table + 64 * 24).step_by(3)) {
        for byte in [0, 0x7f, 0xff] {
            file.write_all_at(&[byte], at as u64).expect("damage");
            verdicts.insert(on("2026-11-21", Some(&node), None, "engine-supported").verdict);
        }
        file.write_all_at(&told[at..=at], at as u64).expect("the program as it was");
    }
    assert_eq!(Vec::from_iter(verdicts), [Verdict::Unknown, Verdict::Fail]);
}

/// The programs that the cluster tests build tell the versions that they were built from.
#[test]
fn programs_of_real_clusters_tell_their_versions() {
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from).unwrap_or_default();
    let tools = home.join(".cache/seawall/tools");
    for (program, version, control) in [
        ("kubernetes-1.37.1/kubelet", "1.37.1", "kubernetes-supported"),
        ("containerd-2.4.2/containerd", "2.4.2", "engine-supported"),
        ("etcd-3.7.3/etcd", "3.7.3", "etcd-supported"),
    ] {
        if !tools.join(program).is_file() {
            println!("not run: {program} is not built");
            continue;
        }
        let node = Node::new();
        let name = program.rsplit('/').next().expect("a name");
        node.process(200, &[&format!("/usr/bin/{name}")]);
        fs::create_dir_all(node.path("usr/bin")).expect("a folder");
        fs::hard_link(tools.join(program), node.path(&format!("usr/bin/{name}")))
            .or_else(|_| {
                fs::copy(tools.join(program), node.path(&format!("usr/bin/{name}"))).map(|_| ())
            })
            .expect("a program");
        symlink(format!("/usr/bin/{name}"), node.path("proc/200/exe")).expect("a link");
        let result = on("2026-11-21", Some(&node), None, control);
        assert_eq!(result.evidence[0].value.as_deref(), Some(version), "{}", result.reason);
        assert_eq!(result.verdict, Verdict::Pass, "{}", result.reason);
    }
}
