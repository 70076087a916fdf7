//! What the older routes of files share.

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use smartbox_api::SeedFile;
use smartbox_control::{Control, Error, Looked, Op};
use smartbox_files::{Condition, Entry, FilePath, WriteOptions};

use crate::HttpState;
use crate::problem::ApiError;

/// Longest file that the older API reads or writes.
pub(super) const FILE_BYTES_MAX: u64 = 5 << 20;
/// What stands between the user and the path.
const BETWEEN: &str = "/files/";

/// The path of an address, as it was sent: a decoded slash could not be told from one that is not.
pub(super) struct PathOfFile(pub(super) FilePath);

impl FromRequestParts<HttpState> for PathOfFile {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &HttpState) -> Result<Self, ApiError> {
        let address = parts.uri.path().split_once(BETWEEN).map(|(_before, path)| path);
        let path = FilePath::from_url(address.unwrap_or_default());
        path.map(Self).map_err(|error| ApiError::field("path", error.to_string()))
    }
}

/// The path that a text names. One slash in front is forgiven: in the older API every path had one.
pub(super) fn path_of(text: &str) -> Result<FilePath, ApiError> {
    let text = text.strip_prefix('/').unwrap_or(text);
    FilePath::parse(text.as_bytes()).map_err(|error| ApiError::field("path", error.to_string()))
}

pub(super) fn file_view(entry: &Entry, path: &FilePath) -> SeedFile {
    SeedFile {
        path: path.lossy(),
        name: String::from_utf8_lossy(&entry.name).into_owned(),
        kind: entry.kind.as_str().to_owned(),
        size: entry.bytes,
        modified: Timestamp::from_millisecond(entry.modified_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string(),
    }
}

/// A file's content as text, and how it is written.
pub(super) async fn read(
    control: &Control,
    op: &Op,
    reference: &str,
    path: &FilePath,
) -> Result<(Entry, String, &'static str), ApiError> {
    let Looked::File(source) = control.look_at_file(op, reference, path, (None, 1)).await? else {
        return Err(Error::from(smartbox_files::Error::NotAFile).into());
    };
    let entry = source.entry().clone();
    if entry.bytes > FILE_BYTES_MAX {
        let what = format!("a file that is read here has at most {FILE_BYTES_MAX} bytes");
        return Err(Error::FileTooLarge(what).into());
    }
    let length = usize::try_from(entry.bytes).unwrap_or(0);
    let mut content = Vec::with_capacity(length);
    while content.len() < length {
        let offset = content.len() as u64;
        let piece = source.read_at(offset, length - content.len()).await.map_err(Error::from)?;
        // It became shorter meanwhile.
        if piece.is_empty() {
            break;
        }
        content.extend_from_slice(&piece);
    }
    Ok(match String::from_utf8(content) {
        Ok(text) => (entry, text, "utf-8"),
        Err(binary) => (entry, STANDARD.encode(binary.as_bytes()), "base64"),
    })
}

/// Writes a file, with the directories on its way.
pub(super) async fn write(
    control: &Control,
    op: &Op,
    reference: &str,
    path: &FilePath,
    content: Bytes,
) -> Result<Entry, ApiError> {
    let options = WriteOptions { condition: Condition::None, parents: true, bytes_max: FILE_BYTES_MAX };
    let mut writing = control.write_file(op, reference, path, options).await?;
    writing.write(content).await?;
    Ok(writing.finish().await?.0)
}

/// The bytes that a text stands for.
pub(super) fn bytes_of(content: String, encoding: Option<&str>) -> Result<Bytes, ApiError> {
    match encoding {
        None | Some("utf-8") => Ok(content.into()),
        Some("base64") => match STANDARD.decode(content) {
            Ok(bytes) => Ok(bytes.into()),
            Err(_error) => Err(ApiError::field("content", "is not base64")),
        },
        Some(_) => Err(ApiError::field("encoding", "is one of utf-8, base64")),
    }
}
