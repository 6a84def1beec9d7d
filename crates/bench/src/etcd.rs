//! etcd's settings: flags and variables, or its own file, which silences both.
//!
//! Source: etcd `server/etcdmain/config.go`, `server/embed/config.go`: with `--config-file` (or
//! `ETCD_CONFIG_FILE`) all other flags and variables are ignored; a flag wins over its variable.

use crate::component::Instance;
use crate::evidence::document;
use crate::evidence::host::Host;
use crate::outcome::{Origin, OriginKind};
use crate::setting::{Place, Setting, default_origin, flag_place};

/// Where the file has what a flag sets; what is not listed bears the flag's name.
const FIELDS: &[(&str, &[&str])] = &[
    ("cert-file", &["client-transport-security", "cert-file"]),
    ("key-file", &["client-transport-security", "key-file"]),
    ("client-cert-auth", &["client-transport-security", "client-cert-auth"]),
    ("trusted-ca-file", &["client-transport-security", "trusted-ca-file"]),
    ("auto-tls", &["client-transport-security", "auto-tls"]),
    ("peer-cert-file", &["peer-transport-security", "cert-file"]),
    ("peer-key-file", &["peer-transport-security", "key-file"]),
    ("peer-client-cert-auth", &["peer-transport-security", "client-cert-auth"]),
    ("peer-trusted-ca-file", &["peer-transport-security", "trusted-ca-file"]),
    ("peer-auto-tls", &["peer-transport-security", "auto-tls"]),
];

/// What holds where nobody sets it.
const DEFAULTS: &[(&str, &str)] = &[
    ("client-cert-auth", "false"),
    ("auto-tls", "false"),
    ("peer-client-cert-auth", "false"),
    ("peer-auto-tls", "false"),
    ("listen-client-urls", "http://localhost:2379"),
    ("listen-peer-urls", "http://localhost:2380"),
    ("tls-min-version", "TLS1.2"),
];

/// The effective value of a setting, by its flag.
pub fn setting(host: Option<&Host>, instance: &Instance, flag: &str) -> Setting {
    let variable = |flag: &str| format!("ETCD_{}", flag.replace('-', "_").to_uppercase());
    let from_environment = |flag: &str| match &instance.environment {
        Ok(environment) => Ok(environment.get(&variable(flag)).cloned()),
        Err(why) => Err(why.to_string()),
    };
    let default = DEFAULTS.iter().find(|(known, _)| *known == flag).map(|(_, value)| *value);
    let item = format!("{} --{flag}", instance.name());
    let file = match instance.arguments.last("config-file") {
        Some(path) => Ok(Some(path.to_owned())),
        None => from_environment("config-file"),
    };
    match file {
        Ok(Some(path)) if !path.is_empty() => of_file(host, instance, flag, &path, default),
        Err(_) if instance.arguments.last(flag).is_some() => Setting::flag(instance, flag, None),
        Err(why) => Setting {
            item,
            value: Err(why),
            origin: default_origin(instance),
            place: flag_place(instance, flag),
        },
        Ok(_) if instance.arguments.last(flag).is_some() => Setting::flag(instance, flag, None),
        Ok(_) => match from_environment(flag) {
            Ok(Some(value)) => Setting {
                item: format!("{} {}", instance.name(), variable(flag)),
                value: Ok(Some(value)),
                origin: Origin { kind: OriginKind::Environment, place: instance.place.clone() },
                place: Place::Nowhere,
            },
            _ => Setting::flag(instance, flag, default),
        },
    }
}

fn of_file(
    host: Option<&Host>,
    instance: &Instance,
    flag: &str,
    path: &str,
    default: Option<&str>,
) -> Setting {
    let own = [flag];
    let field = FIELDS.iter().find(|(known, _)| *known == flag).map_or(&own[..], |(_, path)| path);
    let item = format!("{} {}", instance.name(), field.join("."));
    let read = || instance.locate(host, path)?.document();
    let place = |file: &str| Place::Field { file: file.to_owned(), field: field.join(".") };
    match read() {
        Err(why) => Setting {
            item,
            value: Err(why.to_string()),
            origin: Origin { kind: OriginKind::File, place: path.to_owned() },
            place: Place::Nowhere,
        },
        Ok(document) => match document.root().at_path(field) {
            Some(node) => Setting {
                item,
                value: Ok(Some(document::text(node))),
                origin: Origin { kind: OriginKind::File, place: document::place(node) },
                place: place(document.source().name()),
            },
            None => Setting {
                item,
                value: Ok(default.map(str::to_owned)),
                origin: default_origin(instance),
                place: place(document.source().name()),
            },
        },
    }
}
