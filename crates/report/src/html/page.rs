//! All of the page but its resources.

use seawall_checks::{FRAMEWORKS, Framework};
use seawall_model::{Location, PartOutcome, Severity};

use super::markup::{Markup, is_web};
use super::resources::Resources;
use super::{MOST_ROWS, POLICY, SCRIPT, STYLE};
use crate::Report;
use crate::framework::{ControlResult, Status, count, summarise};
use crate::order::{Failed, with_findings};
use crate::place::Place;
use crate::summary::{Summary, Verdict};
use crate::text::subject;

/// Checks whose remedies are listed at once; the rest unfold.
const WORST: usize = 10;

pub(crate) struct Page<'r> {
    report: &'r Report<'r>,
    summary: Summary,
    failed: Vec<Failed>,
    pub(crate) resources: Resources<'r>,
}

impl<'r> Page<'r> {
    pub(crate) fn new(report: &'r Report<'r>) -> Self {
        let failed = with_findings(report);
        let resources = Resources::new(report.findings, &failed);
        Page { report, summary: Summary::of(report), failed, resources }
    }

    /// Everything before the resources.
    pub(crate) fn head(&self, bytes: &mut Vec<u8>) {
        let mut to = Markup { bytes };
        to.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        to.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").raw(POLICY).raw("\">\n");
        to.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        to.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
        to.raw("<title>Seawall report</title>\n<style>").raw(STYLE).raw("</style>\n</head>\n");
        to.raw("<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n<header>\n");
        to.raw("<div class=\"title\"><h1>Seawall report</h1> <span class=\"soft\">Seawall ");
        to.text(self.report.version).raw("</span></div>\n");
        self.verdict(&mut to);
        self.navigation(&mut to);
        to.raw("</header>\n<main>\n");
        self.doubts(&mut to);
        self.checks(&mut to);
        self.findings(&mut to);
    }

    /// Everything after the resources.
    pub(crate) fn tail(&self, bytes: &mut Vec<u8>) {
        let mut to = Markup { bytes };
        if !self.report.findings.is_empty() {
            to.raw("\n</div>\n<button type=\"button\" id=\"more\" hidden></button>\n");
        }
        to.raw("</section>\n");
        self.unknown(&mut to);
        self.notices(&mut to);
        self.frameworks(&mut to);
        self.ran(&mut to);
        self.coverage(&mut to);
        to.raw("</main>\n<footer>Made by Seawall ").text(self.report.version);
        to.raw(". This page loads nothing and sends nothing.</footer>\n<script>").raw(SCRIPT);
        to.raw("</script>\n</body>\n</html>\n");
    }

    fn verdict(&self, to: &mut Markup<'_>) {
        let Verdict { passes, word, why } = Verdict::of(self.report, &self.summary);
        let class = if passes { "verdict ok" } else { "verdict" };
        to.raw("<div class=\"").raw(class).raw("\"><strong>").raw(word).raw("</strong> ");
        to.text(&why).raw("\n");
        self.bar(to);
        to.raw("<ul class=\"tally\">");
        for (severity, count) in Severity::ALL.into_iter().zip(self.summary.by_severity) {
            to.raw("<li class=\"").raw(severity.name()).raw("\"><b>").grouped(count).raw("</b> ");
            to.raw(severity.name()).raw("</li>");
        }
        for (count, word) in [
            (self.summary.total_suppressed(), "suppressed"),
            (self.report.unknown.len() as u64, "not decided"),
        ] {
            to.raw("<li><b>").grouped(count).raw("</b> ").raw(word).raw("</li>");
        }
        let counts = self.report.coverage.counts();
        let unread = counts.templates + counts.unreadable;
        to.raw("<li><b>").grouped(unread).raw("</b> not read</li></ul>\n<p class=\"soft\">Read ");
        to.counted(counts.files, "file").raw(": ").counted(counts.scanned, "document");
        to.raw(" with ").counted(counts.objects, "object").raw(" scanned, ");
        to.grouped(counts.not_kubernetes).raw(" not Kubernetes, ");
        to.counted(counts.templates, "template").raw(" unrendered, ");
        to.grouped(counts.unreadable).raw(" unreadable");
        if self.report.coverage.other_files > 0 {
            to.raw("; ").counted(self.report.coverage.other_files, "file");
            to.raw(" of other names not looked into");
        }
        to.raw(".</p></div>\n");
    }

    /// The share of each severity, as a picture of the numbers below it.
    fn bar(&self, to: &mut Markup<'_>) {
        let total = self.summary.total();
        if total == 0 {
            return;
        }
        to.raw("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" ");
        to.raw("aria-hidden=\"true\">");
        let mut before = 0;
        for (severity, count) in self.summary.severities() {
            let from = before * 1000 / total;
            before += count;
            // A sliver stays to be seen.
            let width = (before * 1000 / total - from).max(2);
            to.raw("<rect class=\"").raw(severity.name()).raw("\" x=\"").number(from);
            to.raw("\" width=\"").number(width).raw("\" height=\"10\"/>");
        }
        to.raw("</svg>\n");
    }

    fn navigation(&self, to: &mut Markup<'_>) {
        to.raw("<nav aria-label=\"Sections\"><ul>");
        let report = self.report;
        for (is_there, link) in [
            (!self.failed.is_empty(), "<li><a href=\"#checks\">What to do</a></li>"),
            (true, "<li><a href=\"#findings\">Findings</a></li>"),
            (!report.unknown.is_empty(), "<li><a href=\"#unknown\">Not decided</a></li>"),
            (!report.notices.is_empty(), "<li><a href=\"#notices\">Exceptions</a></li>"),
            (true, "<li><a href=\"#frameworks\">Frameworks</a></li>"),
            (true, "<li><a href=\"#ran\">Checks that ran</a></li>"),
            (true, "<li><a href=\"#coverage\">What was read</a></li>"),
        ] {
            if is_there {
                to.raw(link);
            }
        }
        to.raw("</ul></nav>\n");
    }

    /// What must not be overlooked before the findings are believed to be all.
    fn doubts(&self, to: &mut Markup<'_>) {
        let unread = self.report.coverage.unread().count() as u64;
        if unread > 0 {
            to.raw("<p class=\"note\"><strong>Not everything was read.</strong> ");
            to.counted(unread, "part").raw(" of the input could hold objects and ");
            to.raw(if unread == 1 { "was" } else { "were" });
            to.raw(" not scanned: <a href=\"#coverage\">see which</a>.</p>\n");
        }
        if !self.report.unknown.is_empty() {
            to.raw("<p class=\"note\"><strong>Not everything was decided.</strong> ");
            to.counted(self.report.unknown.len() as u64, "answer");
            to.raw(" of checks stayed open: <a href=\"#unknown\">see why</a>.</p>\n");
        }
    }

    /// The remedy of each check that found something: once, not once a finding.
    fn checks(&self, to: &mut Markup<'_>) {
        if self.failed.is_empty() {
            return;
        }
        to.raw("<section id=\"checks\"><h2>What to do</h2>\n<div class=\"rows\">\n");
        let (first, rest) = self.failed.split_at(self.failed.len().min(WORST));
        for failed in first {
            check(failed, to);
        }
        to.raw("</div>\n");
        if !rest.is_empty() {
            to.raw("<details><summary>").counted(rest.len() as u64, "more check");
            to.raw("</summary>\n<div class=\"rows\">\n");
            for failed in rest {
                check(failed, to);
            }
            to.raw("</div></details>\n");
        }
        to.raw("</section>\n");
    }

    fn findings(&self, to: &mut Markup<'_>) {
        to.raw("<section id=\"findings\"><h2>Findings by resource</h2>\n");
        if self.report.findings.is_empty() {
            let empty = self.report.coverage.counts().objects == 0;
            to.raw(if empty {
                "<p>No Kubernetes object was scanned.</p>\n"
            } else {
                "<p>Nothing was found in what was read.</p>\n"
            });
            return;
        }
        self.form(to);
        if self.resources.is_lazy() {
            to.raw(
                "<p class=\"note blocked\"><strong>Not all findings are shown.</strong> Here a ",
            );
            to.raw("browser that runs scripts was told not to run this page's own. Open the file ");
            to.raw("by itself, or turn scripts off altogether: then all of them are shown.</p>\n");
        }
        if self.resources.cut > 0 {
            to.raw("<p class=\"note\"><strong>Not all findings are in this page.</strong> ");
            to.counted(self.resources.cut, "finding").raw(" of the ");
            to.counted(self.resources.cut_resources(), "resource");
            to.raw(" that matter least had no room here. The JSON report holds all.</p>\n");
        }
        to.raw("<div id=\"list\">");
    }

    fn form(&self, to: &mut Markup<'_>) {
        to.raw(
            "<form id=\"filter\" role=\"search\" aria-label=\"Filter the findings\" data-checks=\"",
        );
        for (index, failed) in self.failed.iter().enumerate() {
            to.raw(if index > 0 { " " } else { "" }).text(failed.check.id);
        }
        to.raw("\">\n<fieldset><legend>Severity</legend>");
        for severity in Severity::ALL {
            let name = severity.name();
            to.raw("<label><input type=\"checkbox\" name=\"severity\" checked value=\"").raw(name);
            to.raw("\"> ").raw(name).raw("</label>");
        }
        to.raw("</fieldset>\n");
        to.raw(
            "<label class=\"field\"><span>Search</span><input type=\"search\" name=\"q\" \
             placeholder=\"name, message, path\"></label>\n\
             <label class=\"field\"><span>Check</span><select name=\"check\">\
             <option value=\"\">all</option></select></label>\n\
             <label class=\"field\"><span>Namespace</span><select name=\"ns\">\
             <option value=\"\">all</option></select></label>\n\
             <label class=\"field\"><span>Kind</span><select name=\"kind\">\
             <option value=\"\">all</option></select></label>\n\
             <label class=\"field\"><span>File</span><input type=\"text\" name=\"file\" \
             placeholder=\"part of its name\"></label>\n\
             <label><input type=\"checkbox\" name=\"suppressed\"> show suppressed</label>\n\
             <span><button type=\"button\" id=\"reset\">Reset</button> \
             <button type=\"button\" id=\"unfold\">Open all</button> \
             <button type=\"button\" id=\"fold\">Close all</button></span>\n\
             <p id=\"shown\" role=\"status\"></p>\n</form>\n",
        );
    }

    fn unknown(&self, to: &mut Markup<'_>) {
        let unknown = self.report.unknown;
        if unknown.is_empty() {
            return;
        }
        to.raw("<section id=\"unknown\"><h2>Not decided</h2>\n<div class=\"scroll\"><table>");
        to.raw("<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Whose</th>");
        to.raw("<th scope=\"col\">Why</th><th scope=\"col\">Where</th></tr></thead><tbody>\n");
        for unknown in unknown.iter().take(MOST_ROWS) {
            to.raw("<tr><td>").text(unknown.check.id).raw("</td><td>");
            to.text(&subject(&unknown.subject)).raw("</td><td>").sentence(&unknown.reason);
            to.raw("</td><td>");
            place(&unknown.location, to);
            to.raw("</td></tr>\n");
        }
        to.raw("</tbody></table></div>");
        left_out(unknown.len(), to);
        to.raw("</section>\n");
    }

    fn notices(&self, to: &mut Markup<'_>) {
        let notices = self.report.notices;
        if notices.is_empty() {
            return;
        }
        to.raw("<section id=\"notices\"><h2>Exceptions that need a look</h2>\n");
        to.raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">What</th>");
        to.raw("<th scope=\"col\">Why</th><th scope=\"col\">Where</th></tr></thead><tbody>\n");
        for notice in notices.iter().take(MOST_ROWS) {
            to.raw("<tr><td>").raw(notice.kind.name()).raw("</td><td>").sentence(&notice.message);
            to.raw("</td><td>");
            place(&notice.location, to);
            to.raw("</td></tr>\n");
        }
        to.raw("</tbody></table></div>");
        left_out(notices.len(), to);
        to.raw("</section>\n");
    }

    /// The framework that selected the checks; all of them where none did.
    fn frameworks(&self, to: &mut Markup<'_>) {
        to.raw("<section id=\"frameworks\"><h2>Frameworks</h2>\n<p class=\"soft\">What each ");
        to.raw("control came to in what was read. Controls that manifests can't decide are ");
        to.raw("listed too.</p>\n");
        match self.report.framework {
            Some(framework) => self.framework(framework, true, to),
            None => {
                for framework in FRAMEWORKS {
                    self.framework(framework, false, to);
                }
            }
        }
        to.raw("</section>\n");
    }

    fn framework(&self, framework: &Framework, open: bool, to: &mut Markup<'_>) {
        let results = summarise(framework, self.report);
        to.raw("<details").raw(if open { " open" } else { "" }).raw("><summary><h3>");
        to.text(framework.title).raw("</h3> <span class=\"counts soft\">");
        let counts = count(&results).filter(|(_, count)| *count > 0);
        for (index, (name, count)) in counts.enumerate() {
            to.raw(if index > 0 { ", " } else { "" }).grouped(count).raw(" ");
            to.text(&name.replace('-', " "));
        }
        to.raw("</span></summary>\n<div class=\"scroll\"><table><thead><tr>");
        to.raw("<th scope=\"col\">Control</th><th scope=\"col\">Status</th>");
        to.raw("<th scope=\"col\">Asks for</th><th scope=\"col\">Checks</th>");
        to.raw("<th scope=\"col\" class=\"n\">Findings</th></tr></thead><tbody>\n");
        for result in &results {
            self.control(result, to);
        }
        to.raw("</tbody></table></div></details>\n");
    }

    fn control(&self, result: &ControlResult, to: &mut Markup<'_>) {
        let status = result.status.name();
        to.raw("<tr><td>").text(result.control.id).raw("</td><td><span class=\"badge ");
        to.raw(status).raw("\">").text(&status.replace('-', " ")).raw("</span></td><td>");
        to.text(result.control.title);
        if let Status::NotDecided(why) = result.status {
            to.raw(": <span class=\"soft\">").text(why).raw("</span>");
        }
        to.raw("</td><td>");
        for (index, check) in result.checks.iter().enumerate() {
            to.raw(if index > 0 { ", " } else { "" });
            if self.failed.iter().any(|failed| failed.check == *check) {
                to.raw("<a href=\"#check-").text(check.id).raw("\">").text(check.id).raw("</a>");
            } else {
                to.text(check.id);
            }
        }
        to.raw("</td><td class=\"n\">").grouped(result.findings);
        if result.suppressed > 0 {
            to.raw(" (+").grouped(result.suppressed).raw(" suppressed)");
        }
        to.raw("</td></tr>\n");
    }

    fn ran(&self, to: &mut Markup<'_>) {
        to.raw("<section id=\"ran\"><h2>Checks that ran</h2>\n<details><summary>");
        to.counted(self.report.tallies.len() as u64, "check");
        to.raw(" and what each said</summary>\n<div class=\"scroll\"><table><thead><tr>");
        to.raw("<th scope=\"col\">Check</th><th scope=\"col\">What is wrong</th>");
        to.raw("<th scope=\"col\" class=\"n\">Passes</th><th scope=\"col\" class=\"n\">Fails</th>");
        to.raw("<th scope=\"col\" class=\"n\">Not decided</th>");
        to.raw("<th scope=\"col\" class=\"n\">Not applicable</th></tr></thead><tbody>\n");
        for (check, tally) in self.report.tallies {
            to.raw("<tr><td>").text(check.id).raw("</td><td>").text(check.title);
            for count in [tally.pass, tally.fail, tally.unknown, tally.not_applicable] {
                to.raw("</td><td class=\"n\">").grouped(count.into());
            }
            to.raw("</td></tr>\n");
        }
        to.raw("</tbody></table></div></details></section>\n");
    }

    fn coverage(&self, to: &mut Markup<'_>) {
        let parts = &self.report.coverage.parts;
        to.raw("<section id=\"coverage\"><h2>What was read</h2>\n");
        let is = |kind: &'static str| {
            parts.iter().filter(move |part| match part.outcome {
                PartOutcome::Scanned { .. } => kind == "scanned",
                PartOutcome::NotKubernetes { .. } => kind == "other",
                PartOutcome::Template { .. } | PartOutcome::Unreadable { .. } => kind == "unread",
            })
        };
        for (kind, title, open) in [
            ("unread", "Not read, though it may hold objects", true),
            ("other", "Holds no Kubernetes object", false),
            ("scanned", "Scanned", false),
        ] {
            let count = is(kind).count();
            if count == 0 {
                continue;
            }
            to.raw(if open { "<details open><summary>" } else { "<details><summary>" });
            to.raw("<h3>").raw(title).raw("</h3> <span class=\"counts soft\">");
            to.grouped(count as u64).raw("</span></summary>\n<div class=\"scroll\"><table><thead>");
            to.raw("<tr><th scope=\"col\">What</th><th scope=\"col\">Where</th>");
            to.raw("<th scope=\"col\">Details</th></tr></thead><tbody>\n");
            for part in is(kind).take(MOST_ROWS) {
                to.raw("<tr><td><span class=\"badge ").raw(part.outcome.name()).raw("\">");
                to.text(&part.outcome.name().replace('-', " ")).raw("</span></td><td>");
                to.text(&part.file);
                if part.line > 0 {
                    to.raw(":").number(part.line.into());
                }
                if let PartOutcome::Unreadable { column, .. } = part.outcome
                    && column > 0
                {
                    to.raw(":").number(column.into());
                }
                to.raw("</td><td>").text(&part.outcome.to_string()).raw("</td></tr>\n");
            }
            to.raw("</tbody></table></div>");
            left_out(count, to);
            to.raw("</details>\n");
        }
        to.raw("</section>\n");
    }
}

/// What a check asks for and why.
fn check(failed: &Failed, to: &mut Markup<'_>) {
    let Failed { check, severity, count, suppressed } = failed;
    to.raw("<details class=\"doc\" id=\"check-").text(check.id).raw("\"><summary>");
    to.raw("<span class=\"badge ").raw(severity.name()).raw("\">").raw(severity.name());
    to.raw("</span> <h3>").text(check.title).raw("</h3> <span class=\"counts soft\">");
    if *count > 0 || *suppressed == 0 {
        to.counted(*count, "finding");
    }
    if *suppressed > 0 {
        to.raw(if *count > 0 { ", " } else { "" });
        to.grouped(*suppressed).raw(" suppressed");
    }
    to.raw("</span></summary>\n<p><code>").text(check.id).raw("</code> · ");
    to.raw("<a href=\"#check=").text(check.id);
    to.raw(if *count > 0 { "" } else { "&amp;suppressed=yes" });
    to.raw("\">show its findings</a></p>\n").markdown(check.remedy);
    to.raw("<h4>Why</h4>\n").markdown(check.rationale);
    let links: Vec<&str> = check.links.iter().copied().filter(|link| is_web(link)).collect();
    if !links.is_empty() {
        to.raw("<h4>Read further</h4>\n<ul>");
        for link in links {
            to.raw("<li><a rel=\"noreferrer\" href=\"").text(link).raw("\">").text(link);
            to.raw("</a></li>");
        }
        to.raw("</ul>\n");
    }
    to.raw("</details>\n");
}

fn place(location: &Location, to: &mut Markup<'_>) {
    let place = Place::of(location);
    to.text(place.file).raw(":").number(place.start.line.into());
    to.raw(":").number(place.start.column.into());
}

/// A word on the rows that did not fit.
fn left_out(rows: usize, to: &mut Markup<'_>) {
    let cut = rows.saturating_sub(MOST_ROWS) as u64;
    if cut > 0 {
        to.raw("<p class=\"note\">").counted(cut, "row");
        to.raw(" more had no room here. The JSON report holds all.</p>");
    }
}
