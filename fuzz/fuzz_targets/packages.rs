//! Any bytes as databases of packages, and sound databases with any changes: reading ends with
//! packages or an error. Of a changed database the first byte chooses the format, and each further
//! four are a place and what is put there.
#![no_main]

#[path = "../../crates/packages/tests/support/mod.rs"]
mod support;

use std::io::Cursor;
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use seawall_packages::{Error, Package, apk, dpkg};

fn sound(format: u8) -> Vec<u8> {
    let header = |name: &str, padding| {
        let package = Package {
            name: name.to_owned(),
            epoch: Some(1),
            version: "1.2.3".to_owned(),
            release: Some("4".to_owned()),
            arch: Some("noarch".to_owned()),
        };
        support::header(&package, padding)
    };
    let headers = [header("kubelet", 0), header("containerd.io", 1200)];
    match format % 3 {
        0 => support::ndb(&headers),
        1 => support::bdb(&headers),
        _ => support::sqlite(&headers),
    }
}

fn told(result: Result<(), Error>) {
    if let Err(error) = result {
        assert!(!error.to_string().is_empty());
    }
}

fuzz_target!(|data: &[u8]| {
    told(dpkg::read(data, |_| ControlFlow::Continue(())));
    told(apk::read(data, |_| ControlFlow::Continue(())));
    told(support::all(Cursor::new(data), Some(Cursor::new(data))).map(|_| ()));
    let Some((format, changes)) = data.split_first() else { return };
    let mut database = sound(*format);
    for change in changes.chunks_exact(4) {
        let place = usize::from(change[0]) << 16 | usize::from(change[1]) << 8 | usize::from(change[2]);
        let place = place % database.len();
        database[place] = change[3];
    }
    told(support::all(Cursor::new(&database), None).map(|_| ()));
});
