//! Texts that are nearly manifests, and edits that make no sense.

#[path = "support/any.rs"]
mod any;

use proptest::prelude::*;

const SEEDS: &[&str] = &[
    "a: &x {b: [1, 'é', \"q\"], c: ~}\nd: *x\ne:\n- <<: *x\n  f: |+\n    text\n\n  # c\n  g: >-\n   h\n",
    "# head\r\nkind: Pod\r\nspec:\r\n    containers:\r\n    -   name: é # ü\r\n        args: [\r\n          a, # b\r\n          c\r\n        ]\r\n    x:\r\n",
    "{\n\t\"a\": [{\"b\": 1}, {}],\n\t\"c\": {\"d\": null}\n}\n---\n- - a\n  - b: c\n- {d, e: , f: [g: h]}\n",
    "? a\n: b\n? [c]\n: d\n--- !!map\n\"k\" : 'v'\n'k2': !t |\n  x\n...\n---\n-\n  a: 1\n- \n- - - x\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_of_no_text_panics(
        seed in 0..SEEDS.len(),
        spots in prop::collection::vec((any::<prop::sample::Index>(), "[-:#,{}\\[\\]'\"|>&*!? \\n\\r\\ta-cé]{0,3}"), 0..4),
        choices in prop::collection::vec(any::<u8>(), 3..24),
    ) {
        let mut text: Vec<char> = SEEDS[seed].chars().collect();
        for (spot, new) in spots {
            let at = spot.index(text.len());
            text.splice(at..(at + 1), new.chars());
            if text.is_empty() {
                break;
            }
        }
        any::check(&text.into_iter().collect::<String>(), &choices);
    }
}
