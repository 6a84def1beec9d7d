//! Servers that do what real ones seldom do: let lists expire, ask to wait, break off, lie.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use seawall_cluster::{Error, Options, collect};
use seawall_collect::bundle::Manifest;

/// Status, further headers, body.
type Answer = (u16, &'static str, String);

/// A server on a free port that answers by path; it ends with the test's process.
struct Server {
    folder: tempfile::TempDir,
    log: Arc<Mutex<Vec<String>>>,
    most_at_once: Arc<AtomicUsize>,
}

impl Server {
    /// `answer` gets the path with its query; what it leaves open is answered as by a small server
    /// that has pods and nothing else.
    fn start(answer: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let folder = tempfile::tempdir().expect("a folder can be made");
        let kubeconfig = format!(
            "{{apiVersion: v1, kind: Config, current-context: c,
              clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}],
              users: [{{name: u, user: {{token: t}}}}],
              contexts: [{{name: c, context: {{cluster: c, user: u}}}}]}}"
        );
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig).expect("it is writable");
        let server = Server { folder, log: Arc::default(), most_at_once: Arc::default() };
        let (log, most) = (Arc::clone(&server.log), Arc::clone(&server.most_at_once));
        let answer = Arc::new(answer);
        let now = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, most) = (Arc::clone(&log), Arc::clone(&most));
                let (answer, now) = (Arc::clone(&answer), Arc::clone(&now));
                std::thread::spawn(move || {
                    // A client that has its answer may ask again before this thread ends.
                    let counted = |path: &str| {
                        let at_once = now.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(at_once, Ordering::SeqCst);
                        let said = answer(path);
                        now.fetch_sub(1, Ordering::SeqCst);
                        said
                    };
                    serve(&stream.expect("a client came"), &log, &counted);
                });
            }
        });
        server
    }

    fn collect(&self) -> Result<(Vec<String>, Manifest), Error> {
        let options = Options {
            kubeconfig: Some(self.folder.path().join("kubeconfig")),
            ..Options::default()
        };
        let mut paths = Vec::new();
        let manifest = collect(&options, "0", |members| {
            paths.extend(members.into_iter().map(|member| member.path));
            Ok(())
        })?;
        paths.sort();
        Ok((paths, manifest))
    }

    /// How often a path was asked for that begins so.
    fn asked(&self, path: &str) -> usize {
        let log = self.log.lock().expect("nobody panicked");
        log.iter().filter(|asked| asked.starts_with(path)).count()
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Option<Answer>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).expect("a request has a path").to_owned();
    // The head ends at an empty line; a GET has no more.
    lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
    log.lock().expect("nobody panicked").push(path.clone());
    let (status, headers, body) = answer(&path).unwrap_or_else(|| usual(&path));
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    // The client may have had enough.
    let mut out = stream;
    if out.write_all(head.as_bytes()).is_ok() {
        out.write_all(body.as_bytes()).unwrap_or_default();
    }
}

fn usual(path: &str) -> Answer {
    let body = match path {
        "/version" => r#"{"gitVersion":"v1.30.1"}"#.to_owned(),
        "/apis" => r#"{"groups":[]}"#.to_owned(),
        "/api/v1" => r#"{"resources":[{"name":"pods","kind":"Pod","namespaced":true,
            "verbs":["get","list"]}]}"#
            .to_owned(),
        _ => page(&["only"], ""),
    };
    (200, "", body)
}

/// A page of pods, and the token of the next one.
fn page(names: &[&str], next: &str) -> String {
    let items: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{"metadata":{{"name":"{name}","namespace":"shop"}}}}"#))
        .collect();
    format!(r#"{{"metadata":{{"continue":"{next}"}},"items":[{}]}}"#, items.join(","))
}

fn refused(message: &str, token: &str) -> String {
    format!(r#"{{"kind":"Status","message":"{message}","metadata":{{"continue":"{token}"}}}}"#)
}

fn token_of(path: &str) -> &str {
    path.rsplit("continue=").next().unwrap_or_default()
}

fn pods(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("objects/core/v1/pods/shop/{name}.json")).collect()
}

fn causes(manifest: &Manifest) -> BTreeMap<&str, &str> {
    manifest.unread.iter().map(|gap| (&*gap.what, &*gap.cause)).collect()
}

#[test]
fn a_list_that_expires_goes_on_where_it_was() {
    let server = Server::start(|path| {
        let token = path.starts_with("/api/v1/pods").then(|| token_of(path))?;
        Some(match token {
            "" => (200, "", page(&["a", "b"], "old")),
            "old" => (410, "", refused("the provided continue parameter is too old", "new")),
            _ => (200, "", page(&["c"], "")),
        })
    });
    let (paths, manifest) = server.collect().expect("the cluster is read");
    assert_eq!(paths, pods(&["a", "b", "c"]));
    assert_eq!((manifest.unread, manifest.resources[0].objects), (Vec::new(), 3));
}

#[test]
fn a_list_that_expires_for_good_is_unread_from_there() {
    for token in ["", "old"] {
        let server = Server::start(move |path| {
            let asked = path.starts_with("/api/v1/pods").then(|| token_of(path))?;
            Some(match asked {
                "" => (200, "", page(&["a"], "old")),
                _ => (410, "", refused("too old", token)),
            })
        });
        let (paths, manifest) = server.collect().expect("the cluster is read");
        assert_eq!(paths, pods(&["a"]));
        assert_eq!(causes(&manifest)["core/v1/pods"], "410: too old");
    }
}

#[test]
fn pages_without_end_end() {
    let server = Server::start(|path| {
        path.starts_with("/api/v1/pods").then(|| (200, "", page(&["a"], "again")))
    });
    let (_, manifest) = server.collect().expect("the cluster is read");
    let cause = causes(&manifest)["core/v1/pods"];
    assert!(cause.contains("the same page"), "{cause}");
    let server = Server::start(|path| {
        let token = path.starts_with("/api/v1/pods").then(|| token_of(path))?;
        Some((200, "", page(&[], &format!("{token}x"))))
    });
    let (_, manifest) = server.collect().expect("the cluster is read");
    let cause = causes(&manifest)["core/v1/pods"];
    assert!(cause.contains("empty pages"), "{cause}");
}

#[test]
fn who_asks_to_wait_is_asked_again() {
    let times = AtomicUsize::new(0);
    let server = Server::start(move |path| {
        let first = path.starts_with("/api/v1/pods") && times.fetch_add(1, Ordering::SeqCst) < 2;
        first.then(|| (429, "retry-after: 0\r\n", refused("too many requests", "")))
    });
    let (paths, manifest) = server.collect().expect("the cluster is read");
    assert_eq!((paths, manifest.unread), (pods(&["only"]), Vec::new()));
    assert_eq!(server.asked("/api/v1/pods"), 3);
}

#[test]
fn who_asks_to_wait_for_ever_is_unread() {
    let server = Server::start(|path| {
        let pods = path.starts_with("/api/v1/pods");
        pods.then(|| (503, "retry-after: 0\r\n", "<html>no</html>".to_owned()))
    });
    let (paths, manifest) = server.collect().expect("the rest of the cluster is read");
    assert!(paths.is_empty());
    assert_eq!(causes(&manifest)["core/v1/pods"], "503: <html>no</html>");
    assert_eq!(server.asked("/api/v1/pods"), 5);
}

#[test]
fn requests_come_eight_at_a_time() {
    let server = Server::start(|path| match path {
        "/api/v1" => {
            let resources: Vec<String> = (0..40)
                .map(|n| {
                    format!(r#"{{"name":"r{n}","kind":"R{n}","namespaced":true,"verbs":["list"]}}"#)
                })
                .collect();
            Some((200, "", format!(r#"{{"resources":[{}]}}"#, resources.join(","))))
        }
        path if path.starts_with("/api/v1/r") => {
            std::thread::sleep(std::time::Duration::from_millis(300));
            Some((200, "", page(&["a"], "")))
        }
        _ => None,
    });
    let (paths, manifest) = server.collect().expect("the cluster is read");
    assert_eq!((paths.len(), manifest.unread.len()), (40, 0));
    let most = server.most_at_once.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
}

#[test]
fn answers_that_are_none_are_unread() {
    for (body, cause) in [
        ("<html>", "is not a list"),
        ("[]", "is not a list"),
        ("{}", "is not a list"),
        (r#"{"items":[{"metadata":{}}]}"#, "an object without a name"),
        (r#"{"items":[{"metadata":{"name":"a"}}"#, "can't be read"),
    ] {
        let server = Server::start(move |path| {
            path.starts_with("/api/v1/pods").then(|| (200, "", body.to_owned()))
        });
        let (paths, manifest) = server.collect().expect("the cluster is read");
        assert!(paths.is_empty(), "{body}");
        let causes = causes(&manifest);
        assert!(causes["core/v1/pods"].contains(cause), "{body}: {causes:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_unread() {
    let server = Server::start(|path| {
        let pods = path.starts_with("/api/v1/pods");
        // A second content-length is what no client accepts.
        pods.then(|| (200, "content-length: 99999\r\n", page(&["a"], "")))
    });
    let (paths, manifest) = server.collect().expect("the cluster is read");
    assert!(paths.is_empty());
    assert_eq!(manifest.unread.len(), 1, "{:?}", manifest.unread);
}

#[test]
fn what_is_no_api_server_is_an_error() {
    let server = Server::start(|_| Some((200, "", "<html>hello</html>".to_owned())));
    let error = server.collect().expect_err("there is nothing to read");
    let text = error.to_string();
    assert!(text.contains("not what a Kubernetes API server gives"), "{text}");
    let server = Server::start(|_| Some((401, "", refused("Unauthorized", ""))));
    let text = server.collect().expect_err("nobody is let in").to_string();
    assert!(text.contains("log in"), "{text}");
}
