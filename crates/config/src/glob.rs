//! Texts and expressions of other tools as globs, as `seawall.yaml` has them.

/// The glob that matches a text alone.
pub(crate) fn escaped(text: &str) -> String {
    let mut glob = String::with_capacity(text.len());
    for c in text.chars() {
        if "*?[]{},\\".contains(c) {
            glob.extend(['[', c, ']']);
        } else {
            glob.push(c);
        }
    }
    glob
}

/// The glob that matches each of the texts alone.
pub(crate) fn any_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let globs: Vec<String> = texts.into_iter().map(escaped).collect();
    match &globs[..] {
        [one] => one.clone(),
        many => format!("{{{}}}", many.join(",")),
    }
}

/// The glob that matches what a regular expression matches anywhere in a text, if there is one.
///
/// Of names, which hold no line ends: a dot matches any character.
pub(crate) fn of_regex(regex: &str) -> Option<String> {
    // `^a|b$` is what begins with a, or ends with b.
    let globs: Vec<String> = regex.split('|').map(of_alternative).collect::<Option<_>>()?;
    Some(match &globs[..] {
        [one] => one.clone(),
        many => format!("{{{}}}", many.join(",")),
    })
}

fn of_alternative(regex: &str) -> Option<String> {
    let begins = regex.starts_with('^');
    let rest = regex.strip_prefix('^').unwrap_or(regex);
    let ends = rest.ends_with('$') && !rest.ends_with("\\$");
    let rest = if ends { &rest[..rest.len() - 1] } else { rest };
    let mut glob = String::new();
    if !begins {
        glob.push('*');
    }
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let one = match c {
            '.' => "?".to_owned(),
            '\\' => escaped(&chars.next().filter(char::is_ascii_punctuation)?.to_string()),
            '(' | ')' | '[' | ']' | '{' | '}' | '*' | '+' | '?' | '^' | '$' => return None,
            c => escaped(&c.to_string()),
        };
        match chars.peek() {
            Some('*') if c == '.' => glob.push('*'),
            Some('+') if c == '.' => glob.push_str("?*"),
            Some('*' | '+' | '?' | '{') => return None,
            _ => {
                glob.push_str(&one);
                continue;
            }
        }
        chars.next();
    }
    if !ends {
        glob.push('*');
    }
    Some(glob)
}

#[cfg(test)]
mod tests {
    use globset::Glob;
    use regex::Regex;

    use super::*;

    #[test]
    fn a_glob_matches_what_the_expression_matches() {
        let texts = ["", "web", "web-1", "xweb", "kube-system", "a.b", "axb", "db", "web|db"];
        for regex in
            ["^web$", "^web.*$", "^.*$", "^web|db$", "web", "^a\\.b$", "^a.b$", "^kube-.+$"]
        {
            let glob = of_regex(regex).expect("it has a glob");
            let glob = Glob::new(&glob).expect("it is a glob").compile_matcher();
            let regex = Regex::new(regex).expect("it is an expression");
            for text in texts {
                assert_eq!(glob.is_match(text), regex.is_match(text), "{regex} {text:?}");
            }
        }
        for regex in ["^a+$", "^[ab]$", "^(a|b)$", "^a{2}$", "^\\w$", "^ab?$"] {
            assert_eq!(of_regex(regex), None, "{regex}");
        }
    }

    #[test]
    fn an_escaped_text_matches_itself_alone() {
        for text in ["a*", "a?b", "[x]", "{a,b}", "a\\b", "a,b", "x]"] {
            let glob = Glob::new(&any_of([text, "other"])).expect("it is a glob").compile_matcher();
            assert!(glob.is_match(text), "{text}");
            assert!(!glob.is_match("a"), "{text}");
        }
    }
}
