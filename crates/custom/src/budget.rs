//! A bound on what evaluating an expression may cost.
//!
//! The evaluator has none, and three lines of CEL can ask for years of work. So an expression is
//! rewritten before it first runs: what can be long passes through functions of this module, which
//! spend from a budget and fail once it is gone. No name in an expression can reach them, for `@`
//! is no letter of a name. The bound counts steps and not time, so that the answer is the same on
//! every machine.
//!
//! - The range of a comprehension passes through [`RANGE`]: it spends all turns of the loop, each
//!   with the size of its body, before the first.
//! - Each value that is made (lists, maps, sums, results of functions) or looked through
//!   (operands of `==`, `in` and functions) passes through [`CHARGE`], which spends its size.
//!
//! An error can be swallowed by `||`, but no budget comes back, and [`run`] looks at it at the end.

use std::cell::Cell;

use cel::common::types::{CelInt, CelList, CelMap, CelString, DYN_TYPE, INT_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

/// Steps that one evaluation may take: about a tenth of a second.
pub(crate) const STEPS: u64 = 1_000_000;

/// Spends the size of a value and hands it on: `@charge(value)`.
pub(crate) const CHARGE: &str = "@charge";

/// Spends the turns of a loop and hands its range on: `@range(steps of a turn, range)`.
pub(crate) const RANGE: &str = "@range";

/// Spends what it takes to compile a pattern: `@pattern(text)`.
pub(crate) const PATTERN: &str = "@pattern";

/// Spends a step for each byte of a text, which is about to fall into pieces: `@pieces(text)`.
pub(crate) const PIECES: &str = "@pieces";

/// Steps of compiling a pattern, which the evaluator does each time.
const PATTERN_STEPS: u64 = 1_000;

/// Bytes of text that count as one step.
const BYTES_PER_STEP: usize = 16;

thread_local! {
    /// What is left of the evaluation that runs on this thread; `None` once it was too little.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Evaluates within a budget of [`STEPS`]; the flag says whether it was enough.
pub(crate) fn run<T>(evaluate: impl FnOnce() -> T) -> (T, bool) {
    LEFT.set(Some(STEPS));
    let value = evaluate();
    (value, LEFT.get().is_some())
}

/// Adds the functions to an environment.
pub(crate) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload(CHARGE, "charge", vec![DYN_TYPE], charge)?;
    env.add_overload(PATTERN, "pattern", vec![DYN_TYPE], pattern)?;
    env.add_overload(PIECES, "pieces", vec![DYN_TYPE], pieces)?;
    env.add_overload(RANGE, "range", vec![INT_TYPE, DYN_TYPE], range)
}

fn charge<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value = args.pop().ok_or_else(|| error("no value"))?;
    size(value.as_ref())?;
    Ok(value)
}

fn pattern<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    spend(PATTERN_STEPS)?;
    charge(args)
}

fn pieces<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let text = args.first().and_then(|value| value.downcast_ref::<CelString>());
    spend(text.map_or(0, |text| text.inner().len() as u64))?;
    charge(args)
}

/// The keys of a map come back sorted: the evaluator would go through them in an order that
/// differs from run to run.
fn range<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value = args.pop().ok_or_else(|| error("no range"))?;
    let turn = args.pop().ok_or_else(|| error("no steps"))?;
    let turn = turn.downcast_ref::<CelInt>().map_or(0, |steps| steps.inner().unsigned_abs());
    let turns = value.as_sizer().map_or(0, |sizer| sizer.size().inner().unsigned_abs());
    spend(turns.saturating_mul(turn))?;
    // The loop copies each item for its variable.
    size(value.as_ref())?;
    let Some(map) = value.downcast_ref::<CelMap>() else { return Ok(value) };
    let mut keys: Vec<_> = map.inner().keys().collect();
    keys.sort();
    let keys = keys.into_iter().map(|key| key.inner().clone_as_boxed()).collect::<Vec<_>>();
    Ok(CowVal::owned(CelList::from(keys)))
}

/// Spends the size of a value as it is walked through: no more of it is looked at than is left.
fn size(value: &dyn Val) -> Result<(), ExecutionError> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return spend(1 + (text.inner().len() / BYTES_PER_STEP) as u64);
    }
    spend(1)?;
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list.inner().iter().try_for_each(|item| size(item.as_ref()));
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        for (key, value) in map.inner() {
            size(key.inner())?;
            size(value.as_ref())?;
        }
    }
    Ok(())
}

fn spend(steps: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().and_then(|left| left.checked_sub(steps));
    LEFT.set(left);
    left.map(drop).ok_or_else(|| error("the budget is spent"))
}

fn error(message: &str) -> ExecutionError {
    ExecutionError::function_error("budget", message)
}
