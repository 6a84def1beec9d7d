//! Strings as numbers: rules are compared by them, and each string is kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// The number of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(u32);

/// The strings of a policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols {
    numbers: HashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    /// The number of a string, which is given one if it has none.
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let symbol = Symbol(self.texts.len() as u32);
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), symbol);
        self.texts.push(text);
        symbol
    }

    /// The number of a string that stands somewhere in the policy.
    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        self.numbers.get(text).copied()
    }

    /// The strings that begin so, but for those that end in an asterisk.
    pub(crate) fn beginning(&self, prefix: &str) -> impl Iterator<Item = Symbol> {
        let all = self.texts.iter().zip(0..);
        all.filter(move |(text, _)| text.starts_with(prefix) && !text.ends_with('*'))
            .map(|(_, number)| Symbol(number))
    }

    /// The string.
    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol.0 as usize]
    }
}
