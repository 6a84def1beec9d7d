//! Databases that package managers wrote, held against what these say of them: RPM itself makes one
//! of hundreds of packages, and those of CentOS, Fedora, SUSE and others come with the Go module
//! `go-rpmdb`, whose reader answers where this machine's RPM has no reader.

#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use seawall_packages::{dpkg, rpm};

const FORMAT: &str = "%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}\n";

/// Says why a test is left out; where everything is installed, it fails.
fn left_out(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("not run: {why}");
}

fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            left_out(&format!("{}: {error}", command.get_program().to_string_lossy()));
            None
        }
    }
}

fn succeed(command: &mut Command) -> Option<String> {
    let output = run(command)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

/// What is read of the database in a folder of RPM's.
fn read(folder: &Path) -> BTreeSet<String> {
    let path = rpm::DATABASES.map(|name| folder.join(name)).into_iter().find(|path| path.is_file());
    let path = path.expect("a database");
    let mut log = path.clone().into_os_string();
    log.push(rpm::LOG);
    let log = File::open(log).ok();
    let database = File::open(&path).expect("a database");
    let all = support::all(database, log).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let set: BTreeSet<String> = all.iter().map(support::line).collect();
    assert_eq!(set.len(), all.len(), "each package once");
    set
}

/// RPM with a database and a backend.
fn rpm_of(folder: &Path, backend: &str) -> Command {
    let mut command = Command::new("rpm");
    command.arg("--dbpath").arg(folder).args(["--define", &format!("_db_backend {backend}")]);
    command
}

/// Three hundred packages of all shapes: with and without an epoch, with long texts and with many
/// files before which the names stand.
const SPEC: &str = r#"
Name: base
Version: 1.0
Release: 1
Summary: Base
License: MIT
BuildArch: noarch
%description
Base.
%files
%{lua:
for i = 1, 300 do
  local epoch = (i % 3 == 0) and ("Epoch: " .. (i % 4)) or ""
  local words = string.rep("Words. ", (i % 10 == 0) and 2000 or 3)
  local files = (i % 20 == 0) and "/opt/many/" or ""
  print(string.format("\n%%package -n pkg-%03d\nSummary: Package %d\nVersion: %d.%d.%d\nRelease: %d.el9\n%s\n%%description -n pkg-%03d\n%s\n%%files -n pkg-%03d\n%s\n",
    i, i, i % 7, i % 11, i, i % 5 + 1, epoch, i, words, i, files))
end
}
%install
mkdir -p %{buildroot}/opt/many
for i in $(seq 1 800); do : > %{buildroot}/opt/many/a-file-with-a-long-name-$i; done
"#;

#[test]
fn what_rpm_wrote_is_read_as_rpm_reads_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("many.spec"), SPEC).expect("a spec");
    let top = format!("_topdir {}", at("top").display());
    let mut build = Command::new("rpmbuild");
    build.args(["--quiet", "-bb", "--define", &top, "--define", "_build_id_links none"]);
    if succeed(build.arg(at("many.spec"))).is_none() {
        return;
    }
    let built = fs::read_dir(at("top/RPMS/noarch")).expect("packages");
    let built: Vec<PathBuf> = built.map(|entry| entry.expect("a package").path()).collect();
    assert_eq!(built.len(), 301);

    let database = at("database");
    fs::create_dir(&database).expect("a folder");
    let all =
        || lines(&succeed(rpm_of(&database, "sqlite").args(["-qa", "--qf", FORMAT])).expect("rpm"));
    let install = ["-i", "--justdb", "--nodeps", "--nosignature"];
    succeed(rpm_of(&database, "sqlite").args(install).args(&built));
    assert_eq!(all().len(), 301);
    assert_eq!(read(&database), all());

    // Pages that were freed, and are used again.
    let gone: Vec<String> = (1..300).step_by(4).map(|i| format!("pkg-{i:03}")).collect();
    succeed(rpm_of(&database, "sqlite").args(["-e", "--justdb", "--nodeps"]).args(&gone));
    assert_eq!(all().len(), 226);
    assert_eq!(read(&database), all());
    let one = built.iter().find(|path| path.to_string_lossy().contains("pkg-041")).expect("it");
    succeed(rpm_of(&database, "sqlite").args(install).arg(one));
    assert_eq!(read(&database), all());
}

/// While a writer has the database open, what it committed stands in the log alone.
#[test]
fn what_stands_in_the_log_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("rpmdb.sqlite");
    let hex = |name: &str, version: &str| {
        let package = seawall_packages::Package {
            name: name.to_owned(),
            epoch: None,
            version: version.to_owned(),
            release: Some("1".to_owned()),
            arch: Some("noarch".to_owned()),
        };
        let header = support::header(&package, 800);
        header.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mut child = match Command::new("sqlite3")
        .arg(&database)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
    {
        Ok(child) => child,
        Err(error) => return left_out(&format!("sqlite3: {error}")),
    };
    let mut input = child.stdin.take().expect("its input");
    let statements = format!(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;\n\
         CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);\n\
         INSERT INTO Packages VALUES (1, x'{}');\nINSERT INTO Packages VALUES (2, x'{}');\n\
         PRAGMA wal_checkpoint(TRUNCATE);\n\
         UPDATE Packages SET blob = x'{}' WHERE hnum = 1;\nDELETE FROM Packages WHERE hnum = 2;\n\
         INSERT INTO Packages VALUES (3, x'{}');\n\
         BEGIN; INSERT INTO Packages VALUES (4, x'{}');\n.shell touch {}\n",
        hex("kubelet", "1.33.0"),
        hex("cri-o", "1.33.0"),
        hex("kubelet", "1.34.0"),
        hex("containerd", "2.2.0"),
        hex("runc", "1.2.0"),
        folder.path().join("ready").display(),
    );
    input.write_all(statements.as_bytes()).expect("statements");
    input.flush().expect("statements");
    let ready = folder.path().join("ready");
    for _ in 0..600 {
        if ready.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(ready.exists(), "sqlite3 has run all statements");
    let expected = ["containerd|(none)|2.2.0|1|noarch", "kubelet|(none)|1.34.0|1|noarch"];
    assert_eq!(read(folder.path()), lines(&expected.join("\n")));
    // Without its log a database is as it was before.
    let database = File::open(&database).expect("a database");
    let before = support::all(database, None).expect("a database");
    assert_eq!(before.len(), 2);
    assert_eq!(before[1].version, "1.33.0");
    // A transaction that is not ended is rolled back.
    drop(input);
    assert!(child.wait().expect("sqlite3").success());
}

/// The databases that come with go-rpmdb.
fn module() -> Option<PathBuf> {
    let version = "github.com/knqyf263/go-rpmdb@v0.1.1";
    let output = run(Command::new("go").args(["mod", "download", "-json", version]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let folder = text.lines().find_map(|line| {
        Some(PathBuf::from(line.trim().strip_prefix("\"Dir\": \"")?.trim_end_matches(['"', ','])))
    });
    if folder.is_none() {
        left_out(&format!("go can't fetch {version}: {text}"));
    }
    folder
}

#[test]
fn databases_of_distributions_are_read_as_others_read_them() {
    let Some(module) = module() else { return };
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer");
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("peer");
    let mut build = Command::new("go");
    build.current_dir(&peer).args(["build", "-o"]).arg(&program).arg(".");
    if succeed(&mut build).is_none() {
        return;
    }
    let mut databases = 0;
    for entry in fs::read_dir(module.join("pkg/testdata")).expect("databases") {
        let folder = entry.expect("an entry").path();
        let Some(name) = rpm::DATABASES.into_iter().find(|name| folder.join(name).is_file()) else {
            continue;
        };
        let other = if name == "rpmdb.sqlite" {
            // RPM wants to write beside it.
            let copy = tempfile::tempdir().expect("a folder");
            fs::copy(folder.join(name), copy.path().join(name)).expect("a copy");
            succeed(rpm_of(copy.path(), "sqlite").args(["-qa", "--qf", FORMAT]))
        } else {
            succeed(Command::new(&program).arg(folder.join(name)))
        };
        let Some(other) = other else { return };
        let (own, other) = (read(&folder), lines(&other));
        assert!(!own.is_empty(), "{folder:?}");
        assert_eq!(own, other, "{folder:?}");
        databases += 1;
    }
    assert!(databases >= 10, "only {databases} databases");
}

/// This machine's own packages, where it has dpkg.
#[test]
fn debian_packages_are_those_of_dpkg_query() {
    let path = Path::new("/var/lib/dpkg/status");
    if !path.is_file() {
        return left_out("this machine has no dpkg");
    }
    let format = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n";
    let query = succeed(Command::new("dpkg-query").args(["-W", "-f", format]));
    let Some(query) = query else { return };
    let expected: BTreeSet<String> = query
        .lines()
        .filter_map(|line| line.strip_prefix("installed\t"))
        .map(str::to_owned)
        .collect();
    let mut own = BTreeSet::new();
    let file = std::io::BufReader::new(File::open(path).expect("a list"));
    dpkg::read(file, |package| {
        let epoch = package.epoch.map_or_else(String::new, |epoch| format!("{epoch}:"));
        let release = package.release.map_or_else(String::new, |release| format!("-{release}"));
        let arch = package.arch.unwrap_or_default();
        own.insert(format!("{}\t{epoch}{}{release}\t{arch}", package.name, package.version));
        ControlFlow::Continue(())
    })
    .expect("a list");
    assert_eq!(own, expected);
}
