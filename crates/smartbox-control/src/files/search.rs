//! Finding files.

use std::time::Duration;

use smartbox_files::{FilePath, Found, Search};

use crate::{Control, Error, Op};

/// Most hits.
const HITS_MAX: usize = 1000;
/// Hits when nobody says how many.
const HITS_DEFAULT: usize = 100;
/// Most files and directories that are looked at.
const ENTRIES_MAX: usize = 200_000;
/// Most bytes of content that are looked into.
const BYTES_MAX: u64 = 256 << 20;
/// Longest time.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Longest text that is looked for, in bytes.
const WANTED_BYTES_MAX: usize = 255;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct FileSearch {
    /// Where.
    pub below: FilePath,
    /// Part of the name, whatever the case of its letters.
    pub name: Option<String>,
    /// Part of a line of the content, exactly.
    pub content: Option<String>,
    /// Most hits.
    pub limit: Option<usize>,
}

impl Control {
    /// Looks through a directory of a box and everything in it, within bounds that the answer tells.
    ///
    /// # Errors
    /// [`Error::Invalid`] when nothing is looked for.
    pub async fn search_files(&self, op: &Op, reference: &str, wanted: FileSearch) -> Result<Found, Error> {
        let limit = wanted.limit.unwrap_or(HITS_DEFAULT);
        if !(1..=HITS_MAX).contains(&limit) {
            return Err(Error::field("limit", format!("must be 1 to {HITS_MAX}")));
        }
        if wanted.name.is_none() && wanted.content.is_none() {
            return Err(Error::field("name", "say what to look for: a part of a name, of content, or both"));
        }
        for (field, text) in [("name", &wanted.name), ("content", &wanted.content)] {
            let fits = |text: &String| (1..=WANTED_BYTES_MAX).contains(&text.len()) && !text.contains('\n');
            if !text.as_ref().is_none_or(fits) {
                return Err(Error::field(
                    field,
                    format!("must have 1 to {WANTED_BYTES_MAX} bytes on one line"),
                ));
            }
        }
        let (_smartbox, home) = self.home_of(op, reference).await?;
        let _turn = self.inner.files.turn().await?;
        let search = Search {
            below: wanted.below,
            name: wanted.name.map(String::into_bytes),
            content: wanted.content.map(String::into_bytes),
            hits_max: limit,
            entries_max: ENTRIES_MAX,
            bytes_max: BYTES_MAX,
            time_max: TIME_MAX,
        };
        Ok(home.search(search).await?)
    }
}
