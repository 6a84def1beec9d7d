//! Applies fixes until there is nothing left that they can do.
//!
//! One fix may make room for another (`allowPrivilegeEscalation: false` beside `privileged: true`
//! is refused by the API server), and two may want the same line. So fixes are applied in rounds:
//! in each, all that go together; then everything is checked again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use seawall_checks::Selection;
use seawall_model::document::{Chunk, Limits, chunks, read};
use seawall_model::{Change, Edit, Entry, Finding, Flaw, Inventory, Settings, Source, Unfixed};
use seawall_patch::patch;

/// Most rounds; three have been enough for all that was seen.
const ROUNDS: usize = 8;

/// What is fixed, and how.
pub(crate) struct Mender<'m> {
    /// The checks.
    pub(crate) selection: &'m Selection,
    /// The team's own rules.
    pub(crate) settings: &'m Settings,
    /// Marks the findings that are accepted.
    pub(crate) decide: &'m dyn Fn(&Inventory, &mut [Finding]),
    /// Why a source can't be written to, if it can't.
    pub(crate) closed: &'m dyn Fn(&Source) -> Option<String>,
    /// Whether unsafe fixes are applied too.
    pub(crate) with_unsafe: bool,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Mended {
    /// The sources that change, with their new text.
    pub(crate) texts: Vec<(Arc<Source>, String)>,
    /// What is fixed.
    pub(crate) fixed: Vec<Finding>,
    /// What has a fix that can't be applied, and why.
    pub(crate) refused: Vec<(Finding, String)>,
    /// What is for a person although others of the check have a fix, and why.
    pub(crate) open: Vec<(Finding, String)>,
    /// What an unsafe fix would put right, had it been asked for.
    pub(crate) withheld: Vec<Finding>,
    /// How many findings are of checks that have no fix.
    pub(crate) without: usize,
}

impl Mender<'_> {
    /// Fixes what can be fixed.
    pub(crate) fn mend(&self, mut inventory: Inventory) -> Mended {
        let mut mended = Mended::default();
        // First and present text of each source that changes, by its place among the sources.
        let mut changed: BTreeMap<usize, (Arc<Source>, Arc<Source>)> = BTreeMap::new();
        for round in 0.. {
            let results = self.check(&inventory);
            let sources = sources(&inventory);
            let is_open = |number: &usize| changed.contains_key(number);
            let step = self.step(&inventory, &sources, &results, &is_open);
            if step.texts.is_empty() || round == ROUNDS {
                self.finish(&results, step, &mut mended);
                break;
            }
            mended.fixed.extend(step.fixed.iter().map(|index| results[*index].clone()));
            let mut next = Vec::with_capacity(sources.len());
            for (number, (source, numbers)) in sources.iter().enumerate() {
                let present = match step.texts.get(&number) {
                    None => Arc::clone(source),
                    Some(text) => {
                        let new = Arc::new(Source::new(Arc::clone(source.name()), text.clone()));
                        changed.entry(number).or_insert((Arc::clone(source), Arc::clone(&new))).1 =
                            Arc::clone(&new);
                        new
                    }
                };
                next.push((present, numbers.clone()));
            }
            inventory = read_again(&next);
        }
        mended.texts = changed
            .into_values()
            .filter(|(first, present)| first.text() != present.text())
            .map(|(first, present)| (first, present.text().to_owned()))
            .collect();
        mended
    }

    fn check(&self, inventory: &Inventory) -> Vec<Finding> {
        let mut findings = seawall_checks::run(inventory, self.selection, self.settings).findings;
        (self.decide)(inventory, &mut findings);
        findings.retain(|finding| finding.suppressed.is_none());
        findings
    }

    /// Sorts what is left when nothing more can be fixed.
    fn finish(&self, findings: &[Finding], step: Step, mended: &mut Mended) {
        let left: HashSet<_> = findings.iter().map(|finding| finding.fingerprint).collect();
        mended.fixed.retain(|finding| !left.contains(&finding.fingerprint));
        let mut refused: BTreeMap<usize, String> = step.refused.into_iter().collect();
        let mut open: BTreeMap<usize, String> = step.open.into_iter().collect();
        for (index, finding) in findings.iter().enumerate() {
            let finding = finding.clone();
            match finding.check.fix {
                Err(_) => mended.without += 1,
                Ok(fix) if !self.with_unsafe && !fix.safety.is_safe() => {
                    mended.withheld.push(finding);
                }
                Ok(_) => {
                    if let Some(why) = open.remove(&index) {
                        mended.open.push((finding, why));
                        continue;
                    }
                    let why = refused.remove(&index);
                    let why = why.unwrap_or_else(|| "other fixes undo it".to_owned());
                    mended.refused.push((finding, why));
                }
            }
        }
    }

    /// All edits of one round that go together.
    fn step(
        &self,
        inventory: &Inventory,
        sources: &[Place],
        findings: &[Finding],
        is_open: &dyn Fn(&usize) -> bool,
    ) -> Step {
        let mut step = Step::default();
        let mut wanted: BTreeMap<usize, Vec<Wanted<'_>>> = BTreeMap::new();
        for (index, finding) in findings.iter().enumerate() {
            let Ok(fix) = finding.check.fix else { continue };
            if !self.with_unsafe && !fix.safety.is_safe() {
                continue;
            }
            let flaw = Flaw::of(finding, inventory).ok_or("it has no place in a text".into());
            let edits = flaw.and_then(|flaw| (fix.edits)(&flaw));
            let number = edits.as_ref().ok().and_then(|edits| {
                let source = edits.first()?.at.document().source();
                sources.iter().position(|(known, _)| Arc::ptr_eq(known, source))
            });
            match (edits, number) {
                (Ok(edits), Some(number)) => {
                    wanted.entry(number).or_default().push(Wanted { index, edits });
                }
                (Ok(_), None) => step.refused.push((index, "it changes nothing".to_owned())),
                (Err(Unfixed::Open(why)), _) => step.open.push((index, why.into_owned())),
                (Err(Unfixed::Refused(why)), _) => step.refused.push((index, why.into_owned())),
            }
        }
        for (number, wanted) in wanted {
            let mut wanted = by_place(wanted);
            // A misspelt field gets its name before another fix writes a second one of that name.
            wanted.sort_by_key(|group| !group.iter().any(Wanted::renames));
            let source = &sources[number].0;
            // What was edited in an earlier round can be written to, and is no longer what the file
            // holds.
            let closed = if is_open(&number) { None } else { (self.closed)(source) };
            if let Some(why) = closed {
                let all = wanted.iter().flatten();
                step.refused.extend(all.map(|wanted| (wanted.index, why.clone())));
                continue;
            }
            let mut taken = Taken { edits: Vec::new(), text: None };
            take(source, &mut taken, &wanted, &mut step);
            if let Some(text) = taken.text.filter(|text| text != source.text()) {
                step.texts.insert(number, text);
            }
        }
        step
    }
}

/// A source, and which of its chunks hold documents: the others are templates or unreadable.
type Place = (Arc<Source>, Vec<usize>);

/// What one round does.
#[derive(Default)]
struct Step {
    /// New texts by the number of the source.
    texts: BTreeMap<usize, String>,
    /// Findings whose edits are in the texts.
    fixed: Vec<usize>,
    /// Findings whose edits are not, and why.
    refused: Vec<(usize, String)>,
    /// Findings that have no edits, and why.
    open: Vec<(usize, String)>,
}

/// A finding's edits.
struct Wanted<'a> {
    index: usize,
    edits: Vec<Edit<'a>>,
}

impl Wanted<'_> {
    fn renames(&self) -> bool {
        self.edits.iter().any(|edit| matches!(edit.change, Change::Rename(_)))
    }

    /// Whether another's are the same edits of other copies of the same values.
    fn is_of_copies(&self, other: &Wanted<'_>) -> bool {
        self.edits.iter().zip(&other.edits).all(|(one, other)| {
            one.at != other.at && one.at.span() == other.at.span() && one.change == other.change
        })
    }
}

/// Puts together what several findings want of one place in the text. An anchor shares such a place
/// between them; it changes there if all want it, and asked one by one none would get it.
fn by_place(wanted: Vec<Wanted<'_>>) -> Vec<Vec<Wanted<'_>>> {
    let mut groups: Vec<Vec<Wanted<'_>>> = Vec::with_capacity(wanted.len());
    let mut latest: HashMap<(u32, u32, usize), usize> = HashMap::new();
    for wanted in wanted {
        let Some(edit) = wanted.edits.first() else { continue };
        let place = (edit.at.span().start, edit.at.span().end, wanted.edits.len());
        match latest.get(&place).map(|index| &mut groups[*index]) {
            Some(group) if group.iter().all(|known| known.is_of_copies(&wanted)) => {
                group.push(wanted);
            }
            _ => {
                latest.insert(place, groups.len());
                groups.push(vec![wanted]);
            }
        }
    }
    groups
}

/// Edits that go together, and the text that they make.
struct Taken<'a> {
    edits: Vec<Edit<'a>>,
    text: Option<String>,
}

/// Takes all edits that can be; where some can't, by halves down to the one at fault.
fn take<'a>(
    source: &Arc<Source>,
    taken: &mut Taken<'a>,
    wanted: &[Vec<Wanted<'a>>],
    step: &mut Step,
) {
    let new = wanted.iter().flatten().flat_map(|wanted| wanted.edits.iter().cloned());
    let edits: Vec<Edit<'a>> = taken.edits.iter().cloned().chain(new).collect();
    match (patch(source, &edits), wanted) {
        (Ok(text), _) => {
            *taken = Taken { edits, text: Some(text) };
            step.fixed.extend(wanted.iter().flatten().map(|wanted| wanted.index));
        }
        (Err(why), [group]) => match &group[..] {
            [one] => step.refused.push((one.index, why.to_string())),
            several => {
                for one in several {
                    let one = Wanted { index: one.index, edits: one.edits.clone() };
                    take(source, taken, &[vec![one]], step);
                }
            }
        },
        (Err(_), several) => {
            let (first, second) = several.split_at(several.len() / 2);
            take(source, taken, first, step);
            take(source, taken, second, step);
        }
    }
}

/// The sources of an inventory in reading order.
fn sources(inventory: &Inventory) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut pieces: Vec<Chunk> = Vec::new();
    for document in inventory.documents() {
        let source = document.source();
        // The documents of a source follow each other.
        if places.last().is_none_or(|(last, _)| !Arc::ptr_eq(last, source)) {
            places.push((Arc::clone(source), Vec::new()));
            pieces = chunks(source);
        }
        let start = document.root().span().start;
        let number = pieces.partition_point(|chunk| chunk.span.end <= start);
        if let Some((_, numbers)) = places.last_mut()
            && numbers.last() != Some(&number)
        {
            numbers.push(number);
        }
    }
    places
}

fn read_again(sources: &[Place]) -> Inventory {
    let limits = Limits::default();
    let mut inventory = Inventory::new();
    for (source, numbers) in sources {
        let pieces = chunks(source);
        for chunk in numbers.iter().filter_map(|number| pieces.get(*number)) {
            for document in read(source, *chunk, &limits).documents {
                inventory.add(Entry::new(document, chunk.ordinal));
            }
        }
    }
    inventory
}
