//! The path expressions of kube-bench's `path` tests: `k8s.io/client-go/util/jsonpath`, with missing
//! keys allowed, as kube-bench calls it.
//!
//! It is kubectl's template language and no other: text around expressions in braces,
//! `{range}…{end}`, unions, slices and filters, and an expression without braces is plain text.

mod eval;
mod parse;

pub(crate) use parse::{Piece, parse};

use super::value::Value;

/// What the expression prints of a value.
pub(crate) fn print(expression: &str, value: &Value) -> Result<String, String> {
    eval::Evaluation::new(&parse(expression)?).print(value)
}

#[cfg(test)]
mod tests {
    use super::print as print_of;
    use super::*;

    /// What client-go 0.37 printed, of YAML and of JSON.
    #[test]
    fn prints_what_client_go_prints() {
        let yaml = "a: {b: 5, z: null, f: 1.5, t: true}\nl: [x, 'y', 3]\nm: [{k: v, i: 1}, {k: w}]\nbig: 1000000\nnn: [a, null]\n";
        let json = r#"{"a":{"b":5,"z":null,"t":true},"l":["x","y"],"m":[{"k":"v"},{"k":"w"}],"big":1000000,"nn":["a",null]}"#;
        let print = |expression: &str, text: &str| {
            let value = Value::read(text).expect("a value");
            print_of(expression, &value)
        };
        let cases = [
            (yaml, "{.a.b}", "5"),
            (yaml, "{.a.f}", "1.5"),
            (yaml, "{.a.t}", "true"),
            (yaml, "{.a.z}", "null"),
            (yaml, "{.a.none}", ""),
            (yaml, "{.none.b}", ""),
            (yaml, "{.big}", "1000000"),
            (json, "{.big}", "1e+06"),
            (yaml, ".a.b", ".a.b"),
            (yaml, "{range .l[:]}{}{','}{end}", "x,y,3,"),
            (yaml, "{range .none[:]}{}{','}{end}", ""),
            (yaml, "{.l}", r#"["x","y",3]"#),
            (yaml, "{.l[0]}", "x"),
            (yaml, "{.l[-1:]}", "3"),
            (yaml, "{.l[*]}", "x y 3"),
            (yaml, "{.l[0,1]}", "x y"),
            (yaml, "{.m[?(@.k=='v')].i}", "1"),
            (yaml, "{.m[?(@.i)].k}", "v"),
            (yaml, "{.m[*].k}", "v w"),
            (yaml, "{['a'].b}", "5"),
            (yaml, "{..k}", "v w"),
            (json, "{.a}", r#"{"b":5,"t":true,"z":null}"#),
            (json, "x{.a.b}y", "x5y"),
            ("", "{.a}", ""),
            (yaml, "{range .nn[:]}{}{','}{end}", "a,<no value>,"),
            (yaml, "{.nn}", r#"["a",null]"#),
            (json, "{.nn[1]}", "null"),
            (yaml, "{range .m[*]}{.k}-{.i} {end}z", "v-1 w- z"),
            (json, "{.m[?(@.k!=\"v\")].k}", "w"),
            (yaml, "{.l[::2]}", "x 3"),
            (yaml, "{.m[0].k}{'\\n'}", "v\n"),
            (yaml, "{range .m[*]}{.k}", "vw"),
            (yaml, "{.l[1:1]}", ""),
            (yaml, "{5}{true}{1.5}", "5true1.5"),
            (yaml, "{.a.*}", "5 null 1.5 true"),
        ];
        for (text, expression, expected) in cases {
            assert_eq!(print(expression, text).as_deref(), Ok(expected), "{expression}");
        }
        for (text, expression) in [
            (yaml, "{.a}"),
            (yaml, "{..}"),
            (yaml, "{.l[1:0]}"),
            (yaml, "{.a"),
            (yaml, "{.l[9]}"),
            (yaml, "{.a[0]}"),
            (yaml, "{end}"),
            (yaml, "{foo}"),
            (yaml, "{.l[x]}"),
            (json, "{.m[?(@.k==5)].k}"),
        ] {
            assert!(print(expression, text).is_err(), "{expression}");
        }
    }
}
