//! The digest of the Kubernetes API, loaded once into sorted tables.
//!
//! The digest (`data/api.txt`, 210 KB; its header gives the grammar) holds every type of every
//! covered version once, with the range of versions in which each field exists. All names stay
//! slices of the embedded text.
//!
//! Invariants: `types` and each type's fields are sorted by name; a field that was defined
//! differently over time has adjacent rows with disjoint ranges.

use std::sync::LazyLock;

use crate::version::Version;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // The text is embedded and every test loads it: a mistake cannot reach a user.
    Table::read(include_str!("../data/api.txt")).expect("the embedded digest is well formed")
});

/// Everything the digest says.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) kinds: Vec<KindRow>,
    types: Vec<TypeRow>,
    fields: Vec<Field>,
    /// The [`prefix`] of each field's name.
    prefixes: Vec<u64>,
    values: Vec<Value>,
}

/// Since when (inclusive) and until when (exclusive) something exists, in minor versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) since: u8,
    pub(crate) until: u8,
}

impl Range {
    pub(crate) fn contains(self, version: Version) -> bool {
        (self.since..self.until).contains(&version.minor())
    }

    /// Reads `since..until`, where an empty end is that of `whole`.
    fn read(text: &str, whole: Range) -> Option<Range> {
        let (since, until) = text.split_once("..")?;
        let end =
            |text: &str, default| if text.is_empty() { Some(default) } else { text.parse().ok() };
        Some(Range { since: end(since, whole.since)?, until: end(until, whole.until)? })
    }
}

const COVERED: Range = Range { since: Version::OLDEST.minor(), until: Version::LATEST.minor() + 1 };

/// A kind of object in one group version, or one that is gone.
#[derive(Debug)]
pub(crate) struct KindRow {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) range: Range,
    /// Absent for what went before the oldest version.
    pub(crate) definition: Option<TypeId>,
    pub(crate) deprecated: Option<u8>,
    pub(crate) removed: Option<u8>,
    /// apiVersion and kind.
    pub(crate) replacement: Option<(&'static str, &'static str)>,
}

/// A type's place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeId(u16);

#[derive(Debug)]
struct TypeRow {
    name: &'static str,
    fields: (u32, u32),
}

/// A field of a type, in a range of versions.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) range: Range,
    values: (u32, u16),
}

/// A value of an enumeration.
#[derive(Debug)]
struct Value {
    text: &'static str,
    range: Range,
}

/// What a value must look like: a leaf, in up to two wrappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    wraps: [Option<Wrap>; 2],
    pub(crate) leaf: Leaf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    List,
    Map,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    String,
    Int32,
    Int64,
    Number,
    Bool,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    Any,
    Type(TypeId),
}

impl Shape {
    /// A bare value of a type.
    pub(crate) fn of(definition: TypeId) -> Shape {
        Shape { wraps: [None, None], leaf: Leaf::Type(definition) }
    }

    /// The outer wrapping and what it wraps.
    pub(crate) fn unwrap(self) -> (Option<Wrap>, Shape) {
        (self.wraps[0], Shape { wraps: [self.wraps[1], None], leaf: self.leaf })
    }
}

impl Table {
    /// The table, loaded at its first use (about a millisecond).
    pub(crate) fn get() -> &'static Table {
        &TABLE
    }

    /// The rows of a kind in a group version.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> &[KindRow] {
        let key = |row: &KindRow| (row.api_version, row.kind);
        let start = self.kinds.partition_point(|row| key(row) < (api_version, kind));
        let length = self.kinds[start..].partition_point(|row| key(row) == (api_version, kind));
        &self.kinds[start..start + length]
    }

    /// The type of a name.
    pub(crate) fn named(&self, name: &str) -> Option<TypeId> {
        let found = self.types.binary_search_by(|row| row.name.cmp(name)).ok()?;
        u16::try_from(found).ok().map(TypeId)
    }

    pub(crate) fn type_name(&self, id: TypeId) -> &'static str {
        self.types[usize::from(id.0)].name
    }

    /// All fields that a type ever had, sorted by name.
    pub(crate) fn fields(&self, id: TypeId) -> &[Field] {
        let (start, end) = self.types[usize::from(id.0)].fields;
        &self.fields[start as usize..end as usize]
    }

    /// The rows of a field over time.
    ///
    /// The search runs over the first eight bytes of the names as numbers, which few fields of a
    /// type share: comparing the names themselves took most of the time of a validation.
    pub(crate) fn rows(&self, id: TypeId, name: &str) -> &[Field] {
        let (start, end) = self.types[usize::from(id.0)].fields;
        let (start, end) = (start as usize, end as usize);
        let prefix = prefix(name);
        let mut first = start + self.prefixes[start..end].partition_point(|key| *key < prefix);
        while first < end && self.prefixes[first] == prefix && self.fields[first].name != name {
            first += 1;
        }
        let rows = &self.fields[first..end];
        &rows[..rows.iter().take_while(|field| field.name == name).count()]
    }

    /// A field as a version defines it.
    pub(crate) fn field(&self, id: TypeId, name: &str, version: Version) -> Option<&Field> {
        self.rows(id, name).iter().find(|field| field.range.contains(version))
    }

    /// The values of a field's enumeration in a version; nothing for a field without one.
    pub(crate) fn values(
        &self,
        field: &Field,
        version: Version,
    ) -> impl Iterator<Item = &'static str> + '_ {
        let (start, length) = field.values;
        self.values[start as usize..start as usize + usize::from(length)]
            .iter()
            .filter(move |value| value.range.contains(version))
            .map(|value| value.text)
    }

    fn read(text: &'static str) -> Option<Table> {
        let mut table = Table {
            kinds: Vec::with_capacity(256),
            types: Vec::with_capacity(1024),
            fields: Vec::with_capacity(6144),
            prefixes: Vec::with_capacity(6144),
            values: Vec::with_capacity(2048),
        };
        // Fields refer to types by name, also to later ones.
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("type ") {
                table.types.push(TypeRow { name: rest.split(' ').next()?, fields: (0, 0) });
            }
        }
        let (mut current, mut whole) = (0, COVERED);
        for line in text.lines() {
            if let Some(field) = line.strip_prefix(' ') {
                let field = table.read_field(field, whole)?;
                table.prefixes.push(prefix(field.name));
                table.fields.push(field);
                let end = u32::try_from(table.fields.len()).ok()?;
                table.types.get_mut(current - 1)?.fields.1 = end;
            } else if let Some(rest) = line.strip_prefix("type ") {
                whole = match rest.split_once(' ') {
                    Some((_, range)) => Range::read(range, COVERED)?,
                    None => COVERED,
                };
                let start = u32::try_from(table.fields.len()).ok()?;
                table.types.get_mut(current)?.fields = (start, start);
                current += 1;
            } else if let Some(rest) = line.strip_prefix("kind ") {
                let row = table.read_kind(rest)?;
                table.kinds.push(row);
            }
        }
        table.kinds.sort_by_key(|row| (row.api_version, row.kind, row.range.since));
        Some(table)
    }

    fn read_field(&mut self, line: &'static str, whole: Range) -> Option<Field> {
        let mut parts = line.split(" =");
        let mut head = parts.next()?.split(' ');
        let name = head.next()?;
        let shape = self.read_shape(head.next()?)?;
        let range = match head.next() {
            Some(range) => Range::read(range, whole)?,
            None => whole,
        };
        let start = self.values.len();
        for part in parts {
            let (text, range) = match part.split_once(':') {
                Some((text, of)) => (text, Range::read(of, range)?),
                None => (part, range),
            };
            self.values.push(Value { text, range });
        }
        let values = (u32::try_from(start).ok()?, u16::try_from(self.values.len() - start).ok()?);
        let (name, required) = match name.strip_suffix('!') {
            Some(name) => (name, true),
            None => (name, false),
        };
        Some(Field { name, shape, required, range, values })
    }

    fn read_shape(&self, text: &str) -> Option<Shape> {
        let (mut wraps, mut rest) = ([None, None], text);
        for wrap in &mut wraps {
            (*wrap, rest) = match (rest.strip_prefix("[]"), rest.strip_prefix("map:")) {
                (Some(rest), _) => (Some(Wrap::List), rest),
                (_, Some(rest)) => (Some(Wrap::Map), rest),
                _ => (None, rest),
            };
        }
        let leaf = match rest {
            "string" => Leaf::String,
            "int32" => Leaf::Int32,
            "int64" => Leaf::Int64,
            "number" => Leaf::Number,
            "bool" => Leaf::Bool,
            "bytes" => Leaf::Bytes,
            "time" => Leaf::Time,
            "microtime" => Leaf::MicroTime,
            "quantity" => Leaf::Quantity,
            "int-or-string" => Leaf::IntOrString,
            "any" => Leaf::Any,
            name => Leaf::Type(self.named(name)?),
        };
        Some(Shape { wraps, leaf })
    }

    fn read_kind(&self, line: &'static str) -> Option<KindRow> {
        let mut parts = line.split(' ');
        let mut row = KindRow {
            api_version: parts.next()?,
            kind: parts.next()?,
            range: COVERED,
            definition: None,
            deprecated: None,
            removed: None,
            replacement: None,
        };
        for part in parts {
            match part.split_once('=') {
                Some(("deprecated", minor)) => row.deprecated = Some(minor.parse().ok()?),
                Some(("removed", minor)) => row.removed = Some(minor.parse().ok()?),
                Some(("use", replacement)) => row.replacement = Some(replacement.rsplit_once('/')?),
                Some(_) => return None,
                None if part.contains("..") => row.range = Range::read(part, COVERED)?,
                None => row.definition = Some(self.named(part)?),
            }
        }
        if row.definition.is_none() {
            row.range = Range { since: 0, until: row.removed? };
        }
        Some(row)
    }
}

/// The first eight bytes of a name, in an order that agrees with that of the names.
fn prefix(name: &str) -> u64 {
    match name.as_bytes().first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let mut first = [0; 8];
            first[..name.len()].copy_from_slice(name.as_bytes());
            u64::from_be_bytes(first)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_covers_the_versions_that_are_offered() {
        let header = include_str!("../data/api.txt")
            .lines()
            .find(|line| line.starts_with("kubernetes "))
            .expect("the digest says what it covers");
        assert_eq!(
            header,
            format!("kubernetes {} {}", Version::OLDEST.minor(), Version::LATEST.minor())
        );
    }

    #[test]
    fn lookups_can_rely_on_the_order() {
        let table = Table::get();
        assert!(table.types.is_sorted_by(|a, b| a.name < b.name));
        for row in &table.types {
            let id = table.named(row.name).expect("a type finds itself");
            let fields = table.fields(id);
            assert!(fields.is_sorted_by(|a, b| a.name <= b.name), "{}", row.name);
            for field in fields {
                let here: Vec<_> = table.rows(id, field.name).iter().map(|row| row.range).collect();
                assert!(
                    here.is_sorted_by(|a, b| a.until <= b.since),
                    "{}.{} has overlapping rows",
                    row.name,
                    field.name
                );
            }
        }
        for kind in table.kinds.iter().filter(|kind| kind.definition.is_some()) {
            assert!(!table.kind(kind.api_version, kind.kind).is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn fields_come_and_go_with_versions() {
        let table = Table::get();
        let has = |name: &str, field: &str, version: &str| {
            let id = table.named(name).expect(name);
            table.field(id, field, version.parse().expect(version)).is_some()
        };
        assert!(!has("core.v1.SecurityContext", "appArmorProfile", "1.29"));
        assert!(has("core.v1.SecurityContext", "appArmorProfile", "1.30"));
        assert!(has("meta.v1.ObjectMeta", "clusterName", "1.24"));
        assert!(!has("meta.v1.ObjectMeta", "clusterName", "1.25"));
        let container = table.named("core.v1.Container").expect("containers");
        let policy =
            table.field(container, "imagePullPolicy", Version::OLDEST).expect("imagePullPolicy");
        let values: Vec<_> = table.values(policy, Version::OLDEST).collect();
        assert_eq!(values, ["Always", "IfNotPresent", "Never"]);
    }
}
