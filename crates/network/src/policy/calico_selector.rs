//! Calico's selector language.
//!
//! Grammar: `libcalico-go/lib/selector/parser`: `all()`, `global()`, `has(k)`, `k == 'v'`,
//! `k != 'v'`, `k in {'a', 'b'}`, `k not in {…}`, `k contains 'v'`, `k starts with 'v'`,
//! `k ends with 'v'`, joined by `!`, `&&`, `||` and parentheses.

use std::borrow::Cow;

use crate::expression::{Expression, Scope, Value};

/// Deepest nesting of parentheses and negations.
const DEPTH: usize = 32;

/// Reads a selector over the labels of a scope.
pub(super) fn parse<'a>(text: &'a str, scope: Scope) -> Result<Expression<'a>, String> {
    let mut parser = Parser { text, rest: text, scope, depth: 0 };
    parser.space();
    if parser.rest.is_empty() {
        return Ok(Expression::All);
    }
    let expression = parser.or()?;
    if !parser.rest.is_empty() {
        return Err(parser.wrong());
    }
    Ok(expression)
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    scope: Scope,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn wrong(&self) -> String {
        let column = self.text.len() - self.rest.len() + 1;
        format!("{:?} is no selector of Calico: it breaks at character {column}", self.text)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// A word of the language, which must not run on into another.
    fn word(&mut self, word: &str) -> bool {
        let ends = self
            .rest
            .strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        ends && self.take(word)
    }

    fn or(&mut self) -> Result<Expression<'a>, String> {
        let mut one = self.and()?;
        while self.take("||") {
            one = one.or(self.and()?);
        }
        Ok(one)
    }

    fn and(&mut self) -> Result<Expression<'a>, String> {
        let mut one = self.term()?;
        while self.take("&&") {
            one = one.and(self.term()?);
        }
        Ok(one)
    }

    fn term(&mut self) -> Result<Expression<'a>, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("the selector is nested more than {DEPTH} deep"));
        }
        let term = self.operation()?;
        self.depth -= 1;
        Ok(term)
    }

    fn operation(&mut self) -> Result<Expression<'a>, String> {
        if self.take("(") {
            let inner = self.or()?;
            return if self.take(")") { Ok(inner) } else { Err(self.wrong()) };
        }
        if self.rest.starts_with('!') && !self.rest.starts_with("!=") {
            self.take("!");
            return Ok(self.term()?.negated());
        }
        for (name, expression) in [("all", Expression::All), ("global", Expression::Nothing)] {
            let called =
                self.rest.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('('));
            if called {
                self.take(name);
                return if self.take("(") && self.take(")") {
                    Ok(expression)
                } else {
                    Err(self.wrong())
                };
            }
        }
        if self.rest.strip_prefix("has").is_some_and(|rest| rest.trim_start().starts_with('(')) {
            self.take("has");
            self.take("(");
            let key = self.key()?;
            return if self.take(")") {
                Ok(self.test(key, Value::Exists))
            } else {
                Err(self.wrong())
            };
        }
        let key = self.key()?;
        if self.take("==") {
            let value = self.string()?;
            return Ok(self.test(key, Value::In(vec![value])));
        }
        if self.take("!=") {
            let value = self.string()?;
            return Ok(self.test(key, Value::In(vec![value])).negated());
        }
        if self.word("not") {
            if !self.word("in") {
                return Err(self.wrong());
            }
            let values = self.set()?;
            return Ok(self.test(key, Value::In(values)).negated());
        }
        if self.word("in") {
            let values = self.set()?;
            return Ok(self.test(key, Value::In(values)));
        }
        if self.word("contains") {
            let value = self.string()?;
            return Ok(self.test(key, Value::Contains(value)));
        }
        if self.word("starts") && self.word("with") {
            let value = self.string()?;
            return Ok(self.test(key, Value::StartsWith(value)));
        }
        if self.word("ends") && self.word("with") {
            let value = self.string()?;
            return Ok(self.test(key, Value::EndsWith(value)));
        }
        Err(self.wrong())
    }

    /// Labels that Calico makes of a pod's place are what they stand for.
    fn test(&self, key: &'a str, value: Value<'a>) -> Expression<'a> {
        match (self.scope, key, value) {
            (Scope::Pod, "projectcalico.org/namespace", Value::In(names)) => {
                Expression::InNamespace(names)
            }
            (Scope::Pod, "projectcalico.org/serviceaccount", Value::In(names)) => {
                Expression::Account(names)
            }
            (Scope::Namespace, "projectcalico.org/name", Value::In(names)) => {
                Expression::InNamespace(names)
            }
            (Scope::Pod, "projectcalico.org/orchestrator", Value::In(names)) => {
                if names.iter().any(|name| name == "k8s") {
                    Expression::All
                } else {
                    Expression::Nothing
                }
            }
            (_, "projectcalico.org/namespace" | "projectcalico.org/name", Value::Exists) => {
                Expression::All
            }
            (scope, key, value) => Expression::Label(scope, Cow::Borrowed(key), value),
        }
    }

    fn key(&mut self) -> Result<&'a str, String> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')))
            .unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.wrong());
        }
        let (key, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(key)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, String> {
        let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            return Err(self.wrong());
        };
        let inner = &self.rest[1..];
        let Some(end) = inner.find(quote) else { return Err(self.wrong()) };
        self.rest = inner[end + 1..].trim_start();
        Ok(Cow::Borrowed(&inner[..end]))
    }

    fn set(&mut self) -> Result<Vec<Cow<'a, str>>, String> {
        if !self.take("{") {
            return Err(self.wrong());
        }
        let mut values = Vec::new();
        while !self.take("}") {
            values.push(self.string()?);
            if !self.take(",") && !self.rest.starts_with('}') {
                return Err(self.wrong());
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label<'a>(key: &'a str, value: Value<'a>) -> Expression<'a> {
        Expression::Label(Scope::Pod, key.into(), value)
    }

    #[test]
    fn reads_every_operator() {
        let one = |text| parse(text, Scope::Pod).expect("the selector is one");
        assert_eq!(one(""), Expression::All);
        assert_eq!(one("all()"), Expression::All);
        assert_eq!(one("has( a.b/c )"), label("a.b/c", Value::Exists));
        assert_eq!(one("!has(a)"), label("a", Value::Exists).negated());
        let a = || label("a", Value::In(vec!["x".into()]));
        assert_eq!(one("a == 'x'"), a());
        assert_eq!(one("a=='x' && has(b)"), a().and(label("b", Value::Exists)));
        assert_eq!(one("a != \"x\""), a().negated());
        assert_eq!(one("a not in {'x'} || all()"), a().negated().or(Expression::All));
        assert_eq!(one("a in { 'x' }"), a());
        assert_eq!(one("a starts with 'x'"), label("a", Value::StartsWith("x".into())));
        assert_eq!(one("a ends with 'x'"), label("a", Value::EndsWith("x".into())));
        assert_eq!(one("a contains 'x'"), label("a", Value::Contains("x".into())));
        assert_eq!(one("(a == 'x')"), a());
        assert_eq!(one("all == 'x'"), label("all", Value::In(vec!["x".into()])));
        let space = one("projectcalico.org/namespace == 'shop'");
        assert_eq!(space, Expression::InNamespace(vec!["shop".into()]));
    }

    #[test]
    fn says_where_it_breaks() {
        for wrong in [
            "a ==",
            "a = 'x'",
            "a in 'x'",
            "a in {'x'",
            "(all()",
            "all() all()",
            "é",
            "has(a",
            "a == 'x",
        ] {
            let error = parse(wrong, Scope::Pod).expect_err(wrong);
            assert!(error.contains("breaks at character"), "{error}");
        }
        let deep = "!".repeat(100_000) + "all()";
        assert!(parse(&deep, Scope::Pod).expect_err("too deep").contains("nested"));
    }
}
