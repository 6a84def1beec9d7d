//! What is no object: the kubelets' configurations, events, and the logs of failing pods.

use std::sync::Arc;

use seawall_collect::bundle::{Member, Unread};
use seawall_model::document::Node;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::api::{Api, Failure};
use crate::list::{escape, items_of, parse};
use crate::print;

/// Most bytes of a kubelet's configuration.
const CONFIG_BYTES: usize = 1 << 20;

/// Most events, in pages of this many.
const EVENTS: usize = 5000;
const EVENTS_PAGE: usize = 500;
const EVENTS_PAGE_BYTES: usize = 32 << 20;

/// What a kubelet answers, as if it were the log, where the container was removed meanwhile
/// (`GetContainerLogs` in its `kuberuntime_container.go`).
const LOG_IS_GONE: &str = "unable to retrieve container logs for ";

/// Most containers whose logs are read, and how much of each.
const LOGS: usize = 200;
const LOG_LINES: u32 = 50;
const LOG_BYTES: usize = 16 << 10;

type Sink = mpsc::Sender<Vec<Member>>;

/// Reads each kubelet's configuration through the API server (`configz`).
pub(crate) async fn nodes(api: &Arc<Api>, nodes: &[String], sink: &Sink) -> Vec<Unread> {
    let mut tasks = JoinSet::new();
    for node in nodes {
        let (api, node) = (Arc::clone(api), node.clone());
        tasks.spawn(async move {
            let path = format!("/api/v1/nodes/{node}/proxy/configz");
            let answer = api.get_once(&path, CONFIG_BYTES).await;
            (node, answer)
        });
    }
    let mut unread = Vec::new();
    let mut forbidden = false;
    while let Some(done) = tasks.join_next().await {
        let (node, answer) = match done {
            Ok(done) => done,
            Err(error) => {
                unread.push(Unread { what: "nodes".to_owned(), cause: error.to_string() });
                continue;
            }
        };
        let what = format!("nodes/{node}/configz.json");
        let cause = match answer {
            Ok(text) => match without_headers(&text) {
                Ok(text) => {
                    if sink.send(vec![Member { path: what, text }]).await.is_err() {
                        return unread;
                    }
                    continue;
                }
                Err(error) => format!("the kubelet's answer can't be read: {error}"),
            },
            Err(failure) if failure.is_forbidden() => {
                forbidden = true;
                continue;
            }
            Err(failure) => format!("the kubelet is not reachable: {failure}"),
        };
        unread.push(Unread { what, cause });
    }
    if forbidden {
        unread.push(Unread {
            what: "nodes/*/configz.json".to_owned(),
            cause: "forbidden: it takes \"get\" on \"nodes/proxy\", which is close to power over \
                    the nodes; leave it to who has it already"
                .to_owned(),
        });
    }
    unread
}

/// `staticPodURLHeader` may hold credentials.
fn without_headers(text: &str) -> Result<String, serde_json::Error> {
    let mut config: serde_json::Value = serde_json::from_str(text)?;
    if let Some(headers) = config.pointer_mut("/kubeletconfig/staticPodURLHeader") {
        *headers = serde_json::Value::Null;
    }
    serde_json::to_string_pretty(&config).map(|text| text + "\n")
}

/// Reads events, one a line.
pub(crate) async fn events(api: &Api, namespaces: &[String], sink: &Sink) -> Vec<Unread> {
    let mut lines = String::new();
    let mut unread = Vec::new();
    let mut left = EVENTS;
    let everywhere = [String::new()];
    for namespace in if namespaces.is_empty() { &everywhere } else { namespaces } {
        if let Err(cause) = events_in(api, namespace, &mut left, &mut lines).await {
            unread.push(Unread { what: "core/v1/events".to_owned(), cause });
        }
    }
    if !lines.is_empty() {
        let member = Member { path: "events.jsonl".to_owned(), text: lines };
        if sink.send(vec![member]).await.is_err() {
            return unread;
        }
    }
    unread
}

async fn events_in(
    api: &Api,
    namespace: &str,
    left: &mut usize,
    lines: &mut String,
) -> Result<(), String> {
    let place =
        if namespace.is_empty() { String::new() } else { format!("namespaces/{namespace}/") };
    let mut token = String::new();
    while *left > 0 {
        let path = format!("/api/v1/{place}events?limit={EVENTS_PAGE}&continue={token}");
        let page = api.get(&path, EVENTS_PAGE_BYTES).await.map_err(|failure| told(&failure))?;
        let document = parse(page)?;
        for item in items_of(document.root())?.take(*left) {
            lines.push_str(&print::event(item));
            *left -= 1;
        }
        let next = document.root().at_path(&["metadata", "continue"]).and_then(Node::as_str);
        match next.filter(|token| !token.is_empty()).map(escape) {
            Some(next) if next == token => return Err("the same page again and again".to_owned()),
            Some(next) => token = next,
            None => return Ok(()),
        }
    }
    Err(format!("there are more than {EVENTS}; the rest is not read"))
}

fn told(failure: &Failure) -> String {
    if failure.is_forbidden() {
        "forbidden: grant \"list\" on \"events\"".to_owned()
    } else {
        failure.to_string()
    }
}

/// A container that fails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FailingContainer {
    namespace: String,
    pod: String,
    container: String,
    /// Whether it is the run before the present one that failed.
    previous: bool,
}

/// The containers of a pod that ended with an error, now or in the run before.
pub(crate) fn failing_containers(pod: Node<'_>) -> Vec<FailingContainer> {
    let text = |node: Node<'_>, key| node.get(key).map_or("", Node::text).to_owned();
    let metadata = |key| pod.at_path(&["metadata", key]).map_or("", Node::text).to_owned();
    let failed = |status: Node<'_>, when| {
        let code = status.at_path(&[when, "terminated", "exitCode"]).and_then(Node::as_i64);
        code.is_some_and(|code| code != 0)
    };
    let mut found = Vec::new();
    for list in ["initContainerStatuses", "containerStatuses"] {
        for status in pod.at_path(&["status", list]).into_iter().flat_map(Node::items) {
            for (when, previous) in [("state", false), ("lastState", true)] {
                if failed(status, when) {
                    found.push(FailingContainer {
                        namespace: metadata("namespace"),
                        pod: metadata("name"),
                        container: text(status, "name"),
                        previous,
                    });
                }
            }
        }
    }
    found
}

/// Reads the last lines of failing containers.
pub(crate) async fn logs(api: &Api, failing: &[FailingContainer], sink: &Sink) -> Vec<Unread> {
    let mut failing = failing.to_vec();
    failing.sort();
    let mut unread = Vec::new();
    if failing.len() > LOGS {
        let cause = format!("{} runs failed; the logs of {LOGS} are read", failing.len());
        unread.push(Unread { what: "logs".to_owned(), cause });
        failing.truncate(LOGS);
    }
    for FailingContainer { namespace, pod, container, previous } in failing {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}\
             &tailLines={LOG_LINES}&limitBytes={LOG_BYTES}&previous={previous}"
        );
        let suffix = if previous { ".previous.log" } else { ".log" };
        let what = format!("logs/{namespace}/{pod}/{container}{suffix}");
        // The limit is the server's affair; what it sends beyond is refused.
        match api.get_once(&path, 4 * LOG_BYTES).await {
            Ok(text) if text.starts_with(LOG_IS_GONE) => {
                unread.push(Unread { what, cause: "the kubelet no longer has it".to_owned() });
            }
            Ok(text) => {
                if sink.send(vec![Member { path: what, text }]).await.is_err() {
                    return unread;
                }
            }
            Err(failure) if failure.is_forbidden() => {
                let cause = "forbidden: grant \"get\" on \"pods/log\"".to_owned();
                unread.push(Unread { what: "logs".to_owned(), cause });
                return unread;
            }
            Err(failure) => unread.push(Unread { what, cause: failure.to_string() }),
        }
    }
    unread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_ended_badly_is_failing() {
        let pod = r#"{"metadata":{"name":"p","namespace":"shop"},"status":{"containerStatuses":[
            {"name":"ok","state":{"running":{}},"lastState":{"terminated":{"exitCode":0}}},
            {"name":"bad","state":{"waiting":{"reason":"CrashLoopBackOff"}},
             "lastState":{"terminated":{"exitCode":1}}}]}}"#;
        let document = parse(pod.to_owned()).expect("it is JSON");
        let found = failing_containers(document.root());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].container.as_str(), found[0].previous), ("bad", true));
    }

    #[test]
    fn headers_of_a_kubelet_are_not_kept() {
        let text =
            r#"{"kubeletconfig":{"staticPodURLHeader":{"Authorization":["Bearer x"]},"a":1}}"#;
        let kept = without_headers(text).expect("it is JSON");
        assert!(kept.contains("\"a\": 1") && !kept.contains("Bearer"), "{kept}");
        assert!(without_headers("<html>").is_err());
    }
}
