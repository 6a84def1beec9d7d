//! Pieces over a value, as client-go's `jsonpath.go` walks it.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::parse::{Param, Piece};
use crate::kubebench::go;
use crate::kubebench::value::Value;

/// Most values that one expression may pass through: `..` in `{range}` in `{range}` multiplies.
const STEPS: usize = 1 << 20;

type Found<'v> = Cow<'v, Value>;

pub(super) struct Evaluation<'p> {
    pieces: &'p [Piece],
    begin_range: usize,
    in_range: usize,
    end_range: usize,
    last_end: Option<usize>,
    steps: usize,
}

impl<'p> Evaluation<'p> {
    pub(super) fn new(pieces: &'p [Piece]) -> Self {
        Evaluation { pieces, begin_range: 0, in_range: 0, end_range: 0, last_end: None, steps: 0 }
    }

    pub(super) fn print(mut self, value: &Value) -> Result<String, String> {
        let mut out = String::new();
        for results in self.find(Cow::Borrowed(value), 0)? {
            for (index, result) in results.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(&text(result)?);
            }
        }
        Ok(out)
    }

    /// `FindResults`, over the pieces from `from` on.
    fn find<'v>(&mut self, value: Found<'v>, from: usize) -> Result<Vec<Vec<Found<'v>>>, String> {
        let current = vec![value];
        let mut all = Vec::new();
        let mut at = from;
        while let Some(piece) = self.pieces.get(at) {
            let results = self.walk(current.clone(), piece)?;
            if self.end_range > 0 && self.end_range <= self.in_range {
                self.end_range -= 1;
                self.last_end = Some(at);
                break;
            }
            if self.begin_range > 0 {
                self.begin_range -= 1;
                self.in_range += 1;
                if results.is_empty() {
                    self.find(Cow::Owned(Value::Nothing), at + 1)?;
                }
                for result in results {
                    // A null that is ranged over is no value any more.
                    let result =
                        if *result == Value::Null { Cow::Owned(Value::Nothing) } else { result };
                    all.extend(self.find(result, at + 1)?);
                }
                self.in_range -= 1;
                at = self.last_end.filter(|end| *end > at).unwrap_or(at) + 1;
                continue;
            }
            all.push(results);
            at += 1;
        }
        Ok(all)
    }

    fn walk<'v>(&mut self, input: Vec<Found<'v>>, piece: &Piece) -> Result<Vec<Found<'v>>, String> {
        self.steps += 1 + input.len();
        if self.steps > STEPS {
            return Err(format!("the expression takes more than {STEPS} steps"));
        }
        match piece {
            Piece::List(pieces) => self.list(input, pieces),
            Piece::Text(text) => Ok(vec![Cow::Owned(Value::Str(text.clone()))]),
            Piece::Int(value) => Ok(repeated(&input, &Value::Int(*value))),
            Piece::Float(value) => Ok(repeated(&input, &Value::Float(*value))),
            Piece::Bool(value) => Ok(repeated(&input, &Value::Bool(*value))),
            Piece::Field(name) => Ok(each(input, |value| value.get(name).into_iter().collect())),
            Piece::Wildcard => Ok(input.into_iter().flat_map(children).collect()),
            Piece::Recursive => self.recursive(input),
            Piece::Array(params) => array(input, *params),
            Piece::Filter { left, operator, right } => self.filter(input, left, operator, right),
            Piece::Union(lists) => {
                let mut all = Vec::new();
                for pieces in lists {
                    all.extend(self.list(input.clone(), pieces)?);
                }
                Ok(all)
            }
            Piece::Identifier(name) if name == "range" => {
                self.begin_range += 1;
                Ok(input)
            }
            Piece::Identifier(name) if name == "end" => {
                if self.in_range == 0 {
                    return Err("not in range, nothing to end".to_owned());
                }
                self.end_range += 1;
                Ok(Vec::new())
            }
            Piece::Identifier(name) => Err(format!("unrecognized identifier {name}")),
        }
    }

    fn list<'v>(
        &mut self,
        input: Vec<Found<'v>>,
        pieces: &[Piece],
    ) -> Result<Vec<Found<'v>>, String> {
        pieces.iter().try_fold(input, |input, piece| self.walk(input, piece))
    }

    /// Recursion is as deep as the value.
    fn recursive<'v>(&mut self, input: Vec<Found<'v>>) -> Result<Vec<Found<'v>>, String> {
        self.steps += input.len();
        if self.steps > STEPS {
            return Err(format!("the expression takes more than {STEPS} steps"));
        }
        let mut all = Vec::new();
        for value in input {
            let below = children(value.clone());
            if !below.is_empty() {
                let is_text = matches!(*value, Value::Str(_));
                all.push(value);
                if !is_text {
                    all.extend(self.recursive(below)?);
                }
            }
        }
        Ok(all)
    }

    fn filter<'v>(
        &mut self,
        input: Vec<Found<'v>>,
        left: &[Piece],
        operator: &str,
        right: &[Piece],
    ) -> Result<Vec<Found<'v>>, String> {
        let mut results = Vec::new();
        for value in input {
            let Value::Seq(items) = &*value else {
                return Err("the value is not array or slice and cannot be filtered".to_owned());
            };
            let count = items.len();
            for item in items_of(value).take(count) {
                let lefts = self.list(vec![item.clone()], left);
                if operator == "exists" {
                    if lefts.is_ok_and(|lefts| !lefts.is_empty()) {
                        results.push(item);
                    }
                    continue;
                }
                let rights = self.list(vec![item.clone()], right)?;
                let one = "can only compare one element at a time";
                match (lefts?.as_slice(), rights.as_slice()) {
                    ([], _) => {}
                    ([_, _, ..], _) | (_, [_, _, ..]) => return Err(one.to_owned()),
                    (_, []) => {}
                    ([a], [b]) => {
                        if holds(a, operator, b)? {
                            results.push(item);
                        }
                    }
                }
            }
        }
        Ok(results)
    }
}

fn repeated<'v>(input: &[Found<'v>], value: &Value) -> Vec<Found<'v>> {
    input.iter().map(|_| Cow::Owned(value.clone())).collect()
}

/// What `of` gives of each value, borrowed where the value is.
fn each<'v>(
    input: Vec<Found<'v>>,
    of: impl for<'a> Fn(&'a Value) -> Vec<&'a Value>,
) -> Vec<Found<'v>> {
    let mut all = Vec::new();
    for value in input {
        match value {
            Cow::Borrowed(value) => all.extend(of(value).into_iter().map(Cow::Borrowed)),
            Cow::Owned(value) => {
                all.extend(of(&value).into_iter().cloned().map(Cow::Owned));
            }
        }
    }
    all
}

/// The values below a value; of a text its bytes, as Go's `reflect` counts them.
fn children(value: Found<'_>) -> Vec<Found<'_>> {
    if let Value::Str(text) = &*value {
        return text.bytes().map(|byte| Cow::Owned(Value::Int(i64::from(byte)))).collect();
    }
    each(vec![value], Value::children)
}

fn items_of(value: Found<'_>) -> impl Iterator<Item = Found<'_>> {
    each(vec![value], Value::children).into_iter()
}

fn array(input: Vec<Found<'_>>, params: [Param; 3]) -> Result<Vec<Found<'_>>, String> {
    let mut results = Vec::new();
    for value in input {
        let length = match &*value {
            Value::Null => continue,
            Value::Seq(items) => items.len() as i64,
            _ => return Err("the value is not array or slice".to_owned()),
        };
        let mut start = params[0].value.unwrap_or(0);
        if start < 0 {
            start += length;
        }
        let mut end = params[1].value.unwrap_or(length);
        if end < 0 || (end == 0 && params[1].derived) {
            end += length;
        }
        if start == end {
            return Ok(results);
        }
        let out = |index| Err(format!("array index out of bounds: index {index}, length {length}"));
        if !(0..length).contains(&start) {
            return out(start);
        }
        if !(0..=length).contains(&end) {
            return out(end - 1);
        }
        if start > end {
            return Err(format!("starting index {start} is greater than ending index {end}"));
        }
        let step = params[2].value.unwrap_or(1);
        if step <= 0 {
            return Err("step must be > 0".to_owned());
        }
        // Within the length, which is one of a list in memory.
        let (start, end) = (start as usize, end as usize);
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        results.extend(items_of(value).skip(start).take(end - start).step_by(step));
    }
    Ok(results)
}

/// The comparisons of Go's templates: within one type alone.
fn holds(left: &Value, operator: &str, right: &Value) -> Result<bool, String> {
    let order = match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) if matches!(operator, "==" | "!=") => Some(a.cmp(b)),
        (
            Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bool(_),
            Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bool(_),
        ) => return Err("incompatible types for comparison".to_owned()),
        _ => return Err("invalid type for comparison".to_owned()),
    };
    Ok(match operator {
        "<" => order == Some(Ordering::Less),
        ">" => order == Some(Ordering::Greater),
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => return Err(format!("unrecognized filter operator {operator}")),
    })
}

/// What Go prints of a value: lists and maps as JSON, all else with `fmt.Fprint`.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Nothing => Ok("<no value>".to_owned()),
        Value::Null => Ok("null".to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Int(value) => Ok(value.to_string()),
        Value::Float(value) => Ok(go::float(*value)),
        Value::Str(text) => Ok(text.clone()),
        Value::Seq(_) | Value::Map(..) if value.holds_yaml_map() => {
            Err("json: unsupported type: map[interface {}]interface {}".to_owned())
        }
        Value::Seq(_) | Value::Map(..) => go::json(value).map_err(|error| error.to_string()),
    }
}
