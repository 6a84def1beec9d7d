//! How long the packages of a large database take: 2,000 with 32 KB of header each, as a full
//! server has them. `cargo bench -p seawall-packages`. Real databases are read as well where
//! `SEAWALL_RPM_DATABASES` names them, with blanks between.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::File;
use std::io::Write as _;

use criterion::{Criterion, criterion_group, criterion_main};
use seawall_packages::Package;

fn read(c: &mut Criterion) {
    let headers: Vec<Vec<u8>> = (0..2000)
        .map(|number| {
            let package = Package {
                name: format!("package-{number}"),
                epoch: None,
                version: "1.2.3".to_owned(),
                release: Some("4.el9".to_owned()),
                arch: Some("x86_64".to_owned()),
            };
            // What stands behind the names: lists of files.
            let mut header = support::header(&package, 100);
            let length = u32::from_be_bytes(header[4..8].try_into().expect("four bytes"));
            header[4..8].copy_from_slice(&(length + 32_000).to_be_bytes());
            header.resize(header.len() + 32_000, b'x');
            header
        })
        .collect();
    // A bucket of the made hash table and a root of the made tree hold a hundred.
    for (name, bytes) in [
        ("ndb, 2,000 packages", support::ndb(&headers)),
        ("sqlite, 100 packages", support::sqlite(&headers[..100])),
        ("bdb, 100 packages", support::bdb(&headers[..100])),
    ] {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("a database");
        c.bench_function(name, |b| {
            b.iter(|| {
                support::all(File::open(file.path()).expect("a file"), None).expect("packages")
            });
        });
    }
    let real = std::env::var("SEAWALL_RPM_DATABASES").unwrap_or_default();
    for path in real.split_whitespace() {
        c.bench_function(path, |b| {
            b.iter(|| support::all(File::open(path).expect("a file"), None).expect("packages"));
        });
    }
}

criterion_group!(benches, read);
criterion_main!(benches);
