//! Who gets into the node, and who becomes root there.

use crate::context::{Cx, either};
use crate::evidence::sshd::Sshd;
use crate::evidence::sudoers::Sudoers;
use crate::outcome::{Evidence, OriginKind, Outcome};
use crate::setting::unread;

/// A setting of the SSH server: its names, what holds where it isn't set, and what is good.
#[derive(Clone, Copy, Debug)]
pub struct Ssh {
    /// The name, and older ones.
    pub names: &'static [&'static str],
    /// What OpenSSH does where nobody sets it.
    pub default: &'static str,
    /// The values that are good.
    pub good: &'static [&'static str],
}

impl Ssh {
    fn judge(self, sshd: &Sshd) -> Outcome {
        let name = self.names[0];
        let found = sshd.get(self.names);
        let value = found.map_or(self.default, |value| value.text.as_str());
        let (kind, place) = match found {
            Some(value) => (OriginKind::File, value.place.as_str()),
            None => (OriginKind::Default, "OpenSSH"),
        };
        let is_good = |value: &str| self.good.contains(&value.to_lowercase().as_str());
        let mut evidence =
            vec![Evidence::new(format!("sshd {name}"), value.to_owned(), kind, place)];
        evidence.extend(sshd.for_some(self.names).map(|value| {
            let item = format!("sshd {name} for some");
            Evidence::new(item, value.text.clone(), OriginKind::File, &value.place)
        }));
        let bad_for_some = sshd.for_some(self.names).find(|value| !is_good(&value.text));
        match (is_good(value), bad_for_some) {
            (true, None) => Outcome::pass(format!("{name} is {value}")),
            (true, Some(value)) => Outcome::fail(format!("{name} is {} for some", value.text)),
            (false, _) => {
                Outcome::fail(format!("{name} is {value}; it should be {}", self.good.join(" or ")))
            }
        }
        .with(evidence)
    }
}

fn with_sshd(cx: &Cx<'_>, look: impl FnOnce(&Sshd) -> Outcome) -> Outcome {
    either(cx.host().map(|host| match Sshd::read(host) {
        Err(why) => unread(&why),
        Ok(None) => Outcome::not_applicable("no SSH server is set up"),
        Ok(Some(sshd)) => look(&sshd),
    }))
}

/// A setting of the SSH server is good for all.
pub fn ssh(cx: &Cx<'_>, setting: Ssh) -> Outcome {
    with_sshd(cx, |sshd| setting.judge(sshd))
}

/// The SSH server takes no passwords: neither itself nor by asking PAM.
pub fn ssh_passwords(cx: &Cx<'_>) -> Outcome {
    let own = Ssh { names: &["PasswordAuthentication"], default: "yes", good: &["no"] };
    let asked = Ssh {
        names: &["KbdInteractiveAuthentication", "ChallengeResponseAuthentication"],
        default: "yes",
        good: &["no"],
    };
    let pam = Ssh { names: &["UsePAM"], default: "no", good: &["no"] };
    with_sshd(cx, |sshd| {
        let by_pam = pam.judge(sshd);
        let evidence = by_pam.evidence.clone();
        // Without PAM nobody asks.
        let asked = match by_pam.verdict {
            crate::outcome::Verdict::Pass => by_pam,
            _ => asked.judge(sshd).with(evidence),
        };
        Outcome::worst([own.judge(sshd), asked], "")
    })
}

/// Nobody becomes root without a password.
pub fn sudo(cx: &Cx<'_>) -> Outcome {
    either(cx.host().map(|host| {
        let sudoers = match Sudoers::read(host) {
            Err(why) => return unread(&why),
            Ok(None) => return Outcome::not_applicable("no sudo is set up"),
            Ok(Some(sudoers)) => sudoers,
        };
        let mut who = Vec::new();
        let mut evidence = Vec::new();
        for line in sudoers.without_password() {
            who.extend(line.text.split_whitespace().next());
            let item = "sudo without a password";
            evidence.push(Evidence::new(item, line.text.clone(), OriginKind::File, &line.place));
        }
        if who.is_empty() {
            let place = sudoers.files.join(", ");
            Outcome::pass("sudo always asks for a password").with([Evidence::new(
                "NOPASSWD",
                None,
                OriginKind::File,
                place,
            )])
        } else {
            let who = who.join(", ");
            Outcome::fail(format!("{who} may become another user without a password"))
                .with(evidence)
        }
    }))
}
