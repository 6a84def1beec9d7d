//! Processor architectures as seccomp profiles name them.

/// An architecture of libseccomp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the architecture of that name")]
pub enum Arch {
    X86,
    X86_64,
    X32,
    Arm,
    Aarch64,
    Mips,
    Mips64,
    Mips64N32,
    Mipsel,
    Mipsel64,
    Mipsel64N32,
    Ppc,
    Ppc64,
    Ppc64Le,
    S390,
    S390X,
    Parisc,
    Parisc64,
    Riscv64,
    Loongarch64,
    M68k,
    Sh,
    Sheb,
}

/// Each architecture, its name in profiles, and the name by which `includes.arches` calls it
/// (that of libseccomp's Go binding, which for the usual ones is Go's).
const NAMES: &[(Arch, &str, &str)] = &[
    (Arch::X86, "SCMP_ARCH_X86", "x86"),
    (Arch::X86_64, "SCMP_ARCH_X86_64", "amd64"),
    (Arch::X32, "SCMP_ARCH_X32", "x32"),
    (Arch::Arm, "SCMP_ARCH_ARM", "arm"),
    (Arch::Aarch64, "SCMP_ARCH_AARCH64", "arm64"),
    (Arch::Mips, "SCMP_ARCH_MIPS", "mips"),
    (Arch::Mips64, "SCMP_ARCH_MIPS64", "mips64"),
    (Arch::Mips64N32, "SCMP_ARCH_MIPS64N32", "mips64n32"),
    (Arch::Mipsel, "SCMP_ARCH_MIPSEL", "mipsel"),
    (Arch::Mipsel64, "SCMP_ARCH_MIPSEL64", "mipsel64"),
    (Arch::Mipsel64N32, "SCMP_ARCH_MIPSEL64N32", "mipsel64n32"),
    (Arch::Ppc, "SCMP_ARCH_PPC", "ppc"),
    (Arch::Ppc64, "SCMP_ARCH_PPC64", "ppc64"),
    (Arch::Ppc64Le, "SCMP_ARCH_PPC64LE", "ppc64le"),
    (Arch::S390, "SCMP_ARCH_S390", "s390"),
    (Arch::S390X, "SCMP_ARCH_S390X", "s390x"),
    (Arch::Parisc, "SCMP_ARCH_PARISC", "parisc"),
    (Arch::Parisc64, "SCMP_ARCH_PARISC64", "parisc64"),
    (Arch::Riscv64, "SCMP_ARCH_RISCV64", "riscv64"),
    (Arch::Loongarch64, "SCMP_ARCH_LOONGARCH64", "loong64"),
    (Arch::M68k, "SCMP_ARCH_M68K", "m68k"),
    (Arch::Sh, "SCMP_ARCH_SH", "sh"),
    (Arch::Sheb, "SCMP_ARCH_SHEB", "sheb"),
];

impl Arch {
    /// The architecture that a profile names, such as `SCMP_ARCH_X86_64`.
    pub fn from_scmp(name: &str) -> Option<Arch> {
        NAMES.iter().find(|(_, scmp, _)| *scmp == name).map(|(arch, ..)| *arch)
    }

    /// The architecture of a short name, such as `amd64`.
    pub fn from_short(name: &str) -> Option<Arch> {
        let name = match name {
            "386" => "x86",
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        NAMES.iter().find(|(.., short)| *short == name).map(|(arch, ..)| *arch)
    }

    /// The name in profiles.
    pub fn scmp(self) -> &'static str {
        NAMES.iter().find(|(arch, ..)| *arch == self).map_or("", |(_, scmp, _)| scmp)
    }

    /// The short name, as `includes.arches` has it.
    pub fn short(self) -> &'static str {
        NAMES.iter().find(|(arch, ..)| *arch == self).map_or("", |(.., short)| short)
    }

    /// Whether its registers hold 32 bits, so that only the low half of an argument is compared.
    pub fn is_32_bit(self) -> bool {
        matches!(
            self,
            Arch::X86
                | Arch::Arm
                | Arch::Mips
                | Arch::Mipsel
                | Arch::Ppc
                | Arch::S390
                | Arch::Parisc
                | Arch::M68k
                | Arch::Sh
                | Arch::Sheb
        )
    }

    /// The architectures that containerd's default profile covers on nodes of this one (`arches()`
    /// in `contrib/seccomp/seccomp_default.go`).
    pub fn with_relatives(self) -> Vec<Arch> {
        match self {
            Arch::X86_64 => vec![Arch::X86_64, Arch::X86, Arch::X32],
            Arch::Aarch64 => vec![Arch::Arm, Arch::Aarch64],
            Arch::Mips64 | Arch::Mips64N32 => vec![Arch::Mips, Arch::Mips64, Arch::Mips64N32],
            Arch::Mipsel64 | Arch::Mipsel64N32 => {
                vec![Arch::Mipsel, Arch::Mipsel64, Arch::Mipsel64N32]
            }
            Arch::S390X => vec![Arch::S390, Arch::S390X],
            Arch::Riscv64 => vec![Arch::Riscv64],
            Arch::Loongarch64 => vec![Arch::Loongarch64],
            _ => Vec::new(),
        }
    }

    /// The kernel's `AUDIT_ARCH_*` of the architectures that programs are made for here.
    pub(super) fn audit(self) -> Option<u32> {
        match self {
            Arch::X86 => Some(0x4000_0003),
            Arch::X86_64 | Arch::X32 => Some(0xc000_003e),
            Arch::Arm => Some(0x4000_0028),
            Arch::Aarch64 => Some(0xc000_00b7),
            Arch::Riscv64 => Some(0xc000_00f3),
            _ => None,
        }
    }

    /// The architecture of an `AUDIT_ARCH_*` and a call's number, which tells x32 from x86-64.
    pub fn of_audit(audit: u32, number: u32) -> Option<Arch> {
        let found = [Arch::X86, Arch::X86_64, Arch::Arm, Arch::Aarch64, Arch::Riscv64]
            .into_iter()
            .find(|arch| arch.audit() == Some(audit))?;
        Some(if found == Arch::X86_64 && number & X32_BIT != 0 { Arch::X32 } else { found })
    }
}

/// The bit of a call's number that makes it one of x32.
pub(super) const X32_BIT: u32 = 0x4000_0000;

impl std::fmt::Display for Arch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_architecture_is_found_by_both_names() {
        for (arch, scmp, short) in NAMES {
            assert_eq!(Arch::from_scmp(scmp), Some(*arch));
            assert_eq!(Arch::from_short(short), Some(*arch));
            assert_eq!((arch.scmp(), arch.short()), (*scmp, *short));
        }
        assert_eq!(Arch::from_scmp("SCMP_ARCH_AMD64"), None);
        assert_eq!(Arch::of_audit(0xc000_003e, X32_BIT | 1), Some(Arch::X32));
    }
}
