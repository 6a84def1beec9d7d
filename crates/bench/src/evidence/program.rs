//! The version of a running program, as its maker left it in the binary.
//!
//! Go's linker puts into every program how it was built: the flags of the linker, among them the
//! version that the program prints of itself, and the module that it was built from. Builds with
//! `-trimpath`, as Kubernetes makes them (`hack/lib/golang.sh`), leave the flags out, and a build
//! in a repository bears the version of its tag since Go 1.24; what is built without either tells
//! nothing. The version is then not known: it is never guessed from what else the binary holds, nor
//! is the program run.

use std::fs::File;
use std::ops::Range;

use object::read::elf::{FileHeader, SectionHeader as _};
use object::{Endianness, ReadCache, ReadRef, elf};

use super::host::{Host, Unread};
use super::process;

/// What of a program tells its version.
#[derive(Debug)]
pub struct Marks {
    /// The variables that the linker sets to the version.
    pub variables: &'static [&'static str],
    /// The modules whose version it is.
    pub modules: &'static [&'static str],
}

/// Largest piece of a program that is read, in bytes; the kubelet's record is of 20 KiB.
const LARGEST: u64 = 4 << 20;
const MAGIC: &[u8] = b"\xff Go buildinf:";

/// The version of the program that a process runs, and the program's path; none where the program
/// does not tell.
///
/// # Errors
///
/// Where the program can't be read, or is damaged.
pub fn version(host: &Host, pid: u32, marks: &Marks) -> Result<Option<(String, String)>, Unread> {
    let Some(path) = path(host, pid)? else { return Ok(None) };
    let seen = if process::is_contained(host, pid)? { host.of_process(pid)? } else { host.clone() };
    let Some(file) = seen.open(&path)? else { return Ok(None) };
    let build = build(file).map_err(|cause| Unread::new(&path, cause))?;
    Ok(build.and_then(|build| told(&build, marks)).map(|version| (version, path)))
}

/// The file that a process runs; none where it was replaced meanwhile, and so is not what runs.
///
/// The link to it is shown to debuggers alone. For others it is what the process is called by, if
/// that file has not changed since the process began.
fn path(host: &Host, pid: u32) -> Result<Option<String>, Unread> {
    match host.link(&format!("/proc/{pid}/exe")) {
        Ok(path) => Ok(path.filter(|path| !path.ends_with(" (deleted)"))),
        Err(why) => {
            let line = host.read_bytes(&format!("/proc/{pid}/cmdline"))?.unwrap_or_default();
            let called = line.split(|byte| *byte == 0).next().unwrap_or_default();
            let called = String::from_utf8_lossy(called).into_owned();
            let began = process::began(host, pid)?;
            match (host.metadata(&called)?, began) {
                (Some(file), Some(began)) if called.starts_with('/') && file.changed < began => {
                    Ok(Some(called))
                }
                _ => Err(why),
            }
        }
    }
}

/// The record of a build: lines of a word and its values, parted by tabs; none where a program has
/// none. `debug/buildinfo` of Go.
fn build(file: File) -> Result<Option<String>, &'static str> {
    let damaged = "it is no program of ELF, or a damaged one";
    let cache = ReadCache::new(file);
    let bytes = Bounded(&cache);
    let section = match bytes.read_bytes_at(0, 5) {
        Ok([0x7f, b'E', b'L', b'F', elf::ELFCLASS64]) => {
            section::<elf::FileHeader64<Endianness>>(bytes)
        }
        Ok([0x7f, b'E', b'L', b'F', elf::ELFCLASS32]) => {
            section::<elf::FileHeader32<Endianness>>(bytes)
        }
        _ => return Err(damaged),
    };
    let section = section.map_err(|_| damaged)?;
    let Some(bytes) = section else { return Ok(None) };
    // Since Go 1.18 the record follows its head of 32 bytes; before, it stands elsewhere and holds
    // nothing of what is asked for.
    if !bytes.starts_with(MAGIC) || bytes.get(15).is_none_or(|flags| flags & 2 == 0) {
        return Ok(None);
    }
    let record = bytes.get(32..).and_then(string).and_then(|(_go, rest)| string(rest));
    let Some((record, _)) = record else { return Err("a damaged record of its build") };
    // The text is between two marks of 16 bytes.
    let text = record.get(16..record.len().saturating_sub(16)).unwrap_or_default();
    Ok(Some(String::from_utf8_lossy(text).into_owned()))
}

/// The section that Go's linker makes, by the table of sections alone.
fn section<'a, H: FileHeader<Endian = Endianness>>(
    bytes: Bounded<'a>,
) -> object::Result<Option<&'a [u8]>> {
    let header = H::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    match sections.section_by_name(endian, b".go.buildinfo") {
        Some((_, section)) => section.data(endian, bytes).map(Some),
        None => Ok(None),
    }
}

/// A file of which no piece is read that is larger than it may be.
#[derive(Clone, Copy)]
struct Bounded<'a>(&'a ReadCache<File>);

impl<'a> ReadRef<'a> for Bounded<'a> {
    fn len(self) -> Result<u64, ()> {
        self.0.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        if size > LARGEST { Err(()) } else { self.0.read_bytes_at(offset, size) }
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        self.0.read_bytes_at_until(range, delimiter)
    }
}

/// A string behind its length, which is in bytes of seven bits, the lowest first.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let rest = &bytes[index + 1..];
            return rest.split_at_checked(length);
        }
    }
    None
}

/// The version that a build tells: what the program prints, else that of its module.
fn told(build: &str, marks: &Marks) -> Option<String> {
    let is_version = |text: &str| {
        let text = text.strip_prefix('v').unwrap_or(text);
        text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.')
    };
    let flags = build.lines().filter_map(|line| line.strip_prefix("build\t-ldflags="));
    let of_flags = flags
        .flat_map(|flags| marks.variables.iter().map(move |variable| (flags, *variable)))
        .find_map(|(flags, variable)| {
            let (before, rest) = flags.split_once(&format!("{variable}="))?;
            // A package's name is not to be the end of another's; a tab is written as `\t`, and a
            // package may be one of those beside the program's own.
            let starts = before.ends_with([' ', '"', '\'', '/']) || before.ends_with("\\t");
            let value: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '~'))
                .collect();
            (starts && is_version(&value)).then_some(value)
        });
    let of_module = || {
        build.lines().filter_map(|line| line.strip_prefix("mod\t")).find_map(|line| {
            let (module, rest) = line.split_once('\t')?;
            let version = rest.split('\t').next()?;
            (marks.modules.contains(&module) && is_version(version)).then(|| version.to_owned())
        })
    };
    of_flags.or_else(of_module)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks {
        variables: &["github.com/containerd/containerd/version.Version"],
        modules: &["github.com/containerd/containerd"],
    };

    #[test]
    fn what_a_program_prints_goes_before_its_module() {
        let module = "path\tgithub.com/containerd/containerd/cmd/containerd\n\
                      mod\tgithub.com/containerd/containerd\tv1.7.28\th1:abc=\n";
        assert_eq!(told(module, &MARKS).as_deref(), Some("v1.7.28"));
        let flags = "build\t-ldflags=\"-s -X github.com/containerd/containerd/version.Version=v1.7.27-k3s1 \
                     -X github.com/containerd/containerd/version.Revision=2.0\"\n";
        assert_eq!(told(&format!("{module}{flags}"), &MARKS).as_deref(), Some("v1.7.27-k3s1"));
    }

    #[test]
    fn what_tells_no_version_is_not_guessed() {
        for build in [
            "mod\tgithub.com/containerd/containerd\t(devel)\t\n",
            "mod\tgithub.com/other/fork\tv1.7.28\th1:abc=\n",
            "dep\tgithub.com/containerd/containerd\tv1.7.28\th1:abc=\n",
            "build\t-ldflags=\"-X github.com/containerd/containerd/version.Version=unknown\"\n",
            "build\t-ldflags=\"-X github.com/containerd/containerd/version.VersionX=1.0\"\n",
            "build\t-trimpath=true\n",
        ] {
            assert_eq!(told(build, &MARKS), None, "{build}");
        }
    }

    #[test]
    fn a_length_beyond_the_record_is_damage() {
        assert_eq!(string(b"\x03abcd"), Some((&b"abc"[..], &b"d"[..])));
        assert_eq!(string(b"\x05abcd"), None);
        assert_eq!(string(b"\xff\xff\xff\xff\xff"), None);
        assert_eq!(string(b""), None);
    }
}
