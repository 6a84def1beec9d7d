//! The program that the kernel runs for a filter.
//!
//! Classic BPF of at most 4096 instructions over `struct seccomp_data`: number, architecture,
//! instruction pointer and six arguments of 64 bits, each in two halves. Calls are tested one after
//! the other, neighbours of the same answer as a range; libseccomp's tree of comparisons would be
//! faster, and the programs here run only while a profile is tried out.

use super::arch::{Arch, X32_BIT};
use super::filter::{CallRule, ENOSYS, Filter, Return};
use super::profile::{Condition, Operator};
use super::syscalls::Syscall;

/// A `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are the kernel's fields of that name")]
pub struct Instruction {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}

/// A filter program.
pub type Program = Vec<Instruction>;

/// The filter has no program that the kernel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter needs {0} instructions; the kernel takes at most {MOST}")]
pub struct TooLong(usize);

/// `BPF_MAXINSNS`.
const MOST: usize = 4096;

const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP: u16 = 0x05;
const JEQ: u16 = 0x15;
const JGT: u16 = 0x25;
const JGE: u16 = 0x35;
const JSET: u16 = 0x45;
const RETURN: u16 = 0x06;

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// Compiles a filter; `answer` gives the value to return for each outcome, [`Return::code`] in the
/// ordinary case.
///
/// # Errors
///
/// Where it is longer than the kernel takes.
pub fn program(filter: &Filter, answer: &dyn Fn(Return) -> u32) -> Result<Program, TooLong> {
    let mut code = Vec::new();
    if filter.off {
        return Ok(vec![give(answer(Return::Allow))]);
    }
    code.push(load(ARCHITECTURE));
    let mut done = Vec::new();
    for arch in &filter.arches {
        let Some(audit) = arch.audit().filter(|audit| !done.contains(audit)) else { continue };
        done.push(audit);
        let section = section(filter, audit, answer);
        code.push(test(JEQ, audit, 1, 0));
        code.push(jump(section.len()));
        code.extend(section);
    }
    code.push(give(answer(Return::KillThread)));
    if code.len() > MOST { Err(TooLong(code.len())) } else { Ok(code) }
}

/// The part for calls of one `AUDIT_ARCH_*`.
fn section(filter: &Filter, audit: u32, answer: &dyn Fn(Return) -> u32) -> Program {
    let has = |arch| filter.arches.contains(&arch);
    let mut code = vec![load(NUMBER)];
    let Some(x86_64) = Arch::X86_64.audit().filter(|x86_64| *x86_64 == audit) else {
        let own = filter.arches.iter().find(|arch| arch.audit() == Some(audit));
        code.extend(own.map(|arch| calls(filter, *arch, answer)).unwrap_or_default());
        return code;
    };
    debug_assert_eq!(x86_64, audit);
    let kill = || vec![give(answer(Return::KillThread))];
    let x32 = if has(Arch::X32) { calls(filter, Arch::X32, answer) } else { kill() };
    let plain = if has(Arch::X86_64) { calls(filter, Arch::X86_64, answer) } else { kill() };
    code.push(test(JSET, X32_BIT, 0, 1));
    code.push(jump(plain.len()));
    code.extend(plain);
    code.extend(x32);
    code
}

/// What a stretch of numbers comes to.
enum Outcome {
    Always(u32),
    Depends(Vec<CallRule>, u32),
}

/// Decides by the number, which is loaded, and always ends in a return.
fn calls(filter: &Filter, arch: Arch, answer: &dyn Fn(Return) -> u32) -> Program {
    let default = answer(filter.default);
    let mut numbered: Vec<(u32, Outcome)> = Syscall::of(arch)
        .filter_map(|call| {
            let number = call.number(arch)?;
            if filter.newest(arch).is_some_and(|newest| number > newest) {
                return None;
            }
            let outlook = filter.outlook(arch, call.name);
            let otherwise = answer(outlook.otherwise);
            let same = outlook.conditional.iter().all(|rule| answer(rule.ret) == otherwise);
            let outcome = match same {
                true => Outcome::Always(otherwise),
                false => Outcome::Depends(outlook.conditional, otherwise),
            };
            Some((number, outcome))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    let mut code = Vec::new();
    if let Some(newest) = filter.newest(arch) {
        code.push(test(JGT, newest, 0, 1));
        code.push(give(answer(Return::Errno(ENOSYS))));
    }
    let mut from = 0;
    while let Some((first, outcome)) = numbered.get(from) {
        match outcome {
            Outcome::Depends(rules, otherwise) => {
                let block = conditions(rules, *otherwise, arch, answer);
                code.push(test(JEQ, *first, 1, 0));
                code.push(jump(block.len()));
                code.extend(block);
                from += 1;
            }
            Outcome::Always(value) => {
                let run = numbered[from..]
                    .iter()
                    .zip(*first..)
                    .take_while(|((number, outcome), expected)| {
                        number == expected && matches!(outcome, Outcome::Always(v) if v == value)
                    })
                    .count();
                let last = first + run as u32 - 1;
                match run {
                    _ if *value == default => {}
                    1 => code.extend([test(JEQ, *first, 0, 1), give(*value)]),
                    _ => {
                        code.extend([test(JGE, *first, 0, 2), test(JGT, last, 1, 0), give(*value)]);
                    }
                }
                from += run;
            }
        }
    }
    code.push(give(default));
    code
}

/// Tries rules in order.
fn conditions(
    rules: &[CallRule],
    otherwise: u32,
    arch: Arch,
    answer: &dyn Fn(Return) -> u32,
) -> Program {
    let mut code = Vec::new();
    for rule in rules {
        let parts: Vec<Program> = rule.conditions.iter().map(|it| condition(it, arch)).collect();
        // Each part ends one before its two exits: pass goes on, fail leaves the rule.
        let mut length: usize = parts.iter().map(Vec::len).sum();
        for mut part in parts {
            length -= part.len();
            let end = part.len();
            for (at, instruction) in part.iter_mut().enumerate() {
                // Exits are written as PASS and FAIL and become distances. A rule has at most six
                // conditions of at most six instructions, so distances fit.
                let beyond = end - at - 1;
                for exit in [&mut instruction.jt, &mut instruction.jf] {
                    match *exit {
                        PASS => *exit = beyond as u8,
                        FAIL => *exit = (beyond + length + 1) as u8,
                        _ => {}
                    }
                }
            }
            code.extend(part);
        }
        code.push(give(answer(rule.ret)));
    }
    code.push(give(otherwise));
    code
}

const PASS: u8 = 254;
const FAIL: u8 = 255;

/// A condition, with [`PASS`] and [`FAIL`] for exits.
fn condition(it: &Condition, arch: Arch) -> Program {
    let at = ARGUMENTS + 8 * it.index;
    let (value, two) = (it.value, it.value_two & it.value);
    let (low, high) = (value as u32, (value >> 32) as u32);
    let narrow = arch.is_32_bit();
    let (pass, fail) = match it.op {
        Operator::Ne | Operator::Lt | Operator::Le => (FAIL, PASS),
        _ => (PASS, FAIL),
    };
    let order = match it.op {
        Operator::Gt | Operator::Le => Some(JGT),
        Operator::Ge | Operator::Lt => Some(JGE),
        _ => None,
    };
    let mut code = Vec::new();
    if !narrow {
        code.push(load(at + 4));
        match (it.op, order) {
            (Operator::MaskedEq, _) => {
                code.push(Instruction { code: AND, jt: 0, jf: 0, k: high });
                code.push(test(JEQ, (two >> 32) as u32, 0, fail));
            }
            (_, Some(_)) => {
                code.push(test(JGT, high, pass, 0));
                code.push(test(JEQ, high, 0, fail));
            }
            _ => code.push(test(JEQ, high, 0, fail)),
        }
    }
    code.push(load(at));
    if it.op == Operator::MaskedEq {
        code.push(Instruction { code: AND, jt: 0, jf: 0, k: low });
        code.push(test(JEQ, two as u32, pass, fail));
    } else {
        code.push(test(order.unwrap_or(JEQ), low, pass, fail));
    }
    code
}

fn load(offset: u32) -> Instruction {
    Instruction { code: LOAD, jt: 0, jf: 0, k: offset }
}

fn give(value: u32) -> Instruction {
    Instruction { code: RETURN, jt: 0, jf: 0, k: value }
}

fn jump(over: usize) -> Instruction {
    Instruction { code: JUMP, jt: 0, jf: 0, k: over as u32 }
}

fn test(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
    Instruction { code, jt, jf, k }
}
