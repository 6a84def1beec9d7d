//! Classic BPF as the kernel runs it, for the instructions that filters have.

use seawall_podsecurity::seccomp::{Arch, Instruction};

/// `struct seccomp_data` of a call, in words of 32 bits.
pub fn data(arch: Arch, number: u32, arguments: [u64; 6]) -> Vec<u32> {
    let audit = match arch {
        Arch::X86 => 0x4000_0003,
        Arch::X86_64 | Arch::X32 => 0xc000_003e,
        Arch::Aarch64 => 0xc000_00b7,
        Arch::Riscv64 => 0xc000_00f3,
        other => panic!("no audit number of {other} is known here"),
    };
    let mut words = vec![number, audit, 0, 0];
    for argument in arguments {
        words.extend([argument as u32, (argument >> 32) as u32]);
    }
    words
}

/// What a program returns.
pub fn interpret(program: &[Instruction], data: &[u32]) -> u32 {
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let mut branch = |holds: bool| at += usize::from(if holds { jt } else { jf });
        match code {
            0x20 => accumulator = data[k as usize / 4],
            0x54 => accumulator &= k,
            0x05 => at += k as usize,
            0x15 => branch(accumulator == k),
            0x25 => branch(accumulator > k),
            0x35 => branch(accumulator >= k),
            0x45 => branch(accumulator & k != 0),
            0x06 => return k,
            other => panic!("no instruction {other:#x}"),
        }
    }
}
