//! Files of a box, below the home of its agent.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Problem;

/// A file, a directory, a link, or something else that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileView {
    /// Its name; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Its path below the agent's home, percent-encoded as it stands in the address of this API.
    #[schema(example = "workspace/notes.md")]
    pub path: String,
    /// `file`, `directory`, `link` or `other` (a pipe, a socket, a device).
    pub kind: String,
    /// How long it is.
    pub bytes: u64,
    /// When its content changed last.
    pub modified_at: String,
    /// Its permissions, in octal.
    #[schema(example = "644")]
    pub mode: String,
    /// Differs when its content differs; for `If-Match`.
    pub etag: String,
    /// Where a link points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What is in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileList {
    /// By name.
    pub items: Vec<FileView>,
    /// Where the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What a path leads to, when it is told as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FileOrList {
    /// What is in a directory.
    List(FileList),
    /// What it is, if that was asked for.
    File(FileView),
}

/// Query of a file or directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FileQuery {
    /// Only says what it is, as JSON, instead of giving its content.
    pub stat: Option<bool>,
    /// Of a directory: items a page, 1 to 1000; 200 by default.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Of a directory: `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Query of a file that is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PutFileQuery {
    /// Makes the directories on the way.
    pub parents: Option<bool>,
}

/// Query of a file that is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeleteFileQuery {
    /// Removes it for good instead of throwing it away.
    pub permanent: Option<bool>,
}

/// Where something lies that was thrown away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedFile {
    /// Its path in the trash, percent-encoded; from there it can be moved back. Not there if it was removed for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed_as: Option<String>,
    /// When it goes for good, if not before because the trash is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// What emptying the trash did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashEmptied {
    /// How many things are gone.
    pub removed: u64,
}

/// A directory to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeDirectory {
    /// Its path below the agent's home.
    #[schema(example = "workspace/reports")]
    pub path: String,
    /// Also makes the directories on the way.
    #[serde(default)]
    pub parents: bool,
}

/// Something to be moved or copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "from": "workspace/notes.md", "to": "workspace/old/notes.md", "parents": true, "replace": true }))]
pub struct MoveFile {
    /// Its path below the agent's home.
    #[schema(example = "workspace/draft.md")]
    pub from: String,
    /// The path that it gets.
    #[schema(example = "workspace/reports/final.md")]
    pub to: String,
    /// Replaces a file that has the path; a directory only if it is empty, and never by a copy.
    #[serde(default)]
    pub replace: bool,
    /// Makes the directories on the way.
    #[serde(default)]
    pub parents: bool,
}

/// What is looked for: a part of a name, of content, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSearchRequest {
    /// Where; the agent's home by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Part of a name, whatever the case of its letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = ".md")]
    pub name: Option<String>,
    /// Part of a line, exactly. Files longer than 4 MiB are not looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Most hits, 1 to 1000; 100 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileHit {
    /// What, and where.
    pub file: FileView,
    /// The number of the line, from one, where content was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The line, or its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileSearchResult {
    /// Hits, in no order that means anything.
    pub items: Vec<FileHit>,
    /// Why it is not all: there are more `hits`, `files` or `bytes` than are looked at, or it took too much `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

/// Content of a file within a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileText {
    /// The content.
    pub content: String,
    /// `utf-8` or `base64`.
    #[serde(default = "utf8")]
    pub encoding: String,
}

fn utf8() -> String {
    "utf-8".to_owned()
}

/// Something to be done with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "op", deny_unknown_fields)]
pub enum FileBatchOp {
    /// Says what it is.
    Stat {
        /// Its path below the agent's home.
        path: String,
    },
    /// Gives its content: at most 256 KiB.
    Read {
        /// Its path below the agent's home.
        path: String,
    },
    /// Writes it as a whole.
    Write {
        /// Its path below the agent's home.
        path: String,
        /// The content.
        content: String,
        /// `utf-8` (by default) or `base64`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        encoding: Option<String>,
        /// Only if it is as it was with this `etag`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<String>,
        /// Makes the directories on the way.
        #[serde(default)]
        parents: bool,
    },
    /// Makes a directory.
    Mkdir(MakeDirectory),
    /// Moves it.
    Move(MoveFile),
    /// Copies it.
    Copy(MoveFile),
    /// Throws it away, or removes it for good.
    Delete {
        /// Its path below the agent's home.
        path: String,
        /// For good.
        #[serde(default)]
        permanent: bool,
    },
}

/// Things to be done one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "operations": [{ "op": "mkdir", "path": "workspace/reports", "parents": true }, { "op": "stat", "path": "workspace" }] }))]
pub struct FileBatch {
    /// At most 50.
    #[schema(max_items = 50)]
    pub operations: Vec<FileBatchOp>,
    /// Leaves the rest undone when one fails.
    #[serde(default)]
    pub stop_on_error: bool,
}

/// What came of one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FileBatchResult {
    /// The status that it would have had alone; 424 for what was left undone.
    pub status: u16,
    /// The file as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileView>,
    /// Its content, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<FileText>,
    /// Where it lies, if it was thrown away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<RemovedFile>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What came of them, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FileBatchResults {
    /// As many as there were things to do.
    pub results: Vec<FileBatchResult>,
}
