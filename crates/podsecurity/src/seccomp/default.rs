//! RuntimeDefault: what a container gets that asks for the runtime's own profile.

use std::sync::LazyLock;

use super::arch::Arch;
use super::filter::{Filter, Runtime, Target};
use super::profile::Profile;

/// Where the embedded profile comes from.
pub const RUNTIME_DEFAULT_SOURCE: &str =
    "containerd 2.1.4, contrib/seccomp/seccomp_default.go (Apache-2.0)";

/// What containerd computes in Go, as a profile with conditions.
static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    Profile::parse("RuntimeDefault", include_str!("../../data/runtime-default.json"))
        .expect("the embedded profile is tested")
});

/// containerd's default profile for a node and a container's capabilities; CRI-O's and Docker's
/// differ in a few calls.
pub fn runtime_default(arch: Arch, kernel: Option<(u32, u32)>, capabilities: &[String]) -> Filter {
    // It is written with conditions, which containerd does not read from files.
    let target =
        Target { runtime: Runtime::Docker, arch, kernel, capabilities: capabilities.to_vec() };
    Filter::new(&PROFILE, &target).expect("the embedded profile is tested")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seccomp::Return;

    fn ret(filter: &Filter, name: &str, arguments: [u64; 6]) -> Return {
        filter.decide(Arch::X86_64, name, &arguments).ret
    }

    #[test]
    fn it_is_containerds() {
        assert_eq!(PROFILE.rules.len(), 31);
        let plain = runtime_default(Arch::X86_64, None, &[]);
        let zero = [0; 6];
        assert_eq!(ret(&plain, "read", zero), Return::Allow);
        assert_eq!(ret(&plain, "mount", zero), Return::Errno(1));
        assert_eq!(ret(&plain, "clone3", zero), Return::Errno(38));
        assert_eq!(ret(&plain, "clone", [0x11, 0, 0, 0, 0, 0]), Return::Allow);
        assert_eq!(ret(&plain, "clone", [0x1000_0000, 0, 0, 0, 0, 0]), Return::Errno(1));
        assert_eq!(ret(&plain, "socket", [1, 0, 0, 0, 0, 0]), Return::Allow);
        assert_eq!(ret(&plain, "socket", [40, 0, 0, 0, 0, 0]), Return::Errno(1));
        assert_eq!(ret(&plain, "personality", [8, 0, 0, 0, 0, 0]), Return::Allow);
        assert_eq!(ret(&plain, "personality", [0x0004_0000, 0, 0, 0, 0, 0]), Return::Errno(1));
        assert_eq!(ret(&plain, "ptrace", zero), Return::Allow);
        assert_eq!(ret(&plain, "arch_prctl", zero), Return::Allow);
        let old = runtime_default(Arch::X86_64, Some((4, 4)), &[]);
        assert_eq!(ret(&old, "ptrace", zero), Return::Errno(1));
        let admin = runtime_default(Arch::X86_64, None, &["CAP_SYS_ADMIN".to_owned()]);
        assert_eq!(ret(&admin, "mount", zero), Return::Allow);
        assert_eq!(ret(&admin, "clone3", zero), Return::Allow);
        assert_eq!(ret(&admin, "clone", [0x1000_0000, 0, 0, 0, 0, 0]), Return::Allow);
    }

    #[test]
    fn it_resolves_everywhere() {
        for arch in [Arch::X86_64, Arch::Aarch64, Arch::S390X, Arch::Ppc64Le, Arch::Riscv64] {
            let filter = runtime_default(arch, None, &[]);
            assert_eq!(filter.decide(arch, "read", &[0; 6]).ret, Return::Allow, "{arch}");
            let expected = arch.with_relatives();
            assert!(expected.iter().all(|relative| filter.arches.contains(relative)), "{arch}");
        }
    }
}
