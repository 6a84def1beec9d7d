//! One check: its audits run, its tests judged (`check/check.go` of kube-bench).

use serde::{Deserialize, Serialize};

use super::controls::{Check, Tests};
use super::item::{Over, Tested};
use super::shell::Shell;

/// kube-bench's verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// The tests hold.
    Pass,
    /// The check is scored, and its tests don't hold or its audit could not be run.
    Fail,
    /// The check is manual or unscored, or has no tests.
    Warn,
    /// The check is skipped.
    Info,
}

impl State {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            State::Pass => "PASS",
            State::Fail => "FAIL",
            State::Warn => "WARN",
            State::Info => "INFO",
        }
    }
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub state: State,
    /// What the first test looked at.
    pub actual: String,
    /// What the tests expected, in words.
    pub expected: String,
    /// Why there is no verdict of the tests; empty where there is one.
    pub reason: String,
}

impl Judged {
    fn without_tests(state: State, reason: &str) -> Self {
        Judged { state, actual: String::new(), expected: String::new(), reason: reason.to_owned() }
    }
}

/// Runs a check.
pub(crate) fn run(check: &Check, shell: &mut Shell) -> Judged {
    if check.scored && check.kind.trim().is_empty() && check.tests.is_none() {
        return Judged::without_tests(State::Warn, "There are no tests");
    }
    match check.kind.as_str() {
        "skip" => return Judged::without_tests(State::Info, "Test marked as skip"),
        "manual" => return Judged::without_tests(State::Warn, "Test marked as a manual test"),
        _ => {}
    }
    let not_passed = if check.scored { State::Fail } else { State::Warn };
    let Some(tests) = check.tests.as_ref().filter(|tests| !tests.items.is_empty()) else {
        return Judged::without_tests(not_passed, "No tests defined");
    };
    let outputs = match Outputs::of(check, shell) {
        Ok(outputs) => outputs,
        Err(why) => return Judged::without_tests(not_passed, &why),
    };
    match outputs.judge(check, tests) {
        Err(why) => Judged::without_tests(not_passed, &why),
        Ok((holds, judged)) => {
            let state = if holds { State::Pass } else { not_passed };
            Judged { state, ..judged }
        }
    }
}

struct Outputs {
    flags: String,
    config: String,
    env: String,
}

impl Outputs {
    /// Runs the audits; the error is that of the first that did not succeed.
    fn of(check: &Check, shell: &mut Shell) -> Result<Outputs, String> {
        let mut succeed = |script: &str| {
            let ran = shell.run(script);
            match &ran.error {
                Some(error) => Err(error.clone()),
                None => Ok(ran.output.clone()),
            }
        };
        let env = succeed(&check.audit_env)?;
        let flags = succeed(&check.audit)?;
        let config = match succeed(&check.audit_config) {
            Ok(config) => config,
            // A configuration file that is not there is no error where something else was seen.
            Err(error)
                if (error.contains("exit status 127")
                    || error.contains("No such file or directory"))
                    && !(env.is_empty() && flags.is_empty()) =>
            {
                String::new()
            }
            Err(error) => return Err(error),
        };
        Ok(Outputs { flags, config, env })
    }

    fn judge(&self, check: &Check, tests: &Tests) -> Result<(bool, Judged), String> {
        let mut all: Vec<Tested> = Vec::with_capacity(tests.items.len());
        for item in &tests.items {
            let test = |output, over| item.test(output, over, check.multiple);
            let mut tested = test(&self.flags, Over::Flags)?;
            if !tested.found && !check.audit_config.is_empty() && !self.config.is_empty() {
                tested = test(&self.config, Over::Config)?;
            }
            if !tested.found && !item.env.is_empty() {
                tested = test(&self.env, Over::Env)?;
            }
            all.push(tested);
        }
        let (holds, word) = match tests.bin_op.as_str() {
            "" | "and" => (all.iter().all(|tested| tested.holds), " AND "),
            "or" => (all.iter().any(|tested| tested.holds), " OR "),
            other => return Err(format!("unknown binary operator for tests {other}")),
        };
        let expected: Vec<&str> = all.iter().map(|tested| tested.expected.as_str()).collect();
        let judged = Judged {
            state: State::Info,
            actual: all.first().map(|tested| tested.actual.clone()).unwrap_or_default(),
            expected: expected.join(word),
            reason: String::new(),
        };
        Ok((holds, judged))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::controls::Controls;
    use super::*;

    #[derive(Deserialize)]
    struct Case {
        tests: String,
        #[serde(default)]
        multiple: bool,
        #[serde(default)]
        scored: bool,
        #[serde(default)]
        audit: String,
        #[serde(default)]
        config: String,
        #[serde(default)]
        env: String,
        state: State,
        #[serde(default)]
        actual: String,
        #[serde(default)]
        expected: String,
        #[serde(default)]
        reason: String,
    }

    /// What kube-bench 0.15.6 came to; `tests/peer/main.go` made it.
    const VERDICTS: &str = include_str!("../../tests/peer/verdicts.jsonl");

    #[test]
    fn verdicts_are_those_of_kube_bench() {
        let mut states = [0; 3];
        for (number, line) in VERDICTS.lines().enumerate() {
            let case: Case = serde_json::from_str(line).expect("a case");
            let tests = case.tests.replace('\n', "\n      ");
            let text = format!("groups:\n- checks:\n  - tests:\n      {tests}\n");
            let controls = Controls::parse("case", text).expect(&case.tests);
            let outputs =
                Outputs { flags: case.audit.clone(), config: case.config.clone(), env: case.env };
            let mut check = controls.groups[0].checks[0].clone();
            check.multiple = case.multiple;
            check.audit_config.clone_from(&case.config);
            let not_passed = if case.scored { State::Fail } else { State::Warn };
            let tests = check.tests.as_ref().expect("tests");
            let (state, judged) = match outputs.judge(&check, tests) {
                Ok((true, judged)) => (State::Pass, judged),
                Ok((false, judged)) => (not_passed, judged),
                Err(why) => (not_passed, Judged::without_tests(not_passed, &why)),
            };
            let at = format!("case {} of verdicts.jsonl: {line}", number + 1);
            assert_eq!((state, judged.reason), (case.state, case.reason), "{at}");
            if judged.expected != case.expected || judged.actual != case.actual {
                // Of a check without a verdict kube-bench keeps a part of the words.
                assert!(
                    judged.expected.is_empty() && state != State::Pass,
                    "{at}\n{}",
                    judged.expected
                );
            }
            states[state as usize] += 1;
        }
        assert!(states.iter().all(|count| *count > 100), "{states:?}");
    }
}
