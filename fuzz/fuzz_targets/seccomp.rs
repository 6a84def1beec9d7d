//! The seccomp profile reader on any bytes: it does not panic, an error has its place in the text,
//! and what is a profile resolves, is linted and explained; the kernel's program of it decides as
//! the filter does.
#![no_main]

#[path = "../../crates/podsecurity/tests/seccomp_support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use seawall_podsecurity::seccomp::{
    Arch, Filter, Profile, Recorded, Return, Runtime, Target, diff, explain, lint, program,
    runtime_default, syscall,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let profile = match Profile::parse("fuzz.json", text) {
        Ok(profile) => profile,
        Err(error) => {
            assert!(error.place.line as usize <= text.lines().count() + 1);
            return;
        }
    };
    let mut recorded = Recorded::default();
    recorded.merge_profile(&profile, Arch::X86_64);
    Profile::parse("again.json", &recorded.profile()).expect("what is written reads back");
    let default = runtime_default(Arch::X86_64, None, &[]);
    for runtime in [Runtime::Containerd, Runtime::CriO, Runtime::Docker] {
        let target = Target { runtime, ..Target::default() };
        lint(&profile, &target);
        let Ok(filter) = Filter::new(&profile, &target) else { continue };
        explain(&filter, &default, Arch::X86_64);
        assert!(diff(&filter, &filter, Arch::X86_64).is_empty());
        let Ok(code) = program(&filter, &Return::code) else { continue };
        let arguments = [1, 2, 1 << 32, u64::MAX, 0, 7];
        for name in ["read", "socket", "clone", "mount", "openat2"] {
            for arch in [Arch::X86_64, Arch::X86] {
                let number = syscall(name).and_then(|call| call.number(arch)).expect("both have it");
                let expected = filter.decide(arch, name, &arguments).ret.code();
                let answer = support::interpret(&code, &support::data(arch, number, arguments));
                assert_eq!(answer, expected, "{name} of {arch}");
            }
        }
    }
});
