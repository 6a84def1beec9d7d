//! Kernel settings that every network interface has its own of: what holds is made of the
//! interface's and of `all`, each in its own way (`include/linux/inetdevice.h`).

use crate::context::{Cx, either};
use crate::outcome::{Evidence, Outcome, Patch, Verdict};
use crate::rules::node::SYSCTL_FILE;
use crate::setting::unread;

/// The values that an interface's own is weighed with.
struct Of {
    own: bool,
    all: bool,
    forwards: bool,
}

/// No interface sends ICMP redirects: either value switches them on.
pub fn redirects_sent(cx: &Cx<'_>) -> Outcome {
    judge(cx, "ipv4", "send_redirects", |of| of.own || of.all)
}

/// No interface takes ICMP redirects: of one that forwards both values must be on, of another one
/// is enough; of IPv6 the interface's own counts, unless it forwards.
pub fn redirects_taken(cx: &Cx<'_>) -> Outcome {
    let on = |of: &Of| if of.forwards { of.own && of.all } else { of.own || of.all };
    let v4 = judge(cx, "ipv4", "accept_redirects", on);
    let v6 = judge(cx, "ipv6", "accept_redirects", |of| of.own && !of.forwards);
    both(v4, v6)
}

/// No interface takes source routes: both values must be on; of IPv6 the interface's own counts,
/// where it isn't negative.
pub fn source_routes(cx: &Cx<'_>) -> Outcome {
    let v4 = judge(cx, "ipv4", "accept_source_route", |of| of.own && of.all);
    let v6 = judge(cx, "ipv6", "accept_source_route", |of| of.own);
    both(v4, v6)
}

/// Both families as one outcome; a kernel may lack the second.
fn both(v4: Outcome, v6: Outcome) -> Outcome {
    if v6.verdict == Verdict::NotApplicable { v4 } else { Outcome::worst([v4, v6], "") }
}

fn judge(cx: &Cx<'_>, family: &str, name: &str, on: impl Fn(&Of) -> bool) -> Outcome {
    either(interfaces(cx, family, name, on))
}

fn interfaces(
    cx: &Cx<'_>,
    family: &str,
    name: &str,
    on: impl Fn(&Of) -> bool,
) -> Result<Outcome, Outcome> {
    let value = |interface: &str, name: &str| -> Result<Option<(i64, Evidence)>, Outcome> {
        // A dot in an interface's name is no step of the path.
        let path = format!("net.{family}.conf.{}.{name}", interface.replace('.', "/"));
        let Some((value, evidence)) = cx.sysctl(&path)? else { return Ok(None) };
        let number = value.parse();
        let number =
            number.map_err(|_| Outcome::unknown(format!("{path}: {value:?} is no number")))?;
        Ok(Some((number, evidence)))
    };
    let item = format!("net.{family}.conf.all.{name}");
    let Some((all, evidence)) = value("all", name)? else {
        return Ok(Outcome::not_applicable(format!("this kernel has no {item}")));
    };
    let directory = format!("/proc/sys/net/{family}/conf");
    let names = cx.host()?.list(&directory).map_err(|why| unread(&why))?.unwrap_or_default();
    let mut wrong = Vec::new();
    let mut seen = vec![evidence];
    for interface in names {
        // What a machine tells itself reaches nobody; `default` is what new interfaces begin with.
        if matches!(interface.as_str(), "all" | "lo") {
            continue;
        }
        let Some((own, evidence)) = value(&interface, name)? else { continue };
        let forwards = value(&interface, "forwarding")?.is_some_and(|(value, _)| value > 0);
        if on(&Of { own: own > 0, all: all > 0, forwards }) {
            wrong.push(interface);
            seen.push(evidence);
        }
    }
    if wrong.is_empty() {
        return Ok(Outcome::pass(format!("{item} is {all}, and no interface has it on")).with(seen));
    }
    let lines = ["all", "default"].map(|of| Patch::Line {
        file: SYSCTL_FILE.to_owned(),
        line: format!("net.{family}.conf.{of}.{name} = 0"),
    });
    Ok(Outcome::fail(format!("{name} of {family} is on for {}", wrong.join(", ")))
        .with(seen)
        .patched(lines))
}
