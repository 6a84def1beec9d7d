//! The AppArmor policy reader on any bytes: it does not panic, an error has its place in the text,
//! and what is policy is linted and explained.
#![no_main]

use libfuzzer_sys::fuzz_target;
use seawall_podsecurity::apparmor::{Policy, explain, lint};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Policy::parse("fuzz", text) {
        Ok(policy) => {
            explain(&policy);
            lint(&policy);
        }
        Err(error) => assert!(error.place.line as usize <= text.lines().count() + 1),
    }
});
