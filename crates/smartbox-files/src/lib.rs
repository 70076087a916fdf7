//! Files of a directory that a box controls: the home of its agent, as the machine reaches it.
//!
//! The platform is root, and the box may put a link, a pipe or anything else in the place of any name at any moment. So each path is
//! checked before the kernel sees it ([`FilePath`]), each name is resolved by the kernel with `openat2(2)` below an open directory
//! (never upwards, never through a link, never into another file system), and only regular files are opened. What is made belongs to
//! the owner of the home. Nothing here knows of boxes, of people or of HTTP.
//!
//! [`Home`] blocks; [`HostHome`] is the same for tasks, behind [`FileHome`], which a remote place for boxes implements its own way.

mod beneath;
mod copy;
mod du;
mod entry;
mod error;
mod home;
mod host;
mod list;
mod path;
mod port;
mod read;
mod rename;
mod search;
mod staging;
mod trash;
mod tree;
mod write;

pub use copy::{COPY_BYTES_MAX, COPY_ENTRIES_MAX};
pub use entry::{Entry, Kind};
pub use error::Error;
pub use home::Home;
pub use host::HostHome;
pub use list::{LIST_ENTRIES_MAX, Listing};
pub use path::{BadPath, DEPTH_MAX, FilePath, NAME_BYTES_MAX, PATH_BYTES_MAX};
pub use port::{FileHome, FileSink, FileSource};
pub use read::Reader;
pub use search::{Found, Hit, Search, SearchLimit};
pub use trash::{Purged, TRASH, TrashRule};
pub use tree::remove_tree;
pub use write::{Condition, WriteOptions, Writer};
