//! The kubelet's effective configuration.
//!
//! Defaults, then the file of `--config`, then the files of `--config-dir` in the order of their
//! names, each merged as RFC 7386 says, then flags. Without `--config` the defaults are those of
//! the old command line, which let anybody in. Sources: kubernetes `cmd/kubelet/app/server.go`
//! (`mergeKubeletConfigurations`), `cmd/kubelet/app/options/options.go` (`applyLegacyDefaults`,
//! `AddKubeletConfigFlags`), `pkg/kubelet/apis/config/v1beta1/defaults.go`.

use seawall_model::document::{Document, Kind, Node};

use crate::component::{CONFIGZ, Instance};
use crate::evidence::arguments::{boolean, duration};
use crate::evidence::document;
use crate::evidence::host::{FileKind, Host, Unread};
use crate::outcome::{Origin, OriginKind};
use crate::setting::{Place, Setting, default_origin, flag_place};

/// Deepest nesting of drop-in directories.
const DEPTH: usize = 8;
/// Most files that configure one kubelet.
const FILES: usize = 1_000;

/// A setting that has a flag, a field, or both.
struct Known {
    flag: &'static str,
    field: &'static [&'static str],
    /// What holds where nothing is set.
    default: Option<&'static str>,
    /// The same, where there is no `--config`.
    bare: Option<&'static str>,
    /// Whether a nought in a file means the default.
    nought_is_default: bool,
}

const fn known(
    flag: &'static str,
    field: &'static [&'static str],
    default: Option<&'static str>,
) -> Known {
    Known { flag, field, default, bare: default, nought_is_default: false }
}

const KNOWN: &[Known] = &[
    Known {
        bare: Some("true"),
        ..known("anonymous-auth", &["authentication", "anonymous", "enabled"], Some("false"))
    },
    Known {
        bare: Some("false"),
        ..known(
            "authentication-token-webhook",
            &["authentication", "webhook", "enabled"],
            Some("true"),
        )
    },
    Known {
        bare: Some("AlwaysAllow"),
        ..known("authorization-mode", &["authorization", "mode"], Some("Webhook"))
    },
    Known { bare: Some("10255"), ..known("read-only-port", &["readOnlyPort"], Some("0")) },
    known("client-ca-file", &["authentication", "x509", "clientCAFile"], None),
    Known {
        nought_is_default: true,
        ..known(
            "streaming-connection-idle-timeout",
            &["streamingConnectionIdleTimeout"],
            Some("4h0m0s"),
        )
    },
    known("make-iptables-util-chains", &["makeIPTablesUtilChains"], Some("true")),
    known("event-qps", &["eventRecordQPS"], Some("50")),
    known("tls-cert-file", &["tlsCertFile"], None),
    known("tls-private-key-file", &["tlsPrivateKeyFile"], None),
    known("tls-cipher-suites", &["tlsCipherSuites"], None),
    known("tls-min-version", &["tlsMinVersion"], Some("VersionTLS12")),
    known("rotate-certificates", &["rotateCertificates"], Some("false")),
    known("rotate-server-certificates", &["serverTLSBootstrap"], Some("false")),
    known("pod-max-pids", &["podPidsLimit"], Some("-1")),
    known("seccomp-default", &["seccompDefault"], Some("false")),
    known("protect-kernel-defaults", &["protectKernelDefaults"], Some("false")),
    known("allowed-unsafe-sysctls", &["allowedUnsafeSysctls"], None),
    known("pod-manifest-path", &["staticPodPath"], None),
    known("manifest-url", &["staticPodURL"], None),
    known("address", &["address"], Some("0.0.0.0")),
    known("healthz-bind-address", &["healthzBindAddress"], Some("127.0.0.1")),
    known("enable-debugging-handlers", &["enableDebuggingHandlers"], Some("true")),
    known("container-runtime-endpoint", &["containerRuntimeEndpoint"], None),
];

/// A kubelet with the files that configure it.
#[derive(Debug)]
pub struct Kubelet<'a> {
    /// Where it runs and with which flags.
    pub instance: &'a Instance,
    /// The files, the later one wins; the first is that of `--config` if `has_base`.
    layers: Vec<(OriginKind, Document)>,
    has_base: bool,
    /// The field of the first file that holds the configuration.
    under: Option<&'static str>,
}

impl<'a> Kubelet<'a> {
    /// Reads the files that a kubelet is configured by.
    ///
    /// # Errors
    ///
    /// Where one that it names is not there, can't be read or is malformed: then nothing about the
    /// kubelet's configuration is known.
    pub fn read(host: Option<&Host>, instance: &'a Instance) -> Result<Self, Unread> {
        let mut layers = Vec::new();
        if let Some(given) = &instance.given
            && let Some(document) = given.document()?
        {
            layers.push((OriginKind::Object, document));
        }
        let under = (!layers.is_empty()).then_some(CONFIGZ);
        let argument = |flag| instance.arguments.last(flag).filter(|value| !value.is_empty());
        if let Some(path) = argument("config") {
            layers.push((OriginKind::File, instance.locate(host, path)?.document()?));
        }
        let has_base = !layers.is_empty();
        if let Some(path) = argument("config-dir") {
            let located = instance.locate(host, path)?;
            drop_ins(&located.host, &located.path, DEPTH, &mut layers)?;
        }
        Ok(Kubelet { instance, layers, has_base, under })
    }

    /// The files that configure it.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|(_, document)| &**document.source().name())
    }

    /// The effective value of a setting, by its flag.
    pub fn setting(&self, flag: &str) -> Setting {
        let Some(known) = KNOWN.iter().find(|known| known.flag == flag) else {
            return Setting::flag(self.instance, flag, None);
        };
        let flagged = match known.flag {
            "tls-cipher-suites" | "allowed-unsafe-sysctls" => {
                Setting::list(self.instance, flag, None)
            }
            _ => Setting::flag(self.instance, flag, None),
        };
        let is_flagged = self.instance.arguments.last(flag).is_some();
        // Either of the two switches it on.
        let or_field = flag == "seccomp-default"
            && matches!(&flagged.value, Ok(Some(value)) if boolean(value) == Some(false));
        if is_flagged && !or_field {
            return flagged;
        }
        let field = known.field.join(".");
        let item = format!("{} {field}", self.instance.name());
        match self.field(known.field) {
            Some((kind, node))
                if !(known.nought_is_default && duration(&document::text(node)) == Some(0.0)) =>
            {
                let value = match node.kind() {
                    // A flag that nobody knows of would win.
                    _ if self.flags_are_hidden().is_some() => {
                        Err(self.flags_are_hidden().unwrap_or_default())
                    }
                    Kind::Map => Err(format!("{field} is a map at {}", document::place(node))),
                    _ => Ok(Some(document::text(node)).filter(|text| !text.is_empty())),
                };
                let file = node.document().source().name().to_string();
                Setting {
                    item,
                    value,
                    origin: Origin { kind, place: document::place(node) },
                    place: Place::Field { file, field },
                }
            }
            _ if or_field => flagged,
            _ => self.default(item, field, known),
        }
    }

    fn default(&self, item: String, field: String, known: &Known) -> Setting {
        let default = match (known.flag, self.instance.minor) {
            // Five up to Kubernetes 1.26.
            ("event-qps", Some(minor)) if minor < 27 => Some("5"),
            _ if self.has_base => known.default,
            _ => known.bare,
        };
        let value = match self.flags_are_hidden() {
            Some(why) => Err(why),
            None => Ok(default.map(str::to_owned)),
        };
        let place = match self.layers.first().filter(|_| self.has_base) {
            Some((_, document)) => {
                Place::Field { file: document.source().name().to_string(), field }
            }
            None => flag_place(self.instance, known.flag),
        };
        Setting { item, value, origin: default_origin(self.instance), place }
    }

    /// Why flags may be set that nobody knows of. What the kubelet says of its configuration holds
    /// those that are in it.
    fn flags_are_hidden(&self) -> Option<String> {
        self.instance.incomplete.clone().filter(|_| self.instance.given.is_none())
    }

    /// Whether a feature gate is set, and where; none where it isn't.
    pub fn feature(&self, name: &str) -> Option<Setting> {
        if let Some(value) = self.instance.arguments.entry("feature-gates", name) {
            return Some(Setting {
                item: format!("{} --feature-gates {name}", self.instance.name()),
                value: Ok(Some(value.to_owned())),
                origin: Origin { kind: self.instance.kind, place: self.instance.place.clone() },
                place: Place::Nowhere,
            });
        }
        let (kind, node) = self.field(&["featureGates", name])?;
        Some(Setting {
            item: format!("{} featureGates.{name}", self.instance.name()),
            value: Ok(Some(document::text(node))),
            origin: Origin { kind, place: document::place(node) },
            place: Place::Field {
                file: node.document().source().name().to_string(),
                field: format!("featureGates.{name}"),
            },
        })
    }

    /// The value that counts at a path of fields: the last file that speaks of it; null there
    /// takes it out again.
    fn field(&self, path: &[&str]) -> Option<(OriginKind, Node<'_>)> {
        for (kind, document) in self.layers.iter().rev() {
            let root = document.root();
            let mut node = match self.under {
                Some(key) => root.get(key),
                None => Some(root),
            };
            for key in path {
                let Some(map) = node else { break };
                node = map.entries().find(|(known, _)| known.text() == *key).map(|(_, v)| v);
                if node.is_some_and(Node::is_null) {
                    return None;
                }
            }
            if let Some(node) = node {
                return Some((*kind, node));
            }
        }
        None
    }
}

/// The drop-ins of a directory and those below it in the order of their paths; what does not end
/// in `.conf` is left alone.
fn drop_ins(
    host: &Host,
    directory: &str,
    depth: usize,
    layers: &mut Vec<(OriginKind, Document)>,
) -> Result<(), Unread> {
    if depth == 0 {
        return Err(Unread::new(directory, "drop-in directories nest too deep"));
    }
    let names = host
        .list(directory)?
        .ok_or_else(|| Unread::new(directory, "the kubelet's drop-in directory is not there"))?;
    for name in names {
        let path = format!("{directory}/{name}");
        match host.metadata(&path)?.map(|found| found.kind) {
            Some(FileKind::Directory) => drop_ins(host, &path, depth - 1, layers)?,
            Some(_) if name.ends_with(".conf") => {
                if layers.len() == FILES {
                    return Err(Unread::new(
                        path,
                        &format!("there are more than {FILES} drop-ins"),
                    ));
                }
                if let Some(document) = document::of_file(host, &path)? {
                    layers.push((OriginKind::DropIn, document));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
