//! What does a command do under a seccomp filter?
//!
//! [`record`] runs a command and notes every system call that it and its children make; [`attempt`]
//! runs one under a profile, for real, and reports each call that the profile stops.
//!
//! ```text
//! seawall ──spawn──► launcher: traces itself, stops ──► filter ──► exec ──► the command
//!    ▲                                                                        │
//!    └── stop at each call that the filter hands over ◄── SECCOMP_RET_TRACE ──┘
//! ```
//!
//! A filter must be applied in the child before it becomes the command, which without `unsafe`
//! code only the child itself can do: so the child is the program once more, as a launcher
//! ([`launch`]). The kernel runs the filter at each call. Where it would give an error, the program
//! of [`attempt`] gives `SECCOMP_RET_TRACE` instead; the tracer reports the call and has it fail
//! with that error, without its having taken place. What kills or signals is left to the kernel.
//! Calls that are allowed are never stopped at, so a command runs nearly at full speed.
//!
//! Neither eBPF nor privileges are needed. The command gets `no_new_privs`, as containers with
//! `allowPrivilegeEscalation: false` do: programs with the set-user-ID bit gain nothing. A command
//! that traces others itself can't do so here, and one that is stopped by job control goes on.
//!
//! Linux on x86-64 only.

mod report;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod call;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod launcher;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod observe;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use launcher::launch;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use observe::{attempt, record};
pub use report::{Attempt, Denied, Ended, Error, Recording, Run};

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod elsewhere;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub use elsewhere::{attempt, launch, record};
