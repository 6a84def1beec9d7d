//! One test over one output (`check/test.go` of kube-bench).
//!
//! What counts as a flag's value is kube-bench's own, flaws included, for the verdicts are to be the
//! same: the flag's text may stand anywhere, even at the start of a longer flag, and the first place
//! counts. `seawall bench run` without `--config-dir` does not judge so.

use super::controls::TestItem;
use super::go;
use super::jsonpath;
use super::operator::compare;
use super::value::Value;

/// Which output a test is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Flags,
    Config,
    Env,
}

/// What a test came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tested {
    pub(crate) holds: bool,
    pub(crate) found: bool,
    pub(crate) expected: String,
    /// The output that was looked at.
    pub(crate) actual: String,
}

impl TestItem {
    /// Tests an output, or each of its lines.
    ///
    /// # Errors
    ///
    /// Where a flag or value is no regular expression.
    pub(crate) fn test(&self, output: &str, over: Over, multiple: bool) -> Result<Tested, String> {
        let output = output.trim_end_matches([' ', '\n']);
        let mut tested = Tested::default();
        if multiple {
            for line in output.split('\n') {
                tested = self.evaluate(line, over)?;
                if !tested.holds {
                    break;
                }
            }
        } else {
            tested = self.evaluate(output, over)?;
        }
        output.clone_into(&mut tested.actual);
        Ok(tested)
    }

    /// What the test looks for in an output.
    fn name(&self, over: Over) -> &str {
        match over {
            Over::Flags => &self.flag,
            Over::Config => &self.path,
            Over::Env => &self.env,
        }
    }

    fn evaluate(&self, output: &str, over: Over) -> Result<Tested, String> {
        let found = match over {
            Over::Flags => flag(output, &self.flag)?,
            Over::Env => Ok(env(output, &self.env)?),
            Over::Config => path(output, &self.path),
        };
        let found = match found {
            Ok(found) => found,
            // The test fails, whether the thing should be there or not.
            Err(why) => {
                tracing::debug!("{why}");
                return Ok(Tested::default());
            }
        };
        let name = self.name(over);
        let (expected, holds) = match &found {
            _ if !self.set => (format!("'{name}' is not present"), found.is_none()),
            Some(value) if !self.operator.is_empty() => {
                compare(&self.operator, value, &self.value, name)?
            }
            _ => (format!("'{name}' is present"), found.is_some()),
        };
        Ok(Tested { holds, found: found.is_some(), expected, actual: String::new() })
    }
}

/// What an output holds of what a test looks for; or why that could not be looked up.
type Found = Result<Option<String>, String>;

/// The value behind the first place where a flag's text stands.
fn flag(output: &str, flag: &str) -> Result<Found, String> {
    if output.is_empty() || flag.is_empty() || !output.contains(flag) {
        return Ok(Ok(None));
    }
    let expression = go::regex(&format!("({flag})(=|: *)*([^\\s]*) *"))
        .map_err(|why| format!("the flag {} is no regular expression: {why}", go::quote(flag)))?;
    let Some(groups) = expression.captures(output) else {
        return Ok(Err(format!("invalid flag in testItem definition: {output}")));
    };
    // The third group is the value, unless the flag has groups of its own: kube-bench takes it then
    // too.
    let group = |index: usize| groups.get(index).map_or("", |group| group.as_str());
    let value = match group(3) {
        "" if flag.starts_with("--") => "true",
        "" => group(1),
        value => value,
    };
    Ok(Ok(Some(value.to_owned())))
}

fn env(output: &str, name: &str) -> Result<Option<String>, String> {
    if output.is_empty() || name.is_empty() {
        return Ok(None);
    }
    let expression = go::regex(&format!("{name}=.*(?:$|\\n)")).map_err(|why| {
        format!("the variable {} is no regular expression: {why}", go::quote(name))
    })?;
    let line = expression.find(output).map_or("", |found| found.as_str());
    let value = line.replacen('\n', "", 1).replacen(&format!("{name}="), "", 1);
    Ok((!value.is_empty()).then_some(value))
}

fn path(output: &str, path: &str) -> Found {
    let value = Value::read(output)?;
    let text = jsonpath::print(path, &value)
        .map_err(|why| format!("can't look up {path} in the configuration: {why}"))?;
    Ok((!text.is_empty()).then_some(text))
}
