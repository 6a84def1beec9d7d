//! The engine against the oracle, on clusters made of choices.

mod oracle;
mod support;

use proptest::prelude::*;

use oracle::{Choices, Cluster, compare};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bitsets_agree_with_pod_by_pod(bytes in prop::collection::vec(any::<u8>(), 60..400)) {
        let cluster = Cluster::of(&mut Choices::new(&bytes));
        compare(&cluster, &support::inventory(&cluster.manifests()));
    }
}
