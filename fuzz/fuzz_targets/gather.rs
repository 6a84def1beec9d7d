//! Logs, reports and archives of results with any bytes: nothing panics, and what was read of a text
//! is read again of what is written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seawall_bench::gather::Gathered;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("x.tar.gz");
    std::fs::write(&archive, data).expect("a file");
    // Most bytes are no archive, and then an error.
    let _refused = Gathered::default().add(&archive);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut gathered = Gathered::default();
    if gathered.text("x.log", text, Some("n")).is_ok() {
        let all = gathered.all();
        let written = serde_json::to_string(&all).expect("reports are data");
        let mut again = Gathered::default();
        if !all.is_empty() {
            again.text("y.json", &written, None).expect("what was written is read");
        }
        assert_eq!(again.all(), all);
    }
});
