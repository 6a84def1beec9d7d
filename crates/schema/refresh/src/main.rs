//! Writes `crates/schema/data/api.txt`, the digest of the Kubernetes API that
//! `seawall-schema` embeds, from what the Kubernetes project publishes.
//!
//! It is a program of its own so that neither JSON nor the Go toolchain is
//! needed to build Seawall. It needs `go` and the Go module proxy (about 1 GB
//! into the module cache at the first run):
//!
//! ```text
//! cargo run --release -p seawall-schema-refresh -- crates/schema/data/api.txt
//! ```
//!
//! For a new Kubernetes minor version, add its newest patch to
//! [`source::RELEASES`], run, read the diff, and run the tests of
//! `seawall-schema`. Three sources are read for each version:
//!
//! - `api/openapi-spec/swagger.json` of `k8s.io/kubernetes`: types, fields,
//!   required fields, and which type stands for which kind;
//! - `pkg/generated/openapi/zz_generated.openapi.go` of the same module (from
//!   1.24 on): the enumerations, which the swagger file leaves out;
//! - `zz_generated.prerelease-lifecycle.go` of `k8s.io/api`, of
//!   `k8s.io/apiextensions-apiserver` and of `k8s.io/kube-aggregator`: since
//!   when an API is deprecated, when it goes, and what replaces it.
//!
//! What none of them says is kept by hand in [`corrections`].

mod corrections;
mod digest;
mod enums;
mod lifecycle;
mod source;
mod swagger;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let target = std::env::args_os().nth(1).context("usage: seawall-schema-refresh FILE")?;
    let mut digest = digest::Digest::default();
    for release in source::RELEASES {
        let kubernetes = source::module("k8s.io/kubernetes", 1, *release)?;
        let enums = enums::read(&kubernetes)?;
        swagger::read(&kubernetes, release.minor, &enums, &mut digest)
            .with_context(|| format!("swagger.json of 1.{}", release.minor))?;
    }
    // Later releases know best: they are read last and overwrite.
    for (module, release) in source::lifecycle_modules() {
        lifecycle::read(&source::module(module, 0, release)?, &mut digest)
            .with_context(|| format!("lifecycle of {module} 1.{}", release.minor))?;
    }
    corrections::apply(&mut digest);
    std::fs::write(&target, digest.to_string())
        .with_context(|| format!("cannot write {}", target.to_string_lossy()))
}
