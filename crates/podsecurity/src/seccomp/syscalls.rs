//! The system calls of Linux: names, numbers, and what each is for.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::arch::{Arch, X32_BIT};

/// A group of calls that serve one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, such as `mounts`.
    pub id: &'static str,
    /// What its calls are for.
    pub title: &'static str,
}

/// A system call.
#[derive(Clone, Debug)]
pub struct Syscall {
    /// Its name.
    pub name: &'static str,
    /// Index of its group in [`GROUPS`].
    pub group: usize,
    numbers: [Option<u32>; COLUMNS],
}

const COLUMNS: usize = 10;
const TEXT: &str = include_str!("../../data/syscalls.txt");

struct Table {
    groups: Vec<Group>,
    calls: Vec<Syscall>,
    names: HashMap<&'static str, usize>,
}

/// All groups, in the order in which they are shown.
pub static GROUPS: LazyLock<&'static [Group]> = LazyLock::new(|| &TABLE.groups);

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { groups: Vec::new(), calls: Vec::new(), names: HashMap::new() };
    for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '@'])) {
        if let Some((id, title)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            table.groups.push(Group { id, title });
            continue;
        }
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let mut numbers = [None; COLUMNS];
        for (slot, word) in numbers.iter_mut().zip(words) {
            *slot = word.parse().ok();
        }
        table.names.insert(name, table.calls.len());
        table.calls.push(Syscall { name, group: table.groups.len() - 1, numbers });
    }
    table
});

/// The column of an architecture's numbers.
fn column(arch: Arch) -> Option<usize> {
    Some(match arch {
        Arch::X86_64 | Arch::X32 => 0,
        Arch::X86 => 1,
        Arch::Aarch64 => 2,
        Arch::Arm => 3,
        Arch::Riscv64 => 4,
        Arch::Loongarch64 => 5,
        Arch::Ppc64Le | Arch::Ppc64 => 6,
        Arch::S390X => 7,
        Arch::Mips64 | Arch::Mipsel64 => 8,
        Arch::Mips | Arch::Mipsel => 9,
        _ => return None,
    })
}

impl Syscall {
    /// Its number on an architecture; `None` where it has none, or none is known.
    ///
    /// x32 has the numbers of x86-64 with one bit more; its own variants of some forty calls
    /// (512 and above) are not listed.
    pub fn number(&self, arch: Arch) -> Option<u32> {
        let number = self.numbers[column(arch)?]?;
        Some(if arch == Arch::X32 { number | X32_BIT } else { number })
    }

    /// The group that it belongs to.
    pub fn group(&self) -> Group {
        TABLE.groups[self.group]
    }

    /// All calls, by group.
    pub fn all() -> &'static [Syscall] {
        &TABLE.calls
    }

    /// All calls that an architecture has.
    pub fn of(arch: Arch) -> impl Iterator<Item = &'static Syscall> {
        Syscall::all().iter().filter(move |call| call.number(arch).is_some())
    }
}

/// The call of a name.
pub fn syscall(name: &str) -> Option<&'static Syscall> {
    TABLE.names.get(name).map(|index| &TABLE.calls[*index])
}

/// The name of a number.
pub fn name_of(arch: Arch, number: u32) -> Option<&'static str> {
    Syscall::all().iter().find(|call| call.number(arch) == Some(number)).map(|call| call.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let header = TEXT.lines().find_map(|line| line.strip_prefix("@ ")).expect("a header");
        assert_eq!(header.split(' ').count(), COLUMNS);
        for line in TEXT.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '@', '['])) {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(words.len(), COLUMNS + 1, "{line}");
            for word in &words[1..] {
                assert!(*word == "-" || word.parse::<u32>().is_ok(), "{line}");
            }
        }
        assert_eq!(TABLE.names.len(), Syscall::all().len(), "no call stands twice");
        assert!(Syscall::all().len() > 480);
        assert_eq!(GROUPS.len(), 20);
    }

    #[test]
    fn numbers_are_those_of_the_kernel() {
        let number = |name, arch| syscall(name).and_then(|call: &Syscall| call.number(arch));
        assert_eq!(number("chmod", Arch::X86_64), Some(90));
        assert_eq!(number("chmod", Arch::X86), Some(15));
        assert_eq!(number("chmod", Arch::Aarch64), None);
        assert_eq!(number("newfstatat", Arch::Aarch64), Some(79));
        assert_eq!(number("read", Arch::X32), Some(X32_BIT));
        assert_eq!(name_of(Arch::X86_64, 59), Some("execve"));
        assert_eq!(name_of(Arch::X86_64, 9999), None);
    }

    #[test]
    fn a_number_belongs_to_one_call() {
        for arch in [Arch::X86_64, Arch::X86, Arch::Aarch64, Arch::Arm, Arch::Riscv64] {
            let mut numbers: Vec<_> = Syscall::of(arch).map(|call| call.number(arch)).collect();
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), all, "{arch}");
        }
    }
}
