//! Image references: registry, repository, tag and digest.
//!
//! The grammar is that of `github.com/distribution/reference` 0.6, which the kubelet reads images
//! with (`ParseImageName` in `pkg/util/parsers`); what it refuses never starts. A reference borrows
//! from the manifest, so that reading one costs no allocation.

use std::fmt;
use std::iter::once;

use seawall_model::document::Node;
use seawall_model::workload::{Container, Pod};
use seawall_model::{At, Cx, Outcome, Undecided};

/// The registry of names that give none.
const DOCKER_HUB: &str = "docker.io";

/// Longest repository name without its registry.
const LONGEST_PATH: usize = 255;

/// An image reference in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    /// Host and port of the registry; `docker.io` where none is written.
    pub registry: &'a str,
    /// Whether `library/` is implied before the path, as in `nginx`.
    pub library: bool,
    /// Repository as written, without the registry.
    pub path: &'a str,
    /// Tag as written.
    pub tag: Option<&'a str>,
    /// Digest with its algorithm.
    pub digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Reads a reference; `None` where container runtimes would refuse it.
    pub fn parse(text: &'a str) -> Option<Self> {
        // An image's own id can't be told from a name, and so is none (`ParseNormalizedNamed`).
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return None;
        }
        let (registry, rest) = match text.split_once('/') {
            Some(("index.docker.io", rest)) => (DOCKER_HUB, rest),
            Some((first, rest)) if is_registry(first) => (first, rest),
            _ => (DOCKER_HUB, text),
        };
        let (named, digest) = match rest.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (rest, None),
        };
        let (path, tag) = match named.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (named, None),
        };
        let library = registry == DOCKER_HUB && !path.contains('/');
        let length = path.len() + if library { "library/".len() } else { 0 };
        let valid = (registry == DOCKER_HUB || is_host(registry))
            && length <= LONGEST_PATH
            && path.split('/').all(is_path_component)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        valid.then_some(Reference { registry, library, path, tag, digest })
    }

    /// Registry and parts of the repository's name, outermost first, with what is implied.
    pub fn components(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        once(self.registry).chain(self.library.then_some("library")).chain(self.path.split('/'))
    }

    /// Whether the image stands at or below `prefix`, which is a registry or repository such as
    /// `registry.example.com/team`. Whole components count: `…/team` holds `…/team/app` and not
    /// `…/team-b/app`. A registry may begin with `*.` for all hosts below a domain.
    pub fn is_under(&self, prefix: &str) -> bool {
        let mut own = self.components();
        let mut parts = prefix.trim_end_matches('/').split('/');
        let host = parts.next().unwrap_or_default();
        own.next().is_some_and(|registry| same_host(registry, host))
            && parts.all(|part| own.next() == Some(part))
    }

    /// Whether both name the same repository.
    pub fn same_repository(&self, other: &Reference<'_>) -> bool {
        self.components().eq(other.components())
    }

    /// The last part of the repository's name: `nginx` of `registry.example.com/base/nginx:1.29`.
    pub fn base_name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether the registry is asked for whatever it calls `latest` today.
    pub fn is_latest(&self) -> bool {
        self.digest.is_none() && matches!(self.tag, None | Some("latest"))
    }
}

/// The reference of a container's image; `None` where the manifest leaves the image to others.
pub(crate) fn image_of<'a>(
    container: &Container<'a>,
) -> Result<Option<At<'a, Reference<'a>>>, Undecided<'a>> {
    container.image.map(read).transpose()
}

/// Reads a value as a reference.
pub(super) fn read(node: Node<'_>) -> Result<At<'_, Reference<'_>>, Undecided<'_>> {
    let text = node.string()?.value;
    match Reference::parse(text) {
        Some(value) => Ok(At { value, node }),
        None => Err(Undecided { node, why: format!("\"{text}\" is no image reference").into() }),
    }
}

/// Looks at each image that a pod takes: its containers', and those that it mounts as volumes
/// (`volumes[].image`). One that can't be read is left undecided, and the others are looked at.
pub(super) fn for_each_image<'a>(
    pod: &Pod<'a>,
    cx: &mut Cx<'a>,
    mut look: impl FnMut(Whose<'_, 'a>, At<'a, Reference<'a>>, &mut Cx<'a>),
) -> Outcome<'a> {
    for container in pod.containers() {
        cx.in_container(container.name);
        match image_of(container) {
            Ok(Some(image)) => look(Whose::Container(container), image, cx),
            Ok(None) => {}
            Err(why) => cx.undecided(why),
        }
    }
    cx.in_container("");
    let Some(volumes) = pod.field("volumes") else { return Ok(()) };
    for volume in volumes.list()? {
        let Some(node) = volume.at_path(&["image", "reference"]) else { continue };
        match read(node) {
            Ok(image) => look(Whose::Volume(volume), image, cx),
            Err(why) => cx.undecided(why),
        }
    }
    Ok(())
}

/// What takes an image, for messages.
#[derive(Clone, Copy)]
pub(super) enum Whose<'c, 'a> {
    Container(&'c Container<'a>),
    Volume(Node<'a>),
}

impl fmt::Display for Whose<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whose::Container(container) => f.write_str(&container.noun()),
            Whose::Volume(volume) => {
                write!(f, "volume {}", volume.get("name").map_or("(no name)", Node::text))
            }
        }
    }
}

/// Host names don't care for case, `*.` stands for one or more labels.
fn same_host(registry: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(domain) if domain.starts_with('.') => registry
            .len()
            .checked_sub(domain.len())
            .and_then(|cut| registry.split_at_checked(cut))
            .is_some_and(|(host, end)| !host.is_empty() && end.eq_ignore_ascii_case(domain)),
        _ => registry.eq_ignore_ascii_case(pattern),
    }
}

/// Whether the part before the first slash is a registry and no part of the repository's name
/// (`splitDockerDomain`).
fn is_registry(first: &str) -> bool {
    first == "localhost"
        || first.bytes().any(|b| matches!(b, b'.' | b':') || b.is_ascii_uppercase())
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(bracketed) => {
            let Some((address, after)) = bracketed.split_once(']') else {
                return false;
            };
            if address.is_empty() || !address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') {
                return false;
            }
            match after.strip_prefix(':') {
                Some(port) => return is_port(port),
                None => return after.is_empty(),
            }
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, None),
        },
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

/// Runs of lower-case letters and digits, between which stands `.`, `_`, `__` or any number of
/// dashes.
fn is_path_component(part: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends_in_words = |ends: Option<&u8>| ends.is_some_and(|&b| is_word(b));
    if !ends_in_words(bytes.first()) || !ends_in_words(bytes.last()) {
        return false;
    }
    bytes.split(|&b| is_word(b)).all(|separator| {
        matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|&b| b == b'-')
    })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|b| is_word(b) || matches!(b, b'.' | b'-'))
}

/// The algorithms that `github.com/opencontainers/go-digest` knows.
fn is_digest(digest: &str) -> bool {
    let length = match digest.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    let hex = &digest.as_bytes()["sha256:".len()..];
    hex.len() == length && hex.iter().copied().all(is_lower_hex)
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHA256: &str = "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    fn parse(text: &str) -> Reference<'_> {
        Reference::parse(text).expect(text)
    }

    #[test]
    fn accepts_what_the_grammar_accepts() {
        let pinned = format!("[2001:db8::1]:5000/repo:tag@{SHA256}");
        let longest = format!("example.com/{}:tag", "a".repeat(255));
        for (text, registry, path, tag) in [
            ("test_com", "docker.io", "test_com", None),
            ("test.com:tag", "docker.io", "test.com", Some("tag")),
            ("test.com:5000", "docker.io", "test.com", Some("5000")),
            ("test.com/repo:tag", "test.com", "repo", Some("tag")),
            ("test:5000/repo", "test:5000", "repo", None),
            ("test:5000/repo:5050", "test:5000", "repo", Some("5050")),
            ("lowercase:Uppercase", "docker.io", "lowercase", Some("Uppercase")),
            ("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com", "bar/baz/quux", None),
            ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", Some("xn--n3h.com")),
            ("foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", Some("8080")),
            ("192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", Some("5050")),
            ("[::1]:5000/repo", "[::1]:5000", "repo", None),
            (&pinned, "[2001:db8::1]:5000", "repo", Some("tag")),
            ("localhost/app", "localhost", "app", None),
            ("index.docker.io/nginx", "docker.io", "nginx", None),
            ("docker.io/team/app__x--y_z.w:1", "docker.io", "team/app__x--y_z.w", Some("1")),
            ("Uppercase/lowercase:tag", "Uppercase", "lowercase", Some("tag")),
            (&longest, "example.com", &"a".repeat(255), Some("tag")),
        ] {
            let read = parse(text);
            assert_eq!((read.registry, read.path, read.tag), (registry, path, tag), "{text}");
        }
        assert_eq!(parse(&pinned).digest, Some(SHA256));
    }

    #[test]
    fn refuses_what_the_grammar_refuses() {
        let long = format!("domain/{}:tag", "a".repeat(256));
        let upper = format!("app@{}", SHA256.replace('f', "F"));
        for text in [
            "",
            ":justtag",
            "@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "repo@sha256:ffffffffffffffffffffffffffffffffff",
            "repo@md5:ffffffffffffffffffffffffffffffff",
            "Uppercase:tag",
            "test:5000/Uppercase/lowercase:tag",
            "aa/asdf$$^/aa",
            "[2001:db8::1]",
            "[2001:db8::1]:5000",
            "[fe80::1%eth0]:5000/repo",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "nginx:",
            "nginx:1 ",
            " nginx",
            "a//b",
            "a/b/",
            "-a",
            "a___b",
            "a._b",
            "example.com:port/app",
            "https://example.com/app",
            "app:${TAG}",
            &long,
            &upper,
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }

    #[test]
    fn prefixes_end_where_components_end() {
        let app = parse("registry.example.com/team/app:1");
        for prefix in ["registry.example.com", "registry.example.com/team/", "*.example.com/team"] {
            assert!(app.is_under(prefix), "{prefix}");
        }
        for prefix in
            ["registry.example.co", "registry.example.com/te", "*.registry.example.com", "*", ""]
        {
            assert!(!app.is_under(prefix), "{prefix}");
        }
        assert!(parse("nginx").is_under("docker.io/library/nginx"));
        assert!(parse("Docker.io/team/app").is_under("docker.io"));
        assert!(parse("nginx:1").same_repository(&parse("docker.io/library/nginx")));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,80}") {
            let read = Reference::parse(&text);
            prop_assert!(read.is_none_or(|reference| !reference.path.is_empty()));
        }

        #[test]
        fn parts_come_back(
            registry in "([a-z0-9]{1,8}(\\.[a-z0-9]{1,8}){1,2}|localhost)(:[0-9]{1,5})?",
            path in "[a-z0-9]{1,6}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}(/[a-z0-9]{1,6}){0,3}",
            tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}"),
            pinned in any::<bool>(),
        ) {
            let mut text = format!("{registry}/{path}");
            if let Some(tag) = &tag {
                text = format!("{text}:{tag}");
            }
            if pinned {
                text = format!("{text}@{SHA256}");
            }
            let read = Reference::parse(&text).expect("made by the grammar");
            prop_assert_eq!(read.registry, &registry);
            prop_assert_eq!(read.path, &path);
            prop_assert_eq!(read.tag, tag.as_deref());
            prop_assert_eq!(read.digest.is_some(), pinned);
            let whole = format!("{registry}/{path}");
            prop_assert!(read.is_under(&whole));
        }
    }
}
