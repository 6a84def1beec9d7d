//! Whatever a database holds, it is read back; and whatever bytes it is made of, reading them ends
//! with packages or an error.

mod support;

use std::io::Cursor;
use std::ops::ControlFlow;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seawall_packages::{Package, apk, dpkg};

fn package() -> impl Strategy<Value = Package> {
    let word = "[a-z][a-z0-9.+_]{0,20}";
    (word, option::of(any::<u32>()), word, option::of(word), option::of(word)).prop_map(
        |(name, epoch, version, release, arch)| Package { name, epoch, version, release, arch },
    )
}

/// Changes some bytes of a text, and cuts it short now and then.
fn damaged(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    let edits = vec((0..length, any::<u8>()), 0..12);
    (edits, option::weighted(0.2, 0..length)).prop_map(move |(edits, cut)| {
        let mut bytes = bytes.clone();
        for (at, byte) in edits {
            bytes[at] = byte;
        }
        bytes.truncate(cut.unwrap_or(length));
        bytes
    })
}

fn sample() -> Vec<Vec<u8>> {
    let package = |name: &str, padding| {
        let package = Package {
            name: name.to_owned(),
            epoch: Some(2),
            version: "1.0".to_owned(),
            release: Some("1".to_owned()),
            arch: Some("x86_64".to_owned()),
        };
        support::header(&package, padding)
    };
    vec![package("kubelet", 1), package("containerd.io", 1500)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_database_gives_back_what_was_put_in(
        mut packages in vec((package(), 0_usize..2000), 0..40)
    ) {
        let headers: Vec<Vec<u8>> =
            packages.iter().map(|(package, padding)| support::header(package, *padding)).collect();
        packages.sort();
        let expected: Vec<Package> = packages.into_iter().map(|(package, _)| package).collect();
        let of_ndb = support::all(Cursor::new(support::ndb(&headers)), None).expect("ndb");
        prop_assert_eq!(&of_ndb, &expected);
        let of_bdb = support::all(Cursor::new(support::bdb(&headers)), None).expect("bdb");
        prop_assert_eq!(&of_bdb, &expected);
        let of_sqlite = support::all(Cursor::new(support::sqlite(&headers)), None).expect("sqlite");
        prop_assert_eq!(&of_sqlite, &expected);
    }

    #[test]
    fn damage_ends_in_packages_or_an_error(
        ndb in damaged(support::ndb(&sample())),
        bdb in damaged(support::bdb(&sample())),
        sqlite in damaged(support::sqlite(&sample())),
        log in vec(any::<u8>(), 0..200),
    ) {
        for bytes in [&ndb, &bdb, &sqlite] {
            if let Err(error) = support::all(Cursor::new(bytes.as_slice()), Some(Cursor::new(&log))) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn any_bytes_end_in_packages_or_an_error(bytes in vec(any::<u8>(), 0..4000)) {
        for start in [&b"SQLite format 3\0\x10\x00\x02\x02\x00\x40\x20\x20"[..], b"RpmP", b""] {
            let bytes = [start, &bytes].concat();
            prop_assert!(support::all(Cursor::new(bytes), None).map_or(true, |all| all.is_empty()));
        }
        let ignore = |_| ControlFlow::Continue(());
        for result in [dpkg::read(bytes.as_slice(), ignore), apk::read(bytes.as_slice(), ignore)] {
            if let Err(error) = result {
                prop_assert!(error.to_string().contains("line "));
            }
        }
    }
}

#[test]
fn rings_of_pages_end() {
    // The bucket's next page is itself.
    let mut bdb = support::bdb(&sample());
    bdb[4096 + 16..4096 + 20].copy_from_slice(&1_u32.to_le_bytes());
    let error = support::all(Cursor::new(bdb), None).expect_err("a ring").to_string();
    assert!(error.contains("again and again"), "{error}");
    // The table's root is an interior page whose only child is itself.
    let mut sqlite = support::sqlite(&sample());
    let root = support::PAGE;
    sqlite[root..root + 12].copy_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    let error = support::all(Cursor::new(sqlite), None).expect_err("a ring").to_string();
    assert!(error.contains("again and again"), "{error}");
}

#[test]
fn a_database_cut_short_is_no_shorter_list() {
    let databases = [
        ("ndb", support::ndb(&sample())),
        ("bdb", support::bdb(&sample())),
        ("sqlite", support::sqlite(&sample())),
    ];
    for (name, whole) in databases {
        assert_eq!(support::all(Cursor::new(whole.clone()), None).expect(name).len(), 2, "{name}");
        let half = &whole[..whole.len() / 2];
        assert!(support::all(Cursor::new(half), None).is_err(), "{name}");
    }
}
