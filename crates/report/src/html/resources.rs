//! The findings of the page, by resource.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use seawall_model::{Finding, Severity};

use super::markup::Markup;
use super::{CHUNK, FIRST, MOST_FINDINGS};
use crate::batch;
use crate::excerpt::excerpt;
use crate::hidden::{Hidden, INSTEAD};
use crate::order::{Failed, reading_order};
use crate::place::Place;

/// The resources of a report, worst first.
pub(crate) struct Resources<'r> {
    findings: &'r [Finding],
    hidden: Hidden,
    groups: Vec<Group>,
    /// The number of each check in the order of the page's list.
    checks: HashMap<&'static str, u64>,
    /// Findings that are left out.
    pub(crate) cut: u64,
    /// Resources in the report.
    pub(crate) total: u64,
}

/// The findings of one object in one file.
struct Group {
    findings: Range<usize>,
    /// Whether a `<noscript>` begins before and ends after it.
    begins: bool,
    ends: bool,
}

impl<'r> Resources<'r> {
    pub(crate) fn new(findings: &'r [Finding], checks: &[Failed]) -> Self {
        let mut ranges: Vec<(Option<Severity>, Range<usize>)> = Vec::new();
        let mut start = 0;
        for run in findings.chunk_by(|a, b| {
            a.site.subject.object == b.site.subject.object
                && a.site.location.source.name() == b.site.location.source.name()
        }) {
            let counting = run.iter().filter(|finding| finding.suppressed.is_none());
            let worst = counting.map(|finding| finding.severity).max();
            ranges.push((worst, start..start + run.len()));
            start += run.len();
        }
        // Stable, so that resources of one severity keep the order of the input.
        ranges.sort_by_key(|(worst, _)| std::cmp::Reverse(*worst));
        let total = ranges.len() as u64;
        let mut groups: Vec<Group> = Vec::with_capacity(ranges.len());
        let (mut before, mut chunk) = (0, 0);
        for (_, range) in ranges {
            if before + range.len() > MOST_FINDINGS {
                break;
            }
            let lazy = before >= FIRST;
            let begins = lazy && (chunk == 0 || chunk >= CHUNK);
            if begins {
                if chunk > 0
                    && let Some(last) = groups.last_mut()
                {
                    last.ends = true;
                }
                chunk = 0;
            }
            before += range.len();
            chunk += if lazy { range.len() } else { 0 };
            groups.push(Group { findings: range, begins, ends: false });
        }
        if chunk > 0
            && let Some(last) = groups.last_mut()
        {
            last.ends = true;
        }
        let checks = checks.iter().zip(0..).map(|(failed, number)| (failed.check.id, number));
        let cut = (findings.len() - before) as u64;
        let hidden = Hidden::new(findings);
        Resources { findings, hidden, groups, checks: checks.collect(), cut, total }
    }

    /// Resources that are left out.
    pub(crate) fn cut_resources(&self) -> u64 {
        self.total - self.groups.len() as u64
    }

    /// Whether some of the page waits in `<noscript>`.
    pub(crate) fn is_lazy(&self) -> bool {
        self.groups.iter().any(|group| group.begins)
    }

    pub(crate) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        batch::write_all(&self.groups, out, |_, group, bytes| {
            let mut to = Markup { bytes };
            if group.begins {
                to.raw("<noscript>");
            }
            self.group(&self.findings[group.findings.clone()], &mut to);
            if group.ends {
                to.raw("</noscript>");
            }
            Ok(())
        })
    }

    fn group(&self, findings: &[Finding], to: &mut Markup<'_>) {
        let (containers, order) = reading_order(findings.iter());
        let first = &findings[0];
        let (object, file) = (&first.site.subject.object, first.site.location.source.name());
        let namespace = object.namespace.as_deref().unwrap_or_default();
        to.raw("\n<details class=\"r\" open data-kind=\"").text(&object.kind);
        to.raw("\" data-ns=\"").text(namespace).raw("\" data-file=\"").text(file);
        to.raw("\" data-f=\"");
        for (index, (_, finding)) in order.iter().enumerate() {
            if index > 0 {
                to.raw(" ");
            }
            to.raw(letter(finding.severity)).number(self.checks[finding.check.id]);
            if finding.suppressed.is_some() {
                to.raw("-");
            }
        }
        to.raw("\"><summary><h3><span class=\"kind\">").text(&object.kind).raw("</span> ");
        if !namespace.is_empty() {
            to.text(namespace).raw("/");
        }
        to.text(if object.name.is_empty() { "(no name)" } else { &object.name }).raw("</h3> ");
        counts(findings, to);
        to.raw("<span class=\"soft\">").text(&object.api_version).raw(" in ").text(file);
        to.raw("</span></summary>");
        for part in order.chunk_by(|a, b| a.0 == b.0) {
            to.raw("<div class=\"c\">");
            if let Some(container) = containers[part[0].0] {
                to.raw("<h4>container <code>").text(container).raw("</code></h4>");
            }
            to.raw("<ul>");
            for (_, finding) in part {
                item(finding, self.hidden.holds(finding), to);
            }
            to.raw("</ul></div>");
        }
        to.raw("</details>");
    }
}

fn counts(findings: &[Finding], to: &mut Markup<'_>) {
    to.raw("<span class=\"counts\">");
    for severity in Severity::ALL {
        let is = |finding: &&Finding| finding.suppressed.is_none() && finding.severity == severity;
        let count = findings.iter().filter(is).count() as u64;
        if count > 0 {
            to.raw("<b class=\"").raw(severity.name()).raw("\">").grouped(count);
            to.raw(" ").raw(severity.name()).raw("</b>");
        }
    }
    let suppressed = findings.iter().filter(|finding| finding.suppressed.is_some()).count() as u64;
    if suppressed > 0 {
        to.raw("<b class=\"soft\">").grouped(suppressed).raw(" suppressed</b>");
    }
    to.raw("</span>");
}

fn item(finding: &Finding, hidden: bool, to: &mut Markup<'_>) {
    let place = Place::of_finding(finding);
    let suppressed = finding.suppressed.as_ref();
    to.raw(if suppressed.is_some() { "<li class=\"f sup\">" } else { "<li class=\"f\">" });
    to.raw("<p class=\"what\"><span class=\"badge ").raw(finding.severity.name()).raw("\">");
    to.raw(finding.severity.name()).raw("</span> <a href=\"#check-").text(finding.check.id);
    to.raw("\">").text(finding.check.id).raw("</a> ").sentence(&finding.message).raw("</p>");
    if let Some(suppression) = suppressed {
        to.raw("<p class=\"why\">Suppressed by ").raw(suppression.origin.name());
        if !suppression.reason.is_empty() {
            to.raw(": ").text(&suppression.reason);
        }
        to.raw("</p>");
    }
    to.raw("<p class=\"where\">Line ").number(place.start.line.into());
    to.raw(", column ").number(place.start.column.into());
    if let Some(rendered) = place.rendered {
        to.raw(" (").raw(rendered.words()).raw(")");
    }
    if !finding.path().is_empty() {
        to.raw(": <code>").text(&finding.path()).raw("</code>");
    }
    to.raw("</p>");
    if hidden {
        to.raw("<pre class=\"src\"><i>").number(place.start.line.into()).raw("</i>");
        to.text(INSTEAD).raw("</pre>");
    } else {
        source(finding, &place, to);
    }
    to.raw("</li>");
}

/// The line with the field marked; indentation is left out, the path says it better.
fn source(finding: &Finding, place: &Place<'_>, to: &mut Markup<'_>) {
    let location = &finding.site.location;
    let (line, from) = location.first_line();
    let start = location.span.start.max(from) - from;
    let end = location.span.end.max(from) - from;
    let shown = excerpt(line, start as usize, end as usize);
    let indent = shown.line.len() - shown.line.trim_start().len();
    let mark = shown.mark.start.max(indent)..shown.mark.end.max(indent);
    to.raw("<pre class=\"src\"><i>").number(place.start.line.into()).raw("</i>");
    to.text(&shown.line[indent.min(mark.start)..mark.start]).raw("<mark>");
    // A mark past the end of the line is a blank.
    to.text(if mark.is_empty() { " " } else { &shown.line[mark.clone()] }).raw("</mark>");
    to.text(&shown.line[mark.end..]).raw("</pre>");
}

fn letter(severity: Severity) -> &'static str {
    &severity.name()[..1]
}
