//! The arguments of a component, as the component itself would understand them.
//!
//! Kubernetes' components parse with pflag and etcd with Go's `flag`: both take `--name=value` and
//! `--name value`, but the latter never for booleans, whose next word is no value. A later flag
//! replaces an earlier one, and lists and maps go on where the earlier stopped. Sources:
//! github.com/spf13/pflag `flag.go` and `string_slice.go`, k8s.io/component-base `cli/flag`.

/// The boolean flags of kube-apiserver, kube-controller-manager, kube-scheduler, kubelet,
/// kube-proxy and etcd, of Kubernetes 1.20 to 1.37 and etcd 3.4 to 3.7; sorted. Of all others the
/// next word is the value.
const BOOLEANS: &[&str] = &[
    "add-dir-header",
    "aggregator-reject-forwarding-redirect",
    "allocate-node-cidrs",
    "allow-dynamic-housekeeping",
    "allow-privileged",
    "allow-untagged-cloud",
    "alsologtostderr",
    "anonymous-auth",
    "audit-log-batch-throttle-enable",
    "audit-log-compress",
    "audit-log-truncate-enabled",
    "audit-webhook-batch-throttle-enable",
    "audit-webhook-truncate-enabled",
    "authentication-skip-lookup",
    "authentication-token-webhook",
    "authentication-tolerate-lookup-failure",
    "auto-tls",
    "bind-address-hard-fail",
    "cgroups-per-qos",
    "cleanup",
    "cleanup-ipvs",
    "client-cert-auth",
    "configure-cloud-routes",
    "conntrack-tcp-be-liberal",
    "contention-profiling",
    "cpu-cfs-quota",
    "debug",
    "disable-attach-detach-reconcile-sync",
    "disable-force-detach-on-timeout",
    "disable-http2-serving",
    "disable-root-cgroup-stats",
    "discovery-insecure-skip-tls-verify",
    "discovery-insecure-transport",
    "docker-only",
    "docker-tls",
    "emulation-forward-compatible",
    "enable-aggregator-routing",
    "enable-bootstrap-token-auth",
    "enable-cadvisor-json-endpoints",
    "enable-controller-attach-detach",
    "enable-debugging-handlers",
    "enable-distributed-tracing",
    "enable-dsr",
    "enable-dynamic-provisioning",
    "enable-garbage-collector",
    "enable-grpc-gateway",
    "enable-hostpath-provisioner",
    "enable-leader-migration",
    "enable-load-reader",
    "enable-log-rotation",
    "enable-logs-handler",
    "enable-pprof",
    "enable-priority-and-fairness",
    "enable-server",
    "enable-swagger-ui",
    "enable-taint-manager",
    "enable-v2",
    "encryption-provider-config-automatic-reload",
    "exit-on-lock-contention",
    "experimental-allocatable-ignore-eviction",
    "experimental-check-node-capabilities-before-mount",
    "experimental-compact-hash-check-enabled",
    "experimental-enable-distributed-tracing",
    "experimental-enable-grpc-logging",
    "experimental-enable-lease-checkpoint",
    "experimental-enable-lease-checkpoint-persist",
    "experimental-initial-corrupt-check",
    "experimental-kernel-memcg-notification",
    "experimental-logging-sanitization",
    "experimental-memory-mlock",
    "experimental-peer-skip-client-san-verification",
    "experimental-stop-grpc-service-on-defrag",
    "experimental-txn-mode-write-with-shared-buffer",
    "fail-cgroupv1",
    "fail-swap-on",
    "force-new-cluster",
    "forward-healthcheck-vip",
    "help",
    "horizontal-pod-autoscaler-use-rest-clients",
    "init-only",
    "initial-corrupt-check",
    "initial-election-tick-advance",
    "iptables-localhost-nodeports",
    "ipvs-strict-arp",
    "keep-terminated-pod-volumes",
    "kernel-memcg-notification",
    "kubelet-https",
    "leader-elect",
    "legacy-stderr-threshold-behavior",
    "local-storage-capacity-isolation",
    "log-cadvisor-usage",
    "log-json-split-stream",
    "log-text-split-stream",
    "logtostderr",
    "make-iptables-util-chains",
    "masquerade-all",
    "memory-mlock",
    "one-output",
    "peer-auto-tls",
    "peer-client-cert-auth",
    "peer-skip-client-san-verification",
    "permit-address-sharing",
    "permit-port-sharing",
    "pre-vote",
    "profiling",
    "protect-kernel-defaults",
    "really-crash-for-testing",
    "redirect-container-streaming",
    "register-node",
    "register-schedulable",
    "rotate-certificates",
    "rotate-server-certificates",
    "runonce",
    "runtime-config-emulation-forward-compatible",
    "seccomp-default",
    "serialize-image-pulls",
    "service-account-extend-token-expiration",
    "service-account-lookup",
    "shutdown-send-retry-after",
    "skip-headers",
    "skip-log-headers",
    "socket-reuse-address",
    "socket-reuse-port",
    "storage-driver-secure",
    "strict-reconfig-check",
    "unsafe-no-fsync",
    "use-legacy-policy-config",
    "use-service-account-credentials",
    "version",
    "volume-host-allow-local-loopback",
    "watch-cache",
    "webhook-disable-http2-serving",
    "windows-service",
];

/// The boolean flags of dockerd and CRI-O (containerd has none), sorted. Sources: docker
/// `cmd/dockerd/config.go`, cri-o `internal/criocli/criocli.go`.
const ENGINE_BOOLEANS: &[&str] = &[
    "add-inheritable-capabilities",
    "allow-direct-routing",
    "debug",
    "device-ownership-from-security-context",
    "disable-hostport-mapping",
    "drop-infra-ctr",
    "enable-criu-support",
    "enable-metrics",
    "enable-pod-events",
    "enable-profile-unix-socket",
    "enable-tracing",
    "experimental",
    "help",
    "hostnetwork-disable-selinux",
    "icc",
    "init",
    "internal-repair",
    "internal-wipe",
    "ip-forward",
    "ip-forward-no-drop",
    "ip-masq",
    "ip6tables",
    "iptables",
    "ipv6",
    "live-restore",
    "log-journald",
    "no-new-privileges",
    "no-pivot",
    "profile",
    "raw-logs",
    "read-only",
    "rootless",
    "selinux",
    "selinux-enabled",
    "stream-enable-tls",
    "tls",
    "tlsverify",
    "userland-proxy",
    "validate",
    "version",
];

/// The short names of engines' flags: of dockerd, containerd and CRI-O.
const SHORT: &[(char, &str)] = &[
    ('D', "debug"),
    ('G', "group"),
    ('H', "host"),
    ('a', "address"),
    ('b', "bridge"),
    ('c', "config"),
    ('d', "config-dir"),
    ('h', "help"),
    ('l', "log-level"),
    ('s', "storage-driver"),
    ('v', "version"),
];

/// The flags of a component in the order of its command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    flags: Vec<(String, String)>,
}

impl Arguments {
    /// Reads the words behind the program's name of a component of Kubernetes, or of etcd.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::read(words.into_iter().map(str::to_owned), BOOLEANS)
    }

    /// Reads the words behind the name of a container engine, whose flags have short names too:
    /// `-H tcp://…`, `-Htcp://…`, `-DH=tcp://…`.
    pub fn of_engine<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::read(words.into_iter().flat_map(spelled_out), ENGINE_BOOLEANS)
    }

    fn read(words: impl Iterator<Item = String>, booleans: &[&str]) -> Self {
        let mut flags = Vec::new();
        let mut words = words;
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
                continue;
            };
            if flag.is_empty() {
                // `--`: what follows are no flags.
                if word == "--" {
                    break;
                }
                continue;
            }
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (normal(name), value.to_owned()),
                None => {
                    let name = normal(flag);
                    let value = if booleans.binary_search(&name.as_str()).is_ok() {
                        "true".to_owned()
                    } else {
                        words.next().unwrap_or_default()
                    };
                    (name, value)
                }
            };
            flags.push((name, value));
        }
        Arguments { flags }
    }

    /// Flags that are already apart; later ones replace earlier ones of the same name, as a
    /// distribution merges what its users set into what it sets itself.
    pub fn merged(flags: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut merged: Vec<(String, String)> = Vec::new();
        for (name, value) in flags {
            let name = normal(&name);
            // A feature gate more is no other value.
            if name != "feature-gates"
                && let Some(before) = merged.iter_mut().find(|(known, _)| *known == name)
            {
                before.1 = value;
            } else {
                merged.push((name, value));
            }
        }
        Arguments { flags: merged }
    }

    /// The value that counts of a flag that has one value: the last.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The items of a flag that is a list, of all its occurrences; none where it is not set.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let mut values = self.flags.iter().filter(|(known, _)| known == name).peekable();
        values.peek()?;
        Some(
            values
                .flat_map(|(_, value)| value.split(','))
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect(),
        )
    }

    /// The value of a key of a flag that is a map, such as `--feature-gates`; the last counts.
    pub fn entry(&self, name: &str, key: &str) -> Option<&str> {
        self.list(name)?
            .into_iter()
            .rev()
            .filter_map(|item| item.split_once('='))
            .find(|(known, _)| known.trim() == key)
            .map(|(_, value)| value.trim())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// All flags with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.flags.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A word of short flags as words of long ones; any other word as it is.
fn spelled_out(word: &str) -> Vec<String> {
    let long = |letter: char| SHORT.iter().find(|(known, _)| *known == letter).map(|(_, l)| *l);
    // Go's `flag` takes long names behind one dash too: `-config`.
    let is_long = |rest: &str| {
        let name = rest.split('=').next().unwrap_or_default();
        SHORT.iter().any(|(_, known)| *known == name)
    };
    let mut words = Vec::new();
    let mut letters = match word.strip_prefix('-') {
        Some(rest) if !rest.starts_with('-') && !is_long(rest) => rest.chars(),
        _ => return vec![word.to_owned()],
    };
    while let Some(name) = letters.next().map(long) {
        let Some(name) = name else { return vec![word.to_owned()] };
        let rest = letters.as_str();
        if ENGINE_BOOLEANS.binary_search(&name).is_ok() && !rest.starts_with('=') {
            words.push(format!("--{name}"));
        } else if rest.is_empty() {
            words.push(format!("--{name}"));
            break;
        } else {
            words.push(format!("--{name}={}", rest.strip_prefix('=').unwrap_or(rest)));
            break;
        }
    }
    words
}

/// Kubernetes reads `_` in a flag's name as `-`.
fn normal(name: &str) -> String {
    name.replace('_', "-")
}

/// A boolean as Go's `strconv.ParseBool` has it.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A whole number as Go's `strconv.ParseInt` has it with base 0, as pflag reads numbers: `0x1f`,
/// `0o17`, `017`, `0b1`, and `_` between digits.
pub fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let (radix, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some(start) if start.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // The sign was taken: another is none.
    if digits.starts_with(['-', '+']) || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let number = i64::from_str_radix(&digits.replace('_', ""), radix).ok()?;
    Some(if negative { -number } else { number })
}

/// A duration as Go's `time.ParseDuration` has it, in seconds.
pub fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let scale = match &rest[..unit] {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number * scale;
        rest = &rest[unit..];
    }
    Some(sign * seconds)
}

/// The words of a command line as a shell or systemd parts them: blanks, quotes and backslashes,
/// but no variables.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (_, '\\') => match characters.next() {
                // A line that goes on.
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_booleans_is_sorted() {
        assert!(BOOLEANS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ENGINE_BOOLEANS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn engines_have_short_flags_and_booleans_of_their_own() {
        for words in [
            &["--debug", "-H", "tcp://a"][..],
            &["-DHtcp://a"],
            &["--live-restore", "-D", "--host=tcp://a"],
            &["-D", "-H=tcp://a"],
        ] {
            let flags = Arguments::of_engine(words.iter().copied());
            assert_eq!(flags.last("host"), Some("tcp://a"), "{words:?}");
        }
        let flags = Arguments::of_engine(["-config", "/c.toml", "-a", "/s"]);
        assert_eq!((flags.last("config"), flags.last("address")), (Some("/c.toml"), Some("/s")));
    }

    #[test]
    fn numbers_are_go_numbers() {
        for (text, number) in [
            ("30", Some(30)),
            ("030", Some(24)),
            ("0x1E", Some(30)),
            ("-1", Some(-1)),
            ("0", Some(0)),
            ("1_000", Some(1000)),
            ("08", None),
            ("--1", None),
            (" 30", None),
            ("", None),
        ] {
            assert_eq!(integer(text), number, "{text:?}");
        }
    }

    #[test]
    fn a_boolean_takes_no_following_word() {
        let flags = Arguments::parse(["--profiling", "false", "--v", "2", "-client-cert-auth"]);
        assert_eq!(flags.last("profiling"), Some("true"));
        assert_eq!(flags.last("v"), Some("2"));
        assert_eq!(flags.last("client-cert-auth"), Some("true"));
        let flags = Arguments::parse(["--audit-log-truncate-enabled", "--anonymous-auth=true"]);
        assert_eq!(flags.last("anonymous-auth"), Some("true"));
    }

    #[test]
    fn the_last_counts_and_lists_go_on() {
        let flags = Arguments::parse([
            "--anonymous-auth=false",
            "--enable_admission_plugins=A,B",
            "--anonymous-auth=true",
            "--enable-admission-plugins",
            "C",
            "--feature-gates=X=true,Y=true",
            "--feature-gates=X=false",
        ]);
        assert_eq!(flags.last("anonymous-auth"), Some("true"));
        assert_eq!(flags.list("enable-admission-plugins"), Some(vec!["A", "B", "C"]));
        assert_eq!(flags.entry("feature-gates", "X"), Some("false"));
        assert_eq!(flags.entry("feature-gates", "Y"), Some("true"));
    }

    #[test]
    fn a_name_that_begins_the_same_is_another() {
        let flags = Arguments::parse(["--audit-log-path-suffix=x", "--", "--audit-log-path=/y"]);
        assert_eq!(flags.last("audit-log-path"), None);
    }

    #[test]
    fn durations_are_go_durations() {
        assert_eq!(duration("4h0m0s"), Some(14400.0));
        assert_eq!(duration("1.5h"), Some(5400.0));
        assert_eq!(duration("0"), Some(0.0));
        assert_eq!(duration("0s"), Some(0.0));
        assert_eq!(duration("5"), None);
        assert_eq!(duration(""), None);
    }

    #[test]
    fn words_are_parted_as_a_shell_does() {
        assert_eq!(words("a 'b c' \"d\\\"e\" f\\ g"), ["a", "b c", "d\"e", "f g"]);
        assert_eq!(words("--x='' y"), ["--x=", "y"]);
    }
}
