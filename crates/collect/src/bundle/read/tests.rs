//! Bundles as they are written, and as somebody may send them.

use std::io::Write as _;

use seawall_model::PartOutcome;

use super::*;
use crate::bundle::{Resource, Writer, object_path};

const POD: &str = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}";

fn pod(name: &str) -> Member {
    Member { path: object_path("", "v1", "pods", "shop", name), text: POD.to_owned() }
}

fn manifest() -> Manifest {
    let resource =
        Resource { version: "v1".into(), resource: "pods".into(), ..Resource::default() };
    Manifest { format: FORMAT, resources: vec![resource], ..Manifest::default() }
}

fn bundle(members: &[Member], manifest: &Manifest) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), 0).expect("memory takes all");
    for member in members {
        writer.add(member).expect("memory takes all");
    }
    writer.finish(manifest).expect("memory takes all")
}

/// A tar archive in Zstandard, with entries of any kind and name.
fn archive(entries: &[(EntryType, &[u8], &[u8])]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (kind, path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    zstd::encode_all(&tar[..], 1).expect("memory takes all")
}

fn pieces(bytes: &[u8]) -> Result<(usize, Vec<String>), BundleError> {
    let pieces = from_reader(bytes, "b.tar.zst", &Limits::default())?;
    let objects = pieces.iter().filter(|piece| matches!(piece, Piece::Entry(_))).count();
    let unread = pieces.iter().filter_map(|piece| match piece {
        Piece::Part(part) => match &part.outcome {
            PartOutcome::Unreadable { cause, .. } => Some(format!("{}: {cause}", part.file)),
            other => Some(format!("{}: {other}", part.file)),
        },
        Piece::Entry(_) | Piece::Bundle(_) => None,
    });
    Ok((objects, unread.collect()))
}

#[test]
fn what_was_written_is_read() {
    let long = "x".repeat(250);
    let bytes = bundle(&[pod("b"), pod("a"), pod(&long)], &manifest());
    let (objects, unread) = pieces(&bytes).expect("it is a bundle");
    assert_eq!((objects, unread), (3, Vec::new()));
    let names: Vec<String> = from_reader(&bytes[..], "b", &Limits::default())
        .expect("it is a bundle")
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Entry(entry) => Some(entry.parts()[0].file.to_string()),
            Piece::Part(part) => panic!("{part:?}"),
            Piece::Bundle(_) => None,
        })
        .collect();
    assert_eq!(names[0], "b/core/v1/pods/shop/a.json");
    assert_eq!(names[2], format!("b/core/v1/pods/shop/{long}.json"));
}

#[test]
fn a_bundle_cut_short_says_so() {
    let many: Vec<Member> = (0..2000).map(|n| pod(&format!("pod-{n}"))).collect();
    let bytes = bundle(&many, &manifest());
    for end in [bytes.len() / 2, bytes.len() - 8] {
        match pieces(&bytes[..end]) {
            Ok((_, unread)) => assert!(!unread.is_empty(), "cut at {end}"),
            Err(error) => assert!(error.to_string().contains("no bundle"), "{error}"),
        }
    }
    assert!(pieces(b"").is_err());
    assert!(pieces(b"PK\x03\x04 something else").is_err());
    let without_manifest =
        archive(&[(EntryType::Regular, b"objects/core/v1/pods/a.json", POD.as_bytes())]);
    let (objects, unread) = pieces(&without_manifest).expect("it holds an object");
    assert_eq!(objects, 1);
    assert!(unread[0].contains("not complete"), "{unread:?}");
    assert!(pieces(&archive(&[])).is_err());
}

#[test]
fn a_newer_format_is_refused() {
    let newer = archive(&[(EntryType::Regular, b"bundle.json", b"{\"format\":99,\"x\":[]}")]);
    assert!(matches!(pieces(&newer), Err(BundleError::Newer(99))));
}

#[test]
fn names_and_kinds_of_members_do_no_harm() {
    let text = serde_json::to_vec(&manifest()).expect("it is data");
    let hostile = archive(&[
        (EntryType::Regular, b"../../etc/passwd", b"x"),
        (EntryType::Regular, b"/objects/core/v1/pods/absolute.json", POD.as_bytes()),
        (EntryType::Symlink, b"objects/core/v1/pods/link.json", b""),
        (EntryType::Regular, b"objects/../../../up.json", POD.as_bytes()),
        (EntryType::Regular, b"objects/core/v1/pods/\xff.json", b"\xff\xfe"),
        (EntryType::Regular, b"objects/core/v1/pods/empty.json", b""),
        (EntryType::Regular, b"objects/core/v1/pods/two.json", b"{} {}"),
        (EntryType::Regular, b"bundle.json", &text),
    ]);
    let (objects, unread) = pieces(&hostile).expect("it is a bundle");
    assert_eq!(objects, 1);
    assert_eq!(unread.len(), 4, "{unread:?}");
    assert!(unread.iter().any(|gap| gap.contains("link.json: it is no regular file")));
}

#[test]
fn a_member_that_says_it_is_huge_is_not_waited_for() {
    let mut header = tar::Header::new_gnu();
    header.set_path("objects/core/v1/pods/huge.json").expect("it is short");
    header.set_entry_type(EntryType::Regular);
    header.set_size(1 << 60);
    header.set_cksum();
    let first = archive(&[(EntryType::Regular, b"objects/core/v1/pods/a.json", POD.as_bytes())]);
    let first = zstd::decode_all(&first[..]).expect("it was just made");
    let tar = [&first[..first.len() - 1024], header.as_bytes(), &[b' '; 2048]].concat();
    let bytes = zstd::encode_all(&tar[..], 1).expect("memory takes all");
    let (objects, unread) = pieces(&bytes).expect("it holds an object");
    assert_eq!(objects, 1);
    let of_member = unread.iter().any(|gap| gap.contains("huge.json: it has 1152921504606846976"));
    assert!(of_member && unread.len() == 2, "{unread:?}");
}

#[test]
fn objects_without_bounds_are_unread() {
    let deep = "[".repeat(100_000);
    let wide = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
    let limits = Limits { document_bytes: 200_000, ..Limits::default() };
    let bytes = bundle(
        &[
            Member { path: object_path("", "v1", "pods", "shop", "deep"), text: deep },
            Member { path: object_path("", "v1", "pods", "shop", "no-object"), text: wide },
            Member {
                path: object_path("", "v1", "pods", "shop", "long"),
                text: "x".repeat(300_000),
            },
        ],
        &manifest(),
    );
    let inventory = inventory(&bytes[..], "b", &limits).expect("it is a bundle");
    assert!(inventory.is_empty());
    let unread: Vec<String> = inventory
        .coverage()
        .unread()
        .map(|part| format!("{}: {}", part.file, part.outcome))
        .collect();
    assert!(unread.iter().any(|gap| gap.contains("deep.json")), "{unread:?}");
    assert!(unread.iter().any(|gap| gap.contains("no-object.json: ")), "{unread:?}");
    assert!(unread.iter().any(|gap| gap.contains("long.json: it has 300000 bytes")), "{unread:?}");
}

#[test]
fn a_bomb_stops_and_what_came_before_it_counts() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("memory takes all");
    let first = archive(&[(EntryType::Regular, b"objects/core/v1/pods/a.json", POD.as_bytes())]);
    let first = zstd::decode_all(&first[..]).expect("it was just made");
    encoder.write_all(&first[..first.len() - 1024]).expect("memory takes all");
    let mut header = tar::Header::new_gnu();
    header.set_path("padding").expect("it is short");
    header.set_size(1 << 40);
    header.set_cksum();
    encoder.write_all(header.as_bytes()).expect("memory takes all");
    let zeros = vec![0; 1 << 20];
    for _ in 0..(FREE >> 20) + 2 {
        encoder.write_all(&zeros).expect("memory takes all");
    }
    let bomb = encoder.finish().expect("memory takes all");
    assert!(bomb.len() < 1 << 20);
    let (objects, unread) = pieces(&bomb).expect("it holds an object");
    assert_eq!(objects, 1);
    assert!(unread[0].contains("it expands to more than"), "{unread:?}");
}

#[test]
fn a_name_without_end_is_refused() {
    let name = vec![b'a'; PATH + 1];
    let hostile = archive(&[(EntryType::GNULongName, b"././@LongLink", &name)]);
    let error = pieces(&hostile).expect_err("there is nothing else");
    assert!(error.to_string().contains("at most 2048"), "{error}");
}

#[test]
fn no_byte_that_is_changed_makes_a_finding_vanish_in_silence() {
    let many: Vec<Member> = (0..3).map(|n| pod(&format!("pod-{n}"))).collect();
    let whole = bundle(&many, &Manifest { resources: vec![counted(3)], ..manifest() });
    let tar = zstd::decode_all(&whole[..]).expect("it was just made");
    let changed = |bytes: &[u8], at: usize, flip: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= flip;
        bytes
    };
    let judge = |bytes: &[u8], at: usize| {
        // An error is as good as a gap: nobody takes it for a clean scan.
        if let Ok((objects, unread)) = pieces(bytes) {
            assert!(objects == 3 || !unread.is_empty(), "byte {at}: {objects} objects");
        }
    };
    for at in 0..whole.len() {
        judge(&changed(&whole, at, 0x41), at);
    }
    // The headers, and what the manifest says, without the checksum of the compression. Bytes of
    // the manifest may well change what it counts.
    for at in 0..tar.len().min(3 * 1024) {
        for flip in [0x01, 0x41, 0xff] {
            let bytes =
                zstd::encode_all(&changed(&tar, at, flip)[..], 1).expect("memory takes all");
            judge(&bytes, at);
        }
    }
}

fn counted(objects: u64) -> Resource {
    Resource { version: "v1".into(), resource: "pods".into(), objects, ..Resource::default() }
}
