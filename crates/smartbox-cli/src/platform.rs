//! Finding the platform: an address and a credential.
//!
//! A platform that runs on this machine writes both to `platform.json` in its data directory, readable by its owner
//! alone. Elsewhere the user names them.

use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use crate::args::GlobalArgs;
use crate::exit::Exit;
use crate::failure::Failure;

/// Name of the file in the data directory.
const FILE_NAME: &str = "platform.json";
/// Data directory of a checkout, used if it is there.
const LOCAL_DATA_DIR: &str = ".smartbox";
/// Data directory of the service.
const SERVICE_DATA_DIR: &str = "/var/lib/smartbox";
/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Where a platform listens if nothing else was said.
const URL_DEFAULT: &str = "http://127.0.0.1:8080";
/// How to start one.
const HOW_TO_START: &str = "Start the platform with `make run` in a checkout, or with `smartbox up`. \
    If it runs elsewhere, name it with --server and --token, or with SMARTBOX_SERVER and SMARTBOX_TOKEN.";

/// Where the platform is and what it knows the caller by.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) url: Url,
    pub(crate) token: Option<SecretString>,
    /// The process that wrote the file, if the address comes from it.
    pub(crate) written_by: Option<WrittenBy>,
    /// What the user should know before a secret is sent.
    pub(crate) warnings: Vec<String>,
    /// How the platform of this machine is reached and known when it speaks TLS.
    pub(crate) pinned: Option<Pinned>,
}

/// A platform on this machine that speaks TLS: its name may lead elsewhere from here, and its certificate may be one that
/// nobody else knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pinned {
    /// Where to connect to.
    pub(crate) connect: SocketAddr,
    /// SHA-256 of the certificate that must be shown there.
    pub(crate) certificate: [u8; 32],
}

/// Who wrote `platform.json`.
#[derive(Clone, Debug)]
pub(crate) struct WrittenBy {
    pub(crate) file: PathBuf,
    pub(crate) pid: u32,
}

/// `platform.json`, as the platform writes it. Fields that a later version adds are ignored.
#[derive(Deserialize)]
struct PlatformFile {
    url: String,
    pid: u32,
    admin_secret: SecretText,
    connect: Option<SocketAddr>,
    certificate_sha256: Option<String>,
}

impl PlatformFile {
    fn pinned(&self) -> Option<Pinned> {
        let digits = self.certificate_sha256.as_deref()?;
        let mut certificate = [0; 32];
        if digits.len() != 2 * certificate.len() || !digits.is_ascii() {
            return None;
        }
        for (byte, at) in certificate.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
        }
        Some(Pinned { connect: self.connect?, certificate })
    }
}

/// A secret that keeps itself out of Debug output from the moment it is parsed.
struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(SecretString::from(String::deserialize(deserializer)?)))
    }
}

impl Platform {
    /// Finds the platform by the flags, else by the data directory.
    pub(crate) fn find(global: &GlobalArgs) -> Result<Self, Failure> {
        match global.server() {
            Some(server) => Self::named(server, global),
            None => Self::local(global),
        }
    }

    /// The platform at an address the user gave.
    fn named(server: &str, global: &GlobalArgs) -> Result<Self, Failure> {
        let url = parse_url(server)?;
        let mut platform = Self {
            url,
            token: global.token().cloned(),
            written_by: None,
            warnings: Vec::new(),
            pinned: None,
        };
        // The secret of this machine's platform goes to that platform and to no other.
        if platform.token.is_none()
            && let Ok(local) = Self::of_file(&file_of(global))
            && local.url == platform.url
        {
            platform.token = local.token;
            platform.pinned = local.pinned;
        }
        if platform.token.is_some() && platform.url.scheme() == "http" && !is_loopback(&platform.url) {
            platform.warnings.push(format!(
                "{} is not encrypted: the token can be read on the way. Use https, or an SSH tunnel.",
                platform.url.as_str().trim_end_matches('/')
            ));
        }
        Ok(platform)
    }

    /// The platform of this machine.
    fn local(global: &GlobalArgs) -> Result<Self, Failure> {
        let found = Self::of_file(&file_of(global));
        let Some(token) = global.token() else { return found };
        // With a token in hand only the address is missing, and that has a default.
        let mut platform = match found {
            Ok(platform) => platform,
            Err(_) => {
                let url = parse_url(URL_DEFAULT)?;
                Self { url, token: None, written_by: None, warnings: Vec::new(), pinned: None }
            }
        };
        platform.token = Some(token.clone());
        Ok(platform)
    }

    fn of_file(place: &Place) -> Result<Self, Failure> {
        let path = place.dir.join(FILE_NAME);
        let (text, mode) = read(&path, place)?;
        let file: PlatformFile = serde_json::from_str(&text).map_err(|error| {
            // The text holds a secret; the error is told by its place alone.
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::new(Exit::Failed, format!("{} cannot be understood ({place}).", path.display()))
                .help("Restart the platform; it writes the file anew.")
        })?;
        let url = parse_url(&file.url).map_err(|failure| {
            failure.with_exit(Exit::Failed).help(format!(
                "{} holds the address. Restart the platform; it writes the file anew.",
                path.display()
            ))
        })?;
        let mut warnings = Vec::new();
        if mode & 0o077 != 0 {
            let shown = path.display();
            warnings
                .push(format!("Other users may use the admin secret in {shown}: run `chmod 600 {shown}`."));
        }
        let written_by = Some(WrittenBy { file: path, pid: file.pid });
        let pinned = file.pinned();
        Ok(Self { url, token: Some(file.admin_secret.0), written_by, warnings, pinned })
    }
}

/// A data directory.
struct Place {
    dir: PathBuf,
    /// The user named it.
    is_chosen: bool,
    /// The user behind sudo.
    sudo_uid: Option<u32>,
}

fn file_of(global: &GlobalArgs) -> Place {
    let sudo_uid = global.sudo_uid();
    if let Some(dir) = global.data_dir() {
        return Place { dir: dir.to_owned(), is_chosen: true, sudo_uid };
    }
    let local = Path::new(LOCAL_DATA_DIR);
    let dir = if local.is_dir() { local } else { Path::new(SERVICE_DATA_DIR) };
    Place { dir: dir.to_owned(), is_chosen: false, sudo_uid }
}

/// Reads the file; answers its text and mode.
fn read(path: &Path, place: &Place) -> Result<(String, u32), Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(Exit::Unreachable, "No platform runs here.")
                .detail(format!("{shown} is not there.")) //
                .help(HOW_TO_START)
        }
        std::io::ErrorKind::PermissionDenied => {
            Failure::new(Exit::Refused, format!("{shown} may not be read by this user."))
                .help("Run the command with sudo, or give a token with --token or SMARTBOX_TOKEN.")
        }
        _ => Failure::new(Exit::Failed, format!("{shown} could not be read.")).detail(error.to_string()),
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let me = rustix::process::geteuid().as_raw();
    let is_ours = [Some(me), Some(0), place.sudo_uid].contains(&Some(metadata.uid()));
    let mode = metadata.permissions().mode();
    // Whoever can write the file can send our commands to a server of their own. A directory that merely happens to
    // lie where we look must not do that.
    if mode & 0o022 != 0 || (!is_ours && !place.is_chosen) {
        let who = format!("owner {}, mode {:o}", metadata.uid(), mode & 0o7777);
        return Err(Failure::new(Exit::Refused, format!("{shown} is not to be trusted ({who})."))
            .detail("Another user could have written it, and would get your commands.")
            .help("If it is yours, correct its owner and mode, or name the directory with --data-dir."));
    }
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok((text, mode))
}

/// Parses an address: http or https, a host, and nothing that belongs elsewhere.
fn parse_url(text: &str) -> Result<Url, Failure> {
    // The text is not repeated: it may hold a password.
    let bad = |what: &str| {
        Failure::new(Exit::Usage, format!("The server's address {what}."))
            .help("Write it like `https://smartbox.example` or `http://127.0.0.1:8080`.")
    };
    let mut url = Url::parse(text).map_err(|_error| bad("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad("does not begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("must not hold a user name or password; use --token or SMARTBOX_TOKEN"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("must not hold `?` or `#`"));
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// Whether the address is this machine by its literal address or name.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
