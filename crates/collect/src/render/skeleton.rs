//! Where do the lines of a rendered document stand in its template?
//!
//! A template with its actions (`{{ … }}`) taken out is a skeleton of its documents: keys and list
//! items, nested by indentation. A rendered line is found in it from the top down: below the place
//! of its parent, by its key and by the text around the actions. What a template repeats (`range`)
//! is one line for many; what it includes from elsewhere stands nowhere in it, and is said to be
//! near its parent. Where two lines of a template could have made a rendered one, neither is
//! claimed unless their order or what stands below them decides.

use std::cell::Cell;
use std::collections::HashMap;

use seawall_model::LineOrigin;

/// Stands for an action in a line.
const ACTION: char = '\u{1}';

/// Comparisons of lines that a template is worth, a second or two; what would take more is not
/// claimed.
const COMPARISONS: u64 = 20_000_000;

/// Lines of one parent that could all have made a rendered one; among more none is looked for.
const ALIKE: usize = 64;

/// A template, ready to find lines in.
pub(crate) struct Template {
    /// Comparisons that are left.
    budget: Cell<u64>,
    lines: Vec<Line>,
    /// Documents, as ranges of `lines`: what stands between lines of `---`.
    documents: Vec<std::ops::Range<usize>>,
}

/// One line that holds more than blanks and actions.
#[derive(Debug)]
struct Line {
    /// From 1.
    number: u32,
    /// Without blanks around it, and with [`ACTION`]s.
    text: String,
    /// Columns of indentation.
    indent: u32,
    /// The column just past the last character, actions as they are written.
    end: u32,
    /// How deep it stands: two for a column, one more for an item, so that a list may stand at the
    /// column of its key.
    level: u32,
    parent: Option<usize>,
}

impl Template {
    pub(crate) fn new(text: &str) -> Self {
        let masked = mask(text);
        let mut lines = Vec::new();
        let mut documents = Vec::new();
        let mut from = 0;
        for (index, (masked, written)) in masked.split('\n').zip(text.split('\n')).enumerate() {
            if masked.starts_with("---") && masked[3..].trim_matches([' ', '\r', ACTION]).is_empty()
            {
                documents.push(from..lines.len());
                from = lines.len();
            } else if let Some(line) = line(index, masked, written) {
                lines.push(line);
            }
        }
        documents.push(from..lines.len());
        documents.retain(|range| !range.is_empty());
        for range in &documents {
            nest(&mut lines, range.clone());
        }
        Template { budget: Cell::new(COMPARISONS), lines, documents }
    }

    /// The origin of each line of a rendered document.
    pub(crate) fn origins(&self, rendered: &str) -> Vec<LineOrigin> {
        let count = rendered.split('\n').count();
        let mut lines: Vec<Line> = rendered
            .split('\n')
            .enumerate()
            .filter_map(|(index, text)| line(index, text, text))
            .collect();
        let all = 0..lines.len();
        nest(&mut lines, all);
        let found = self.best(&lines);
        self.spread(&lines, &found, count)
    }

    /// The lines found in that document of the template in which most are; in none where two are
    /// equally good.
    fn best(&self, rendered: &[Line]) -> Vec<Option<usize>> {
        let mut best: (usize, Vec<Option<usize>>) = (0, vec![None; rendered.len()]);
        let mut tied = false;
        for range in &self.documents {
            let search = Search::new(self, range.clone(), rendered);
            // Setting out costs as much as some comparisons.
            search.spend(32 + range.len() + rendered.len());
            let found = search.run();
            if self.budget.get() == 0 {
                return vec![None; rendered.len()];
            }
            // A line that is there as it is says more than a pattern that would fit much.
            let score = found.iter().zip(rendered).filter_map(|(found, line)| {
                Some(if self.lines[(*found)?].text == line.text { 4 } else { 1 })
            });
            let score = score.sum();
            if score > best.0 {
                best = (score, found);
                tied = false;
            } else if score == best.0 {
                tied = true;
            }
        }
        if tied { vec![None; rendered.len()] } else { best.1 }
    }

    /// Gives every line of a rendered text its origin: its own, or that of what it stands below.
    fn spread(&self, rendered: &[Line], found: &[Option<usize>], count: usize) -> Vec<LineOrigin> {
        let near = |line: &Line| LineOrigin::Near {
            line: line.number,
            from: line.indent + 1,
            to: line.end,
        };
        let head = (rendered.iter().zip(found))
            .filter(|(line, _)| line.text.starts_with("kind:"))
            .find_map(|(_, found)| Some(near(&self.lines[(*found)?])))
            .unwrap_or(LineOrigin::Near { line: 1, from: 1, to: 1 });
        let mut origins = vec![head; count];
        for (index, (line, own)) in rendered.iter().zip(found).enumerate() {
            origins[line.number as usize - 1] = match own {
                Some(at) => {
                    let at = &self.lines[*at];
                    if at.text == line.text {
                        let shift = at.indent.cast_signed() - line.indent.cast_signed();
                        LineOrigin::Same { line: at.number, shift }
                    } else {
                        LineOrigin::Made { line: at.number, from: at.indent + 1, to: at.end }
                    }
                }
                None => {
                    let mut above = rendered[index].parent;
                    loop {
                        match above {
                            None => break head,
                            Some(parent) => match found[parent] {
                                Some(at) => break near(&self.lines[at]),
                                None => above = rendered[parent].parent,
                            },
                        }
                    }
                }
            };
        }
        origins
    }
}

/// The search for a rendered document in one document of a template.
struct Search<'a> {
    budget: &'a Cell<u64>,
    template: &'a [Line],
    rendered: &'a [Line],
    /// The template's lines by what they stand below (`None` is the document) and by their key.
    below: HashMap<(Option<usize>, Option<&'a str>), Vec<usize>>,
    rendered_below: HashMap<Option<usize>, Vec<usize>>,
    found: Vec<Option<usize>>,
}

impl<'a> Search<'a> {
    fn new(of: &'a Template, range: std::ops::Range<usize>, rendered: &'a [Line]) -> Self {
        let template = of.lines.as_slice();
        let mut below: HashMap<_, Vec<_>> = HashMap::new();
        for at in range {
            let line = &template[at];
            below.entry((line.parent, key(&line.text))).or_default().push(at);
        }
        let mut rendered_below: HashMap<_, Vec<_>> = HashMap::new();
        for (at, line) in rendered.iter().enumerate() {
            rendered_below.entry(line.parent).or_default().push(at);
        }
        let found = vec![None; rendered.len()];
        Search { budget: &of.budget, template, rendered, below, rendered_below, found }
    }

    fn spend(&self, comparisons: usize) {
        self.budget.set(self.budget.get().saturating_sub(comparisons as u64));
    }

    fn run(mut self) -> Vec<Option<usize>> {
        // Parents stand before their children, so theirs is decided when it is needed.
        let mut parents = vec![None];
        parents.extend((0..self.rendered.len()).map(Some));
        for parent in parents {
            let place = match parent {
                None => None,
                Some(parent) => match self.found[parent] {
                    None => continue,
                    place => place,
                },
            };
            let Some(children) = self.rendered_below.get(&parent) else { continue };
            let candidates: Vec<Vec<usize>> =
                children.iter().map(|&child| self.candidates(child, place)).collect();
            let mut rivals: HashMap<&[usize], Vec<usize>> = HashMap::new();
            for (&child, candidates) in children.iter().zip(&candidates) {
                rivals.entry(candidates).or_default().push(child);
            }
            for (&child, candidates) in children.iter().zip(&candidates) {
                self.found[child] = self.choose(child, candidates, &rivals[&**candidates]);
            }
        }
        self.found
    }

    /// The lines below `place` that could have made a rendered line: those with its key, or where
    /// there are none, those whose key is an action.
    fn candidates(&self, rendered: usize, place: Option<usize>) -> Vec<usize> {
        let line = &self.rendered[rendered];
        let fits = |at: &usize| {
            let of = &self.template[*at];
            (of.level % 2 == line.level % 2) && matches(&of.text, &line.text)
        };
        for key in [key(&line.text), None] {
            let Some(below) = self.below.get(&(place, key)).filter(|b| b.len() <= ALIKE) else {
                continue;
            };
            self.spend(below.len());
            let found: Vec<usize> = below.iter().copied().filter(fits).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Which of the candidates made a rendered line; `rivals` are all lines beside it, itself
    /// included, that have the same.
    fn choose(&self, rendered: usize, candidates: &[usize], rivals: &[usize]) -> Option<usize> {
        if candidates.len() < 2 {
            return candidates.first().copied();
        }
        if self.budget.get() == 0 {
            return None;
        }
        // What stands below tells list items apart.
        let agreement = |&candidate: &usize| self.agreement(rendered, candidate);
        let scores: Vec<usize> = candidates.iter().map(agreement).collect();
        let most = *scores.iter().max()?;
        let mut best = candidates.iter().zip(&scores).filter(|(_, score)| **score == most);
        let first = best.next().map(|(candidate, _)| *candidate);
        if best.next().is_none() {
            return first;
        }
        // As many as there are lines to come from, each in its place.
        let order = rivals.iter().position(|&rival| rival == rendered)?;
        (rivals.len() == candidates.len()).then(|| candidates[order])
    }

    /// How many of the lines directly below a rendered one fit lines below the candidate, the line
    /// itself included where it stands there as it is.
    fn agreement(&self, rendered: usize, candidate: usize) -> usize {
        let same = self.rendered[rendered].text == self.template[candidate].text;
        let children = self.rendered_below.get(&Some(rendered)).map_or(&[][..], Vec::as_slice);
        let fit = |&&child: &&usize| !self.candidates(child, Some(candidate)).is_empty();
        usize::from(same) + children.iter().filter(fit).count()
    }
}

/// Takes the actions out of a template; their line ends stay. The blanks that an action trims go
/// with it where there is something else on their line.
fn mask(text: &str) -> String {
    const BLANKS: [char; 2] = [' ', '\t'];
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        masked.push_str(&rest[..start]);
        let (action, after) = rest[start..].split_at(action_length(&rest[start..]));
        let kept = masked.trim_end_matches(BLANKS).len();
        if action.starts_with("{{- ")
            && !masked[..kept].is_empty()
            && !masked[..kept].ends_with('\n')
        {
            masked.truncate(kept);
        }
        masked.push(ACTION);
        masked.extend(action.chars().filter(|c| *c == '\n'));
        rest = if action.ends_with(" -}}") { after.trim_start_matches(BLANKS) } else { after };
    }
    masked.push_str(rest);
    masked
}

/// The length of the action that a text starts with; strings and comments in it may hold `}}`.
fn action_length(text: &str) -> usize {
    let inner = text[2..].trim_start_matches('-').trim_start();
    if inner.starts_with("/*") {
        let comment_end = text.find("*/").map_or(text.len(), |at| at + 2);
        return text[comment_end..].find("}}").map_or(text.len(), |at| comment_end + at + 2);
    }
    let mut quote = None;
    let mut chars = text.char_indices().skip(2).peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some('"') if c == '\\' => {
                chars.next();
            }
            Some(open) if c == open || (c == '\n' && open == '"') => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None if c == '}' && text[at..].starts_with("}}") => return at + 2,
            None => {}
        }
    }
    text.len()
}

/// A line with content; `None` for blanks, comments and lines of actions alone.
fn line(index: usize, masked: &str, written: &str) -> Option<Line> {
    let text = masked.trim();
    let indent = masked.chars().take_while(|c| *c == ' ').count() as u32;
    if text.trim_matches([' ', ACTION]).is_empty() {
        return None;
    }
    let item = text == "-" || text.starts_with("- ") || text.starts_with(&format!("-{ACTION}"));
    Some(Line {
        number: index as u32 + 1,
        text: text.to_owned(),
        indent,
        end: written.trim_end().chars().count() as u32 + 1,
        level: 2 * indent + u32::from(item),
        parent: None,
    })
}

/// Sets the parents of the lines of a document.
fn nest(lines: &mut [Line], range: std::ops::Range<usize>) {
    let mut open: Vec<usize> = Vec::new();
    for at in range {
        // Comments stand beside the structure: only lines like them are looked for.
        let comment = lines[at].text.starts_with('#');
        while open.last().is_some_and(|&last| !comment && lines[last].level >= lines[at].level) {
            open.pop();
        }
        lines[at].parent = open.last().copied().filter(|_| !comment);
        if !comment {
            open.push(at);
        }
    }
}

/// What stands before a line's colon, or all of it where there is none: what a line of a template
/// and the one that it becomes have in common. `None` where there is an action in it, so that it
/// may become any.
fn key(text: &str) -> Option<&str> {
    let key = text.split(':').next().unwrap_or_default();
    (!key.contains(ACTION)).then_some(key)
}

/// Whether a template's line can become a rendered one. An action may give nothing, also no blank
/// before it.
fn matches(template: &str, rendered: &str) -> bool {
    let mut parts = template.split(ACTION);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = rendered.strip_prefix(first).or_else(|| {
        let first = first.trim_end();
        (template.contains(ACTION) && rendered == first).then_some("")
    }) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the template, with `=` for those that stand there, `~` for those made of
    /// them, and `?` for those that are near.
    fn found(template: &str, rendered: &str) -> Vec<String> {
        Template::new(template)
            .origins(rendered.trim_end())
            .into_iter()
            .map(|origin| match origin {
                LineOrigin::Same { line, .. } => format!("{line}="),
                LineOrigin::Made { line, .. } => format!("{line}~"),
                LineOrigin::Near { line, .. } => format!("{line}?"),
            })
            .collect()
    }

    const DEPLOYMENT: &str = r#"{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "x.name" . }}-web
  labels:
    {{- include "x.labels" . | nindent 4 }}
spec:
  template:
    spec:
      containers:
      - name: {{ .Chart.Name }}
        securityContext:
          privileged: {{ .Values.privileged }}
        {{- with .Values.more }}
        image: "{{ .repository }}:{{ .tag }}"
        {{- end }}
      - name: sidecar
        securityContext:
          privileged: true
      {{- range .Values.extra }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
"#;

    #[test]
    fn finds_fields_of_containers_and_what_is_included_near_its_parent() {
        let rendered = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-web
  labels:
    app: shop
spec:
  template:
    spec:
      containers:
      - name: shop
        securityContext:
          privileged: true
        image: \"a/b:1\"
      - name: sidecar
        securityContext:
          privileged: true
      volumes:
        - name: v
";
        assert_eq!(
            found(DEPLOYMENT, rendered),
            [
                "2=", "3=", "4=", "5~", "6=", "6?", "8=", "9=", "10=", "11=", "12~", "13=", "14~",
                "16~", "18=", "19=", "20=", "22=", "22?",
            ]
        );
    }

    #[test]
    fn what_is_repeated_comes_from_one_line() {
        let template = "kind: Pod
spec:
  containers:
  {{- range .Values.containers }}
    - name: {{ .name }}
      image: {{ .image }}
  {{- end }}
";
        let rendered = "kind: Pod
spec:
  containers:
    - name: a
      image: x
    - name: b
      image: y
";
        assert_eq!(found(template, rendered), ["1=", "2=", "3=", "5~", "6~", "5~", "6~"]);
    }

    #[test]
    fn claims_neither_of_two_branches() {
        let template = "kind: Pod
spec:
  {{- if .Values.a }}
  hostPID: {{ .Values.b }}
  {{- else }}
  hostPID: {{ .Values.c }}
  {{- end }}
";
        assert_eq!(found(template, "kind: Pod\nspec:\n  hostPID: true\n"), ["1=", "2=", "2?"]);
    }

    #[test]
    fn finds_the_document_of_a_template() {
        let template = "kind: A\nname: {{ .x }}-a\nv: 1\n---\nkind: B\nname: {{ .x }}-b\nv: 1\n";
        assert_eq!(found(template, "kind: B\nname: shop-b\nv: 1\n"), ["5=", "6~", "7="]);
        assert_eq!(found(template, "kind: A\nname: shop-a\nv: 1\n"), ["1=", "2~", "3="]);
        let twins = "kind: A\nv: {{ .x }}\n---\nkind: A\nv: {{ .y }}\n";
        assert_eq!(found(twins, "kind: A\nv: 1\n"), ["1?", "1?"]);
    }

    #[test]
    fn comments_are_found_by_their_text() {
        let template = "kind: Pod\nspec:\n  # seawall: ignore[host-pid] why\n  hostPID: {{ .p }}\n";
        let rendered = "kind: Pod\nspec:\n  # seawall: ignore[host-pid] why\n  hostPID: true\n";
        assert_eq!(found(template, rendered), ["1=", "2=", "3=", "4~"]);
    }

    #[test]
    fn actions_end_where_they_end() {
        assert_eq!(mask("a: {{ \"}}\" }} b"), "a: \u{1} b");
        assert_eq!(mask("{{/* }} \n */}}c"), "\u{1}\nc");
        assert_eq!(mask("a: {{- `}}` -}}  b"), "a:\u{1}b");
        assert_eq!(mask("a:\n  {{- x }}"), "a:\n  \u{1}");
        assert_eq!(mask("a: {{ x"), "a: \u{1}");
    }

    #[test]
    fn huge_templates_cost_no_more_than_they_are_worth() {
        let flat: String = (0..20_000).map(|i| format!("  k{i}: {{{{ .x }}}}\n")).collect();
        let alike = "  same {{ .x }} line\n".repeat(20_000);
        let twins = "kind: B\nv: {{ .x }}\n---\n".repeat(2_000);
        for (text, expected) in [
            (format!("kind: A\ndata:\n{flat}"), "20002~"),
            (format!("kind: A\ndata: |\n{alike}"), "2?"),
            (twins, "1?"),
        ] {
            let template = Template::new(&text);
            let rendered = text.replace("{{ .x }}", "y");
            let last = rendered.trim_end().split("\n---").map(|of| template.origins(of)).last();
            let last = last.and_then(|origins| origins.last().copied());
            let said = match last.expect("there are lines") {
                LineOrigin::Same { line, .. } => format!("{line}="),
                LineOrigin::Made { line, .. } => format!("{line}~"),
                LineOrigin::Near { line, .. } => format!("{line}?"),
            };
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn columns_are_those_of_the_template() {
        let template = "kind: A\nspec:\n    b: {{ .x }}\n    c: d\n";
        let origins = Template::new(template).origins("kind: A\nspec:\n  b: true\n  c: d");
        assert_eq!(origins[2], LineOrigin::Made { line: 3, from: 5, to: 16 });
        assert_eq!(origins[3], LineOrigin::Same { line: 4, shift: 2 });
    }
}
