//! One file a subcommand.

mod apparmor;
mod bench;
mod checks;
#[cfg(feature = "cluster")]
mod collect;
mod completions;
mod explain;
mod fix;
mod import;
mod man;
mod net;
mod podsecurity;
mod psp;
mod rbac;
mod scan;
mod seccomp;
mod selinux;
mod sysctls;

use clap::Subcommand;

use crate::Outcome;
use crate::global::Global;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Scan(Box<scan::Scan>),
    #[cfg(feature = "cluster")]
    Collect(collect::Collect),
    Fix(fix::Fix),
    Explain(explain::Explain),
    Import(import::Import),
    Bench(bench::Bench),
    Checks(checks::Checks),
    Net(net::Net),
    #[command(name = "podsecurity")]
    PodSecurity(podsecurity::PodSecurity),
    Psp(psp::Psp),
    Rbac(rbac::Rbac),
    Seccomp(seccomp::Seccomp),
    #[command(name = "apparmor")]
    AppArmor(apparmor::AppArmor),
    #[command(name = "selinux")]
    SeLinux(selinux::SeLinux),
    Sysctls(Box<sysctls::Sysctls>),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Outcome> {
        match self {
            Command::Scan(command) => command.run(global),
            #[cfg(feature = "cluster")]
            Command::Collect(command) => command.run(),
            Command::Fix(command) => command.run(global),
            Command::Explain(command) => command.run(),
            Command::Import(command) => command.run(global),
            Command::Bench(command) => command.run(global),
            Command::Checks(command) => command.run(),
            Command::Net(command) => command.run(global),
            Command::PodSecurity(command) => command.run(global),
            Command::Psp(command) => command.run(global),
            Command::Rbac(command) => command.run(global),
            Command::Seccomp(command) => command.run(global),
            Command::AppArmor(command) => command.run(global),
            Command::SeLinux(command) => command.run(global),
            Command::Sysctls(command) => command.run(global),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
        }
    }
}
