//! Which benchmark is meant for a version and a platform (`cmd/util.go` and `cmd/common.go` of
//! kube-bench).

use super::Error;
use super::config::Config;
use super::shell::Shell;

/// The version that kube-bench takes where it finds none, and below which it looks for none.
const DEFAULT_VERSION: &str = "1.18";

/// How a benchmark is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By its name.
    Benchmark(String),
    /// By a version of Kubernetes, such as `1.32`, through the configuration's `version_mapping`.
    Version(String),
    /// By what a component says of its version, such as `v1.30.4+k3s1`: by the platform that it
    /// names, else as [`Choice::Version`].
    Detected(String),
}

/// What a node says of its version of Kubernetes, such as `v1.30.4+k3s1`: what kubectl says of the
/// API server, else what the kubelet or the distribution says of itself. kube-bench takes 1.18 where
/// there is no answer, which is nobody's version any more.
pub fn detect(shell: &mut Shell) -> Option<String> {
    let asked = shell.run("kubectl version -o json --request-timeout=5s 2>/dev/null");
    let server = serde_json::from_str::<serde_json::Value>(&asked.output).ok();
    let server = server.and_then(|it| Some(it["serverVersion"]["gitVersion"].as_str()?.to_owned()));
    server.or_else(|| {
        let said = ["kubelet", "k3s", "rke2"].map(|program| {
            let said = shell.run(&format!("{program} --version 2>/dev/null"));
            let mut words = said.output.split_whitespace();
            words.find(|word| is_version(word)).map(str::to_owned)
        });
        said.into_iter().flatten().next()
    })
}

/// Whether a word is a version such as `v1.30.4`.
fn is_version(word: &str) -> bool {
    word.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('.'))
}

/// The benchmark, and what kube-bench calls the detected version.
pub(crate) fn choose(config: &Config, choice: &Choice) -> Result<(String, String), Error> {
    match choice {
        Choice::Benchmark(name) => Ok((name.clone(), "none".to_owned())),
        Choice::Version(version) => Ok((of_version(config, version)?, "none".to_owned())),
        Choice::Detected(git_version) => {
            if let Some(benchmark) = of_platform(git_version) {
                return Ok((benchmark.to_owned(), benchmark.to_owned()));
            }
            let version = base(git_version);
            Ok((of_version(config, &version)?, version))
        }
    }
}

/// Major and minor of a version: `1.30` of `v1.30.4+k3s1`.
fn base(git_version: &str) -> String {
    let mut parts = git_version.trim_start_matches('v').split('.');
    let minor = |part: &str| part.trim_end_matches(|c: char| !c.is_ascii_digit()).to_owned();
    match (parts.next(), parts.next()) {
        (Some(major), Some(part)) => format!("{major}.{}", minor(part)),
        _ => DEFAULT_VERSION.to_owned(),
    }
}

/// The benchmark of a version, or of the nearest one before it that has one.
fn of_version(config: &Config, version: &str) -> Result<String, Error> {
    if !config.has("version_mapping") {
        return Err(Error::Missing("config file is missing 'version_mapping' section".to_owned()));
    }
    let mut next = Some(version.to_owned());
    while let Some(version) = next {
        if let Some(benchmark) = config.benchmark_of(&version) {
            return Ok(benchmark.to_owned());
        }
        next = if version == DEFAULT_VERSION { None } else { before(&version) };
    }
    Err(Error::Missing(format!(
        "unable to find a matching Benchmark Version match for kubernetes version: {version}"
    )))
}

/// The minor version before one; none before `1.1`. Versions of Kubernetes are small numbers, so
/// one that is not has none before it either.
fn before(version: &str) -> Option<String> {
    let mut parts: Vec<String> = version.split('.').map(str::to_owned).collect();
    let minor: u16 = parts.get(1)?.parse().ok()?;
    if minor <= 1 {
        return None;
    }
    parts[1] = (minor - 1).to_string();
    Some(parts.join("."))
}

/// The benchmark of the platform that a version names: `v1.30.4+k3s1`, `v1.29.1-eks-0a21954`.
fn of_platform(git_version: &str) -> Option<&'static str> {
    // v(\d+\.\d+)\.\d+[-+](\w+)(?:[.\-+]*)\w+
    let (numbers, rest) = git_version.strip_prefix('v')?.split_once(['-', '+'])?;
    let mut numbers = numbers.split('.');
    let version = format!("{}.{}", numbers.next()?, numbers.next()?);
    numbers.next()?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    // `\w+` gives back a character where none follows: the platform of `+k3s1` is `k3s`.
    let follows = behind.trim_start_matches(['.', '-', '+']).starts_with(word);
    let name = if follows { name } else { name.get(..name.len().checked_sub(1)?)? };
    let version = version.as_str();
    Some(match name {
        "eks" => match version {
            "1.15" | "1.16" | "1.17" | "1.18" | "1.19" => "eks-1.0.1",
            "1.29" | "1.30" | "1.31" => "eks-1.7.0",
            "1.32" | "1.33" | "1.34" => "eks-1.8.0",
            _ => "eks-1.5.0",
        },
        "aks" => match version {
            "1.19" | "1.20" | "1.21" | "1.22" | "1.23" | "1.24" => "aks-1.0",
            "1.29" | "1.30" | "1.31" => "aks-1.7",
            _ => "aks-1.8",
        },
        "gke" => match version {
            "1.15" | "1.16" | "1.17" | "1.18" | "1.19" => "gke-1.0",
            "1.20" | "1.21" | "1.22" | "1.23" | "1.24" | "1.25" | "1.26" | "1.27" => "gke-1.2.0",
            "1.28" | "1.29" => "gke-1.6.0",
            "1.30" => "gke-1.8.0",
            _ => "gke-1.9.0",
        },
        "k3s" => match version {
            "1.22" | "1.23" => "k3s-cis-1.23",
            "1.24" => "k3s-cis-1.24",
            "1.25" => "k3s-cis-1.7",
            "1.26" => "k3s-cis-1.8",
            _ => "k3s-cis-1.9",
        },
        "rancher" => match version {
            "1.23" => "rke-cis-1.23",
            "1.24" => "rke-cis-1.24",
            _ => "rke-cis-1.7",
        },
        "rke2r" => match version {
            "1.23" => "rke2-cis-1.23",
            "1.24" => "rke2-cis-1.24",
            "1.25" => "rke2-cis-1.7",
            _ => "rke2-cis-1.8",
        },
        "aliyun" => "ack-1.0",
        "vmware" => "tkgi-1.2.53",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_those_of_kube_bench() {
        for (git_version, benchmark) in [
            ("v1.30.4+k3s1", Some("k3s-cis-1.9")),
            ("v1.26.1+rke2r1", Some("rke2-cis-1.8")),
            ("v1.29.1-eks-0a21954", Some("eks-1.7.0")),
            ("v1.33.1-gke.1000", Some("gke-1.9.0")),
            ("v1.24.2-aks1", Some("aks-1.0")),
            ("v1.24.2-rancher1", Some("rke-cis-1.24")),
            ("v1.20.4-aliyun.1", Some("ack-1.0")),
            ("v1.34.1", None),
            ("v1.34.1-beta.0", None),
            ("1.34", None),
            ("v1.34.1+", None),
            ("v1.34.1+é", None),
        ] {
            assert_eq!(of_platform(git_version), benchmark, "{git_version}");
        }
        assert_eq!(base("v1.30+.4"), "1.30");
        assert_eq!(base("nonsense"), DEFAULT_VERSION);
    }
}
