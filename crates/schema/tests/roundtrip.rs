//! The validator against Kubernetes' own round-trip data.
//!
//! `k8s.io/api` holds, for each release, an object of every kind with every field set. None of
//! them may have an unknown field, a value of the wrong type or a missing field. The values of
//! enumerations are invented there and do not count.
//!
//! The data stays where it is: modules in Go's module cache are tested, as `seawall-schema-refresh`
//! leaves them, and a machine without them says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Limits, Node, chunks, read};
use seawall_schema::{ApiStatus, ProblemKind, Schema, Version};

/// A file of the release 1.23 that is not JSON.
const BROKEN: &str = "core.v1.EphemeralContainers.json";

#[test]
#[expect(clippy::print_stdout, reason = "what was skipped has to be seen")]
fn every_field_of_every_kind_is_known() {
    let (mut modules, mut objects) = (0, 0);
    for (version, folder) in round_trip_data() {
        modules += 1;
        let before = objects;
        for entry in std::fs::read_dir(&folder).expect("the module cache can be read") {
            let path = entry.expect("the module cache can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".json") && !name.contains("roundtrip") && name != BROKEN {
                objects += u32::from(is_clean(Schema::of(version), &path));
            }
        }
        assert!(objects > before + 50, "{} holds {} objects", folder.display(), objects - before);
    }
    if modules == 0 {
        println!("skipped: Go's module cache has no k8s.io/api");
    } else {
        println!("{objects} objects of {modules} releases");
    }
}

/// The data of each release in the module cache whose version is known.
fn round_trip_data() -> Vec<(Version, PathBuf)> {
    let cache = std::env::var_os("GOMODCACHE").map(PathBuf::from).or_else(|| {
        let home = PathBuf::from(std::env::var_os("HOME")?);
        Some(home.join("go/pkg/mod"))
    });
    let Some(modules) = cache.and_then(|cache| std::fs::read_dir(cache.join("k8s.io")).ok()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for module in modules.flatten() {
        let name = module.file_name().to_string_lossy().into_owned();
        let data = module.path().join("testdata/HEAD");
        if let Some(version) = name.strip_prefix("api@v0.")
            && let Ok(version) = format!("1.{version}").parse()
            && data.is_dir()
        {
            found.push((version, data));
        }
    }
    found
}

/// Whether a file holds an object that the version serves; it must then be in order.
fn is_clean(schema: Schema, path: &Path) -> bool {
    let text = std::fs::read_to_string(path).expect("the module cache can be read");
    let source = Arc::new(Source::new(path.to_string_lossy(), text));
    let reading = read(&source, chunks(&source)[0], &Limits::default());
    assert!(reading.error.is_none(), "{}: {:?}", path.display(), reading.error);
    let root = reading.documents[0].root();
    let text = |key| root.get(key).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let status = schema.api_status(api_version, kind);
    if !matches!(status, ApiStatus::Current | ApiStatus::Deprecated { .. }) {
        return false;
    }
    schema.validate(api_version, kind, root, &mut |problem| match problem.kind {
        ProblemKind::UnknownValue { .. } | ProblemKind::Api { .. } => {}
        _ => panic!("{} at {}: {problem}", path.display(), problem.node.path_from(root)),
    });
    true
}
