//! What may a pod do?
//!
//! [`standards`] evaluates a pod by the Pod Security Standards, for every version of them, as Pod
//! Security admission in the API server would. Each rule stands alone, so that whoever asks for one
//! of them asks here.
//!
//! [`admission`] tells which standard holds in a namespace, for whom it does not, and how far a
//! namespace's workloads are. [`psp`] decides on a pod as the PodSecurityPolicy plugin did up to Kubernetes 1.24.
//!
//! Beneath these stand the kernel's means: [`seccomp`] is about the system calls that a profile lets
//! through, [`apparmor`] about files, capabilities and networks; [`profiles`] finds which of them a
//! container gets. [`selinux`] and [`sysctls`] say what these options do.
//!
//! Pure: no input or output, no clock, no threads.

pub mod admission;
pub mod apparmor;
pub mod capabilities;
pub mod harden;
pub mod profiles;
pub mod psp;
mod remark;
pub mod seccomp;
pub mod selinux;
pub mod standards;
pub mod sysctls;

pub use remark::{Place, Remark, Weight};
