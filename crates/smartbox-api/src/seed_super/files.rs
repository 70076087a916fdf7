//! Files in the older shape.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Query of a list of files.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedFilesQuery {
    /// A directory below the agent's home; the home itself without it.
    pub path: Option<String>,
    /// Whether what is in directories is listed, too.
    pub recursive: Option<bool>,
}

/// A file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedFile {
    /// Its path below the agent's home.
    pub path: String,
    /// Its name.
    pub name: String,
    /// `file`, `directory`, `link` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its size.
    pub size: u64,
    /// When it was last changed (RFC 3339).
    pub modified: String,
}

/// What is in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedFiles {
    /// Whom the request names.
    pub user_id: String,
    /// The directory.
    pub path: String,
    /// What is in it.
    pub entries: Vec<SeedFile>,
    /// Whether there is more than the 1,000 that are listed.
    pub truncated: bool,
}

/// A file's content, or whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedFileContent {
    /// Its path below the agent's home.
    pub path: String,
    /// Whether it is there.
    pub exists: bool,
    /// Its content; absent where only its existence was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// `utf-8` or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Where it was read: always `container`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SeedFile>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "content": "# Notes\n" }))]
pub struct SeedWrite {
    /// Its content.
    pub content: String,
    /// `utf-8` (default) or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedWritten {
    /// Always.
    pub written: bool,
    /// Its path below the agent's home.
    pub path: String,
    /// Its size.
    pub size: u64,
}

/// A file that was thrown away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedDeleted {
    /// Always.
    pub deleted: bool,
    /// Its path below the agent's home.
    pub path: String,
    /// Where it lies in the trash.
    pub trashed_as: Option<String>,
}

/// One thing to do with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileOp {
    /// `read`, `write`, `delete` or `exists`.
    pub op: String,
    /// The file.
    pub path: String,
    /// What to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Many things to do with files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "operations": [{ "op": "write", "path": "workspace/notes.md", "content": "# Notes\n" }, { "op": "exists", "path": "workspace/notes.md" }] }))]
pub struct SeedFileBatch {
    /// At most 50.
    pub operations: Vec<SeedFileOp>,
    /// Taken and not needed: they are done one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<bool>,
}

/// What came of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileResult {
    /// What was to be done.
    pub op: String,
    /// The file.
    pub path: String,
    /// Whether it was done.
    pub success: bool,
    /// What was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Whether it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedFileResults {
    /// In the order of the request.
    pub results: Vec<SeedFileResult>,
}
