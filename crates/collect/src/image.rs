//! What is in an image archive: its configuration, and what its user can write to.
//!
//! Two kinds are read: what `docker save` writes (`manifest.json`), and the OCI image layout
//! (`index.json`), each as a tar file, compressed or not. Nothing is unpacked: of the layers only
//! the headers of files are looked at, and `/etc/passwd` and `/etc/group`, by which a user's name
//! becomes a number.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

/// An image.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Its names, such as `registry.example.com/web:1.0`; none where the archive has none.
    pub names: Vec<String>,
    /// Its configuration.
    pub config: ImageConfig,
    /// The merged files of its layers by absolute path.
    pub files: BTreeMap<String, ImageFile>,
    /// User names and their numbers with the group, of `/etc/passwd`.
    users: HashMap<String, (u32, u32)>,
    /// Group names and their numbers, of `/etc/group`.
    groups: HashMap<String, u32>,
}

/// The part of an image's configuration that says how it runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageConfig {
    /// `User`: a name or number, and a group behind a colon.
    pub user: String,
    /// `Entrypoint`.
    pub entrypoint: Option<Vec<String>>,
    /// `Cmd`.
    pub cmd: Option<Vec<String>>,
    /// `ExposedPorts`: `8080/tcp` and an empty object each.
    pub exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
    /// `Volumes`: paths and an empty object each.
    pub volumes: Option<BTreeMap<String, serde_json::Value>>,
}

/// A file of an image, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// Whether it is a directory.
    pub directory: bool,
    /// Whether it is a symbolic link.
    pub link: bool,
    /// Permission bits.
    pub mode: u32,
    /// Its owner.
    pub user: u32,
    /// Its group.
    pub group: u32,
    /// Whether it is a program that brings capabilities of its own (`setcap`).
    pub capable: bool,
}

/// Why an archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It could not be read as tar.
    #[error("can't read the image archive {0}: {1}")]
    Io(String, io::Error),
    /// A part that is named is not there.
    #[error("the image archive {0} lacks {1}")]
    Missing(String, String),
    /// A part is not what it should be.
    #[error("in the image archive {0}, {1} is not what it should be: {2}")]
    Invalid(String, String, String),
    /// There is neither a `manifest.json` nor an `index.json`.
    #[error("{0} is neither what docker save writes nor an OCI layout")]
    Unknown(String),
}

/// Largest part that is read into memory (manifests, configurations, passwd), in bytes.
const MOST_BYTES: u64 = 16 << 20;
/// Most files of an image.
const MOST_FILES: usize = 2_000_000;
/// Most bytes of one layer after decompression.
const MOST_LAYER: u64 = 64 << 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerManifest {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct OciManifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(default)]
    config: Option<ImageConfig>,
}

/// Reads the images of an archive.
///
/// # Errors
///
/// Where it can't be read, or is no image archive.
pub fn read(path: &Path) -> Result<Vec<Image>, ImageError> {
    let archive = Archive { path };
    let mut small: HashMap<String, Vec<u8>> = HashMap::new();
    archive.each(&mut |name, entry| {
        // Blobs of an OCI layout may be manifests; layers are larger, and read later.
        let wanted = name.ends_with(".json") || name.starts_with("blobs/");
        if wanted && entry.size() <= 1 << 20 {
            small.insert(name.to_owned(), archive.whole(name, entry)?);
        }
        Ok(())
    })?;
    let plans = archive.plans(&small)?;
    let mut images = Vec::new();
    for plan in plans {
        let mut image = Image { names: plan.names, ..Image::default() };
        let config = match small.get(&plan.config) {
            Some(bytes) => bytes.clone(),
            None => archive.part(&plan.config)?,
        };
        let config: ConfigFile = archive.json(&plan.config, &config)?;
        image.config = config.config.unwrap_or_default();
        for layer in &plan.layers {
            archive.layer(layer, &mut image)?;
        }
        images.push(image);
    }
    Ok(images)
}

/// Where an image's parts are.
struct Plan {
    names: Vec<String>,
    config: String,
    layers: Vec<String>,
}

struct Archive<'p> {
    path: &'p Path,
}

type Visit<'v> =
    &'v mut dyn FnMut(&str, &mut tar::Entry<'_, Box<dyn Read>>) -> Result<(), ImageError>;

impl Archive<'_> {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn io(&self, error: io::Error) -> ImageError {
        ImageError::Io(self.name(), error)
    }

    /// Visits the regular files of the archive.
    fn each(&self, visit: Visit<'_>) -> Result<(), ImageError> {
        let file = File::open(self.path).map_err(|error| self.io(error))?;
        let reader = decompressed(Box::new(file)).map_err(|error| self.io(error))?;
        let mut tar = tar::Archive::new(reader);
        for entry in tar.entries().map_err(|error| self.io(error))? {
            let mut entry = entry.map_err(|error| self.io(error))?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = entry.path().map_err(|error| self.io(error))?.to_string_lossy().into_owned();
            visit(name.trim_start_matches("./"), &mut entry)?;
        }
        Ok(())
    }

    fn whole(&self, name: &str, entry: &mut dyn Read) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::new();
        entry.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| self.io(error))?;
        if bytes.len() as u64 > MOST_BYTES {
            let why = format!("more than {MOST_BYTES} bytes");
            return Err(ImageError::Invalid(self.name(), name.to_owned(), why));
        }
        Ok(bytes)
    }

    fn part(&self, wanted: &str) -> Result<Vec<u8>, ImageError> {
        let mut found = None;
        self.each(&mut |name, entry| {
            if name == wanted {
                found = Some(self.whole(name, entry)?);
            }
            Ok(())
        })?;
        found.ok_or_else(|| ImageError::Missing(self.name(), wanted.to_owned()))
    }

    fn json<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<T, ImageError> {
        serde_json::from_slice(bytes)
            .map_err(|error| ImageError::Invalid(self.name(), name.to_owned(), error.to_string()))
    }

    fn plans(&self, small: &HashMap<String, Vec<u8>>) -> Result<Vec<Plan>, ImageError> {
        if let Some(bytes) = small.get("manifest.json") {
            let manifests: Vec<DockerManifest> = self.json("manifest.json", bytes)?;
            let plans = manifests.into_iter().map(|it| Plan {
                names: it.repo_tags.unwrap_or_default(),
                config: it.config,
                layers: it.layers,
            });
            return Ok(plans.collect());
        }
        let bytes = small.get("index.json").ok_or_else(|| ImageError::Unknown(self.name()))?;
        let index: Index = self.json("index.json", bytes)?;
        let mut plans = Vec::new();
        for descriptor in index.manifests {
            let names = ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
                .iter()
                .filter_map(|key| descriptor.annotations.get(*key).cloned())
                .collect();
            self.manifest(&descriptor, names, small, &mut plans, 0)?;
        }
        Ok(plans)
    }

    /// A manifest, or an index of manifests for several platforms.
    fn manifest(
        &self,
        descriptor: &Descriptor,
        names: Vec<String>,
        small: &HashMap<String, Vec<u8>>,
        plans: &mut Vec<Plan>,
        depth: u32,
    ) -> Result<(), ImageError> {
        let path = blob(&descriptor.digest);
        let bytes =
            small.get(&path).ok_or_else(|| ImageError::Missing(self.name(), path.clone()))?;
        if let Ok(index) = serde_json::from_slice::<Index>(bytes)
            && depth < 4
        {
            for inner in index.manifests {
                // An archive may hold one platform only of those that its index lists, and
                // attestations are no images.
                let attests = inner.annotations.contains_key("vnd.docker.reference.type");
                if !attests && small.contains_key(&blob(&inner.digest)) {
                    self.manifest(&inner, names.clone(), small, plans, depth + 1)?;
                }
            }
            return Ok(());
        }
        let manifest: OciManifest = self.json(&path, bytes)?;
        plans.push(Plan {
            names,
            config: blob(&manifest.config.digest),
            layers: manifest.layers.iter().map(|layer| blob(&layer.digest)).collect(),
        });
        Ok(())
    }

    /// Lays a layer over what an image has.
    fn layer(&self, wanted: &str, image: &mut Image) -> Result<(), ImageError> {
        let mut seen = false;
        self.each(&mut |name, entry| {
            if name != wanted || seen {
                return Ok(());
            }
            seen = true;
            let reader = entry.take(u64::MAX);
            let bytes: Box<dyn Read + '_> = Box::new(reader);
            let reader = decompressed(bytes).map_err(|error| self.io(error))?;
            self.merge(reader.take(MOST_LAYER), image)
        })?;
        if seen { Ok(()) } else { Err(ImageError::Missing(self.name(), wanted.to_owned())) }
    }

    fn merge(&self, layer: impl Read, image: &mut Image) -> Result<(), ImageError> {
        let mut tar = tar::Archive::new(layer);
        for entry in tar.entries().map_err(|error| self.io(error))? {
            let mut entry = entry.map_err(|error| self.io(error))?;
            let path = entry.path().map_err(|error| self.io(error))?.to_string_lossy().into_owned();
            let path = format!("/{}", path.trim_start_matches("./").trim_matches('/'));
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            // What a layer removes (whiteouts of the OCI image specification).
            if name == ".wh..wh..opq" {
                image.remove_below(folder);
                continue;
            }
            if let Some(gone) = name.strip_prefix(".wh.") {
                let gone = format!("{folder}/{gone}");
                image.remove_below(&gone);
                image.files.remove(&gone);
                continue;
            }
            let capable = match entry.pax_extensions().map_err(|error| self.io(error))? {
                Some(mut extensions) => extensions.any(|it| {
                    it.is_ok_and(|it| it.key_bytes() == b"SCHILY.xattr.security.capability")
                }),
                None => false,
            };
            let header = entry.header();
            let kind = header.entry_type();
            let number = |value: io::Result<u64>| value.map(|it| it as u32);
            let file = ImageFile {
                directory: kind.is_dir(),
                link: kind.is_symlink(),
                mode: header.mode().map_err(|error| self.io(error))?,
                user: number(header.uid()).map_err(|error| self.io(error))?,
                group: number(header.gid()).map_err(|error| self.io(error))?,
                capable,
            };
            if matches!(path.as_str(), "/etc/passwd" | "/etc/group") && kind.is_file() {
                let bytes = self.whole(&path, &mut entry)?;
                let text = String::from_utf8_lossy(&bytes);
                if path == "/etc/passwd" {
                    image.users = numbered(&text, 2).collect();
                } else {
                    image.groups = numbered(&text, 2).map(|(name, (id, _))| (name, id)).collect();
                }
            }
            image.files.insert(path, file);
            if image.files.len() > MOST_FILES {
                let why = format!("more than {MOST_FILES} files");
                return Err(ImageError::Invalid(self.name(), "a layer".to_owned(), why));
            }
        }
        Ok(())
    }
}

fn blob(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}

/// Names and the two numbers from a column on, of `passwd` and `group`.
fn numbered(text: &str, column: usize) -> impl Iterator<Item = (String, (u32, u32))> {
    text.lines().filter_map(move |line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id = fields.nth(column - 1)?.parse().ok()?;
        let group = fields.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        Some((name.to_owned(), (id, group)))
    })
}

/// A reader of what is behind gzip or zstd, or of the bytes as they are.
fn decompressed<'r>(reader: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
    let mut reader = BufReader::new(reader);
    let start = io::BufRead::fill_buf(&mut reader)?;
    Ok(match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(reader)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(reader)?),
        _ => Box::new(reader),
    })
}

/// A user and group by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The user; `None` where the image has a name and no such entry in `/etc/passwd`.
    pub user: Option<u32>,
    /// The group, where one is known.
    pub group: Option<u32>,
}

/// A directory that a user can write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writable {
    /// Its path.
    pub path: String,
    /// Whether the image has nothing in it, so that an empty volume hides nothing.
    pub empty: bool,
}

impl Image {
    fn remove_below(&mut self, folder: &str) {
        let prefix = format!("{folder}/");
        let gone: Vec<String> = self
            .files
            .range(prefix.clone()..)
            .take_while(|(path, _)| path.starts_with(&prefix))
            .map(|(path, _)| path.clone())
            .collect();
        for path in gone {
            self.files.remove(&path);
        }
    }

    /// Whom the image runs as; root where it says nothing.
    pub fn user(&self) -> User {
        let (user, group) = match self.config.user.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (self.config.user.as_str(), None),
        };
        let known = self.users.get(user);
        let number = match user {
            "" | "root" => Some(0),
            name => name.parse().ok().or(known.map(|(id, _)| *id)),
        };
        let by_user = || {
            known
                .map(|(_, group)| *group)
                .or_else(|| self.users.values().find(|it| Some(it.0) == number).map(|it| it.1))
        };
        let group = match group {
            Some(name) => name.parse().ok().or_else(|| self.groups.get(name).copied()),
            None => by_user(),
        };
        User { user: number, group }
    }

    /// Directories that a user can make files in, and files outside of these that it can write to.
    pub fn writable(&self, user: u32, group: Option<u32>) -> (Vec<Writable>, Vec<String>) {
        let can = |file: &ImageFile| {
            (file.user == user && file.mode & 0o200 != 0)
                || (Some(file.group) == group && file.mode & 0o020 != 0)
                || file.mode & 0o002 != 0
        };
        let mut folders: Vec<Writable> = Vec::new();
        let mut files = Vec::new();
        for (path, file) in self.files.iter().filter(|(_, file)| !file.link && can(file)) {
            let within = folders
                .iter()
                .any(|it| path.strip_prefix(&it.path).is_some_and(|rest| rest.starts_with('/')));
            match (within, file.directory) {
                (true, _) => {}
                (false, true) => {
                    folders.push(Writable { empty: !self.has_below(path), path: path.clone() });
                }
                (false, false) => files.push(path.clone()),
            }
        }
        (folders, files)
    }

    fn has_below(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        self.files.range(prefix.clone()..).next().is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    /// Whether an image reference of a container means this image.
    pub fn is_named(&self, reference: &str) -> bool {
        let wanted = whole_name(reference);
        self.names.iter().any(|name| whole_name(name) == wanted)
    }
}

/// A reference with the registry, path and tag that it stands for.
fn whole_name(reference: &str) -> String {
    let reference = reference.split('@').next().unwrap_or(reference);
    let first = reference.split('/').next().unwrap_or_default();
    let has_registry =
        reference.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let with_registry = match (has_registry, reference.contains('/')) {
        (true, _) => reference.to_owned(),
        (false, true) => format!("docker.io/{reference}"),
        (false, false) => format!("docker.io/library/{reference}"),
    };
    let tagged = with_registry.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if tagged { with_registry } else { format!("{with_registry}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_compared_whole() {
        let image = Image { names: vec!["nginx:latest".to_owned()], ..Image::default() };
        assert!(image.is_named("docker.io/library/nginx"));
        assert!(image.is_named("nginx@sha256:00"));
        assert!(!image.is_named("nginx:1.27"));
        assert!(!image.is_named("localhost/nginx"));
    }
}
