//! What a container declares that it needs.

use seawall_model::Undecided;
use seawall_model::document::Node;
use seawall_model::workload::Container;

use super::generate::Need;
use crate::capabilities;

/// Volumes that the kubelet mounts read-only whatever the container asks for.
const READ_ONLY: &[&str] = &["configMap", "downwardAPI", "image", "projected", "secret"];

impl Need {
    /// Reads a container's needs.
    ///
    /// # Errors
    ///
    /// Where a field is of the wrong type.
    pub fn of<'a>(container: &Container<'a>) -> Result<Need, Undecided<'a>> {
        let object = container.pod.object;
        let mut need = Need {
            name: profile_name(&[
                object.namespace().unwrap_or("default"),
                object.name(),
                container.name,
            ]),
            subject: format!("For {} of {}.", container.noun(), object.id()),
            read_only_root: container.read_only_root_filesystem()?.is_some_and(|it| it.value),
            capabilities: capabilities::of(container)?,
            ..Need::default()
        };
        for (mount, volume) in container.mounts() {
            let Some(path) = mount.field("mountPath")? else { continue };
            let path = path.string()?.value.to_owned();
            let asked = mount.field("readOnly")?.map(Node::boolean).transpose()?;
            let forced = READ_ONLY.iter().any(|kind| volume.get(kind).is_some());
            if forced || asked.is_some_and(|it| it.value) {
                need.read_only.push(path);
            } else {
                need.writable.push(path);
            }
        }
        for port in container.ports.map(Node::list).transpose()?.into_iter().flatten() {
            let Some(number) = port.field("containerPort")? else { continue };
            let protocol = port.field("protocol")?.map(Node::string).transpose()?;
            let protocol = protocol.map_or("TCP", |it| it.value);
            if let Ok(number) = u16::try_from(number.integer()?.value) {
                need.ports.push((number, protocol.to_owned()));
            }
        }
        Ok(need)
    }
}

/// A name that AppArmor and Kubernetes take: `seawall-` and the words, in letters, digits, dots and
/// dashes.
fn profile_name(words: &[&str]) -> String {
    let mut name = String::from("seawall");
    for word in words.iter().filter(|word| !word.is_empty()) {
        name.push('-');
        name.extend(
            word.chars()
                .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' }),
        );
    }
    name
}
