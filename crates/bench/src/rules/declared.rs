//! Whether what pods declare is so: nothing that a pod asks to be confined by is missing in the
//! kernel, and nothing is there that it did not ask for.

use std::collections::HashMap;

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod, ProfileType, pods_of};
use seawall_model::{Inventory, Object, ObjectKind, Undecided};
use seawall_podsecurity::capabilities;

use crate::context::{Cx, either};
use crate::evidence::confined::{Confined, Modules, capabilities as set_of, names};
use crate::outcome::Outcome;
use crate::setting::{Want, unread};

/// What pods declare is so.
pub fn as_declared(cx: &Cx<'_>) -> Outcome {
    either(cx.containers().and_then(|all| {
        let (inventory, _) = cx.objects()?;
        let modules = Modules::read(cx.host()?).map_err(|why| unread(&why))?;
        let node = OnNode { modules, seccomp_default: seccomp_default(cx) };
        let declared = by_id(inventory);
        let outcomes = all.iter().map(|one| {
            let found = declared.get(one.id.as_str()).and_then(|(pod, name)| {
                let views = pods_of(*pod);
                let container = views.iter().flat_map(Pod::containers).find(|c| c.name == *name)?;
                Some(node.compare(one, container))
            });
            found.unwrap_or_else(|| {
                Outcome::unknown(format!(
                    "no pod that was read has the container of {} (pid {})",
                    one.program, one.pid
                ))
            })
        });
        Ok(Outcome::worst(outcomes, "no container of a pod runs here"))
    }))
}

/// Whether the kubelet gives its default profile to containers that ask for none.
fn seccomp_default(cx: &Cx<'_>) -> bool {
    let outcome =
        cx.each_kubelet(|kubelet| kubelet.setting("seccomp-default").judge(Want::Bool(true)));
    outcome.verdict == crate::outcome::Verdict::Pass
}

/// Which container of which pod runs under an id, by the statuses of pods.
fn by_id(inventory: &Inventory) -> HashMap<&str, (Object<'_>, &str)> {
    let mut all = HashMap::new();
    for pod in inventory.of_kind(ObjectKind::Pod) {
        let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
        let statuses = lists.iter().filter_map(|list| pod.root().at_path(&["status", list]));
        for status in statuses.flat_map(Node::items) {
            // `containerd://ID`
            let id = status.get("containerID").and_then(|id| Some(id.text().split_once("://")?.1));
            if let (Some(id), Some(name)) = (id, status.get("name")) {
                all.insert(id, (pod, name.text()));
            }
        }
    }
    all
}

/// What of the node decides how a declaration is carried out.
struct OnNode {
    modules: Modules,
    seccomp_default: bool,
}

impl OnNode {
    fn compare(&self, one: &Confined, container: &Container<'_>) -> Outcome {
        let name = format!("{}/{}", container.pod.object.id(), container.name);
        let labelled = self.modules != Modules::None;
        let outcome = match self.differences(one, container) {
            Ok(wrong) if wrong.is_empty() => {
                Outcome::pass(format!("{name} is confined as it declares"))
            }
            Ok(wrong) => Outcome::fail(format!("{name}: {}", wrong.join("; "))),
            Err(undecided) => Outcome::unknown(format!("{name}: {}", undecided.why)),
        };
        let outcome = match &one.label {
            Err(why) if labelled => Outcome::worst([outcome, unread(why)], ""),
            _ => outcome,
        };
        let label = one.label.as_ref().ok().filter(|_| labelled);
        outcome
            .with([
                one.evidence("bounding capabilities", names(one.capabilities).join(",")),
                one.evidence("seccomp mode", one.seccomp.to_string()),
                one.evidence("no-new-privileges", one.no_new_privileges.to_string()),
            ])
            .with(label.map(|label| one.evidence("label", label.clone())))
    }

    fn differences<'a>(
        &self,
        one: &Confined,
        container: &Container<'a>,
    ) -> Result<Vec<String>, Undecided<'a>> {
        let mut wrong = Vec::new();
        let escalation = container.allow_privilege_escalation()?;
        if escalation.is_some_and(|it| !it.value) && !one.no_new_privileges {
            wrong.push(
                "it declares allowPrivilegeEscalation: false, and can gain privileges".into(),
            );
        }
        match container.seccomp()?.map(|it| it.value.profile_type) {
            Some(ProfileType::RuntimeDefault | ProfileType::Localhost(_)) if one.seccomp == 0 => {
                wrong.push("it declares a seccomp profile, and has none".into());
            }
            None if self.seccomp_default && one.seccomp == 0 => {
                wrong.push(
                    "the kubelet's seccompDefault is on, and it has no seccomp profile".into(),
                );
            }
            _ => {}
        }
        let declared = capabilities::of(container)?;
        let extra = one.capabilities - set_of(declared.iter().map(String::as_str));
        let privileged = container.privileged()?.is_some_and(|it| it.value);
        if !privileged && !extra.is_empty() {
            let names = names(extra).join(", ");
            wrong.push(format!("it has capabilities that it does not declare: {names}"));
        }
        // A label that can't be read is reported by itself.
        if one.label.is_ok() || self.modules == Modules::None {
            wrong.extend(self.app_armor(one, container)?);
            wrong.extend(self.se_linux(one, container)?);
        }
        Ok(wrong)
    }

    fn app_armor<'a>(
        &self,
        one: &Confined,
        container: &Container<'a>,
    ) -> Result<Option<String>, Undecided<'a>> {
        let wanted = match container.app_armor()?.map(|it| it.value.profile_type) {
            Some(ProfileType::RuntimeDefault) => None,
            Some(ProfileType::Localhost(name)) => Some(name),
            _ => return Ok(None),
        };
        if self.modules != Modules::AppArmor {
            return Ok(Some("it declares an AppArmor profile, and AppArmor is not loaded".into()));
        }
        Ok(match (wanted, one.app_armor()) {
            (_, None) => Some("it declares an AppArmor profile, and has none".to_owned()),
            (Some(wanted), Some((name, _))) if wanted != name => {
                Some(format!("it declares the AppArmor profile {wanted}, and has {name}"))
            }
            (None, Some((name, mode))) if mode != "enforce" => {
                Some(format!("it declares the engine's AppArmor profile, and {name} is {mode}"))
            }
            _ => None,
        })
    }

    fn se_linux<'a>(
        &self,
        one: &Confined,
        container: &Container<'a>,
    ) -> Result<Option<String>, Undecided<'a>> {
        let Some(options) = container.se_linux_options()? else { return Ok(None) };
        if !matches!(self.modules, Modules::SeLinux { .. }) {
            return Ok(Some("it declares seLinuxOptions, and SELinux is not loaded".into()));
        }
        // `user:role:type:level`, and the level has colons itself.
        let label = one.label.as_deref().unwrap_or_default();
        let mut parts = label.splitn(4, ':');
        for key in ["user", "role", "type", "level"] {
            let part = parts.next().unwrap_or_default();
            let declared = options.field(key)?.map(Node::string).transpose()?;
            let Some(declared) = declared.map(|it| it.value).filter(|text| !text.is_empty()) else {
                continue;
            };
            if declared != part {
                return Ok(Some(format!(
                    "it declares the SELinux {key} {declared}, and has {part}"
                )));
            }
        }
        Ok(None)
    }
}
