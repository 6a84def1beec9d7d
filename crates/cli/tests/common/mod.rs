//! Runs the program as a user does.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the program gave.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The report, where it is JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}\n{}", self.stdout, self.stderr))
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root is there")
}

/// Runs the program in a folder.
pub fn seawall_in(folder: &Path, arguments: &[&str]) -> Run {
    run(folder, arguments, None)
}

/// Runs the program in a folder, with another `PATH`.
pub fn seawall_with_path(folder: &Path, path: &str, arguments: &[&str]) -> Run {
    run_with(program().env("PATH", path), folder, arguments, None)
}

/// Runs the program in a folder with a text on standard input.
pub fn seawall_with_input(folder: &Path, arguments: &[&str], input: &str) -> Run {
    run(folder, arguments, Some(input))
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_seawall"))
}

fn run(folder: &Path, arguments: &[&str], input: Option<&str>) -> Run {
    run_with(&mut program(), folder, arguments, input)
}

fn run_with(program: &mut Command, folder: &Path, arguments: &[&str], input: Option<&str>) -> Run {
    let mut child = program
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    if let Some(input) = input {
        stdin.write_all(input.as_bytes()).expect("the program reads its input");
    }
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Run {
        code: output.status.code().expect("the program exits by itself"),
        stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("output is UTF-8"),
    }
}

/// A folder with files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        let parent = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(parent).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    folder
}

/// A pod that breaks `privileged-container`.
pub const PRIVILEGED: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: app
      image: registry.example.com/web:1.0
      securityContext:
        privileged: true
";
