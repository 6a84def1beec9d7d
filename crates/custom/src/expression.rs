//! An expression: read, bounded, metered, evaluated.
//!
//! Bounds that hold when it is read: `MOST_BYTES` of text, `MOST_NODES` and `DEEPEST` levels of its
//! tree after macros are expanded, `MOST_LOOPS` loops in one another, the size of each pattern once
//! compiled (`PATTERN_BYTES`), and a list of functions none of which gives more than it takes.
//! Names that are not there are errors too, which the evaluator would tell only when it comes to
//! them. How long it may run is the business of [`crate::budget`].

use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::common::types::{CelBool, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::parser::{Expression as Tree, Parser};
use cel::{Context, Env, ExecutionError, IdedExpr, Value, extensions};

use crate::budget;

/// Bytes of an expression.
pub(crate) const MOST_BYTES: usize = 4096;

/// Nodes of an expression's tree.
const MOST_NODES: usize = 1_000;

/// Levels of an expression's tree once it is metered: evaluated by recursion, they must fit the
/// stack of any thread.
const DEEPEST: usize = 40;

/// What is said of a tree beyond these.
const TOO_LARGE: &str = "the expression is too large; split the check";

/// Loops (`all`, `exists`, `exists_one`, `map`, `filter`) that may stand in one another.
const MOST_LOOPS: usize = 4;

/// Bytes that a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 18;

/// Bytes of a text that an expression makes; the limit of messages in ValidatingAdmissionPolicy.
const TEXT_BYTES: usize = 5 << 10;

/// Functions that expressions may call. Left out is what could give far more than it takes
/// (`replace`, `join`, `format`), what takes the square of it (`indexOf`), and what depends on the
/// time.
const FUNCTIONS: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "dyn",
    "type",
    "lowerAscii",
    "upperAscii",
    "trim",
    "split",
    "substring",
];

/// Operators, as the tree calls them, that neither make a value of their own size nor look through
/// one.
const CHEAP: &[&str] = &[
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
    operators::INDEX,
    operators::NOT_STRICTLY_FALSE,
];

/// Operators that look through their operands.
const THOROUGH: &[&str] = &[
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::IN,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
];

/// Names of types, which are values too.
const TYPES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    env.add_extension(extensions::strings)
        .and_then(|()| budget::declare(&mut env))
        .expect("the functions' names are their own");
    Arc::new(env)
});

/// An expression that may be evaluated.
#[derive(Debug)]
pub(crate) struct Expression {
    tree: Tree,
}

/// What is wrong with an expression, and the byte at which it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

/// The values of an expression's variables.
#[derive(Clone, Copy, Default)]
pub(crate) struct Variables<'v> {
    pub(crate) object: Option<&'v (dyn Val + 'v)>,
    pub(crate) pod: Option<&'v (dyn Val + 'v)>,
    pub(crate) container: Option<&'v (dyn Val + 'v)>,
}

impl VariableResolver for Variables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let value = match variable {
            "object" => self.object,
            "pod" => self.pod,
            "container" => self.container,
            _ => None,
        };
        value.map(CowVal::Borrowed)
    }
}

impl Expression {
    /// Reads an expression in which these variables may occur.
    pub(crate) fn read(text: &str, variables: &[&str]) -> Result<Self, Problem> {
        if text.len() > MOST_BYTES {
            let message = format!("the expression is longer than {MOST_BYTES} bytes");
            return Err(Problem { offset: 0, message });
        }
        let parser = Parser::new().max_recursion_depth(DEEPEST as u16);
        let (tree, places) = parser.parse_with_source_info(text).map_err(|errors| {
            let first = errors.errors.first();
            let offset = first.map_or(0, |error| offset(text, error.pos));
            let message = first.map_or("it can't be read", |error| error.msg.as_str());
            Problem { offset, message: format!("no CEL expression: {message}") }
        })?;
        let mut judge = Judge { names: variables.to_vec(), nodes: 0, fault: None };
        judge.judge(&tree, 0, 0);
        if let Some((id, message)) = judge.fault {
            let offset = places.offset_for(id).map_or(0, |(start, _)| start as usize);
            return Err(Problem { offset, message });
        }
        let tree = metered(tree);
        if depth(&tree) > DEEPEST {
            return Err(Problem { offset: 0, message: TOO_LARGE.to_owned() });
        }
        Ok(Expression { tree })
    }

    /// Whether it holds.
    ///
    /// # Errors
    ///
    /// With the reason where it can't be told.
    pub(crate) fn holds(&self, variables: &Variables<'_>) -> Result<bool, String> {
        self.evaluate(variables, |value| {
            let truth = value.downcast_ref::<CelBool>().map(|truth| *truth.inner());
            truth.ok_or_else(|| format!("it gives {}, not true or false", value.get_type().name()))
        })
    }

    /// The text that it gives.
    ///
    /// # Errors
    ///
    /// With the reason where it gives none.
    pub(crate) fn text(&self, variables: &Variables<'_>) -> Result<String, String> {
        self.evaluate(variables, |value| match value.downcast_ref::<CelString>() {
            Some(text) if text.inner().len() <= TEXT_BYTES => Ok(text.inner().to_owned()),
            Some(_) => Err(format!("it gives more than {} KiB", TEXT_BYTES >> 10)),
            None => Err(format!("it gives {}, not a text", value.get_type().name())),
        })
    }

    fn evaluate<T>(
        &self,
        variables: &Variables<'_>,
        read: impl FnOnce(&dyn Val) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        context.set_variable_resolver(variables);
        let (value, enough) = budget::run(|| match Value::resolve_val(&self.tree, &context) {
            Ok(value) => read(value.as_ref()),
            Err(error) => Err(reason(&error)),
        });
        if enough { value } else { Err(format!("it takes more than {} steps", budget::STEPS)) }
    }
}

/// Why an evaluation failed, in words that hold no values: they may be secrets.
fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no {key}; ask has(…) first"),
        ExecutionError::UndeclaredReference(name) => format!("there is no {name}"),
        ExecutionError::NoSuchOverload(error) => error.to_string(),
        ExecutionError::UnexpectedType { got, want } => {
            format!("it meets {got} where {want} belongs")
        }
        ExecutionError::ValuesNotComparable(..) => "it compares what can't be compared".to_owned(),
        ExecutionError::UnsupportedBinaryOperator(operator, ..) => {
            format!("it uses {operator} on what does not take it")
        }
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "it divides by zero".to_owned()
        }
        ExecutionError::Overflow(..) => "a number grows too large".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "a list has no item of that number".to_owned(),
        ExecutionError::FunctionError { function, .. } => {
            format!("{function} does not take what it is given")
        }
        _ => "it can't be evaluated".to_owned(),
    }
}

/// The byte of a line and a column that the parser names, both from 1.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take((line - 1).max(0) as usize).map(str::len).sum();
    let characters = lines.next().unwrap_or_default().chars().take((column - 1).max(0) as usize);
    before + characters.map(char::len_utf8).sum::<usize>()
}

/// Looks for what an expression must not be.
struct Judge<'n> {
    names: Vec<&'n str>,
    nodes: usize,
    /// The first fault, and the node at which it is.
    fault: Option<(u64, String)>,
}

impl<'n> Judge<'n> {
    fn fault(&mut self, id: u64, message: impl Into<String>) {
        self.fault.get_or_insert_with(|| (id, message.into()));
    }

    fn judge(&mut self, tree: &'n IdedExpr, depth: usize, loops: usize) {
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            self.fault(tree.id, TOO_LARGE);
        }
        if self.fault.is_some() {
            return;
        }
        let depth = depth + 1;
        match &tree.expr {
            Expr::Unspecified => self.fault(tree.id, "an empty expression"),
            Expr::Literal(_) => {}
            Expr::Ident(name) => {
                let name = name.strip_prefix('.').unwrap_or(name);
                if !self.names.contains(&name) && !TYPES.contains(&name) {
                    let known = self.names.iter().filter(|name| !name.starts_with('@'));
                    let known = known.copied().collect::<Vec<_>>().join(", ");
                    self.fault(tree.id, format!("there is no {name:?} here; there is {known}"));
                }
            }
            Expr::Select(select) => self.judge(&select.operand, depth, loops),
            Expr::List(list) => {
                for element in &list.elements {
                    self.judge(element, depth, loops);
                }
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.judge(&entry.key, depth, loops);
                        self.judge(&entry.value, depth, loops);
                    }
                }
            }
            Expr::Struct(of) => {
                let name = &of.type_name;
                self.fault(tree.id, format!("there is no type {name:?} to make a value of"));
            }
            Expr::Call(call) => self.call(tree.id, call, depth, loops),
            Expr::Comprehension(of) => self.comprehension(tree.id, of, depth, loops),
        }
    }

    fn call(&mut self, id: u64, call: &'n CallExpr, depth: usize, loops: usize) {
        let name = call.func_name.as_str();
        let operator = call.target.is_none()
            && (CHEAP.contains(&name) || THOROUGH.contains(&name) || name == operators::ADD);
        if !operator && !FUNCTIONS.contains(&name) {
            return self.fault(
                id,
                format!("there is no function {name:?}; there are {}", FUNCTIONS.join(", ")),
            );
        }
        if name == "matches"
            && let Err(message) = pattern(call)
        {
            return self.fault(id, message);
        }
        for argument in call.target.iter().map(|target| &**target).chain(&call.args) {
            self.judge(argument, depth, loops);
        }
    }

    fn comprehension(&mut self, id: u64, of: &'n ComprehensionExpr, depth: usize, loops: usize) {
        if loops == MOST_LOOPS {
            let message = format!("more than {MOST_LOOPS} loops in one another");
            return self.fault(id, message);
        }
        self.judge(&of.iter_range, depth, loops);
        self.judge(&of.accu_init, depth, loops);
        let known = self.names.len();
        self.names.extend([of.iter_var.as_str(), of.accu_var.as_str()]);
        self.names.extend(of.iter_var2.as_deref());
        for part in [&of.loop_cond, &of.loop_step, &of.result] {
            self.judge(part, depth, loops + 1);
        }
        self.names.truncate(known);
    }
}

/// A pattern must be written out and small: it is compiled anew at each call.
fn pattern(call: &CallExpr) -> Result<(), String> {
    let Some(Expr::Literal(LiteralValue::String(text))) = call.args.last().map(|last| &last.expr)
    else {
        return Err("the pattern of matches must be a text that is written out".to_owned());
    };
    match regex::RegexBuilder::new(text.inner()).size_limit(PATTERN_BYTES).build() {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err("the pattern is too large".to_owned()),
        Err(error) => Err(format!("no pattern: {error}")),
    }
}

/// Passes all that may cost much through the functions of [`budget`].
fn metered(tree: Tree) -> Tree {
    let IdedExpr { id, expr } = tree;
    match expr {
        Expr::Select(mut select) => {
            select.operand = Box::new(metered(*select.operand));
            IdedExpr { id, expr: Expr::Select(select) }
        }
        Expr::List(mut list) => {
            list.elements = list.elements.into_iter().map(metered).collect();
            charged(IdedExpr { id, expr: Expr::List(list) })
        }
        Expr::Map(mut map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    entry.key = metered(std::mem::take(&mut entry.key));
                    entry.value = metered(std::mem::take(&mut entry.value));
                }
            }
            charged(IdedExpr { id, expr: Expr::Map(map) })
        }
        Expr::Call(call) => metered_call(id, call),
        Expr::Comprehension(mut of) => {
            let turn = count(&of.loop_cond) + count(&of.loop_step);
            let range = metered(std::mem::take(&mut of.iter_range));
            let steps = LiteralValue::Int((turn as i64).into());
            let steps = IdedExpr { id, expr: Expr::Literal(steps) };
            of.iter_range = wrapped(budget::RANGE, vec![steps, range]);
            of.loop_cond = metered(std::mem::take(&mut of.loop_cond));
            of.loop_step = metered(std::mem::take(&mut of.loop_step));
            of.result = metered(std::mem::take(&mut of.result));
            IdedExpr { id, expr: Expr::Comprehension(of) }
        }
        expr => IdedExpr { id, expr },
    }
}

fn metered_call(id: u64, mut call: CallExpr) -> Tree {
    let name = call.func_name.as_str();
    if name == operators::ADD && call.args.first().is_some_and(|first| is_accumulator(&first.expr))
    {
        // `map` and `filter` collect like this, and the evaluator knows the form; what they
        // collect is charged, the list itself was paid for with the range.
        if let Some(Expr::List(list)) = call.args.last_mut().map(|last| &mut last.expr) {
            let elements = std::mem::take(&mut list.elements);
            list.elements = elements.into_iter().map(|item| charged(metered(item))).collect();
            return IdedExpr { id, expr: Expr::Call(call) };
        }
    }
    let (cheap, sum) = (CHEAP.contains(&name), name == operators::ADD);
    let (thorough, matches) = (THOROUGH.contains(&name), name == "matches");
    let last = call.args.len().saturating_sub(1);
    let argument = |index: usize, argument: Tree| match &argument.expr {
        Expr::Literal(LiteralValue::String(_)) if matches && index == last => {
            wrapped(budget::PATTERN, vec![argument])
        }
        Expr::Literal(_) => argument,
        _ if cheap || sum => metered(argument),
        _ => charged(metered(argument)),
    };
    let split = name == "split";
    // The target takes part like the arguments; its number is that of none.
    call.target = call.target.map(|target| {
        let target = argument(usize::MAX, *target);
        Box::new(if split { wrapped(budget::PIECES, vec![target]) } else { target })
    });
    let arguments = std::mem::take(&mut call.args);
    call.args = arguments.into_iter().enumerate().map(|(i, of)| argument(i, of)).collect();
    let call = IdedExpr { id, expr: Expr::Call(call) };
    if cheap || thorough { call } else { charged(call) }
}

fn is_accumulator(expr: &Expr) -> bool {
    matches!(expr, Expr::Ident(name) if name.starts_with('@'))
}

fn charged(tree: Tree) -> Tree {
    wrapped(budget::CHARGE, vec![tree])
}

fn wrapped(function: &str, args: Vec<Tree>) -> Tree {
    let id = args.last().map_or(0, |last| last.id);
    let call = CallExpr { func_name: function.to_owned(), target: None, args };
    IdedExpr { id, expr: Expr::Call(call) }
}

/// The nodes of a tree.
fn count(tree: &Tree) -> usize {
    1 + children(tree).into_iter().map(count).sum::<usize>()
}

/// The levels of a tree.
fn depth(tree: &Tree) -> usize {
    1 + children(tree).into_iter().map(depth).max().unwrap_or(0)
}

fn children(tree: &Tree) -> Vec<&Tree> {
    match &tree.expr {
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map
            .entries
            .iter()
            .flat_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
                EntryExpr::StructField(field) => vec![&field.value],
            })
            .collect(),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(of) => {
            vec![&of.iter_range, &of.accu_init, &of.loop_cond, &of.loop_step, &of.result]
        }
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => Vec::new(),
    }
}
