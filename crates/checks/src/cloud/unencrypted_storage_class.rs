//! A disk that is read without the cluster.

use seawall_model::document::Node;
use seawall_model::{
    Check, Cx, Edit, Edits, Fix, Flaw, Mapping, Object, ObjectKind, Outcome, Safety, Scope,
    Severity, Undecided, Value,
};

/// A StorageClass whose provisioner encrypts only when asked and is not asked: Amazon EBS
/// (`encrypted`), Ceph RBD (`encrypted`), Longhorn (`encrypted`) and Portworx (`secure`); and
/// PersistentVolumes of such a class.
pub const CHECK: Check = Check {
    id: "unencrypted-storage-class",
    title: "Volumes are not encrypted",
    severity: Severity::Medium,
    rationale: "Snapshots, backups and discarded disks are read by whoever gets them, past every \
                right in the cluster. An AWS account may encrypt by default, which no object \
                shows; a class that asks for it holds in every account.",
    remedy: "Write `encrypted: \"true\"` in `parameters`, with a key of your own where the \
             provisioner takes one.",
    mapping: Mapping { mitre: &["T1552"], ..Mapping::NONE },
    covers: &["kubescape:C-0264"],
    links: &["https://kubernetes.io/docs/concepts/storage/storage-classes/"],
    scope: Scope::Object(&[ObjectKind::StorageClass, ObjectKind::PersistentVolume], run),
    fix: Ok(Fix {
        safety: Safety::Unsafe(
            "A StorageClass that is there has to be made anew, for its parameters can't be \
             changed; volumes that are there stay as they are.",
        ),
        edits,
    }),
    cases: include_str!("unencrypted_storage_class.yaml"),
};

/// Provisioners, or the ends of their names, and the parameter that asks them to encrypt.
const PROVISIONERS: &[(&str, &str)] = &[
    ("ebs.csi.aws.com", "encrypted"),
    ("kubernetes.io/aws-ebs", "encrypted"),
    ("ebs.csi.eks.amazonaws.com", "encrypted"),
    ("rbd.csi.ceph.com", "encrypted"),
    ("driver.longhorn.io", "encrypted"),
    ("pxd.portworx.com", "secure"),
    ("kubernetes.io/portworx-volume", "secure"),
];

fn run<'a>(object: Object<'a>, cx: &mut Cx<'a>) -> Outcome<'a> {
    if object.kind() == ObjectKind::StorageClass {
        if let Some((provisioner, parameter)) = unencrypted(object)? {
            let parameters = object.root().get("parameters");
            let value = parameters.and_then(|parameters| parameters.get(parameter));
            let (node, detail) = match (value, parameters) {
                (Some(value), _) => (value, String::new()),
                (None, Some(parameters)) => (parameters, parameter.to_owned()),
                (None, None) => (object.root(), format!("parameters.{parameter}")),
            };
            cx.fail_at(
                node,
                detail,
                format!(
                    "StorageClass {} does not ask {} to encrypt; write {parameter}: \"true\" in \
                     parameters",
                    object.name(),
                    provisioner.text()
                ),
            );
        }
        return Ok(());
    }
    let Some(class) = object.root().at_path(&["spec", "storageClassName"]) else { return Ok(()) };
    let name = class.string()?.value;
    for storage_class in cx.inventory().named(ObjectKind::StorageClass, None, name) {
        if unencrypted(storage_class)?.is_some() {
            cx.fail(
                class,
                format!(
                    "PersistentVolume {} is of StorageClass {name}, which does not ask for \
                     encryption; make a new one of a class that does",
                    object.name()
                ),
            );
            break;
        }
    }
    Ok(())
}

/// The provisioner and the parameter that should ask it to encrypt, where it does not.
fn unencrypted(class: Object<'_>) -> Result<Option<(Node<'_>, &'static str)>, Undecided<'_>> {
    let Some(provisioner) = class.root().field("provisioner")? else { return Ok(None) };
    let name = provisioner.string()?.value;
    let known = PROVISIONERS.iter().find(|(known, _)| {
        name.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    let Some((_, parameter)) = known else { return Ok(None) };
    let asked = match class.root().field("parameters")? {
        Some(parameters) => parameters.map()?.any(|(key, value)| {
            key.text() == *parameter && value.text().eq_ignore_ascii_case("true")
        }),
        None => false,
    };
    Ok((!asked).then_some((provisioner, parameter)))
}

fn edits<'a>(flaw: &Flaw<'a>) -> Edits<'a> {
    if flaw.object.kind() != ObjectKind::StorageClass {
        return Err("a volume that is there can't be encrypted".into());
    }
    let Ok(Some((_, parameter))) = unencrypted(flaw.object) else {
        return Err("its provisioner can't be told".into());
    };
    Ok(vec![Edit::set(flaw.object.root(), &["parameters", parameter], Value::str("true"))])
}
