//! Roles and bindings of any shape, and audit logs of any bytes: nothing panics, a policy does not
//! differ from itself, and whoever is named for a request may make it.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use seawall_model::document::{Limits, chunks, read};
use seawall_model::{Entry, Inventory, Source};
use seawall_rbac::graph::{Graph, Selection, html};
use seawall_rbac::resources::Resources;
use seawall_rbac::{Caller, Policy, Reach, Request, diff, lint, uses};

fuzz_target!(|data: &[u8]| {
    // What is no event is an error, and errors are as good as anything.
    drop(uses(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let source = Arc::new(Source::new("fuzz.yaml", text.to_owned()));
    let mut inventory = Inventory::new();
    let limits = Limits { document_bytes: 4096, ..Limits::default() };
    for chunk in chunks(&source) {
        for document in read(&source, chunk, &limits).documents {
            inventory.add(Entry::new(document, chunk.ordinal));
        }
    }
    let policy = Policy::read(&inventory);
    assert!(diff(&policy, &policy).is_empty());
    let request = Request::resource("get", "", "secrets", "a", "default");
    for grant in policy.who(&request, Reach::Namespace("default")).grants {
        let subject = policy.subject(grant.subject);
        let caller = match subject.user_name() {
            Some(user) => Caller::exactly(&user, Vec::new()),
            None => Caller::exactly("", vec![subject.name().to_owned()]),
        };
        assert!(policy.may(&caller, &request).is_allowed(), "{subject}");
    }
    let risks = policy.risks();
    drop(html(&Graph::new(&policy, &risks, &Selection::default())));
    drop(lint(&policy, &inventory, &Resources::of(&inventory)));
});
