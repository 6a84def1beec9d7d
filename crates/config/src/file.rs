//! `seawall.yaml`.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::Glob;
use seawall_model::document::{Limits, Node, chunks, read};
use seawall_model::{Check, Location, Quantity, Settings, Severity, Source};
use seawall_schema::Version;
use time::{Date, Month};

use crate::exception::{Exception, Field};

/// The names under which the file is looked for, in this order.
pub const FILE_NAMES: &[&str] = &["seawall.yaml", "seawall.yml", ".seawall.yaml"];

/// What `seawall.yaml` says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The severity at which a scan fails.
    pub fail_on: Option<Severity>,
    /// Checks that are off or weigh differently, by id.
    pub checks: HashMap<&'static str, Override>,
    /// What checks need to know of the team's rules.
    pub settings: Settings,
    /// What is accepted.
    pub exceptions: Vec<Exception>,
    /// What counts of suppressions that were written for other tools.
    pub peer_suppressions: PeerSuppressions,
}

/// What counts of suppressions that were written for other tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerSuppressions {
    /// None.
    Off,
    /// Those in manifests, in `.trivyignore`, and in these files; the paths are from the folder of
    /// the `seawall.yaml`.
    On(Vec<String>),
}

impl Default for PeerSuppressions {
    fn default() -> Self {
        PeerSuppressions::On(Vec::new())
    }
}

/// How a check differs from what it is by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    /// It does not run.
    Off,
    /// Its findings weigh so much.
    Severity(Severity),
}

/// Everything that is wrong with a `seawall.yaml`.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<(Location, String)>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (location, message)) in self.0.iter().enumerate() {
            let at = location.start();
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{}:{}:{}: {message}", location.source.name(), at.line, at.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl Config {
    /// The file that holds for a path: in the path's own folder or the nearest one above.
    pub fn discover(from: &Path) -> Option<PathBuf> {
        let start = std::path::absolute(from).ok()?;
        start
            .ancestors()
            .flat_map(|folder| FILE_NAMES.iter().map(move |name| folder.join(name)))
            .find(|path| path.is_file())
    }

    /// Reads the text of a `seawall.yaml`; `name` is for messages.
    ///
    /// # Errors
    ///
    /// With all that is wrong: unknown keys and checks, wrong types, exceptions without a reason.
    pub fn parse(name: &str, text: String) -> Result<Config, ConfigErrors> {
        let source = Arc::new(Source::new(name, text));
        let mut parser = Parser { config: Config::default(), errors: Vec::new() };
        for chunk in chunks(&source) {
            let reading = read(&source, chunk, &Limits::default());
            for document in &reading.documents {
                parser.root(document.root());
                for duplicate in document.duplicates() {
                    let location = Location { source: Arc::clone(&source), span: duplicate.kept };
                    parser.errors.push((location, "the key stands here a second time".to_owned()));
                }
            }
            if let Some(error) = reading.error {
                let span = seawall_model::Span { start: error.offset, end: error.offset };
                parser.errors.push((Location { source: Arc::clone(&source), span }, error.cause));
            }
        }
        if parser.errors.is_empty() { Ok(parser.config) } else { Err(ConfigErrors(parser.errors)) }
    }

    /// The severity of a check here; `None` where it is off.
    pub fn severity(&self, check: &'static Check) -> Option<Severity> {
        match self.checks.get(check.id) {
            None => Some(check.severity),
            Some(Override::Severity(severity)) => Some(*severity),
            Some(Override::Off) => None,
        }
    }
}

struct Parser {
    config: Config,
    errors: Vec<(Location, String)>,
}

impl Parser {
    fn error(&mut self, node: Node<'_>, message: impl Into<String>) {
        let location =
            Location { source: Arc::clone(node.document().source()), span: node.anchor() };
        self.errors.push((location, message.into()));
    }

    /// The entries of a map; an error where the node is something else.
    fn map<'a>(&mut self, node: Node<'a>) -> Vec<(Node<'a>, Node<'a>)> {
        if let Err(undecided) = node.map() {
            self.error(node, undecided.why);
        }
        node.entries().collect()
    }

    fn list<'a>(&mut self, node: Node<'a>) -> Vec<Node<'a>> {
        if let Err(undecided) = node.list() {
            self.error(node, undecided.why);
        }
        node.items().collect()
    }

    fn strings(&mut self, node: Node<'_>) -> Vec<String> {
        let items = self.list(node);
        items.into_iter().filter_map(|item| self.string(item)).collect()
    }

    /// Paths from the folder that the file stands in.
    fn paths(&mut self, node: Node<'_>) -> Vec<String> {
        let folder = Path::new(&**node.document().source().name()).parent();
        let folder = folder.unwrap_or(Path::new(""));
        let paths = self.strings(node);
        paths.iter().map(|path| folder.join(path).to_string_lossy().into_owned()).collect()
    }

    fn string(&mut self, node: Node<'_>) -> Option<String> {
        match node.string() {
            Ok(text) => Some(text.value.to_owned()),
            Err(undecided) => {
                self.error(node, undecided.why);
                None
            }
        }
    }

    fn severity(&mut self, node: Node<'_>) -> Option<Severity> {
        match node.text().parse() {
            Ok(severity) => Some(severity),
            Err(error) => {
                self.error(node, format!("{error}"));
                None
            }
        }
    }

    fn quantity(&mut self, node: Node<'_>) -> Option<Quantity> {
        let quantity = Quantity::parse(node.text());
        if quantity.is_none() {
            self.error(
                node,
                format!("{:?} is no quantity; write it like 500m or 2Gi", node.text()),
            );
        }
        quantity
    }

    fn root(&mut self, root: Node<'_>) {
        for (key, value) in self.map(root) {
            match key.text() {
                "fail-on" => self.config.fail_on = self.severity(value),
                "kubernetes-version" => match value.text().parse::<Version>() {
                    Ok(version) => {
                        self.config.settings.kubernetes_minor = Some(version.minor());
                    }
                    Err(error) => self.error(value, error.to_string()),
                },
                "checks" => self.checks(value),
                "settings" => self.settings(value),
                "peer-suppressions" => {
                    self.config.peer_suppressions = match value.as_bool() {
                        Some(false) => PeerSuppressions::Off,
                        Some(true) => PeerSuppressions::default(),
                        None => PeerSuppressions::On(self.paths(value)),
                    };
                }
                "exceptions" => {
                    for item in self.list(value) {
                        self.exception(item);
                    }
                }
                // Read by the room `custom`, before the rest, which may name these checks.
                "custom-checks" => {}
                other => self.error(
                    key,
                    format!(
                        "unknown key {other:?}; there are fail-on, \
                         kubernetes-version, checks, settings, exceptions, peer-suppressions, \
                         custom-checks"
                    ),
                ),
            }
        }
    }

    fn checks(&mut self, node: Node<'_>) {
        for (key, value) in self.map(node) {
            let Some(check) = seawall_checks::find(key.text()) else {
                self.error(key, unknown_check(key.text()));
                continue;
            };
            // `off` is a boolean in YAML 1.1.
            let setting = match (value.as_bool(), value.get("severity")) {
                (Some(false), _) => Override::Off,
                (Some(true), _) => continue,
                (None, Some(severity)) => match self.severity(severity) {
                    Some(severity) => Override::Severity(severity),
                    None => continue,
                },
                (None, None) => match self.severity(value) {
                    Some(severity) => Override::Severity(severity),
                    None => continue,
                },
            };
            self.config.checks.insert(check.id, setting);
        }
    }

    fn settings(&mut self, node: Node<'_>) {
        for (key, value) in self.map(node) {
            match key.text() {
                "allowed-registries" => {
                    self.config.settings.allowed_registries = self.strings(value);
                }
                "forbidden-registries" => {
                    self.config.settings.forbidden_registries = self.strings(value);
                }
                "required-images" => self.config.settings.required_images = self.strings(value),
                "max-cpu" => self.config.settings.max_cpu = self.quantity(value),
                "max-memory" => self.config.settings.max_memory = self.quantity(value),
                other => self.error(
                    key,
                    format!(
                        "unknown setting {other:?}; there are allowed-registries, \
                         forbidden-registries, required-images, max-cpu, max-memory"
                    ),
                ),
            }
        }
    }

    fn exception(&mut self, node: Node<'_>) {
        let mut check = None;
        let mut scope = Vec::new();
        let (mut reason, mut owner, mut expires) = (None, None, None);
        let entries = self.map(node);
        if entries.is_empty() {
            return;
        }
        for (key, value) in entries {
            match key.text() {
                "check" => {
                    check = self.glob(value);
                    let none = check.as_ref().is_some_and(|glob: &globset::GlobMatcher| {
                        !seawall_checks::all().any(|check| glob.is_match(check.id))
                    });
                    if none {
                        self.error(value, unknown_check(value.text()));
                    }
                }
                "reason" => reason = self.string(value).filter(|text| !text.trim().is_empty()),
                "owner" => owner = self.string(value),
                "expires" => expires = self.date(value),
                other => match Field::of(other) {
                    Some(field) => {
                        let text = value.text();
                        let glob = match field {
                            // The brackets of a path are no class of characters.
                            Field::Path => self.glob_of(value, &literal_brackets(text)),
                            _ => self.glob_of(value, text),
                        };
                        scope.extend(glob.map(|glob| (field, glob)));
                    }
                    None => self.error(
                        key,
                        format!(
                            "unknown key {other:?}; an exception has check, namespace, kind, \
                             name, container, file, path, value, reason, owner, expires"
                        ),
                    ),
                },
            }
        }
        let location =
            Location { source: Arc::clone(node.document().source()), span: node.anchor() };
        match (check, reason) {
            (Some(check), Some(reason)) => {
                self.config.exceptions.push(Exception {
                    check,
                    scope,
                    reason,
                    owner,
                    expires,
                    location,
                });
            }
            (None, _) if node.get("check").is_none() => {
                self.error(node, "the exception names no check; add `check: <id>`");
            }
            (_, None) => self
                .error(node, "the exception gives no reason; add `reason: <why this is accepted>`"),
            _ => {}
        }
    }

    fn glob(&mut self, node: Node<'_>) -> Option<globset::GlobMatcher> {
        self.glob_of(node, node.text())
    }

    fn glob_of(&mut self, node: Node<'_>, text: &str) -> Option<globset::GlobMatcher> {
        match Glob::new(text) {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                self.error(node, error.to_string());
                None
            }
        }
    }

    fn date(&mut self, node: Node<'_>) -> Option<Date> {
        let date = parse_date(node.text());
        if date.is_none() {
            self.error(node, format!("{:?} is no date; write it like 2027-01-31", node.text()));
        }
        date
    }
}

/// A glob in which brackets are brackets.
fn literal_brackets(glob: &str) -> String {
    let mut literal = String::with_capacity(glob.len());
    for c in glob.chars() {
        match c {
            '[' => literal.push_str("[[]"),
            ']' => literal.push_str("[]]"),
            _ => literal.push(c),
        }
    }
    literal
}

/// A date as `2027-01-31`.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month: u8 = parts.next().filter(|month| month.len() == 2)?.parse().ok()?;
    let day = parts.next().filter(|day| day.len() == 2)?.parse().ok()?;
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// What to say of a check that there is not.
pub(crate) fn unknown_check(id: &str) -> String {
    match seawall_checks::nearest(id) {
        Some(near) => format!("there is no check {id:?}; did you mean {near:?}?"),
        None => format!("there is no check {id:?}; `seawall checks` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> String {
        Config::parse("seawall.yaml", text.to_owned()).expect_err("should be refused").to_string()
    }

    #[test]
    fn accepts_what_the_book_shows() {
        let text = "fail-on: medium\nchecks:\n  privileged-container: off\nsettings:\n  \
                    allowed-registries: [registry.example.com]\n  max-cpu: 2\n  max-memory: 4Gi\n\
                    exceptions:\n- check: privileged-*\n  namespace: kube-*\n  kind: DaemonSet\n  \
                    name: cni\n  container: install\n  reason: needs the kernel\n  owner: net\n  \
                    expires: 2027-01-31\n";
        let config = Config::parse("seawall.yaml", text.to_owned()).expect("it is right");
        assert_eq!(config.fail_on, Some(Severity::Medium));
        assert_eq!(config.checks["privileged-container"], Override::Off);
        assert_eq!(config.settings.max_cpu, Quantity::parse("2"));
        assert_eq!(config.exceptions.len(), 1);
        assert_eq!(config.exceptions[0].expires, parse_date("2027-01-31"));
    }

    #[test]
    fn rejects_an_exception_without_a_reason() {
        let said = errors("exceptions:\n  - check: privileged-container\n    reason: ' '\n");
        assert!(said.starts_with("seawall.yaml:2:5: the exception gives no reason"), "{said}");
    }

    #[test]
    fn rejects_what_it_does_not_know_all_at_once() {
        let said = errors(
            "fail_on: high\nchecks: {priviliged-container: off, privileged-container: loud}\n\
             exceptions: [{check: nothing-such, reason: because, until: 1}, {reason: because}]\n",
        );
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 6, "{said}");
        assert!(lines[1].contains("did you mean \"privileged-container\"?"), "{said}");
    }

    #[test]
    fn rejects_a_date_that_is_none() {
        for bad in ["2027-13-01", "2027-02-30", "27-01-01", "2027-1-1", "soon"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }
}
