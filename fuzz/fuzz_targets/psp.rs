//! PodSecurityPolicies and pods of any text: nothing panics, what a policy sets it sets once, and an
//! admitted pod is one that a policy fits. Configurations of the admission plugin are read too.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use seawall_model::document::{Limits, chunks, read};
use seawall_model::workload::pods_of;
use seawall_model::{Entry, Inventory, ObjectKind, Source};
use seawall_podsecurity::admission::configuration;
use seawall_podsecurity::psp::{Pod, Policy, Verdict, admit, changes};

fuzz_target!(|text: String| {
    let source = Arc::new(Source::new("fuzz", text));
    let mut inventory = Inventory::new();
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &Limits::default()).documents {
            drop(configuration(document.root()));
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    let policies: Vec<Policy> = inventory
        .of_kind(ObjectKind::PodSecurityPolicy)
        .filter_map(|object| Policy::read(object).ok())
        .collect();
    for policy in &policies {
        drop(policy.rules());
    }
    for view in inventory.objects().flat_map(pods_of) {
        let Ok(pod) = Pod::read(&view) else { continue };
        for policy in &policies {
            let mut once = pod.clone();
            policy.default_pod(&mut once);
            let mut twice = once.clone();
            policy.default_pod(&mut twice);
            assert_eq!(once, twice);
            for change in changes(&pod, &once) {
                drop(change.edit(&view));
            }
            for rejection in policy.violations(&once) {
                drop(rejection.place.find(&view));
            }
        }
        if let Verdict::Admitted { policy, pod } = admit(&policies, &pod, &|_| true).verdict {
            assert!(policies.iter().any(|known| known.name == policy));
            // The plugin asks again whether some policy fits, which need not be the same; and here
            // several may have one name.
            assert!(policies.iter().any(|policy| policy.violations(&pod).is_empty()));
        }
    }
});
