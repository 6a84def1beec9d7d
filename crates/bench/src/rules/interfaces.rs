//! Kernel settings that every network interface has its own of: what holds is made of the
//! interface's and of `all`, each in its own way (`include/linux/inetdevice.h`).

use crate::context::{Cx, either};
use crate::outcome::{Evidence, OriginKind, Outcome, Patch, Verdict};
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
    let item = format!("net.{family}.conf.all.{name}");
    // That this is the node's network is asked once: there may be hundreds of interfaces.
    let Some((all, evidence)) = cx.sysctl(&item)? else {
        return Ok(Outcome::not_applicable(format!("this kernel has no {item}")));
    };
    let host = cx.host()?;
    let directory = format!("/proc/sys/net/{family}/conf");
    let number = |item: &str, value: &str| {
        let number = value.trim().parse::<i64>();
        number.map_err(|_| Outcome::unknown(format!("{item}: {value:?} is no number")))
    };
    let value = |interface: &str, name: &str| -> Result<i64, Outcome> {
        let path = format!("{directory}/{interface}/{name}");
        match host.read(&path).map_err(|why| unread(&why))? {
            Some(value) => number(&path, &value),
            None => Ok(0),
        }
    };
    let all = number(&item, &all)?;
    let mut wrong = Vec::new();
    let mut seen = vec![evidence];
    for interface in host.list(&directory).map_err(|why| unread(&why))?.unwrap_or_default() {
        // What a machine tells itself reaches nobody; `default` is what new interfaces begin with.
        if matches!(interface.as_str(), "all" | "lo") {
            continue;
        }
        let own = value(&interface, name)?;
        if own <= 0 && all <= 0 {
            continue;
        }
        let forwards = value(&interface, "forwarding")? > 0;
        if on(&Of { own: own > 0, all: all > 0, forwards }) {
            let item = format!("net.{family}.conf.{interface}.{name}");
            let place = format!("{directory}/{interface}/{name}");
            seen.push(Evidence::new(item, own.to_string(), OriginKind::Kernel, place));
            wrong.push(interface);
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
