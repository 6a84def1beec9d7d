//! The reader of bundles on any bytes: it does not panic, and nothing of a bundle goes missing
//! without a word: of one that is cut short, something is unread.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seawall_collect::bundle;
use seawall_model::document::Limits;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { document_bytes: 4096, ..Limits::default() };
    let read = |bytes: &[u8]| bundle::inventory(bytes, "b.tar.zst", &limits);
    // Errors are as good as anything: nobody takes them for a clean scan.
    drop(read(data));
    let packed = zstd::encode_all(data, 1).expect("memory takes all");
    if let Ok(inventory) = read(&packed) {
        for object in inventory.objects() {
            let span = object.root().span();
            let text = object.root().document().source().text();
            assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
    }
    let cut = &packed[..packed.len() - 1];
    if let Ok(inventory) = read(cut) {
        assert!(inventory.coverage().unread().next().is_some(), "cut short without a word");
    }
});
