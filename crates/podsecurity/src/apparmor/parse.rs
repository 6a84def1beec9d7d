//! From the text of a policy file to its parts.

use super::lexer::{Lexer, Token, Unclosed};
use super::policy::{
    CAPABILITIES, FLAGS, File, Flag, Include, Policy, Profile, Qualifiers, Rule, RuleKind, Variable,
};
use crate::Place;

/// Largest file that is read, in bytes.
const MOST_BYTES: usize = 8 << 20;
/// Deepest nesting of profiles and blocks.
const MOST_DEPTH: u32 = 32;

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {cause}", place.line, place.column)]
pub struct ParseError {
    /// The name of the file.
    pub file: String,
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub cause: String,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// Where it is not of the language that `apparmor_parser` reads.
    pub fn parse(name: &str, text: &str) -> Result<Policy, ParseError> {
        if text.len() > MOST_BYTES {
            return Err(ParseError {
                file: name.to_owned(),
                place: Place { line: 1, column: 1 },
                cause: format!("{} bytes are no policy; at most {MOST_BYTES} are read", text.len()),
            });
        }
        let mut parser = Parser { file: name, lexer: Lexer::new(text), held: None };
        let mut policy = Policy { name: name.to_owned(), ..Policy::default() };
        let mut block = Block { rules: Vec::new(), children: Vec::new() };
        while parser.statement(&mut block, Some(&mut policy), Qualifiers::default(), 0)? {}
        policy.profiles = block.children;
        for rule in block.rules {
            match rule.kind {
                RuleKind::Include(include) => policy.includes.push(include),
                _ => policy.rules.push(rule),
            }
        }
        Ok(policy)
    }
}

struct Block {
    rules: Vec<Rule>,
    children: Vec<Profile>,
}

struct Parser<'t> {
    file: &'t str,
    lexer: Lexer<'t>,
    held: Option<(Token, Place)>,
}

type Parsed<T> = Result<T, ParseError>;

/// A statement's words and how it ended.
struct Statement {
    words: Vec<(String, Place)>,
    end: Option<Token>,
    place: Place,
}

impl Parser<'_> {
    fn error<T>(&self, place: Place, cause: impl Into<String>) -> Parsed<T> {
        Err(ParseError { file: self.file.to_owned(), place, cause: cause.into() })
    }

    fn next(&mut self) -> Parsed<Option<(Token, Place)>> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        self.lexer.next().or_else(|Unclosed { place, what }| {
            self.error(place, format!("the {what} is not closed"))
        })
    }

    /// Reads one statement into a block; `false` at its end.
    fn statement(
        &mut self,
        block: &mut Block,
        top: Option<&mut Policy>,
        outer: Qualifiers,
        depth: u32,
    ) -> Parsed<bool> {
        let (first, place) = loop {
            match self.next()? {
                None if depth == 0 => return Ok(false),
                None => {
                    return self.error(self.lexer.place(), "the file ends within a profile");
                }
                Some((Token::Newline, _)) => {}
                Some((Token::Close, place)) if depth == 0 => {
                    return self.error(place, "there is nothing that this brace closes");
                }
                Some((Token::Close, _)) => return Ok(false),
                Some((Token::Comma, place)) => {
                    return self.error(place, "a comma without a rule");
                }
                Some((Token::Open, place)) => {
                    return self.error(place, "a block without a profile");
                }
                Some((Token::Word(word), place)) => break (word, place),
            }
        };
        if depth > MOST_DEPTH {
            return self.error(place, format!("more than {MOST_DEPTH} blocks within each other"));
        }
        match first.as_str() {
            "include" => {
                let include = self.include(place)?;
                block.rules.push(Rule {
                    qualifiers: Qualifiers::default(),
                    kind: RuleKind::Include(include),
                    place,
                });
                return Ok(true);
            }
            _ if first.starts_with("include<") || first.starts_with("include\"") => {
                let path = first["include".len()..].to_owned();
                block.rules.push(Rule {
                    qualifiers: Qualifiers::default(),
                    kind: RuleKind::Include(Self::included(&path, false, place)),
                    place,
                });
                return Ok(true);
            }
            _ => {}
        }
        let variable = first.starts_with("@{") || first.starts_with('$');
        let statement = self.words(first, place, variable)?;
        if let Some(policy) = top
            && self.preamble(&statement, policy)?
        {
            return Ok(true);
        }
        let (qualifiers, words) = Self::qualifiers(&statement, outer);
        if statement.end == Some(Token::Open) {
            self.block(words, &statement, qualifiers, block, depth)?;
            return Ok(true);
        }
        if statement.end != Some(Token::Comma) {
            return self.error(
                statement.words.last().map_or(place, |(_, place)| *place),
                "the rule does not end with a comma",
            );
        }
        let kind = self.rule(words, statement.place)?;
        block.rules.push(Rule { qualifiers, kind, place });
        Ok(true)
    }

    /// The words of a statement that starts with one.
    fn words(&mut self, first: String, place: Place, line: bool) -> Parsed<Statement> {
        let mut words = vec![(first, place)];
        let mut end = None;
        while let Some((token, at)) = self.next()? {
            match token {
                Token::Word(word) => words.push((word, at)),
                Token::Newline if !line => {}
                Token::Close => {
                    self.held = Some((Token::Close, at));
                    break;
                }
                token => {
                    end = Some(token);
                    // `@{X}=/a/** rw,` is a rule that starts with a variable.
                    break;
                }
            }
        }
        Ok(Statement { words, end, place })
    }

    fn include(&mut self, place: Place) -> Parsed<Include> {
        let mut optional = false;
        loop {
            match self.next()? {
                Some((Token::Word(word), _)) if word == "if" || word == "exists" => optional = true,
                Some((Token::Word(word), _)) => {
                    // Some write a comma behind it.
                    match self.next()? {
                        Some((Token::Comma, _)) | None => {}
                        held => self.held = held,
                    }
                    return Ok(Self::included(&word, optional, place));
                }
                _ => return self.error(place, "the include names no file"),
            }
        }
    }

    fn included(path: &str, optional: bool, place: Place) -> Include {
        let magic = path.strip_prefix('<').and_then(|path| path.strip_suffix('>'));
        Include { path: magic.unwrap_or(path).to_owned(), magic: magic.is_some(), optional, place }
    }

    /// Variables, aliases and the abi; whether it was one of them.
    fn preamble(&self, statement: &Statement, policy: &mut Policy) -> Parsed<bool> {
        let word = |index: usize| statement.words.get(index).map(|(word, _)| word.as_str());
        let first = word(0).unwrap_or_default();
        let ended = statement.end == Some(Token::Comma);
        match first {
            "abi" if ended => {
                policy.abi = word(1).map(|path| path.trim_matches(['<', '>']).to_owned());
                return Ok(true);
            }
            "alias" if ended => {
                let (Some(from), Some("->"), Some(to)) = (word(1), word(2), word(3)) else {
                    return self.error(statement.place, "an alias is written alias /a -> /b,");
                };
                policy.aliases.push((from.to_owned(), to.to_owned()));
                return Ok(true);
            }
            _ => {}
        }
        if !(first.starts_with("@{") || first.starts_with("${") || first.starts_with('$')) {
            return Ok(false);
        }
        // `@{X}=a b`, `@{X} = a b` and `@{X} += a`.
        let whole: Vec<&str> = statement.words.iter().map(|(word, _)| word.as_str()).collect();
        let text = whole.join(" ");
        let Some((name, values)) = text.split_once('=') else { return Ok(false) };
        let (name, adds) = match name.trim_end().strip_suffix('+') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let name = name.trim();
        if name.contains(['/', ' ']) {
            return Ok(false);
        }
        policy.variables.push(Variable {
            name: name.trim_start_matches(['@', '$']).trim_matches(['{', '}']).to_owned(),
            values: values.split_whitespace().map(str::to_owned).collect(),
            adds,
        });
        Ok(true)
    }

    fn qualifiers(statement: &Statement, outer: Qualifiers) -> (Qualifiers, &[(String, Place)]) {
        let mut qualifiers = outer;
        let mut words = statement.words.as_slice();
        while let [(word, _), rest @ ..] = words {
            match word.as_str() {
                "audit" => qualifiers.audit = true,
                "deny" => qualifiers.deny = true,
                "owner" => qualifiers.owner = true,
                "allow" | "quiet" | "other" | "access" => {}
                _ if word.starts_with("priority=") => {}
                _ => break,
            }
            words = rest;
        }
        (qualifiers, words)
    }

    /// A profile, a hat, a block of qualifiers or a condition.
    fn block(
        &mut self,
        words: &[(String, Place)],
        statement: &Statement,
        qualifiers: Qualifiers,
        block: &mut Block,
        depth: u32,
    ) -> Parsed<()> {
        let first = words.first().map_or("", |(word, _)| word.as_str());
        if words.is_empty() {
            while self.statement(block, None, qualifiers, depth + 1)? {}
            return Ok(());
        }
        if matches!(first, "if" | "else") {
            // What holds under a condition may hold: it is taken as part of the profile.
            while self.statement(block, None, qualifiers, depth + 1)? {}
            return Ok(());
        }
        let mut profile = self.head(words, statement.place)?;
        let mut inner = Block { rules: Vec::new(), children: Vec::new() };
        while self.statement(&mut inner, None, Qualifiers::default(), depth + 1)? {}
        profile.rules = inner.rules;
        profile.children = inner.children;
        block.children.push(profile);
        Ok(())
    }

    fn head(&self, words: &[(String, Place)], place: Place) -> Parsed<Profile> {
        let mut profile = Profile { place, ..Profile::default() };
        let mut names: Vec<&str> = Vec::new();
        let mut keyword = false;
        for (word, at) in words {
            if let Some(list) =
                word.strip_prefix("flags=").or(Some(word)).filter(|it| it.starts_with('('))
            {
                for name in list.trim_matches(['(', ')']).split([',', ' ', '\t', '\n', '\r']) {
                    if name.is_empty() {
                        continue;
                    }
                    let bare = name.split('=').next().unwrap_or(name);
                    if !FLAGS.contains(&bare) && !bare.contains('.') && !bare.starts_with("error") {
                        return self.error(*at, format!("{name:?} is no flag of a profile"));
                    }
                    profile.flags.push(Flag { name: name.to_owned(), place: *at });
                }
            } else if word.starts_with("xattrs=") || word == "flags" || word == "=" {
            } else if !keyword && names.is_empty() && word == "profile" {
                keyword = true;
            } else if !keyword && names.is_empty() && word == "hat" {
                (keyword, profile.hat) = (true, true);
            } else {
                names.push(word);
            }
        }
        let name = match names.as_slice() {
            [name] | [name, _] => *name,
            [] => return self.error(place, "the profile has no name"),
            [_, _, more, ..] => {
                return self
                    .error(place, format!("{more:?} is one word too many before the block"));
            }
        };
        if let Some(hat) = name.strip_prefix('^') {
            profile.hat = true;
            profile.name = hat.to_owned();
        } else if !keyword && !name.starts_with(['/', '@']) {
            return self.error(
                place,
                format!("{name:?} opens a block, and is neither a profile nor a path"),
            );
        } else {
            profile.name = name.to_owned();
        }
        profile.attachment = match names.as_slice() {
            [_, attachment] => Some((*attachment).to_owned()),
            [name] if name.starts_with(['/', '@']) => Some((*name).to_owned()),
            _ => None,
        };
        Ok(profile)
    }

    fn rule(&self, words: &[(String, Place)], place: Place) -> Parsed<RuleKind> {
        let Some(((keyword, at), rest)) = words.split_first() else {
            return self.error(place, "there are only qualifiers and no rule");
        };
        let texts = || rest.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>();
        Ok(match keyword.as_str() {
            "capability" => {
                for (name, at) in rest {
                    if !CAPABILITIES.contains(&name.as_str()) {
                        let hint = "capabilities are written in lower case and without CAP_";
                        return self.error(*at, format!("{name:?} is no capability; {hint}"));
                    }
                }
                RuleKind::Capability(texts())
            }
            "network" => RuleKind::Network(texts()),
            "mount" => RuleKind::Mount(texts()),
            "remount" => RuleKind::Remount(texts()),
            "umount" | "unmount" => RuleKind::Umount(texts()),
            "pivot_root" => RuleKind::PivotRoot(texts()),
            "ptrace" => {
                let (access, _, peer) = self.access(rest, PTRACE)?;
                RuleKind::Ptrace { access, peer }
            }
            "signal" => {
                let (access, set, peer) = self.access(rest, SIGNAL)?;
                RuleKind::Signal { access, set, peer }
            }
            "dbus" => RuleKind::Dbus(texts()),
            "unix" => RuleKind::Unix(texts()),
            "userns" => RuleKind::Userns(texts()),
            "io_uring" => RuleKind::IoUring(texts()),
            "mqueue" => RuleKind::Mqueue(texts()),
            "all" if rest.is_empty() => RuleKind::All,
            "set" => match rest.first() {
                Some((word, _)) if word == "rlimit" => RuleKind::Rlimit(texts()[1..].to_vec()),
                _ => return self.error(*at, "only limits are set: set rlimit nofile <= 1024,"),
            },
            "change_profile" => {
                let arrow = rest.iter().position(|(word, _)| word == "->");
                let word = |at: usize| rest.get(at).map(|(word, _)| word.clone());
                RuleKind::ChangeProfile {
                    exec: rest[..arrow.unwrap_or(rest.len())]
                        .iter()
                        .map(|(word, _)| word.clone())
                        .find(|word| word != "safe" && word != "unsafe"),
                    target: arrow.and_then(|at| word(at + 1)),
                }
            }
            "link" => RuleKind::Link(texts()),
            "file" if rest.is_empty() => {
                RuleKind::File(File { path: None, permissions: String::new(), target: None })
            }
            "file" => self.file(rest, place)?,
            _ => self.file(words, place)?,
        })
    }

    /// Access, `set=` and `peer=` of ptrace and signal rules.
    #[allow(clippy::type_complexity, reason = "three lists that are taken apart at once")]
    fn access(
        &self,
        words: &[(String, Place)],
        known: &[&str],
    ) -> Parsed<(Vec<String>, Vec<String>, Option<String>)> {
        let (mut access, mut set, mut peer) = (Vec::new(), Vec::new(), None);
        let list = |text: &str| -> Vec<String> {
            text.trim_matches(['(', ')'])
                .split([',', ' ', '\t', '\n', '\r'])
                .filter(|word| !word.is_empty())
                .map(|word| word.trim_matches('"').to_owned())
                .collect()
        };
        for (word, at) in words {
            if let Some(text) = word.strip_prefix("set=") {
                set.extend(list(text));
            } else if let Some(text) = word.strip_prefix("peer=") {
                peer = Some(text.trim_matches(['(', ')']).to_owned());
            } else {
                for name in list(word) {
                    if !known.contains(&name.as_str()) {
                        return self.error(*at, format!("{name:?} is no access of this rule"));
                    }
                    access.push(name);
                }
            }
        }
        Ok((access, set, peer))
    }

    /// `/path rw`, `rw /path`, either with `-> profile`.
    fn file(&self, words: &[(String, Place)], place: Place) -> Parsed<RuleKind> {
        let (words, target) = match words.iter().position(|(word, _)| word == "->") {
            Some(arrow) => (&words[..arrow], words.get(arrow + 1).map(|(word, _)| word.clone())),
            None => (words, None),
        };
        let words: Vec<_> =
            words.iter().filter(|(word, _)| word != "safe" && word != "unsafe").collect();
        let is_path = |word: &str| word.starts_with(['/', '@', '{']);
        let (path, permissions) = match words.as_slice() {
            [path, permissions] if is_path(&path.0) => (path, permissions),
            [permissions, path] if is_path(&path.0) => (path, permissions),
            [only] if is_path(&only.0) => {
                return self.error(only.1, format!("{} has no permissions", only.0));
            }
            [first, ..] => {
                return self.error(first.1, format!("{:?} starts no rule that is known", first.0));
            }
            [] => return self.error(place, "there is no path"),
        };
        if permissions.0.is_empty() || permissions.0.contains(|c| !"rwalkmxiucpCPU".contains(c)) {
            let cause = format!(
                "{:?} are no permissions; they are r, w, a, l, k, m and ways of x",
                permissions.0
            );
            return self.error(permissions.1, cause);
        }
        Ok(RuleKind::File(File {
            path: Some(path.0.clone()),
            permissions: permissions.0.clone(),
            target,
        }))
    }
}

const PTRACE: &[&str] = &["r", "w", "rw", "wr", "read", "write", "readby", "trace", "tracedby"];
const SIGNAL: &[&str] = &["r", "w", "rw", "wr", "read", "write", "send", "receive"];
