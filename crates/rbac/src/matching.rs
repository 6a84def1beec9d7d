//! When a word of a rule covers a word of a request: the heart of the authorizer.

/// Whether a rule's resource matches the one that is asked for, `pods` or `pods/exec`.
///
/// `ResourceMatches` of `pkg/apis/rbac/v1/evaluation_helpers.go`: `*`, the exact word, or
/// `*/subresource`. So `pods/*` and `*/*` match no resource that there is, and `pods` does not
/// match `pods/exec`.
pub fn resource_matches(written: &str, asked: &str) -> bool {
    written == "*"
        || written == asked
        || written.strip_prefix("*/").is_some_and(|sub| {
            !sub.is_empty() && asked.split_once('/').is_some_and(|(_, asked)| asked == sub)
        })
}

/// Whether a rule's URL matches a path: exactly, or as a prefix where it ends in `*`.
///
/// `NonResourceURLMatches` of the same file; all asterisks at the end are dropped from the prefix.
pub fn url_matches(written: &str, path: &str) -> bool {
    written == path || url_prefix(written).is_some_and(|prefix| path.starts_with(prefix))
}

/// The prefix that a URL of a rule stands for, if it ends in `*`.
pub(crate) fn url_prefix(written: &str) -> Option<&str> {
    written.ends_with('*').then(|| written.trim_end_matches('*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_as_the_api_server_matches_them() {
        for (written, asked, expected) in [
            ("*", "pods", true),
            ("*", "pods/exec", true),
            ("pods", "pods", true),
            ("pods", "pods/exec", false),
            ("pods/exec", "pods/exec", true),
            ("pods/exec", "pods", false),
            ("*/exec", "pods/exec", true),
            ("*/exec", "exec", false),
            ("pods/*", "pods/exec", false),
            ("*/*", "pods/exec", false),
            ("*/", "pods", false),
            ("", "pods", false),
        ] {
            assert_eq!(resource_matches(written, asked), expected, "{written} of {asked}");
        }
    }

    #[test]
    fn urls_as_the_api_server_matches_them() {
        for (written, path, expected) in [
            ("*", "/metrics", true),
            ("/metrics", "/metrics", true),
            ("/metrics", "/metrics/x", false),
            ("/api/*", "/api/v1", true),
            ("/api/*", "/api", false),
            ("/api**", "/api", true),
            ("/*/v1", "/api/v1", false),
        ] {
            assert_eq!(url_matches(written, path), expected, "{written} of {path}");
        }
    }
}
