//! Components in pods: static-pod manifests on a node, or the mirror pods of a cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::Node;

use super::arguments;
use super::document;

/// A container whose command is a component.
#[derive(Clone, Debug)]
pub struct Command {
    /// The node that it runs on, where it says so.
    pub node: Option<String>,
    /// The UID of its pod, where it has one.
    pub uid: Option<String>,
    /// The program's name.
    pub program: String,
    /// The words behind the program.
    pub words: Vec<String>,
    /// Its variables that have a value of their own.
    pub environment: BTreeMap<String, String>,
    /// Whether it has other variables than these.
    pub has_more_variables: bool,
    /// Its image.
    pub image: String,
    /// Directories and files of the node, and where the container sees them: `(container, node)`.
    pub mounts: Vec<(String, String)>,
    /// Where the container stands: `path:line`.
    pub place: String,
    /// The text that it stands in.
    pub source: Arc<Source>,
}

/// The commands of a pod's containers, init containers left out: they are gone when the pod runs.
pub fn commands(pod: Node<'_>) -> Vec<Command> {
    let Some(spec) = pod.get("spec") else { return Vec::new() };
    let host_paths: BTreeMap<&str, &str> = spec
        .get("volumes")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|volume| {
            let path = volume.at_path(&["hostPath", "path"])?.as_str()?;
            Some((volume.get("name")?.as_str()?, path))
        })
        .collect();
    let text = |path: &[&str]| pod.at_path(path).map(|node| node.text().to_owned());
    let mut commands = Vec::new();
    for container in spec.get("containers").into_iter().flat_map(Node::items) {
        let environment: BTreeMap<String, String> = container
            .get("env")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|variable| {
                let value = variable.get("value")?.text().to_owned();
                Some((variable.get("name")?.text().to_owned(), value))
            })
            .collect();
        let count = container.get("env").into_iter().flat_map(Node::items).count();
        let has_more_variables = count > environment.len() || container.get("envFrom").is_some();
        let words: Vec<String> = ["command", "args"]
            .into_iter()
            .filter_map(|key| container.get(key))
            .flat_map(Node::items)
            .map(|word| expanded(word.text(), &environment))
            .collect();
        let Some((program, words)) = program(words, container) else { continue };
        let mounts = container
            .get("volumeMounts")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|mount| {
                let host = host_paths.get(mount.get("name")?.text())?;
                let sub = mount.get("subPath").map_or(String::new(), |s| format!("/{}", s.text()));
                Some((mount.get("mountPath")?.text().to_owned(), format!("{host}{sub}")))
            })
            .collect();
        commands.push(Command {
            node: text(&["spec", "nodeName"]),
            uid: text(&["metadata", "uid"]),
            program,
            words,
            environment,
            has_more_variables,
            image: container.get("image").map_or(String::new(), |image| image.text().to_owned()),
            mounts,
            place: document::place(container),
            source: Arc::clone(container.document().source()),
        });
    }
    commands
}

/// The program and the words behind it: the first word, or what a shell is told to run, or the
/// container's name where the image brings the program.
fn program(mut words: Vec<String>, container: Node<'_>) -> Option<(String, Vec<String>)> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let shell = words.first().is_some_and(|word| matches!(&*base(word), "sh" | "bash" | "dash"));
    if shell && let Some(script) = words.iter().position(|word| word == "-c").map(|c| c + 1) {
        let script = words.get(script)?;
        let mut inner = arguments::words(script).into_iter().skip_while(|word| {
            let name = base(word);
            !(name.starts_with("kube") || name == "etcd")
        });
        let program = base(&inner.next()?);
        // Redirections and what follows the command belong to the shell.
        let rest = inner.take_while(|word| {
            !word.starts_with(['|', '>', ';', '&'])
                && !word.starts_with("1>")
                && !word.starts_with("2>")
        });
        return Some((program, rest.collect()));
    }
    match words.first() {
        Some(first) if !first.starts_with('-') => {
            let mut program = base(&words.remove(0));
            // The image's go-runner starts what follows its own flags.
            if program == "go-runner" || program == "hyperkube" {
                let at = words.iter().position(|word| !word.starts_with('-'))?;
                program = base(&words[at]);
                words.drain(..=at);
            }
            Some((program, words))
        }
        _ => Some((container.get("name")?.text().to_owned(), words)),
    }
}

/// `$(NAME)` as the kubelet fills it in; what is not known stays.
fn expanded(word: &str, environment: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("$(") {
        let Some((name, tail)) = after.split_once(')') else { break };
        out.push_str(before);
        match environment.get(name) {
            Some(value) => out.push_str(value),
            None => {
                out.push_str("$(");
                out.push_str(name);
                out.push(')');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}
