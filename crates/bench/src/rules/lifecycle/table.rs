//! The table of ends of life, `data/end-of-life.csv`, which `data/refresh` writes. It says of each
//! row from which day it is: what it does not know it may have come too early for.

const TABLE: &str = include_str!("../../../data/end-of-life.csv");

/// When a version is mended no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After a day.
    On(&'static str),
    /// On a day that is not known, and that was over when the row was written.
    Past,
    /// No day was set when the row was written.
    Open,
}

/// What is known of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The version, as far as its end is that of all below it: `1.34`, `9`.
    pub version: &'static str,
    /// Its end.
    pub end: End,
    /// The day from which the row is.
    pub seen: &'static str,
}

fn rows(product: &str) -> impl Iterator<Item = Row> {
    TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(move |line| {
        let mut fields = line.split(',');
        let (name, version, end) = (fields.next()?, fields.next()?, fields.next()?);
        let end = match end {
            "open" => End::Open,
            "past" => End::Past,
            day => End::On(day),
        };
        (name == product).then_some(Row { version, end, seen: fields.next()? })
    })
}

/// The row of the longest version in the table that a version belongs to.
pub fn row(product: &str, version: &str) -> Option<Row> {
    rows(product)
        .filter(|row| {
            let rest = version.strip_prefix(row.version);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
        .max_by_key(|row| row.version.len())
}

/// The newest day of a product's rows; none where it has none.
pub fn seen(product: &str) -> Option<&'static str> {
    rows(product).map(|row| row.seen).max()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::macros::format_description;
    use time::{Date, Month};

    use super::*;

    #[test]
    fn every_row_is_well_formed_and_there_once() {
        let format = format_description!("[year]-[month]-[day]");
        let mut lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.next(), Some("product,version,end,seen"));
        let mut known = BTreeSet::new();
        for line in lines {
            let fields: Vec<&str> = line.split(',').collect();
            let [product, version, end, seen] = fields[..] else { panic!("{line}") };
            assert!(known.insert((product, version)), "{line} is there twice");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
            let seen = Date::parse(seen, format).expect(line);
            assert!(seen > Date::from_calendar_date(2024, Month::January, 1).expect("a day"));
            if !matches!(end, "open" | "past") {
                Date::parse(end, format).expect(line);
            }
        }
    }

    #[test]
    fn a_version_belongs_to_its_longest_row() {
        let end = |product, version| row(product, version).map(|row| row.end);
        assert_eq!(end("kubernetes", "1.30.4"), Some(End::On("2025-06-28")));
        assert_eq!(end("kubernetes", "1.3"), None);
        assert_eq!(end("debian", "12"), Some(End::On("2028-06-30")));
        assert_eq!(end("rhel", "9"), Some(End::On("2032-05-31")));
        assert_eq!(end("rhel", "9.7"), Some(End::On("2026-05-19")));
        assert_eq!(end("rhel", "9.99"), Some(End::On("2032-05-31")));
        assert_eq!(end("etcd", "3.6.5"), Some(End::Open));
        assert_eq!(seen("etcd"), Some("2026-10-22"));
        assert_eq!(seen("nonesuch"), None);
    }

    /// Whatever a node or a control plane runs is in the table.
    #[test]
    fn the_products_of_nodes_are_known() {
        for (product, version) in [
            ("kubernetes", "1.37.1"),
            ("containerd", "2.4.2"),
            ("docker", "29.8.2"),
            ("etcd", "3.7.3"),
            ("almalinux", "9.6"),
            ("alpine", "3.23.2"),
            ("amzn", "2023"),
            ("centos", "7"),
            ("centos-stream", "10"),
            ("fedora", "44"),
            ("ol", "9.5"),
            ("opensuse-leap", "16.0"),
            ("rocky", "10.0"),
            ("sles", "15.5"),
            ("talos", "1.14.2"),
            ("ubuntu", "26.04"),
        ] {
            assert!(row(product, version).is_some(), "{product} {version}");
        }
    }
}
