//! Tells an unrendered template from a manifest.
//!
//! Helm's braces often parse as YAML (`replicas: {{ .Values.n }}` is a map with a map as its key),
//! so a template may not fail to parse; read as it stands, it would be scanned as nonsense.
//! Manifests, on the other hand, hold braces of their own in strings: Argo's parameters,
//! Prometheus' annotations. Those are quoted or in block scalars, or do not speak of Helm.

use seawall_model::document::{Document, Kind, Reading};

/// The language that a text is a template of, if it is one.
pub(crate) fn engine_of(text: &str, reading: &Reading) -> Option<&'static str> {
    if reading.error.is_some() {
        return marker(text);
    }
    memchr::memmem::find(text.as_bytes(), b"{{")?;
    reading.documents.iter().any(has_actions).then(|| go_dialect(text))
}

fn marker(text: &str) -> Option<&'static str> {
    let has = |what: &str| memchr::memmem::find(text.as_bytes(), what.as_bytes()).is_some();
    if has("{%") {
        Some("Jinja")
    } else if has("{{") {
        Some(go_dialect(text))
    } else if has("<%") {
        Some("ERB")
    } else {
        None
    }
}

/// Helm's objects and functions, which plain Go templates do not have.
fn go_dialect(text: &str) -> &'static str {
    const HELM: &[&str] =
        &[".Values", ".Release", ".Chart", ".Capabilities", "include \"", "toYaml", "nindent"];
    if HELM.iter().any(|word| text.contains(word)) { "Helm" } else { "Go" }
}

/// Whether values that were written without quotes hold template actions.
fn has_actions(document: &Document) -> bool {
    let source = document.source().text();
    document.nodes().any(|node| match node.kind() {
        Kind::Map | Kind::Seq => {
            node.is_flow() && source[node.span().start as usize..].starts_with("{{")
        }
        Kind::Str if node.is_plain() => has_action(node.text()),
        _ => false,
    })
}

/// Whether a plain scalar holds an action of a Go template: one that starts with a field (`.x`),
/// a variable (`$x`), a keyword or a function of Helm.
fn has_action(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "if ",
        "else",
        "end",
        "range ",
        "with ",
        "define ",
        "template ",
        "include ",
        "toYaml ",
        "tpl ",
        "default ",
        "quote ",
        "printf ",
        "required ",
        "lookup ",
        "int ",
    ];
    text.split("{{").skip(1).any(|action| {
        let action = action.strip_prefix('-').unwrap_or(action).trim_start();
        action.starts_with(['.', '$']) || WORDS.iter().any(|word| action.starts_with(word))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seawall_model::Source;
    use seawall_model::document::{Limits, chunks, read};

    use super::*;

    fn engine(text: &str) -> Option<&'static str> {
        let source = Arc::new(Source::new("t", text.to_owned()));
        let chunk = chunks(&source)[0];
        engine_of(text, &read(&source, chunk, &Limits::default()))
    }

    #[test]
    fn accepts_templates() {
        for text in [
            "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
            "kind: Pod\nspec:\n  replicas: {{ .Values.n }}\n",
            "{{- if .Values.on }}\nkind: Pod\n{{- end }}\n",
            "kind: Pod\nmetadata:\n  labels:\n    {{- include \"x\" . | nindent 4 }}\n",
            "kind: Pod\nmetadata:\n  name: web-{{ .Values.name }}\n",
        ] {
            assert_eq!(engine(text), Some("Helm"), "{text}");
        }
        assert_eq!(engine("kind: Pod\nname: x-{{ $name }}\n"), Some("Go"));
        assert_eq!(engine("{% if x %}\nkind: Pod\n{% endif %}\n"), Some("Jinja"));
        assert_eq!(engine("<% if x %>\n- kind: Pod\n\t- b\n"), Some("ERB"));
    }

    #[test]
    fn rejects_manifests_with_braces_of_their_own() {
        for text in [
            "kind: Workflow\nargs: [\"{{inputs.parameters.x}}\"]\n",
            "kind: Workflow\nname: step-{{inputs.parameters.x}}\n",
            "kind: Rule\nsummary: 'on {{ $labels.instance }}'\n",
            "kind: ConfigMap\ndata:\n  t: |\n    {{ .Values.x }}\n",
            "kind: Pod\nlabels: {}\n",
        ] {
            assert_eq!(engine(text), None, "{text}");
        }
    }
}
