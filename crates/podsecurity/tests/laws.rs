//! What holds of every policy and every pod, on generated ones.

mod applied;
#[path = "differential/generate.rs"]
mod generate;
mod reading;

use fastrand::Rng;
use seawall_model::workload::pods_of;
use seawall_podsecurity::psp::{Outcome, Pod, Policy, Token, Verdict, admit, changes};
use serde_json::Value;

fn read_policy(text: &Value) -> Policy {
    let inventory = reading::inventory(&text.to_string());
    Policy::read(inventory.object(0)).expect("it is well-formed")
}

fn read_pod(text: &Value) -> Pod {
    let inventory = reading::inventory(&text.to_string());
    let views = pods_of(inventory.object(0));
    Pod::read(&views[0]).expect("it is well-formed")
}

/// Runs a law on pairs of a policy and a pod.
fn each(seed: u64, law: impl Fn(&Policy, &Value)) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..600 {
        let policy = read_policy(&generate::policy(&mut rng, "policy"));
        law(&policy, &generate::pod(&mut rng, "pod"));
    }
}

#[test]
fn what_a_policy_sets_it_sets_once() {
    each(1, |policy, pod| {
        let mut once = read_pod(pod);
        policy.default_pod(&mut once);
        let mut twice = once.clone();
        policy.default_pod(&mut twice);
        assert_eq!(once, twice, "{pod}");
    });
}

#[test]
fn changes_written_into_a_pod_make_the_pod_that_was_meant() {
    each(2, |policy, pod| {
        let before = read_pod(pod);
        let mut after = before.clone();
        policy.default_pod(&mut after);
        let mut written = pod.clone();
        applied::apply(&mut written, &changes(&before, &after));
        assert_eq!(read_pod(&written), after, "{pod}");
        assert_eq!(changes(&after, &after), []);
    });
}

#[test]
fn an_admitted_pod_is_one_that_its_policy_fits() {
    each(3, |policy, pod| {
        let mut pod = read_pod(pod);
        Token::default().mount(&mut pod);
        let policies = std::slice::from_ref(policy);
        let decision = admit(policies, &pod, &|_| true);
        let fits = !matches!(decision.attempts[0].outcome, Outcome::Violated(_));
        match decision.verdict {
            Verdict::Admitted { pod: stored, .. } => {
                assert!(fits);
                assert_eq!(policy.violations(&stored), [], "{stored:?}");
                // Made again as it is stored, nothing is left to do.
                let again = admit(policies, &stored, &|_| true);
                assert_eq!(again.attempts[0].outcome, Outcome::Fits, "{stored:?}");
            }
            Verdict::RejectedAfterDefaults { .. } => assert!(fits),
            Verdict::Rejected | Verdict::NoPolicy => assert!(!fits),
        }
        // Nobody may use it: nothing is admitted.
        assert_eq!(admit(policies, &pod, &|_| false).verdict, Verdict::Rejected);
    });
}

#[test]
fn without_policies_nothing_is_admitted() {
    let pod = read_pod(&generate::pod(&mut Rng::with_seed(4), "pod"));
    assert_eq!(admit(&[], &pod, &|_| true).verdict, Verdict::NoPolicy);
}
