//! The manifests of a company of middling size, made from a seed.
//!
//! What a scanner's speed hangs on is kept as it is in real repositories: one object a file, some
//! 900 bytes each and 25 files a directory, workloads being a third of the objects and two thirds
//! of the bytes; comments, block scalars, flow collections and quoted strings in their usual
//! shares; and each security field set well in about two thirds of the workloads, so that every
//! check finds something and most things pass. The same seed gives the same bytes.

mod access;
mod config;
mod network;
mod workload;

use std::fmt::Write as _;

use fastrand::Rng;

/// Manifests in one directory, which is one application in one environment.
const PER_DIRECTORY: usize = 25;

const TEAMS: &[&str] = &[
    "payments",
    "checkout",
    "catalogue",
    "search",
    "identity",
    "logistics",
    "pricing",
    "platform",
    "reporting",
    "messaging",
    "media",
    "partners",
];
const APPLICATIONS: &[&str] = &[
    "api",
    "gateway",
    "ledger",
    "indexer",
    "mailer",
    "scheduler",
    "importer",
    "exporter",
    "worker",
    "frontend",
    "admin",
    "webhooks",
    "invoices",
    "sessions",
    "thumbnails",
    "stock",
    "tracking",
];
const ENVIRONMENTS: &[&str] = &["production", "staging", "development"];

/// One manifest and the place of its file.
#[derive(Debug)]
pub struct Manifest {
    /// The directory, relative, with `/`.
    pub directory: String,
    /// The file's name.
    pub file: String,
    /// The text, one document.
    pub text: String,
}

/// An endless, repeatable row of manifests.
#[derive(Debug)]
pub struct Corpus {
    random: Rng,
    next: usize,
}

impl Corpus {
    /// The row that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        Corpus { random: Rng::with_seed(seed), next: 0 }
    }
}

impl Iterator for Corpus {
    type Item = Manifest;

    fn next(&mut self) -> Option<Manifest> {
        let index = self.next;
        self.next += 1;
        let app = App::of_directory(index / PER_DIRECTORY);
        let slot = index % PER_DIRECTORY;
        // Services and policies bear the names of the workloads that they belong to.
        let component = match slot {
            6 | 16 | 17 | 22 | 23 => 1,
            9 | 18 => 2,
            13 => 7,
            14 => 8,
            own => own,
        };
        let component = format!("{}-{component}", app.name);
        let mut writer = Writer { random: &mut self.random, app: &app, component: &component };
        let (kind, text) = writer.manifest(slot);
        Some(Manifest {
            directory: format!("{}/{}/{}", app.team, app.name, app.environment),
            file: format!("{slot:02}-{kind}.yaml"),
            text,
        })
    }
}

/// One application in one environment: the content of one directory.
struct App {
    team: &'static str,
    name: String,
    environment: &'static str,
    namespace: String,
}

impl App {
    fn of_directory(directory: usize) -> App {
        let environment = ENVIRONMENTS[directory % ENVIRONMENTS.len()];
        let number = directory / ENVIRONMENTS.len();
        let team = TEAMS[number % TEAMS.len()];
        let number = number / TEAMS.len();
        let word = APPLICATIONS[number % APPLICATIONS.len()];
        let name = match number / APPLICATIONS.len() {
            0 => format!("{team}-{word}"),
            again => format!("{team}-{word}-v{}", again + 1),
        };
        App { team, namespace: format!("{name}-{environment}"), name, environment }
    }
}

/// Writes the manifests of one application.
struct Writer<'a> {
    random: &'a mut Rng,
    app: &'a App,
    component: &'a str,
}

impl Writer<'_> {
    /// The manifest of a slot of the directory; the shares of kinds are those of the slots.
    fn manifest(&mut self, slot: usize) -> (&'static str, String) {
        match slot {
            0 => ("namespace", self.namespace()),
            1 | 2 | 7 | 8 | 12 => ("deployment", self.deployment()),
            3 => ("statefulset", self.stateful_set()),
            4 => ("cronjob", self.cron_job()),
            5 if self.one_in(2) => ("daemonset", self.daemon_set()),
            5 => ("job", self.job()),
            6 | 9 | 13 | 14 => ("service", self.service()),
            10 | 11 | 15 => ("configmap", self.config_map()),
            16 => ("ingress", self.ingress()),
            17 | 18 => ("networkpolicy", self.network_policy()),
            19 => ("serviceaccount", self.service_account()),
            20 => ("role", self.role()),
            21 => ("rolebinding", self.role_binding()),
            22 => ("poddisruptionbudget", self.disruption_budget()),
            23 => ("horizontalpodautoscaler", self.autoscaler()),
            _ => ("persistentvolumeclaim", self.volume_claim()),
        }
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.random.u32(0..n) == 0
    }

    /// Whether a field is set as the guides want it: in about two thirds of the workloads.
    fn well(&mut self) -> bool {
        self.random.u32(0..100) < 66
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.usize(0..from.len())]
    }

    /// A file's opening: a comment or a separator here and there, then type and metadata.
    fn head(&mut self, api_version: &str, kind: &str, name: &str, namespaced: bool) -> String {
        let mut out = String::with_capacity(2048);
        match self.random.u32(0..6) {
            0 => out.push_str("---\n"),
            1 => put(
                &mut out,
                format_args!(
                    "# {kind} of {} in {}; owned by team {}.\n",
                    self.app.name, self.app.environment, self.app.team
                ),
            ),
            _ => {}
        }
        put(&mut out, format_args!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n"));
        put(&mut out, format_args!("  name: {name}\n"));
        if namespaced && !self.one_in(12) {
            put(&mut out, format_args!("  namespace: {}\n", self.app.namespace));
        }
        out.push_str("  labels:\n");
        self.labels(&mut out, 4);
        out
    }

    fn labels(&mut self, out: &mut String, indent: usize) {
        put(
            out,
            format_args!(
                "{0:1$}app.kubernetes.io/name: {2}\n{0:1$}app.kubernetes.io/part-of: {3}\n\
                 {0:1$}team: {4}\n",
                "", indent, self.component, self.app.name, self.app.team
            ),
        );
        if self.one_in(3) {
            let version = self.version();
            put(out, format_args!("{0:1$}app.kubernetes.io/version: \"{version}\"\n", "", indent));
        }
    }

    fn version(&mut self) -> String {
        let part = |random: &mut Rng| random.u32(0..20);
        format!("{}.{}.{}", part(self.random), part(self.random), part(self.random))
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes all that is written to it");
}

/// Puts `text` behind `indent` spaces a line.
fn put_indented(out: &mut String, indent: usize, text: &str) {
    for line in text.lines() {
        if line.is_empty() {
            out.push('\n');
        } else {
            put(out, format_args!("{:indent$}{line}\n", ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_and_another_seed_others() {
        let text = |seed| Corpus::new(seed).take(300).map(|m| m.text).collect::<String>();
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
    }

    #[test]
    fn manifests_have_the_size_and_the_spread_of_real_ones() {
        let manifests: Vec<_> = Corpus::new(1).take(5000).collect();
        let bytes: usize = manifests.iter().map(|m| m.text.len()).sum();
        assert!((850..950).contains(&(bytes / manifests.len())), "{} bytes", bytes / 5000);
        let directories: std::collections::HashSet<_> =
            manifests.iter().map(|m| m.directory.as_str()).collect();
        assert_eq!(directories.len(), 200);
        let paths: std::collections::HashSet<_> =
            Corpus::new(1).take(100_000).map(|m| m.directory + "/" + &m.file).collect();
        assert_eq!(paths.len(), 100_000);
    }
}
