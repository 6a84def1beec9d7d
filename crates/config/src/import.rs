//! Writes a `seawall.yaml` of what other tools were told.
//!
//! Only what has the same effect is written; of all else it says why not. Each line names where it
//! comes from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use seawall_model::workload::{Pod, pods_of};
use seawall_model::{Inventory, Location, Object, ObjectId, Peer, Source, Span};

use crate::apply::of_peers;
use crate::decision::{Decision, Pattern, Scope, address};
use crate::exception::Field;
use crate::glob;
use crate::peers::{PeerFile, Setting, is_of_the_past, rules_of, same};

/// What an import comes to.
#[derive(Debug)]
pub struct Import {
    /// The text of a `seawall.yaml`.
    pub yaml: String,
    /// What could not be carried over, and what else is to be known, in the order of the files.
    pub left: Vec<Left>,
    /// How many settings, checks and exceptions were carried over.
    pub carried: usize,
}

/// Something that could not be carried over.
#[derive(Debug)]
pub struct Left {
    /// Where it stands.
    pub location: Location,
    /// Why.
    pub why: String,
}

/// Turns the suppressions in an inventory, and the files of other tools, into a `seawall.yaml`.
pub fn import(inventory: &Inventory, files: &[PeerFile]) -> Import {
    let (decisions, notices) = of_peers(inventory, files);
    let mut writer = Writer { yaml: String::new(), left: Vec::new(), carried: 0 };
    writer.settings(files);
    writer.checks(files);
    writer.exceptions(inventory, &decisions);
    let mut left = writer.left;
    left.extend(notices.into_iter().map(|n| Left { location: n.location, why: n.message }));
    for file in files {
        left.extend(
            file.left.iter().map(|(at, why)| Left { location: at.clone(), why: why.clone() }),
        );
    }
    left.sort_by_cached_key(|left| {
        let at = &left.location;
        (Arc::clone(at.source.name()), at.span.start, left.why.clone())
    });
    Import { yaml: writer.yaml, left, carried: writer.carried }
}

struct Writer {
    yaml: String,
    left: Vec<Left>,
    carried: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.yaml.push_str(text);
        self.yaml.push('\n');
    }

    fn leave(&mut self, location: &Location, why: String) {
        self.left.push(Left { location: location.clone(), why });
    }

    fn settings(&mut self, files: &[PeerFile]) {
        let all = || files.iter().flat_map(|file| &file.settings);
        let mut top: Vec<(&str, &str, String)> = Vec::new();
        let mut single: BTreeMap<&str, (String, &Location)> = BTreeMap::new();
        let mut lists: BTreeMap<&str, BTreeMap<&str, &Location>> = BTreeMap::new();
        for (setting, location) in all() {
            let (key, value) = match setting {
                Setting::AllowedRegistry(text) => {
                    lists.entry("allowed-registries").or_default().entry(text).or_insert(location);
                    continue;
                }
                Setting::ForbiddenRegistry(text) => {
                    lists
                        .entry("forbidden-registries")
                        .or_default()
                        .entry(text)
                        .or_insert(location);
                    continue;
                }
                Setting::RequiredImage(text) => {
                    lists.entry("required-images").or_default().entry(text).or_insert(location);
                    continue;
                }
                Setting::FailOn(severity) => ("fail-on", severity.name().to_owned()),
                Setting::KubernetesVersion(text) => ("kubernetes-version", text.clone()),
                Setting::MaxCpu(text) => ("max-cpu", text.clone()),
                Setting::MaxMemory(text) => ("max-memory", text.clone()),
            };
            match single.get(key) {
                Some((first, _)) if *first != value => {
                    let why = format!("{key} is {first} already, from another file; not {value}");
                    self.leave(location, why);
                }
                Some(_) => {}
                None => {
                    single.insert(key, (value, location));
                }
            }
        }
        for key in ["fail-on", "kubernetes-version"] {
            if let Some((value, location)) = single.remove(key) {
                top.push((key, "", format!("{}  # {}", quoted(&value), place(location))));
            }
        }
        for (key, _, value) in top {
            self.carried += 1;
            self.line(&format!("{key}: {value}"));
        }
        if single.is_empty() && lists.is_empty() {
            return;
        }
        self.line("settings:");
        for (key, values) in lists {
            self.line(&format!("  {key}:"));
            for (value, location) in values {
                self.carried += 1;
                self.line(&format!("    - {}  # {}", quoted(value), place(location)));
            }
        }
        for (key, (value, location)) in single {
            self.carried += 1;
            self.line(&format!("  {key}: {}  # {}", quoted(&value), place(location)));
        }
    }

    /// A check is off where all rules of the tool that it covers are.
    fn checks(&mut self, files: &[PeerFile]) {
        let mut by_peer: BTreeMap<Peer, Vec<(&str, &Location)>> = BTreeMap::new();
        for file in files {
            let off = file.off.iter().map(|(id, location)| (id.as_str(), location));
            by_peer.entry(file.peer).or_default().extend(off);
        }
        let mut lines: BTreeMap<&str, String> = BTreeMap::new();
        for (peer, off) in by_peer {
            let is_off = |rule: &str| {
                is_of_the_past(peer, rule) || off.iter().any(|(id, _)| same(peer, rule, id))
            };
            let mut told = BTreeSet::new();
            for (id, location) in &off {
                if !told.insert(*id) {
                    continue;
                }
                let mut any = false;
                for check in seawall_checks::all() {
                    let rules: Vec<&str> = rules_of(check, peer).collect();
                    if !rules.iter().any(|rule| same(peer, rule, id)) {
                        continue;
                    }
                    any = true;
                    match rules.iter().find(|rule| !is_off(rule)) {
                        None => {
                            let from = format!("{} {id}, {}", peer.name(), place(location));
                            lines.entry(check.id).or_insert(from);
                        }
                        Some(other) => self.leave(
                            location,
                            format!(
                                "{id}: {} stays on, because it covers {other} too, which is on",
                                check.id
                            ),
                        ),
                    }
                }
                if !any {
                    let tool = peer.name();
                    self.leave(location, format!("{id}: no check covers this rule of {tool}"));
                }
            }
        }
        if lines.is_empty() {
            return;
        }
        self.line("checks:");
        for (check, from) in lines {
            self.carried += 1;
            self.line(&format!("  {check}: off  # {}", one_line(&from)));
        }
    }

    fn exceptions(&mut self, inventory: &Inventory, decisions: &[Decision]) {
        let places = Places::new(inventory, decisions);
        let mut any = false;
        for decision in decisions {
            let scopes = match places.scopes(inventory, decision) {
                Ok(scopes) => scopes,
                Err(why) => {
                    self.leave(&decision.location, format!("{}: {why}", decision.what));
                    continue;
                }
            };
            let bounds = match bounds(inventory, decision) {
                Ok(bounds) => bounds,
                Err(why) => {
                    self.leave(&decision.location, format!("{}: {why}", decision.what));
                    continue;
                }
            };
            for scope in scopes {
                if !std::mem::replace(&mut any, true) {
                    self.line("exceptions:");
                }
                self.exception(decision, &scope, &bounds);
            }
        }
    }

    fn exception(&mut self, decision: &Decision, scope: &[Bound], bounds: &[Bound]) {
        self.carried += 1;
        let from = one_line(&format!("{}, {}", decision.what, place(&decision.location)));
        self.line(&format!("  # {from}"));
        let ids: Vec<&str> = decision.checks.iter().map(|check| check.id).collect();
        let check = match &ids[..] {
            [one] => (*one).to_owned(),
            many => format!("{{{}}}", many.join(",")),
        };
        self.line(&format!("  - check: {}", quoted(&check)));
        for (field, value) in scope.iter().chain(bounds) {
            self.line(&format!("    {}: {}", field.key(), quoted(value)));
        }
        self.line(&format!("    reason: {}", quoted(&decision.reason)));
        if let Some(expires) = decision.expires {
            self.line(&format!("    expires: {expires}"));
        }
    }
}

/// A key of an exception and its glob.
type Bound = (Field, String);

/// What the bounds are in `seawall.yaml`.
fn bounds(inventory: &Inventory, decision: &Decision) -> Result<Vec<Bound>, String> {
    decision
        .bounds
        .iter()
        .map(|(field, pattern)| {
            let text = match pattern {
                Pattern::Regex(regex) => glob::of_regex(regex.as_str())
                    .ok_or_else(|| format!("no glob is the same as {:?}", regex.as_str()))?,
                // In `seawall.yaml` a star also matches a slash.
                Pattern::Glob(matcher) if *field == Field::File && stops_at_slash(pattern) => {
                    let names: BTreeSet<&str> = inventory
                        .documents()
                        .iter()
                        .map(|document| &**document.source().name())
                        .filter(|name| matcher.is_match(name))
                        .collect();
                    if names.is_empty() {
                        return Err("its paths match no file that was read".to_owned());
                    }
                    glob::any_of(names)
                }
                Pattern::Glob(matcher) => matcher.glob().glob().to_owned(),
            };
            let brackets = |text: String| text.replace("[[]", "[").replace("[]]", "]");
            Ok((*field, if *field == Field::Path { brackets(text) } else { text }))
        })
        .collect()
}

fn stops_at_slash(pattern: &Pattern) -> bool {
    match pattern {
        // Of a text alone, the same with and without.
        Pattern::Glob(matcher) => matcher.glob().glob().contains(['*', '?', '[']),
        Pattern::Regex(_) => false,
    }
}

/// Where objects stand, for the suppressions that hold for a part of a text.
struct Places {
    by_source: HashMap<*const Source, Vec<(Span, usize)>>,
    /// The file of each object that suppressions name.
    files: HashMap<usize, Arc<str>>,
}

impl Places {
    fn new(inventory: &Inventory, decisions: &[Decision]) -> Self {
        let mut places = Places { by_source: HashMap::new(), files: HashMap::new() };
        if decisions.is_empty() {
            return places;
        }
        for (i, object) in inventory.objects().enumerate() {
            let source = object.root().document().source();
            let list = places.by_source.entry(Arc::as_ptr(source)).or_default();
            list.push((object.root().span(), i));
            places.files.insert(address(object.id()), Arc::clone(source.name()));
        }
        for list in places.by_source.values_mut() {
            list.sort_by_key(|(span, _)| span.start);
        }
        places
    }

    /// The scopes, each of which becomes an exception.
    fn scopes(&self, inventory: &Inventory, d: &Decision) -> Result<Vec<Vec<Bound>>, String> {
        match &d.scope {
            Scope::Everywhere => Ok(vec![Vec::new()]),
            Scope::Object(object, container) => {
                Ok(vec![self.of_object(object, container.as_deref())])
            }
            Scope::Objects(chosen) => Ok(inventory
                .objects()
                .filter(|object| chosen.contains(&address(object.id())))
                .map(|object| self.of_object(object.id(), None))
                .collect()),
            Scope::Range(source, span) => self.of_range(inventory, source, *span),
            Scope::Line(..) => Err("it holds for a line".to_owned()),
        }
    }

    fn of_object(&self, object: &Arc<ObjectId>, container: Option<&str>) -> Vec<Bound> {
        let namespace = object.namespace.as_deref().unwrap_or("default");
        let mut bounds = vec![
            (Field::Namespace, glob::escaped(namespace)),
            (Field::Kind, glob::escaped(&object.kind)),
            (Field::Name, glob::escaped(&object.name)),
        ];
        bounds.extend(container.map(|name| (Field::Container, glob::escaped(name))));
        bounds.extend(self.files.get(&address(object)).map(|f| (Field::File, glob::escaped(f))));
        bounds
    }

    /// A part of a text that is an object, or a container.
    fn of_range(
        &self,
        inventory: &Inventory,
        source: &Arc<Source>,
        span: Span,
    ) -> Result<Vec<Vec<Bound>>, String> {
        let object = self.by_source.get(&Arc::as_ptr(source)).and_then(|list| {
            let before = list.partition_point(|(object, _)| object.start <= span.start);
            Some(inventory.object(list[before.checked_sub(1)?].1))
        });
        let whole = |outer: Span| span.start <= outer.start && outer.end <= span.end;
        let found = object.and_then(|object: Object<'_>| {
            if whole(object.root().span()) {
                return Some(vec![self.of_object(object.id(), None)]);
            }
            pods_of(object)
                .iter()
                .flat_map(Pod::containers)
                .find(|container| container.node.span() == span && !container.name.is_empty())
                .map(|container| vec![self.of_object(object.id(), Some(container.name))])
        });
        found.ok_or_else(|| {
            "it holds for less than a container; it is honoured where it stands, or write \
             `# seawall: ignore[check] reason` instead"
                .to_owned()
        })
    }
}

fn place(location: &Location) -> String {
    format!("{}:{}", one_line(location.source.name()), location.start().line)
}

/// A text that ends no comment.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || "\u{2028}\u{2029}".contains(c) { ' ' } else { c })
        .collect()
}

/// A text as YAML reads it back: plain where nothing else could be meant.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || "\u{2028}\u{2029}\u{feff}".contains(c) => {
                // Writing to a String can't fail.
                let _infallible = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_as_they_are() {
        for text in
            ["plain-text", "no", "1.5", "a: b # c", "tab\tand \"quotes\"\\", "é\u{2028}", ""]
        {
            let yaml = format!("fail-on: {}\n", quoted(text));
            let error = crate::Config::parse("x", yaml).expect_err("it is no severity");
            let told = format!("{:?}", text.parse::<seawall_model::Severity>().expect_err("none"));
            let said = text.parse::<seawall_model::Severity>().expect_err("none").to_string();
            assert!(error.to_string().contains(&said), "{error} {said} {told}");
        }
    }
}
